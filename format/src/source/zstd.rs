//! A zstd file of foreign make: frames one after the other, skippable ones among them.
//!
//! Behind damage it goes on at the next frame that decompresses. A file of one single frame ends there, with
//! an account.
//!
//! Source: RFC 8878.

use super::feed::Feed;
use crate::chunk::{Chunk, ChunkSource};
use crate::damage::{Damage, DamageKind};
use memchr::memmem;
use std::io;
use zstd::stream::raw::{Decoder, InBuffer, Operation, OutBuffer};

/// Decompressed bytes of a chunk.
const CHUNK: usize = 256 << 10;
/// What every frame of data starts with.
pub(crate) const FRAME: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// Source of a zstd file.
pub(crate) struct Zstd {
    feed: Feed,
    decoder: Decoder<'static>,
    /// Whether a frame has begun and not ended.
    is_inside: bool,
    has_ended: bool,
    damage: Option<Damage>,
    spare: Vec<u8>,
}

impl Zstd {
    pub(crate) fn new(feed: Feed) -> io::Result<Self> {
        let decoder = Decoder::new()?;
        Ok(Self { feed, decoder, is_inside: false, has_ended: false, damage: None, spare: Vec::new() })
    }

    /// Decompresses into `out` until it is full, or the file or what is sound of it ends.
    fn fill(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        // Even at the end of the file, the decoder may still hold what did not fit into the last chunk.
        while out.len() < CHUNK {
            let before = out.len();
            let mut input = InBuffer::around(self.feed.view());
            let mut output = OutBuffer::around_pos(out, before);
            let result = self.decoder.run(&mut input, &mut output);
            let read = input.pos();
            let has_moved = read > 0 || output.pos() > before;
            self.feed.pass(read);
            match result {
                // Without input, the decoder asks for the header of a next frame that need not exist.
                Ok(hint) if has_moved => self.is_inside = hint != 0,
                Ok(_) => {}
                Err(error) => return self.restart(&error),
            }
            if !has_moved && !self.feed.grow()? {
                self.has_ended = true;
                if !self.is_inside {
                    return Ok(());
                }
                self.lose(self.feed.offset(), DamageKind::Truncated, "the file ends in a zstd frame");
                return Ok(());
            }
        }
        Ok(())
    }

    /// Goes on at the next frame.
    fn restart(&mut self, error: &io::Error) -> io::Result<()> {
        let start = self.feed.offset();
        self.decoder.reinit()?;
        self.is_inside = false;
        self.feed.pass(1);
        loop {
            let view = self.feed.view();
            if let Some(at) = memmem::find(view, &FRAME) {
                self.feed.pass(at);
                break;
            }
            let passed = view.len().saturating_sub(3);
            self.feed.pass(passed);
            if !self.feed.grow()? {
                self.has_ended = true;
                break;
            }
        }
        self.lose(start, DamageKind::Compression, &format!("zstd data does not decompress: {error}"));
        Ok(())
    }

    fn lose(&mut self, start: u64, kind: DamageKind, what: &str) {
        let end = (!self.has_ended).then(|| self.feed.offset());
        self.damage = Some(Damage { kind, start, end, events_lost: None, detail: what.to_owned() });
    }
}

impl ChunkSource for Zstd {
    fn next_chunk(&mut self) -> io::Result<Option<Chunk>> {
        let mut bytes = std::mem::take(&mut self.spare);
        bytes.clear();
        bytes.reserve_exact(CHUNK);
        let offset = self.feed.offset();
        let damage_before = self.damage.take();
        if !self.has_ended {
            self.fill(&mut bytes)?;
        }
        if bytes.is_empty() && damage_before.is_none() && self.damage.is_none() {
            return Ok(None);
        }
        Ok(Some(Chunk { bytes, offset, damage_before, ..Chunk::default() }))
    }

    fn recycle(&mut self, bytes: Vec<u8>) {
        self.spare = bytes;
    }
}
