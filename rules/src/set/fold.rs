//! Conditions as of an event type: what its type decides is decided, what follows from that worked out.
//!
//! Takes a checked condition, gives a [`Folded`] one: comparisons as numbered literals, `not` only in front of them
//! (moved inwards by De Morgan's laws), `and` within `and` and `or` within `or` made flat, nothing twice, and the parts
//! in the order in which asking them is expected to cost least.

use rustc_hash::FxHashMap;

use crate::check::{Cond, Constant, ExtractKind, Rhs, Test};
use crate::condition::Op;
use crate::eval::naive;
use crate::value::Value;

use super::atoms::AtomId;
use super::estimate::{Estimate, Estimates};

/// A condition whose comparisons are numbered.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Folded {
    Always(bool),
    /// An atom that must be true, or one that must be false.
    Literal(AtomId, bool),
    And(Vec<Folded>),
    Or(Vec<Folded>),
}

/// Folds conditions for one event type.
pub(super) struct Folder<'a> {
    /// Number of each comparison by its address.
    pub(super) numbers: &'a FxHashMap<*const Test, AtomId>,
    pub(super) estimates: &'a Estimates,
    /// What the type is called; `None` if its events are called different names.
    pub(super) name: Option<&'a str>,
}

impl Folder<'_> {
    /// What is left of `cond`.
    pub(super) fn fold(&self, cond: &Cond) -> Folded {
        self.fold_to(cond, true)
    }

    /// What is left of `cond`, or of its opposite unless `wanted`.
    fn fold_to(&self, cond: &Cond, wanted: bool) -> Folded {
        match cond {
            Cond::Test(test) => {
                let decided = decide_number(test).or_else(|| self.name.and_then(|name| decide(test, name)));
                match (decided, self.numbers.get(&std::sync::Arc::as_ptr(test))) {
                    (Some(truth), _) => Folded::Always(truth == wanted),
                    (None, Some(&atom)) => Folded::Literal(atom, wanted),
                    (None, None) => Folded::Always(!wanted),
                }
            }
            Cond::Not(child) => self.fold_to(child, !wanted),
            Cond::And(children) => self.join(children, wanted, wanted),
            Cond::Or(children) => self.join(children, wanted, !wanted),
        }
    }

    /// `and` (if `all`) or `or` of the children.
    fn join(&self, children: &[Cond], wanted: bool, all: bool) -> Folded {
        let mut kept: Vec<Folded> = Vec::with_capacity(children.len());
        for child in children {
            match (self.fold_to(child, wanted), all) {
                (Folded::Always(truth), _) if truth == all => {}
                (Folded::Always(_), _) => return Folded::Always(!all),
                (Folded::And(inner), true) | (Folded::Or(inner), false) => kept.extend(inner),
                (folded, _) => kept.push(folded),
            }
        }
        let mut seen = rustc_hash::FxHashSet::default();
        kept.retain(|part| seen.insert(part.clone()));
        match kept.len() {
            0 => Folded::Always(all),
            1 => kept.swap_remove(0),
            _ => {
                kept.sort_by(|a, b| {
                    let rank = |part| self.estimates.of(part).rank(all);
                    rank(a).total_cmp(&rank(b))
                });
                if all { Folded::And(kept) } else { Folded::Or(kept) }
            }
        }
    }
}

impl Estimates {
    /// What it costs to ask a condition, and how likely it holds.
    pub(super) fn of(&self, folded: &Folded) -> Estimate {
        match folded {
            Folded::Always(truth) => Estimate { cost: 0.0, truth: if *truth { 1.0 } else { 0.0 } },
            Folded::Literal(atom, wanted) => {
                let atom = self.atom(*atom);
                if *wanted { atom } else { Estimate { truth: 1.0 - atom.truth, ..atom } }
            }
            Folded::And(children) => children.iter().fold(Estimate::CERTAIN, |sum, child| {
                let next = self.of(child);
                Estimate { cost: sum.cost + sum.truth * next.cost, truth: sum.truth * next.truth }
            }),
            Folded::Or(children) => {
                let none = children.iter().fold(Estimate::CERTAIN, |sum, child| {
                    let next = self.of(child);
                    Estimate { cost: sum.cost + sum.truth * next.cost, truth: sum.truth * (1.0 - next.truth) }
                });
                Estimate { truth: 1.0 - none.truth, ..none }
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

/// Whether a comparison of `evt.type` holds for the type called `name`; `None` for any other comparison.
fn decide(test: &Test, name: &str) -> Option<bool> {
    let plain = matches!(test.left.kind, ExtractKind::Field(_)) && test.left.is_event_type();
    if !plain {
        return None;
    }
    let value = Value::Bytes(name.as_bytes().into());
    match &test.right {
        _ if test.op == Op::Exists => Some(true),
        Rhs::Constants(constants) => {
            let constants: &[Constant] = constants;
            Some(naive::values_hold(test, &[value], constants))
        }
        _ => None,
    }
}
