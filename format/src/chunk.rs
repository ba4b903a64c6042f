//! The seam between containers of bytes and the block parser.
//!
//! Every container (plain, gzip, zstd, native) becomes a [`ChunkSource`]: decompressed `.scap` bytes in
//! pieces, with damage between them. The block parser joins pieces, except across damage, where it looks
//! for the next plausible block.

use crate::Event;
use crate::damage::Damage;
use crate::scap::event;
use std::sync::{Arc, Mutex, PoisonError};

/// A piece of decompressed `.scap` stream.
#[derive(Debug, Default)]
pub struct Chunk {
    /// Bytes; may end in the middle of a block, which the next chunk then continues.
    pub bytes: Vec<u8>,
    /// Where it stands in the file, for messages (compressed offset for compressed files).
    pub offset: u64,
    /// What was lost between the previous chunk and this one.
    pub damage_before: Option<Damage>,
    /// Whether the first byte is known to start a block (native frames hold whole blocks).
    pub starts_block: bool,
    /// Number of the first event in it, where the container knows (native index records).
    pub first_event: Option<u64>,
}

/// Gives the `.scap` bytes of a container piece by piece, in bounded memory.
pub trait ChunkSource {
    /// The next piece; `None` at the end. Damage at the very end comes as an empty last chunk.
    ///
    /// # Errors
    /// Only if the operating system could not read; damage is not an error.
    fn next_chunk(&mut self) -> std::io::Result<Option<Chunk>>;

    /// Takes back the bytes of a chunk that is done with, to reuse their memory: fresh pages cost more than
    /// reading the events on them.
    fn recycle(&mut self, bytes: Vec<u8>) {
        drop(bytes);
    }

    /// Where whoever holds the bytes of a chunk last, on any thread, can give them instead; `None` if they are to be dropped.
    fn home(&self) -> Option<Buffers> {
        None
    }

    /// Whether `Chunk::offset + n` is the place of a chunk's n-th byte in the file, as in uncompressed files.
    fn is_exact(&self) -> bool {
        false
    }
}

/// Memory of chunks that are done with, for others: shared by those who make chunks and those who use them, on any thread.
#[derive(Debug, Clone, Default)]
pub struct Buffers(Arc<Mutex<Vec<Vec<u8>>>>);

impl Buffers {
    /// Most that are kept.
    const MOST: usize = 64;

    /// Keeps `bytes` as they are: who reads over them need not have them zeroed.
    pub(crate) fn give(&self, bytes: Vec<u8>) {
        if bytes.capacity() == 0 {
            return;
        }
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() < Self::MOST {
            all.push(bytes);
        }
    }

    /// The one given last, which may still be in a cache, with what it held; without any, one that has no memory yet.
    pub(crate) fn take(&self) -> Vec<u8> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }
}

/// Bytes of a chunk that others can hold on to, on other threads, while reading goes on. Once nobody holds them any more,
/// their memory goes back to where chunks are made.
#[derive(Debug, Default)]
pub struct Held {
    bytes: Vec<u8>,
    home: Option<Buffers>,
}

impl Held {
    pub(crate) const fn new(bytes: Vec<u8>, home: Option<Buffers>) -> Self {
        Self { bytes, home }
    }

    /// A copy of `bytes` in memory of `home`.
    pub(crate) fn copy_of(bytes: &[u8], home: &Buffers) -> Self {
        let mut copy = home.take();
        copy.clear();
        // Not twice as much, as it would take by itself.
        copy.reserve_exact(bytes.len());
        copy.extend_from_slice(bytes);
        Self::new(copy, Some(home.clone()))
    }

    /// The bytes.
    #[must_use]
    #[inline]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The same, to be worked on by whoever holds them alone.
    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }

    /// Bytes of memory that they keep, which can be many more than they are.
    #[must_use]
    pub const fn capacity(&self) -> usize {
        self.bytes.capacity()
    }

    /// The event in the block at `at`, and the length of that block, if it is one that
    /// [`Visitor::usual_in`](crate::Visitor::usual_in) is shown; `None` for any other. The event's number is 0.
    #[must_use]
    #[inline]
    pub fn event(&self, at: usize) -> Option<(usize, Event<'_>)> {
        event::usual(self.bytes.get(at..)?)
    }

    /// The event numbered `num` in the block at `at`, of which [`Self::event`] was seen to give one: that all of it fits is not
    /// looked at again.
    #[must_use]
    #[inline(always)]
    pub fn seen(&self, at: usize, num: u64) -> Option<Event<'_>> {
        let bytes = self.bytes.get(at..)?;
        let &[_, _, _, _, l0, l1, l2, l3] = bytes.first_chunk()?;
        Event::of_usual(bytes.get(..u32::from_le_bytes([l0, l1, l2, l3]) as usize)?, num)
    }

    /// The memory, for the source to reuse.
    pub(crate) fn into_bytes(mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(home) = &self.home {
            home.give(std::mem::take(&mut self.bytes));
        }
    }
}

/// One chunk, or none.
impl ChunkSource for Option<Chunk> {
    fn next_chunk(&mut self) -> std::io::Result<Option<Chunk>> {
        Ok(self.take())
    }
}
