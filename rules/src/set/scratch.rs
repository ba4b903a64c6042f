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
    /// By program: whether lasting atoms alone say that it does not match the present process.
    pub(super) rejected: Vec<u64>,
    /// Version of the process that the lasting bits are about, and the epoch as of which they are.
    present: (Option<u64>, Option<u64>),
    processes: Processes,
    process_words: usize,
    lasting_words: usize,
    /// Which plan this is for.
    plan: u64,
}

/// What is known of processes, by their version: a cache that forgets on collision.
#[derive(Debug)]
struct Processes {
    /// Version and epoch.
    versions: Vec<(Option<u64>, Option<u64>)>,
    /// Per process: the lasting atoms known, those that are true, the programs rejected.
    words: Vec<u64>,
    per_process: usize,
}

impl Scratch {
    pub(super) fn new(plan: &Plan) -> Scratch {
        let words = plan.atoms.words();
        let rejected = plan.programs.div_ceil(64);
        let per_process = plan.atoms.lasting_words * 2 + rejected;
        let places = if plan.atoms.lasting_words == 0 { 0 } else { PROCESSES };
        Scratch {
            known: vec![0; words],
            truth: vec![0; words],
            matches: Vec::new(),
            values: Vec::new(),
            several: Vec::new(),
            fetched: vec![(0, 0); plan.atoms.slots.len()],
            event: 0,
            rejected: vec![0; rejected],
            present: (None, None),
            processes: Processes {
                versions: vec![(None, None); places],
                words: vec![0; places * per_process],
                per_process,
            },
            process_words: plan.atoms.process_words,
            lasting_words: plan.atoms.lasting_words,
            plan: plan.id,
        }
    }

    /// Makes this scratch one for `plan` if it is for another.
    pub(super) fn ensure(&mut self, plan: &Plan) {
        if self.plan != plan.id {
            *self = Scratch::new(plan);
        }
    }

    /// Forgets the last event. What it taught about its process stays known for the next event of that process.
    pub(super) fn begin(&mut self, process: Option<u64>, epoch: Option<u64>) {
        self.event += 1;
        self.matches.clear();
        let n = self.lasting_words;
        for bits in [&mut self.known, &mut self.truth] {
            if let Some(words) = bits.get_mut(n..) {
                words.fill(0);
            }
        }
        if self.present == (process, epoch) && process.is_some() && epoch.is_some() {
            return;
        }
        self.put_away();
        self.bring(process, epoch);
    }

    /// Remembers what is known of the present process.
    fn put_away(&mut self) {
        let n = self.lasting_words;
        let (Some(known), Some(truth)) = (self.known.get(..n), self.truth.get(..n)) else { return };
        if let Some(words) = self.processes.claim(self.present) {
            let (k, rest) = words.split_at_mut(n);
            let (t, r) = rest.split_at_mut(n);
            k.copy_from_slice(known);
            t.copy_from_slice(truth);
            r.copy_from_slice(&self.rejected);
        }
    }

    /// Makes `process` the present one, with whatever is remembered of it and still true.
    fn bring(&mut self, process: Option<u64>, epoch: Option<u64>) {
        self.present = (process, epoch);
        let n = self.lasting_words;
        let (Some(known), Some(truth)) = (self.known.get_mut(..n), self.truth.get_mut(..n)) else { return };
        let found = process.and_then(|version| self.processes.entry(version));
        let Some((then, words)) = found else {
            known.fill(0);
            truth.fill(0);
            self.rejected.fill(0);
            return;
        };
        let (k, rest) = words.split_at(n);
        let (t, r) = rest.split_at(n);
        known.copy_from_slice(k);
        truth.copy_from_slice(t);
        if epoch.is_some() && then == epoch {
            self.rejected.copy_from_slice(r);
            return;
        }
        self.rejected.fill(0);
        let p = self.process_words;
        for bits in [known, truth] {
            if let Some(surroundings) = bits.get_mut(p..) {
                surroundings.fill(0);
            }
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
        place * self.per_process..(place + 1) * self.per_process
    }

    /// What is remembered of the process with this version, and as of which epoch.
    fn entry(&self, version: u64) -> Option<(Option<u64>, &[u64])> {
        let place = Processes::place(version);
        let &(found, epoch) = self.versions.get(place)?;
        if found != Some(version) {
            return None;
        }
        Some((epoch, self.words.get(self.range(place))?))
    }

    fn claim(&mut self, (version, epoch): (Option<u64>, Option<u64>)) -> Option<&mut [u64]> {
        let place = Processes::place(version?);
        *self.versions.get_mut(place)? = (version, epoch);
        let range = self.range(place);
        self.words.get_mut(range)
    }
}
