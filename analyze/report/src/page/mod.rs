//! The page: head, navigation, a part for each trace.
//!
//! Each section is a module that takes a [`View`] and gives markup. What scripts do stands in `assets/report.js`; without them
//! everything is there and reachable.

mod activity;
mod alerts;
mod connections;
mod evidence;
mod files;
mod integrity;
mod lead;
mod policy;
mod process;
mod summary;
mod time;
mod timeline;
mod tree;
mod users;
mod view;

use maud::{DOCTYPE, Markup, PreEscaped, html};
use scap_rules::Priority;

use crate::text::{counted, line};
use crate::{Part, Report};
use view::View;

const STYLE: &str = include_str!("../assets/report.css");
const SCRIPT: &str = include_str!("../assets/report.js");

/// The whole page.
pub(crate) fn page(report: &Report<'_>) -> Markup {
    let share = report.limits.bytes / report.parts.len().max(1);
    let several = report.parts.len() > 1;
    let views: Vec<View<'_>> = report
        .parts
        .iter()
        .enumerate()
        .map(|(at, part)| View::new(part, at, several, &report.limits, share))
        .collect();
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy::of(STYLE, SCRIPT));
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="referrer" content="no-referrer";
                meta name="robots" content="noindex";
                meta name="color-scheme" content="light dark";
                meta name="generator" content=(report.made_by);
                title { (crate::text::bare(report.title.as_bytes(), 200)) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#main" { "Skip to the report" }
                (header(report))
                div.frame {
                    nav.contents aria-label="Contents" {
                        @for view in &views { (contents(view, several)) }
                    }
                    main #main tabindex="-1" {
                        @if several { (overview(&views)) }
                        @for view in &views { (part(view, several)) }
                    }
                }
                (footer(report))
                script { (PreEscaped(SCRIPT)) }
            }
        }
    }
}

fn header(report: &Report<'_>) -> Markup {
    html! {
        header.top {
            div.top-in {
                div.brand {
                    p.eyebrow { "Trace report" }
                    h1 { (line(report.title.as_bytes())) }
                }
                div.tools.needs-script {
                    label.search {
                        span.sr { "Filter alerts, processes, files and connections" }
                        input #filter type="search" placeholder="Filter alerts, processes, files …" autocomplete="off" spellcheck="false";
                    }
                    span #found role="status" {}
                    button #theme type="button" title="Change between the system's colours, light and dark" { "Theme: system" }
                }
            }
        }
    }
}

fn footer(report: &Report<'_>) -> Markup {
    html! {
        footer.bottom {
            p {
                "Made by " (report.made_by) ". All times are UTC. This page is complete in itself: it loads nothing and sends nothing. "
                "It may hold secrets that the recorded programs used: handle it like the trace."
            }
            @for asked in &report.asked { p { (line(asked.as_bytes())) } }
        }
    }
}

/// Sections of a part: id, name, how many things are in it.
fn sections(view: &View<'_>) -> Vec<(&'static str, &'static str, Option<u64>)> {
    let account = &view.part.account;
    let mut all = vec![
        ("summary", "Summary", None),
        ("activity", "Activity", None),
        ("alerts", "Alerts", Some(view.alerts())),
        ("processes", "Processes", Some(account.processes.len() as u64)),
        ("timeline", "Timeline", Some((account.acts.len() + account.alerts.len()) as u64)),
        ("files", "Files", Some(account.files.len() as u64)),
        ("network", "Network", Some(account.connections.len() as u64)),
        ("users", "Users", None),
    ];
    if !account.containers.is_empty() {
        all.push(("containers", "Containers", Some(account.containers.len() as u64)));
    }
    all.push(("integrity", "Integrity and gaps", None));
    all
}

fn contents(view: &View<'_>, several: bool) -> Markup {
    html! {
        @if several {
            p.of {
                a href={ "#" (view.id("top")) } { (view.host()) }
                span.note { (line(view.part.name.as_bytes())) }
            }
        }
        ul {
            @for (id, name, count) in sections(view) {
                li {
                    a href={ "#" (view.id(id)) } {
                        span { (name) }
                        @if let Some(count) = count { span.count { (crate::text::grouped(count)) } }
                    }
                }
            }
        }
    }
}

/// A line for each of several traces.
fn overview(views: &[View<'_>]) -> Markup {
    html! {
        section.card aria-labelledby="overview" {
            h2 #overview { "Overview" }
            div.scroll tabindex="0" role="region" aria-labelledby="overview" {
                table.stack {
                    thead { tr { th { "Host" } th { "Trace" } th { "From" } th { "To" } th.num { "Events" } th { "Alerts" } th { "Whole" } } }
                    tbody {
                        @for view in views { (overview_row(view)) }
                    }
                }
            }
        }
    }
}

fn overview_row(view: &View<'_>) -> Markup {
    let summary = &view.part.account.summary;
    html! {
        tr {
            td data-label="Host" { a href={ "#" (view.id("top")) } { (view.host()) } }
            td data-label="Trace" { (line(view.part.name.as_bytes())) }
            td data-label="From" { @if let Some(ts) = summary.first_ts { (time::full(ts)) } }
            td data-label="To" { @if let Some(ts) = summary.last_ts { (time::full(ts)) } }
            td.num data-label="Events" { (crate::text::grouped(summary.passed.events)) }
            td data-label="Alerts" { (priorities(view)) }
            td data-label="Whole" { (integrity::word(view.part)) }
        }
    }
}

/// A badge for each priority that has alerts.
fn priorities(view: &View<'_>) -> Markup {
    html! {
        @if view.alerts() == 0 { span.muted { "none" } }
        @for (priority, count) in view.by_priority() {
            span class={ "badge " (class(priority)) } { (count) " " (priority.name()) } " "
        }
    }
}

fn part(view: &View<'_>, several: bool) -> Markup {
    html! {
        div.part #(view.id("top")) {
            @if several {
                h2.host { (view.host()) " " span.note { (line(view.part.name.as_bytes())) } }
            }
            (summary::section(view))
            (activity::section(view))
            (alerts::section(view))
            (tree::section(view))
            (timeline::section(view))
            (files::section(view))
            (connections::section(view))
            (users::section(view))
            (users::containers(view))
            (integrity::section(view))
        }
    }
}

/// The class that gives a priority its colour.
fn class(priority: Priority) -> &'static str {
    match priority {
        Priority::Emergency | Priority::Alert | Priority::Critical => "critical",
        Priority::Error => "error",
        Priority::Warning => "warning",
        Priority::Notice => "notice",
        Priority::Informational | Priority::Debug => "info",
    }
}

/// `3 alerts`, as a badge in the colour of the gravest.
fn alerts_badge(part: &Part<'_>, alerts: &[u32]) -> Markup {
    let marks = alerts.iter().filter_map(|&at| part.account.alerts.get(at as usize));
    let Some(gravest) = marks.map(|mark| mark.alert.rule.priority).min() else { return html! {} };
    html! { span class={ "badge " (class(gravest)) } { (counted(alerts.len() as u64, "alert")) } }
}
