//! Events that came before the trace could take them.
//!
//! Takes events, keeps them as the encoded blocks they will be written as, in one buffer.

use scap_format::Event;
use scap_format::block::Block;
use scap_format::scap::parse::{self, Frame};
use scap_format::scap::write;

/// Bytes of events kept in memory while the snapshot is taken.
pub const SPOOL_LIMIT: usize = 128 << 20;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Spool {
    bytes: Vec<u8>,
    /// End of each block in `bytes`.
    ends: Vec<usize>,
    first: Option<u64>,
}

impl Spool {
    pub(super) fn push(&mut self, event: &Event<'_>) {
        self.first.get_or_insert(event.ts);
        write::event(&mut self.bytes, event);
        self.ends.push(self.bytes.len());
    }

    /// Time of the first event, ns since the epoch.
    pub(super) const fn first(&self) -> Option<u64> {
        self.first
    }

    /// Whether no more should be fetched for now.
    pub(super) fn is_full(&self) -> bool {
        self.bytes.len() >= SPOOL_LIMIT
    }

    /// Hands the events to `each`, in the order in which they came.
    pub(super) fn events(&self, mut each: impl FnMut(&Event<'_>)) {
        let mut scratch = Vec::new();
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        for bytes in starts.zip(&self.ends).filter_map(|(start, &end)| self.bytes.get(start..end)) {
            // They were encoded above: each is one whole event.
            if let Frame::Whole(framed) = parse::frame(bytes, false)
                && let Ok(Block::Event(event)) = parse::decode(&framed, false, &mut scratch)
            {
                each(&event);
            }
        }
    }
}
