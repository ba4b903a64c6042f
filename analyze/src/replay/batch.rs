//! Events that rules are asked about apart from who follows the state, with the state before the first of them: what is replayed
//! apart where a trace has no checkpoints.
//!
//! Of each event that rules are asked about, a [`Trail`] tells what a replica of the state has to know. All events are at
//! hand where they were read, for the few questions that a replica cannot answer.
//!
//! Hot path: an event that is asked about costs three numbers and what is told of it, any other nothing.

use scap_format::Event;
use scap_state::Trail;

use super::cursor::Cursor;
use super::recorded::{Copies, Recorded, Spot};

/// Bytes of the trace after which a batch is full: what is in flight should fit into a cache, and copies of the state be few.
const FULL: usize = 2 << 20;
/// Events asked about after which it is.
const MANY: usize = 32 << 10;

/// See the module.
#[derive(Debug)]
pub(super) struct Batch {
    /// Which line of batches it stands in, of which each begins where the one before it ended.
    pub(super) line: u64,
    /// Where replay stands before the first event.
    pub(super) start: Cursor,
    /// Everything else.
    pub(super) lists: Lists,
}

/// What a batch holds that can be used again for another.
#[derive(Debug, Default)]
pub(super) struct Lists {
    /// Events as they were recorded.
    pub(super) recorded: Recorded,
    /// Events brought up to date, of those that were not and are asked about.
    pub(super) renewed: Copies,
    /// What is asked, in order.
    pub(super) asked: Vec<Asked>,
    /// What is told of all that is asked, up to the first of which it is not.
    pub(super) trail: Trail,
}

/// An event that rules are asked about.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    /// Its number.
    pub(super) num: u64,
    shown: Shown,
}

/// Where an event is as rules see it.
#[derive(Debug, Clone, Copy)]
enum Shown {
    Recorded(Spot),
    /// Its place among the renewed ones.
    Renewed(u32),
}

impl Lists {
    /// Forgets everything, for reuse.
    pub(super) fn clear(&mut self) {
        self.recorded.clear();
        self.renewed.clear();
        self.asked.clear();
        self.trail.clear();
    }

    /// Notes that event number `num` is asked about, which was recorded at `spot`.
    pub(super) fn ask(&mut self, num: u64, spot: Spot) {
        self.asked.push(Asked { num, shown: Shown::Recorded(spot) });
    }

    /// Notes that event number `num` is asked about, of which the one renewed last was made.
    pub(super) fn ask_renewed(&mut self, num: u64) {
        let last = u32::try_from(self.renewed.len().saturating_sub(1)).unwrap_or(u32::MAX);
        self.asked.push(Asked { num, shown: Shown::Renewed(last) });
    }

    /// The event asked about, as rules see it.
    #[inline(always)]
    pub(super) fn shown(&self, asked: Asked) -> Option<Event<'_>> {
        match asked.shown {
            Shown::Recorded(spot) => self.recorded.at(spot, asked.num),
            Shown::Renewed(at) => self.renewed.at(at as usize),
        }
    }

    /// Whether the trail does not tell of all that is asked. It never will again.
    pub(super) fn is_untold(&self) -> bool {
        self.trail.len() < self.asked.len()
    }

    /// Whether the batch should be handed out, with the chunk read last at place `at`.
    #[inline]
    pub(super) fn is_full(&self, at: usize) -> bool {
        self.recorded.size(at) >= FULL
            || self.recorded.held() >= 2 * FULL
            || self.asked.len() >= MANY
            || self.is_untold()
            || self.renewed.size() + self.trail.size() >= FULL
    }
}
