//! How far the report can be trusted: whether the file is whole and unaltered, what it lost, what does not add up.

use maud::{Markup, html};
use scap_analyze::replay::Summary;
use scap_format::damage::Damage;

use super::{time, view::View};
use crate::Part;
use crate::text::{bytes, counted, grouped, line};

/// Damaged stretches that are listed.
const DAMAGE: usize = 50;

/// Gaps that are listed.
const GAPS: usize = 64;

/// Rules that are named.
const RULES: usize = 30;

/// Whole or not, in a word.
pub(super) fn word(part: &Part<'_>) -> Markup {
    let summary = &part.account.summary;
    let sound = part.checks.iter().all(|check| check.sound);
    html! {
        @if summary.damaged > 0 { b.bad { "damaged" } }
        @else if !sound { b.bad { "not sound" } }
        @else if part.checks.is_empty() { b { "not checked" } }
        @else { b.good { "whole" } }
    }
}

/// What limits everything else, said at the top; nothing where nothing does.
pub(super) fn warning(view: &View<'_>) -> Markup {
    let summary = &view.part.account.summary;
    let dropped = summary.passed.dropped;
    html! {
        @if dropped > 0 || summary.damaged > 0 {
            div.callout role="note" {
                @if dropped > 0 {
                    p {
                        b { (counted(dropped, "event")) " were lost while recording." }
                        " What they did is missing from everything below."
                    }
                }
                @if summary.damaged > 0 {
                    p {
                        b { (counted(summary.damaged, "stretch")) " of the file cannot be read." }
                        @if summary.lost > 0 { " At least " (counted(summary.lost, "event")) " in it." }
                    }
                }
                p { a href={ "#" (view.id("integrity")) } { "Integrity and gaps" } }
            }
        }
    }
}

pub(super) fn section(view: &View<'_>) -> Markup {
    let (part, summary) = (view.part, &view.part.account.summary);
    view.section("integrity", "Integrity and gaps", &html! {
        (view.subheading("The file"))
        @for check in &part.checks {
            div class={ "check " (if check.sound { "sound" } else { "unsound" }) } {
                @for (at, text) in check.lines.iter().take(DAMAGE).enumerate() {
                    p class=[(at > 0).then_some("note")] { (line(text.as_bytes())) }
                }
                @if check.lines.len() > DAMAGE { p.note { "and " (check.lines.len() - DAMAGE) " more lines" } }
            }
        }
        dl.fields.wide {
            @for (name, value) in &part.facts {
                dt { (line(name.as_bytes())) }
                dd { (crate::text::long(value.as_bytes(), value.len())) }
            }
        }
        (gaps(view, summary))
        (damage(view, summary))
        (anomalies(view, summary))
    })
}

fn gaps(view: &View<'_>, summary: &Summary) -> Markup {
    let drops = &summary.tally.gaps.drops;
    html! {
        (view.subheading("Events lost while recording"))
        @if summary.passed.dropped == 0 { p { "None that the trace tells of." } }
        @else {
            p { (counted(summary.passed.dropped, "event")) ", in " (counted(drops.len() as u64, "gap")) ":" }
            ul.plain {
                @for gap in drops.iter().take(GAPS) {
                    li {
                        (counted(gap.lost, "event")) " "
                        @if gap.from == gap.to { "before " (time::full(gap.from)) }
                        @else { "from " (time::full(gap.from)) " to " (time::full(gap.to)) }
                    }
                }
            }
            (doubtful(view, summary))
        }
    }
}

/// Alerts that may name processes and files of before a gap.
fn doubtful(view: &View<'_>, summary: &Summary) -> Markup {
    let after = &summary.tally.gaps.alerts;
    html! {
        @if !after.is_empty() {
            p { "Alerts after events were lost; the processes and files they name may be of before:" }
            ul.plain {
                @for (rule, count) in after.iter().take(RULES) {
                    @if let Some(rule) = view.part.rules.rule(*rule) {
                        li { (line(rule.name.as_bytes())) " ×" (grouped(*count)) }
                    }
                }
                @if after.len() > RULES { li { "and of " (after.len() - RULES) " more rules" } }
            }
        }
    }
}

fn damage(view: &View<'_>, summary: &Summary) -> Markup {
    html! {
        (view.subheading("Damage"))
        @if summary.damaged == 0 { p { "None was met." } }
        @else {
            p { (counted(summary.damaged, "stretch")) ", " (counted(summary.lost, "event")) " known to be lost in them:" }
            ul.plain {
                @for damage in summary.damage.iter().take(DAMAGE) { li { (stretch(damage)) } }
                @if summary.damage.len() > DAMAGE { li { "and " (summary.damage.len() - DAMAGE) " more" } }
            }
        }
        @if summary.left_out > 0 {
            p.note { (counted(summary.left_out, "frame")) " with nothing to ask about were not looked into." }
        }
        @if summary.passed.unconverted > 0 {
            p.note { (counted(summary.passed.unconverted, "event")) " of old versions were taken as they are." }
        }
    }
}

fn stretch(damage: &Damage) -> Markup {
    html! {
        "bytes " (grouped(damage.start)) " to "
        @match damage.end {
            Some(end) => { (grouped(end)) " (" (bytes(end.saturating_sub(damage.start))) ")" },
            None => "the end",
        }
        @if let Some(lost) = damage.events_lost.filter(|lost| *lost > 0) { ", " (counted(lost, "event")) " lost" }
        ": " (line(damage.detail.as_bytes()))
    }
}

fn anomalies(view: &View<'_>, summary: &Summary) -> Markup {
    html! {
        (view.subheading("What does not add up"))
        @if summary.anomalies.total() == 0 { p { "Nothing: every event fits those before it." } }
        @else {
            p.note { "Gaps in what the trace tells of processes, because it began later than they did or lost events." }
            table.stack {
                thead { tr { th { "What" } th.num { "Times" } th.num { "First at event" } } }
                tbody {
                    @for (kind, tally) in summary.anomalies.iter() {
                        tr {
                            td data-label="What" { (kind.name()) }
                            td.num data-label="Times" { (grouped(tally.count)) }
                            td.num data-label="First at event" { (grouped(tally.first_event)) }
                        }
                    }
                }
            }
        }
    }
}
