//! A run: suites → replays → report.
//!
//! Tests that share a trace and rules share a replay; replays run side by side. The report does not depend on how
//! many do.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use rayon::prelude::*;
use scap_rules::{RuleSet, name_matches};

use crate::coverage::Coverage;
use crate::judge::{Asked, named};
use crate::mutate;
use crate::place::{Broken, Problem};
use crate::play::play;
use crate::question::Questions;
use crate::reasons;
use crate::report::{Report, TestReport};
use crate::rules::{self, Loaded, RuleFile, near};
use crate::suite::{Suite, Test};

/// How to run suites.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Rules to use instead of those that the suites name.
    pub rules: Vec<RuleFile>,
    /// Run only tests whose name, or that of their suite, matches; `*` stands for anything.
    pub filter: Option<String>,
    /// How many traces are replayed side by side; 0: as many as there are processors.
    pub jobs: usize,
    /// Whether to find out what the suites leave untested.
    pub coverage: bool,
    /// Whether to find out which changes of the rules no suite notices, if all tests pass.
    pub mutate: Option<mutate::Options>,
}

/// Runs `suites`.
///
/// # Errors
/// If rules do not load, or the suites name rules that do not exist: everything that is wrong.
pub fn run(suites: &[Suite], options: &Options) -> Result<Report, Broken> {
    let plan = Plan::new(suites, options)?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(options.jobs).build();
    // Without a pool of its own, the work is done in the shared one.
    pool.map_or_else(
        |_| Ok(run_plan(&plan, suites, options)),
        |pool| Ok(pool.install(|| run_plan(&plan, suites, options))),
    )
}

fn run_plan(plan: &Plan<'_>, suites: &[Suite], options: &Options) -> Report {
    let mut done: Vec<_> = plan.replays.par_iter().flat_map_iter(|replay| replay.run(plan)).collect();
    done.extend(plan.skipped.iter().map(|numbered| (numbered.number, usize::MAX, 0, numbered.report())));
    done.sort_by_key(|(number, ..)| *number);
    let mut report = Report {
        suites: suites.len(),
        rules: plan.sets.iter().map(|set| set.set.active().count()).sum(),
        traces: plan
            .replays
            .iter()
            .map(|replay| replay.trace)
            .collect::<std::collections::BTreeSet<_>>()
            .len(),
        ..Report::default()
    };
    let mut seen = std::collections::BTreeSet::new();
    for (_, replay, events, test) in done {
        if seen.insert(replay) {
            report.events += events;
        }
        report.tests.push(test);
    }
    report.coverage = options.coverage.then(|| Coverage::of(plan));
    let passed = report.failed().chain(report.broken()).next().is_none();
    report.mutation = options.mutate.as_ref().filter(|_| passed).map(|options| mutate::run(plan, options));
    report
}

/// A test with its number in the report.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Numbered<'s> {
    number: usize,
    suite: &'s Suite,
    pub(crate) test: &'s Test,
}

/// What is to be replayed.
pub(crate) struct Plan<'s> {
    pub(crate) sets: Vec<Loaded>,
    pub(crate) replays: Vec<Replay<'s>>,
    /// Tests that are not to be run.
    skipped: Vec<Numbered<'s>>,
}

/// One trace against one rule set.
pub(crate) struct Replay<'s> {
    number: usize,
    pub(crate) trace: &'s Path,
    pub(crate) set: usize,
    pub(crate) tests: Vec<Numbered<'s>>,
}

impl<'s> Plan<'s> {
    fn new(suites: &'s [Suite], options: &Options) -> Result<Plan<'s>, Broken> {
        let mut broken = Broken::default();
        let mut sets: Vec<Loaded> = Vec::new();
        let mut numbers: BTreeMap<&[RuleFile], Option<usize>> = BTreeMap::new();
        let mut replays: BTreeMap<(usize, PathBuf), Replay<'s>> = BTreeMap::new();
        let mut skipped = Vec::new();
        let mut number = 0;
        for (suite, test) in suites.iter().flat_map(|suite| suite.tests.iter().map(move |test| (suite, test)))
        {
            if !chosen(options, suite, test) {
                continue;
            }
            let numbered = Numbered { number, suite, test };
            number += 1;
            if test.skip.is_some() {
                skipped.push(numbered);
                continue;
            }
            let files =
                if options.rules.is_empty() { test.rules.as_slice() } else { options.rules.as_slice() };
            let set = *numbers.entry(files).or_insert_with(|| match rules::load(files) {
                Ok(loaded) => {
                    sets.push(loaded);
                    Some(sets.len() - 1)
                }
                Err(report) => {
                    broken.rules.push(report);
                    None
                }
            });
            let Some(set) = set else { continue };
            if let Some(rules) = sets.get(set) {
                unknown_rules(test, &rules.set, &mut broken.problems);
            }
            let trace = test.trace.canonicalize().unwrap_or_else(|_| test.trace.clone());
            let replay = replays.entry((set, trace)).or_insert_with(|| Replay {
                number,
                trace: &test.trace,
                set,
                tests: Vec::new(),
            });
            replay.tests.push(numbered);
        }
        broken.problems.dedup();
        if let (0, Some(filter)) = (number, &options.filter) {
            broken.unreadable.push(format!("no test is called `{filter}`; `*` stands for anything"));
        }
        let replays = replays.into_values().collect();
        if broken.is_empty() { Ok(Plan { sets, replays, skipped }) } else { Err(broken) }
    }
}

fn chosen(options: &Options, suite: &Suite, test: &Test) -> bool {
    let matches = |pattern: &String| name_matches(pattern, &test.name) || name_matches(pattern, &suite.name);
    options.filter.as_ref().is_none_or(matches)
}

/// Reports rules that the test names and that do not exist.
fn unknown_rules(test: &Test, rules: &RuleSet, problems: &mut Vec<Problem>) {
    let names = || rules.rules().iter().map(|rule| rule.name.as_str());
    for expectation in &test.expect {
        if named(rules, &expectation.rule).is_some() {
            continue;
        }
        let (message, near) = if names().any(|name| name == expectation.rule) {
            (format!("rule `{}` is turned off in its file (`enabled: false`)", expectation.rule), None)
        } else {
            (format!("there is no rule `{}`", expectation.rule), near(&expectation.rule, names()))
        };
        let near = near.map(str::to_owned);
        problems.push(Problem { message, location: expectation.location.clone(), near });
    }
    for forbidden in &test.forbid {
        if !names().any(|name| name_matches(&forbidden.rule, name)) {
            let near = near(&forbidden.rule, names()).map(str::to_owned);
            let message = format!("no rule is called `{}`", forbidden.rule);
            problems.push(Problem { message, location: forbidden.location.clone(), near });
        }
    }
}

impl<'s> Replay<'s> {
    /// The report of each test, with its number, that of this replay and the number of its events.
    fn run(&self, plan: &Plan<'s>) -> Vec<(usize, usize, u64, TestReport)> {
        let Some(loaded) = plan.sets.get(self.set) else { return Vec::new() };
        let rules = &loaded.set;
        let mut questions = Questions::default();
        let asked: Vec<Asked<'_>> =
            self.tests.iter().map(|numbered| Asked::new(numbered.test, rules, &mut questions)).collect();
        let since = Instant::now();
        let played = play(self.trace, rules, &questions);
        let time = since.elapsed();
        let mut reports: Vec<TestReport> =
            self.tests.iter().map(|numbered| TestReport { time, ..numbered.report() }).collect();
        let mut events = 0;
        match &played {
            Ok(played) => {
                events = played.events;
                for (report, asked) in reports.iter_mut().zip(&asked) {
                    report.failures = asked.failures(played, rules);
                    report.counted = asked.counted(played);
                }
                reasons::give(self.trace, loaded, &asked, played, &mut reports);
            }
            Err(error) => {
                for report in &mut reports {
                    report.error = Some(format!("{}: {error}", self.trace.display()));
                }
            }
        }
        let each = self.tests.iter().zip(reports);
        each.map(|(numbered, report)| (numbered.number, self.number, events, report)).collect()
    }
}

impl Numbered<'_> {
    fn report(&self) -> TestReport {
        TestReport {
            suite: self.suite.name.clone(),
            name: self.test.name.clone(),
            location: self.test.location.clone(),
            trace: self.test.trace.clone(),
            expectations: self.test.expectations(),
            counted: Vec::new(),
            failures: Vec::new(),
            error: None,
            skipped: self.test.skip.clone(),
            time: std::time::Duration::ZERO,
        }
    }
}
