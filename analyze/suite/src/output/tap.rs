//! A report in the Test Anything Protocol, version 13: a line a test, reasons as YAML beneath.

use std::fmt::Write as _;

use serde_json::Value as Json;

use super::{headline, pretty, title};
use crate::report::{Report, TestReport};

/// The lines.
pub(super) fn lines(report: &Report) -> String {
    let mut out = format!("TAP version 13\n1..{}\n", report.tests.len());
    for (number, test) in (1..).zip(&report.tests) {
        let ok = if test.failures.is_empty() && test.error.is_none() { "ok" } else { "not ok" };
        let skip = test.skipped.as_ref().map_or_else(String::new, |why| format!(" # SKIP {}", plain(why)));
        let _ = writeln!(out, "{ok} {number} - {}{skip}", plain(&title(test)));
        if ok == "not ok" {
            diagnosis(&mut out, test);
        }
    }
    out
}

fn diagnosis(out: &mut String, test: &TestReport) {
    let _ = writeln!(out, "  ---");
    let _ = writeln!(out, "  at: {}", quoted(&format!("{}:{}", test.location.file, test.location.line)));
    let _ = writeln!(out, "  trace: {}", quoted(&test.trace.display().to_string()));
    if let Some(error) = &test.error {
        let _ = writeln!(out, "  error: {}", quoted(error));
    }
    if !test.failures.is_empty() {
        let _ = writeln!(out, "  failures:");
    }
    for failure in &test.failures {
        let _ = writeln!(out, "    - message: {}", quoted(&headline(failure)));
        let mut details = String::new();
        pretty::failure_lines(&mut details, failure);
        let _ = writeln!(out, "      details:");
        for line in details.lines().skip(1) {
            let _ = writeln!(out, "        - {}", quoted(line.trim()));
        }
    }
    let _ = writeln!(out, "  ...");
}

/// A text that YAML reads as itself: JSON's strings are YAML's.
fn quoted(text: &str) -> String {
    Json::from(text).to_string()
}

/// A description: one line, without what the protocol takes for a directive.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>().replace('#', "\\#")
}
