//! Walks a native trace from front to back: data frames, records, and damage between them.
//!
//! Takes any `Read`, gives [`Found`] items that together cover every byte. Behind damage it looks for the
//! next frame by magic, and believes there only what cannot be chance or content: a record with its checksum,
//! this trace's id, and a place in the order of frames that has not passed; or a data frame that decompresses
//! and is followed by its index record of that description. A recorded process may have handled whole frames
//! of other traces or of earlier parts of this one, and data frames may hold them uncompressed.
//!
//! Memory: one frame as it stands in the file and decompressed, both limited by [`super::frame`]. Work is
//! limited too: attempts that fail draw on a budget that grows with the bytes passed.

use std::fmt::Write as _;
use std::io::{Read, Result};

use super::codec::{Unpacker, beginning};
use super::envelope::{self, MAX_RECORD, RECORD_MAGIC, SKIPPABLE_MAGIC, TAG, TraceId, word};
use super::frame::{FRAME_MAGIC, Measured, measure};
use super::record::Content;
use super::seek_table::{self, Entry, TABLE_MAGIC};
use super::window::Window;
use crate::damage::{Damage, DamageKind};
use crate::source::Feed;

/// One item of the file.
#[derive(Debug)]
pub(super) struct Found {
    /// Offset in the file of its first byte.
    pub(super) start: u64,
    /// Its length in bytes.
    pub(super) len: u64,
    /// What it is.
    pub(super) item: Item,
}

impl Found {
    /// Offset of the first byte behind it.
    #[must_use]
    pub(super) const fn end(&self) -> u64 {
        self.start + self.len
    }
}

/// What stands in the file.
#[derive(Debug)]
pub(super) enum Item {
    /// A data frame; its content is at [`Walker::take_raw`].
    Data,
    /// What could be read of a data frame that the file ends within: whole blocks, at [`Walker::take_raw`], that no
    /// checksum covers. The damage that is given next covers its bytes.
    Beginning,
    /// A data frame for which its index record vouches, not decompressed; it stands at [`Walker::bytes`].
    Packed {
        /// What it holds decompressed, as its header says.
        raw_len: usize,
    },
    /// A record.
    Record(Content),
    /// A skippable frame that is not the trace's.
    Foreign,
    /// The seek table.
    SeekTable(Vec<Entry>),
    /// Bytes that are none of these. `end` is `None` where nothing sound follows.
    Damage(Damage),
}

/// See the module.
pub(super) struct Walker<R> {
    window: Window<R>,
    unpacker: Unpacker,
    raw: Vec<u8>,
    /// Length of the item given last, whose bytes are still at hand.
    current: usize,
    trace: Option<TraceId>,
    /// Where the current trace starts, if several stand one behind the other.
    base: u64,
    /// Ordinal of the next data frame, by the index record seen last.
    next_frame: u64,
    /// End of the last seek table: a further trace may start there.
    closed: Option<u64>,
    /// An item found behind damage, to be given next.
    next: Option<Found>,
    budget: u64,
    /// Leaves frames packed where something vouches for them.
    lazy: bool,
}

/// Failed attempts may cost this many bytes of work at first, and [`WORK_PER_BYTE`] more with every byte passed.
const FIRST_BUDGET: u64 = 256 << 20;
const WORK_PER_BYTE: u64 = 16;
const TOO_MANY: &str = "not looked at after too many failed attempts";
/// How much is searched for a magic at once.
const SEARCH_STEP: usize = 64 << 10;

/// Why no item starts somewhere.
struct Unsound {
    kind: DamageKind,
    why: String,
}

impl Unsound {
    fn new(kind: DamageKind, why: impl Into<String>) -> Self {
        Self { kind, why: why.into() }
    }
}

type Try = std::result::Result<(Item, usize), Unsound>;

impl<R: Read> Walker<R> {
    /// A walk from the first byte of `source`; with `lazy`, frames stay packed where that is safe.
    ///
    /// # Errors
    /// If the decompressor cannot be set up.
    pub(super) fn new(source: R, lazy: bool) -> Result<Self> {
        Ok(Self {
            window: Window::new(source),
            unpacker: Unpacker::new()?,
            raw: Vec::new(),
            current: 0,
            trace: None,
            base: 0,
            next_frame: 0,
            closed: None,
            next: None,
            budget: FIRST_BUDGET,
            lazy,
        })
    }

    /// The next item; `None` at the end.
    ///
    /// # Errors
    /// Only if the source cannot be read.
    pub(super) fn step(&mut self) -> Result<Option<Found>> {
        self.earn(self.current);
        self.window.pass(self.current);
        self.current = 0;
        if let Some(found) = self.next.take() {
            if !matches!(found.item, Item::Damage(_)) {
                self.current = usize::try_from(found.len).unwrap_or(usize::MAX);
            }
            return Ok(Some(found));
        }
        if self.window.fill(8)?.is_empty() {
            return Ok(None);
        }
        let start = self.window.at();
        match self.try_here(false)? {
            Ok((item, len)) => {
                self.current = len;
                Ok(Some(Found { start, len: len as u64, item }))
            }
            Err(unsound) if unsound.kind == DamageKind::Truncated => self.cut(start, unsound).map(Some),
            Err(unsound) => self.skip_damage(start, unsound).map(Some),
        }
    }

    /// The file seems to end within what starts here. If nothing sound follows and it is a data frame, as much of it is
    /// given as there is, before the damage that it stays.
    fn cut(&mut self, start: u64, unsound: Unsound) -> Result<Found> {
        let is_frame = word(self.window.held(), 0) == Some(FRAME_MAGIC);
        let rest = if is_frame { self.window.held().to_vec() } else { Vec::new() };
        let mut found = self.skip_damage(start, unsound)?;
        let Item::Damage(damage) = &mut found.item else { return Ok(found) };
        if damage.end.is_some() {
            return Ok(found);
        }
        let events = beginning(&rest, &mut self.raw)?;
        if events == 0 {
            return Ok(found);
        }
        let _ = write!(damage.detail, "; {events} events at its start were read, which no checksum covers");
        self.next = Some(found);
        Ok(Found { start, len: 0, item: Item::Beginning })
    }

    /// The bytes of the item given last, as they stand in the file; empty for damage.
    pub(super) fn bytes(&self) -> &[u8] {
        self.window.held().get(..self.current).unwrap_or_default()
    }

    /// The decompressed content of the data frame given last; empty when taken before.
    pub(super) fn take_raw(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.raw)
    }

    /// The decompressed content of the data frame given last.
    pub(super) fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// Where the current trace starts; not 0 only where several stand one behind the other.
    pub(super) const fn base(&self) -> u64 {
        self.base
    }

    /// Offset in the file up to which items have been given.
    pub(super) fn at(&self) -> u64 {
        self.window.at() + self.current as u64
    }

    /// Ordinal of the next data frame, by the index record seen last.
    pub(super) const fn next_frame(&self) -> u64 {
        self.next_frame
    }

    /// Whether frames stay packed.
    pub(super) const fn is_lazy(&self) -> bool {
        self.lazy
    }

    fn earn(&mut self, bytes: usize) {
        self.budget = self.budget.saturating_add(WORK_PER_BYTE.saturating_mul(bytes as u64));
    }

    /// Finds the next believable item and gives the damage before it.
    fn skip_damage(&mut self, start: u64, unsound: Unsound) -> Result<Found> {
        self.pass(1);
        let end = loop {
            let held = self.window.fill(SEARCH_STEP)?;
            if held.len() < 8 {
                let rest = held.len();
                self.pass(rest);
                break None;
            }
            let Some(at) = find_magic(held) else {
                let all_but = held.len() - 3;
                self.pass(all_but);
                continue;
            };
            self.pass(at);
            let here = self.window.at();
            if let Ok((item, len)) = self.try_here(true)? {
                self.next = Some(Found { start: here, len: len as u64, item });
                break Some(here);
            }
            self.pass(1);
        };
        let upto = end.unwrap_or(self.window.at());
        let damage = Damage { kind: unsound.kind, start, end, events_lost: None, detail: unsound.why };
        Ok(Found { start, len: upto - start, item: Item::Damage(damage) })
    }

    fn pass(&mut self, n: usize) {
        self.earn(n);
        self.window.pass(n);
    }

    /// Looks whether an item starts here. `lost` is how it is done behind damage, where chance must be excluded.
    fn try_here(&mut self, lost: bool) -> Result<Try> {
        let head = self.window.fill(16)?;
        let is_record = head.get(8..16) == Some(TAG);
        let Some(magic) = word(head, 0) else {
            return Ok(Err(Unsound::new(
                DamageKind::Truncated,
                "the file ends within a frame's magic number",
            )));
        };
        if magic == FRAME_MAGIC {
            self.try_data(lost)
        } else if is_record || magic == RECORD_MAGIC {
            self.try_skippable("record", lost, Self::open_record)
        } else if magic == TABLE_MAGIC {
            self.try_skippable("seek table", lost, Self::open_table)
        } else if magic & !0xF == SKIPPABLE_MAGIC && !lost {
            self.try_skippable("skippable frame", lost, |_, _, _| Ok(Item::Foreign))
        } else {
            Ok(Err(Unsound::new(DamageKind::Compression, "neither a frame nor a record starts here")))
        }
    }

    fn try_data(&mut self, lost: bool) -> Result<Try> {
        let bad = |why: &str| Ok(Err(Unsound::new(DamageKind::Compression, format!("data frame: {why}"))));
        let limit = usize::try_from(self.budget).unwrap_or(usize::MAX);
        let (measured, walked) = measure(&mut self.window, limit)?;
        let spent = self.budget.saturating_sub(walked as u64);
        let (len, raw_len) = match measured {
            Measured::Whole { len, raw_len } => (len, raw_len),
            Measured::Invalid(why) => {
                self.budget = spent;
                return bad(why);
            }
            Measured::Cut => {
                self.budget = spent;
                let why = "data frame: the file ends within it";
                return Ok(Err(Unsound::new(DamageKind::Truncated, why)));
            }
        };
        // A frame's own index record is checked first: that is cheap.
        if (lost || self.lazy) && !self.is_indexed(len)? {
            if lost {
                self.budget = spent;
                return bad("no index record vouches for it");
            }
        } else if self.lazy {
            return Ok(Ok((Item::Packed { raw_len }, len)));
        }
        if (len + raw_len) as u64 > self.budget {
            return bad(TOO_MANY);
        }
        let packed = self.window.held().get(..len).unwrap_or_default();
        match self.unpacker.unpack(packed, raw_len, &mut self.raw) {
            Ok(()) => Ok(Ok((Item::Data, len))),
            Err(why) => {
                self.budget = spent.saturating_sub((len + raw_len) as u64);
                bad(&why)
            }
        }
    }

    /// Whether an index record of this trace follows that describes a frame of `len` bytes, and a new one.
    fn is_indexed(&mut self, len: usize) -> Result<bool> {
        let Some(record_len) = self.window.fill(len + 8)?.get(len..).and_then(|r| word(r, 4)) else {
            return Ok(false);
        };
        let record_len = record_len as usize + 8;
        if record_len > MAX_RECORD || record_len as u64 > self.budget {
            return Ok(false);
        }
        self.budget -= record_len as u64;
        let held = self.window.fill(len + record_len)?;
        let Some(envelope) = held.get(len..len + record_len).and_then(envelope::open) else {
            return Ok(false);
        };
        Ok(self.trace.is_none_or(|trace| trace == envelope.trace)
            && matches!(Content::decode(&envelope), Ok(Content::Index(index))
                if index.packed_len == len as u64 && index.frame >= self.next_frame))
    }

    /// Whether a record found behind damage can stand there. A copy of it inside a recorded buffer is older
    /// than the frame that holds the buffer.
    fn is_due(&self, content: &Content) -> bool {
        match content {
            Content::Index(index) => index.frame >= self.next_frame,
            Content::Checkpoint(head) => head.frames >= self.next_frame,
            Content::Footer(footer) => footer.totals.frames >= self.next_frame,
            Content::Manifest(_) => self.next_frame <= 1,
            Content::Signature(_) => true,
            Content::Unknown(_) => false,
        }
    }

    /// Reads a whole skippable frame and lets `open` judge it.
    fn try_skippable(
        &mut self,
        what: &str,
        lost: bool,
        open: impl FnOnce(&mut Self, usize, bool) -> std::result::Result<Item, Unsound>,
    ) -> Result<Try> {
        let len = word(self.window.fill(8)?, 4).map_or(0, |n| n as usize + 8);
        if len > MAX_RECORD + 8 {
            let why = format!("{what}: longer than a trace allows");
            return Ok(Err(Unsound::new(DamageKind::Index, why)));
        }
        if len as u64 > self.budget {
            return Ok(Err(Unsound::new(DamageKind::Index, TOO_MANY)));
        }
        if len < 8 || self.window.fill(len)?.len() < len {
            let why = format!("{what}: the file ends within it");
            return Ok(Err(Unsound::new(DamageKind::Truncated, why)));
        }
        let opened = open(self, len, lost);
        if opened.is_err() {
            self.budget -= len as u64;
        }
        Ok(opened.map(|item| (item, len)))
    }

    fn open_record(&mut self, len: usize, lost: bool) -> std::result::Result<Item, Unsound> {
        let bad = |why: &str| Unsound::new(DamageKind::Index, format!("record: {why}"));
        let bytes = self.window.held().get(..len).unwrap_or_default();
        let Some(envelope) = envelope::open(bytes) else { return Err(bad("its checksum does not fit")) };
        let another = self.closed.take_if(|_| !lost);
        if another.is_none() && self.trace.is_some_and(|trace| trace != envelope.trace) {
            return Err(bad("it belongs to another trace"));
        }
        self.base = another.unwrap_or(self.base);
        let content = Content::decode(&envelope).map_err(|e| bad(&e.to_string()))?;
        if another.is_some() {
            self.next_frame = 0;
        } else if lost && !self.is_due(&content) {
            return Err(bad("it is older than what stands before it"));
        }
        if let Content::Index(index) = &content {
            self.next_frame = index.frame.saturating_add(1);
        }
        self.trace = Some(envelope.trace);
        Ok(Item::Record(content))
    }

    fn open_table(&mut self, len: usize, lost: bool) -> std::result::Result<Item, Unsound> {
        let bad = |why: &str| Unsound::new(DamageKind::Index, format!("seek table: {why}"));
        let at = self.window.at();
        let bytes = self.window.held().get(..len).unwrap_or_default();
        let Some(entries) = seek_table::parse(bytes) else {
            return Err(bad("its parts contradict each other"));
        };
        let sum: u64 = entries.iter().map(|e| u64::from(e.packed)).sum();
        if lost && self.base.checked_add(sum) != Some(at) {
            return Err(bad("its lengths do not add up to its place"));
        }
        self.closed = Some(at + len as u64);
        Ok(Item::SeekTable(entries))
    }
}

impl Walker<Feed> {
    /// Goes on at offset `at` of the file, where frame `frame` is the next, leaving out what stands between. Gives
    /// `false` and stays where it is if the source cannot be moved about in.
    pub(super) fn jump(&mut self, at: u64, frame: u64) -> Result<bool> {
        if self.next.is_some() || !self.window.jump(at)? {
            return Ok(false);
        }
        self.current = 0;
        self.next_frame = frame;
        Ok(true)
    }

    /// Goes back to offset `at`, where frame `frame` was the next.
    pub(super) fn jump_back(&mut self, at: u64, frame: u64) -> Result<()> {
        self.window.jump(at)?;
        (self.next, self.closed, self.base) = (None, None, 0);
        (self.current, self.next_frame) = (0, frame);
        Ok(())
    }
}

/// First place in `bytes` where a zstd frame or a skippable one may start.
fn find_magic(bytes: &[u8]) -> Option<usize> {
    memchr::memchr2_iter(0xFD, 0x18, bytes).filter_map(|last| last.checked_sub(3)).find(|&at| {
        word(bytes, at).is_some_and(|magic| magic == FRAME_MAGIC || magic & !0xF == SKIPPABLE_MAGIC)
    })
}
