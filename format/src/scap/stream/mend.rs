//! What the stream does where blocks stop making sense.
//!
//! A block whose frame alone is damaged (its type, its length before or behind it) is put right from the
//! rest and given all the same; otherwise the next believable run of blocks is searched. Either way the
//! damaged bytes are reported. Nothing here is on the hot path.

use super::{Gathered, Step, Stream};
use crate::damage::{Damage, DamageKind};
use crate::scap::{
    kind::Kind,
    parse::word,
    plausible::{self, Known, Verdict},
    section,
};
use std::io;

/// How many bytes are looked at at once, to keep the cost of each damage small where there are many.
const STEP: usize = 32 << 10;

/// Why a block is missing its end.
pub(super) const CUT: &str = "the file ends in the middle of a block";

/// Set while it is not known where the next block starts.
#[derive(Debug)]
pub(super) struct Lost {
    /// Where in the file it was lost.
    start: u64,
    /// What was found there; `None` if the source has already reported the damage.
    why: Option<&'static str>,
    /// Bytes from the start of `carry` on that have been searched.
    searched: usize,
    /// Bytes dropped from the start of `carry` since.
    dropped: u64,
}

impl Stream {
    /// Deals with a block that makes no sense: puts it right, or starts searching for the next one.
    pub(super) fn mend(&mut self, why: &'static str) -> io::Result<()> {
        self.drop_passed();
        self.carry_over(STEP);
        let len = word(&self.carry.bytes, 4, self.is_big_endian()).map_or(0, |len| len as usize);
        // The length may be right and the trailer wrong: what follows tells, if it is near enough.
        if len < plausible::MAX_LEN && self.carry.bytes.len() < len + 8 {
            if let Gathered::Gap = self.gather(len + 8)? {
                return Ok(());
            }
            self.carry_over(STEP);
        }
        if self.mend_length() || self.mend_trailer() {
            return Ok(());
        }
        self.lost = Some(Lost { start: self.carry.offset, why: Some(why), searched: 1, dropped: 0 });
        Ok(())
    }

    fn known(&self) -> Known {
        Known { big_endian: self.big_endian, last_ts: self.last_ts, at_end: self.has_ended }
    }

    /// Whether blocks go on at `at` in `carry`, or nothing follows there.
    fn goes_on_at(&self, at: usize) -> bool {
        let is_end = self.has_ended && self.chunk.is_done() && at == self.carry.bytes.len();
        is_end || plausible::run(&self.carry.bytes, at, &self.known()) != Verdict::Nothing
    }

    /// The length before the block leads to another block: only the length behind it is damaged.
    fn mend_trailer(&mut self) -> bool {
        let big_endian = self.is_big_endian();
        let bytes = &self.carry.bytes;
        let (Some(block_type), Some(len)) = (word(bytes, 0, big_endian), word(bytes, 4, big_endian)) else {
            return false;
        };
        let (kind, end) = (Kind::of(block_type), len as usize);
        if len < 12 || !len.is_multiple_of(4) || end > bytes.len() || !self.goes_on_at(end) {
            return false;
        }
        self.give_mended(block_type, kind, len, end - 4, "length behind the block is damaged");
        true
    }

    /// The event's own length leads to a trailer that agrees: only the length before the block is damaged.
    fn mend_length(&mut self) -> bool {
        let big_endian = self.is_big_endian();
        let bytes = &self.carry.bytes;
        let Some(block_type) = word(bytes, 0, big_endian) else { return false };
        let kind = Kind::of(block_type);
        let Kind::Event(layout) = kind else { return false };
        let start = if layout.flags { 14 } else { 10 };
        let Some(event_len) = word(bytes, start + 16, big_endian) else { return false };
        let end = (start + event_len as usize).next_multiple_of(4) + 4;
        let agrees = word(bytes, end - 4, big_endian).is_some_and(|trailer| trailer as usize == end);
        let Some(len) = u32::try_from(end).ok().filter(|_| agrees) else { return false };
        self.give_mended(block_type, kind, len, 4, "length before the block is damaged");
        true
    }

    /// Gives the block at the start of `carry`, after reporting four bytes at `damaged` in it.
    fn give_mended(&mut self, block_type: u32, kind: Kind, len: u32, damaged: usize, what: &str) {
        let start = self.carry.offset + if self.source.is_exact() { damaged as u64 } else { 0 };
        self.report(DamageKind::Block, start, Some(start + 4), Some(0), what.to_owned());
        if kind == Kind::Section {
            let body = self.carry.rest().get(8..).unwrap_or_default();
            self.big_endian = section::byte_order(body).or(self.big_endian);
        }
        let place = self.pass(true, block_type, kind, len);
        self.found.push_back(Step::Block(place));
    }

    fn report(&mut self, kind: DamageKind, start: u64, end: Option<u64>, lost: Option<u64>, detail: String) {
        self.found.push_back(Step::Damage(Damage { kind, start, end, events_lost: lost, detail }));
    }

    /// Searches for the next believable run of blocks; leaves `lost` set if more chunks are needed.
    pub(super) fn search(&mut self) -> io::Result<()> {
        self.carry_over(STEP);
        let Some(mut lost) = self.lost.take() else { return Ok(()) };
        let (at, verdict) = plausible::find(&self.carry.bytes, lost.searched, &self.known());
        if let Verdict::Run { big_endian } = verdict {
            self.big_endian.get_or_insert(big_endian);
            if self.mend_length_of_list(&lost, at) {
                return Ok(());
            }
            self.carry.at = at;
            self.report_lost(&lost, at, false);
            self.drop_passed();
            return Ok(());
        }
        if self.has_ended {
            let at = self.carry.bytes.len();
            self.carry.at = at;
            self.report_lost(&lost, at, true);
            return Ok(());
        }
        // A block header cut by the end of the bytes has yet to be seen whole.
        let keep = at.min(self.carry.bytes.len().saturating_sub(8)).max(lost.searched.min(at));
        self.carry.at = keep;
        lost.dropped += keep as u64;
        lost.searched = 0;
        self.drop_passed();
        self.lost = Some(lost);
        if self.chunk.is_done() {
            self.fetch()?;
        }
        Ok(())
    }

    /// The length behind a block that is no event leads from its start to the next one: only the length before
    /// it is damaged.
    fn mend_length_of_list(&mut self, lost: &Lost, end: usize) -> bool {
        let (bytes, big_endian) = (&self.carry.bytes, self.is_big_endian());
        let Some(block_type) = word(bytes, 0, big_endian) else { return false };
        let kind = Kind::of(block_type);
        let trailer = end.checked_sub(4).and_then(|at| word(bytes, at, big_endian));
        let Some(len) = trailer.filter(|&len| len as usize == end && len >= 12) else { return false };
        let is_list = !matches!(kind, Kind::Event(_) | Kind::Unknown);
        if !is_list || lost.why.is_none() || lost.dropped > 0 {
            return false;
        }
        self.give_mended(block_type, kind, len, 4, "length before the block is damaged");
        true
    }

    /// Reports the stretch from where the stream was lost to offset `at` in `carry`.
    fn report_lost(&mut self, lost: &Lost, at: usize, is_end: bool) {
        let skipped = lost.dropped + at as u64;
        let Some(why) = lost.why else {
            if skipped > 0 {
                let what = format!("{skipped} bytes behind the damage belong to no whole block");
                let end = self.source.is_exact().then_some(lost.start + skipped);
                self.report(DamageKind::Block, lost.start, end, None, what);
            }
            return;
        };
        let end = if self.source.is_exact() { lost.start + skipped } else { self.carry.offset };
        let kind = if is_end && why == CUT { DamageKind::Truncated } else { DamageKind::Block };
        let what = format!("{why}; {skipped} bytes skipped");
        self.report(kind, lost.start, (!is_end).then_some(end), None, what);
    }

    /// The source told of a loss before the chunk it just gave: joins both sides if they fit, otherwise drops
    /// the unfinished block before it.
    pub(super) fn bridge(&mut self, damage: Option<Damage>, starts_block: bool, skipped: Option<u64>) {
        let start = self.carry.offset;
        let had_damage = damage.is_some();
        if let Some(mut damage) = damage {
            damage.events_lost = damage.events_lost.or(skipped);
            self.found.push_back(Step::Damage(damage));
        }
        let unfinished = self.carry.bytes.len();
        if let Some(lost) = self.lost.take() {
            self.report_lost(&lost, unfinished, false);
            self.carry.bytes.clear();
        } else if unfinished > 0 && !starts_block {
            // A damaged checksum leaves no gap: then the block goes on as if nothing had happened.
            let kept = self.carry.bytes.len();
            self.carry_over(STEP);
            if plausible::run(&self.carry.bytes, 0, &self.known()) != Verdict::Nothing {
                return;
            }
            self.carry.bytes.drain(..kept);
            self.carry.offset = self.chunk.offset;
        } else {
            self.carry.bytes.clear();
        }
        if unfinished > 0 {
            let what = format!("{unfinished} bytes of an unfinished block before the gap");
            self.report(DamageKind::Truncated, start, None, None, what);
        }
        if had_damage && !starts_block {
            self.lost = Some(Lost { start: self.chunk.offset, why: None, searched: 0, dropped: 0 });
        }
    }
}
