//! The events on which a rule almost fired.
//!
//! One more replay of the trace, only when somebody asks: the parts that must all hold are asked one by one, and the
//! events on which most of them did are told, each with the comparisons to blame.

use std::convert::Infallible;
use std::path::Path;

use scap_analyze::catalogue::Scheme;
use scap_analyze::fields::Fields;
use scap_analyze::print::fill_output;
use scap_analyze::replay::{Cursor, walk_events};
use scap_format::TraceReader;
use scap_rules::{FieldSource, Filter, Matching, Rule, RuleId, Variant};

use crate::blame::{Blame, blame, conjuncts};
use crate::question::{extractor, mismatches};
use crate::rules::Loaded;
use crate::suite::Expectation;

/// Most misses that are kept until the trace ends.
const POOL: usize = 32;
/// Most events that miss by the same parts and are compared for the nearest of them.
const MOST_COMPARED: u64 = 2000;

/// What is asked of a trace about a rule.
#[derive(Debug, Clone)]
pub(crate) struct Ask<'t> {
    pub(crate) rule: RuleId,
    /// What its alerts should have been like.
    pub(crate) expectation: Option<&'t Expectation>,
    /// Which events count.
    pub(crate) filter: Option<&'t Filter>,
    /// Events that it did match, of which it is to be told why they do not count.
    pub(crate) uncounted: Vec<u64>,
    /// How many near misses are wanted.
    pub(crate) most: usize,
}

impl Ask<'_> {
    /// Whether not every alert of the rule would do.
    pub(crate) fn is_particular(&self) -> bool {
        self.expectation.is_some_and(|expectation| !expectation.is_about_every_alert())
    }
}

/// What a trace says about a rule.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    /// Events of the types that the rule is asked about.
    pub asked: u64,
    /// Events that it matched.
    pub matched: u64,
    /// Events on which it almost fired, the nearest first.
    pub misses: Vec<NearMiss>,
    /// Matches that did not count, with the reasons.
    pub uncounted: Vec<(u64, Vec<String>)>,
}

/// An event on which a rule almost fired.
#[derive(Debug, Clone)]
pub struct NearMiss {
    /// Number of the event.
    pub event: u64,
    /// Its time, ns since the epoch.
    pub ts: u64,
    /// Its type.
    pub event_type: String,
    /// How many of the parts that must all hold did.
    pub held: usize,
    /// How many there are.
    pub of: usize,
    /// What the alert would have said.
    pub output: String,
    /// What was not as it should have been.
    pub blames: Vec<Blame>,
    /// How many events missed by the same parts.
    pub alike: u64,
    /// Which parts did not hold, as bits; tells misses apart.
    missing: Vec<u64>,
    /// Whether the event is otherwise as expected.
    pub(crate) fits: bool,
}

/// The rule of an ask, ready to be asked part by part.
struct Candidate<'r, 't> {
    ask: &'r Ask<'t>,
    rule: &'r Rule,
    /// Numbers of its parts among the variants: those from the first to before the second.
    parts: (usize, usize),
    answer: Answer,
}

/// Looks through the trace at `path` for what is asked.
///
/// # Errors
/// If it cannot be read.
pub(crate) fn look(path: &Path, rules: &Loaded, asks: &[Ask<'_>]) -> Result<Vec<Answer>, String> {
    let mut variants = Vec::new();
    let mut candidates = Vec::new();
    for ask in asks {
        let Some(rule) = rules.set.rule(ask.rule) else { continue };
        let first = variants.len();
        let each = conjuncts(&rule.condition).into_iter();
        variants.extend(each.map(|part| Variant { of: rule.id, condition: part.clone(), same_events: true }));
        candidates.push(Candidate { ask, rule, parts: (first, variants.len()), answer: Answer::default() });
    }
    let (parts, _) = rules.set.variants(&variants, &Scheme);
    let mut scratch = parts.scratch();
    let mut held = vec![false; variants.len()];
    let mut trace = TraceReader::open(path).map_err(|error| error.to_string())?;
    let walked = walk_events::<Infallible>(
        &mut trace,
        &mut Cursor::new(),
        |_| {},
        |event, state| {
            if !candidates.iter().any(|candidate| candidate.rule.event_types.contains(event.code)) {
                return Ok(());
            }
            let fields = Fields::new(event, state);
            held.fill(false);
            for id in parts.evaluate(&mut scratch, &fields, Matching::All) {
                if let Some(held) = held.get_mut(id.index()) {
                    *held = true;
                }
            }
            for candidate in &mut candidates {
                if candidate.rule.event_types.contains(event.code) {
                    candidate.notice(&held, &fields, rules);
                }
            }
            Ok(())
        },
    );
    walked.map_err(|error| error.to_string())?;
    Ok(candidates.into_iter().map(Candidate::answer).collect())
}

impl NearMiss {
    /// How like it is to what is wanted, by the comparison that is nearest.
    fn likeness(&self) -> f64 {
        self.blames.iter().map(|blame| blame.likeness).fold(0.0, f64::max)
    }
}

impl Candidate<'_, '_> {
    /// What is told in the end: the nearest, and of those as near as each other the rarest, as what is missed by few
    /// events is rather a slip than what is missed by many.
    fn answer(mut self) -> Answer {
        self.answer.misses.sort_by_key(|miss| (std::cmp::Reverse((miss.fits, miss.held)), miss.alike));
        self.answer.misses.truncate(self.ask.most);
        self.answer
    }

    fn notice(&mut self, held: &[bool], fields: &Fields<'_>, rules: &Loaded) {
        let parts = held.get(self.parts.0..self.parts.1).unwrap_or_default();
        self.answer.asked += 1;
        let count = parts.iter().filter(|held| **held).count();
        if count == parts.len() {
            self.answer.matched += 1;
            if self.ask.uncounted.contains(&fields.event().num) {
                let why = self.why_uncounted(fields);
                self.answer.uncounted.push((fields.event().num, why));
            }
            return;
        }
        let missing = bits(parts);
        if let Some(at) = self.answer.misses.iter().position(|miss| miss.missing == missing) {
            self.notice_alike(at, fields, (count, parts.len()), rules);
            return;
        }
        let last = self.answer.misses.last().map(|miss| (miss.fits, miss.held));
        let full = self.answer.misses.len() >= POOL;
        let fits = self.fits(fields);
        if full && last.is_some_and(|last| (fits, count) <= last) {
            return;
        }
        let miss = self.miss(fields, (count, parts.len()), missing, fits, rules);
        self.answer.misses.push(miss);
        // Stable: of misses as near as each other, the earliest stays first.
        self.answer.misses.sort_by_key(|miss| std::cmp::Reverse((miss.fits, miss.held)));
        self.answer.misses.truncate(POOL);
    }

    /// Counts an event that misses by the same parts as another, and takes it instead if it is nearer.
    fn notice_alike(&mut self, at: usize, fields: &Fields<'_>, parts: (usize, usize), rules: &Loaded) {
        let Some(miss) = self.answer.misses.get(at) else { return };
        let (fits, likeness, alike) = (miss.fits, miss.likeness(), miss.alike + 1);
        let mut nearer = None;
        if alike < MOST_COMPARED {
            let new = self.miss(fields, parts, miss.missing.clone(), self.fits(fields), rules);
            nearer = ((new.fits, new.likeness()) > (fits, likeness)).then_some(new);
        }
        if let Some(miss) = self.answer.misses.get_mut(at) {
            *miss = nearer.unwrap_or_else(|| miss.clone());
            miss.alike = alike;
        }
    }

    fn miss(
        &self,
        fields: &Fields<'_>,
        (held, of): (usize, usize),
        missing: Vec<u64>,
        fits: bool,
        rules: &Loaded,
    ) -> NearMiss {
        let mut output = Vec::new();
        fill_output(&self.rule.output, fields, &mut output);
        let explained = rules.set.explain(self.rule.id, fields);
        let blames = explained.map(|e| blame(&self.rule.condition, &e, true, Some(&rules.blueprint)));
        NearMiss {
            event: fields.event().num,
            ts: fields.event().ts,
            event_type: event_type(fields),
            held,
            of,
            output: String::from_utf8_lossy(&output).into_owned(),
            blames: blames.unwrap_or_default(),
            alike: 0,
            missing,
            fits,
        }
    }

    /// Whether the event is one that would count, had the rule matched it.
    fn fits(&self, fields: &Fields<'_>) -> bool {
        let expected = |expectation: &Expectation| {
            expectation.events.is_none_or(|events| events.allows(fields.event().num))
                && expectation.condition.as_ref().is_none_or(|condition| condition.matches(fields))
                && mismatches(expectation, fields).is_empty()
        };
        self.ask.filter.is_none_or(|filter| filter.matches(fields))
            && self.ask.expectation.is_none_or(expected)
    }

    fn why_uncounted(&self, fields: &Fields<'_>) -> Vec<String> {
        let mut why = Vec::new();
        let mut condition = |name: &str, filter: &Filter| {
            if !filter.matches(fields) {
                let blames = blame(filter.expr(), &filter.explain(fields), true, None);
                why.extend(blames.iter().map(|blame| format!("{name}: {blame}")));
            }
        };
        if let Some(filter) = self.ask.filter {
            condition("filter", filter);
        }
        let Some(expectation) = self.ask.expectation else { return why };
        if let Some(filter) = &expectation.condition {
            condition("where", filter);
        }
        why.extend(mismatches(expectation, fields));
        if let Some(pattern) = &expectation.output {
            let mut output = Vec::new();
            fill_output(&self.rule.output, fields, &mut output);
            let output = String::from_utf8_lossy(&output);
            if !scap_rules::name_matches(pattern, &output) {
                why.push(format!("output: expected `{pattern}`, got `{output}`"));
            }
        }
        if let Some(events) = expectation.events.filter(|events| !events.allows(fields.event().num)) {
            why.push(format!("event: expected {events}, got {}", fields.event().num));
        }
        if why.is_empty() && expectation.time.is_some() {
            why.push("time: it is outside of the window".to_owned());
        }
        why
    }
}

/// Name of the event's type.
pub(crate) fn event_type(fields: &Fields<'_>) -> String {
    let Some(extractor) = extractor("evt.type") else { return String::new() };
    let mut text = Vec::new();
    if let Some(field) = extractor.field() {
        fields.write_text(field, &mut text);
    }
    if text.is_empty() {
        format!("type {}", fields.event_type())
    } else {
        String::from_utf8_lossy(&text).into_owned()
    }
}

/// Which of `parts` did not hold.
fn bits(parts: &[bool]) -> Vec<u64> {
    let mut bits = vec![0u64; parts.len().div_ceil(64)];
    for (number, _) in parts.iter().enumerate().filter(|(_, held)| !**held) {
        if let Some(word) = bits.get_mut(number / 64) {
            *word |= 1 << (number % 64);
        }
    }
    bits
}
