//! One alert with its evidence: what the rule said, who did it and who started them, the events before and after.

use maud::{Markup, html};
use scap_account::{AlertMark, ProcessId};
use serde_json::Value as Json;

use super::process::{chain, container, descent, image, user, who};
use super::view::View;
use super::{class, time};
use crate::gather::EventLine;
use crate::text::{LINE, cut, grouped, line, long, long_after};

/// An alert that unfolds.
pub(super) fn article(view: &View<'_>, at: usize, mark: &AlertMark) -> Markup {
    let alert = &mark.alert;
    html! {
        details class={ "alert f " (class(alert.rule.priority)) } #(view.id(&format!("alert-{}", at + 1)))
            data-ts=(alert.ts) {
            summary {
                span.when { (view.time(alert.ts)) }
                span.what { (cut(message(mark).as_bytes(), LINE)) }
            }
            div.alert-body {
                div.message { (long_after(LINE * 4, message(mark).as_bytes(), message(mark).len())) }
                div.columns {
                    div {
                        (view.heading_at(3, &html! { "Who, and who started them" }))
                        @match mark.process {
                            Some(id) => (ancestry(view, id, alert.event)),
                            None => p.muted { "The trace does not know the process." },
                        }
                    }
                    div {
                        (view.heading_at(3, &html! { "What the alert says" }))
                        (fields(mark))
                    }
                }
                (events(view, at, mark))
            }
        }
    }
}

/// An alert on a line, without evidence.
pub(super) fn row(view: &View<'_>, at: usize, mark: &AlertMark) -> Markup {
    html! {
        li.f #(view.id(&format!("alert-{}", at + 1))) {
            span.when { (view.time(mark.alert.ts)) } " "
            @if let Some(id) = mark.process { (descent(view, id, mark.alert.event)) " " }
            span.muted { "event " (mark.alert.event) } " "
            span.what { (cut(message(mark).as_bytes(), LINE)) }
        }
    }
}

/// The message without time and priority, which stand elsewhere.
fn message(mark: &AlertMark) -> &str {
    let output = &mark.alert.output;
    let prefix = format!(": {} ", mark.alert.rule.priority.name());
    // Both come from whoever made the alert; a message that says the like itself comes later.
    output.split_once(&prefix).map_or(output.as_str(), |(_, message)| message)
}

/// The chain of ancestors, eldest first.
fn ancestry(view: &View<'_>, id: ProcessId, num: u64) -> Markup {
    let (chain, more) = chain(view, id);
    html! {
        ol.chain {
            @if more { li.muted { "further ancestors" } }
            @for &link in &chain {
                @if let Some(process) = view.process(link) {
                    li class=[(link == id).then_some("self")] {
                        div {
                            (who(view, link, num)) " "
                            span.muted { (user(process, num)) } " "
                            (container(view, process))
                        }
                        @if let Some(image) = image(process, num) {
                            div.cmd { (long(&image.cmdline, image.cmdline.len())) }
                        }
                        div.note {
                            @match process.start {
                                Some(start) => { "started " (view.time(start.ts)) ", event " (start.event) },
                                None => "ran before the trace began",
                            }
                        }
                    }
                }
            }
        }
    }
}

fn fields(mark: &AlertMark) -> Markup {
    html! {
        dl.fields {
            dt { "evt.num" }
            dd { (mark.alert.event) }
            @for (name, value) in &mark.alert.output_fields {
                dt { (cut(name.as_bytes(), 80)) }
                dd { (value_markup(value)) }
            }
        }
    }
}

fn value_markup(value: &Json) -> Markup {
    match value {
        Json::Null => html! { span.muted { "not known" } },
        Json::String(text) => html! { (long(text.as_bytes(), text.len())) },
        other => html! { (line(other.to_string().as_bytes())) },
    }
}

fn events(view: &View<'_>, at: usize, mark: &AlertMark) -> Markup {
    let evidence = &view.part.evidence;
    let numbers = evidence.windows.get(&at).map(Vec::as_slice).unwrap_or_default();
    let pid = mark.process.and_then(|id| view.process(id)).map(|process| process.pid);
    let shown: Vec<(u64, &EventLine)> =
        numbers.iter().filter_map(|num| Some((*num, evidence.events.get(num)?))).collect();
    let before = shown.iter().filter(|(num, _)| *num < mark.alert.event).count() as u64;
    let after = shown.iter().filter(|(num, _)| *num > mark.alert.event).count() as u64;
    html! {
        (view.heading_at(3, &html! {
            "Events of the process: " (grouped(before)) " before, the alert's, " (grouped(after)) " after"
        }))
        @if shown.is_empty() {
            p.muted { "The events could not be read." }
        } @else {
            table.events {
                thead {
                    tr { th.num { "Event" } th.num { "Time" } th { "Process" } th { "Type" } th { "Arguments" } }
                }
                tbody {
                    @for (num, event) in &shown { (event_row(*num, event, mark, pid)) }
                }
            }
            p.note {
                "An event whole: " code { "scap read TRACE 'evt.num = " (mark.alert.event) "'" }
                @if shown.iter().any(|(_, event)| Some(event.pid) != pid) {
                    " · Events of other processes are those of its parent before it began."
                }
            }
        }
    }
}

fn event_row(num: u64, event: &EventLine, mark: &AlertMark, pid: Option<i64>) -> Markup {
    let class = match (num == mark.alert.event, Some(event.pid) == pid) {
        (true, _) => "hit",
        (false, true) => "",
        (false, false) => "other",
    };
    html! {
        tr class=(class) {
            td.num { (num) }
            td.num title=(scap_analyze::print::clock_time(event.ts, true)) { (time::offset(event.ts, mark.alert.ts)) }
            td { (cut(&event.name, 32)) " " span.pid { (event.tid) } }
            td.type { (cut(&event.ty, 40)) @if event.failed { " " span.failed title="failed" { "✗" } } }
            td.args { (long(&event.args, event.whole)) }
        }
    }
}
