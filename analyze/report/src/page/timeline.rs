//! Alerts and significant acts, in order.

use maud::{Markup, html};
use scap_account::{Act, AlertMark};

use super::class;
use super::process::who;
use super::view::{For, View, act};
use crate::budget::{Rows, left_out};
use crate::text::{LINE, cut};

/// A line: an alert with its position, or an act and how often it was done in a row.
enum Line<'a> {
    Alert(usize, &'a AlertMark),
    Act(&'a Act, u64),
}

impl Line<'_> {
    /// Number of its event. Acts come before the alerts about them.
    fn order(&self) -> (u64, bool) {
        match self {
            Line::Alert(_, mark) => (mark.alert.event, true),
            Line::Act(act, _) => (act.at.event, false),
        }
    }

    /// What stays if there are too many: alerts, then acts that stand out.
    fn rank(&self) -> u8 {
        match self {
            Line::Alert(..) => 0,
            Line::Act(done, _) => 2 - u8::from(act(done.kind).1),
        }
    }
}

pub(super) fn section(view: &View<'_>) -> Markup {
    let account = &view.part.account;
    let mut lines = lines(view);
    let all = lines.len();
    if all > view.limits.timeline {
        lines.sort_by_key(|line| (line.rank(), line.order()));
        lines.truncate(view.limits.timeline);
    }
    lines.sort_by_key(Line::order);
    let mut rows = Rows::new(usize::MAX, view.bytes(For::Timeline));
    lines.iter().for_each(|line| rows.add(|| row(view, line)));
    let missing = rows.left_out((all - lines.len()) as u64);
    view.section("timeline", "Timeline", &html! {
        @if lines.is_empty() {
            p.muted { "Neither alerts nor significant acts." }
        } @else {
            p.note { "Alerts and significant acts in order. The same act several times in a row is one line." }
            div.kinds.needs-script role="group" aria-label="What the timeline shows" {
                button type="button" data-show="alert" aria-pressed="true" { "Alerts" }
                button type="button" data-show="mark" aria-pressed="true" { "What stands out" }
                button type="button" data-show="plain" aria-pressed="true" { "Programs run" }
                span.zoomed hidden {}
            }
            table.timeline {
                thead { tr { th.num { "Time" } th { "Process" } th { "What" } th { "To what" } th.num { "Event" } } }
                tbody { (rows.markup()) }
            }
        }
        (left_out(missing + account.left_out.acts, "line"))
    })
}

/// Alerts and acts; the same act of the same process in a row once.
fn lines<'a>(view: &View<'a>) -> Vec<Line<'a>> {
    let account = &view.part.account;
    let mut lines: Vec<Line<'a>> = Vec::new();
    for done in &account.acts {
        if let Some(Line::Act(before, times)) = lines.last_mut()
            && (before.kind, before.process, before.error) == (done.kind, done.process, done.error)
            && before.object == done.object
        {
            *times += 1;
            continue;
        }
        lines.push(Line::Act(done, 1));
    }
    lines.extend(account.alerts.iter().enumerate().map(|(at, mark)| Line::Alert(at, mark)));
    lines
}

fn row(view: &View<'_>, line: &Line<'_>) -> Markup {
    match line {
        Line::Alert(at, mark) => {
            let alert = &mark.alert;
            html! {
                tr class={ "f l-alert " (class(alert.rule.priority)) } data-ts=(alert.ts) {
                    td.num { (view.time(alert.ts)) }
                    td { @if let Some(id) = mark.process { (who(view, id, alert.event)) } }
                    td { span class={ "badge " (class(alert.rule.priority)) } { (alert.rule.priority.name()) } }
                    td { a href={ "#" (view.id(&format!("alert-{}", at + 1))) } { (cut(alert.rule.name.as_bytes(), LINE)) } }
                    td.num.event { (alert.event) }
                }
            }
        }
        Line::Act(done, times) => {
            let (name, stands_out) = act(done.kind);
            html! {
                tr class={ "f " (if stands_out { "l-mark" } else { "l-plain" }) } data-ts=(done.at.ts) {
                    td.num { (view.time(done.at.ts)) }
                    td { @if let Some(id) = done.process { (who(view, id, done.at.event)) } }
                    td.kind { (name) }
                    td.args {
                        (cut(&done.object, LINE))
                        @if *times > 1 { " " span.muted { "×" (times) } }
                        @if done.error != 0 { " " span.failed { "failed: " (errno(done.error)) } }
                    }
                    td.num.event { (done.at.event) }
                }
            }
        }
    }
}

/// The name of an error number as the kernel returns it.
pub(super) fn errno(error: i64) -> String {
    let number = error.unsigned_abs();
    let name = u32::try_from(number).ok().and_then(scap_schema::errno_name);
    name.map_or_else(|| format!("error {number}"), str::to_owned)
}
