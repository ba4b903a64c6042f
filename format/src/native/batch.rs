//! Whole blocks gathered for one data frame, with what its index record will say of them.
//!
//! For writers that gather in one place and write in another, or keep frames back: a [`Batch`] is compressed to a
//! [`PackedBatch`], which becomes a frame of a trace by [`Writer::packed`](super::Writer::packed). Hot path: an event is appended to a buffer, which
//! keeps its memory. Deliberately knows nothing of files, nor of the frames around it.

use zstd::bulk::Compressor;

use super::codec::{pack, packer};
use super::emit::WriteError;
use super::frame::MAX_RAW;
use super::survey::{Survey, inspect};
use super::totals::{self, Drops};
use crate::scap::write;
use crate::{Event, EventBuf};
use scap_schema::code;

/// See the module.
#[derive(Debug, Default)]
pub struct Batch {
    pub(super) raw: Vec<u8>,
    pub(super) sums: Survey,
    pub(super) drops: Vec<Drops>,
    pub(super) cut_bytes: u64,
    /// Latest event time, in this batch or before it.
    last_ts: u64,
    notice: EventBuf,
}

impl Batch {
    /// Appends an event.
    pub fn event(&mut self, event: &Event<'_>) {
        self.cut_bytes += write::event(&mut self.raw, event) as u64;
        self.sums.count(event.code, event.ts);
        self.last_ts = self.last_ts.max(event.ts);
    }

    /// Appends one whole block as it stands, little-endian, header and trailer included.
    ///
    /// # Errors
    /// If `bytes` is not one whole block.
    pub fn raw_block(&mut self, bytes: &[u8]) -> Result<(), WriteError> {
        let event = inspect(bytes).map_err(|reason| WriteError::NotABlock { len: bytes.len(), reason })?;
        self.raw.extend_from_slice(bytes);
        if let Some((code, ts)) = event {
            self.sums.count(code, ts);
            self.last_ts = self.last_ts.max(ts);
        }
        Ok(())
    }

    /// Notes that `count` events of a processor were dropped here, as [`Writer::drops`](super::Writer::drops) does.
    pub fn drops(&mut self, cpu: u16, count: u64) {
        totals::add_drops(&mut self.drops, cpu, count);
        let mut notice = std::mem::take(&mut self.notice);
        notice_of_drops(&mut notice, self.last_ts, cpu, count);
        self.event(&notice.as_event());
        self.notice = notice;
    }

    /// Bytes of blocks.
    #[must_use]
    pub fn len(&self) -> usize {
        self.raw.len()
    }

    /// Whether no block is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.raw.is_empty()
    }

    /// Events in it.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.sums.events
    }

    /// Earliest and latest time of its events, ns since the epoch; 0 without events.
    #[must_use]
    pub fn span(&self) -> (u64, u64) {
        (self.sums.first_ts, self.sums.last_ts)
    }

    /// Empties it and keeps its memory. What is noted next goes on from time `last_ts`, ns since the epoch.
    pub fn restart(&mut self, last_ts: u64) {
        self.raw.clear();
        self.drops.clear();
        self.sums.clear();
        (self.cut_bytes, self.last_ts) = (0, last_ts);
    }

    /// Latest event time in it or, without events, the one it went on from, ns since the epoch.
    #[must_use]
    pub fn last_ts(&self) -> u64 {
        self.last_ts
    }
}

/// Makes `notice` the event that tells of drops.
pub(super) fn notice_of_drops(notice: &mut EventBuf, ts: u64, cpu: u16, count: u64) {
    notice.reset(code::NOTIFICATION_E, ts, -1);
    notice.cpu = cpu;
    notice.push_text(b"scap.drops").push_text(format!("cpu={cpu} dropped={count}").as_bytes());
}

/// A batch compressed to the frame it will be.
#[derive(Debug, Default)]
pub struct PackedBatch {
    pub(super) bytes: Vec<u8>,
    pub(super) raw_len: usize,
    pub(super) sums: Survey,
    pub(super) drops: Vec<Drops>,
    pub(super) cut_bytes: u64,
}

impl PackedBatch {
    /// Bytes of the frame.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether no block is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.raw_len == 0
    }

    /// Events in it.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.sums.events
    }

    /// Earliest and latest time of its events, ns since the epoch; 0 without events.
    #[must_use]
    pub fn span(&self) -> (u64, u64) {
        (self.sums.first_ts, self.sums.last_ts)
    }
}

/// Compresses batches.
pub struct BatchPacker(Compressor<'static>);

impl std::fmt::Debug for BatchPacker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BatchPacker")
    }
}

impl BatchPacker {
    /// Compresses at a zstd level, −7 to 22.
    ///
    /// # Errors
    /// If there is no memory for a compressor.
    pub fn new(level: i32) -> Result<Self, WriteError> {
        Ok(Self(packer(level)?))
    }

    /// Compresses `batch`, which stays as it is.
    ///
    /// # Errors
    /// If the compressor fails, or the batch is more than a frame can hold (64 MiB).
    pub fn pack(&mut self, batch: &Batch) -> Result<PackedBatch, WriteError> {
        let len = batch.raw.len();
        if len > MAX_RAW {
            return Err(WriteError::TooLarge { what: "a batch", len, max: MAX_RAW });
        }
        let mut bytes = Vec::new();
        pack(&mut self.0, &batch.raw, &mut bytes)?;
        bytes.shrink_to_fit();
        Ok(PackedBatch {
            bytes,
            raw_len: batch.raw.len(),
            sums: batch.sums.clone(),
            drops: batch.drops.clone(),
            cut_bytes: batch.cut_bytes,
        })
    }
}
