//! What a test says of what happened on its trace.
//!
//! Judging needs the matches and their answers only, so that it can be done again for what mutants of the rules
//! would have matched.

use std::collections::BTreeMap;

use scap_analyze::alert::Alert;
use scap_rules::{Location, Matching, Rule, RuleId, RuleSet, name_matches};

use crate::count::Count;
use crate::play::{Match, Played};
use crate::question::{Answers, QuestionId, Questions};
use crate::reasons::Reason;
use crate::suite::{Expectation, Test};

/// Most alerts that a failure shows.
const SHOWN: usize = 3;

/// Something that a test wanted otherwise.
#[derive(Debug, Clone)]
pub struct Failure {
    /// What kind of disagreement.
    pub kind: FailureKind,
    /// Name of the rule.
    pub rule: String,
    /// Where the suite says what it wants.
    pub location: Location,
    /// Where the rule is defined.
    pub rule_location: Option<Location>,
    /// What was expected.
    pub expected: String,
    /// What happened.
    pub got: String,
    /// Some of the alerts that are too many.
    pub alerts: Vec<Alert>,
    /// Further alerts that are not shown.
    pub more: u64,
    /// Alerts in all.
    pub count: u64,
    /// Why it did not fire, for one that fired too rarely.
    pub reasons: Vec<Reason>,
    /// Number of the expectation in its test, if it is about one.
    pub(crate) expectation: Option<usize>,
}

/// Kinds of disagreement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// It fired less often than expected.
    TooFew,
    /// It fired more often than expected.
    TooMany,
    /// It fired although forbidden.
    Forbidden,
    /// It fired although only other rules may.
    Unexpected,
    /// The rule has another priority.
    Priority,
    /// The rule lacks a tag.
    Tags,
}

impl FailureKind {
    /// Every kind.
    pub const ALL: [FailureKind; 6] = [
        FailureKind::TooFew,
        FailureKind::TooMany,
        FailureKind::Forbidden,
        FailureKind::Unexpected,
        FailureKind::Priority,
        FailureKind::Tags,
    ];

    /// Its name for machines.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            FailureKind::TooFew => "too-few",
            FailureKind::TooMany => "too-many",
            FailureKind::Forbidden => "forbidden",
            FailureKind::Unexpected => "unexpected",
            FailureKind::Priority => "priority",
            FailureKind::Tags => "tags",
        }
    }
}

/// A test made ready for a rule set and the questions of its trace.
#[derive(Debug)]
pub(crate) struct Asked<'t> {
    pub(crate) test: &'t Test,
    filter: Option<QuestionId>,
    /// One for each expectation.
    expect: Vec<Wanted<'t>>,
    /// Rules that each prohibition forbids.
    forbid: Vec<Vec<RuleId>>,
}

#[derive(Debug)]
pub(crate) struct Wanted<'t> {
    pub(crate) expectation: &'t Expectation,
    pub(crate) rule: RuleId,
    question: Option<QuestionId>,
}

impl<'t> Asked<'t> {
    /// `test` for `rules`, among which those it names are.
    pub(crate) fn new(test: &'t Test, rules: &RuleSet, questions: &mut Questions) -> Asked<'t> {
        let filter = test.filter.as_ref().map(|filter| questions.filter(filter));
        let wanted = |expectation: &'t Expectation| {
            let rule = named(rules, &expectation.rule)?.id;
            Some(Wanted { expectation, rule, question: questions.expected(rule, expectation) })
        };
        let expect = test.expect.iter().filter_map(wanted).collect();
        let matching = |pattern: &str| -> Vec<RuleId> {
            rules.active().filter(|rule| name_matches(pattern, &rule.name)).map(|rule| rule.id).collect()
        };
        let forbid = test.forbid.iter().map(|forbidden| matching(&forbidden.rule)).collect();
        Asked { test, filter, expect, forbid }
    }

    /// What it expects, expectation by expectation.
    pub(crate) fn wanted(&self) -> &[Wanted<'t>] {
        &self.expect
    }

    /// The matches that count: those that pass the filter and are not hidden. `matches` are ordered by event and rule.
    pub(crate) fn visible<'m>(&self, matches: &'m [Match], answers: &Answers) -> Vec<&'m Match> {
        let mut visible: Vec<&Match> = matches
            .iter()
            .filter(|m| self.filter.is_none_or(|filter| answers.yes(m.answers, filter)))
            .collect();
        if self.test.matching == Matching::First {
            visible.dedup_by_key(|found| found.event);
        }
        visible
    }

    /// Whether `rules` that matched like this are what the test wants. [`Asked::failures`] tells why not.
    pub(crate) fn passes(&self, matches: &[Match], answers: &Answers, first_ts: u64) -> bool {
        let visible = self.visible(matches, answers);
        let count = |wanted: &Wanted<'_>| visible.iter().filter(|m| wanted.is(m, answers, first_ts)).count();
        self.expect.iter().all(|wanted| wanted.expectation.count.allows(number(count(wanted))))
            && !visible.iter().any(|m| self.forbids(m).is_some())
            && (!self.test.only || visible.iter().all(|m| self.claims(m, answers, first_ts)))
    }

    fn forbids(&self, found: &Match) -> Option<usize> {
        self.forbid.iter().position(|rules| rules.contains(&found.rule))
    }

    fn claims(&self, found: &Match, answers: &Answers, first_ts: u64) -> bool {
        self.expect.iter().any(|wanted| wanted.is(found, answers, first_ts))
    }

    /// How many alerts each expectation counts.
    pub(crate) fn counted(&self, played: &Played) -> Vec<u64> {
        let visible = self.visible(&played.matches, &played.answers);
        let is = |wanted: &Wanted<'_>, found: &Match| wanted.is(found, &played.answers, played.first_ts);
        self.expect
            .iter()
            .map(|wanted| number(visible.iter().filter(|found| is(wanted, found)).count()))
            .collect()
    }

    /// Everything that is not as the test wants it.
    pub(crate) fn failures(&self, played: &Played, rules: &RuleSet) -> Vec<Failure> {
        let visible = self.visible(&played.matches, &played.answers);
        let mut failures = Vec::new();
        for (number, wanted) in self.expect.iter().enumerate() {
            let Some(rule) = rules.rule(wanted.rule) else { continue };
            let counted: Vec<&Match> =
                visible.iter().copied().filter(|m| wanted.is(m, &played.answers, played.first_ts)).collect();
            let all = wanted.of_rule(rule).into_iter().chain(wanted.of_count(rule, &counted, played));
            failures.extend(all.map(|failure| Failure { expectation: Some(number), ..failure }));
        }
        let mut forbidden: BTreeMap<(usize, RuleId), Vec<&Match>> = BTreeMap::new();
        let mut unexpected: BTreeMap<RuleId, Vec<&Match>> = BTreeMap::new();
        for found in visible {
            if let Some(number) = self.forbids(found) {
                forbidden.entry((number, found.rule)).or_default().push(found);
            } else if self.test.only && !self.claims(found, &played.answers, played.first_ts) {
                unexpected.entry(found.rule).or_default().push(found);
            }
        }
        for ((number, rule), found) in forbidden {
            let (Some(rule), Some(forbidden)) = (rules.rule(rule), self.test.forbid.get(number)) else {
                continue;
            };
            let failure = failure(FailureKind::Forbidden, rule, &forbidden.location);
            failures
                .push(Failure { expected: Count::exactly(0).to_string(), ..failure }.showing(&found, played));
        }
        for (rule, found) in unexpected {
            let Some(rule) = rules.rule(rule) else { continue };
            let failure = failure(FailureKind::Unexpected, rule, &self.test.location);
            let expected = "nothing but what is listed".to_owned();
            failures.push(Failure { expected, ..failure }.showing(&found, played));
        }
        failures
    }
}

impl Wanted<'_> {
    /// Whether a match is one that the expectation counts.
    pub(crate) fn is(&self, found: &Match, answers: &Answers, first_ts: u64) -> bool {
        found.rule == self.rule
            && self.expectation.events.is_none_or(|events| events.allows(found.event))
            && self.expectation.time.is_none_or(|time| time.contains(found.ts, first_ts))
            && self.question.is_none_or(|question| answers.yes(found.answers, question))
    }

    /// What the rule itself lacks.
    fn of_rule(&self, rule: &Rule) -> Vec<Failure> {
        let mut failures = Vec::new();
        if let Some(priority) = self.expectation.priority.filter(|&priority| priority != rule.priority) {
            failures.push(Failure {
                expected: priority.name().to_lowercase(),
                got: rule.priority.name().to_lowercase(),
                ..failure(FailureKind::Priority, rule, &self.expectation.location)
            });
        }
        let lacking: Vec<&str> = self
            .expectation
            .tags
            .iter()
            .filter(|tag| !rule.tags.contains(*tag))
            .map(String::as_str)
            .collect();
        if !lacking.is_empty() {
            let tags: Vec<&str> = rule.tags.iter().map(String::as_str).collect();
            failures.push(Failure {
                expected: lacking.join(", "),
                got: tags.join(", "),
                ..failure(FailureKind::Tags, rule, &self.expectation.location)
            });
        }
        failures
    }

    fn of_count(&self, rule: &Rule, counted: &[&Match], played: &Played) -> Option<Failure> {
        let got = number(counted.len());
        let count = self.expectation.count;
        if count.allows(got) {
            return None;
        }
        let kind = if got < count.least { FailureKind::TooFew } else { FailureKind::TooMany };
        let failure = failure(kind, rule, &self.expectation.location);
        Some(Failure { expected: count.to_string(), ..failure }.showing(counted, played))
    }
}

impl Failure {
    fn showing(mut self, found: &[&Match], played: &Played) -> Failure {
        self.got = if found.is_empty() { "none".to_owned() } else { found.len().to_string() };
        self.alerts = found.iter().filter_map(|m| played.alert(m)).take(SHOWN).cloned().collect();
        self.more = number(found.len() - self.alerts.len());
        self.count = number(found.len());
        self
    }
}

fn failure(kind: FailureKind, rule: &Rule, location: &Location) -> Failure {
    Failure {
        kind,
        rule: rule.name.clone(),
        location: location.clone(),
        rule_location: rule.location.clone(),
        expected: String::new(),
        got: String::new(),
        alerts: Vec::new(),
        more: 0,
        count: 0,
        reasons: Vec::new(),
        expectation: None,
    }
}

/// The active rule called `name`.
pub(crate) fn named<'r>(rules: &'r RuleSet, name: &str) -> Option<&'r Rule> {
    rules.active().find(|rule| rule.name == name)
}

fn number(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
