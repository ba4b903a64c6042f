//! What the exerciser expects, beside what was recorded.
//!
//! Takes the exerciser's lines and recorded events, finds an event for each line, and keeps book of which parameters
//! of which event types were checked.

use super::Recorded;
use scap_schema::{EventInfo, code, event};
use std::collections::{BTreeMap, BTreeSet};

/// One expected event.
pub(crate) struct Expectation<'a> {
    pub(crate) name: &'a str,
    pub(crate) params: Vec<(&'a str, Wanted)>,
}

/// What a parameter must be.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// Exactly these bytes.
    Bytes(Vec<u8>),
    /// A number from here to there, both included.
    Range(i64, i64),
}

impl Wanted {
    fn holds(&self, value: &[u8]) -> bool {
        match self {
            Self::Bytes(bytes) => bytes == value,
            Self::Range(from, to) => !value.is_empty() && (from..=to).contains(&&unsigned(value)),
        }
    }
}

impl std::fmt::Display for Wanted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Bytes(bytes) => write!(f, "{}", shown(bytes)),
            Self::Range(from, to) => write!(f, "{from} to {to}"),
        }
    }
}

/// The beginning of `bytes`, and how many there are if that is not all.
fn shown(bytes: &[u8]) -> String {
    const SHOWN: usize = 60;
    let head = bytes.get(..SHOWN).unwrap_or(bytes).escape_ascii();
    if bytes.len() > SHOWN { format!("{head}… ({} bytes)", bytes.len()) } else { head.to_string() }
}

fn unsigned(bytes: &[u8]) -> i64 {
    bytes.iter().rev().fold(0u64, |n, b| n << 8 | u64::from(*b)).cast_signed()
}

impl<'a> Expectation<'a> {
    /// A line of the exerciser: the event's name, then `parameter=hex` or `parameter~from..to`.
    fn parse(line: &'a str) -> Self {
        let mut words = line.split(' ');
        let name = words.next().unwrap_or_default();
        let params = words.map(|word| match word.split_once('=') {
            Some((param, hex)) => (param, Wanted::Bytes(unhex(hex))),
            None => {
                let (param, range) = word.split_once('~').unwrap();
                let (from, to) = range.split_once("..").unwrap();
                (param, Wanted::Range(from.parse().unwrap(), to.parse().unwrap()))
            }
        });
        Self { name, params: params.collect() }
    }

    fn fits(&self, event: &Recorded) -> bool {
        event.title() == self.name && self.params.iter().all(|(p, wanted)| wanted.holds(event.param(p)))
    }

    /// What was expected, and what the recorded event that comes nearest has instead.
    fn nearest(&self, events: &[Recorded]) -> String {
        let wrong = |event: &&Recorded| self.params.iter().filter(|(p, w)| !w.holds(event.param(p))).count();
        let Some(best) = events.iter().filter(|event| event.title() == self.name).min_by_key(wrong) else {
            return format!("{}: no such event", self.name);
        };
        let differing = self.params.iter().filter(|(p, w)| !w.holds(best.param(p)));
        let told = differing.map(|(p, w)| {
            let value = best.param(p);
            format!("{p}: expected {w} recorded {} ({})", shown(value), unsigned(value))
        });
        format!("{} (tid {}): {}", self.name, best.tid, told.collect::<Vec<_>>().join("; "))
    }
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len() / 2).map(|at| u8::from_str_radix(&text[at * 2..at * 2 + 2], 16).unwrap()).collect()
}

/// What was checked.
#[derive(Default)]
pub(crate) struct Coverage {
    /// Events that were found.
    pub(crate) events: usize,
    /// Parameters of them that were compared.
    pub(crate) params: usize,
    /// Expectations that no event meets, with what is nearest.
    pub(crate) missing: Vec<String>,
    /// Event types with the parameters that were compared at least once.
    by_type: BTreeMap<u16, BTreeSet<&'static str>>,
    /// `ppm_sc` codes of the calls that were seen, those without an event type of their own too.
    pub(crate) generic: BTreeSet<u16>,
}

/// Finds an event of `recorded` for each line of `expected`.
pub(crate) fn check(expected: &str, recorded: &[Recorded]) -> Coverage {
    let mut by_title: BTreeMap<&str, Vec<(bool, &Recorded)>> = BTreeMap::new();
    for event in recorded {
        by_title.entry(event.title()).or_default().push((false, event));
    }
    let mut coverage = Coverage::default();
    for line in expected.lines() {
        let wanted = Expectation::parse(line);
        let candidates = by_title.get_mut(wanted.name).map_or(&mut [][..], Vec::as_mut_slice);
        match candidates.iter_mut().find(|(used, event)| !used && wanted.fits(event)) {
            Some((used, found)) => {
                *used = true;
                coverage.found(&wanted, found);
            }
            None => coverage.missing.push(wanted.nearest(recorded)),
        }
    }
    coverage
}

impl Coverage {
    fn found(&mut self, wanted: &Expectation<'_>, found: &Recorded) {
        self.events += 1;
        self.params += wanted.params.len();
        let Some(info) = event(found.code) else { return };
        let known = self.by_type.entry(found.code).or_default();
        for (name, _) in &wanted.params {
            known.insert(info.params.iter().find(|p| p.name == *name).unwrap().name);
        }
        if found.code == code::GENERIC_X {
            self.generic.insert(u16::try_from(found.number("ID")).unwrap());
        }
    }

    /// Whether an event of type `info` was checked.
    pub(crate) fn has(&self, info: &EventInfo) -> bool {
        self.by_type.contains_key(&info.code)
    }

    /// How many parameters of event type `info` were compared at least once.
    pub(crate) fn checked(&self, info: &EventInfo) -> usize {
        self.by_type.get(&info.code).map_or(0, BTreeSet::len)
    }

    /// Parameters of event type `info` that were never compared.
    pub(crate) fn unchecked(&self, info: &EventInfo) -> Vec<&'static str> {
        let known = self.by_type.get(&info.code);
        let names = info.params.iter().map(|p| p.name);
        names.filter(|name| known.is_none_or(|known| !known.contains(name))).collect()
    }
}
