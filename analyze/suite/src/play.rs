//! One trace replayed once: every match of every rule, with the answers that its tests need.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::path::Path;

use scap_analyze::alert::{Alert, AlertMaker, AlertTime};
use scap_analyze::fields::Fields;
use scap_analyze::replay::{Cursor, walk_events};
use scap_format::TraceReader;
use scap_rules::{Matching, RuleId, RuleSet};

use crate::question::{Answers, AnswersId, Questions};

/// Most alerts of a rule that are kept whole, to be shown.
const EXAMPLES: usize = 20;

/// A rule matched an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Match {
    /// Number of the event in the trace, from 1.
    pub(crate) event: u64,
    /// Its time, ns since the epoch.
    pub(crate) ts: u64,
    pub(crate) rule: RuleId,
    pub(crate) answers: AnswersId,
}

/// What happened on a trace.
#[derive(Debug, Default)]
pub(crate) struct Played {
    /// In the order of events, those of one event in the order of rules.
    pub(crate) matches: Vec<Match>,
    pub(crate) answers: Answers,
    /// The first alerts of each rule, by event.
    pub(crate) examples: BTreeMap<RuleId, Vec<Alert>>,
    /// Time of the first event, ns since the epoch.
    pub(crate) first_ts: u64,
    /// Events of the trace.
    pub(crate) events: u64,
}

impl Played {
    /// The alert of a match, if it was kept.
    pub(crate) fn alert(&self, found: &Match) -> Option<&Alert> {
        self.examples.get(&found.rule)?.iter().find(|alert| alert.event == found.event)
    }
}

/// Replays the trace at `path`.
///
/// # Errors
/// If it cannot be read or is damaged: what would then be said of rules could be wrong.
pub(crate) fn play(path: &Path, rules: &RuleSet, questions: &Questions) -> Result<Played, String> {
    let mut trace = TraceReader::open(path).map_err(|error| error.to_string())?;
    let mut cursor = Cursor::new();
    let mut scratch = rules.scratch();
    let maker = AlertMaker::new(rules.active(), AlertTime::Clock);
    let mut played = Played::default();
    let mut damage: Option<String> = None;
    let walked = walk_events::<Infallible>(
        &mut trace,
        &mut cursor,
        |found| {
            damage.get_or_insert_with(|| format!("it is damaged at byte {}: {}", found.start, found.detail));
        },
        |event, state| {
            if !rules.wants(event.code) {
                return Ok(());
            }
            let fields = Fields::new(event, state);
            for &id in rules.evaluate(&mut scratch, &fields, Matching::All) {
                let Some(rule) = rules.rule(id) else { continue };
                let answers = questions.answer(rule, &fields, &mut played.answers);
                played.matches.push(Match { event: event.num, ts: event.ts, rule: id, answers });
                let examples = played.examples.entry(id).or_default();
                if examples.len() < EXAMPLES {
                    examples.push(maker.make(rule, &fields));
                }
            }
            Ok(())
        },
    );
    walked.map_err(|error| error.to_string())?;
    if let Some(damage) = damage {
        return Err(damage);
    }
    played.first_ts = trace.totals().first_ts.unwrap_or(0);
    played.events = cursor.passed().events;
    Ok(played)
}
