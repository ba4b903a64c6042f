//! Reads a native trace in order, frame by frame, with damage between.
//!
//! Every data frame becomes one chunk of whole blocks. It is held back until the index record behind it says
//! which event it starts with; where that record is missing, events are counted instead. What is missing in
//! the numbering tells how many events a damaged stretch has cost.

use std::collections::VecDeque;
use std::io::{Read, Result};

use super::record::{Content, IndexRecord};
use super::survey::survey;
use super::walk::{Found, Item, Walker};
use crate::chunk::{Chunk, ChunkSource};
use crate::damage::{Damage, DamageKind};

/// See the module.
pub struct NativeSource<R> {
    walker: Walker<R>,
    /// A data frame that waits for its index record, with its end in the file.
    waiting: Option<(Chunk, u64)>,
    ready: VecDeque<Chunk>,
    account: Account,
    ended: bool,
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

impl<R: Read> NativeSource<R> {
    /// Reads from the first byte of a trace.
    ///
    /// # Errors
    /// If the decompressor cannot be set up.
    pub fn new(source: R) -> Result<Self> {
        let account = Account { next_event: Some(1), damage: Vec::new(), finished: false, base: 0 };
        let walker = Walker::new(source)?;
        Ok(Self { walker, waiting: None, ready: VecDeque::new(), account, ended: false })
    }

    fn take(&mut self, found: Found) {
        if self.walker.base() != self.account.base {
            // A further trace: its own numbers start at 1 again and mean nothing here.
            self.account.base = self.walker.base();
            self.account.next_event = None;
        }
        match found.item {
            Item::Data => {
                self.release(None);
                let bytes = self.walker.take_raw();
                let chunk = Chunk { bytes, offset: found.start, starts_block: true, ..Chunk::default() };
                self.waiting = Some((chunk, found.start + found.len));
            }
            Item::Record(Content::Index(index)) => self.index(found.start, &index),
            Item::Record(Content::Footer(footer)) => {
                self.release(None);
                self.account.finished = true;
                self.account.settle(footer.totals.events.checked_add(1));
            }
            Item::Damage(damage) => {
                self.release(None);
                self.account.damage.push(damage);
            }
            Item::Record(_) | Item::Foreign | Item::SeekTable(_) => {}
        }
    }

    /// Takes in an index record that starts at `at`.
    fn index(&mut self, at: u64, index: &IndexRecord) {
        let is_own = self
            .waiting
            .as_ref()
            .is_some_and(|(chunk, end)| *end == at && at.checked_sub(index.packed_len) == Some(chunk.offset));
        if is_own {
            self.release(Some(index));
        } else {
            self.release(None);
            let next = index.first_event.checked_add(index.events);
            self.account.settle(next.filter(|_| self.account.base == 0));
        }
    }

    /// Gives out the frame that waits, with its index record if there is one.
    fn release(&mut self, index: Option<&IndexRecord>) {
        let Some((mut chunk, _)) = self.waiting.take() else { return };
        let account = &mut self.account;
        let index = index.filter(|_| account.base == 0);
        if let Some(index) = index {
            account.expect(index.first_event, chunk.offset);
        } else if !account.damage.is_empty() {
            account.next_event = None;
        }
        chunk.first_event = account.next_event;
        let events = index.map_or_else(|| survey(&chunk.bytes).events, |i| i.events);
        account.next_event = account.next_event.and_then(|n| n.checked_add(events));
        chunk.damage_before = account.give(chunk.offset, &mut self.ready);
        self.ready.push_back(chunk);
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
        if let Some(last) = account.give(at, &mut self.ready) {
            let chunk =
                Chunk { offset: at, damage_before: Some(last), starts_block: true, ..Chunk::default() };
            self.ready.push_back(chunk);
        }
        self.ended = true;
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

    /// The last damage; what is before it becomes empty chunks.
    fn give(&mut self, offset: u64, ready: &mut VecDeque<Chunk>) -> Option<Damage> {
        let last = self.damage.pop();
        ready.extend(self.damage.drain(..).map(|damage| Chunk {
            offset,
            damage_before: Some(damage),
            starts_block: true,
            ..Chunk::default()
        }));
        last
    }
}

impl<R: Read> ChunkSource for NativeSource<R> {
    fn next_chunk(&mut self) -> Result<Option<Chunk>> {
        loop {
            if let Some(chunk) = self.ready.pop_front() {
                return Ok(Some(chunk));
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
}
