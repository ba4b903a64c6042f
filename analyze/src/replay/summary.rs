//! What a replay found, in figures: for the end of a run, and for machines.

use std::collections::BTreeMap;

use scap_format::TraceReader;
use scap_format::damage::Damage;
use scap_rules::{Priority, RuleId};
use scap_state::Anomalies;

use super::{Cursor, Gaps, Passed};
use crate::alert::Alert;

/// Counts that grow event by event. Those of several stretches of a trace add up, in the order of the trace.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    /// Events that rules were asked about.
    pub examined: u64,
    /// Alerts by rule.
    pub by_rule: BTreeMap<RuleId, u64>,
    /// Alerts by priority, gravest first.
    pub by_priority: [u64; Priority::ALL.len()],
    /// Matches that went unsaid because another rule matched first, by rule.
    pub shadowed: BTreeMap<RuleId, u64>,
    /// Where events are missing, and alerts after that.
    pub gaps: Gaps,
}

impl Tally {
    /// Counts an alert.
    pub fn alert(&mut self, alert: &Alert) {
        *self.by_rule.entry(alert.rule.id).or_default() += 1;
        self.gaps.alert(alert.rule.id);
        let at = Priority::ALL.iter().position(|&priority| priority == alert.rule.priority);
        if let Some(count) = at.and_then(|at| self.by_priority.get_mut(at)) {
            *count += 1;
        }
    }

    /// Alerts in all.
    #[must_use]
    pub fn alerts(&self) -> u64 {
        self.by_rule.values().sum()
    }

    /// Adds the counts of the stretch behind.
    pub fn add(&mut self, other: &Tally) {
        self.gaps.add(&other.gaps, &other.by_rule);
        self.examined += other.examined;
        for (sum, more) in self.by_priority.iter_mut().zip(other.by_priority) {
            *sum += more;
        }
        for (sums, more) in [(&mut self.by_rule, &other.by_rule), (&mut self.shadowed, &other.shadowed)] {
            for (&rule, &count) in more {
                *sums.entry(rule).or_default() += count;
            }
        }
    }
}

/// Everything that is said of a replay at its end.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Summary {
    /// Alerts and examined events.
    pub tally: Tally,
    /// Events of the trace and what became of them, drops among them.
    pub passed: Passed,
    /// Time of the earliest event, ns since the epoch; `None` without events.
    pub first_ts: Option<u64>,
    /// Time of the latest event, ns since the epoch; `None` without events.
    pub last_ts: Option<u64>,
    /// What did not add up in the state.
    pub anomalies: Anomalies,
    /// Damaged stretches of the trace.
    pub damaged: u64,
    /// Events known to be lost in them.
    pub lost: u64,
    /// The damaged stretches, in the order of the trace; of more than [`scap_format::MAX_DAMAGE`] the first ones and
    /// the last.
    pub damage: Vec<Damage>,
    /// Frames that were left out, because nobody asks about anything in them. What is said of them is what the trace's
    /// own index and checkpoints say; they were not checked.
    pub left_out: u64,
}

impl Summary {
    /// Counts a damaged stretch.
    pub fn damage(&mut self, damage: &Damage) {
        self.damaged += 1;
        self.lost = self.lost.saturating_add(damage.events_lost.unwrap_or(0));
    }

    /// What is to be said of a whole `trace` that was read to its end in one walk, which counted its damage here: `cursor` saw
    /// every event, and rules gave `tally`.
    #[must_use]
    pub fn at_end(self, trace: &TraceReader, cursor: &Cursor, tally: Tally) -> Self {
        let totals = trace.totals();
        Self {
            tally,
            passed: cursor.passed(),
            first_ts: totals.first_ts,
            last_ts: totals.last_ts,
            anomalies: cursor.state().anomalies().clone(),
            damage: totals.damage.clone(),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tallies_add_up() {
        let mut one = Tally { examined: 2, ..Tally::default() };
        one.by_rule.insert(RuleId(1), 3);
        let mut other = one.clone();
        other.by_rule.insert(RuleId(2), 4);
        one.add(&other);
        assert_eq!((one.examined, one.alerts()), (4, 10));
    }
}
