//! Where a recorder lost events, and what that makes doubtful.
//!
//! Takes the notices of drops and the damaged stretches as a replay meets them, gives a short list of gaps and the alerts that
//! came after one: what they tell of processes and files may be of before, because an exec, an open or a close in the
//! gap is not known. What events in the gap would have made rules say, nobody can know.

use std::collections::BTreeMap;

use scap_rules::RuleId;

/// Most gaps that are told apart; later ones widen the last.
const MOST: usize = 64;

/// Notices that come within this are one gap, ns. Recorders look for drops several times a second.
const APART: u64 = 1_000_000_000;

/// One gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// Time of its first notice, ns since the epoch: events were lost up to a moment before.
    pub from: u64,
    /// Time of its last notice, ns since the epoch.
    pub to: u64,
    /// Events lost.
    pub lost: u64,
}

/// The gaps of a trace, or of a stretch of one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Gaps {
    /// Drops, in the order of the trace.
    pub drops: Vec<Gap>,
    /// Alerts after a gap of any kind, by rule.
    pub alerts: BTreeMap<RuleId, u64>,
    /// Whether there was one.
    begun: bool,
}

impl Gaps {
    /// Notes that `lost` events were dropped up to time `ts`.
    pub fn drops(&mut self, ts: u64, lost: u64) {
        self.begun = true;
        self.push(Gap { from: ts, to: ts, lost });
    }

    /// Notes that something cannot be read.
    pub fn damage(&mut self) {
        self.begun = true;
    }

    /// Notes an alert of `rule`.
    pub fn alert(&mut self, rule: RuleId) {
        if self.begun {
            *self.alerts.entry(rule).or_default() += 1;
        }
    }

    /// Adds those of the stretch behind, in which rules gave `alerts`.
    pub fn add(&mut self, next: &Gaps, alerts: &BTreeMap<RuleId, u64>) {
        for (&rule, count) in if self.begun { alerts } else { &next.alerts } {
            *self.alerts.entry(rule).or_default() += count;
        }
        self.begun |= next.begun;
        next.drops.iter().for_each(|gap| self.push(*gap));
    }

    fn push(&mut self, gap: Gap) {
        let full = self.drops.len() >= MOST;
        match self.drops.last_mut() {
            Some(last) if full || gap.from.saturating_sub(last.to) < APART => {
                last.to = last.to.max(gap.to);
                last.lost = last.lost.saturating_add(gap.lost);
            }
            _ => self.drops.push(gap),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    #[test]
    fn notices_close_to_each_other_are_one_gap_and_their_number_is_bounded() {
        let mut gaps = Gaps::default();
        for ts in [5 * SECOND, 5 * SECOND + 100, 9 * SECOND] {
            gaps.drops(ts, 10);
        }
        let gap = |from, to, lost| Gap { from, to, lost };
        assert_eq!(gaps.drops, [gap(5 * SECOND, 5 * SECOND + 100, 20), gap(9 * SECOND, 9 * SECOND, 10)]);
        (10..10_000).for_each(|second| gaps.drops(second * 2 * SECOND, 1));
        assert_eq!(gaps.drops.len(), MOST);
        assert_eq!(gaps.drops.iter().map(|gap| gap.lost).sum::<u64>(), 30 + 9_990);
    }

    #[test]
    fn alerts_count_from_the_first_gap_on_however_the_trace_is_cut() {
        let (before, after) = (RuleId(1), RuleId(2));
        let mut whole = Gaps::default();
        whole.alert(before);
        whole.drops(7, 3);
        whole.alert(after);
        whole.alert(after);
        assert_eq!(whole.alerts, BTreeMap::from([(after, 2)]));

        let (mut first, mut second) = (Gaps::default(), Gaps::default());
        first.alert(before);
        first.drops(7, 3);
        first.alert(after);
        second.alert(after);
        let mut sum = Gaps::default();
        sum.add(&first, &BTreeMap::from([(before, 1), (after, 1)]));
        sum.add(&second, &BTreeMap::from([(after, 1)]));
        assert_eq!(sum, whole);
    }
}
