//! Is a trace whole, and is it what the recorder wrote?
//!
//! Reads every byte once. Three nets, each finer in another way: zstd and record checksums find accidents; the
//! hash of each frame in its index record finds changes that mind the checksums; the chain finds records and
//! frames taken out, put in or rewritten, and with a signature nobody without the key can mend it. Every finding
//! names the bytes. Picks the chain up behind damage, so that one finding does not hide the next.

use std::io::{Read, Result};

use super::chain::{Chain, Hash, digest};
use super::record::{Content, IndexRecord, SignatureRecord};
use super::seek_table::Entry;
use super::sign::{PublicKey, is_valid};
use super::survey::{Survey, survey};
use super::totals::Totals;
use super::verdict::{Signature, Verdict, VerdictState};
use super::walk::{Found, Item, Walker};
use crate::damage::{Damage, DamageKind};

/// Checks a trace from its first byte to the end, against the signer's key if one is given.
///
/// # Errors
/// Only if the source cannot be read.
pub fn verify<R: Read>(source: R, key: Option<&PublicKey>) -> Result<Verdict> {
    let mut walker = Walker::new(source, false)?;
    let mut check = Check::new(key.copied());
    while let Some(found) = walker.step()? {
        let hash = digest(walker.bytes());
        check.take(found, &hash, walker.raw());
    }
    Ok(check.verdict(walker.at()))
}

struct Check {
    key: Option<PublicKey>,
    chain: Chain,
    /// Start of the stretch whose items no link has confirmed yet.
    since: u64,
    /// Whether that stretch holds damage, so that the chain cannot fit.
    broken: bool,
    /// The data frame before, if no index record has come for it.
    frame: Option<Frame>,
    /// By how much (modulo 2⁶⁴) frames stand behind where they were written.
    shift: u64,
    /// Ordinal that the next index record should have.
    ordinal: Option<u64>,
    sums: Totals,
    /// Every sound item: start and lengths, for the seek table.
    items: Vec<(u64, Entry)>,
    footer_end: Option<u64>,
    table_end: Option<u64>,
    signature: Signature,
    findings: Vec<Damage>,
    sound_frames: u64,
}

/// A data frame as it was read.
struct Frame {
    start: u64,
    len: u64,
    raw_len: u64,
    hash: Hash,
    sums: Survey,
}

impl Frame {
    /// Whether the index record was written for these very bytes.
    fn is_of(&self, index: &IndexRecord) -> bool {
        self.len == index.packed_len && self.hash == index.frame_hash
    }

    /// Whether what the index record says of the content is so.
    fn fits(&self, index: &IndexRecord) -> bool {
        let sums = &self.sums;
        self.raw_len == index.raw_len
            && (sums.events, sums.first_ts, sums.last_ts) == (index.events, index.first_ts, index.last_ts)
            && sums.types == index.types
    }
}

impl Check {
    fn new(key: Option<PublicKey>) -> Self {
        Self {
            key,
            chain: Chain::start(),
            since: 0,
            broken: false,
            frame: None,
            shift: 0,
            ordinal: Some(0),
            sums: Totals::default(),
            items: Vec::new(),
            footer_end: None,
            table_end: None,
            signature: Signature::Absent,
            findings: Vec::new(),
            sound_frames: 0,
        }
    }

    fn take(&mut self, found: Found, hash: &Hash, raw: &[u8]) {
        let (start, end) = (found.start, found.end());
        if self.table_end.is_some() && !matches!(found.item, Item::Damage(_)) {
            self.altered(start, end, "it stands behind the end of the trace");
        }
        let is_table = matches!(found.item, Item::SeekTable(_));
        if !matches!(found.item, Item::Record(Content::Index(_))) {
            self.unindexed();
        }
        match found.item {
            Item::Data => {
                self.sound_frames += 1;
                let (raw_len, sums) = (raw.len() as u64, survey(raw));
                self.frame = Some(Frame { start, len: found.len, raw_len, hash: *hash, sums });
                self.note_item(start, found.len, raw.len());
            }
            Item::Record(content) => {
                self.record(start, end, &content);
                self.note_item(start, found.len, 0);
            }
            // Only lazy walks leave frames packed. Of a beginning nothing can be said; damage follows.
            Item::Packed { .. } | Item::Beginning => {}
            Item::Foreign => {
                self.altered(start, end, "a skippable frame that no recorder wrote");
                self.note_item(start, found.len, 0);
            }
            Item::SeekTable(entries) => self.seek_table(start, end, &entries),
            Item::Damage(damage) => {
                self.broken = true;
                self.ordinal = None;
                self.findings.push(damage);
                return;
            }
        }
        if !is_table {
            self.chain.advance(hash);
        }
    }

    fn note_item(&mut self, start: u64, packed: u64, raw: usize) {
        let narrow = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
        self.items.push((start, Entry { packed: narrow(packed), raw: narrow(raw as u64) }));
    }

    fn record(&mut self, start: u64, end: u64, content: &Content) {
        if self.footer_end.is_some() && !matches!(content, Content::Signature(_)) {
            self.altered(start, end, "a record behind the footer");
        }
        match content {
            Content::Index(index) => self.index(start, end, index),
            Content::Footer(footer) => {
                self.link(start, &footer.chain);
                if self.findings.is_empty() && footer.totals != self.sums {
                    self.altered(start, end, "the footer's sums are not those of the index records");
                }
                self.footer_end = Some(end);
            }
            Content::Signature(signature) => self.check_signature(start, end, signature),
            Content::Manifest(_) | Content::Checkpoint(_) | Content::Unknown(_) => {}
        }
    }

    fn index(&mut self, start: u64, end: u64, index: &IndexRecord) {
        match self.frame.take() {
            Some(frame) if frame.is_of(index) => {
                self.place(frame.start, index.offset);
                if !frame.fits(index) {
                    self.altered(start, end, "the index record does not say what its data frame holds");
                }
            }
            Some(frame) => {
                let end = frame.start.saturating_add(frame.len);
                let what = "the data frame is not the one its index record was written for";
                self.altered(frame.start, end, what);
                self.broken = true;
            }
            None => self.lost_frame(start, index),
        }
        if self.ordinal.is_some_and(|n| n != index.frame) {
            self.altered(self.since, start, "data frames were taken out or put in");
        }
        self.ordinal = index.frame.checked_add(1);
        self.sums.add(index);
        self.link(start, &index.chain);
    }

    /// A data frame stands at `at`, and stood at `then` when it was written.
    fn place(&mut self, at: u64, then: u64) {
        let shift = at.wrapping_sub(then);
        if shift != self.shift {
            let text = format!(
                "the frame at byte {at} stood at byte {then} when it was written: bytes before it were put in or taken out"
            );
            self.altered(self.since.min(at), at, &text);
            self.shift = shift;
        }
    }

    /// An index record without its frame: the damage before it has swallowed the frame, or somebody has.
    fn lost_frame(&mut self, start: u64, index: &IndexRecord) {
        self.ordinal = Some(index.frame);
        match self.findings.last_mut() {
            Some(damage) if damage.end == Some(start) => damage.events_lost = Some(index.events),
            _ => self.altered(start, start, "the data frame before the index record is missing"),
        }
    }

    /// A data frame that no index record follows.
    fn unindexed(&mut self) {
        if let Some(frame) = self.frame.take() {
            // At the end of a recording that was cut off this is as it should be; elsewhere the chain tells.
            self.ordinal = None;
            self.since = self.since.min(frame.start.saturating_add(frame.len));
        }
    }

    /// Compares the chain with the link that a record at `start` holds, and goes on from that.
    fn link(&mut self, start: u64, link: &Hash) {
        if self.chain.link() != link && !self.broken {
            self.altered(
                self.since,
                start,
                "the hash chain does not fit: bytes here are not what was written",
            );
        }
        self.chain = Chain::resume(*link);
        self.broken = false;
        self.since = start;
    }

    fn check_signature(&mut self, start: u64, end: u64, record: &SignatureRecord) {
        let key = PublicKey::from_bytes(record.public_key);
        self.signature = if !is_valid(record, self.chain.link()) {
            self.altered(0, end, "the signature does not fit the trace");
            Signature::Invalid(key)
        } else if self.key.is_some_and(|wanted| wanted != key) {
            self.altered(start, end, "the signature is of another key");
            Signature::OtherKey(key)
        } else {
            Signature::Valid(key)
        };
    }

    fn seek_table(&mut self, start: u64, end: u64, entries: &[Entry]) {
        self.table_end = Some(end);
        if self.shift != 0 {
            return;
        }
        let mut at = 0u64;
        let mut placed = entries.iter().map(|entry| {
            let here = (at, *entry);
            at += u64::from(entry.packed);
            here
        });
        let fits = self.items.iter().all(|item| placed.any(|p| p == *item));
        if !fits || (self.findings.is_empty() && entries.len() != self.items.len()) {
            self.altered(start, end, "the seek table does not list the frames before it");
        }
    }

    /// Notes an alteration, unless it is a wider sight of the one noted last.
    fn altered(&mut self, start: u64, end: u64, detail: &str) {
        let seen = self.findings.last().filter(|d| d.kind == DamageKind::Altered).and_then(|d| d.end);
        if seen.is_some_and(|e| start < e || start == end && start == e) {
            return;
        }
        self.findings.push(Damage {
            kind: DamageKind::Altered,
            start,
            end: Some(end),
            events_lost: None,
            detail: detail.to_owned(),
        });
    }

    fn verdict(mut self, bytes: u64) -> Verdict {
        let unfinished = self.footer_end.is_none();
        if !unfinished && self.table_end.is_none() && self.findings.is_empty() {
            self.findings.push(missing(bytes, "the seek table is missing"));
        }
        let mut state = match (&self.signature, self.findings.is_empty()) {
            (_, false) if self.findings.iter().any(|d| d.kind == DamageKind::Altered) => {
                VerdictState::Altered
            }
            (_, false) if unfinished && self.findings.iter().all(|d| d.end.is_none()) => {
                VerdictState::Unfinished
            }
            (_, false) => VerdictState::Damaged,
            (_, true) if unfinished => VerdictState::Unfinished,
            (Signature::Valid(_), true) => VerdictState::Whole,
            _ => VerdictState::WholeUnsigned,
        };
        if unfinished && self.findings.iter().all(|d| d.end.is_some()) {
            self.findings.push(missing(bytes, "the trace ends without a footer"));
        }
        if self.key.is_some() && matches!(self.signature, Signature::Absent) {
            self.findings.push(missing(bytes, "there is no signature of the key asked for"));
            if state == VerdictState::WholeUnsigned {
                state = VerdictState::Altered;
            }
        }
        Verdict {
            state,
            findings: self.findings,
            signature: self.signature,
            bytes,
            frames: self.sound_frames,
            events: self.sums.events,
        }
    }
}

fn missing(at: u64, detail: &str) -> Damage {
    Damage { kind: DamageKind::Truncated, start: at, end: None, events_lost: None, detail: detail.to_owned() }
}
