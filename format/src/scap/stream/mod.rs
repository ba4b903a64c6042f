//! Chunks to blocks: joins what chunk borders cut, and goes on behind damage. Hot path: a block that lies
//! whole in a chunk is neither copied nor allocated for.
//!
//! Takes a [`ChunkSource`], gives places of blocks and [`Damage`]. Deliberately doesn't decode what is inside.
//!
//! Two buffers: `chunk` is what the source gave last; `carry` holds bytes that come before it, a block cut by
//! the border or a stretch being searched. Bytes are taken from `carry` first.

mod mend;

use super::{
    event,
    kind::{EventKind, Kind},
    parse::{Frame, Framed, frame},
    section,
};
use crate::Event;
use crate::chunk::{Chunk, ChunkSource, Held};
use crate::damage::Damage;
use crate::source::Ahead;
use crate::totals::{Run, Totals};
use std::collections::VecDeque;
use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;

/// Blocks of a source, one after the other.
pub(crate) struct Stream {
    source: Box<dyn ChunkSource + Send>,
    chunk: Current,
    carry: Bytes,
    /// Byte order, once a section header has been read.
    big_endian: Option<bool>,
    /// Set while it is not known where the next block starts.
    lost: Option<mend::Lost>,
    has_ended: bool,
    /// Whether the next step may be anything but an event in `chunk`.
    is_rough: bool,
    /// Found, to be given before anything else; the buffers stay as they are until then.
    found: VecDeque<Step>,
    last_ts: u64,
    next_event: u64,
    /// Events before this source, where it is one file of several.
    base: u64,
}

/// Bytes of the stream and where the first of them stands in the file.
#[derive(Debug, Default)]
struct Bytes {
    bytes: Vec<u8>,
    at: usize,
    offset: u64,
}

/// The same of a chunk, which others can hold on to.
#[derive(Debug, Default)]
struct Current {
    bytes: Arc<Held>,
    at: usize,
    offset: u64,
}

impl Current {
    #[inline]
    fn rest(&self) -> &[u8] {
        self.bytes.bytes().get(self.at..).unwrap_or_default()
    }

    fn is_done(&self) -> bool {
        self.at >= self.bytes.bytes().len()
    }
}

impl Bytes {
    #[inline]
    fn rest(&self) -> &[u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    fn is_done(&self) -> bool {
        self.at >= self.bytes.len()
    }
}

/// What comes next.
#[derive(Debug)]
pub(crate) enum Step {
    /// A whole block.
    Block(Place),
    /// A damaged stretch.
    Damage(Damage),
    /// Nothing.
    End,
}

/// Where a block lies until the next step.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    in_carry: bool,
    start: usize,
    len: u32,
    /// Its type, put right if it was damaged.
    block_type: u32,
    /// What that type holds.
    pub(crate) kind: Kind,
    /// Number of the event; 0 if it is none.
    pub(crate) num: u64,
}

/// How collecting bytes went.
enum Gathered {
    /// As many as needed are in `carry`.
    Enough,
    /// There are no more.
    End,
    /// The source told of a loss behind those in `carry`; what stands there now has to be looked at anew.
    Gap,
}

impl Stream {
    /// Reads `source`; the first event gets number `first_event`.
    pub(crate) fn new(source: Box<dyn ChunkSource + Send>, first_event: u64) -> Self {
        Self {
            source,
            chunk: Current::default(),
            carry: Bytes::default(),
            big_endian: None,
            lost: None,
            has_ended: false,
            is_rough: true,
            found: VecDeque::new(),
            last_ts: 0,
            next_event: first_event,
            base: first_event.saturating_sub(1),
        }
    }

    /// Reads its source on another thread from here on, up to `chunks` ahead, if there is one to be had.
    pub(crate) fn read_ahead(&mut self, chunks: usize) {
        self.source = Ahead::boxed(std::mem::replace(&mut self.source, Box::new(None)), chunks);
    }

    /// Number the next event will have.
    pub(crate) fn next_event(&self) -> u64 {
        self.next_event
    }

    /// Byte order of the section.
    #[inline]
    pub(crate) fn is_big_endian(&self) -> bool {
        self.big_endian.unwrap_or(false)
    }

    /// The block at `place`.
    #[inline]
    pub(crate) fn block(&self, place: &Place) -> Framed<'_> {
        let bytes = if place.in_carry { &self.carry.bytes } else { self.chunk.bytes.bytes() };
        let end = place.start + place.len as usize - 4;
        let body = bytes.get(place.start + 8..end).unwrap_or_default();
        Framed { block_type: place.block_type, kind: place.kind, body, len: place.len }
    }

    /// Where the block at `place` stands in the file.
    pub(crate) fn offset(&self, place: &Place) -> u64 {
        let offset = if place.in_carry { self.carry.offset } else { self.chunk.offset };
        if self.source.is_exact() { offset + place.start as u64 } else { offset }
    }

    /// Where the block behind the one at `place` stands in the file; `None` where places are not exact.
    pub(crate) fn end(&self, place: &Place) -> Option<u64> {
        self.source.is_exact().then(|| self.offset(place) + u64::from(place.len))
    }

    /// Where [`Self::run`] begins: bytes, place in them, and number of the first event; `None` if it would show nothing.
    #[inline]
    pub(crate) fn row(&self) -> Option<(&Arc<Held>, usize, u64)> {
        let has_events = !self.is_rough && !self.chunk.is_done();
        has_events.then_some((&self.chunk.bytes, self.chunk.at, self.next_event))
    }

    /// Shows every event that comes next in the usual layout to `show`, with its block and the block's place, and counts it in
    /// `totals`, up to the first block that is anything else or until it breaks off.
    ///
    /// One loop over the chunk, so that what it keeps stays in registers.
    #[inline]
    pub(crate) fn run(
        &mut self,
        totals: &mut Totals,
        mut show: impl FnMut(Event<'_>, &[u8], usize) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        if self.is_rough {
            return ControlFlow::Continue(());
        }
        let bytes = self.chunk.rest();
        let (mut rest, mut run, mut num) = (bytes, Run::new(), self.next_event);
        let mut flow = ControlFlow::Continue(());
        while let Some((len, mut event)) = event::usual(rest) {
            let at = self.chunk.at + (bytes.len() - rest.len());
            let (block, behind) = rest.split_at_checked(len).unwrap_or((rest, &[]));
            rest = behind;
            event.num = num;
            num += 1;
            run.count(event.ts);
            flow = show(event, block, at);
            if flow.is_break() {
                break;
            }
        }
        let passed = bytes.len() - rest.len();
        self.chunk.at += passed;
        totals.add(&run, num - self.next_event, passed);
        self.next_event = num;
        flow
    }

    /// Steps over the next block if it is the usual case: a whole event, little-endian, in the current
    /// chunk, nothing else to do. Gives its type, layout and place in the chunk.
    ///
    /// Plain numbers, because a [`Place`] that travels through memory costs more than all the rest.
    #[inline]
    pub(crate) fn smooth(&mut self) -> Option<(u32, EventKind, std::ops::Range<usize>)> {
        if self.is_rough {
            return None;
        }
        let rest = self.chunk.rest();
        let ([a, b, c, d, len @ ..], _) = rest.split_first_chunk::<8>()?;
        let block_type = u32::from_le_bytes([*a, *b, *c, *d]);
        let layout = Kind::event_of(block_type)?;
        let block = rest.get(..u32::from_le_bytes(*len) as usize)?;
        if block.len() < 12 || !block.len().is_multiple_of(4) || block.last_chunk::<4>() != Some(len) {
            return None;
        }
        let start = self.chunk.at;
        self.chunk.at += block.len();
        self.next_event += 1;
        Some((block_type, layout, start..self.chunk.at))
    }

    /// The body of a block that [`Self::smooth`] has given.
    #[inline]
    pub(crate) fn smooth_body(&self, place: std::ops::Range<usize>) -> &[u8] {
        self.chunk.bytes.bytes().get(place.start + 8..place.end - 4).unwrap_or_default()
    }

    /// The same place as a [`Place`].
    pub(crate) fn smooth_place(&self, block_type: u32, place: &std::ops::Range<usize>) -> Place {
        let len = u32::try_from(place.len()).unwrap_or(u32::MAX);
        let num = self.next_event - 1;
        Place { in_carry: false, start: place.start, len, block_type, kind: Kind::of(block_type), num }
    }

    /// Takes the block at `place`, which was given last, for one of type `block_type`: whether it has a number,
    /// and with it the numbers that follow, may change.
    pub(crate) fn retype(&mut self, place: &Place, block_type: u32) -> Place {
        let kind = Kind::of(block_type);
        let num = match (place.kind, kind) {
            (Kind::Event(_), Kind::Event(_)) => place.num,
            (Kind::Event(_), _) => {
                self.next_event -= 1;
                0
            }
            (_, Kind::Event(_)) => {
                self.next_event += 1;
                self.next_event - 1
            }
            _ => 0,
        };
        Place { block_type, kind, num, ..*place }
    }

    /// Goes on to the next block. `last_ts` is the time of the last good event, by which others are judged
    /// behind damage; 0 if there was none.
    ///
    /// # Errors
    /// Only if the source could not be read.
    pub(crate) fn advance(&mut self, last_ts: u64) -> io::Result<Step> {
        self.last_ts = last_ts;
        let step = self.advance_slowly();
        self.is_rough =
            !self.carry.is_done() || self.lost.is_some() || !self.found.is_empty() || self.is_big_endian();
        step
    }

    fn advance_slowly(&mut self) -> io::Result<Step> {
        loop {
            if let Some(step) = self.found.pop_front() {
                return Ok(step);
            }
            if self.lost.is_some() {
                self.search()?;
                continue;
            }
            let in_carry = !self.carry.is_done();
            let bytes = if in_carry { self.carry.rest() } else { self.chunk.rest() };
            match frame(bytes, self.is_big_endian()) {
                Frame::Whole(block) => {
                    if block.kind == Kind::Section {
                        self.big_endian = section::byte_order(block.body).or(self.big_endian);
                    }
                    let (block_type, kind, len) = (block.block_type, block.kind, block.len);
                    return Ok(Step::Block(self.pass(in_carry, block_type, kind, len)));
                }
                Frame::Needs(len) => match self.gather(len)? {
                    Gathered::Enough | Gathered::Gap => {}
                    Gathered::End if self.carry.is_done() => return Ok(Step::End),
                    Gathered::End => self.mend(mend::CUT)?,
                },
                Frame::Bad(why) => self.mend(why)?,
            }
        }
    }

    /// Steps over the block at the current place.
    fn pass(&mut self, in_carry: bool, block_type: u32, kind: Kind, len: u32) -> Place {
        let at = if in_carry { &mut self.carry.at } else { &mut self.chunk.at };
        let start = *at;
        *at += len as usize;
        let num = if matches!(kind, Kind::Event(_)) {
            self.next_event += 1;
            self.next_event - 1
        } else {
            0
        };
        Place { in_carry, start, len, block_type, kind, num }
    }

    /// Brings the next `len` bytes together in `carry`.
    fn gather(&mut self, len: usize) -> io::Result<Gathered> {
        self.drop_passed();
        while self.carry.bytes.len() < len {
            if self.chunk.is_done() {
                match self.fetch()? {
                    Gathered::Enough => continue,
                    other => return Ok(other),
                }
            }
            let missing = len - self.carry.bytes.len();
            self.carry_over(missing);
        }
        Ok(Gathered::Enough)
    }

    /// Forgets the bytes of `carry` that have been passed.
    fn drop_passed(&mut self) {
        let passed = self.carry.at.min(self.carry.bytes.len());
        if self.source.is_exact() {
            self.carry.offset += passed as u64;
        }
        self.carry.bytes.drain(..passed);
        self.carry.at = 0;
    }

    /// Moves up to `len` bytes from the start of `chunk` to the end of `carry`.
    fn carry_over(&mut self, len: usize) {
        if self.carry.bytes.is_empty() {
            self.carry.offset = self.chunk_offset();
        }
        let rest = self.chunk.rest();
        let moved = rest.get(..len).unwrap_or(rest);
        self.carry.bytes.extend_from_slice(moved);
        self.chunk.at += moved.len();
    }

    /// Where the next byte of `chunk` stands in the file.
    fn chunk_offset(&self) -> u64 {
        let at = if self.source.is_exact() { self.chunk.at as u64 } else { 0 };
        self.chunk.offset + at
    }

    /// Replaces `chunk`, which is done, by the source's next one.
    fn fetch(&mut self) -> io::Result<Gathered> {
        if self.has_ended {
            return Ok(Gathered::End);
        }
        // Whoever else holds it gives its memory back later.
        if let Some(held) = Arc::into_inner(std::mem::take(&mut self.chunk.bytes)) {
            self.source.recycle(held.into_bytes());
        }
        let end = self.chunk_offset();
        self.chunk.at = 0;
        let Some(chunk) = self.source.next_chunk()? else {
            self.chunk.offset = end;
            self.has_ended = true;
            return Ok(Gathered::End);
        };
        let Chunk { bytes, offset, damage_before, starts_block, first_event } = chunk;
        (self.chunk.bytes, self.chunk.offset) = (Arc::new(Held::new(bytes, self.source.home())), offset);
        let has_gap = damage_before.is_some() || (starts_block && !self.carry.is_done());
        let skipped = first_event.map(|num| num.saturating_add(self.base).saturating_sub(self.next_event));
        self.next_event = self.next_event.saturating_add(skipped.unwrap_or(0));
        if !has_gap {
            return Ok(Gathered::Enough);
        }
        self.bridge(damage_before, starts_block, skipped);
        Ok(Gathered::Gap)
    }
}
