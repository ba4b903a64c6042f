//! What is known of the subjects of events: which rules can match none about the like. HOT PATH.
//!
//! Processes open the same files over and over. For each [`Subject`] that was met lately, and for each kind of them,
//! there stands which rules of the event's type its decided fields alone rule out, whoever acts and whatever
//! else the event says. It is learnt bit by bit from rules that did not match and is never more than that: a rule that is not
//! ruled out is asked. A cache of fixed size that forgets on collision; what it finds it compares byte by byte.

use std::hash::Hasher;

use rustc_hash::FxHasher;

use super::atoms::Deciders;
use super::program::Plan;
use super::scratch::Word;
use crate::field::Subject;

/// Subjects remembered unless the caller asks for another number. Four times as many are found 2 % more often on a trace of
/// builds, and push so much else out of the processor's cache that it takes longer.
pub(super) const SUBJECTS: usize = 1024;

/// Longest names of a subject that is remembered, together, in bytes.
const NAMES: usize = 168;

/// Most kinds remembered.
const KINDS: usize = 128;

/// Most words of bits for all subjects together.
const MAX_WORDS: usize = 1 << 19;

/// Subjects and kinds of them, each with bits by rule.
#[derive(Debug)]
pub(super) struct Memo {
    kinds: Table,
    /// By place of a kind: what is known of the atoms of an event.
    kind_words: Vec<Word>,
    /// Words of atoms of an event.
    words: usize,
    /// By word: the atoms that the kind decides, where the event succeeded and where it failed.
    masks: [Vec<u64>; 2],
    subjects: Table,
}

/// Where the subject of an event stands in a memo, and its kind.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Places {
    kind: Option<usize>,
    subject: Option<usize>,
    failed: bool,
}

impl Places {
    /// Whose atoms its kind decides.
    fn by_kind(self) -> Deciders {
        if self.failed { Deciders::KIND.and(Deciders::FAILURE) } else { Deciders::KIND }
    }
}

impl Memo {
    /// Room for what is known of `subjects` subjects as to the rules of `plan`.
    pub(super) fn new(subjects: usize, plan: &Plan) -> Memo {
        let masks = [false, true].map(|failed| {
            let places = Places { failed, ..Places::default() };
            plan.atoms.decided(places.by_kind())
        });
        Memo::of(subjects, plan.most_rule_words, masks)
    }

    fn of(subjects: usize, rule_words: usize, masks: [Vec<u64>; 2]) -> Memo {
        let places = |most: usize, words: usize| most.min(MAX_WORDS.checked_div(words).unwrap_or(0));
        let words = masks[0].len();
        let kinds = places(subjects.min(KINDS), rule_words + words);
        Memo {
            kinds: Table::new(kinds, rule_words),
            kind_words: vec![Word::default(); kinds * words],
            words,
            masks,
            subjects: Table::new(places(subjects, rule_words), rule_words),
        }
    }

    /// Adds to `rejected` the rules that are known to be ruled out by the subject of an event of type `ty`. Where the
    /// subject is not known, it takes the place of another and begins with what is known of its kind.
    #[inline]
    pub(super) fn look_up(&mut self, ty: u16, subject: &Subject<'_>, rejected: &mut [u64]) -> Places {
        let found = self.subjects.place(ty, subject);
        if let Some((place, false)) = found {
            add(rejected, self.subjects.rejected(place));
            return Places { kind: None, subject: Some(place), failed: subject.failed };
        }
        let kind = self.kind(ty, subject);
        let known = kind.map(|kind| self.kinds.rejected(kind)).unwrap_or_default();
        add(rejected, known);
        let place = found.map(|(place, _)| place);
        if let Some(place) = place {
            self.subjects.start(place, known);
        }
        Places { kind, subject: place, failed: subject.failed }
    }

    /// Notes that the rules from number `from` until `until` do not match, as `deciders` said, if those are the subject
    /// at `places` or its kind.
    pub(super) fn reject(&mut self, places: Places, from: u32, until: u32, deciders: Deciders) {
        let by_kind = places.by_kind();
        if let Some(place) = places.subject.filter(|_| deciders.are_within(by_kind.and(Deciders::SUBJECT))) {
            set(self.subjects.rejected_mut(place), from, until);
        }
        if let Some(place) = places.kind.filter(|_| deciders.are_within(by_kind)) {
            set(self.kinds.rejected_mut(place), from, until);
        }
    }

    /// Sets `words` to what is known of the atoms of an event whose subject is at `places`.
    pub(super) fn recall(&self, places: Places, words: &mut [Word]) {
        match places.kind.and_then(|kind| self.kind_words.get(kind * self.words..(kind + 1) * self.words)) {
            Some(known) if known.len() == words.len() => words.copy_from_slice(known),
            _ => words.fill(Word::default()),
        }
    }

    /// Keeps of `words` what the kind of the subject at `places` decides.
    pub(super) fn keep(&mut self, places: Places, words: &[Word]) {
        let kept =
            places.kind.and_then(|kind| self.kind_words.get_mut(kind * self.words..(kind + 1) * self.words));
        let masks = &self.masks[usize::from(places.failed)];
        for ((kept, word), mask) in kept.into_iter().flatten().zip(words).zip(masks) {
            *kept = Word { known: word.known & mask, truth: word.truth & mask };
        }
    }

    /// The place of the subject's kind.
    fn kind(&mut self, ty: u16, subject: &Subject<'_>) -> Option<usize> {
        let (place, fresh) = self.kinds.place(ty, &Subject { reading: 0, names: [b"", b""], ..*subject })?;
        if fresh {
            self.kinds.start(place, &[]);
            let words = self.kind_words.get_mut(place * self.words..(place + 1) * self.words);
            words.into_iter().flatten().for_each(|word| *word = Word::default());
        }
        Some(place)
    }
}

/// A cache: each subject has one place, which it shares with others.
#[derive(Debug)]
struct Table {
    entries: Vec<Entry>,
    /// By place: the rules ruled out.
    rejected: Vec<u64>,
    /// Words of them each.
    words: usize,
}

/// A subject, in one piece of as few lines of the processor's cache as can be.
#[derive(Debug, Clone)]
#[repr(align(64))]
struct Entry {
    /// All of it but its kind, how to read its names, and the names; 0 where there is none.
    what: u64,
    kind: u64,
    reading: u64,
    names: [u8; NAMES],
}

impl Table {
    fn new(places: usize, words: usize) -> Table {
        let empty = Entry { what: 0, kind: 0, reading: 0, names: [0; NAMES] };
        Table { entries: vec![empty; places], rejected: vec![0; places * words], words }
    }

    /// The place of a subject, and whether it is new there; `None` if it cannot be remembered.
    #[inline]
    fn place(&mut self, ty: u16, subject: &Subject<'_>) -> Option<(usize, bool)> {
        let &Subject { kind, failed, reading, names: [name, base] } = subject;
        if name.len() + base.len() > NAMES || self.entries.is_empty() {
            return None;
        }
        let lengths = u64::try_from(name.len() << 16 | base.len()).ok()?;
        let what = 1 << 63 | u64::from(failed) << 48 | u64::from(ty) << 32 | lengths;
        let mut hasher = FxHasher::default();
        hasher.write(name);
        if !base.is_empty() {
            hasher.write(base);
        }
        hasher.write_u64(kind.rotate_left(32) ^ reading.rotate_left(48) ^ what);
        let place = usize::try_from(hasher.finish() % u64::try_from(self.entries.len()).ok()?).ok()?;
        let entry = self.entries.get_mut(place)?;
        let (known_name, known_base) =
            entry.names.get_mut(..name.len() + base.len())?.split_at_mut(name.len());
        // Part by part: what was just written in parts is not read as a whole without waiting.
        let known = entry.what == what && entry.kind == kind && entry.reading == reading;
        if known && known_name == name && known_base == base {
            return Some((place, false));
        }
        known_name.copy_from_slice(name);
        known_base.copy_from_slice(base);
        (entry.what, entry.kind, entry.reading) = (what, kind, reading);
        Some((place, true))
    }

    /// What is known of the subject at `place`.
    #[inline]
    fn rejected(&self, place: usize) -> &[u64] {
        self.rejected.get(place * self.words..(place + 1) * self.words).unwrap_or_default()
    }

    fn rejected_mut(&mut self, place: usize) -> &mut [u64] {
        self.rejected.get_mut(place * self.words..(place + 1) * self.words).unwrap_or_default()
    }

    /// Forgets what was known at `place`, but for `known`.
    fn start(&mut self, place: usize, known: &[u64]) {
        let bits = self.rejected_mut(place);
        bits.fill(0);
        add(bits, known);
    }
}

/// Sets in `bits` those that are set in `more`.
#[inline]
fn add(bits: &mut [u64], more: &[u64]) {
    bits.iter_mut().zip(more).for_each(|(bits, more)| *bits |= more);
}

/// Sets the bits from number `from` until `until`.
pub(super) fn set(bits: &mut [u64], from: u32, until: u32) {
    for (word, mask) in masks(from, until) {
        if let Some(bits) = bits.get_mut(word) {
            *bits |= mask;
        }
    }
}

/// Whether all bits from number `from` until `until` are set.
pub(super) fn are_set(bits: &[u64], from: u32, until: u32) -> bool {
    masks(from, until).all(|(word, mask)| bits.get(word).is_none_or(|bits| bits & mask == mask))
}

/// Those bits as words and masks.
#[inline]
fn masks(from: u32, until: u32) -> impl Iterator<Item = (usize, u64)> {
    let words = if from < until { from / 64..until.div_ceil(64) } else { 0..0 };
    words.map(move |word| {
        let (first, last) = (from.max(word * 64) % 64, (until - 1).min(word * 64 + 63) % 64);
        (usize::try_from(word).unwrap_or(usize::MAX), u64::MAX << first & u64::MAX >> (63 - last))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(kind: u64, name: &'static [u8], base: &'static [u8]) -> Subject<'static> {
        Subject { kind, failed: false, reading: 0, names: [name, base] }
    }

    /// What is known of a subject.
    fn known(memo: &mut Memo, ty: u16, subject: Subject<'_>) -> u64 {
        let mut rejected = [0];
        memo.look_up(ty, &subject, &mut rejected);
        rejected[0]
    }

    #[test]
    fn what_is_learnt_of_a_subject_is_known_of_no_other() {
        let mut memo = Memo::of(SUBJECTS, 1, [vec![1], vec![3]]);
        let places = memo.look_up(1, &subject(1, b"ab", b"c"), &mut [0]);
        memo.reject(places, 2, 4, Deciders::SUBJECT);
        assert_eq!(known(&mut memo, 1, subject(1, b"ab", b"c")), 0b1100);
        assert_eq!(known(&mut memo, 2, subject(1, b"ab", b"c")), 0);
        assert_eq!(known(&mut memo, 1, subject(2, b"ab", b"c")), 0);
        assert_eq!(known(&mut memo, 1, subject(1, b"a", b"bc")), 0);
        assert_eq!(known(&mut memo, 1, subject(1, b"abc", b"")), 0);
        assert_eq!(known(&mut memo, 1, subject(1, b"ab", b"c")), 0b1100);
    }

    #[test]
    fn subjects_begin_with_what_is_known_of_their_kind() {
        let mut memo = Memo::of(SUBJECTS, 1, [vec![1], vec![3]]);
        let places = memo.look_up(1, &subject(1, b"a", b""), &mut [0]);
        memo.reject(places, 0, 1, Deciders::KIND);
        assert_eq!(known(&mut memo, 1, subject(1, b"b", b"")), 1);
        assert_eq!(known(&mut memo, 2, subject(1, b"b", b"")), 0);
        // Too long to be remembered, but of the kind.
        assert_eq!(known(&mut memo, 1, subject(1, &[b'x'; NAMES + 1], b"")), 1);
    }

    #[test]
    fn a_subject_that_takes_the_place_of_another_knows_nothing() {
        let mut memo = Memo::of(1, 1, [vec![1], vec![3]]);
        let places = memo.look_up(1, &subject(1, b"a", b""), &mut [0]);
        memo.reject(places, 0, 64, Deciders::SUBJECT);
        assert_eq!(known(&mut memo, 1, subject(1, b"a", b"")), u64::MAX);
        assert_eq!(known(&mut memo, 1, subject(1, b"b", b"")), 0);
        assert_eq!(known(&mut memo, 1, subject(1, b"a", b"")), 0);
    }

    #[test]
    fn what_an_event_says_alone_is_not_kept() {
        let mut memo = Memo::of(SUBJECTS, 1, [vec![1], vec![3]]);
        let places = memo.look_up(1, &subject(1, b"a", b""), &mut [0]);
        memo.reject(places, 0, 1, Deciders::EVENT.and(Deciders::SUBJECT));
        memo.reject(places, 1, 2, Deciders::FAILURE);
        assert_eq!(known(&mut memo, 1, subject(1, b"a", b"")), 0);
        memo.keep(places, &[Word { known: 7, truth: 5 }]);
        let failed = Subject { failed: true, ..subject(1, b"a", b"") };
        for (subject, kept) in
            [(subject(1, b"b", b""), Word { known: 1, truth: 1 }), (failed, Word::default())]
        {
            let places = memo.look_up(1, &subject, &mut [0]);
            let mut words = [Word { known: 8, truth: 8 }];
            memo.recall(places, &mut words);
            assert_eq!((words[0].known, words[0].truth), (kept.known, kept.truth));
        }
    }

    #[test]
    fn ranges_of_bits_cross_words() {
        for (from, until) in [(0, 0), (0, 1), (3, 64), (63, 65), (64, 128), (10, 130), (5, 3)] {
            let mut bits = [0; 3];
            set(&mut bits, from, until);
            for at in 0..192 {
                let is_set = bits[at / 64] >> (at % 64) & 1 == 1;
                assert_eq!(
                    is_set,
                    (from..until).contains(&u32::try_from(at).unwrap()),
                    "{from} {until} {at}"
                );
            }
            assert!(are_set(&bits, from, until));
            assert_eq!(are_set(&bits, from, until + 1), from > until);
        }
    }
}
