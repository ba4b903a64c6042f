//! What was asked of events like this one, and what came of it. HOT PATH.
//!
//! Most events that are asked about at all go the same way through their rules: the same comparisons are asked, and give
//! the same answers, none of which is a match. A [`Course`] is such a way: where it began, what was asked, what was answered
//! and which rules that ruled out. An event that begins where a course did and gives all of its answers ends where it
//! ended, because rules are functions of the answers. So its comparisons are asked one after the other, without going
//! through rules, and whatever differs is asked of the rules from the beginning. A cache of fixed size; of those that
//! have one place, the one that was right more often stays.

use std::hash::Hasher;

use arrayvec::ArrayVec;
use rustc_hash::FxHasher;

use super::atoms::{AtomId, Deciders, bit_of};
use super::memo::{self, RULE_WORDS};
use super::scratch::Word;

/// Most courses remembered.
const COURSES: usize = 256;

/// Most comparisons that a course works out.
const FOUND: usize = 32;

/// Most words of bits of those that it knows without, or along with others.
const KNOWN: usize = 12;

/// How often a course must be wrong in a row, at most, before another takes its place.
const MOST_TRUST: u8 = 8;

/// Where a course begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Start {
    /// Which rules they are.
    pub(super) list: u32,
    /// Where the kind of the event's subject stands in the memo, and whether the event failed.
    pub(super) kind: Option<u16>,
    pub(super) failed: bool,
    /// The rules ruled out before anything is asked, as bits. One number, which is compared in the parts in which it was
    /// just written.
    pub(super) rejected: u128,
}

/// Rules that a course rules out, by who decides that.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Rejections {
    pub(super) process: [u64; RULE_WORDS],
    pub(super) kind: [u64; RULE_WORDS],
    /// The subject or its kind.
    pub(super) subject: [u64; RULE_WORDS],
}

/// See the module.
#[derive(Debug, Clone, Default)]
pub(super) struct Course {
    start: Start,
    /// What was worked out, in order.
    pub(super) found: ArrayVec<Found, FOUND>,
    /// What was asked and known: word, atoms, and which of them were true.
    known: ArrayVec<(usize, u64, u64), KNOWN>,
    pub(super) rejections: Rejections,
    /// 0 for none that can be followed.
    trust: u8,
}

/// An atom that was worked out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found {
    pub(super) atom: AtomId,
    pub(super) decider: Deciders,
    pub(super) truth: bool,
}

impl Course {
    /// An empty one from there.
    pub(super) fn from(start: Start) -> Course {
        Course { start, trust: 1, ..Course::default() }
    }

    /// Whether `words` say all that was known.
    #[inline]
    pub(super) fn agrees(&self, words: &[Word]) -> bool {
        self.known.iter().all(|&(word, mask, truth)| {
            words.get(word).is_some_and(|bits| bits.known & mask == mask && bits.truth & mask == truth)
        })
    }

    /// Notes that an atom was asked, and had to be worked out if it was `found`.
    pub(super) fn notes(&mut self, atom: AtomId, decider: Deciders, truth: bool, found: bool) {
        if found {
            self.finds(atom, decider, truth);
        } else {
            self.knows(atom, truth);
        }
    }

    fn finds(&mut self, atom: AtomId, decider: Deciders, truth: bool) {
        if self.found.try_push(Found { atom, decider, truth }).is_err() {
            self.trust = 0;
        }
    }

    fn knows(&mut self, atom: AtomId, truth: bool) {
        let (word, mask) = bit_of(atom);
        let truth = if truth { mask } else { 0 };
        if let Some((_, asked, true_ones)) = self.known.iter_mut().find(|(at, ..)| *at == word) {
            (*asked, *true_ones) = (*asked | mask, *true_ones | truth);
        } else if self.known.try_push((word, mask, truth)).is_err() {
            self.trust = 0;
        }
    }

    /// Notes that the rules from number `from` until `until` were ruled out, as `deciders` said; `by_kind` are those of
    /// the kind.
    pub(super) fn rejects(&mut self, from: u32, until: u32, deciders: Deciders, by_kind: Deciders) {
        if deciders.are_within(Deciders::PROCESS) {
            memo::set(&mut self.rejections.process, from, until);
        } else if deciders.are_within(by_kind.and(Deciders::SUBJECT)) {
            memo::set(&mut self.rejections.subject, from, until);
            if deciders.are_within(by_kind) {
                memo::set(&mut self.rejections.kind, from, until);
            }
        }
    }
}

/// The courses met lately.
#[derive(Debug, Default)]
pub(super) struct Courses {
    all: Vec<Course>,
}

impl Courses {
    pub(super) fn new() -> Courses {
        Courses { all: vec![Course::default(); COURSES] }
    }

    /// The place of courses from `start`.
    #[inline]
    pub(super) fn place(&self, start: &Start) -> usize {
        let kind = start.kind.map_or(0, |kind| u64::from(kind) + 1);
        let mut hasher = FxHasher::default();
        hasher.write_u64(u64::from(start.list) << 32 | kind << 1 | u64::from(start.failed));
        hasher.write_u128(start.rejected);
        memo::scale(hasher.finish(), self.all.len())
    }

    /// The course at `place`, if it begins at `start`.
    #[inline]
    pub(super) fn at(&self, place: usize, start: &Start) -> Option<&Course> {
        self.all.get(place).filter(|course| course.trust > 0 && course.start == *start)
    }

    /// Notes that the course at `place` was right.
    #[inline]
    pub(super) fn trust(&mut self, place: usize) {
        if let Some(course) = self.all.get_mut(place) {
            course.trust = (course.trust + 1).min(MOST_TRUST);
        }
    }

    /// Notes that the course at `place` was not right; tells whether another shall take its place.
    pub(super) fn distrust(&mut self, place: usize) -> bool {
        self.all.get_mut(place).is_some_and(|course| {
            course.trust = course.trust.saturating_sub(1);
            course.trust == 0
        })
    }

    /// Remembers `course` at `place`, unless it became too long.
    pub(super) fn keep(&mut self, place: usize, course: Course) {
        if let Some(kept) = self.all.get_mut(place).filter(|_| course.trust > 0) {
            *kept = course;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(rejected: u128) -> Start {
        Start { rejected, ..Start::default() }
    }

    #[test]
    fn a_course_holds_from_where_it_began_only() {
        let mut courses = Courses::new();
        let place = courses.place(&start(1));
        assert!(courses.at(place, &start(1)).is_none() && courses.distrust(place));
        courses.keep(place, Course::from(start(1)));
        assert!(courses.at(place, &start(1)).is_some());
        for other in [
            start(3),
            Start { list: 1, ..start(1) },
            Start { failed: true, ..start(1) },
            Start { kind: Some(0), ..start(1) },
        ] {
            assert!(courses.at(place, &other).is_none());
        }
    }

    #[test]
    fn all_that_a_course_knew_must_be_known_and_the_same() {
        let mut course = Course::from(start(0));
        course.notes(1, Deciders::NONE, true, false);
        course.notes(2, Deciders::NONE, false, false);
        let agrees = |known, truth| course.agrees(&[Word { known, truth }]);
        assert!(agrees(0b110, 0b010) && agrees(0b1111, 0b1011));
        assert!(!agrees(0b010, 0b010) && !agrees(0b110, 0b110) && !agrees(0b110, 0));
        assert!(!course.agrees(&[]));
    }

    #[test]
    fn a_course_that_is_right_stays_until_it_is_wrong_more_often() {
        let mut courses = Courses::new();
        let place = courses.place(&start(0));
        courses.keep(place, Course::from(start(0)));
        (0..100).for_each(|_| courses.trust(place));
        let wrong = (1..).find(|_| courses.distrust(place));
        assert_eq!(wrong, Some(i32::from(MOST_TRUST)));
        assert!(courses.at(place, &start(0)).is_none());
    }

    #[test]
    fn a_course_that_is_too_long_is_not_remembered() {
        let mut courses = Courses::new();
        let (mut found, mut known) = (Course::from(start(0)), Course::from(start(0)));
        for atom in (0..).take(FOUND + 1) {
            found.notes(atom, Deciders::NONE, true, true);
            known.notes(atom * 64, Deciders::NONE, true, false);
        }
        for course in [found, known] {
            courses.keep(0, course);
            assert!(courses.at(0, &start(0)).is_none());
        }
    }

    #[test]
    fn rules_are_ruled_out_for_whatever_decided_it() {
        let mut course = Course::from(start(0));
        course.rejects(0, 1, Deciders::PROCESS, Deciders::KIND);
        course.rejects(1, 2, Deciders::KIND, Deciders::KIND);
        course.rejects(2, 3, Deciders::SUBJECT.and(Deciders::KIND), Deciders::KIND);
        course.rejects(3, 4, Deciders::EVENT.and(Deciders::KIND), Deciders::KIND);
        course.rejects(4, 5, Deciders::FAILURE, Deciders::KIND);
        let Rejections { process, kind, subject } = course.rejections;
        assert_eq!((process[0], kind[0], subject[0]), (0b1, 0b10, 0b110));
    }
}
