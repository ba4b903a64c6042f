//! What comparisons are expected to cost and how often they hold: guesses that order questions, and nothing else.
//!
//! No answer depends on them. They are made from the shape of a comparison alone, so that the same rules are always
//! asked in the same order.

use super::atoms::{Atom, AtomId, scope};
use crate::check::{Constant, ExtractKind, Rhs, Test};
use crate::condition::Op;
use crate::field::{DecidedBy, Scope};
use crate::value::FieldType;

/// Cost in arbitrary units and likelihood of a condition.
#[derive(Debug, Clone, Copy)]
pub(super) struct Estimate {
    pub(super) cost: f32,
    /// From 0 to 1.
    pub(super) truth: f32,
}

impl Estimate {
    /// True at no cost.
    pub(super) const CERTAIN: Estimate = Estimate { cost: 0.0, truth: 1.0 };

    /// Parts of an `and` (if `all`) or `or` are asked from the least rank up: what is cheap and decisive first.
    pub(super) fn rank(self, all: bool) -> f32 {
        let decisive = if all { 1.0 - self.truth } else { self.truth };
        self.cost / decisive.max(0.001)
    }
}

/// Those of all atoms.
#[derive(Debug, Default)]
pub(super) struct Estimates(Vec<Estimate>);

impl Estimates {
    pub(super) fn new(atoms: &[Atom]) -> Estimates {
        Estimates(atoms.iter().map(|atom| estimate(&atom.test)).collect())
    }

    pub(super) fn atom(&self, atom: AtomId) -> Estimate {
        let found = usize::try_from(atom).ok().and_then(|at| self.0.get(at));
        found.copied().unwrap_or(Estimate::CERTAIN)
    }
}

fn estimate(test: &Test) -> Estimate {
    Estimate { cost: cost(test), truth: truth(test) }
}

/// What is remembered per process, or per kind of what events are about, is cheaper than what every event is asked
/// anew, but for the first time. Strings are dearer than numbers, because they have to be put together and walked through.
pub(super) fn cost(test: &Test) -> f32 {
    let is_text = matches!(test.left.ty, FieldType::CharBuf | FieldType::FsPath | FieldType::ByteBuf);
    let op = match test.op {
        Op::Exists | Op::Eq | Op::Ne | Op::Lt | Op::Le | Op::Gt | Op::Ge | Op::In | Op::Intersects => 2.0,
        Op::StartsWith | Op::BStartsWith | Op::EndsWith => 3.0,
        Op::Contains | Op::BContains | Op::PMatch => 8.0,
        Op::IContains | Op::Glob | Op::IGlob => 12.0,
        Op::Regex => 40.0,
    };
    let left = match &test.left.kind {
        ExtractKind::Field(_) if test.left.has_many() => 30.0,
        // An argument by name is looked for and rendered.
        ExtractKind::Field(field) if is_text && field.arg != crate::field::FieldArg::None => 20.0,
        ExtractKind::Field(_) if is_text => 4.0,
        ExtractKind::Field(_) => 1.0,
        _ => 30.0,
    };
    let right = if matches!(test.right, Rhs::Extract(_)) { 10.0 } else { 0.0 };
    match scope(test) {
        Scope::Event if test.left.decided_by == DecidedBy::Kind => 1.0 + (op + left + right) / 16.0,
        Scope::Event => op + left + right,
        Scope::Surroundings => 1.5 + (op + left + right) / 8.0,
        Scope::Process => 1.0 + (op + left + right) / 16.0,
    }
}

/// Most events are about nothing in particular: few strings are those that rules look for.
fn truth(test: &Test) -> f32 {
    let is_flag = matches!(test.left.ty, FieldType::Bool);
    match test.op {
        Op::Exists => 0.9,
        Op::Ne if is_flag => 0.6,
        Op::Ne => 0.95,
        Op::Eq | Op::In | Op::Intersects if is_flag => match &test.right {
            Rhs::Constants(constants) if matches!(constants.as_slice(), [Constant::Bool(true)]) => 0.3,
            _ => 0.6,
        },
        Op::Lt | Op::Le | Op::Gt | Op::Ge => 0.6,
        Op::Eq => 0.05,
        Op::In | Op::Intersects => 0.1,
        Op::StartsWith | Op::BStartsWith | Op::EndsWith => 0.05,
        Op::Contains | Op::BContains | Op::PMatch | Op::IContains => 0.05,
        Op::Glob | Op::IGlob | Op::Regex => 0.1,
    }
}
