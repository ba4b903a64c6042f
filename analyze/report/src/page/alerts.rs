//! Alerts by tactic and priority, and below each rule its alerts with their evidence.

use std::collections::BTreeMap;

use maud::{Markup, html};
use scap_account::AlertMark;
use scap_analyze::attack::{self, Tactic};
use scap_rules::{Priority, Rule, RuleId};

use super::view::{For, View};
use super::{class, evidence};
use crate::budget::{Rows, left_out};
use crate::tactic;
use crate::text::{LINE, UNFOLDED, counted, cut, grouped, line};

/// Alerts of one rule, with their positions.
type Group<'a> = BTreeMap<(Priority, RuleId), Vec<(usize, &'a AlertMark)>>;

pub(super) fn section(view: &View<'_>) -> Markup {
    let mut groups: Group<'_> = BTreeMap::new();
    for (at, mark) in view.part.account.alerts.iter().enumerate() {
        groups.entry((mark.alert.rule.priority, mark.alert.rule.id)).or_default().push((at, mark));
    }
    view.section("alerts", "Alerts", &html! {
        @if groups.is_empty() {
            p.muted {
                "None of the " (counted(view.part.rules.active().count() as u64, "active rule")) " matched an event."
            }
        } @else {
            (matrix(view, &groups))
            (shadowed(view))
            (groups_markup(view, &groups))
            (left_out(view.part.account.left_out.alerts, "alert"))
        }
    })
}

/// Counts by tactic and priority.
fn matrix(view: &View<'_>, groups: &Group<'_>) -> Markup {
    let mut cells: BTreeMap<(Option<&Tactic>, Priority), usize> = BTreeMap::new();
    let mut columns: Vec<Priority> = Vec::new();
    for ((priority, _), alerts) in groups {
        if !columns.contains(priority) {
            columns.push(*priority);
        }
        let Some((_, first)) = alerts.first() else { continue };
        for row in tactic::of(&first.alert.rule.tags) {
            *cells.entry((row, *priority)).or_default() += alerts.len();
        }
    }
    let has = |row| columns.iter().any(|&priority| cells.contains_key(&(row, priority)));
    html! {
        (view.subheading("By tactic and priority"))
        div.scroll tabindex="0" role="region" aria-label="Alerts by tactic and priority" {
            table.matrix {
                thead {
                    tr {
                        th scope="col" { "ATT&CK tactic" }
                        @for priority in &columns { th.num scope="col" { (priority.name()) } }
                    }
                }
                tbody {
                    @for row in tactic::rows().filter(|&row| has(row)) {
                        tr {
                            th scope="row" { (tactic::name(row)) }
                            @for priority in &columns {
                                td.num {
                                    @if let Some(count) = cells.get(&(row, *priority)) {
                                        span class={ "cell " (class(*priority)) } { (grouped(*count as u64)) }
                                    } @else { span.muted { "·" } }
                                }
                            }
                        }
                    }
                }
            }
        }
        p.note { "An alert counts in each tactic that its rule names." }
    }
}

/// Matches that no alert tells of.
fn shadowed(view: &View<'_>) -> Markup {
    let shadowed = &view.part.account.summary.tally.shadowed;
    html! {
        @if !shadowed.is_empty() {
            p.note {
                "Not said, because an earlier rule matched the same event: "
                @for (at, (rule, count)) in shadowed.iter().enumerate() {
                    @if at > 0 { ", " }
                    @if let Some(rule) = view.part.rules.rule(*rule) { (line(rule.name.as_bytes())) }
                    " ×" (grouped(*count))
                }
                "."
            }
        }
    }
}

fn groups_markup(view: &View<'_>, groups: &Group<'_>) -> Markup {
    let mut budget = Budget {
        evidence: view.bytes(For::Evidence),
        further: view.bytes(For::Table),
        further_rows: view.limits.alerts,
    };
    let mut before = None;
    html! {
        @for ((priority, _), alerts) in groups {
            @if before.replace(*priority) != Some(*priority) {
                div.priority {
                    (view.subheading(priority.name()))
                }
            }
            (group(view, alerts, &mut budget))
        }
    }
}

/// What is left for evidence and for the lines of further alerts.
struct Budget {
    evidence: usize,
    further: usize,
    further_rows: usize,
}

fn group(view: &View<'_>, alerts: &[(usize, &AlertMark)], budget: &mut Budget) -> Markup {
    let Some((_, first)) = alerts.first() else { return html! {} };
    let told = &first.alert.rule;
    let mut shown = Rows::new(usize::MAX, budget.evidence);
    let mut further = Rows::new(budget.further_rows, budget.further);
    for &(at, mark) in alerts {
        if view.part.evidence.windows.contains_key(&at) && !shown.is_full() {
            shown.add(|| evidence::article(view, at, mark));
        } else {
            further.add(|| evidence::row(view, at, mark));
        }
    }
    budget.evidence = budget.evidence.saturating_sub(shown.markup().0.len());
    budget.further = budget.further.saturating_sub(further.markup().0.len());
    budget.further_rows =
        budget.further_rows.saturating_sub(usize::try_from(further.written()).unwrap_or(usize::MAX));
    html! {
        div.rule #(view.id(&format!("rule-{}", told.id.0))) {
            div.rule-head {
                span class={ "dot " (class(told.priority)) } {}
                (view.heading_at(2, &html! { (cut(told.name.as_bytes(), LINE)) }))
                span.muted { (counted(alerts.len() as u64, "alert")) }
            }
            (tags(&told.tags))
            @if let Some(rule) = view.part.rules.rule(told.id) { (about(rule)) }
            (shown.markup())
            @if further.written() > 0 {
                details.further {
                    summary { (counted(further.written(), "further alert")) }
                    ul.plain { (further.markup()) }
                }
            }
            (left_out(further.left_out(0), "alert"))
        }
    }
}

fn tags(tags: &[String]) -> Markup {
    html! {
        p.tags {
            @for tactic in attack::tactics(tags) { span.tag.tactic { (tactic.name) } " " }
            @for technique in attack::techniques(tags) { span.tag { (technique.number()) } " " }
            @for tag in tags.iter().filter(|tag| attack::tactic(tag).is_none() && attack::technique(tag).is_none()) {
                span.tag.quiet { (cut(tag.as_bytes(), 64)) } " "
            }
        }
    }
}

fn about(rule: &Rule) -> Markup {
    html! {
        @if !rule.description.is_empty() { p.about { (cut(rule.description.trim().as_bytes(), UNFOLDED)) } }
        details.condition {
            summary { "Condition" }
            pre tabindex="0" { code { (lines(&rule.condition_text)) } }
            @if !rule.exceptions.is_empty() {
                p.note { "Exceptions: " (cut(rule.exceptions.join(", ").as_bytes(), UNFOLDED)) }
            }
        }
    }
}

/// The text of a condition with its own line ends.
fn lines(text: &str) -> Markup {
    html! {
        @for (at, text) in text.trim().lines().take(400).enumerate() {
            @if at > 0 { "\n" }
            (cut(text.as_bytes(), UNFOLDED))
        }
    }
}
