//! Reports as text: for people, for machines, for services that show test results.
//!
//! Evidence in them is repaired where alerts are made; what a format cannot hold is replaced here. Control characters
//! of file names and rules are for whoever writes to a terminal to stop.

mod difference;
mod github;
mod json;
mod junit;
mod pretty;
mod sarif;
mod story;
mod tap;
mod untested;

use std::time::{Duration, SystemTime};

use crate::judge::Failure;
use crate::report::{Report, TestReport};

pub use difference::{difference_json, difference_text};
pub use pretty::{summary, text as pretty};
pub use story::{event_json, event_text, trace_json, trace_text};

/// Formats of reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Text for people.
    Pretty,
    /// One JSON document.
    Json,
    /// JUnit's XML, as CI services read it.
    Junit,
    /// The Test Anything Protocol, version 13.
    Tap,
    /// SARIF 2.1.0, as code scanning services read it.
    Sarif,
    /// Annotations of GitHub's actions.
    Github,
}

/// What is told of a run besides its report.
#[derive(Debug, Clone, Copy)]
pub struct Run {
    /// When it began.
    pub began: SystemTime,
    /// How long it took.
    pub took: Duration,
}

/// `report` in `format`.
#[must_use]
pub fn write(report: &Report, format: Format, run: Run) -> String {
    match format {
        Format::Pretty => pretty::text(report, run.took),
        Format::Json => json::document(report, run),
        Format::Junit => junit::document(report, run),
        Format::Tap => tap::lines(report),
        Format::Sarif => sarif::document(report),
        Format::Github => github::lines(report, run),
    }
}

/// One line about a failure.
fn headline(failure: &Failure) -> String {
    let expected = if failure.expected.is_empty() { "nothing" } else { &failure.expected };
    let got = if failure.got.is_empty() { "nothing" } else { &failure.got };
    format!("{}: {}: expected {expected}, got {got}", failure.rule, pretty::in_words(failure.kind))
}

/// Name of a test and its suite.
fn title(test: &TestReport) -> String {
    format!("{} / {}", test.suite, test.name)
}
