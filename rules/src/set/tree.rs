//! The rules of an event type as one decision: what several of them demand is asked once, before any of them.
//!
//! Takes for each rule the conditions that must all hold of it, gives a list of [`Entry`]s to go through from front to
//! back. A guard stands before the entries that depend on it and is followed by a jump past them if it does not hold.
//! So the cost of an event that nothing is interested in hardly grows with the number of rules. The order
//! of rules is lost; whoever evaluates restores it among the few that match.

use rustc_hash::FxHashMap;

use crate::rule::RuleId;

/// Number of a condition.
pub(super) type PartId = u32;

/// What to ask of events of a type, from front to back.
#[derive(Debug, Default)]
pub(super) struct List {
    pub(super) entries: Vec<Entry>,
    /// How many of them are rules. Rules are numbered in the order in which they stand there.
    pub(super) rules: usize,
}

/// One entry of a list.
#[derive(Debug, Clone, Copy)]
pub(super) enum Entry {
    /// Unless the condition holds, go on at entry `end`.
    Guard {
        /// First step of the condition.
        start: u32,
        /// Index behind the last entry that depends on it.
        end: u32,
        /// Numbers of the first rule that depends on it, and behind the last.
        from: u32,
        until: u32,
    },
    /// A rule, and what is left to ask of it.
    Rule { start: u32, rule: RuleId, number: u32 },
}

/// A rule and the conditions that it has left.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Demand {
    pub(super) rule: RuleId,
    /// Each once, the cheapest and most decisive first.
    pub(super) parts: Vec<PartId>,
}

/// What a tree is built with.
pub(super) trait Parts {
    /// Where to start asking the condition, whose end is `MATCH` or `FAIL`.
    fn guard(&mut self, part: PartId) -> u32;

    /// Where to start asking what a rule has left.
    fn program(&mut self, demand: &Demand) -> u32;

    /// The less, the better it is to ask the condition first.
    fn rank(&self, part: PartId) -> f32;
}

/// Appends the entries for `demands` to `out`.
pub(super) fn build(demands: Vec<Demand>, parts: &mut impl Parts, out: &mut List) {
    let mut rest = demands;
    while let Some(shared) = best_shared(&rest, parts) {
        let (mut inside, outside): (Vec<_>, Vec<_>) =
            rest.into_iter().partition(|demand| demand.parts.contains(&shared));
        inside.iter_mut().for_each(|demand| demand.parts.retain(|&part| part != shared));
        let (at, from) = (out.entries.len(), number(out.rules));
        let start = parts.guard(shared);
        out.entries.push(Entry::Guard { start, end: 0, from, until: from });
        build(inside, parts, out);
        let (behind, behind_rules) = (number(out.entries.len()), number(out.rules));
        if let Some(Entry::Guard { end, until, .. }) = out.entries.get_mut(at) {
            (*end, *until) = (behind, behind_rules);
        }
        rest = outside;
    }
    for demand in rest {
        let start = parts.program(&demand);
        out.entries.push(Entry::Rule { start, rule: demand.rule, number: number(out.rules) });
        out.rules += 1;
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// The condition that is best asked first: cheap, decisive, and of as many rules as possible. `None` if no
/// two rules share one.
fn best_shared(demands: &[Demand], parts: &impl Parts) -> Option<PartId> {
    let mut counts: FxHashMap<PartId, u16> = FxHashMap::default();
    for part in demands.iter().flat_map(|demand| &demand.parts) {
        let count = counts.entry(*part).or_default();
        *count = count.saturating_add(1);
    }
    let worth = |part: PartId, count: u16| parts.rank(part) / f32::from(count);
    let shared = counts.into_iter().filter(|&(_, count)| count > 1);
    shared
        .min_by(|&(a, of_a), &(b, of_b)| worth(a, of_a).total_cmp(&worth(b, of_b)).then(a.cmp(&b)))
        .map(|(part, _)| part)
}
