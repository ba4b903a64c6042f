//! Why a rule did not fire where it should have.
//!
//! In the order in which one would look: another rule took the event, the alert was there but not as expected, no
//! event of the kind is in the trace, or the condition failed somewhere.

use std::collections::BTreeMap;
use std::path::Path;

use scap_analyze::catalogue;
use scap_rules::{EventTypes, FieldScheme, Matching};

use crate::judge::{Asked, Failure, FailureKind, Wanted};
use crate::near::{Ask, NearMiss, look};
use crate::play::{Match, Played};
use crate::report::TestReport;
use crate::rules::Loaded;

/// Most near misses and uncounted matches that are told.
const MOST: usize = 2;

/// Why a rule did not fire.
#[derive(Debug, Clone)]
pub enum Reason {
    /// It matched, but a rule before it took the event.
    Shadowed {
        /// The rule before it.
        by: String,
        /// How many events.
        events: u64,
        /// The first of them.
        first: u64,
    },
    /// It matched, but the alert is not what is expected.
    Uncounted {
        /// The event.
        event: u64,
        /// What is not as expected.
        why: Vec<String>,
    },
    /// No event of the types that it asks about is in the trace.
    NoEvent {
        /// Names of those types.
        types: Vec<String>,
    },
    /// It almost matched.
    Near(NearMiss),
}

/// Adds reasons to the failures of `reports`, which are those of `asked` on the trace.
pub(crate) fn give(
    trace: &Path,
    rules: &Loaded,
    asked: &[Asked<'_>],
    played: &Played,
    reports: &mut [TestReport],
) {
    let mut asks = Vec::new();
    let mut whose: Vec<&mut Failure> = Vec::new();
    for (report, asked) in reports.iter_mut().zip(asked) {
        for failure in report.failures.iter_mut().filter(|failure| failure.kind == FailureKind::TooFew) {
            let Some(wanted) = failure.expectation.and_then(|number| asked.wanted().get(number)) else {
                continue;
            };
            failure.reasons = shadowed(asked, wanted, rules, played);
            asks.push(Ask {
                rule: wanted.rule,
                expectation: Some(wanted.expectation),
                filter: asked.test.filter.as_ref(),
                uncounted: uncounted(asked, wanted, played),
                most: MOST,
            });
            whose.push(failure);
        }
    }
    if asks.is_empty() {
        return;
    }
    // A trace that could be read a moment ago: if not now, there are no reasons to give.
    let Ok(answers) = look(trace, rules, &asks) else { return };
    for ((failure, answer), ask) in whose.into_iter().zip(answers).zip(&asks) {
        let uncounted = answer.uncounted.into_iter();
        failure.reasons.extend(uncounted.map(|(event, why)| Reason::Uncounted { event, why }));
        if answer.asked == 0
            && let Some(rule) = rules.set.rule(ask.rule)
        {
            failure.reasons.push(Reason::NoEvent { types: type_names(&rule.event_types) });
        }
        let told = !failure.reasons.is_empty();
        // Besides matches that are not as expected, only a miss that otherwise is tells anything.
        let misses = answer.misses.into_iter().filter(|miss| !told || (ask.is_particular() && miss.fits));
        failure.reasons.extend(misses.take(if told { 1 } else { MOST }).map(Reason::Near));
    }
}

/// Who took the events that the rule matched.
fn shadowed(asked: &Asked<'_>, wanted: &Wanted<'_>, rules: &Loaded, played: &Played) -> Vec<Reason> {
    if asked.test.matching == Matching::All {
        return Vec::new();
    }
    let mut takers: BTreeMap<_, (u64, u64)> = BTreeMap::new();
    let visible = asked.visible(&played.matches, &played.answers);
    let taken = |found: &Match| {
        let at = visible.binary_search_by_key(&found.event, |visible| visible.event).ok()?;
        visible.get(at).filter(|taker| taker.rule != found.rule)
    };
    for found in played.matches.iter().filter(|found| wanted.is(found, &played.answers, played.first_ts)) {
        if let Some(taker) = taken(found) {
            takers.entry(taker.rule).or_insert((0, found.event)).0 += 1;
        }
    }
    let name = |id| rules.set.rule(id).map_or_else(String::new, |rule| rule.name.clone());
    let each = takers.into_iter();
    each.map(|(by, (events, first))| Reason::Shadowed { by: name(by), events, first }).collect()
}

/// The first events that the rule matched and that the expectation does not count for what they are.
fn uncounted(asked: &Asked<'_>, wanted: &Wanted<'_>, played: &Played) -> Vec<u64> {
    let counted = asked.visible(&played.matches, &played.answers);
    let counts = |found: &Match| {
        counted.iter().any(|c| c.event == found.event && c.rule == found.rule)
            && wanted.is(found, &played.answers, played.first_ts)
    };
    let matches = played.matches.iter().filter(|found| found.rule == wanted.rule);
    let hidden = |found: &&Match| {
        asked.test.matching == Matching::First
            && counted
                .binary_search_by_key(&found.event, |c| c.event)
                .is_ok_and(|at| counted.get(at).is_some_and(|taker| taker.rule != found.rule))
    };
    matches
        .filter(|found| !counts(found))
        .filter(|found| !hidden(found))
        .take(MOST)
        .map(|found| found.event)
        .collect()
}

/// Names of `types`, each once; of very many, some.
pub(crate) fn type_names(types: &EventTypes) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in types.iter().filter_map(|ty| catalogue::Scheme.event_type_name(ty).map(str::to_owned)) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.sort();
    names
}
