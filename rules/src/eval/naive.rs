//! The tree-walker.
//!
//! Asks the source anew for every comparison. Slow, and as plain as can be.

use super::{compare, extract};
use crate::check::{Cond, Constant, Rhs, Test};
use crate::condition::{Modifier, Op};
use crate::field::{Compare, FieldSource};
use crate::value::Value;

/// Whether `cond` is true of the event.
pub(crate) fn holds<S: FieldSource + ?Sized>(cond: &Cond, source: &S) -> bool {
    match cond {
        Cond::And(children) => children.iter().all(|child| holds(child, source)),
        Cond::Or(children) => children.iter().any(|child| holds(child, source)),
        Cond::Not(child) => !holds(child, source),
        Cond::Test(test) => test_holds(test, source),
    }
}

/// Whether one comparison is true of the event. Nothing but `exists` is ever true or false of a missing field
/// by itself: every comparison with it is false, `!=` too.
pub(crate) fn test_holds<S: FieldSource + ?Sized>(test: &Test, source: &S) -> bool {
    test_holds_with(test, source, &mut Vec::new())
}

/// [`test_holds`] that uses `left` for the values of the left side, so that nothing is allocated for them.
pub(crate) fn test_holds_with<'s, S: FieldSource + ?Sized>(
    test: &'s Test,
    source: &'s S,
    left: &mut Vec<Value<'s>>,
) -> bool {
    if test.op == Op::Exists {
        return extract::exists(&test.left, source);
    }
    left.clear();
    if !extract::values(&test.left, source, left) {
        return false;
    }
    match &test.right {
        Rhs::Nothing => false,
        Rhs::Constants(constants) => values_hold(test, left, constants),
        Rhs::Extract(right) => {
            let mut values = Vec::new();
            if !extract::values(right, source, &mut values) {
                return false;
            }
            let constants: Vec<Constant> =
                values.iter().filter_map(|value| compare::constant(value, right.ty)).collect();
            values_hold(test, left, &constants)
        }
    }
}

/// Whether the values of the left side stand in relation to those of the right.
pub(crate) fn values_hold(test: &Test, left: &[Value<'_>], right: &[Constant]) -> bool {
    let equals_one = |value: &Value<'_>| {
        right.iter().any(|constant| compare::holds(Op::Eq, test.left.ty, value, constant))
    };
    if test.left.list {
        return match test.op {
            Op::In => left.iter().all(equals_one),
            Op::Intersects => left.iter().any(equals_one),
            _ => false,
        };
    }
    let holds = |value: &Value<'_>| value_holds(test, value, right);
    match test.left.compare {
        Compare::Whole | Compare::AtMost => left.first().is_some_and(holds),
        Compare::AnyOrNone if test.op == Op::Ne => !left.is_empty() && left.iter().all(holds),
        Compare::Any | Compare::AnyOrNone => left.iter().any(holds),
    }
}

/// Whether one value stands in relation to the constants.
pub(crate) fn value_holds(test: &Test, value: &Value<'_>, right: &[Constant]) -> bool {
    let op = if test.left.compare == Compare::AtMost { Op::Le } else { test.op };
    let each = || right.iter().map(|constant| compare::holds(op, test.left.ty, value, constant));
    match test.modifier {
        None if op.takes_list() => each().any(|holds| holds),
        None => each().next().unwrap_or(false),
        Some(Modifier::OneOf) => each().filter(|&holds| holds).count() == 1,
        Some(Modifier::AnyOf) => each().any(|holds| holds),
        Some(Modifier::AllOf) => !right.is_empty() && each().all(|holds| holds),
    }
}
