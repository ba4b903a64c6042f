//! Sums over a trace, and drops by processor.

use bincode::{Decode, Encode};

use super::record::IndexRecord;
use super::types::EventTypes;

/// Events a processor dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Drops {
    /// Processor.
    pub cpu: u16,
    /// How many.
    pub count: u64,
}

/// Sums over a trace.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub struct Totals {
    /// Data frames.
    pub frames: u64,
    /// Event blocks.
    pub events: u64,
    /// Decompressed bytes.
    pub raw_bytes: u64,
    /// Bytes of the data frames in the file.
    pub packed_bytes: u64,
    /// Earliest event time, ns since the epoch; 0 without events.
    pub first_ts: u64,
    /// Latest event time, ns since the epoch; 0 without events.
    pub last_ts: u64,
    /// Event types that occur.
    pub types: EventTypes,
    /// Drops over the whole trace, by ascending processor.
    pub drops: Vec<Drops>,
}

impl Totals {
    /// Adds what an index record says.
    pub fn add(&mut self, index: &IndexRecord) {
        self.frames += 1;
        self.raw_bytes = self.raw_bytes.saturating_add(index.raw_len);
        self.packed_bytes = self.packed_bytes.saturating_add(index.packed_len);
        if index.events > 0 {
            self.first_ts = if self.events == 0 { index.first_ts } else { self.first_ts.min(index.first_ts) };
            self.last_ts = self.last_ts.max(index.last_ts);
        }
        self.events = self.events.saturating_add(index.events);
        self.types.merge(&index.types);
        for drops in &index.drops {
            self.add_drops(drops.cpu, drops.count);
        }
    }

    /// Adds the sums of another trace.
    pub fn merge(&mut self, other: &Self) {
        if other.events > 0 {
            self.first_ts = if self.events == 0 { other.first_ts } else { self.first_ts.min(other.first_ts) };
            self.last_ts = self.last_ts.max(other.last_ts);
        }
        self.frames = self.frames.saturating_add(other.frames);
        self.events = self.events.saturating_add(other.events);
        self.raw_bytes = self.raw_bytes.saturating_add(other.raw_bytes);
        self.packed_bytes = self.packed_bytes.saturating_add(other.packed_bytes);
        self.types.merge(&other.types);
        for drops in &other.drops {
            self.add_drops(drops.cpu, drops.count);
        }
    }

    /// Adds drops on one processor.
    pub fn add_drops(&mut self, cpu: u16, count: u64) {
        add_drops(&mut self.drops, cpu, count);
    }

    /// Drops on all processors.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.drops.iter().fold(0, |sum, d| sum.saturating_add(d.count))
    }
}

/// Adds drops to a list kept by ascending processor.
pub(super) fn add_drops(list: &mut Vec<Drops>, cpu: u16, count: u64) {
    match list.binary_search_by_key(&cpu, |d| d.cpu) {
        Ok(i) => {
            if let Some(d) = list.get_mut(i) {
                d.count = d.count.saturating_add(count);
            }
        }
        Err(i) => list.insert(i, Drops { cpu, count }),
    }
}
