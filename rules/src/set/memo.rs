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

/// Words of bits that a subject has. Of event types with more rules, the first ones are remembered.
pub(super) const RULE_WORDS: usize = 2;

/// Most kinds remembered.
const KINDS: usize = 128;

/// Subjects and kinds of them, each with bits by rule.
#[derive(Debug)]
pub(super) struct Memo {
    kinds: Vec<Kind>,
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
    pub(super) kind: Option<usize>,
    subject: Option<usize>,
    pub(super) failed: bool,
}

impl Places {
    /// Whose atoms [`Memo::keep`] keeps.
    #[inline]
    pub(super) fn kept(self) -> Deciders {
        if self.kind.is_some() { self.by_kind() } else { Deciders::NONE }
    }

    /// Whose atoms its kind decides.
    pub(super) fn by_kind(self) -> Deciders {
        if self.failed { Deciders::OF_KIND } else { Deciders::KIND }
    }
}

impl Memo {
    /// Room for what is known of `subjects` subjects as to the rules of `plan`.
    pub(super) fn new(subjects: usize, plan: &Plan) -> Memo {
        let masks = [false, true].map(|failed| {
            let places = Places { failed, ..Places::default() };
            plan.atoms.decided(places.by_kind())
        });
        Memo::of(subjects, masks)
    }

    fn of(subjects: usize, masks: [Vec<u64>; 2]) -> Memo {
        let (kinds, words) = (subjects.min(KINDS), masks[0].len());
        Memo {
            kinds: vec![Kind::default(); kinds],
            kind_words: vec![Word::default(); kinds * words],
            words,
            masks,
            subjects: Table::new(subjects),
        }
    }

    /// Adds to `rejected` the rules that are known to be ruled out by the subject of an event of type `ty`. Where the
    /// subject is not known, it takes the place of another and begins with what is known of its kind.
    #[inline]
    pub(super) fn look_up(&mut self, ty: u16, subject: &Subject<'_>, rejected: &mut [u64]) -> Places {
        let failed = subject.failed;
        let place_of_kind = self.kind(ty, subject);
        let mut by_kind = [0; RULE_WORDS];
        if let Some(kind) = place_of_kind.and_then(|kind| self.kinds.get_mut(kind)) {
            by_kind = kind.rejected;
            rejected.iter_mut().zip(by_kind).for_each(|(bits, known)| *bits |= known);
            if !kind.is_worth_a_look() {
                return Places { kind: place_of_kind, subject: None, failed };
            }
        }
        let found = self.subjects.place(ty, subject);
        let place = found.map(|(place, _)| place);
        if let Some(known) = self.subjects.rejected_mut(place) {
            let is_new = found.is_some_and(|(_, is_new)| is_new);
            if is_new {
                *known = by_kind;
            }
            rejected.iter_mut().zip(known).for_each(|(bits, known)| *bits |= *known);
            if let Some(kind) = place_of_kind.and_then(|kind| self.kinds.get_mut(kind)) {
                kind.met(is_new);
            }
        }
        Places { kind: place_of_kind, subject: place, failed }
    }

    /// Notes that the rules from number `from` until `until` do not match, as `deciders` said, if those are the subject
    /// at `places` or its kind.
    #[inline]
    pub(super) fn reject(&mut self, places: Places, from: u32, until: u32, deciders: Deciders) {
        let by_kind = places.by_kind();
        if !deciders.are_within(by_kind.and(Deciders::SUBJECT)) {
            return;
        }
        if let Some(bits) = self.subjects.rejected_mut(places.subject) {
            set(bits, from, until);
        }
        if let Some(kind) = self.kind_mut(places).filter(|_| deciders.are_within(by_kind)) {
            set(&mut kind.rejected, from, until);
        }
    }

    /// Notes that rules do not match: those that the kind at `places` rules out, and those that its subject does.
    pub(super) fn reject_all(
        &mut self,
        places: Places,
        by_kind: &[u64; RULE_WORDS],
        by_subject: &[u64; RULE_WORDS],
    ) {
        let add = |bits: &mut [u64; RULE_WORDS], more: &[u64; RULE_WORDS]| {
            bits.iter_mut().zip(more).for_each(|(bits, more)| *bits |= more);
        };
        if let Some(bits) = self.subjects.rejected_mut(places.subject) {
            add(bits, by_subject);
        }
        if let Some(kind) = self.kind_mut(places) {
            add(&mut kind.rejected, by_kind);
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

    fn kind_mut(&mut self, places: Places) -> Option<&mut Kind> {
        self.kinds.get_mut(places.kind?)
    }

    /// The place of the subject's kind.
    #[inline]
    fn kind(&mut self, ty: u16, subject: &Subject<'_>) -> Option<usize> {
        let what = 1 << 63 | u64::from(subject.failed) << 48 | u64::from(ty);
        let mut hasher = FxHasher::default();
        hasher.write_u64(subject.kind ^ what.rotate_left(32));
        let place = scale(hasher.finish(), self.kinds.len());
        let entry = self.kinds.get_mut(place)?;
        if entry.what != what || entry.kind != subject.kind {
            *entry = Kind { what, kind: subject.kind, ..Kind::default() };
            let words = self.kind_words.get_mut(place * self.words..(place + 1) * self.words);
            words.into_iter().flatten().for_each(|word| *word = Word::default());
        }
        Some(place)
    }
}

/// A kind of subjects.
#[derive(Debug, Clone)]
struct Kind {
    /// Event type and whether it failed; 0 where there is none.
    what: u64,
    kind: u64,
    /// The rules ruled out.
    rejected: [u64; RULE_WORDS],
    /// How often its subjects are met again: grows with each that was known, falls with each that was not.
    again: u8,
    /// Its subjects that were not looked up since one was.
    passed: u8,
}

impl Default for Kind {
    fn default() -> Kind {
        Kind { what: 0, kind: 0, rejected: [0; RULE_WORDS], again: Kind::MOST_AGAIN, passed: 0 }
    }
}

impl Kind {
    const MOST_AGAIN: u8 = 128;

    /// Whether a subject is worth being looked up. Where they are all different, they would only push out others, and
    /// few are tried.
    #[inline]
    fn is_worth_a_look(&mut self) -> bool {
        if self.again > 0 {
            return true;
        }
        self.passed = (self.passed + 1) % 32;
        self.passed == 0
    }

    /// Notes that a subject was looked up, and whether it was new.
    #[inline]
    fn met(&mut self, is_new: bool) {
        self.again =
            if is_new { self.again.saturating_sub(1) } else { (self.again + 8).min(Kind::MOST_AGAIN) };
    }
}

/// A cache: each subject has one place, which it shares with others. In parts, by how often they are looked at: whether a
/// subject is known is told by few lines of the processor's cache, which stay there, before those that prove it come.
#[derive(Debug)]
struct Table {
    /// By place: part of the hash of the subject there.
    tags: Vec<u32>,
    /// By place: the rules ruled out.
    rejected: Vec<[u64; RULE_WORDS]>,
    entries: Vec<Entry>,
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
    fn new(places: usize) -> Table {
        let empty = Entry { what: 0, kind: 0, reading: 0, names: [0; NAMES] };
        Table { tags: vec![0; places], rejected: vec![[0; RULE_WORDS]; places], entries: vec![empty; places] }
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
        let hash = hasher.finish();
        let place = scale(hash, self.entries.len());
        // The lowest bits, which the place depends on the least.
        let (known_tag, tag) =
            (self.tags.get_mut(place)?, u32::try_from(hash & u64::from(u32::MAX)).unwrap_or(0));
        let entry = self.entries.get_mut(place)?;
        let (known_name, known_base) =
            entry.names.get_mut(..name.len() + base.len())?.split_at_mut(name.len());
        if *known_tag == tag {
            // Part by part: what was just written in parts is not read as a whole without waiting.
            let known = entry.what == what && entry.kind == kind && entry.reading == reading;
            if known && known_name == name && (base.is_empty() || known_base == base) {
                return Some((place, false));
            }
        }
        *known_tag = tag;
        known_name.copy_from_slice(name);
        if !base.is_empty() {
            known_base.copy_from_slice(base);
        }
        (entry.what, entry.kind, entry.reading) = (what, kind, reading);
        Some((place, true))
    }

    /// What is known of the subject at `place`.
    #[inline]
    fn rejected_mut(&mut self, place: Option<usize>) -> Option<&mut [u64; RULE_WORDS]> {
        self.rejected.get_mut(place?)
    }
}

/// A number below `count` (0 if that is 0), in proportion to `hash`. Takes less time than a division.
#[inline]
pub(super) fn scale(hash: u64, count: usize) -> usize {
    usize::try_from((u128::from(hash) * count as u128) >> 64).unwrap_or(0)
}

/// Sets the bits from number `from` until `until`.
#[inline]
pub(super) fn set(bits: &mut [u64], from: u32, until: u32) {
    if let ([bits, ..], 0..64, 1..=64) = (&mut *bits, from, until) {
        *bits |= u64::MAX << from & u64::MAX >> (64 - until);
        return;
    }
    for (word, mask) in masks(from, until) {
        if let Some(bits) = bits.get_mut(word) {
            *bits |= mask;
        }
    }
}

/// Whether all bits from number `from` until `until` are set.
#[inline]
pub(super) fn are_set(bits: &[u64], from: u32, until: u32) -> bool {
    // Most event types have no more rules than one word has bits.
    if let ([bits, ..], 0..64, 1..=64) = (bits, from, until) {
        let mask = u64::MAX << from & u64::MAX >> (64 - until);
        return bits & mask == mask;
    }
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
        let mut memo = Memo::of(SUBJECTS, [vec![1], vec![3]]);
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
        let mut memo = Memo::of(SUBJECTS, [vec![1], vec![3]]);
        let places = memo.look_up(1, &subject(1, b"a", b""), &mut [0]);
        memo.reject(places, 0, 1, Deciders::KIND);
        assert_eq!(known(&mut memo, 1, subject(1, b"b", b"")), 1);
        assert_eq!(known(&mut memo, 2, subject(1, b"b", b"")), 0);
        // Too long to be remembered, but of the kind.
        assert_eq!(known(&mut memo, 1, subject(1, &[b'x'; NAMES + 1], b"")), 1);
    }

    #[test]
    fn a_subject_that_takes_the_place_of_another_knows_nothing() {
        let mut memo = Memo::of(1, [vec![1], vec![3]]);
        let places = memo.look_up(1, &subject(1, b"a", b""), &mut [0]);
        memo.reject(places, 0, 64, Deciders::SUBJECT);
        assert_eq!(known(&mut memo, 1, subject(1, b"a", b"")), u64::MAX);
        assert_eq!(known(&mut memo, 1, subject(1, b"b", b"")), 0);
        assert_eq!(known(&mut memo, 1, subject(1, b"a", b"")), 0);
    }

    #[test]
    fn subjects_of_a_kind_that_never_come_again_leave_others_alone() {
        let mut memo = Memo::of(1, [vec![1], vec![3]]);
        let names: Vec<String> = (0..1000).map(|n| n.to_string()).collect();
        let looked_up = |memo: &mut Memo, name: &'static [u8]| {
            memo.look_up(1, &subject(1, name, b""), &mut [0]).subject.is_some()
        };
        assert!(looked_up(&mut memo, b"a"));
        for name in &names {
            let subject = Subject { kind: 1, failed: false, reading: 0, names: [name.as_bytes(), b""] };
            memo.look_up(1, &subject, &mut [0]);
        }
        let tries = (0..320).filter(|_| looked_up(&mut memo, b"a")).count();
        assert!((10..320).contains(&tries), "{tries}");
        // Once they do come again, all are looked up.
        (0..1000).for_each(|_| _ = looked_up(&mut memo, b"a"));
        assert!(looked_up(&mut memo, b"b"));
    }

    #[test]
    fn what_an_event_says_alone_is_not_kept() {
        let mut memo = Memo::of(SUBJECTS, [vec![1], vec![3]]);
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
