//! What is wrong with suites, with places.

use std::fmt::Write as _;

use scap_rules::{Color, LoadReport, Location, render_error};

/// Something wrong with a suite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong, and what to do.
    pub message: String,
    /// Where.
    pub location: Location,
    /// The name that was probably meant.
    pub near: Option<String>,
}

impl Problem {
    pub(crate) fn new(message: impl Into<String>, location: Location) -> Self {
        Self { message: message.into(), location, near: None }
    }
}

/// Why suites cannot be run: everything at once.
#[derive(Debug, Default)]
pub struct Broken {
    /// In suites.
    pub problems: Vec<Problem>,
    /// In rule files: reports with errors.
    pub rules: Vec<LoadReport>,
    /// What could not be read at all.
    pub unreadable: Vec<String>,
}

impl Broken {
    /// Whether nothing is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.problems.is_empty() && self.rules.is_empty() && self.unreadable.is_empty()
    }

    /// Adds what is wrong elsewhere.
    pub fn add(&mut self, other: Broken) {
        self.problems.extend(other.problems);
        self.rules.extend(other.rules);
        self.unreadable.extend(other.unreadable);
    }

    /// Everything with lines and carets.
    #[must_use]
    pub fn render(&self, color: Color) -> String {
        let mut out = String::new();
        for line in &self.unreadable {
            let _ = writeln!(out, "error: {line}\n");
        }
        for report in &self.rules {
            out.push_str(&report.render(color));
            out.push('\n');
        }
        for problem in &self.problems {
            let note = problem.near.as_ref().map(|near| format!("did you mean `{near}`?"));
            let notes: Vec<String> = note.into_iter().collect();
            out.push_str(&render_error(&problem.message, &problem.location, &notes, color));
            out.push('\n');
        }
        out
    }
}
