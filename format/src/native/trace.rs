//! Random access to the frames and checkpoints of a trace, for replay in parallel.
//!
//! One [`Trace`] reads packed frames from a seekable source; any number of threads decompress them, each with
//! its own [`Unpacker`].

use std::io::{Read, Result, Seek};

use super::chain::digest;
use super::codec::Unpacker;
use super::info::{Checkpoint, Info};
use super::quick::read_at;
use super::record::{self, CheckpointHead, IndexRecord};
use super::{envelope, frame};
use crate::damage::{Damage, DamageKind};

/// A trace opened for random access.
pub struct Trace<R> {
    source: R,
    info: Info,
}

/// A data frame as it stands in the file, with what is known about it.
#[derive(Debug, Clone)]
pub struct PackedFrame {
    /// Its index record.
    pub index: IndexRecord,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl<R: Read + Seek> Trace<R> {
    /// Opens a trace: by its footer, or by reading it through if it has none.
    ///
    /// # Errors
    /// Only if the source cannot be read.
    pub fn open(mut source: R) -> Result<Self> {
        let info = Info::open(&mut source)?;
        Ok(Self { source, info })
    }

    /// What is in it. Its `frames` are what the other methods count by.
    pub const fn info(&self) -> &Info {
        &self.info
    }

    /// Reads frame `i`, still packed; `None` if there is no such frame.
    ///
    /// # Errors
    /// Only if the source cannot be read.
    pub fn packed_frame(&mut self, i: usize) -> Result<Option<PackedFrame>> {
        let Some(index) = self.info.frames.get(i) else { return Ok(None) };
        let bytes = read_at(&mut self.source, index.offset, index.packed_len)?;
        Ok(Some(PackedFrame { index: index.clone(), bytes }))
    }

    /// Reads and decompresses frame `i`; `None` if there is no such frame. In a loop, prefer [`PackedFrame::unpack`].
    ///
    /// # Errors
    /// Only if the source cannot be read; damage is inside.
    pub fn read_frame(&mut self, i: usize) -> Result<Option<std::result::Result<Vec<u8>, Damage>>> {
        let mut unpacker = Unpacker::new()?;
        let mut raw = Vec::new();
        Ok(self.packed_frame(i)?.map(|frame| frame.unpack(&mut unpacker, &mut raw).map(|()| raw)))
    }

    /// The state that a checkpoint holds.
    ///
    /// # Errors
    /// Only if the source cannot be read; damage is inside.
    pub fn read_checkpoint(
        &mut self,
        checkpoint: &Checkpoint,
    ) -> Result<std::result::Result<Vec<u8>, Damage>> {
        let bytes = read_at(&mut self.source, checkpoint.offset, checkpoint.len)?;
        Ok(unpack_state(&bytes).map_err(|damage| Damage {
            start: checkpoint.offset,
            end: Some(checkpoint.offset.saturating_add(checkpoint.len)),
            ..damage
        }))
    }
}

impl PackedFrame {
    /// Decompresses it into `raw`, whose content it replaces: whole blocks.
    ///
    /// # Errors
    /// What is wrong with it, and how many events that costs.
    pub fn unpack(&self, unpacker: &mut Unpacker, raw: &mut Vec<u8>) -> std::result::Result<(), Damage> {
        let measured = frame::measure_whole(&self.bytes);
        let result = match measured {
            Ok(raw_len) => unpacker.unpack(&self.bytes, raw_len, raw),
            Err(why) => Err(why.to_string()),
        };
        result.map_err(|why| Damage {
            kind: DamageKind::Compression,
            start: self.index.offset,
            end: Some(self.index.offset.saturating_add(self.index.packed_len)),
            events_lost: Some(self.index.events),
            detail: format!("data frame: {why}"),
        })
    }
}

/// The state of a checkpoint from its record's bytes.
pub(super) fn unpack_state(bytes: &[u8]) -> std::result::Result<Vec<u8>, Damage> {
    let bad = |why: &str| Damage {
        kind: DamageKind::Index,
        start: 0,
        end: None,
        events_lost: Some(0),
        detail: format!("checkpoint: {why}"),
    };
    let envelope = envelope::open(bytes).ok_or_else(|| bad("its checksum does not fit"))?;
    let (head, packed) = record::decode::<CheckpointHead>(&envelope).map_err(|e| bad(&e.to_string()))?;
    let raw_len = usize::try_from(head.raw_len).ok().filter(|&n| n <= frame::MAX_RAW);
    let raw_len = raw_len.ok_or_else(|| bad("it claims to hold more than a trace allows"))?;
    let mut frame = frame::FRAME_MAGIC.to_le_bytes().to_vec();
    frame.extend_from_slice(packed);
    let mut state = Vec::new();
    let mut unpacker = Unpacker::new().map_err(|e| bad(&e.to_string()))?;
    unpacker.unpack(&frame, raw_len, &mut state).map_err(|why| bad(&why))?;
    if digest(&state) != head.hash {
        return Err(bad("its hash does not fit"));
    }
    Ok(state)
}
