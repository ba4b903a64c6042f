//! A `.scap` file as it is. Hot path: bytes go from the file into a reused buffer and stay there.

use super::feed::Feed;
use crate::chunk::{Chunk, ChunkSource};
use std::io::{self, Read};

/// Bytes of a chunk: half of a usual second-level cache.
const CHUNK: usize = 256 << 10;

/// Source of an uncompressed file.
pub(crate) struct Plain {
    feed: Feed,
    spare: Vec<u8>,
}

impl Plain {
    pub(crate) fn new(feed: Feed) -> Self {
        Self { feed, spare: Vec::new() }
    }
}

impl ChunkSource for Plain {
    fn next_chunk(&mut self) -> io::Result<Option<Chunk>> {
        let mut bytes = std::mem::take(&mut self.spare);
        // Grows, and is filled with zeros, only as far as the last chunk was shorter.
        bytes.resize(CHUNK, 0);
        let offset = self.feed.offset();
        let read = self.feed.read(&mut bytes)?;
        bytes.truncate(read);
        Ok((read > 0).then(|| Chunk { bytes, offset, ..Chunk::default() }))
    }

    fn recycle(&mut self, bytes: Vec<u8>) {
        self.spare = bytes;
    }

    fn is_exact(&self) -> bool {
        true
    }
}
