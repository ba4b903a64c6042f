//! What to look at first: the gravest rules, each with its first alert, and the acts that speak for themselves.

use std::collections::{BTreeMap, HashSet};

use maud::{Markup, html};
use scap_account::{Act, ActKind, AlertMark};

use super::class;
use super::process::descent;
use super::view::{View, act};
use crate::text::{cut, grouped};

/// Rules that are named.
const RULES: usize = 8;

/// Objects that are named of a kind of acts.
const OBJECTS: usize = 4;

/// Bytes of an object's name.
const NAME: usize = 90;

/// The gravest rules that matched.
pub(super) fn first(view: &View<'_>) -> Markup {
    let mut by_rule: BTreeMap<_, (usize, &AlertMark, u64)> = BTreeMap::new();
    for (at, mark) in view.part.account.alerts.iter().enumerate() {
        let rule = &mark.alert.rule;
        by_rule.entry((rule.priority, rule.id)).or_insert((at, mark, 0)).2 += 1;
    }
    let rules = by_rule.len();
    html! {
        (view.subheading("What to look at first"))
        @if by_rule.is_empty() {
            p.muted { "No rule matched. What stands out without rules follows." }
        } @else {
            ol.leads {
                @for (at, mark, count) in by_rule.into_values().take(RULES) {
                    (lead(view, at, mark, count))
                }
            }
            @if rules > RULES {
                p { a href={ "#" (view.id("alerts")) } { "All " (rules) " rules that matched" } }
            }
        }
    }
}

fn lead(view: &View<'_>, at: usize, mark: &AlertMark, count: u64) -> Markup {
    let alert = &mark.alert;
    html! {
        li {
            span class={ "badge " (class(alert.rule.priority)) } { (alert.rule.priority.name()) }
            div {
                a href={ "#" (view.id(&format!("alert-{}", at + 1))) } { (cut(alert.rule.name.as_bytes(), NAME * 2)) }
                @if count > 1 { " " span.muted { "×" (grouped(count)) } }
                div.note {
                    (view.time(alert.ts)) " "
                    @if let Some(id) = mark.process { (descent(view, id, alert.event)) }
                }
            }
        }
    }
}

/// Kinds of acts that are worth a look even where no rule matched, with a few of their objects.
pub(super) fn also(view: &View<'_>) -> Markup {
    let mut by_kind: BTreeMap<ActKind, Vec<&Act>> = BTreeMap::new();
    for done in view.part.account.acts.iter().filter(|done| act(done.kind).1) {
        by_kind.entry(done.kind).or_default().push(done);
    }
    html! {
        @if !by_kind.is_empty() {
            (view.subheading("What stands out by itself"))
            dl.facts {
                @for (kind, acts) in &by_kind {
                    dt { (act(*kind).0) " " span.muted { "×" (grouped(acts.len() as u64)) } }
                    dd { (objects(acts)) }
                }
            }
            p.note { "All of them, in order: " a href={ "#" (view.id("timeline")) } { "timeline" } "." }
        }
    }
}

fn objects(acts: &[&Act]) -> Markup {
    let mut seen = HashSet::new();
    let different: Vec<&Act> = acts.iter().copied().filter(|done| seen.insert(&done.object)).collect();
    html! {
        @for (at, done) in different.iter().take(OBJECTS).enumerate() {
            @if at > 0 { span.muted { " · " } }
            code { (cut(&done.object, NAME)) }
            @if done.error != 0 { span.muted { " (failed)" } }
        }
        @if different.len() > OBJECTS { span.muted { " and " (different.len() - OBJECTS) " more" } }
    }
}
