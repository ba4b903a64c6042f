//! What to look at first: the gravest rules, each with its first alert, and what speaks for itself.

use std::collections::BTreeMap;

use maud::{Markup, html};
use scap_account::digest::{Digest, Peer, Top, Touched};
use scap_account::{ActKind, AlertMark, Moment, ProcessId};
use scap_state::Endpoint;

use super::class;
use super::connections::end;
use super::process::{descent, who};
use super::timeline::errno;
use super::view::{View, act};
use crate::text::{bytes, cut, grouped};

/// Rules that are named.
const RULES: usize = 8;

/// Things that are named of each sort.
const OBJECTS: usize = 6;

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

/// What is worth a look even where no rule matched, as `scap summary` has it: the first few of each sort.
pub(super) fn also(view: &View<'_>) -> Markup {
    let digest = Digest::of(&view.part.account, OBJECTS);
    let programs = item_list(&digest.programs, |program| {
        html! {
            code { (cut(&program.path, NAME)) } " " (by(view, &[(program.process, program.first)], program.first))
            @if program.runs > 1 { " " span.muted { "×" (grouped(program.runs)) } }
        }
    });
    let files = |top: &Top<Touched>| {
        item_list(top, |touched| {
            html! {
                @if touched.kind != ActKind::ReadSecret { span.muted { (act(touched.kind).0) } " " }
                code { (cut(&touched.path, NAME)) } " " (by(view, &touched.processes, touched.first))
                @if touched.error != 0 { " " span.failed { "failed: " (errno(touched.error)) } }
            }
        })
    };
    let listeners = item_list(&digest.listeners, |listener| {
        html! {
            @match listener.local {
                Some(_) => { (end(listener.local)) " " span.muted { (listener.proto.name()) } }
                None => code { (cut(&listener.path, NAME)) }
            }
            " " (by(view, &listener.processes, listener.since))
        }
    });
    let peers = |top: &Top<Peer>| {
        item_list(top, |peer| {
            html! {
                (end(Some(Endpoint { ip: peer.ip, port: peer.port }))) " " span.muted { (peer.proto.name()) } " "
                span.muted { (bytes(peer.bytes_in)) " in, " (bytes(peer.bytes_out)) " out" } " "
                (by(view, &peer.processes, peer.first))
                @if peer.failed > 0 { " " span.failed { (grouped(peer.failed)) " failed" } }
            }
        })
    };
    let others = item_list(&digest.others, |done| {
        let processes: Vec<_> = done.process.into_iter().map(|id| (id, done.at)).collect();
        html! { span.muted { (act(done.kind).0) } " " code { (cut(&done.object, NAME)) } " " (by(view, &processes, done.at)) }
    });
    let all = [
        ("New programs run", programs),
        ("Secrets opened", files(&digest.secrets)),
        ("System files changed", files(&digest.changed)),
        ("Listening", listeners),
        ("Connected to", peers(&digest.outgoing)),
        ("Called by", peers(&digest.incoming)),
        ("Other acts", others),
    ];
    html! {
        @if all.iter().any(|(_, list)| list.is_some()) {
            (view.subheading("What stands out by itself"))
            dl.facts {
                @for (name, list) in &all {
                    @if let Some(list) = list { dt { (name) } dd { (list) } }
                }
            }
            p.note { "All of it, in order: " a href={ "#" (view.id("timeline")) } { "timeline" } "." }
        }
    }
}

/// The first of many, each on its line; `None` for none.
fn item_list<T>(top: &Top<T>, item: impl Fn(&T) -> Markup) -> Option<Markup> {
    (!top.is_empty()).then(|| {
        html! {
            ul {
                @for one in &top.list { li { (item(one)) } }
                @if top.more > 0 { li.muted { "and " (grouped(top.more as u64)) " more" } }
            }
        }
    })
}

/// Who did it, and when first.
fn by(view: &View<'_>, processes: &[(ProcessId, Moment)], first: Moment) -> Markup {
    const MOST: usize = 3;
    html! {
        span.note {
            @for (at, (id, since)) in processes.iter().take(MOST).enumerate() {
                @if at > 0 { ", " }
                (who(view, *id, since.event))
            }
            @if processes.len() > MOST { " and " (processes.len() - MOST) " more" }
            @if first.event > 0 { " " (view.time(first.ts)) }
        }
    }
}
