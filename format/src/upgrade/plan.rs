//! What an event needs, told from its code and its number of parameters alone.
//!
//! Worked out once from the schema's flags and the rules. The conditions are those of libscap
//! (`test_event_convertibility`): unused codes and old enter events that no rule wants carry nothing; codes
//! marked as converted need a rule if they are old, enter events, or short of parameters. Hot path: a look
//! at a table of two bytes per code.

use std::sync::LazyLock;

use scap_schema::{EVENT_COUNT, EventFlags, EventInfo};

use super::rules::{self, Action, Rule};
use crate::Event;

/// What to do with events of one code, as far as the schema alone decides.
#[derive(Debug, Clone, Copy)]
enum Plan {
    /// Hand it on as it is.
    Pass,
    /// It carries nothing.
    Drop,
    /// Convert by rule, whatever its parameters.
    Convert(&'static [Rule]),
    /// Convert by rule unless it has this many parameters.
    Complete(usize, &'static [Rule]),
}

static PLANS: LazyLock<Vec<Plan>> = LazyLock::new(|| scap_schema::events().iter().map(plan).collect());

/// Per code, the number of parameters with which an event is current, in two bytes: what almost every event
/// of a newer trace is answered from.
static CURRENT: LazyLock<[u16; EVENT_COUNT]> = LazyLock::new(|| {
    std::array::from_fn(|code| match PLANS.get(code) {
        Some(Plan::Pass) => ANY_COUNT,
        Some(Plan::Complete(count, _)) => u16::try_from(*count).unwrap_or(NO_COUNT),
        _ => NO_COUNT,
    })
});

/// Stands in [`CURRENT`] for codes that are current whatever they hold.
const ANY_COUNT: u16 = u16::MAX;

/// Stands in [`CURRENT`] for codes that never are; no event has as many parameters.
const NO_COUNT: u16 = u16::MAX - 1;

/// Whether an event is of the current version, so that [`Upgrader::push`] would hand it on untouched.
///
/// Whoever reads millions of events asks this first: it saves copying the event through [`Upgraded`], 7 ns of
/// 8 on the machine where it was measured.
#[must_use]
#[inline]
pub fn is_current(ev: &Event) -> bool {
    match CURRENT.get(usize::from(ev.code)) {
        Some(&ANY_COUNT) => true,
        Some(&count) => count != NO_COUNT && usize::from(count) == ev.params.len(),
        None => false,
    }
}

/// With how many parameters an event of some type is current, for whoever keeps that beside what else they know of the type.
#[derive(Debug, Clone, Copy)]
pub struct CurrentWith(u16);

impl CurrentWith {
    /// With no number of parameters.
    pub const NONE: Self = Self(NO_COUNT);

    /// What holds for events of type `code`.
    #[must_use]
    pub fn of(code: u16) -> Self {
        CURRENT.get(usize::from(code)).map_or(Self::NONE, |count| Self(*count))
    }

    /// Whether an event with `count` parameters is current, as [`is_current`] says.
    #[must_use]
    #[inline]
    pub fn fits(self, count: usize) -> bool {
        (usize::from(self.0) == count && self.0 != NO_COUNT) || self.0 == ANY_COUNT
    }
}

fn plan(info: &EventInfo) -> Plan {
    if info.flags.has(EventFlags::UNUSED) {
        Plan::Drop
    } else if !info.flags.has(EventFlags::CONVERTED) {
        if info.flags.has(EventFlags::OLD) { Plan::Drop } else { Plan::Pass }
    } else if info.is_enter() || info.flags.has(EventFlags::OLD) {
        Plan::Convert(rules::rules_of(info.code))
    } else {
        Plan::Complete(info.params.len(), rules::rules_of(info.code))
    }
}

/// Every code as which an event recorded with `code` can be handed on, `code` itself first.
#[must_use]
pub fn shown_as(code: u16) -> Vec<u16> {
    let mut codes = vec![code];
    let mut at = 0;
    while let Some(&from) = codes.get(at) {
        for rule in rules::rules_of(from) {
            if let Action::Become(to, _) = rule.action
                && !codes.contains(&to)
            {
                codes.push(to);
            }
        }
        at += 1;
    }
    codes
}

/// What one look at an event says.
pub(super) enum Next {
    Done,
    Drop,
    Apply(&'static Rule),
    NoRule,
}

pub(super) fn next_step(code: u16, params: usize) -> Next {
    let by_rule = |rules: &'static [Rule]| match rules.iter().find(|r| r.params == params) {
        Some(rule) => Next::Apply(rule),
        None => Next::NoRule,
    };
    match PLANS.get(usize::from(code)) {
        None => Next::NoRule,
        Some(Plan::Pass) => Next::Done,
        Some(Plan::Drop) => Next::Drop,
        Some(Plan::Complete(count, _)) if params == *count => Next::Done,
        Some(Plan::Convert(rules) | Plan::Complete(_, rules)) => by_rule(rules),
    }
}
