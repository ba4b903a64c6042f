//! The seam between containers of bytes and the block parser.
//!
//! Every container (plain, gzip, zstd, native) becomes a [`ChunkSource`]: decompressed `.scap` bytes in
//! pieces, with damage between them. The block parser joins pieces, except across damage, where it looks
//! for the next plausible block.

use crate::damage::Damage;

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

    /// Whether `Chunk::offset + n` is the place of a chunk's n-th byte in the file, as in uncompressed files.
    fn is_exact(&self) -> bool {
        false
    }
}

/// One chunk, or none.
impl ChunkSource for Option<Chunk> {
    fn next_chunk(&mut self) -> std::io::Result<Option<Chunk>> {
        Ok(self.take())
    }
}
