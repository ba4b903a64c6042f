//! A gzip file: deflate streams one after the other, each between a header and a checksum.
//!
//! Behind damage it goes on where deflate can start afresh: at the next member, or behind a full flush
//! (`00 00 ff ff` at a byte border), as `sysdig` makes them. A start is believed once it has given
//! [`PROOF`] bytes, or all there are, without an error. Where there is none, the trace ends with an account.
//!
//! A checksum that differs loses no bytes, only the certainty that they are the ones written.
//!
//! Source: RFC 1951, RFC 1952.

use super::feed::Feed;
use crate::chunk::{Chunk, ChunkSource};
use crate::damage::{Damage, DamageKind};
use flate2::{Crc, Decompress, FlushDecompress, Status};
use memchr::memmem::Finder;
use std::io;

/// Decompressed bytes of a chunk.
const CHUNK: usize = 256 << 10;
/// Decompressed bytes that a place has to give to be believed a start.
const PROOF: usize = 64 << 10;
/// How much of the file is tried for one proof, bytes.
const PROOF_INPUT: usize = 256 << 10;
/// What all proofs together may cost, bytes in and out: a file made of false starts must not take forever.
const BUDGET: usize = 1 << 30;
/// How far ahead a member's header may extend, with the file name and comment in it.
const MAX_HEADER: usize = 64 << 10;

const MEMBER: [u8; 3] = [0x1f, 0x8b, 8];
const FLUSH: [u8; 4] = [0, 0, 0xff, 0xff];

/// Source of a gzip file.
pub(crate) struct Gzip {
    feed: Feed,
    inflate: Decompress,
    state: State,
    crc: Crc,
    /// Where the member started in the file.
    member: u64,
    /// Whether the member's checksum can be right: not if it was entered in the middle.
    is_whole: bool,
    damage: Option<Damage>,
    /// What proofs may still cost.
    budget: usize,
    spare: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before a member's header; the flag tells whether it is the file's first.
    Header { is_first: bool },
    /// In deflate data.
    Body,
    /// Before the checksum.
    Trailer,
    /// At the end.
    End,
}

impl Gzip {
    pub(crate) fn new(feed: Feed) -> Self {
        Self {
            feed,
            inflate: Decompress::new(false),
            state: State::Header { is_first: true },
            crc: Crc::new(),
            member: 0,
            is_whole: true,
            damage: None,
            budget: BUDGET,
            spare: Vec::new(),
        }
    }

    fn enter_member(&mut self, is_first: bool) -> io::Result<()> {
        let start = self.feed.offset();
        let view = self.feed.ensure(MAX_HEADER)?;
        if view.is_empty() || (!is_first && view.iter().all(|&byte| byte == 0)) {
            // Padding to a block of a tape or disk is allowed.
            self.state = State::End;
            return Ok(());
        }
        let (len, is_sound) = match header_len(view) {
            Some(len) => (len, true),
            // The file was taken for gzip although its very first bytes are damaged.
            None if is_first && view.len() > 10 => (10, false),
            None if is_first => {
                self.state = State::End;
                self.lose(start, DamageKind::Truncated, "the file ends in the gzip header");
                return Ok(());
            }
            None => return self.restart(start, "these bytes are no gzip member"),
        };
        if !is_sound {
            self.lose(start, DamageKind::Compression, "gzip header is damaged");
        }
        self.feed.pass(len);
        self.start_body(start, true);
        Ok(())
    }

    fn start_body(&mut self, member: u64, is_whole: bool) {
        self.inflate.reset(false);
        self.crc.reset();
        (self.member, self.is_whole, self.state) = (member, is_whole, State::Body);
    }

    /// Notes damage from `start` to here, to be told with the next chunk.
    fn lose(&mut self, start: u64, kind: DamageKind, what: &str) {
        let end = (self.state != State::End).then(|| self.feed.offset());
        self.damage = Some(match self.damage.take() {
            Some(before) => Damage { end, detail: format!("{}; {what}", before.detail), ..before },
            None => Damage { kind, start, end, events_lost: None, detail: what.to_owned() },
        });
    }

    /// Inflates into `out` until it is full or the member ends.
    fn inflate(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        // Even at the end of the file, inflate may still hold what did not fit into the last chunk.
        while out.len() < out.capacity() {
            let (read, written) = (self.inflate.total_in(), out.len());
            let result = self.inflate.decompress_vec(self.feed.view(), out, FlushDecompress::None);
            self.crc.update(out.get(written..).unwrap_or_default());
            let read = usize::try_from(self.inflate.total_in() - read).unwrap_or(usize::MAX);
            let has_moved = read > 0 || out.len() > written;
            self.feed.pass(read);
            match result {
                Ok(Status::StreamEnd) => {
                    self.state = State::Trailer;
                    return Ok(());
                }
                Ok(_) if has_moved || self.feed.grow()? => {}
                Ok(_) => {
                    let start = self.feed.offset();
                    self.state = State::End;
                    self.lose(start, DamageKind::Truncated, "the file ends in gzip data");
                    return Ok(());
                }
                Err(_) => return self.restart(self.feed.offset(), "gzip data does not decompress"),
            }
        }
        Ok(())
    }

    fn check_trailer(&mut self) -> io::Result<()> {
        let expected = self.crc.sum();
        let amount = self.crc.amount();
        let Some(trailer) = self.feed.ensure(8)?.first_chunk::<8>() else {
            let start = self.feed.offset();
            self.state = State::End;
            self.lose(start, DamageKind::Truncated, "the file ends before the gzip checksum");
            return Ok(());
        };
        let [a, b, c, d, e, f, g, h] = *trailer;
        let differs =
            u32::from_le_bytes([a, b, c, d]) != expected || u32::from_le_bytes([e, f, g, h]) != amount;
        self.feed.pass(8);
        self.state = State::Header { is_first: false };
        if differs && self.is_whole {
            let what = "gzip checksum differs: some byte in here is not as written";
            self.lose(self.member, DamageKind::Compression, what);
            return Ok(());
        }
        Ok(())
    }

    /// Goes on at the next place where deflate data starts afresh.
    fn restart(&mut self, start: u64, what: &str) -> io::Result<()> {
        let (member, flush) = (Finder::new(&MEMBER), Finder::new(&FLUSH));
        self.feed.pass(1);
        loop {
            let view = self.feed.view();
            let next = member.find(view).into_iter().chain(flush.find(view)).min();
            let Some(at) = next else {
                let passed = view.len().saturating_sub(3);
                self.feed.pass(passed);
                if !self.feed.grow()? {
                    self.state = State::End;
                    self.lose(start, DamageKind::Compression, what);
                    return Ok(());
                }
                continue;
            };
            self.feed.pass(at);
            let view = self.feed.ensure(MAX_HEADER)?;
            let is_member = view.starts_with(&MEMBER);
            let skipped = if is_member { header_len(view) } else { Some(FLUSH.len()) };
            if let Some(skipped) = skipped
                && self.proves(skipped)?
            {
                let here = self.feed.offset();
                self.feed.pass(skipped);
                self.start_body(here, is_member);
                self.lose(start, DamageKind::Compression, what);
                return Ok(());
            }
            self.feed.pass(1);
        }
    }

    /// Whether deflate data that starts `skipped` bytes ahead decompresses.
    fn proves(&mut self, skipped: usize) -> io::Result<bool> {
        if self.budget == 0 {
            return Ok(false);
        }
        let mut inflate = Decompress::new(false);
        let mut out = Vec::with_capacity(PROOF);
        let mut at = skipped;
        let is_sound = loop {
            let input = self.feed.view().get(at..).unwrap_or_default();
            let before = (inflate.total_in(), out.len());
            let result = inflate.decompress_vec(input, &mut out, FlushDecompress::None);
            let read = usize::try_from(inflate.total_in() - before.0).unwrap_or(usize::MAX);
            at = at.saturating_add(read);
            let has_moved = read > 0 || out.len() > before.1;
            match result {
                Err(_) => break false,
                Ok(Status::StreamEnd) => break !out.is_empty(),
                Ok(_) if out.len() == PROOF || at > PROOF_INPUT => break !out.is_empty(),
                Ok(_) if has_moved || self.feed.grow()? => {}
                Ok(_) => break !out.is_empty(),
            }
        };
        self.budget = self.budget.saturating_sub(at + out.len());
        Ok(is_sound)
    }
}

/// Length of the member header at the start of `view`; `None` if there is none, or it does not end.
fn header_len(view: &[u8]) -> Option<usize> {
    const CRC: u8 = 2;
    const EXTRA: u8 = 4;
    const NAME: u8 = 8;
    const COMMENT: u8 = 16;
    let flags = *view.get(3)?;
    if !view.starts_with(&MEMBER) || flags & 0xe0 != 0 {
        return None;
    }
    let mut at = 10;
    if flags & EXTRA != 0 {
        at += 2 + usize::from(u16::from_le_bytes(*view.get(at..)?.first_chunk()?));
    }
    for text in [NAME, COMMENT] {
        if flags & text != 0 {
            at += memchr::memchr(0, view.get(at..)?)? + 1;
        }
    }
    if flags & CRC != 0 {
        at += 2;
    }
    (at <= view.len()).then_some(at)
}

impl ChunkSource for Gzip {
    fn next_chunk(&mut self) -> io::Result<Option<Chunk>> {
        let mut bytes = std::mem::take(&mut self.spare);
        bytes.clear();
        bytes.reserve_exact(CHUNK);
        let mut offset = self.feed.offset();
        let mut damage_before = self.damage.take();
        // Damage ends a chunk; what it cost is told with the next one.
        while self.damage.is_none() && bytes.len() < CHUNK {
            match self.state {
                State::Header { is_first } => self.enter_member(is_first)?,
                State::Body => self.inflate(&mut bytes)?,
                State::Trailer => self.check_trailer()?,
                State::End => break,
            }
            if self.damage.is_some()
                && bytes.is_empty()
                && damage_before.is_none()
                && self.state != State::End
            {
                damage_before = self.damage.take();
                offset = self.feed.offset();
            }
        }
        if bytes.is_empty() && damage_before.is_none() {
            damage_before = self.damage.take();
        }
        if bytes.is_empty() && damage_before.is_none() {
            return Ok(None);
        }
        Ok(Some(Chunk { bytes, offset, damage_before, ..Chunk::default() }))
    }

    fn recycle(&mut self, bytes: Vec<u8>) {
        self.spare = bytes;
    }
}
