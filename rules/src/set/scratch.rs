//! Space that evaluation works in, owned by the caller.

use super::program::Plan;
use crate::rule::RuleId;
use crate::value::Value;

/// Processes whose atoms are remembered at a time.
const PROCESSES: usize = 1024;

/// Working space of one thread for one [`RuleSet`](super::RuleSet); see [`RuleSet::scratch`](super::RuleSet::scratch).
#[derive(Debug)]
pub struct Scratch {
    /// Which atoms are known for this event.
    pub(super) known: Vec<u64>,
    /// Which of them are true.
    pub(super) truth: Vec<u64>,
    pub(super) matches: Vec<RuleId>,
    /// Room for values of one event; empty between events.
    pub(super) values: Vec<Option<Value<'static>>>,
    /// Room for the values of one field; empty between events.
    pub(super) several: Vec<Value<'static>>,
    /// By slot: number of the event for which its value was fetched, and where in the list of values it is.
    pub(super) fetched: Vec<(u64, u32)>,
    /// Number of the event.
    pub(super) event: u64,
    pub(super) processes: Processes,
    /// Which plan this is for.
    plan: u64,
}

/// Atoms of process fields, by process version: a cache that forgets on collision.
#[derive(Debug)]
pub(super) struct Processes {
    versions: Vec<Option<u64>>,
    /// Per process: the known words, then the true ones.
    words: Vec<u64>,
    per_process: usize,
}

impl Scratch {
    pub(super) fn new(plan: &Plan) -> Scratch {
        let words = plan.atoms.words();
        let per_process = plan.atoms.process_words;
        Scratch {
            known: vec![0; words],
            truth: vec![0; words],
            matches: Vec::new(),
            values: Vec::new(),
            several: Vec::new(),
            fetched: vec![(0, 0); plan.atoms.slots.len()],
            event: 0,
            processes: Processes {
                versions: vec![None; if per_process == 0 { 0 } else { PROCESSES }],
                words: vec![0; if per_process == 0 { 0 } else { PROCESSES * per_process * 2 }],
                per_process,
            },
            plan: plan.id,
        }
    }

    /// Makes this scratch one for `plan` if it is for another.
    pub(super) fn ensure(&mut self, plan: &Plan) {
        if self.plan != plan.id {
            *self = Scratch::new(plan);
        }
    }

    /// Forgets the last event.
    pub(super) fn begin(&mut self, process: Option<u64>) {
        self.event += 1;
        self.matches.clear();
        let n = self.processes.per_process;
        if let Some(words) = self.known.get_mut(n..) {
            words.fill(0);
        }
        if let Some(words) = self.truth.get_mut(n..) {
            words.fill(0);
        }
        if n == 0 {
            return;
        }
        let (Some(known), Some(truth)) = (self.known.get_mut(..n), self.truth.get_mut(..n)) else { return };
        match process.and_then(|version| self.processes.entry(version)) {
            Some(words) => {
                let (k, t) = words.split_at(n);
                known.copy_from_slice(k);
                truth.copy_from_slice(t);
            }
            None => {
                known.fill(0);
                truth.fill(0);
            }
        }
    }

    /// Remembers what this event taught about its process.
    pub(super) fn finish(&mut self, process: Option<u64>) {
        let n = self.processes.per_process;
        let (Some(version), Some(known), Some(truth)) = (process, self.known.get(..n), self.truth.get(..n))
        else {
            return;
        };
        if n > 0
            && let Some(words) = self.processes.claim(version)
        {
            let (k, t) = words.split_at_mut(n);
            k.copy_from_slice(known);
            t.copy_from_slice(truth);
        }
    }
}

impl Processes {
    fn place(version: u64) -> usize {
        // Versions are consecutive more often than not; the multiplication spreads whatever they are.
        let hash = version.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 54;
        usize::try_from(hash).unwrap_or(0) % PROCESSES
    }

    fn range(&self, place: usize) -> std::ops::Range<usize> {
        let len = self.per_process * 2;
        place * len..(place + 1) * len
    }

    fn entry(&self, version: u64) -> Option<&[u64]> {
        let place = Processes::place(version);
        if *self.versions.get(place)? != Some(version) {
            return None;
        }
        self.words.get(self.range(place))
    }

    fn claim(&mut self, version: u64) -> Option<&mut [u64]> {
        let place = Processes::place(version);
        *self.versions.get_mut(place)? = Some(version);
        let range = self.range(place);
        self.words.get_mut(range)
    }
}
