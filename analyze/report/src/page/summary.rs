//! The first section: which machine, how long, how much, how grave, and what to look at first.

use std::collections::HashSet;

use maud::{Markup, html};

use super::view::View;
use super::{integrity, lead, priorities, time};
use crate::text::{counted, grouped, line};

pub(super) fn section(view: &View<'_>) -> Markup {
    view.section("summary", "Summary", &html! {
        div.tiles {
            (tile("Host", &html! { b { (view.host()) } @if let Some(note) = machine(view) { span.note { (note) } } }))
            (tile("Span", &span(view)))
            (tile("Events", &events(view)))
            (tile("Alerts", &html! { b { (grouped(view.alerts())) } span.note { (priorities(view)) } }))
            (tile("Processes", &processes(view)))
            (tile("Evidence", &html! { (integrity::word(view.part)) span.note { a href={ "#" (view.id("integrity")) } { "integrity and gaps" } } }))
        }
        (integrity::warning(view))
        (lead::first(view))
        (lead::also(view))
    })
}

fn tile(name: &str, content: &Markup) -> Markup {
    html! { div.tile { p.label { (name) } div.value { (content) } } }
}

fn machine(view: &View<'_>) -> Option<Markup> {
    let host = &view.part.account.host;
    if host.cpus == 0 && host.addresses.is_empty() {
        return None;
    }
    let addresses: Vec<String> = host.addresses.iter().take(4).map(ToString::to_string).collect();
    let more = host.addresses.len().saturating_sub(addresses.len());
    Some(html! {
        @if host.cpus > 0 { (counted(u64::from(host.cpus), "processor")) br; }
        (addresses.join(", "))
        @if more > 0 { " and " (more) " more" }
    })
}

fn span(view: &View<'_>) -> Markup {
    let summary = &view.part.account.summary;
    let (Some(first), Some(last)) = (summary.first_ts, summary.last_ts) else {
        return html! { b { "no events" } };
    };
    html! {
        b { (time::span(last.saturating_sub(first))) }
        span.note { (time::full(first)) br; "to " (time::full(last)) }
    }
}

fn events(view: &View<'_>) -> Markup {
    let summary = &view.part.account.summary;
    html! {
        b { (grouped(summary.passed.events)) }
        span.note {
            @if summary.passed.dropped > 0 { span.bad { (counted(summary.passed.dropped, "event")) " dropped" } }
            @else { "none dropped" }
        }
    }
}

fn processes(view: &View<'_>) -> Markup {
    let account = &view.part.account;
    let started = account.processes.iter().filter(|process| process.start.is_some()).count() as u64;
    let users: HashSet<u32> =
        account.processes.iter().flat_map(|process| process.users.iter().map(|(_, uid, _)| *uid)).collect();
    html! {
        b { (grouped(account.processes.len() as u64 + account.left_out.processes)) }
        span.note {
            (grouped(started)) " started in the trace" br;
            (counted(users.len() as u64, "user"))
            @if !account.containers.is_empty() {
                ", " (counted(account.containers.len() as u64, "container"))
            }
        }
        @if account.processes.is_empty() { span.note { (line(b"none known")) } }
    }
}
