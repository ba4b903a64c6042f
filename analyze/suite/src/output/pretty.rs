//! A report as text for people: a line when all is well, reasons when not.

use std::fmt::Write as _;
use std::time::Duration;

use scap_analyze::print::noun;

use super::untested;
use crate::blame::shortened;
use crate::judge::{Failure, FailureKind};
use crate::near::NearMiss;
use crate::reasons::Reason;
use crate::report::{Report, TestReport};

/// `report` as text. `time`: how long it took in all.
#[must_use]
pub fn text(report: &Report, time: Duration) -> String {
    let mut out = String::new();
    for test in report.tests.iter().filter(|test| !test.passed()) {
        test_lines(&mut out, test);
    }
    if let Some(coverage) = &report.coverage {
        untested::coverage(&mut out, coverage);
    }
    if let Some(mutation) = &report.mutation {
        untested::mutation(&mut out, mutation);
    }
    let _ = writeln!(out, "{}", summary(report, time));
    out
}

/// One line of figures.
#[must_use]
pub fn summary(report: &Report, time: Duration) -> String {
    let (failed, broken) = (report.failed().count(), report.broken().count());
    let skipped = report.tests.iter().filter(|test| test.skipped.is_some()).count();
    let verdict = match (failed, broken) {
        (0, 0) => "ok".to_owned(),
        (failed, 0) => format!("{failed} failed"),
        (0, broken) => format!("{broken} could not be run"),
        (failed, broken) => format!("{failed} failed, {broken} could not be run"),
    };
    let skipped = if skipped == 0 { String::new() } else { format!(" ({skipped} skipped)") };
    format!(
        "{verdict}: {}{skipped} in {}, {} on {}, {}, {} in {:.1} s",
        counted(report.tests.len(), "test"),
        counted(report.suites, "suite"),
        counted(report.expectations(), "expectation"),
        counted(report.traces, "trace"),
        counted(report.rules, "rule"),
        counted(usize::try_from(report.events).unwrap_or(usize::MAX), "event"),
        time.as_secs_f64(),
    )
}

/// What a rule did.
pub(super) fn in_words(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::TooFew => "fired too rarely",
        FailureKind::TooMany => "fired too often",
        FailureKind::Forbidden => "fired although it must not",
        FailureKind::Unexpected => "fired although nothing else may",
        FailureKind::Priority => "has another priority",
        FailureKind::Tags => "lacks a tag",
    }
}

/// `1 test`, `2 tests`.
pub(crate) fn counted(count: usize, what: &str) -> String {
    format!("{count} {}", noun(count as u64, what))
}

/// Everything about a test that did not pass.
pub(super) fn test_lines(out: &mut String, test: &TestReport) {
    let title = format!("{} / {}", test.suite, test.name);
    let at = format!("{}:{}", test.location.file, test.location.line);
    if let Some(why) = &test.skipped {
        let _ = writeln!(out, "SKIP {title} ({at}): {why}");
        return;
    }
    if let Some(error) = &test.error {
        let _ = writeln!(out, "ERROR {title} ({at}): {error}");
        return;
    }
    let _ = writeln!(out, "FAIL {title} ({at})\n  trace {}", test.trace.display());
    for failure in &test.failures {
        failure_lines(out, failure);
    }
    out.push('\n');
}

/// Everything about a failure.
pub(super) fn failure_lines(out: &mut String, failure: &Failure) {
    let _ = writeln!(out, "  {}: {}", failure.rule, in_words(failure.kind));
    let _ = writeln!(out, "    {}:{}", failure.location.file, failure.location.line);
    let _ = writeln!(out, "    expected  {}\n    got       {}", failure.expected, failure.got);
    for alert in &failure.alerts {
        let _ = writeln!(out, "    event {}  {}", alert.event, alert.output);
    }
    if failure.more > 0 {
        let _ = writeln!(out, "    and {} more", failure.more);
    }
    for reason in &failure.reasons {
        reason_lines(out, reason);
    }
    if let (FailureKind::TooFew, Some(at)) = (failure.kind, &failure.rule_location) {
        let _ = writeln!(out, "    the rule is at {}:{}", at.file, at.line);
    }
}

fn reason_lines(out: &mut String, reason: &Reason) {
    let _ = match reason {
        Reason::Shadowed { by, events, first } => writeln!(
            out,
            "    matched {}, first event {first}, but rule `{by}` stands before it and took them (matching: first)",
            counted(usize::try_from(*events).unwrap_or(usize::MAX), "event")
        ),
        Reason::Uncounted { event, why } => {
            writeln!(out, "    matched event {event}, which does not count: {}", why.join("; "))
        }
        Reason::NoEvent { types } => {
            let shown: Vec<&str> = types.iter().take(8).map(String::as_str).collect();
            let more = if types.len() > shown.len() { ", …" } else { "" };
            writeln!(out, "    no event of its types ({}{more}) is in the trace", shown.join(", "))
        }
        Reason::Near(miss) => {
            miss_lines(out, miss);
            Ok(())
        }
    };
}

/// An event on which a rule almost fired.
pub(crate) fn miss_lines(out: &mut String, miss: &NearMiss) {
    let alike = match miss.alike {
        0 => String::new(),
        1 => ", and 1 event missed alike".to_owned(),
        more => format!(", and {more} events missed alike"),
    };
    let _ = writeln!(
        out,
        "    nearest miss: event {} ({}), {} of {} parts held{alike}",
        miss.event, miss.event_type, miss.held, miss.of
    );
    for blame in &miss.blames {
        let at =
            blame.location.as_ref().map_or_else(String::new, |at| format!("  ({}:{})", at.file, at.line));
        let _ = writeln!(out, "      {blame}{at}");
    }
    let _ = writeln!(out, "      would have said: {}", shortened(&miss.output));
}
