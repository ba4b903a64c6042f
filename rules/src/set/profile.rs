//! What each rule costs: counts kept while rules are evaluated.
//!
//! An [`Observer`] is told what an evaluation does. The usual one, `()`, wants to know nothing, and what tells it is
//! compiled away. [`Profile`] counts by rule. A comparison that several rules share is work of the rule that asks it
//! first; what an event type's rules have in common and is asked once for all of them is counted apart. A rule that
//! is known not to match the event's process or subject is not asked, and not counted as tried. Who observes sees rules
//! asked one after the other, even where an event could take the course of another.

use super::estimate::cost;
use crate::check::Test;
use crate::rule::RuleId;

/// Is told what an evaluation does.
pub(super) trait Observer {
    /// Whether it wants to know which rule asks what.
    const WATCHES: bool = true;

    /// A condition that several rules have in common is asked.
    #[inline]
    fn shares(&mut self) {}

    /// The program of a rule starts.
    #[inline]
    fn tries(&mut self, _rule: RuleId) {}

    /// It works out a comparison.
    #[inline]
    fn compares(&mut self, _test: &Test) {}

    /// It ends: the rule matches.
    #[inline]
    fn matches(&mut self) {}
}

impl Observer for () {
    const WATCHES: bool = false;
}

/// What one rule did.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct RuleCost {
    /// Events for which its condition was looked at: those of its types that nothing remembered ruled out.
    pub tried: u64,
    /// Comparisons worked out for it.
    pub compared: u64,
    /// Events that it matched.
    pub matched: u64,
    /// Estimated cost of all that, in arbitrary units.
    pub cost: f64,
}

/// Counts by rule.
#[derive(Debug, Clone, Default)]
pub struct Profile {
    by_rule: Vec<RuleCost>,
    shared: RuleCost,
    /// Index of the rule that is asked; `None` for what several share.
    now: Option<usize>,
}

impl Profile {
    /// What rule `id` did.
    #[must_use]
    pub fn rule(&self, id: RuleId) -> RuleCost {
        self.by_rule.get(id.index()).copied().unwrap_or_default()
    }

    /// What was asked for several rules at once.
    #[must_use]
    pub fn shared(&self) -> RuleCost {
        self.shared
    }

    /// What all did together.
    #[must_use]
    pub fn total(&self) -> RuleCost {
        self.by_rule.iter().fold(self.shared, |sum, rule| RuleCost {
            tried: sum.tried + rule.tried,
            compared: sum.compared + rule.compared,
            matched: sum.matched + rule.matched,
            cost: sum.cost + rule.cost,
        })
    }

    fn count(&mut self, add: impl FnOnce(&mut RuleCost)) {
        match self.now {
            Some(now) => {
                if let Some(rule) = self.by_rule.get_mut(now) {
                    add(rule);
                }
            }
            None => add(&mut self.shared),
        }
    }
}

impl Observer for Profile {
    fn shares(&mut self) {
        self.now = None;
        self.count(|shared| {
            shared.tried += 1;
            shared.cost += 1.0;
        });
    }

    fn tries(&mut self, rule: RuleId) {
        let now = rule.index();
        self.now = Some(now);
        if self.by_rule.len() <= now {
            self.by_rule.resize(now + 1, RuleCost::default());
        }
        self.count(|rule| {
            rule.tried += 1;
            rule.cost += 1.0;
        });
    }

    fn compares(&mut self, test: &Test) {
        self.count(|rule| {
            rule.compared += 1;
            rule.cost += f64::from(cost(test));
        });
    }

    fn matches(&mut self) {
        self.count(|rule| rule.matched += 1);
    }
}
