//! What replaying a stretch gives, and the sum over the stretches of a trace.

use std::io;

use scap_format::damage::Damage;
use scap_format::{MAX_DAMAGE, Totals};

use super::cursor::Cursor;
use super::stretches::{Counts, LeftOut};
use super::summary::{Summary, Tally};
use crate::alert::Alert;
use crate::sink::Sink;

/// What one stretch gave.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) alerts: Vec<Alert>,
    pub(super) tally: Tally,
    /// What went by in it.
    pub(super) counts: Counts,
    pub(super) first_ts: Option<u64>,
    pub(super) last_ts: Option<u64>,
    pub(super) damage: Vec<Damage>,
    pub(super) damaged: u64,
    pub(super) lost: u64,
    /// Frames left out.
    pub(super) left_out: u64,
    /// What kept it from being replayed to its end: the sink, or too little memory.
    pub(super) failed: Option<io::Error>,
}

impl Outcome {
    /// Takes in what a reader met.
    pub(super) fn read(&mut self, totals: &Totals) {
        self.span(totals.first_ts, totals.last_ts);
    }

    /// Notes a damaged stretch.
    pub(super) fn damage(&mut self, damage: &Damage) {
        self.damaged += 1;
        self.tally.gaps.damage();
        self.lost = self.lost.saturating_add(damage.events_lost.unwrap_or(0));
        if self.damage.len() < MAX_DAMAGE {
            self.damage.push(damage.clone());
        }
    }

    /// Counts what went by from `before` to where `cursor` stands, or, where frames were left out, to behind those.
    pub(super) fn count(&mut self, before: &Counts, cursor: &Cursor, left_out: Option<&LeftOut>) {
        let after = left_out.map_or_else(|| Counts::of(cursor), |left_out| left_out.counts.clone());
        self.counts.passed = after.passed.since(before.passed);
        self.counts.anomalies = after.anomalies.since(&before.anomalies);
        if let Some(left_out) = left_out {
            self.counts.passed.events = self.counts.passed.events.saturating_sub(self.lost);
            self.span(left_out.span.map(|span| span.0), left_out.span.map(|span| span.1));
            self.left_out = left_out.frames;
        }
    }

    fn span(&mut self, first: Option<u64>, last: Option<u64>) {
        self.first_ts = [self.first_ts, first].into_iter().flatten().min();
        self.last_ts = [self.last_ts, last].into_iter().flatten().max();
    }
}

/// The sum over a trace.
#[derive(Debug, Default)]
pub(super) struct Sum {
    summary: Summary,
}

impl Sum {
    /// Adds the next stretch, and writes its alerts to `sink`.
    pub(super) fn add(&mut self, outcome: Outcome, sink: &mut dyn Sink) -> io::Result<()> {
        if let Some(error) = outcome.failed {
            return Err(error);
        }
        let sum = &mut self.summary;
        sum.tally.add(&outcome.tally);
        sum.passed.add(outcome.counts.passed);
        sum.anomalies.add(&outcome.counts.anomalies);
        sum.first_ts = [sum.first_ts, outcome.first_ts].into_iter().flatten().min();
        sum.last_ts = [sum.last_ts, outcome.last_ts].into_iter().flatten().max();
        sum.damaged += outcome.damaged;
        sum.lost = sum.lost.saturating_add(outcome.lost);
        sum.left_out += outcome.left_out;
        // Of too many, the first ones and the last.
        for damage in outcome.damage {
            sum.damage.truncate(MAX_DAMAGE - 1);
            sum.damage.push(damage);
        }
        outcome.alerts.iter().try_for_each(|alert| sink.alert(alert))
    }

    pub(super) fn summary(self) -> Summary {
        self.summary
    }
}
