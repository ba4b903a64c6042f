//! Rules as programs over atoms, indexed by event type.
//!
//! A program is a decision graph: ask an atom, go on here or there, until it is clear whether the rule matches.
//! It never asks more than it must.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::atoms::{AtomId, Atoms};
use super::fold::{Folded, fold};
use crate::check::{Cond, Test};
use crate::rule::{Rule, RuleId};

/// Everything that evaluation needs.
#[derive(Debug)]
pub(super) struct Plan {
    /// Tells plans apart, so that a scratch is not used with the wrong one.
    pub(super) id: u64,
    pub(super) atoms: Atoms,
    pub(super) steps: Vec<Step>,
    /// Number of different programs.
    pub(super) programs: usize,
    by_type: Vec<Vec<Program>>,
}

/// A rule as of an event type: where its program starts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Program {
    pub(super) rule: RuleId,
    pub(super) start: u32,
    /// Which of the different programs it is.
    pub(super) number: u32,
}

/// Ask an atom and go on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    pub(super) atom: AtomId,
    pub(super) if_true: u32,
    pub(super) if_false: u32,
}

/// Where a program ends: the rule matches.
pub(super) const MATCH: u32 = u32::MAX;
/// Where a program ends: it does not.
pub(super) const FAIL: u32 = u32::MAX - 1;

static NEXT_ID: AtomicU64 = AtomicU64::new(1);

impl Plan {
    /// Plans the evaluation of those of `rules` that are `active`. `names`: of every event type.
    pub(super) fn new(rules: &[Rule], active: &[bool], names: &[Option<String>]) -> Plan {
        let active: Vec<&Rule> =
            rules.iter().zip(active).filter(|(_, a)| **a).map(|(rule, _)| rule).collect();
        let mut tests = Tests::default();
        active.iter().for_each(|rule| tests.collect(&rule.test));
        let (atoms, numbers) = Atoms::new(tests.list);
        let mut assembler = Assembler { steps: Vec::new(), numbers, known: HashMap::new() };
        let mut by_type = Vec::with_capacity(names.len());
        for (ty, name) in (0u16..).zip(names) {
            let mut programs = Vec::new();
            for rule in active.iter().filter(|rule| rule.event_types.contains(ty)) {
                let folded = fold(&rule.test, name.as_deref());
                if folded != Folded::Always(false) {
                    let (start, number) = assembler.program(folded);
                    programs.push(Program { rule: rule.id, start, number });
                }
            }
            by_type.push(programs);
        }
        Plan {
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            atoms,
            programs: assembler.known.len(),
            steps: assembler.steps,
            by_type,
        }
    }

    pub(super) fn wants(&self, ty: u16) -> bool {
        !self.programs(ty).is_empty()
    }

    pub(super) fn programs(&self, ty: u16) -> &[Program] {
        self.by_type.get(usize::from(ty)).map_or(&[], Vec::as_slice)
    }

    pub(super) fn atom_count(&self) -> usize {
        self.atoms.count
    }
}

/// Distinct tests, in order of first occurrence.
#[derive(Default)]
struct Tests {
    list: Vec<Arc<Test>>,
    seen: std::collections::HashSet<*const Test>,
}

impl Tests {
    fn collect(&mut self, cond: &Cond) {
        match cond {
            Cond::And(children) | Cond::Or(children) => children.iter().for_each(|c| self.collect(c)),
            Cond::Not(child) => self.collect(child),
            Cond::Test(test) => {
                if self.seen.insert(Arc::as_ptr(test)) {
                    self.list.push(Arc::clone(test));
                }
            }
        }
    }
}

struct Assembler {
    steps: Vec<Step>,
    numbers: HashMap<*const Test, AtomId>,
    /// Programs that exist already: most event types leave the same of a rule.
    known: HashMap<Folded, (u32, u32)>,
}

impl Assembler {
    /// Where the program for a condition starts, and its number.
    fn program(&mut self, folded: Folded) -> (u32, u32) {
        if let Some(&program) = self.known.get(&folded) {
            return program;
        }
        let number = u32::try_from(self.known.len()).unwrap_or(u32::MAX);
        let start = self.assemble(&folded, MATCH, FAIL);
        self.known.insert(folded, (start, number));
        (start, number)
    }

    /// Appends steps that go to `if_true` or `if_false`; gives where they start.
    fn assemble(&mut self, folded: &Folded, if_true: u32, if_false: u32) -> u32 {
        match folded {
            Folded::Always(true) => if_true,
            Folded::Always(false) => if_false,
            Folded::Not(child) => self.assemble(child, if_false, if_true),
            // From the last to the first, so that every step knows where to go on.
            Folded::And(children) => {
                children.iter().rev().fold(if_true, |next, child| self.assemble(child, next, if_false))
            }
            Folded::Or(children) => {
                children.iter().rev().fold(if_false, |next, child| self.assemble(child, if_true, next))
            }
            Folded::Atom(test) => {
                let Some(&atom) = self.numbers.get(test) else { return if_false };
                self.steps.push(Step { atom, if_true, if_false });
                u32::try_from(self.steps.len() - 1).unwrap_or(FAIL)
            }
        }
    }
}
