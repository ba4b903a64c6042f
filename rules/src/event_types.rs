//! The event types that a condition can match.
//!
//! A rule is only run for those. Derived as libsinsp's `filter/ppm_codes` does: comparisons of `evt.type` (or
//! `syscall.type`) with names give sets, `and` intersects, `or` unites, `not` is pushed down to the comparisons;
//! anything else can match every type.
//!
//! Where several system calls share one event type (libsinsp's generic events), `evt.type != x` excludes the
//! type as a whole. That is Falco's answer, so it is part of what a rule means: both evaluators heed it.

use crate::condition::{Check, Expr, Op, Operand, Right};
use crate::field::FieldScheme;

/// A set of event types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventTypes {
    words: Vec<u64>,
    count: usize,
}

impl EventTypes {
    /// No type of `count` types.
    #[must_use]
    pub fn none(count: usize) -> EventTypes {
        EventTypes { words: vec![0; count.div_ceil(64)], count }
    }

    /// All of `count` types.
    #[must_use]
    pub fn all(count: usize) -> EventTypes {
        EventTypes::none(count).complement()
    }

    /// Whether `ty` is in the set.
    #[must_use]
    pub fn contains(&self, ty: u16) -> bool {
        self.words.get(usize::from(ty) / 64).is_some_and(|word| word >> (ty % 64) & 1 == 1)
    }

    /// How many types are in the set.
    #[must_use]
    pub fn len(&self) -> usize {
        self.words
            .iter()
            .map(|word| word.count_ones())
            .fold(0, |sum, ones| sum + usize::try_from(ones).unwrap_or(0))
    }

    /// Whether no type is in the set: a condition with such a set never matches.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|&word| word == 0)
    }

    /// The types in the set, ascending.
    pub fn iter(&self) -> impl Iterator<Item = u16> {
        (0u16..).step_by(64).zip(&self.words).flat_map(|(first, &word)| {
            let bits = std::iter::successors(Some(word), |&rest| Some(rest & rest.wrapping_sub(1)));
            let least = |bits: u64| u16::try_from(bits.trailing_zeros()).unwrap_or(0);
            bits.take_while(|&rest| rest != 0).map(move |rest| first + least(rest))
        })
    }

    fn insert(&mut self, ty: u16) {
        if usize::from(ty) < self.count
            && let Some(word) = self.words.get_mut(usize::from(ty) / 64)
        {
            *word |= 1 << (ty % 64);
        }
    }

    fn complement(mut self) -> EventTypes {
        let count = self.count;
        for (i, word) in self.words.iter_mut().enumerate() {
            let bits = count.saturating_sub(i * 64).min(64);
            let mask = if bits == 64 { u64::MAX } else { (1 << bits) - 1 };
            *word = !*word & mask;
        }
        self
    }

    fn combine(mut self, other: &EventTypes, op: fn(u64, u64) -> u64) -> EventTypes {
        for (a, b) in self.words.iter_mut().zip(&other.words) {
            *a = op(*a, *b);
        }
        self
    }

    /// The types that `condition` can match.
    #[must_use]
    pub fn of(condition: &Expr, scheme: &dyn FieldScheme) -> EventTypes {
        of(condition, false, scheme).unwrap_or_else(|| EventTypes::all(scheme.event_type_count()))
    }

    /// This set and `types`.
    pub(crate) fn with(mut self, types: &[u16]) -> EventTypes {
        types.iter().for_each(|&ty| self.insert(ty));
        self
    }
}

/// The types that `expr`, or its opposite if `negated`, can match; `None` for all, as most comparisons can.
fn of(expr: &Expr, negated: bool, scheme: &dyn FieldScheme) -> Option<EventTypes> {
    match expr {
        Expr::Not(child) => of(child, !negated, scheme),
        Expr::Macro { .. } => None,
        Expr::Check(check) => {
            let types = of_check(check, scheme)?;
            Some(if negated { types.complement() } else { types })
        }
        Expr::And(children) | Expr::Or(children) => {
            let mut parts = children.iter().map(|child| of(child, negated, scheme));
            if matches!(expr, Expr::And(_)) != negated {
                parts.flatten().reduce(|types, part| types.combine(&part, |a, b| a & b))
            } else {
                let none = EventTypes::none(scheme.event_type_count());
                parts.try_fold(none, |types, part| Some(types.combine(&part?, |a, b| a | b)))
            }
        }
    }
}

/// The types of a comparison that decides by type alone; `None` for any other.
fn of_check(check: &Check, scheme: &dyn FieldScheme) -> Option<EventTypes> {
    let count = scheme.event_type_count();
    if let Some(always) = constant(check) {
        return Some(if always { EventTypes::all(count) } else { EventTypes::none(count) });
    }
    let Operand::Field { name, arg: None, .. } = &check.left else { return None };
    if !matches!(name.as_str(), "evt.type" | "syscall.type") || check.modifier.is_some() {
        return None;
    }
    let literals = match (&check.right, check.op) {
        (Right::Nothing, Op::Exists) => return Some(EventTypes::all(count)),
        (Right::Literal(literal), Op::Eq | Op::Ne) => std::slice::from_ref(literal),
        (Right::List(literals), Op::In) => literals,
        _ => return None,
    };
    let mut types = EventTypes::none(count);
    for literal in literals {
        scheme.event_types_named(&literal.text()).into_iter().for_each(|ty| types.insert(ty));
    }
    Some(if check.op == Op::Ne { types.complement() } else { types })
}

/// Comparisons of `evt.num` that hold always or never: events are numbered from 1.
fn constant(check: &Check) -> Option<bool> {
    let Operand::Field { name, arg: None, .. } = &check.left else { return None };
    if name != "evt.num" || check.modifier.is_some() {
        return None;
    }
    let number = |text: &str| text.parse::<u64>().ok();
    match (&check.right, check.op) {
        (Right::List(values), Op::In) => values.iter().all(|v| number(&v.text()) == Some(0)).then_some(false),
        (Right::Literal(literal), op) => match (op, number(&literal.text())?) {
            (Op::Eq | Op::Le, 0) | (Op::Lt, 0 | 1) => Some(false),
            (Op::Ne | Op::Gt, 0) | (Op::Ge, 0 | 1) => Some(true),
            _ => None,
        },
        _ => None,
    }
}
