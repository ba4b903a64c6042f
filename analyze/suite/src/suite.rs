//! Suites as they are run: defaults filled in, texts understood, places kept.

use std::path::PathBuf;

use scap_rules::{Filter, Location, Matching, Priority};
use serde_json::Value as Json;

use crate::count::Count;
use crate::rules::RuleFile;
use crate::window::Window;

/// A suite.
#[derive(Debug, Clone)]
pub struct Suite {
    /// Its file.
    pub file: PathBuf,
    /// Its name.
    pub name: String,
    /// Its tests, one for each trace that one of the file names.
    pub tests: Vec<Test>,
}

/// One trace, and what must and must not fire on it.
#[derive(Debug, Clone)]
pub struct Test {
    /// Its name.
    pub name: String,
    /// Where it begins.
    pub location: Location,
    /// The trace.
    pub trace: PathBuf,
    /// Where the trace is named.
    pub trace_location: Location,
    /// Rule files in loading order.
    pub rules: Vec<RuleFile>,
    /// Where they are named.
    pub rules_location: Location,
    /// Whether the first matching rule of an event hides the others.
    pub matching: Matching,
    /// Condition of events whose alerts count.
    pub filter: Option<Filter>,
    /// Whether nothing else may fire.
    pub only: bool,
    /// What must fire.
    pub expect: Vec<Expectation>,
    /// What must not.
    pub forbid: Vec<Forbidden>,
    /// Why it is not run.
    pub skip: Option<String>,
}

/// A rule that must fire.
#[derive(Debug, Clone)]
pub struct Expectation {
    /// Its name.
    pub rule: String,
    /// Where it is named.
    pub location: Location,
    /// How often.
    pub count: Count,
    /// Fields that its alerts must have to be counted, as written, with their values.
    pub fields: Vec<(String, Json)>,
    /// Condition that their events must fulfil.
    pub condition: Option<Filter>,
    /// Pattern that their outputs must match.
    pub output: Option<String>,
    /// Numbers that their events must have.
    pub events: Option<Count>,
    /// Times that they must have.
    pub time: Option<Window>,
    /// Priority of the rule.
    pub priority: Option<Priority>,
    /// Tags of the rule.
    pub tags: Vec<String>,
}

/// Rules that must not fire.
#[derive(Debug, Clone)]
pub struct Forbidden {
    /// Pattern of their names.
    pub rule: String,
    /// Where it stands.
    pub location: Location,
}

impl Expectation {
    /// Whether it counts every alert of its rule.
    #[must_use]
    pub fn is_about_every_alert(&self) -> bool {
        self.fields.is_empty()
            && self.condition.is_none()
            && self.output.is_none()
            && self.events.is_none()
            && self.time.is_none()
    }
}

impl Test {
    /// How many things it asks.
    #[must_use]
    pub fn expectations(&self) -> usize {
        self.expect.len() + self.forbid.len() + usize::from(self.only)
    }
}
