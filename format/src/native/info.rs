//! What is in a trace: manifest, frames, sums, damage.
//!
//! A finished trace on a seekable source is known from its footer and index records alone. Any other is read
//! through, and what the footer would have said is put together from the records and, where those are
//! missing, from the frames themselves.

use std::io::{Read, Result, Seek, SeekFrom};

use super::chain::Hash;
use super::quick::from_footer;
use super::record::{CheckpointHead, Content, IndexRecord, Manifest};
use super::sign::PublicKey;
use super::survey::survey;
use super::totals::Totals;
use super::walk::{Found, Item, Walker};
use crate::damage::Damage;

/// What is in a trace. For several traces one behind the other: what is in all of them.
#[derive(Debug, Clone, Default)]
pub struct Info {
    /// The manifest; `None` if it is lost.
    pub manifest: Option<Manifest>,
    /// One row for every readable data frame, in file order. Without an index record the hashes are zero.
    pub frames: Vec<IndexRecord>,
    /// Checkpoints, in file order.
    pub checkpoints: Vec<Checkpoint>,
    /// Sums: by the footer where there is one, else over `frames`.
    pub totals: Totals,
    /// Events that came and were left out by the capture filter, by the footer.
    pub left_out: u64,
    /// Bytes of the file, as far as it was read.
    pub file_bytes: u64,
    /// Whether the recorder ended as it should, with a footer.
    pub finished: bool,
    /// Who signed, by the signature record; not checked here.
    pub signer: Option<PublicKey>,
    /// Damage met. A trace known from its footer was not read through, so that none is known.
    pub damage: Vec<Damage>,
    /// Whether every byte was read for this.
    pub read_through: bool,
}

/// A stored replay state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Offset of its record in the file.
    pub offset: u64,
    /// Length of its record in bytes.
    pub len: u64,
    /// Data frames before it.
    pub frames: u64,
    /// Number of the first event after it.
    pub next_event: u64,
    /// Length of the state, bytes.
    pub state_len: u64,
    /// BLAKE3 of the state.
    pub state_hash: Hash,
}

impl Info {
    /// From the footer; `None` if there is no sound one.
    ///
    /// # Errors
    /// Only if the source cannot be read.
    pub fn of_footer<R: Read + Seek>(source: &mut R) -> Result<Option<Self>> {
        from_footer(source)
    }

    /// From the footer if there is a sound one, else by reading through.
    ///
    /// # Errors
    /// Only if the source cannot be read.
    pub fn open<R: Read + Seek>(source: &mut R) -> Result<Self> {
        if let Some(info) = from_footer(source)? {
            return Ok(info);
        }
        source.seek(SeekFrom::Start(0))?;
        Self::scan(source)
    }

    /// By reading through, from the first byte to the end.
    ///
    /// # Errors
    /// Only if the source cannot be read.
    pub fn scan<R: Read>(source: R) -> Result<Self> {
        let mut walker = Walker::new(source, false)?;
        let mut scan = Scan { next_event: 1, ..Scan::default() };
        while let Some(found) = walker.step()? {
            scan.take(&found, walker.raw(), walker.base());
        }
        scan.release(None);
        let mut info = scan.info;
        info.file_bytes = walker.at();
        info.read_through = true;
        if !info.finished {
            for index in &info.frames {
                info.totals.add(index);
            }
        }
        Ok(info)
    }

    /// Raw bytes for one byte of the data frames.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "a ratio for people")]
    pub fn ratio(&self) -> f64 {
        self.totals.raw_bytes as f64 / self.totals.packed_bytes.max(1) as f64
    }
}

/// The manifest of the native trace that `source` holds, without reading further than to it; `None` if it is lost or the
/// source no such trace.
///
/// # Errors
/// Only if the source cannot be read.
pub fn manifest<R: Read>(source: R) -> Result<Option<Manifest>> {
    let mut walker = Walker::new(source, false)?;
    // It stands behind the first frame.
    for _ in 0..4 {
        match walker.step()? {
            Some(Found { item: Item::Record(Content::Manifest(manifest)), .. }) => {
                return Ok(Some(*manifest));
            }
            Some(_) => {}
            None => break,
        }
    }
    Ok(None)
}

/// A reading-through in progress.
#[derive(Default)]
struct Scan {
    info: Info,
    /// A data frame that waits for its index record, as its row would be without.
    waiting: Option<IndexRecord>,
    next_event: u64,
}

impl Scan {
    fn take(&mut self, found: &Found, raw: &[u8], base: u64) {
        match &found.item {
            Item::Data | Item::Beginning => {
                self.release(None);
                let sums = survey(raw);
                self.waiting = Some(IndexRecord {
                    offset: found.start,
                    packed_len: found.len,
                    raw_len: raw.len() as u64,
                    events: sums.events,
                    first_ts: sums.first_ts,
                    last_ts: sums.last_ts,
                    types: sums.types,
                    ..IndexRecord::default()
                });
            }
            Item::Record(content) => self.record(found, content, base),
            Item::Damage(damage) => {
                self.release(None);
                self.info.damage.push(damage.clone());
            }
            Item::Packed { .. } | Item::Foreign | Item::SeekTable(_) => {}
        }
    }

    fn record(&mut self, found: &Found, content: &Content, base: u64) {
        let info = &mut self.info;
        match content {
            Content::Manifest(manifest) => {
                info.manifest.get_or_insert_with(|| (**manifest).clone());
            }
            Content::Index(index) => {
                let end = self.waiting.as_ref().map(|row| (row.offset + row.packed_len, row.packed_len));
                let own = end == Some((found.start, index.packed_len));
                self.release(own.then_some(index));
                if !own && base == 0 {
                    self.next_event = index.first_event.saturating_add(index.events);
                }
            }
            Content::Checkpoint(head) => info.checkpoints.push(Checkpoint::new(found, head)),
            Content::Footer(footer) => {
                let several = info.finished;
                info.finished = true;
                info.left_out = info.left_out.saturating_add(footer.left_out.0);
                if several {
                    info.totals.merge(&footer.totals);
                } else {
                    info.totals = footer.totals.clone();
                }
            }
            Content::Signature(signature) => info.signer = Some(PublicKey::from_bytes(signature.public_key)),
            Content::Unknown(_) => {}
        }
    }

    /// Makes a row of the frame that waits; places and numbers count from the start of the file.
    fn release(&mut self, index: Option<&IndexRecord>) {
        let Some(mut row) = self.waiting.take() else { return };
        let frame = self.info.frames.len() as u64;
        if let Some(index) = index {
            let (offset, packed_len, raw_len) = (row.offset, row.packed_len, row.raw_len);
            row = IndexRecord { offset, packed_len, raw_len, ..index.clone() };
        }
        if index.is_none() || row.first_event < self.next_event {
            row.first_event = self.next_event;
        }
        row.frame = frame;
        self.next_event = row.first_event.saturating_add(row.events);
        self.info.frames.push(row);
    }
}

impl Checkpoint {
    pub(super) fn new(found: &Found, head: &CheckpointHead) -> Self {
        Self {
            offset: found.start,
            len: found.len,
            frames: head.frames,
            next_event: head.next_event,
            state_len: head.raw_len,
            state_hash: head.hash,
        }
    }
}
