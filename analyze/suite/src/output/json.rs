//! A report as one JSON document, for scripts.

use scap_analyze::alert::Alert;
use scap_rules::Location;
use serde_json::{Value as Json, json};

use super::{Run, untested};
use crate::judge::Failure;
use crate::near::NearMiss;
use crate::reasons::Reason;
use crate::report::{Report, TestReport};

/// The document, with a line end.
pub(super) fn document(report: &Report, run: Run) -> String {
    let document = json!({
        "ok": report.failed().count() + report.broken().count() == 0,
        "summary": {
            "suites": report.suites,
            "tests": report.tests.len(),
            "failed": report.failed().count(),
            "broken": report.broken().count(),
            "skipped": report.tests.iter().filter(|test| test.skipped.is_some()).count(),
            "expectations": report.expectations(),
            "traces": report.traces,
            "rules": report.rules,
            "events": report.events,
            "seconds": run.took.as_secs_f64(),
        },
        "tests": report.tests.iter().map(test).collect::<Vec<_>>(),
        "coverage": report.coverage.as_ref().map(untested::coverage_json),
        "mutation": report.mutation.as_ref().map(untested::mutation_json),
    });
    format!("{document:#}\n")
}

fn test(test: &TestReport) -> Json {
    let status = match (&test.skipped, &test.error, test.failures.is_empty()) {
        (Some(_), ..) => "skipped",
        (None, Some(_), _) => "broken",
        (None, None, true) => "passed",
        (None, None, false) => "failed",
    };
    json!({
        "suite": test.suite,
        "name": test.name,
        "status": status,
        "at": place(&test.location),
        "trace": test.trace.display().to_string(),
        "expectations": test.expectations,
        "seconds": test.time.as_secs_f64(),
        "error": test.error,
        "skipped": test.skipped,
        "failures": test.failures.iter().map(failure).collect::<Vec<_>>(),
    })
}

fn failure(failure: &Failure) -> Json {
    json!({
        "kind": failure.kind.name(),
        "rule": failure.rule,
        "at": place(&failure.location),
        "rule_at": failure.rule_location.as_ref().map(place),
        "expected": failure.expected,
        "got": failure.got,
        "alerts": failure.alerts.iter().map(alert).collect::<Vec<_>>(),
        "more_alerts": failure.more,
        "reasons": failure.reasons.iter().map(reason).collect::<Vec<_>>(),
    })
}

fn alert(alert: &Alert) -> Json {
    json!({ "event": alert.event, "time": alert.ts, "output": alert.output, "output_fields": alert.output_fields })
}

fn reason(reason: &Reason) -> Json {
    match reason {
        Reason::Shadowed { by, events, first } => {
            json!({ "kind": "shadowed", "by": by, "events": events, "first_event": first })
        }
        Reason::Uncounted { event, why } => json!({ "kind": "uncounted", "event": event, "why": why }),
        Reason::NoEvent { types } => json!({ "kind": "no-event", "types": types }),
        Reason::Near(miss) => near(miss),
    }
}

/// A near miss.
pub(crate) fn near(miss: &NearMiss) -> Json {
    let blames = miss.blames.iter().map(|blame| {
        json!({
            "comparison": blame.text,
            "wanted": blame.wanted,
            "saw": blame.seen,
            "at": blame.location.as_ref().map(place),
        })
    });
    json!({
        "kind": "near-miss",
        "event": miss.event,
        "time": miss.ts,
        "event_type": miss.event_type,
        "parts": miss.of,
        "held": miss.held,
        "alike": miss.alike,
        "output": miss.output,
        "blames": blames.collect::<Vec<_>>(),
    })
}

/// A place in a file.
pub(crate) fn place(at: &Location) -> Json {
    json!({ "file": at.file, "line": at.line, "column": at.column })
}
