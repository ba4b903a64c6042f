//! Stages frames and writes them out, keeping account of offsets, the hash chain and the seek table.
//!
//! A data frame and its index record leave in one write, and nothing is ever written twice or seeked back
//! to: whatever moment the writing stops at, all that was written before is whole. Knows nothing of events.

use std::io::Write;

use super::chain::{Chain, Hash, digest};
use super::envelope::{AppendError, TraceId};
use super::record::{self, Record};
use super::seek_table::{self, Entry};

/// Why a trace could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The output refused bytes. What stands before `at` is whole and readable.
    #[error("cannot write the trace at byte {at}: {source}; everything before that byte is safe")]
    Io {
        /// Offset of the first byte that may be missing.
        at: u64,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// An earlier write failed, so that nothing can be appended any more.
    #[error("the trace ended at byte {at}, where writing failed before")]
    Broken {
        /// Offset of the first byte that may be missing.
        at: u64,
    },
    /// A block or state too large for the format.
    #[error("{what} of {len} bytes is larger than the {max} bytes that a trace can hold in one piece")]
    TooLarge {
        /// What it is.
        what: &'static str,
        /// Its length in bytes.
        len: usize,
        /// The most there can be.
        max: usize,
    },
    /// Bytes given as a block are not one.
    #[error("not a whole block of {len} bytes: {reason}")]
    NotABlock {
        /// Their length.
        len: usize,
        /// What contradicts.
        reason: &'static str,
    },
    /// The compressor or the record encoder failed.
    #[error("cannot encode {what}: {reason}")]
    Encode {
        /// What.
        what: &'static str,
        /// Why.
        reason: String,
    },
}

/// See the module.
pub(super) struct Emitter<W> {
    sink: W,
    /// Offset of the first byte of `staged`.
    at: u64,
    staged: Vec<u8>,
    chain: Chain,
    entries: Vec<Entry>,
    trace: TraceId,
    broken: bool,
}

impl<W: Write> Emitter<W> {
    pub(super) fn new(sink: W, trace: TraceId) -> Self {
        Self {
            sink,
            at: 0,
            staged: Vec::new(),
            chain: Chain::start(),
            entries: Vec::new(),
            trace,
            broken: false,
        }
    }

    /// Offset at which the next staged frame will stand.
    pub(super) fn offset(&self) -> u64 {
        self.at + self.staged.len() as u64
    }

    /// Offset up to which everything is written.
    pub(super) const fn written(&self) -> u64 {
        self.at
    }

    /// The chain as of [`Self::offset`].
    pub(super) const fn link(&self) -> &Hash {
        self.chain.link()
    }

    /// Stages a data frame that `pack` appends; gives its hash and length in the file.
    pub(super) fn stage_frame(
        &mut self,
        raw_len: usize,
        pack: impl FnOnce(&mut Vec<u8>) -> Result<(), WriteError>,
    ) -> Result<(Hash, u64), WriteError> {
        self.check()?;
        let start = self.staged.len();
        pack(&mut self.staged)?;
        self.account(start, raw_len, "data frame")
    }

    /// Stages a record with `tail` behind it in the payload.
    pub(super) fn stage_record<R: Record>(
        &mut self,
        what: &'static str,
        record: &R,
        tail: &[u8],
    ) -> Result<(), WriteError> {
        self.check()?;
        let start = self.staged.len();
        record::append(&mut self.staged, &self.trace, record, tail).map_err(|e| match e {
            AppendError::Payload(e) => WriteError::Encode { what, reason: e.to_string() },
            AppendError::TooLong(len) => WriteError::TooLarge { what, len, max: super::envelope::MAX_RECORD },
        })?;
        self.account(start, 0, what)?;
        Ok(())
    }

    fn account(&mut self, start: usize, raw: usize, what: &'static str) -> Result<(Hash, u64), WriteError> {
        let frame = self.staged.get(start..).unwrap_or_default();
        let (hash, len) = (digest(frame), frame.len());
        let narrow = |n: usize| {
            u32::try_from(n).map_err(|_| WriteError::TooLarge { what, len: n, max: u32::MAX as usize })
        };
        self.entries.push(Entry { packed: narrow(len)?, raw: narrow(raw)? });
        self.chain.advance(&hash);
        Ok((hash, len as u64))
    }

    /// Stages the seek table over everything staged before. A trace of more than 2²⁹ frames gets none.
    pub(super) fn stage_seek_table(&mut self) {
        let _too_long = seek_table::append(&mut self.staged, &self.entries);
    }

    /// Writes what is staged.
    pub(super) fn commit(&mut self) -> Result<(), WriteError> {
        self.check()?;
        let result = self.sink.write_all(&self.staged).and_then(|()| self.sink.flush());
        if let Err(source) = result {
            self.broken = true;
            return Err(WriteError::Io { at: self.at, source });
        }
        self.at += self.staged.len() as u64;
        self.staged.clear();
        Ok(())
    }

    fn check(&self) -> Result<(), WriteError> {
        if self.broken { Err(WriteError::Broken { at: self.at }) } else { Ok(()) }
    }
}
