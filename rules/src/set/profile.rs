//! What each rule costs: counts kept while rules are evaluated.
//!
//! An [`Observer`] is told what an evaluation does. The usual one, `()`, wants to know nothing, and what tells it is
//! compiled away. [`Profile`] counts by rule. A comparison that several rules share is work of the rule that asks it
//! first; that of a value remembered from before is nobody's.

use super::atoms::cost;
use crate::check::Test;
use crate::rule::RuleId;

/// Is told what an evaluation does.
pub(super) trait Observer {
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

impl Observer for () {}

/// What one rule did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RuleCost {
    /// Events for which its condition was looked at.
    pub tried: u64,
    /// Comparisons worked out for it.
    pub compared: u64,
    /// Events that it matched.
    pub matched: u64,
    /// Estimated cost of all that, in arbitrary units.
    pub cost: u64,
}

/// Counts by rule.
#[derive(Debug, Clone, Default)]
pub struct Profile {
    by_rule: Vec<RuleCost>,
    now: usize,
}

impl Profile {
    /// What rule `id` did.
    #[must_use]
    pub fn rule(&self, id: RuleId) -> RuleCost {
        self.by_rule.get(id.index()).copied().unwrap_or_default()
    }

    /// What all did together.
    #[must_use]
    pub fn total(&self) -> RuleCost {
        self.by_rule.iter().fold(RuleCost::default(), |sum, rule| RuleCost {
            tried: sum.tried + rule.tried,
            compared: sum.compared + rule.compared,
            matched: sum.matched + rule.matched,
            cost: sum.cost + rule.cost,
        })
    }

    fn count(&mut self, add: impl FnOnce(&mut RuleCost)) {
        if let Some(rule) = self.by_rule.get_mut(self.now) {
            add(rule);
        }
    }
}

impl Observer for Profile {
    fn tries(&mut self, rule: RuleId) {
        self.now = rule.index();
        if self.by_rule.len() <= self.now {
            self.by_rule.resize(self.now + 1, RuleCost::default());
        }
        self.count(|rule| {
            rule.tried += 1;
            rule.cost += 1;
        });
    }

    fn compares(&mut self, test: &Test) {
        self.count(|rule| {
            rule.compared += 1;
            rule.cost += u64::from(cost(test));
        });
    }

    fn matches(&mut self) {
        self.count(|rule| rule.matched += 1);
    }
}
