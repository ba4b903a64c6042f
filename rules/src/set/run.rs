//! One event against all rules that can match it. HOT PATH.

use super::Matching;
use super::atoms::{Atom, AtomId, bit_of};
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
    let values = emptied(std::mem::take(&mut scratch.values));
    let several = emptied(std::mem::take(&mut scratch.several));
    let mut run = Run { plan, scratch, source, values, several };
    run.all(entries, observer);
    let (values, several) = (emptied(run.values), emptied(run.several));
    scratch.values = values;
    scratch.several = several;
    scratch.matches.sort_unstable();
    if matching == Matching::First {
        scratch.matches.truncate(1);
    }
    &scratch.matches
}

/// The same room without its values, for values that live for another time. Collecting in place keeps the
/// allocation.
fn emptied<A, B>(mut values: Vec<A>) -> Vec<B> {
    values.clear();
    values.into_iter().filter_map(|_| None).collect()
}

struct Run<'r, 's, S: ?Sized> {
    plan: &'s Plan,
    scratch: &'r mut Scratch,
    source: &'s S,
    /// Values fetched for this event; `None`: missing.
    values: Vec<Option<Value<'s>>>,
    /// Room for the values of a field that has several.
    several: Vec<Value<'s>>,
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
        let (mut at, mut lasting) = (start, true);
        loop {
            match at {
                MATCH => return (true, lasting),
                FAIL => return (false, lasting),
                _ => {}
            }
            let Some(step) = usize::try_from(at).ok().and_then(|at| self.plan.steps.get(at)) else {
                return (false, false);
            };
            lasting &= self.plan.atoms.lasts(step.atom);
            at = if self.atom(step.atom, observer) { step.if_true } else { step.if_false };
        }
    }

    fn atom<O: Observer>(&mut self, id: AtomId, observer: &mut O) -> bool {
        let (word, mask) = bit_of(id);
        if let (Some(known), Some(truth)) = (self.scratch.known.get(word), self.scratch.truth.get(word))
            && known & mask != 0
        {
            return truth & mask != 0;
        }
        let truth = self.find_out(id, word, mask, observer);
        if let (Some(known), Some(bits)) =
            (self.scratch.known.get_mut(word), self.scratch.truth.get_mut(word))
        {
            *known |= mask;
            if truth {
                *bits |= mask;
            }
        }
        truth
    }

    fn find_out<O: Observer>(&mut self, id: AtomId, word: usize, mask: u64, observer: &mut O) -> bool {
        let plan = self.plan;
        let Some(atom) = usize::try_from(id).ok().and_then(|id| plan.atoms.atoms.get(id)) else {
            return false;
        };
        observer.compares(&atom.test);
        let Some(slot) = atom.slot else {
            return naive::test_holds_with(&atom.test, self.source, &mut self.several);
        };
        let place = self.fetch(slot);
        // Fetching answers all equality atoms of the slot, perhaps this one.
        if let (Some(known), Some(truth)) = (self.scratch.known.get(word), self.scratch.truth.get(word))
            && known & mask != 0
        {
            return truth & mask != 0;
        }
        match (self.values.get(place), atom.group) {
            (Some(Some(Value::Bytes(bytes))), Some(kind)) => {
                let bytes = compare::until_nul(bytes);
                answer(plan, slot, kind, bytes, self.scratch);
                self.scratch.truth.get(word).is_some_and(|truth| truth & mask != 0)
            }
            (Some(Some(value)), None) => holds(atom, value, self.source),
            _ => false,
        }
    }

    /// Fetches the value of a slot unless this event has it already; gives its place in `values`.
    fn fetch(&mut self, number: usize) -> usize {
        let event = self.scratch.event;
        let Some(fetched) = self.scratch.fetched.get_mut(number) else { return usize::MAX };
        if fetched.0 == event {
            return usize::try_from(fetched.1).unwrap_or(usize::MAX);
        }
        let place = self.values.len();
        *fetched = (event, u32::try_from(place).unwrap_or(u32::MAX));
        let plan = self.plan;
        let Some(slot) = plan.atoms.slots.get(number) else { return usize::MAX };
        let value = self.source.value(&slot.field);
        for &(word, mask) in &slot.grouped {
            if let Some(known) = self.scratch.known.get_mut(word) {
                *known |= mask;
            }
            // Bits remembered from an earlier event of the process are worked out anew.
            if let Some(truth) = self.scratch.truth.get_mut(word) {
                *truth &= !mask;
            }
        }
        if let Some(Value::Bytes(bytes)) = &value {
            let bytes = compare::until_nul(bytes);
            for &(word, mask) in &slot.unless {
                if let Some(truth) = self.scratch.truth.get_mut(word) {
                    *truth |= mask;
                }
            }
            if slot.lengths >> bytes.len().min(63) & 1 == 1
                && let Some(flips) = slot.exact.get(bytes)
            {
                for &(word, mask) in flips {
                    if let Some(truth) = self.scratch.truth.get_mut(word) {
                        *truth ^= mask;
                    }
                }
            }
        }
        self.values.push(value);
        place
    }
}

/// Answers all atoms of a group.
fn answer(plan: &Plan, slot: usize, kind: GroupKind, value: &[u8], scratch: &mut Scratch) {
    let Some(slot) = plan.atoms.slots.get(slot) else { return };
    for &(word, mask) in slot.groups.bits(kind) {
        if let (Some(known), Some(truth)) = (scratch.known.get_mut(word), scratch.truth.get_mut(word)) {
            *known |= mask;
            *truth &= !mask;
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
    slot.groups.answer(kind, value, &mut scratch.truth, &slow);
}

fn holds<S: FieldSource + ?Sized>(atom: &Atom, value: &Value<'_>, source: &S) -> bool {
    match &atom.test.right {
        Rhs::Constants(constants) => naive::value_holds(&atom.test, value, constants),
        Rhs::Nothing => false,
        Rhs::Extract(_) => naive::test_holds(&atom.test, source),
    }
}
