//! A native trace from front to back as its parts: frames still packed, checkpoints, damage.
//!
//! Gives what [`NativeSource`](super::NativeSource) gives, but leaves it to others to decompress, on other threads
//! or not at all. A frame is believed for its index record, which directly follows it, states its length, and has
//! a checksum; whether it really decompresses shows later ([`Part::Frame`]). Frames without such a record are
//! decompressed here, as proof that they are frames.
//!
//! What is missing in the numbering tells how many events a damaged stretch has cost. Where the bytes can be moved
//! about in, [`Frames::pass_to`] leaves out what nobody asks for.

use std::collections::VecDeque;
use std::io::{Read, Result};

use super::chain::digest;
use super::codec::Unpacker;
use super::early::Early;
use super::info::Checkpoint;
use super::record::{CheckpointHead, Content, IndexRecord};
use super::survey::survey;
use super::trace::unpack_state;
use super::walk::{Found, Item, Walker};
use crate::chunk::{Buffers, Held};
use crate::damage::{Damage, DamageKind};
use crate::source::Feed;

/// One part of a trace.
#[derive(Debug)]
pub enum Part {
    /// A data frame.
    Frame(Frame),
    /// A checkpoint: the replay state behind the frames so far.
    Checkpoint(Stored),
    /// A damaged stretch.
    Damage(Damage),
}

/// A data frame.
#[derive(Debug)]
pub struct Frame {
    /// Where it stands in the file.
    pub offset: u64,
    /// Number of its first event, counted from the start of the first trace in the file.
    pub first_event: u64,
    /// Event blocks in it, by its index record where it has one.
    pub events: u64,
    /// Its index record; `None` if that is lost.
    pub index: Option<Box<IndexRecord>>,
    /// Its length decompressed, bytes.
    pub raw_len: usize,
    body: Body,
    /// Who has it decompressed already, or is at it.
    early: Option<Early>,
}

/// What a checkpoint holds.
#[derive(Debug)]
pub struct Stored {
    /// Number of the first event behind it, by its own word.
    pub next_event: u64,
    /// Where it stands in the file.
    pub offset: u64,
    /// Its length in the file.
    pub len: u64,
    /// The state.
    pub state: Vec<u8>,
}

#[derive(Debug)]
enum Body {
    Packed(Held),
    Raw(Vec<u8>),
}

impl Frame {
    /// Its whole blocks, decompressed into `space`, whose content they replace.
    ///
    /// # Errors
    /// What is wrong with it, and how many events that costs.
    pub fn unpack(
        self,
        unpacker: &mut Unpacker,
        mut space: Vec<u8>,
    ) -> std::result::Result<Vec<u8>, Box<Damage>> {
        let mut packed = match self.body {
            Body::Raw(bytes) => return Ok(bytes),
            Body::Packed(bytes) => bytes,
        };
        let early = self.early.zip(self.index.as_deref());
        if let Some(raw) = early.and_then(|(early, index)| early.take(index)) {
            return Ok(raw);
        }
        match open(packed.bytes_mut(), self.index.as_deref(), self.raw_len, unpacker, &mut space) {
            Ok(()) => Ok(space),
            Err(why) => Err(Box::new(Damage {
                kind: DamageKind::Compression,
                start: self.offset,
                end: Some(self.offset.saturating_add(packed.bytes().len() as u64)),
                events_lost: Some(self.events),
                detail: format!("data frame: {why}"),
            })),
        }
    }

    /// Whether it is still to be decompressed, and nobody is at it.
    pub(super) fn is_packed(&self) -> bool {
        let early = self.early.as_ref().zip(self.index.as_deref());
        matches!(self.body, Body::Packed(_)) && !early.is_some_and(|(early, index)| early.has(index))
    }

    /// What it holds, if it is decompressed.
    pub(super) fn into_raw(self) -> Option<Vec<u8>> {
        match self.body {
            Body::Raw(raw) => Some(raw),
            Body::Packed(_) => None,
        }
    }

    /// Does already what [`Self::unpack`] will have to do; `false` if that fails, which then shows there.
    pub(super) fn unpack_ahead(&mut self, unpacker: &mut Unpacker, buffers: &Buffers) -> bool {
        let Body::Packed(packed) = &mut self.body else { return false };
        if let Some(early) = &self.early {
            early.end();
        }
        let mut space = buffers.take();
        if open(packed.bytes_mut(), self.index.as_deref(), self.raw_len, unpacker, &mut space).is_err() {
            buffers.give(space);
            return false;
        }
        self.body = Body::Raw(space);
        true
    }
}

/// Decompresses a frame of `raw_len` bytes into `space`, whose content it replaces.
fn open(
    packed: &mut [u8],
    index: Option<&IndexRecord>,
    raw_len: usize,
    unpacker: &mut Unpacker,
    space: &mut Vec<u8>,
) -> std::result::Result<(), String> {
    // If these are the bytes that the recorder hashed, they need no weaker checksum of what they hold; taking that
    // would cost three times as much.
    let hashed = index.is_some_and(|index| index.frame_hash == digest(packed));
    if hashed && unpacker.unpack_unchecked(packed, raw_len, space) {
        return Ok(());
    }
    unpacker.unpack(packed, raw_len, space)
}

/// See the module.
pub struct Frames<R> {
    walker: Walker<R>,
    /// A data frame that waits for its index record, with its end in the file.
    waiting: Option<(Waiting, u64)>,
    ready: VecDeque<Part>,
    account: Account,
    /// Number that the next event has if nothing tells otherwise.
    running: u64,
    ended: bool,
    /// Memory of packed frames that are done with.
    packed: Buffers,
    early: Option<Early>,
}

struct Waiting {
    offset: u64,
    raw_len: usize,
    body: Body,
}

/// What is known about numbering, and what has been lost.
struct Account {
    /// Number of the next event; `None` while unknown.
    next_event: Option<u64>,
    /// Damage not yet given out. The loss of all but the last is settled.
    damage: Vec<Damage>,
    /// The footer was seen: the recorder ended as it should.
    finished: bool,
    /// Start of the current trace, if several stand one behind the other.
    base: u64,
}

impl<R: Read> Frames<R> {
    /// Reads from the first byte of a trace; with `lazy`, leaves frames packed and gives checkpoints.
    ///
    /// # Errors
    /// If the decompressor cannot be set up.
    pub(crate) fn new(source: R, lazy: bool) -> Result<Self> {
        let account = Account { next_event: Some(1), damage: Vec::new(), finished: false, base: 0 };
        let walker = Walker::new(source, lazy)?;
        let (ready, packed) = (VecDeque::new(), Buffers::default());
        Ok(Self { walker, waiting: None, ready, account, running: 1, ended: false, packed, early: None })
    }

    /// The next part; `None` at the end.
    ///
    /// # Errors
    /// Only if the source cannot be read.
    pub fn step(&mut self) -> Result<Option<Part>> {
        loop {
            if let Some(part) = self.ready.pop_front() {
                return Ok(Some(part));
            }
            if self.ended {
                return Ok(None);
            }
            match self.walker.step()? {
                Some(found) => self.take(found),
                None => self.end(),
            }
        }
    }

    /// Gives frames that `early` will have decompressed by then as if that had been done here.
    pub fn after(&mut self, early: Early) {
        self.early = Some(early);
    }

    /// Offset in the file up to which parts have been read.
    #[must_use]
    pub fn at(&self) -> u64 {
        self.walker.at()
    }

    fn take(&mut self, found: Found) {
        if self.walker.base() != self.account.base {
            // A further trace: its own numbers start at 1 again and mean nothing here.
            self.account.base = self.walker.base();
            self.account.next_event = None;
        }
        match found.item {
            Item::Data | Item::Beginning => {
                self.release(None);
                let bytes = self.walker.take_raw();
                let frame = Waiting { offset: found.start, raw_len: bytes.len(), body: Body::Raw(bytes) };
                self.waiting = Some((frame, found.end()));
            }
            Item::Packed { raw_len } => {
                self.release(None);
                let body = Body::Packed(Held::copy_of(self.walker.bytes(), &self.packed));
                self.waiting = Some((Waiting { offset: found.start, raw_len, body }, found.end()));
            }
            Item::Record(Content::Index(index)) => self.index(found.start, index),
            Item::Record(Content::Footer(footer)) => {
                self.release(None);
                self.account.finished = true;
                self.account.settle(footer.totals.events.checked_add(1));
            }
            Item::Record(Content::Checkpoint(ref head)) if self.walker.is_lazy() => {
                self.release(None);
                let part = self.checkpoint(&found, head);
                self.ready.push_back(part);
            }
            Item::Damage(damage) => {
                self.release(None);
                self.account.damage.push(damage);
            }
            Item::Record(_) | Item::Foreign | Item::SeekTable(_) => {}
        }
    }

    fn checkpoint(&self, found: &Found, head: &CheckpointHead) -> Part {
        let state = if head.frames < self.walker.next_frame() {
            Err(Damage {
                kind: DamageKind::Altered,
                start: 0,
                end: None,
                events_lost: Some(0),
                detail: "checkpoint: it is from further ahead in the trace".into(),
            })
        } else {
            unpack_state(self.walker.bytes())
        };
        match state {
            Ok(state) => Part::Checkpoint(Stored {
                next_event: head.next_event,
                offset: found.start,
                len: found.len,
                state,
            }),
            Err(damage) => Part::Damage(Damage { start: found.start, end: Some(found.end()), ..damage }),
        }
    }

    /// Takes in an index record that starts at `at`.
    fn index(&mut self, at: u64, index: Box<IndexRecord>) {
        let is_own = self
            .waiting
            .as_ref()
            .is_some_and(|(frame, end)| *end == at && at.checked_sub(index.packed_len) == Some(frame.offset));
        if is_own {
            self.release(Some(index));
        } else {
            self.release(None);
            let next = index.first_event.checked_add(index.events);
            self.account.settle(next.filter(|_| self.account.base == 0));
        }
    }

    /// Gives out the frame that waits, with its index record if there is one.
    fn release(&mut self, index: Option<Box<IndexRecord>>) {
        let Some((frame, _)) = self.waiting.take() else { return };
        let Waiting { offset, raw_len, body } = frame;
        let account = &mut self.account;
        let numbered = index.as_ref().filter(|_| account.base == 0);
        if let Some(index) = numbered {
            account.expect(index.first_event, offset);
        } else if !account.damage.is_empty() {
            account.next_event = None;
        }
        let events = match (&index, &body) {
            (Some(index), _) => index.events,
            (None, Body::Raw(bytes)) => survey(bytes).events,
            (None, Body::Packed(_)) => 0,
        };
        let first_event = account.next_event.unwrap_or(0).max(self.running);
        account.next_event = account.next_event.and_then(|n| n.checked_add(events));
        self.running = first_event.saturating_add(events);
        self.ready.extend(account.damage.drain(..).map(Part::Damage));
        // Those that were decompressed early are the first ones.
        self.early =
            self.early.take().filter(|early| index.as_deref().is_some_and(|index| early.may_have(index)));
        let early = self.early.clone();
        self.ready.push_back(Part::Frame(Frame { offset, first_event, events, index, raw_len, body, early }));
    }

    fn end(&mut self) {
        self.release(None);
        let at = self.walker.at();
        let account = &mut self.account;
        let told = account.damage.last().is_some_and(|d| d.end.is_none());
        if !account.finished && !told {
            account.damage.push(Damage {
                kind: DamageKind::Truncated,
                start: at,
                end: None,
                events_lost: None,
                detail:
                    "the trace has no footer: the recorder was stopped, or the end of the file is missing"
                        .into(),
            });
        }
        self.ready.extend(account.damage.drain(..).map(Part::Damage));
        self.ended = true;
    }
}

impl Frames<Feed> {
    /// Goes on at `checkpoint`, which the trace's own index names and nothing before it is asked of. Gives `false`
    /// and stays where it is if that lies behind, if something read is not given out yet, or if the source cannot
    /// be moved about in.
    ///
    /// # Errors
    /// If the source cannot be read.
    pub fn pass_to(&mut self, checkpoint: &Checkpoint) -> Result<bool> {
        let is_clean = self.ready.is_empty() && self.waiting.is_none() && self.account.damage.is_empty();
        if !is_clean || self.account.base != 0 || self.ended || checkpoint.offset < self.walker.at() {
            return Ok(false);
        }
        if !self.walker.jump(checkpoint.offset, checkpoint.frames)? {
            return Ok(false);
        }
        self.account.next_event = Some(checkpoint.next_event);
        self.running = checkpoint.next_event;
        Ok(true)
    }

    /// Goes back to `place`, where it stood before [`Self::pass_to`], as if that had not been.
    ///
    /// # Errors
    /// If the source cannot be read.
    pub fn pass_back(&mut self, place: &Checkpoint) -> Result<()> {
        self.ready.clear();
        self.waiting = None;
        self.account =
            Account { next_event: Some(place.next_event), damage: Vec::new(), finished: false, base: 0 };
        (self.running, self.ended) = (place.next_event, false);
        self.walker.jump_back(place.offset, place.frames)
    }
}

impl Account {
    /// The frame at `offset` starts with event `first`: what is missing before it is lost.
    fn expect(&mut self, first: u64, offset: u64) {
        let missing = self.next_event.is_some_and(|next| next != first);
        if missing && self.damage.is_empty() {
            let next = self.next_event.unwrap_or(first);
            self.damage.push(Damage {
                kind: DamageKind::Altered,
                start: offset,
                end: Some(offset),
                events_lost: None,
                detail: format!(
                    "event {first} follows where event {next} belongs: frames were taken out or put in"
                ),
            });
        }
        self.settle(Some(first));
    }

    /// The number of the next event is known again: the damage so far has cost all before it.
    fn settle(&mut self, next: Option<u64>) {
        if let (Some(last), Some(next), Some(expected)) = (self.damage.last_mut(), next, self.next_event) {
            last.events_lost = last.events_lost.or(Some(next.saturating_sub(expected)));
        }
        self.next_event = next;
    }
}
