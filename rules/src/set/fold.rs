//! Conditions as of an event type: what its type decides is decided, what follows from that worked out.
//!
//! Takes a checked condition, gives a [`Folded`] one: comparisons as numbered literals, `not` only in front of them
//! (moved inwards by De Morgan's laws), `and` within `and` and `or` within `or` made flat, nothing twice, and the parts
//! in the order in which asking them is expected to cost least.

use std::rc::Rc;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::check::{Cond, Constant, ExtractKind, Rhs, Test};
use crate::condition::Op;
use crate::eval::naive;
use crate::value::Value;

use super::atoms::AtomId;
use super::estimate::{Estimate, Estimates};

/// Number of a folded condition.
pub(super) type FoldedId = u32;

/// A condition whose comparisons are numbered.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Folded {
    Always(bool),
    /// An atom that must be true, or one that must be false.
    Literal(AtomId, bool),
    And(Rc<[FoldedId]>),
    Or(Rc<[FoldedId]>),
}

/// Folded conditions, each once: equal ones have one number.
#[derive(Debug)]
pub(super) struct Forest {
    atoms: Estimates,
    all: Vec<Known>,
    numbers: FxHashMap<Folded, FoldedId>,
    /// How many joins there were.
    joins: u32,
}

/// What is known of a folded condition.
#[derive(Debug)]
struct Known {
    folded: Folded,
    estimate: Estimate,
    /// The last join that it was part of.
    join: u32,
}

impl Forest {
    /// None yet, of comparisons with these estimates.
    pub(super) fn new(atoms: Estimates) -> Forest {
        Forest { atoms, all: Vec::new(), numbers: FxHashMap::default(), joins: 0 }
    }

    /// The condition with number `id`.
    pub(super) fn at(&self, id: FoldedId) -> Folded {
        self.known(id).map_or(Folded::Always(false), |known| known.folded.clone())
    }

    /// What it costs to ask the condition with number `id`, and how likely it holds.
    pub(super) fn estimate(&self, id: FoldedId) -> Estimate {
        self.known(id).map_or(Estimate::CERTAIN, |known| known.estimate)
    }

    fn known(&self, id: FoldedId) -> Option<&Known> {
        self.all.get(usize::try_from(id).ok()?)
    }

    fn number(&mut self, folded: Folded) -> FoldedId {
        if let Some(&id) = self.numbers.get(&folded) {
            return id;
        }
        let id = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        self.all.push(Known { estimate: self.estimate_of(&folded), folded: folded.clone(), join: 0 });
        self.numbers.insert(folded, id);
        id
    }

    fn estimate_of(&self, folded: &Folded) -> Estimate {
        match folded {
            Folded::Always(truth) => Estimate { cost: 0.0, truth: if *truth { 1.0 } else { 0.0 } },
            Folded::Literal(atom, wanted) => {
                let atom = self.atoms.atom(*atom);
                if *wanted { atom } else { Estimate { truth: 1.0 - atom.truth, ..atom } }
            }
            Folded::And(children) => children.iter().fold(Estimate::CERTAIN, |sum, &child| {
                let next = self.estimate(child);
                Estimate { cost: sum.cost + sum.truth * next.cost, truth: sum.truth * next.truth }
            }),
            Folded::Or(children) => {
                let none = children.iter().fold(Estimate::CERTAIN, |sum, &child| {
                    let next = self.estimate(child);
                    Estimate { cost: sum.cost + sum.truth * next.cost, truth: sum.truth * (1.0 - next.truth) }
                });
                Estimate { truth: 1.0 - none.truth, ..none }
            }
        }
    }

    /// Leaves in `parts` the first of those that are equal.
    fn leave_each_once(&mut self, parts: &mut Vec<FoldedId>) {
        self.joins += 1;
        parts.retain(|&id| {
            let known = usize::try_from(id).ok().and_then(|id| self.all.get_mut(id));
            known.is_some_and(|known| std::mem::replace(&mut known.join, self.joins) != self.joins)
        });
    }
}

/// Folds conditions for one event type.
pub(super) struct Folder<'a> {
    /// Number of each comparison by its address.
    numbers: &'a FxHashMap<*const Test, AtomId>,
    /// What the type is called; `None` if its events are called different names.
    name: Option<&'a str>,
    /// What several conditions have in common, by address, whether it is an `and`, and whether it is wanted; and what
    /// is left of it.
    shared: FxHashMap<(*const [Cond], bool, bool), Folded>,
}

impl<'a> Folder<'a> {
    /// For a type that is called `name`; `None` if its events are called different names. `numbers`: of each
    /// comparison by its address.
    pub(super) fn new(numbers: &'a FxHashMap<*const Test, AtomId>, name: Option<&'a str>) -> Folder<'a> {
        Folder { numbers, name, shared: FxHashMap::default() }
    }

    /// What is left of `cond`.
    pub(super) fn fold(&mut self, cond: &Cond, forest: &mut Forest) -> FoldedId {
        let folded = self.fold_to(cond, true, forest);
        forest.number(folded)
    }

    /// Whether `test` holds for the type; `None` if that depends on more.
    pub(super) fn decide(&self, test: &Test) -> Option<bool> {
        self.name.and_then(|name| decide(test, name))
    }

    /// What is left of `cond`, or of its opposite unless `wanted`.
    fn fold_to(&mut self, cond: &Cond, wanted: bool, forest: &mut Forest) -> Folded {
        match cond {
            Cond::Test(test) => {
                let decided = decide_number(test).or_else(|| self.decide(test));
                match (decided, self.numbers.get(&Arc::as_ptr(test))) {
                    (Some(truth), _) => Folded::Always(truth == wanted),
                    (None, Some(&atom)) => Folded::Literal(atom, wanted),
                    (None, None) => Folded::Always(!wanted),
                }
            }
            Cond::Not(child) => self.fold_to(child, !wanted, forest),
            Cond::And(children) => self.join_once(children, wanted, wanted, forest),
            Cond::Or(children) => self.join_once(children, wanted, !wanted, forest),
        }
    }

    /// As [`Folder::join`], with what several conditions have in common folded once.
    fn join_once(&mut self, children: &Arc<[Cond]>, wanted: bool, all: bool, forest: &mut Forest) -> Folded {
        if Arc::strong_count(children) < 2 {
            return self.join(children, wanted, all, forest);
        }
        let key = (Arc::as_ptr(children), wanted == all, wanted);
        if let Some(known) = self.shared.get(&key) {
            return known.clone();
        }
        let folded = self.join(children, wanted, all, forest);
        self.shared.insert(key, folded.clone());
        folded
    }

    /// `and` (if `all`) or `or` of the children.
    fn join(&mut self, children: &[Cond], wanted: bool, all: bool, forest: &mut Forest) -> Folded {
        let mut kept: Vec<FoldedId> = Vec::with_capacity(children.len());
        for child in children {
            match (self.fold_to(child, wanted, forest), all) {
                (Folded::Always(truth), _) if truth == all => {}
                (Folded::Always(_), _) => return Folded::Always(!all),
                (Folded::And(inner), true) | (Folded::Or(inner), false) => kept.extend_from_slice(&inner),
                (folded, _) => kept.push(forest.number(folded)),
            }
        }
        forest.leave_each_once(&mut kept);
        match kept.as_slice() {
            [] => Folded::Always(all),
            &[only] => forest.at(only),
            _ => {
                kept.sort_by(|&a, &b| {
                    let rank = |part| forest.estimate(part).rank(all);
                    rank(a).total_cmp(&rank(b))
                });
                if all { Folded::And(kept.into()) } else { Folded::Or(kept.into()) }
            }
        }
    }
}

/// Appends the comparisons in `cond` that the type of an event decides to `out`, each once.
pub(super) fn decided_by_type<'c>(cond: &'c Cond, out: &mut Vec<&'c Test>) {
    match cond {
        Cond::And(children) | Cond::Or(children) => {
            children.iter().for_each(|child| decided_by_type(child, out))
        }
        Cond::Not(child) => decided_by_type(child, out),
        Cond::Test(test) => {
            if is_of_type(test) && !out.iter().any(|&known| std::ptr::eq(known, &raw const **test)) {
                out.push(test);
            }
        }
    }
}

/// Whether a comparison of `evt.num` with 0 holds, as which rule files write *never* and *always*; `None` for any
/// other comparison. Left to each event, it would keep what a rule says of a process from being remembered.
fn decide_number(test: &Test) -> Option<bool> {
    let plain = matches!(test.left.kind, ExtractKind::Field(_)) && test.left.is_event_number();
    let Rhs::Constants(constants) = &test.right else { return None };
    if !plain || test.modifier.is_some() || !matches!(constants.as_slice(), [Constant::Uint(0)]) {
        return None;
    }
    match test.op {
        Op::Eq | Op::In | Op::Lt | Op::Le => Some(false),
        Op::Ne | Op::Gt | Op::Ge => Some(true),
        _ => None,
    }
}

/// Whether it is a comparison of `evt.type`.
fn is_of_type(test: &Test) -> bool {
    matches!(test.left.kind, ExtractKind::Field(_)) && test.left.is_event_type()
}

/// Whether a comparison of `evt.type` holds for the type called `name`; `None` for any other comparison.
fn decide(test: &Test, name: &str) -> Option<bool> {
    if !is_of_type(test) {
        return None;
    }
    match &test.right {
        _ if test.op == Op::Exists => Some(true),
        Rhs::Constants(constants) => {
            let value = Value::Bytes(name.as_bytes().into());
            Some(naive::values_hold(test, &[value], constants))
        }
        _ => None,
    }
}
