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

/// Counts of events that follow each other in the usual layout: few enough to stay in registers meanwhile.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run {
    bytes: u64,
    pub(crate) events: u64,
    /// All ones while there was no time.
    first_ts: u64,
    /// One more than the latest time; 0 while there was none.
    behind_ts: u64,
    latest_ts: u64,
}

impl Run {
    pub(crate) const fn new() -> Self {
        Self { bytes: 0, events: 0, first_ts: u64::MAX, behind_ts: 0, latest_ts: 0 }
    }

    /// Counts an event of time `ts` in a block of `len` bytes.
    #[inline]
    pub(crate) fn count(&mut self, len: usize, ts: u64) {
        self.bytes += len as u64;
        self.events += 1;
        // As in `saw`: all ones stand for no time, which is neither earlier nor, one added, later than any.
        self.latest_ts = if ts == u64::MAX { self.latest_ts } else { ts };
        self.first_ts = self.first_ts.min(ts);
        self.behind_ts = self.behind_ts.max(ts.wrapping_add(1));
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

    /// Adds what a run of usual events came to.
    pub(crate) fn add(&mut self, run: &Run) {
        self.bytes += run.bytes;
        self.events += run.events;
        if let Some(count) = self.event_blocks.get_mut(USUAL.index()) {
            *count += run.events;
        }
        if let Some(last) = run.behind_ts.checked_sub(1) {
            self.latest_ts = run.latest_ts;
            self.first_ts = Some(self.first_ts.map_or(run.first_ts, |first| first.min(run.first_ts)));
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
