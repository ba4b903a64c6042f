//! What a data frame's index record would say about its blocks, found by walking them.
//!
//! For frames whose index record is lost or was never written. Reads block headers and event headers only;
//! stops at the first block that contradicts itself.

use super::types::EventTypes;
use crate::scap::kind::Kind;
use crate::scap::parse::{self, Frame, Framed};

/// Sums over the blocks of one frame.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Survey {
    /// Event blocks.
    pub(super) events: u64,
    /// Earliest event time, ns since the epoch; 0 without events.
    pub(super) first_ts: u64,
    /// Latest event time, ns since the epoch; 0 without events.
    pub(super) last_ts: u64,
    /// Event types.
    pub(super) types: EventTypes,
}

impl Survey {
    /// Counts one event.
    pub(super) fn count(&mut self, code: u16, ts: u64) {
        if self.events == 0 {
            (self.first_ts, self.last_ts) = (ts, ts);
        } else {
            self.first_ts = self.first_ts.min(ts);
            self.last_ts = self.last_ts.max(ts);
        }
        self.events += 1;
        self.types.insert(code);
    }

    /// Forgets what was counted and keeps the memory.
    pub(super) fn clear(&mut self) {
        (self.events, self.first_ts, self.last_ts) = (0, 0, 0);
        self.types.clear();
    }
}

/// Walks whole little-endian blocks.
#[must_use]
pub(super) fn survey(bytes: &[u8]) -> Survey {
    survey_part(bytes).0
}

/// Walks as many whole little-endian blocks as there are; gives their length too, in bytes.
#[must_use]
pub(super) fn survey_part(mut bytes: &[u8]) -> (Survey, usize) {
    let mut sums = Survey::default();
    let all = bytes.len();
    while let Frame::Whole(block) = parse::frame(bytes, false) {
        if let Some((code, ts)) = event_head(&block) {
            sums.count(code, ts);
        } else if matches!(block.kind, Kind::Event(_)) {
            break;
        }
        bytes = bytes.get(block.len as usize..).unwrap_or_default();
    }
    (sums, all - bytes.len())
}

/// Checks the outside of one block; gives code and time if it is an event.
///
/// # Errors
/// What contradicts itself.
pub(super) fn inspect(bytes: &[u8]) -> Result<Option<(u16, u64)>, &'static str> {
    match parse::frame(bytes, false) {
        Frame::Whole(block) if block.len as usize == bytes.len() => match block.kind {
            Kind::Event(_) => event_head(&block).map(Some).ok_or("it is shorter than an event's header"),
            _ => Ok(None),
        },
        Frame::Bad(why) => Err(why),
        _ => Err("its length is not that of the bytes"),
    }
}

/// Code and time of an event block; `None` for other blocks and those too short.
fn event_head(block: &Framed<'_>) -> Option<(u16, u64)> {
    let Kind::Event(layout) = block.kind else { return None };
    let event = block.body.get(if layout.flags { 6 } else { 2 }..)?;
    let (ts, rest) = event.split_first_chunk()?;
    let code = rest.get(12..)?.first_chunk()?;
    Some((u16::from_le_bytes(*code), u64::from_le_bytes(*ts)))
}
