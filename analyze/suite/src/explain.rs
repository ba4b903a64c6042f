//! Why a rule fired on an event, or why not; and on which events of a trace it almost did.

use std::collections::BTreeMap;
use std::path::Path;

use scap_analyze::alert::Alert;
use scap_analyze::fields::Fields;
use scap_analyze::print::fill_output;
use scap_analyze::replay::{Cursor, WalkError, walk_events};
use scap_format::TraceReader;
use scap_rules::{Explanation, FieldSource, Matching, RuleId};

use crate::blame::{Blame, blame};
use crate::near::{Ask, NearMiss, event_type, look};
use crate::play::play;
use crate::question::Questions;
use crate::reasons::type_names;
use crate::rules::Loaded;

/// A rule on one event.
#[derive(Debug, Clone)]
pub struct EventStory {
    /// Number of the event.
    pub event: u64,
    /// Its time, ns since the epoch.
    pub ts: u64,
    /// Its type.
    pub event_type: String,
    /// Whether the rule is asked about events of this type at all.
    pub asked: bool,
    /// Its condition, part by part, with the values seen.
    pub tree: Explanation,
    /// What keeps the condition from holding.
    pub blames: Vec<Blame>,
    /// What the alert says, or would have said.
    pub output: String,
    /// Rules before it that match the event: under first matching, the first of them takes it.
    pub before: Vec<String>,
}

/// A rule on a whole trace.
#[derive(Debug, Clone)]
pub struct TraceStory {
    /// Names of the event types that it is asked about.
    pub types: Vec<String>,
    /// Events of these types.
    pub asked: u64,
    /// Events that it matched.
    pub matched: u64,
    /// The first alerts.
    pub alerts: Vec<Alert>,
    /// Rules before it that took matches under first matching: how many, and the first event.
    pub shadowed: Vec<(String, u64, u64)>,
    /// Events on which it almost fired, the nearest first.
    pub misses: Vec<NearMiss>,
}

/// Explains what `rule` makes of event number `event` of the trace at `path`.
///
/// # Errors
/// If the trace cannot be read or has no such event.
pub fn event(path: &Path, rules: &Loaded, rule: RuleId, event: u64) -> Result<EventStory, String> {
    let mut trace = TraceReader::open(path).map_err(|error| error.to_string())?;
    let mut cursor = Cursor::new();
    let mut story = None;
    // The only way to leave a walk before its end is an error.
    let walked = walk_events(
        &mut trace,
        &mut cursor,
        |_| {},
        |found, state| {
            if found.num < event {
                return Ok(());
            }
            if found.num == event {
                story = of_event(&Fields::new(found, state), rules, rule);
            }
            Err(())
        },
    );
    if let Err(WalkError::Read(error)) = walked {
        return Err(error.to_string());
    }
    let events = cursor.passed().events;
    story.ok_or_else(|| match event {
        0 => "events are numbered from 1".to_owned(),
        _ if event > events => format!("{} has no event {event}, only {events}", path.display()),
        _ => format!("event {event} of {} is none that rules see", path.display()),
    })
}

fn of_event(fields: &Fields<'_>, rules: &Loaded, id: RuleId) -> Option<EventStory> {
    let rule = rules.set.rule(id)?;
    let tree = rules.set.explain(id, fields)?;
    let mut output = Vec::new();
    fill_output(&rule.output, fields, &mut output);
    let mut scratch = rules.set.scratch();
    let matched = rules.set.evaluate(&mut scratch, fields, Matching::All);
    let name = |id: &RuleId| Some(rules.set.rule(*id)?.name.clone());
    Some(EventStory {
        event: fields.event().num,
        ts: fields.event().ts,
        event_type: event_type(fields),
        asked: rule.event_types.contains(fields.event_type()),
        blames: blame(&rule.condition, &tree, true, Some(&rules.blueprint)),
        tree,
        output: String::from_utf8_lossy(&output).into_owned(),
        before: matched.iter().filter(|other| **other < id).filter_map(name).collect(),
    })
}

/// Explains what `rule` makes of the trace at `path`, with at most `most` near misses.
///
/// # Errors
/// If the trace cannot be read or is damaged.
pub fn trace(path: &Path, rules: &Loaded, rule: RuleId, most: usize) -> Result<TraceStory, String> {
    let played = play(path, &rules.set, &Questions::default())?;
    let ask = Ask { rule, expectation: None, filter: None, uncounted: Vec::new(), most };
    let answer = look(path, rules, &[ask])?.into_iter().next().unwrap_or_default();
    let mut takers: BTreeMap<RuleId, (u64, u64)> = BTreeMap::new();
    let mut first = None;
    for found in &played.matches {
        // Matches are ordered by event and rule: the first of an event takes it.
        let taker = match first {
            Some((event, taker)) if event == found.event => taker,
            _ => found.rule,
        };
        first = Some((found.event, taker));
        if found.rule == rule && taker != rule {
            takers.entry(taker).or_insert((0, found.event)).0 += 1;
        }
    }
    let name = |id| rules.set.rule(id).map_or_else(String::new, |rule| rule.name.clone());
    Ok(TraceStory {
        types: rules.set.rule(rule).map(|rule| type_names(&rule.event_types)).unwrap_or_default(),
        asked: answer.asked,
        matched: answer.matched,
        alerts: played.examples.get(&rule).cloned().unwrap_or_default(),
        shadowed: takers.into_iter().map(|(taker, (events, first))| (name(taker), events, first)).collect(),
        misses: answer.misses,
    })
}
