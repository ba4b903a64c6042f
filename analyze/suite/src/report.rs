//! What came of a run.

use std::path::PathBuf;
use std::time::Duration;

use scap_rules::Location;

use crate::coverage::Coverage;
use crate::judge::Failure;
use crate::mutate::Mutation;

/// What came of a run.
#[derive(Debug, Default)]
pub struct Report {
    /// In the order of the suites.
    pub tests: Vec<TestReport>,
    /// Suites that were run.
    pub suites: usize,
    /// Active rules of all rule sets together.
    pub rules: usize,
    /// Distinct traces.
    pub traces: usize,
    /// Events of all replays.
    pub events: u64,
    /// What the suites leave untested, if asked for.
    pub coverage: Option<Coverage>,
    /// Which changes of the rules no suite notices, if asked for and if all tests passed.
    pub mutation: Option<Mutation>,
}

/// What came of one test.
#[derive(Debug, Clone)]
pub struct TestReport {
    /// Name of its suite.
    pub suite: String,
    /// Its name.
    pub name: String,
    /// Where it begins.
    pub location: Location,
    /// Its trace.
    pub trace: PathBuf,
    /// How many things it asks.
    pub expectations: usize,
    /// How many alerts each expectation counted.
    pub counted: Vec<u64>,
    /// What is not as it wants it.
    pub failures: Vec<Failure>,
    /// Why it could not be run: then nothing is known.
    pub error: Option<String>,
    /// Why it was not to be run.
    pub skipped: Option<String>,
    /// How long the replay of its trace took, which it may share with other tests.
    pub time: Duration,
}

impl TestReport {
    /// Whether it ran and everything was as it wants it.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.failures.is_empty() && self.error.is_none() && self.skipped.is_none()
    }
}

impl Report {
    /// How many things were asked by tests that ran.
    #[must_use]
    pub fn expectations(&self) -> usize {
        self.tests.iter().filter(|test| test.skipped.is_none()).map(|test| test.expectations).sum()
    }

    /// Tests that failed.
    pub fn failed(&self) -> impl Iterator<Item = &TestReport> {
        self.tests.iter().filter(|test| !test.failures.is_empty())
    }

    /// Tests that could not be run.
    pub fn broken(&self) -> impl Iterator<Item = &TestReport> {
        self.tests.iter().filter(|test| test.error.is_some())
    }
}
