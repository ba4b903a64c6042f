//! Space that evaluation works in, owned by the caller.

use super::atoms::Deciders;
use super::course::{Course, Courses, Rejections, Start};
use super::memo::{self, Memo, Places, RULE_WORDS};
use super::program::{Plan, Planned};
use crate::field::FieldSource;
use crate::rule::RuleId;
use crate::value::Value;

/// Most processes whose atoms are remembered at a time.
const PROCESSES: usize = 1024;

/// Most words of bits for rules of all those processes together.
const MAX_WORDS: usize = 1 << 19;

/// What is known of 64 atoms.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Word {
    /// Which are known.
    pub(super) known: u64,
    /// Which of those are true.
    pub(super) truth: u64,
}

impl Word {
    /// Notes that the atoms in `mask` are known, and whether they are true.
    #[inline]
    pub(super) fn learn(&mut self, mask: u64, truth: bool) {
        self.known |= mask;
        self.truth = if truth { self.truth | mask } else { self.truth & !mask };
    }
}

/// Working space of one thread for one [`RuleSet`](super::RuleSet); see [`RuleSet::scratch`](super::RuleSet::scratch).
#[derive(Debug)]
pub struct Scratch {
    /// What is known of atoms for this event.
    pub(super) words: Vec<Word>,
    pub(super) matches: Vec<RuleId>,
    /// Room for the values of one field; empty between events.
    pub(super) several: Vec<Value<'static>>,
    /// By slot: number of the event for which its value was fetched, and where in the list of values it is.
    pub(super) fetched: Vec<(u64, u32)>,
    /// Number of the event.
    pub(super) event: u64,
    /// By rule of every list: whether lasting atoms alone say that it does not match the present process.
    pub(super) rejected: Vec<u64>,
    /// By rule of the event's list: whether it is known not to match the event.
    pub(super) rejected_now: Vec<u64>,
    pub(super) memo: Memo,
    /// Where the memo has the event's subject.
    pub(super) places: Places,
    pub(super) courses: Courses,
    /// The course that the event takes, if that is to be remembered.
    pub(super) draft: Option<Course>,
    /// Version of the process that the lasting bits are about, and the epoch as of which they are.
    present: (Option<u64>, Option<u64>),
    processes: Processes,
    process_words: usize,
    lasting_words: usize,
    /// Most subjects remembered.
    subjects: usize,
    /// Which plan this is for.
    plan: u64,
}

/// What is known of processes, by their version: a cache that forgets on collision.
#[derive(Debug)]
struct Processes {
    /// Version and epoch.
    versions: Vec<(Option<u64>, Option<u64>)>,
    /// Per process: what is known of lasting atoms.
    words: Vec<Word>,
    words_each: usize,
    /// Per process: the rules rejected.
    rejected: Vec<u64>,
    rejected_each: usize,
}

impl Scratch {
    pub(super) fn new(plan: &Plan, subjects: usize) -> Scratch {
        let words_each = plan.atoms.lasting_words;
        let rejected_each = plan.rule_words;
        let places = if words_each == 0 { 0 } else { PROCESSES.min(MAX_WORDS / rejected_each.max(1)).max(1) };
        Scratch {
            words: vec![Word::default(); plan.atoms.words()],
            matches: Vec::new(),
            several: Vec::new(),
            fetched: vec![(0, 0); plan.atoms.slots.len()],
            event: 0,
            rejected: vec![0; rejected_each],
            rejected_now: vec![0; plan.most_rule_words],
            memo: Memo::new(subjects, plan),
            places: Places::default(),
            courses: Courses::new(),
            draft: None,
            present: (None, None),
            processes: Processes {
                versions: vec![(None, None); places],
                words: vec![Word::default(); places * words_each],
                words_each,
                rejected: vec![0; places * rejected_each],
                rejected_each,
            },
            process_words: plan.atoms.process_words,
            lasting_words: words_each,
            subjects,
            plan: plan.id,
        }
    }

    /// Forgets what is known of processes, for events in which versions of processes are numbered anew. What is known of
    /// files stays.
    pub fn forget_processes(&mut self) {
        self.present = (None, None);
        self.processes.versions.fill((None, None));
        if let Some(lasting) = self.words.get_mut(..self.lasting_words) {
            lasting.fill(Word::default());
        }
        self.rejected.fill(0);
    }

    /// Makes this scratch one for `plan` if it is for another.
    pub(super) fn ensure(&mut self, plan: &Plan) {
        if self.plan != plan.id {
            *self = Scratch::new(plan, self.subjects);
        }
    }

    /// Whether the event of `source`, whose rules are `planned`, may match any of them, as far as is known of its process
    /// and its subject.
    #[inline]
    pub(super) fn may_match<S: FieldSource + ?Sized>(&mut self, planned: &Planned, source: &S) -> bool {
        let Some(by_process) = self.rejected.get(planned.words.clone()) else { return true };
        let Some(now) = self.rejected_now.get_mut(..by_process.len()) else { return true };
        // Most often one word, for which there is no need to call anybody.
        now.iter_mut().zip(by_process).for_each(|(now, bits)| *now = *bits);
        if let Some(last) = now.last_mut() {
            *last |= planned.spare;
        }
        let any = |now: &[u64]| now.iter().any(|&bits| bits != u64::MAX);
        self.places = Places::default();
        if !any(now) {
            return false;
        }
        if let Some(subject) = source.subject() {
            self.places = self.memo.look_up(source.event_type(), &subject, now);
        }
        any(now)
    }

    /// Notes that the rules of `planned` from number `from` until `until` do not match the event, as `deciders` said.
    pub(super) fn reject(&mut self, planned: &Planned, from: u32, until: u32, deciders: Deciders) {
        memo::set(&mut self.rejected_now, from, until);
        if let Some(draft) = &mut self.draft {
            draft.rejects(from, until, deciders, self.places.by_kind());
        }
        if !deciders.are_within(Deciders::PROCESS) {
            self.memo.reject(self.places, from, until, deciders);
        } else if let Some(rejected) = self.rejected.get_mut(planned.words.clone()) {
            memo::set(rejected, from, until);
        }
    }

    /// Where the course of an event begins whose rules are `planned`; `None` if they are too many.
    #[inline]
    pub(super) fn start(&self, planned: &Planned) -> Option<Start> {
        if planned.words.len() > RULE_WORDS {
            return None;
        }
        let rejected = self.rejected_now.iter().take(planned.words.len()).rev();
        let rejected = rejected.fold(0, |all, &bits| all << 64 | u128::from(bits));
        let Places { kind, failed, .. } = self.places;
        let (list, kind) = (planned.words.start.try_into().ok()?, kind.and_then(|kind| kind.try_into().ok()));
        Some(Start { list, kind, failed, rejected })
    }

    /// Notes what the course that the event took rules out.
    #[inline]
    pub(super) fn follow(&mut self, planned: &Planned, rejections: &Rejections) {
        self.memo.reject_all(self.places, &rejections.kind, &rejections.subject);
        if let Some(rejected) = self.rejected.get_mut(planned.words.clone()) {
            rejected.iter_mut().zip(&rejections.process).for_each(|(bits, more)| *bits |= more);
        }
    }

    /// Forgets what the last event said, and begins with what the kind of this one's subject says.
    pub(super) fn forget_event(&mut self) {
        self.event += 1;
        if let Some(words) = self.words.get_mut(self.lasting_words..) {
            self.memo.recall(self.places, words);
        }
    }

    /// Remembers what the event taught about the kind of its subject.
    pub(super) fn keep_kind(&mut self) {
        if let Some(words) = self.words.get(self.lasting_words..) {
            self.memo.keep(self.places, words);
        }
    }

    /// Goes over to an event of `process`. What is known of its process stays known.
    pub(super) fn begin(&mut self, process: Option<u64>, epoch: Option<u64>) {
        self.matches.clear();
        if self.present == (process, epoch) && process.is_some() && epoch.is_some() {
            return;
        }
        self.put_away();
        self.bring(process, epoch);
    }

    /// Remembers what is known of the present process.
    fn put_away(&mut self) {
        let Some(lasting) = self.words.get(..self.lasting_words) else { return };
        if let Some((words, rejected)) = self.processes.claim(self.present) {
            words.copy_from_slice(lasting);
            rejected.copy_from_slice(&self.rejected);
        }
    }

    /// Makes `process` the present one, with whatever is remembered of it and still true.
    fn bring(&mut self, process: Option<u64>, epoch: Option<u64>) {
        self.present = (process, epoch);
        let Some(lasting) = self.words.get_mut(..self.lasting_words) else { return };
        let found = process.and_then(|version| self.processes.entry(version));
        let Some((then, words, rejected)) = found else {
            lasting.fill(Word::default());
            self.rejected.fill(0);
            return;
        };
        lasting.copy_from_slice(words);
        if epoch.is_some() && then == epoch {
            self.rejected.copy_from_slice(rejected);
            return;
        }
        self.rejected.fill(0);
        if let Some(surroundings) = lasting.get_mut(self.process_words..) {
            surroundings.fill(Word::default());
        }
    }
}

impl Processes {
    fn place(&self, version: u64) -> usize {
        // Versions are consecutive more often than not; the multiplication spreads whatever they are.
        memo::scale(version.wrapping_mul(0x9e37_79b9_7f4a_7c15), self.versions.len())
    }

    /// What is remembered of the process with this version, and as of which epoch.
    fn entry(&self, version: u64) -> Option<(Option<u64>, &[Word], &[u64])> {
        let place = self.place(version);
        let &(found, epoch) = self.versions.get(place)?;
        if found != Some(version) {
            return None;
        }
        let words = self.words.get(place * self.words_each..(place + 1) * self.words_each)?;
        let rejected = self.rejected.get(place * self.rejected_each..(place + 1) * self.rejected_each)?;
        Some((epoch, words, rejected))
    }

    fn claim(&mut self, (version, epoch): (Option<u64>, Option<u64>)) -> Option<(&mut [Word], &mut [u64])> {
        let place = self.place(version?);
        *self.versions.get_mut(place)? = (version, epoch);
        let words = self.words.get_mut(place * self.words_each..(place + 1) * self.words_each)?;
        let rejected = self.rejected.get_mut(place * self.rejected_each..(place + 1) * self.rejected_each)?;
        Some((words, rejected))
    }
}
