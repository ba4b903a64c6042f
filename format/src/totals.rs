//! Counts of what a trace holds, kept while it is read. Hot path: a few additions per event.

use crate::damage::Damage;
use crate::scap::kind::{EventKind, Kind};
use std::collections::BTreeMap;

/// How many damaged stretches are kept.
pub const MAX_DAMAGE: usize = 10_000;

/// What has been read of a trace.
#[derive(Debug, Clone, Default)]
pub struct Totals {
    /// Bytes of `.scap` blocks, decompressed, damage not included.
    pub bytes: u64,
    /// Sections.
    pub sections: u64,
    /// Event blocks, damaged ones that still could be counted included.
    pub events: u64,
    /// Earliest time of an event, ns since the epoch; `None` without events.
    pub first_ts: Option<u64>,
    /// Latest time of an event, ns since the epoch; `None` without events.
    pub last_ts: Option<u64>,
    /// Damaged stretches, in the order of the trace; of more than [`MAX_DAMAGE`] the first ones and the last.
    pub damage: Vec<Damage>,
    /// Number of damaged stretches.
    pub damaged: u64,
    /// Time of the event read last, where it had one; 0 before.
    pub(crate) latest_ts: u64,
    event_blocks: [u64; 8],
    other_blocks: BTreeMap<u32, u64>,
}

/// How the blocks of a [`Run`] are laid out.
const USUAL: EventKind = EventKind { flags: false, counted: true, large: false };

/// Counts of events that follow each other in the usual layout: few enough to stay in registers meanwhile, and looked at
/// only where time does not go on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run {
    /// Time of the last event; all ones while there was none.
    latest_ts: u64,
    /// Since when times have not gone back.
    rising_from: u64,
    /// Earliest time before that; all ones for none.
    first_ts: u64,
    /// One more than the latest time before that; 0 for none.
    behind_ts: u64,
}

impl Run {
    pub(crate) const fn new() -> Self {
        Self { latest_ts: u64::MAX, rising_from: u64::MAX, first_ts: u64::MAX, behind_ts: 0 }
    }

    /// Counts an event of time `ts`.
    #[inline]
    pub(crate) fn count(&mut self, ts: u64) {
        // All ones stand for no time, and one added are not later than any.
        if ts.wrapping_add(1) <= self.latest_ts {
            *self = self.gone_back(ts);
        } else {
            self.latest_ts = ts;
        }
    }

    /// Given back whole, because what is lent has to exist in memory.
    #[cold]
    #[inline(never)]
    fn gone_back(self, ts: u64) -> Self {
        if ts == u64::MAX {
            return self;
        }
        let (first_ts, behind_ts) = self.span();
        Self { latest_ts: ts, rising_from: ts, first_ts, behind_ts }
    }

    /// Earliest time, and one more than the latest.
    fn span(&self) -> (u64, u64) {
        // Without any time, all ones become 0.
        (self.first_ts.min(self.rising_from), self.behind_ts.max(self.latest_ts.wrapping_add(1)))
    }
}

impl Totals {
    /// Number of blocks by block type; versions of an event block that differ in their number only (the
    /// unofficial ones) count as one.
    #[must_use]
    pub fn blocks(&self) -> BTreeMap<u32, u64> {
        let mut blocks = self.other_blocks.clone();
        for (index, &count) in self.event_blocks.iter().enumerate() {
            if count > 0 {
                blocks.insert(Kind::event_type(index), count);
            }
        }
        blocks
    }

    #[inline]
    pub(crate) fn count_event(&mut self, layout: EventKind, len: usize) {
        self.bytes += len as u64;
        self.events += 1;
        if let Some(count) = self.event_blocks.get_mut(layout.index()) {
            *count += 1;
        }
    }

    /// Adds what a run of `events` usual events in `bytes` bytes came to.
    pub(crate) fn add(&mut self, run: &Run, events: u64, bytes: usize) {
        self.bytes += bytes as u64;
        self.events += events;
        if let Some(count) = self.event_blocks.get_mut(USUAL.index()) {
            *count += events;
        }
        let (first, behind) = run.span();
        if let Some(last) = behind.checked_sub(1) {
            self.latest_ts = run.latest_ts;
            self.first_ts = Some(self.first_ts.map_or(first, |known| known.min(first)));
            self.last_ts = Some(self.last_ts.map_or(last, |known| known.max(last)));
        }
    }

    pub(crate) fn count(&mut self, kind: Kind, block_type: u32, len: u32) {
        if let Kind::Event(layout) = kind {
            return self.count_event(layout, len as usize);
        }
        self.bytes += u64::from(len);
        self.sections += u64::from(kind == Kind::Section);
        *self.other_blocks.entry(block_type).or_default() += 1;
    }

    /// Takes back what [`Self::count`] did for a block that turned out to be something else.
    pub(crate) fn uncount(&mut self, kind: Kind, block_type: u32, len: u32) {
        self.bytes -= u64::from(len);
        match kind {
            Kind::Event(layout) => {
                self.events -= 1;
                if let Some(count) = self.event_blocks.get_mut(layout.index()) {
                    *count -= 1;
                }
            }
            _ => {
                if let Some(count) = self.other_blocks.get_mut(&block_type) {
                    *count -= 1;
                }
                self.other_blocks.retain(|_, count| *count > 0);
            }
        }
    }

    #[inline]
    pub(crate) fn saw(&mut self, ts: u64) {
        // Events without a time of their own carry all ones.
        if ts == u64::MAX {
            return;
        }
        self.latest_ts = ts;
        self.first_ts = Some(self.first_ts.map_or(ts, |first| first.min(ts)));
        self.last_ts = Some(self.last_ts.map_or(ts, |last| last.max(ts)));
    }

    pub(crate) fn lost(&mut self, damage: Damage) -> &Damage {
        self.damaged += 1;
        // A file of nothing but damage must not fill the memory.
        self.damage.truncate(MAX_DAMAGE - 1);
        let at = self.damage.len();
        self.damage.push(damage);
        &self.damage[at]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_counts_what_each_of_its_events_would() {
        const NO_TIME: u64 = u64::MAX;
        let cases: [&[u64]; 9] = [
            &[],
            &[7],
            &[NO_TIME],
            &[NO_TIME, 0, NO_TIME],
            &[5, 6, 6, 9],
            &[5, 3, 4, 2, 9, 8],
            &[u64::MAX - 1, NO_TIME, 1],
            &[9, NO_TIME, 9, 10, 1],
            &[0, 0],
        ];
        for (before, times) in cases.iter().flat_map(|before| cases.iter().map(move |times| (before, times)))
        {
            let (mut alone, mut together) = (Totals::default(), Totals::default());
            for run_of in [before, times] {
                let mut run = Run::new();
                for &ts in *run_of {
                    alone.count_event(USUAL, 40);
                    alone.saw(ts);
                    run.count(ts);
                }
                together.add(&run, run_of.len() as u64, 40 * run_of.len());
            }
            let all = |totals: &Totals| {
                let Totals { bytes, events, first_ts, last_ts, latest_ts, event_blocks, .. } = totals;
                (*bytes, *events, *first_ts, *last_ts, *latest_ts, *event_blocks)
            };
            assert_eq!(all(&together), all(&alone), "{before:?} {times:?}");
        }
    }
}
