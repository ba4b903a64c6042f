//! The rules of an event type as one decision: what several of them demand is asked once, before any of them.
//!
//! Takes for each rule the conditions that must all hold of it, gives a list of [`Entry`]s to go through from front to
//! back. A guard stands before the entries that depend on it and is followed by a jump past them if it does not hold.
//! So the cost of an event that nothing is interested in hardly grows with the number of rules. The order
//! of rules is lost; whoever evaluates restores it among the few that match.

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
    build_counting(demands, parts, out, &mut Counts::default());
}

fn build_counting(demands: Vec<Demand>, parts: &mut impl Parts, out: &mut List, counts: &mut Counts) {
    let mut rest = demands;
    while let Some(shared) = best_shared(&rest, parts, counts) {
        let (mut inside, outside): (Vec<_>, Vec<_>) =
            rest.into_iter().partition(|demand| demand.parts.contains(&shared));
        inside.iter_mut().for_each(|demand| demand.parts.retain(|&part| part != shared));
        let (at, from) = (out.entries.len(), number(out.rules));
        let start = parts.guard(shared);
        out.entries.push(Entry::Guard { start, end: 0, from, until: from });
        build_counting(inside, parts, out, counts);
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

/// How many rules demand a condition, of those that any demands.
#[derive(Default)]
struct Counts {
    /// By condition; 0 between uses.
    by_part: Vec<u16>,
    demanded: Vec<PartId>,
}

impl Counts {
    fn at(&mut self, part: PartId) -> Option<&mut u16> {
        let part = usize::try_from(part).ok()?;
        if self.by_part.len() <= part {
            self.by_part.resize(part + 1, 0);
        }
        self.by_part.get_mut(part)
    }

    fn add(&mut self, part: PartId) {
        if let Some(count) = self.at(part) {
            *count = count.saturating_add(1);
            if *count == 1 {
                self.demanded.push(part);
            }
        }
    }

    /// Takes one of the conditions, and of how many rules it is.
    fn take(&mut self) -> Option<(PartId, u16)> {
        let part = self.demanded.pop()?;
        Some((part, self.at(part).map_or(0, std::mem::take)))
    }
}

/// The condition that is best asked first: cheap, decisive, and of as many rules as possible. `None` if no
/// two rules share one. `counts` is empty before and after.
fn best_shared(demands: &[Demand], parts: &impl Parts, counts: &mut Counts) -> Option<PartId> {
    demands.iter().flat_map(|demand| &demand.parts).for_each(|&part| counts.add(part));
    let worth = |part: PartId, count: u16| parts.rank(part) / f32::from(count);
    let shared = std::iter::from_fn(|| counts.take()).filter(|&(_, count)| count > 1);
    shared
        .min_by(|&(a, of_a), &(b, of_b)| worth(a, of_a).total_cmp(&worth(b, of_b)).then(a.cmp(&b)))
        .map(|(part, _)| part)
}
