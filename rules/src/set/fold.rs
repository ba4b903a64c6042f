//! Conditions as of an event type: comparisons of `evt.type` decided, what follows from them worked out.

use crate::check::{Cond, Constant, ExtractKind, Rhs, Test};
use crate::condition::Op;
use crate::eval::naive;
use crate::value::Value;

use super::atoms::cost;

/// A condition whose comparisons are numbered, with cheap ones first.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Folded {
    Always(bool),
    Atom(*const Test),
    Not(Box<Folded>),
    And(Vec<Folded>),
    Or(Vec<Folded>),
}

/// What is left of `cond` for events of the type called `name`; `None`: of a type that is called different names.
pub(super) fn fold(cond: &Cond, name: Option<&str>) -> Folded {
    match cond {
        Cond::Test(test) => match decide_number(test).or_else(|| name.and_then(|name| decide(test, name))) {
            Some(truth) => Folded::Always(truth),
            None => Folded::Atom(std::sync::Arc::as_ptr(test)),
        },
        Cond::Not(child) => match fold(child, name) {
            Folded::Always(truth) => Folded::Always(!truth),
            Folded::Not(inner) => *inner,
            folded => Folded::Not(Box::new(folded)),
        },
        Cond::And(children) => join(children, name, true),
        Cond::Or(children) => join(children, name, false),
    }
}

/// `and` (if `all`) or `or` of the children.
fn join(children: &[Cond], name: Option<&str>, all: bool) -> Folded {
    let mut kept: Vec<(u32, Folded)> = Vec::with_capacity(children.len());
    for child in children {
        match fold(child, name) {
            Folded::Always(truth) if truth == all => {}
            Folded::Always(_) => return Folded::Always(!all),
            folded => kept.push((cost_of(child), folded)),
        }
    }
    kept.sort_by_key(|(cost, _)| *cost);
    let mut kept: Vec<Folded> = kept.into_iter().map(|(_, folded)| folded).collect();
    match kept.len() {
        0 => Folded::Always(all),
        1 => kept.swap_remove(0),
        _ if all => Folded::And(kept),
        _ => Folded::Or(kept),
    }
}

fn cost_of(cond: &Cond) -> u32 {
    match cond {
        Cond::Test(test) => cost(test),
        Cond::Not(child) => cost_of(child),
        Cond::And(children) | Cond::Or(children) => children.iter().map(cost_of).fold(0, u32::saturating_add),
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
