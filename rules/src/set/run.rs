//! One event against all rules that can match it. HOT PATH.
//!
//! Values of fields are fetched once and stand in an array on the stack, because they borrow from the event.

use std::borrow::Cow;

use arrayvec::ArrayVec;

use super::Matching;
use super::atoms::{Atom, AtomId, Deciders, Quick, Slot, bit_of};
use super::course::Course;
use super::memo;
use super::profile::Observer;
use super::program::{FAIL, MATCH, Plan, Planned};
use super::scratch::Scratch;
use super::strings::GroupKind;
use super::tree::Entry;
use crate::check::Rhs;
use crate::eval::{compare, naive};
use crate::field::FieldSource;
use crate::rule::RuleId;
use crate::value::Value;

/// The rules that match, in order.
pub(super) fn evaluate<'m, S: FieldSource + ?Sized, O: Observer>(
    plan: &Plan,
    scratch: &'m mut Scratch,
    source: &S,
    matching: Matching,
    observer: &mut O,
) -> &'m [RuleId] {
    let Some(planned) = plan.list(source.event_type()) else {
        scratch.matches.clear();
        return &scratch.matches;
    };
    scratch.ensure(plan);
    scratch.begin(source.process_version(), source.epoch());
    if scratch.may_match(planned, source) {
        scratch.forget_event();
        let mut run = Run { plan, planned, scratch, source, values: Values::default(), taught: false };
        if O::WATCHES {
            run.all(observer);
        } else {
            run.all_in_short(observer);
        }
        if run.taught {
            scratch.keep_kind();
        }
    }
    if scratch.matches.len() > 1 {
        scratch.matches.sort_unstable();
        if matching == Matching::First {
            scratch.matches.truncate(1);
        }
    }
    &scratch.matches
}

/// The same room without its values, for values that live for another time. Collecting in place keeps the
/// allocation.
fn emptied<A, B>(mut values: Vec<A>) -> Vec<B> {
    values.clear();
    values.into_iter().filter_map(|_| None).collect()
}

/// Most values kept for an event; whatever is asked beyond them is fetched anew for every comparison.
const MAX_VALUES: usize = 24;

struct Run<'r, 's, S: ?Sized> {
    plan: &'s Plan,
    planned: &'s Planned,
    scratch: &'r mut Scratch,
    source: &'s S,
    /// Values fetched for this event.
    values: Values<'s>,
    /// Whether something was found out that the kind of the event's subject decides, which is to be kept.
    taught: bool,
}

/// Values of an event. Kept in parts: a value that is copied whole right after it was written in parts makes the
/// processor wait for the parts, which took two thirds of what answering an atom cost.
#[derive(Default)]
struct Values<'s> {
    kinds: ArrayVec<Kind, MAX_VALUES>,
    numbers: ArrayVec<u64, MAX_VALUES>,
    texts: ArrayVec<&'s [u8], MAX_VALUES>,
    /// Those that are neither numbers nor borrowed.
    others: ArrayVec<Value<'s>, MAX_VALUES>,
}

#[derive(Clone, Copy)]
enum Kind {
    Missing,
    Bool,
    Int,
    Uint,
    Text,
    /// In the list of others, at the place that the number tells.
    Other,
}

impl<'s> Values<'s> {
    /// Adds a value unless there is no room.
    #[inline]
    fn add(&mut self, kind: Kind, number: u64, text: &'s [u8]) {
        // All lists are of one length.
        if !self.kinds.is_full() {
            self.kinds.push(kind);
            self.numbers.push(number);
            self.texts.push(text);
        }
    }

    fn add_other(&mut self, value: Value<'s>) {
        let place = self.others.len() as u64;
        if self.others.try_push(value).is_ok() {
            self.add(Kind::Other, place, b"");
        }
    }
}

impl<S: FieldSource + ?Sized> Run<'_, '_, S> {
    /// As [`Self::all`], for an event that may take the course of another.
    fn all_in_short<O: Observer>(&mut self, observer: &mut O) {
        let Some(start) = self.scratch.start(self.planned) else { return self.all(observer) };
        // Out of the scratch, so that a course can be looked at while that changes.
        let mut courses = std::mem::take(&mut self.scratch.courses);
        let place = courses.place(&start);
        if let Some(course) = courses.at(place, &start).filter(|course| self.takes(course, observer)) {
            self.scratch.follow(self.planned, &course.rejections);
            courses.trust(place);
        } else {
            self.scratch.draft = courses.distrust(place).then(|| Course::from(start));
            self.all(observer);
            if let Some(draft) = self.scratch.draft.take().filter(|_| self.scratch.matches.is_empty()) {
                courses.keep(place, draft);
            }
        }
        self.scratch.courses = courses;
    }

    /// Whether the event gives all answers of a course, which is asked of it.
    #[inline]
    fn takes<O: Observer>(&mut self, course: &Course, observer: &mut O) -> bool {
        let mut found = course.found.iter();
        found.all(|found| self.ask(found.atom, found.decider, observer).0 == found.truth)
            && course.agrees(&self.scratch.words)
    }

    /// Whether an atom is true, and whether that had to be worked out.
    #[inline]
    fn ask<O: Observer>(&mut self, atom: AtomId, decider: Deciders, observer: &mut O) -> (bool, bool) {
        let (word, mask) = bit_of(atom);
        match self.scratch.words.get(word) {
            Some(bits) if bits.known & mask != 0 => (bits.truth & mask != 0, false),
            _ => {
                self.taught |= decider.are_within(self.scratch.places.kept());
                (self.find_out(atom, word, mask, observer), true)
            }
        }
    }

    /// Goes through the entries of the event's type, but for what is known not to match, and notes the rules that match.
    fn all<O: Observer>(&mut self, observer: &mut O) {
        let entries = self.planned.list.entries.as_slice();
        let mut at = 0;
        while let Some(entry) = entries.get(at) {
            at += 1;
            match *entry {
                Entry::Guard { start, end, from, until } => {
                    let rejected = memo::are_set(&self.scratch.rejected_now, from, until) || {
                        observer.shares();
                        !self.matches(start, from, until, observer)
                    };
                    if rejected {
                        at = usize::try_from(end).unwrap_or(usize::MAX);
                    }
                }
                Entry::Rule { start, rule, number } => {
                    let (word, mask) = bit_of(number);
                    if self.scratch.rejected_now.get(word).is_some_and(|rejected| rejected & mask != 0) {
                        continue;
                    }
                    observer.tries(rule);
                    if self.matches(start, number, number + 1, observer) {
                        observer.matches();
                        self.scratch.matches.push(rule);
                    }
                }
            }
        }
    }

    /// Whether the program that starts there matches, on which the rules from number `from` until `until` depend.
    fn matches<O: Observer>(&mut self, start: u32, from: u32, until: u32, observer: &mut O) -> bool {
        let steps = self.plan.steps.as_slice();
        let (mut at, mut part, mut asked) = (start, MATCH, Deciders::NONE);
        while at < FAIL {
            let Some(step) = usize::try_from(at).ok().and_then(|at| steps.get(at)) else { return false };
            // One part that fails is enough, so that it does not matter who let those before it pass.
            asked = if step.part == part { asked.and(step.decider) } else { step.decider };
            part = step.part;
            let (truth, found) = self.ask(step.atom, step.decider, observer);
            if let Some(draft) = &mut self.scratch.draft {
                draft.notes(step.atom, step.decider, truth, found);
            }
            // A jump, which is foretold most of the time, and not a choice that waits for the bits.
            at = if truth {
                step.if_true
            } else {
                std::hint::cold_path();
                step.if_false
            };
        }
        if at != MATCH {
            self.scratch.reject(self.planned, from, until, asked);
        }
        at == MATCH
    }

    /// Answers an atom, and whatever is answered with it.
    #[inline(never)]
    fn find_out<O: Observer>(&mut self, id: AtomId, word: usize, mask: u64, observer: &mut O) -> bool {
        let plan = self.plan;
        let Some(atom) = usize::try_from(id).ok().and_then(|id| plan.atoms.atoms.get(id)) else {
            return false;
        };
        observer.compares(&atom.test);
        let slot = atom.slot.and_then(|number| Some((number, plan.atoms.slots.get(number)?)));
        let truth = match slot {
            None => self.find_out_of_several(atom),
            Some((number, slot)) => {
                let place = self.fetch(number, slot);
                // Fetching answers all equality atoms of the slot, perhaps this one.
                if let Some(bits) = self.scratch.words.get(word)
                    && bits.known & mask != 0
                {
                    return bits.truth & mask != 0;
                }
                let known = (
                    self.values.kinds.get(place),
                    self.values.numbers.get(place),
                    self.values.texts.get(place),
                );
                match known {
                    (Some(Kind::Missing), ..) => false,
                    (Some(Kind::Text), _, Some(text)) => match atom.group {
                        Some(kind) => {
                            answer(plan, slot, kind, id, text, self.scratch);
                            return self.scratch.words.get(word).is_some_and(|bits| bits.truth & mask != 0);
                        }
                        None => holds(atom, &Value::Bytes(Cow::Borrowed(text)), self.source),
                    },
                    (Some(Kind::Bool), Some(&number), _) => match atom.quick {
                        Quick::Bool(wanted) => (number != 0) == wanted,
                        _ => holds(atom, &Value::Bool(number != 0), self.source),
                    },
                    (Some(Kind::Int), Some(&number), _) => match atom.quick {
                        Quick::Int(op, right) => compare::ordered(op, &number.cast_signed(), &right),
                        _ => holds(atom, &Value::Int(number.cast_signed()), self.source),
                    },
                    (Some(Kind::Uint), Some(&number), _) => match atom.quick {
                        Quick::Uint(op, right) => compare::ordered(op, &number, &right),
                        _ => holds(atom, &Value::Uint(number), self.source),
                    },
                    (Some(Kind::Other), Some(&number), _) => {
                        let value = usize::try_from(number).ok().and_then(|at| self.values.others.get(at));
                        match (value, atom.group) {
                            (Some(Value::Bytes(bytes)), Some(kind)) => {
                                answer(plan, slot, kind, id, bytes, self.scratch);
                                return self
                                    .scratch
                                    .words
                                    .get(word)
                                    .is_some_and(|bits| bits.truth & mask != 0);
                            }
                            (Some(value), _) => holds(atom, value, self.source),
                            (None, _) => false,
                        }
                    }
                    // There was no room for it.
                    _ => naive::test_holds(&atom.test, self.source),
                }
            }
        };
        if let Some(bits) = self.scratch.words.get_mut(word) {
            bits.learn(mask, truth);
        }
        truth
    }

    /// Answers an atom of something that is no slot.
    fn find_out_of_several(&mut self, atom: &Atom) -> bool {
        let mut several = emptied(std::mem::take(&mut self.scratch.several));
        let truth = naive::test_holds_with(&atom.test, self.source, &mut several);
        self.scratch.several = emptied(several);
        truth
    }

    /// Fetches the value of a slot unless this event has it already; gives its place in `values`.
    fn fetch(&mut self, number: usize, slot: &Slot) -> usize {
        let event = self.scratch.event;
        let Some(fetched) = self.scratch.fetched.get_mut(number) else { return usize::MAX };
        if fetched.0 == event {
            return usize::try_from(fetched.1).unwrap_or(usize::MAX);
        }
        let place = self.values.kinds.len();
        *fetched = (event, u32::try_from(place).unwrap_or(u32::MAX));
        match self.source.value(&slot.field) {
            Some(Value::Bytes(Cow::Borrowed(bytes))) => {
                let bytes = if slot.is_text { compare::until_nul(bytes) } else { bytes };
                self.learn_equal(slot, Some(bytes));
                self.values.add(Kind::Text, 0, bytes);
            }
            Some(Value::Bytes(Cow::Owned(mut bytes))) => {
                if slot.is_text {
                    // Strings end at their first NUL.
                    bytes.truncate(compare::until_nul(&bytes).len());
                }
                self.learn_equal(slot, Some(&bytes));
                self.values.add_other(Value::Bytes(Cow::Owned(bytes)));
            }
            Some(Value::Bool(value)) => self.values.add(Kind::Bool, value.into(), b""),
            Some(Value::Int(value)) => self.values.add(Kind::Int, value.cast_unsigned(), b""),
            Some(Value::Uint(value)) => self.values.add(Kind::Uint, value, b""),
            Some(value) => self.values.add_other(value),
            None => {
                self.learn_equal(slot, None);
                self.values.add(Kind::Missing, 0, b"");
            }
        }
        place
    }

    /// Answers all equality atoms of a slot whose value is `text`, or is none.
    #[inline]
    fn learn_equal(&mut self, slot: &Slot, text: Option<&[u8]>) {
        let words = &mut self.scratch.words;
        for &(word, mask) in &slot.grouped {
            // Bits remembered from an earlier event of the process are worked out anew.
            if let Some(bits) = words.get_mut(word) {
                bits.learn(mask, false);
            }
        }
        let Some(text) = text.filter(|_| !slot.grouped.is_empty()) else { return };
        for &(word, mask) in &slot.unless {
            if let Some(bits) = words.get_mut(word) {
                bits.truth |= mask;
            }
        }
        if slot.lengths >> text.len().min(63) & 1 == 1
            && let Some(flips) = slot.exact.get(text)
        {
            for &(word, mask) in flips {
                if let Some(bits) = words.get_mut(word) {
                    bits.truth ^= mask;
                }
            }
        }
    }
}

/// Answers atom `asked` of a group, and with it all others that take no more than a look.
fn answer(plan: &Plan, slot: &Slot, kind: GroupKind, asked: AtomId, value: &[u8], scratch: &mut Scratch) {
    for &(word, mask) in slot.groups.bits(kind) {
        if let Some(bits) = scratch.words.get_mut(word) {
            bits.learn(mask, false);
        }
    }
    let slow = |id: AtomId| {
        let atom = usize::try_from(id).ok().and_then(|id| plan.atoms.atoms.get(id));
        atom.is_some_and(|atom| match &atom.test.right {
            Rhs::Constants(constants) => {
                naive::value_holds(&atom.test, &Value::Bytes(value.into()), constants)
            }
            _ => false,
        })
    };
    slot.groups.answer(kind, asked, value, &mut scratch.words, &slow);
}

fn holds<S: FieldSource + ?Sized>(atom: &Atom, value: &Value<'_>, source: &S) -> bool {
    match &atom.test.right {
        Rhs::Constants(constants) => naive::value_holds(&atom.test, value, constants),
        Rhs::Nothing => false,
        Rhs::Extract(_) => naive::test_holds(&atom.test, source),
    }
}
