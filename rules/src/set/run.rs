//! One event against all rules that can match it. HOT PATH.
//!
//! Values of fields are fetched once and stand in an array on the stack, because they borrow from the event.

use std::borrow::Cow;

use arrayvec::ArrayVec;

use super::Matching;
use super::atoms::{Atom, AtomId, Quick, Slot, bit_of};
use super::profile::Observer;
use super::program::{FAIL, MATCH, Plan, Program};
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
    let entries = plan.entries(source.event_type());
    if entries.is_empty() {
        scratch.matches.clear();
        return &scratch.matches;
    }
    scratch.ensure(plan);
    scratch.begin(source.process_version(), source.epoch());
    Run { plan, scratch, source, values: ArrayVec::new() }.all(entries, observer);
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
    scratch: &'r mut Scratch,
    source: &'s S,
    /// Values fetched for this event; `None`: missing.
    values: ArrayVec<Option<Value<'s>>, MAX_VALUES>,
}

impl<S: FieldSource + ?Sized> Run<'_, '_, S> {
    /// Goes through the entries of an event type and notes the rules that match.
    fn all<O: Observer>(&mut self, entries: &[Entry], observer: &mut O) {
        let mut at = 0;
        while let Some(entry) = entries.get(at) {
            at += 1;
            match *entry {
                Entry::Guard { start, end } => {
                    observer.shares();
                    if !self.matches(start, observer).0 {
                        at = usize::try_from(end).unwrap_or(usize::MAX);
                    }
                }
                Entry::Program(program) => self.ask(program, observer),
            }
        }
    }

    /// Asks what is left of a rule, unless it is known to be false of the process.
    fn ask<O: Observer>(&mut self, program: Program, observer: &mut O) {
        let (word, mask) = bit_of(program.number);
        if self.scratch.rejected.get(word).is_some_and(|rejected| rejected & mask != 0) {
            return;
        }
        observer.tries(program.rule);
        let (matches, lasting) = self.matches(program.start, observer);
        if matches {
            observer.matches();
            self.scratch.matches.push(program.rule);
        } else if lasting && let Some(rejected) = self.scratch.rejected.get_mut(word) {
            *rejected |= mask;
        }
    }

    /// Whether the program that starts there matches, and whether only lasting atoms were asked to know it.
    fn matches<O: Observer>(&mut self, start: u32, observer: &mut O) -> (bool, bool) {
        let (steps, lasting_atoms) = (self.plan.steps.as_slice(), self.plan.atoms.lasting_atoms);
        let (mut at, mut lasting) = (start, true);
        while at < FAIL {
            let Some(step) = usize::try_from(at).ok().and_then(|at| steps.get(at)) else {
                return (false, false);
            };
            lasting &= step.atom < lasting_atoms;
            let (word, mask) = bit_of(step.atom);
            let truth = match self.scratch.words.get(word) {
                Some(bits) if bits.known & mask != 0 => bits.truth & mask != 0,
                _ => self.find_out(step.atom, word, mask, observer),
            };
            at = if truth { step.if_true } else { step.if_false };
        }
        (at == MATCH, lasting)
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
                match self.values.get(place) {
                    Some(Some(value)) => match (value, atom.group) {
                        (Value::Bytes(bytes), Some(kind)) => {
                            answer(plan, slot, kind, bytes, self.scratch);
                            return self.scratch.words.get(word).is_some_and(|bits| bits.truth & mask != 0);
                        }
                        _ => holds(atom, value, self.source),
                    },
                    Some(None) => false,
                    // There was no room for it.
                    None => naive::test_holds(&atom.test, self.source),
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
        let place = self.values.len();
        *fetched = (event, u32::try_from(place).unwrap_or(u32::MAX));
        let mut value = self.source.value(&slot.field);
        if slot.is_text
            && let Some(Value::Bytes(bytes)) = &mut value
        {
            end_at_nul(bytes);
        }
        let words = &mut self.scratch.words;
        for &(word, mask) in &slot.grouped {
            // Bits remembered from an earlier event of the process are worked out anew.
            if let Some(bits) = words.get_mut(word) {
                bits.learn(mask, false);
            }
        }
        if let Some(Value::Bytes(bytes)) = &value
            && !slot.grouped.is_empty()
        {
            for &(word, mask) in &slot.unless {
                if let Some(bits) = words.get_mut(word) {
                    bits.truth |= mask;
                }
            }
            if slot.lengths >> bytes.len().min(63) & 1 == 1
                && let Some(flips) = slot.exact.get(bytes.as_ref())
            {
                for &(word, mask) in flips {
                    if let Some(bits) = words.get_mut(word) {
                        bits.truth ^= mask;
                    }
                }
            }
        }
        match self.values.try_push(value) {
            Ok(()) => place,
            Err(_) => usize::MAX,
        }
    }
}

/// Strings end at their first NUL, see [`compare::until_nul`].
fn end_at_nul(bytes: &mut Cow<'_, [u8]>) {
    let len = compare::until_nul(bytes).len();
    match bytes {
        Cow::Borrowed(whole) => *whole = whole.get(..len).unwrap_or(whole),
        Cow::Owned(whole) => whole.truncate(len),
    }
}

/// Answers all atoms of a group.
fn answer(plan: &Plan, slot: &Slot, kind: GroupKind, value: &[u8], scratch: &mut Scratch) {
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
    slot.groups.answer(kind, value, &mut scratch.words, &slow);
}

fn holds<S: FieldSource + ?Sized>(atom: &Atom, value: &Value<'_>, source: &S) -> bool {
    match (atom.quick, value) {
        (Quick::Bool(wanted), Value::Bool(value)) => return *value == wanted,
        (Quick::Int(op, right), Value::Int(left)) => return compare::ordered(op, left, &right),
        (Quick::Uint(op, right), Value::Uint(left)) => return compare::ordered(op, left, &right),
        _ => {}
    }
    match &atom.test.right {
        Rhs::Constants(constants) => naive::value_holds(&atom.test, value, constants),
        Rhs::Nothing => false,
        Rhs::Extract(_) => naive::test_holds(&atom.test, source),
    }
}
