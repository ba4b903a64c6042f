//! Parts of a native trace as chunks of whole blocks, with damage between.
//!
//! Damage stands before the chunk that follows it; where several damaged stretches do, all but the last come with
//! empty chunks. [`NativeSource`] reads a trace from its first byte, [`PartsSource`] some parts at hand.

use std::io::{Read, Result};

use super::codec::Unpacker;
use super::frames::{Frames, Part};
use super::shelf::Shelf;
use crate::chunk::{Buffers, Chunk, ChunkSource};
use crate::damage::Damage;

/// A whole trace, in order.
pub struct NativeSource<R> {
    frames: Frames<R>,
    joined: Joined,
}

/// Some parts of a trace, in order.
pub struct PartsSource {
    parts: Shelf,
    offset: u64,
    joined: Joined,
    buffers: Buffers,
}

impl<R: Read> NativeSource<R> {
    /// Reads from the first byte of a trace.
    ///
    /// # Errors
    /// If the decompressor cannot be set up.
    pub fn new(source: R) -> Result<Self> {
        Ok(Self { frames: Frames::new(source, false)?, joined: Joined::new(0)? })
    }
}

impl<R: Read> ChunkSource for NativeSource<R> {
    fn next_chunk(&mut self) -> Result<Option<Chunk>> {
        loop {
            let part = self.frames.step()?;
            let ended = part.is_none();
            if let Some(chunk) = self.joined.take(part, self.frames.at()) {
                return Ok(Some(chunk));
            }
            if ended {
                return Ok(None);
            }
        }
    }
}

impl PartsSource {
    /// Gives the frames among `parts`, which the event numbered `first_event` is the first of. Chunks count events
    /// from there. Their memory comes from `buffers` and goes back there.
    ///
    /// # Errors
    /// If the decompressor cannot be set up.
    pub fn new(parts: Vec<Part>, first_event: u64, buffers: &Buffers) -> Result<Self> {
        Self::of_shelf(Shelf::new(parts), first_event, buffers)
    }

    /// The same of parts that others may [decompress ahead](Shelf::help).
    ///
    /// # Errors
    /// If the decompressor cannot be set up.
    pub fn of_shelf(parts: Shelf, first_event: u64, buffers: &Buffers) -> Result<Self> {
        let joined = Joined::new(first_event.saturating_sub(1))?;
        Ok(Self { parts, offset: 0, joined, buffers: buffers.clone() })
    }
}

impl ChunkSource for PartsSource {
    fn next_chunk(&mut self) -> Result<Option<Chunk>> {
        loop {
            let part = self.parts.next();
            if let Some(Part::Frame(frame)) = &part {
                self.offset = frame.offset;
                match (frame.is_packed(), self.joined.spare.capacity()) {
                    (true, 0) => self.joined.spare = self.buffers.take(),
                    // It comes with its own memory.
                    (false, 1..) => self.buffers.give(std::mem::take(&mut self.joined.spare)),
                    _ => {}
                }
            }
            let ended = part.is_none();
            if let Some(chunk) = self.joined.take(part, self.offset) {
                return Ok(Some(chunk));
            }
            if ended {
                return Ok(None);
            }
        }
    }

    fn recycle(&mut self, bytes: Vec<u8>) {
        self.joined.spare = bytes;
    }

    fn home(&self) -> Option<Buffers> {
        Some(self.buffers.clone())
    }
}

impl Drop for PartsSource {
    fn drop(&mut self) {
        self.buffers.give(std::mem::take(&mut self.joined.spare));
    }
}

/// Joins frames with the damage before them.
struct Joined {
    unpacker: Unpacker,
    damage: Option<Damage>,
    spare: Vec<u8>,
    /// Events before the first.
    before: u64,
}

impl Joined {
    fn new(before: u64) -> Result<Self> {
        Ok(Self { unpacker: Unpacker::new()?, damage: None, spare: Vec::new(), before })
    }

    /// The chunk that the next part, or the end, makes whole. `offset` is where that part ends.
    fn take(&mut self, part: Option<Part>, offset: u64) -> Option<Chunk> {
        let damage = match part {
            Some(Part::Frame(frame)) => {
                let (offset, first) = (frame.offset, frame.first_event.saturating_sub(self.before));
                match frame.unpack(&mut self.unpacker, std::mem::take(&mut self.spare)) {
                    Ok(bytes) => {
                        let damage_before = self.damage.take();
                        let first_event = Some(first);
                        return Some(Chunk { bytes, offset, damage_before, starts_block: true, first_event });
                    }
                    Err(damage) => Some(*damage),
                }
            }
            Some(Part::Damage(damage)) => Some(damage),
            Some(Part::Checkpoint(_)) => return None,
            None => None,
        };
        let before = std::mem::replace(&mut self.damage, damage)?;
        Some(Chunk { offset, damage_before: Some(before), starts_block: true, ..Chunk::default() })
    }
}
