//! Events of a stretch of a trace where they were read: what is replayed again where a replica of the state does not do.
//!
//! Takes rows of events in chunks, which it holds on to, and copies of the few events that stand in none for long (cut by the
//! border of a chunk, of an unusual layout, big-endian). Gives them back in order, or one by its [`Spot`].
//!
//! Hot path: an event in a row costs nothing, a row a few numbers.

use std::sync::Arc;

use scap_format::chunk::Held;
use scap_format::{Event, Params};

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Recorded {
    chunks: Vec<Arc<Held>>,
    parts: Vec<Part>,
    copies: Copies,
    /// Bytes from the first event up to the chunk that came last.
    before: usize,
    /// Where in that chunk the first row in it begins.
    from: usize,
    /// Memory of the chunks before it, bytes.
    held: usize,
}

/// Events that follow each other.
#[derive(Debug, Clone, Copy)]
enum Part {
    /// In a chunk from some place on, up to the number with which the next part begins.
    Row { chunk: u32, at: u32, num: u64 },
    /// A copy.
    Copy { at: u32, num: u64 },
}

impl Part {
    const fn num(self) -> u64 {
        match self {
            Self::Row { num, .. } | Self::Copy { num, .. } => num,
        }
    }
}

/// Where one event is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Spot {
    /// In a chunk.
    Row { chunk: u32, at: u32 },
    /// Among the copies.
    Copy(u32),
}

/// How far the events have been gone through.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Way {
    part: usize,
    /// Chunk, place and number of the next event in the row.
    row: Option<(u32, usize, u64)>,
}

/// No chunk is as long as a u32 can say, and no list of a batch.
fn short(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

impl Recorded {
    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.chunks.clear();
        self.parts.clear();
        self.copies.clear();
        (self.before, self.from, self.held) = (0, 0, 0);
    }

    /// Goes on with the events in `chunk` from `at` on, the first of which has number `num`.
    pub(super) fn row(&mut self, chunk: &Arc<Held>, at: usize, num: u64) {
        let last = self.chunks.last();
        if !last.is_some_and(|last| Arc::ptr_eq(last, chunk)) {
            self.before += last.map_or(0, |last| last.bytes().len().saturating_sub(self.from));
            self.held += last.map_or(0, |last| last.capacity());
            self.from = at;
            self.chunks.push(Arc::clone(chunk));
        }
        let chunk = short(self.chunks.len()).saturating_sub(1);
        self.parts.push(Part::Row { chunk, at: short(at), num });
    }

    /// Goes on with a copy of `event`.
    pub(super) fn copy(&mut self, event: &Event<'_>) -> Spot {
        let at = short(self.copies.len());
        self.copies.push(event);
        self.parts.push(Part::Copy { at, num: event.num });
        Spot::Copy(at)
    }

    /// The spot of the event at `at` in the row that began last.
    #[inline]
    pub(super) fn spot(&self, at: usize) -> Spot {
        Spot::Row { chunk: short(self.chunks.len()).saturating_sub(1), at: short(at) }
    }

    /// The event at `spot`, which has number `num`.
    #[inline(always)]
    pub(super) fn at(&self, spot: Spot, num: u64) -> Option<Event<'_>> {
        match spot {
            Spot::Row { chunk, at } => self.chunks.get(chunk as usize)?.seen(at as usize, num),
            Spot::Copy(at) => self.copies.at(at as usize),
        }
    }

    /// Bytes from the first event up to place `at` of the chunk that came last, and those of copies.
    pub(super) const fn size(&self, at: usize) -> usize {
        self.before + at.saturating_sub(self.from) + self.copies.size()
    }

    /// Bytes of memory that the chunks keep, but for the one that came last: much more than the events take, where a pipe
    /// gives little at a time.
    pub(super) const fn held(&self) -> usize {
        self.held
    }

    /// The event behind those that `way` has gone through; `None` at the end.
    pub(super) fn next<'a>(&'a self, way: &mut Way) -> Option<Event<'a>> {
        loop {
            let end = self.parts.get(way.part).map_or(u64::MAX, |part| part.num());
            if let Some((chunk, at, num)) = way.row.filter(|(.., num)| *num < end)
                && let Some((len, event)) = self.chunks.get(chunk as usize).and_then(|held| held.event(at))
            {
                way.row = Some((chunk, at + len, num + 1));
                return Some(Event { num, ..event });
            }
            way.row = None;
            let part = *self.parts.get(way.part)?;
            way.part += 1;
            match part {
                Part::Row { chunk, at, num } => way.row = Some((chunk, at as usize, num)),
                Part::Copy { at, .. } => return self.copies.at(at as usize),
            }
        }
    }
}

/// Copies of events.
#[derive(Debug, Default)]
pub(super) struct Copies {
    heads: Vec<Head>,
    bytes: Vec<u8>,
}

#[derive(Debug)]
struct Head {
    num: u64,
    ts: u64,
    tid: i64,
    wide: bool,
    flags: u32,
    cpu: u16,
    code: u16,
    /// Where its bytes start, and how many each kind has.
    at: usize,
    lens: usize,
    data: usize,
}

impl Copies {
    pub(super) fn clear(&mut self) {
        self.heads.clear();
        self.bytes.clear();
    }

    /// How many.
    pub(super) const fn len(&self) -> usize {
        self.heads.len()
    }

    /// Bytes of their parameters.
    pub(super) const fn size(&self) -> usize {
        self.bytes.len()
    }

    /// Adds a copy of an event.
    pub(super) fn push(&mut self, event: &Event<'_>) {
        let (lens, wide, data) = event.params.parts();
        self.heads.push(Head {
            num: event.num,
            ts: event.ts,
            tid: event.tid,
            wide,
            flags: event.flags,
            cpu: event.cpu,
            code: event.code,
            at: self.bytes.len(),
            lens: lens.len(),
            data: data.len(),
        });
        self.bytes.extend_from_slice(lens);
        self.bytes.extend_from_slice(data);
    }

    /// The one at place `at`.
    pub(super) fn at(&self, at: usize) -> Option<Event<'_>> {
        let &Head { num, ts, tid, flags, cpu, code, wide, at, lens, data } = self.heads.get(at)?;
        let (lens, rest) = self.bytes.get(at..)?.split_at_checked(lens)?;
        let params = Params::new(lens, wide, rest.get(..data)?)?;
        Some(Event { num, cpu, flags, ts, tid, code, params })
    }

    /// The one added last.
    pub(super) fn last(&self) -> Option<Event<'_>> {
        self.at(self.heads.len().checked_sub(1)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scap_format::scap::write;
    use scap_format::{EventBuf, Item, TraceReader, Visitor};
    use std::ops::ControlFlow;

    /// Keeps the rows that a reader shows, and copies of what is in none.
    #[derive(Default)]
    struct Keeper {
        recorded: Recorded,
        spots: Vec<(u64, Spot)>,
    }

    impl Visitor for Keeper {
        fn event(&mut self, event: &Event<'_>) -> ControlFlow<()> {
            self.spots.push((event.num, self.recorded.copy(event)));
            ControlFlow::Continue(())
        }

        fn row(&mut self, bytes: &Arc<Held>, at: usize, num: u64) -> ControlFlow<()> {
            self.recorded.row(bytes, at, num);
            ControlFlow::Continue(())
        }

        fn usual_in(&mut self, event: Event<'_>, _: &[u8], at: usize) -> ControlFlow<()> {
            self.spots.push((event.num, self.recorded.spot(at)));
            ControlFlow::Continue(())
        }

        fn item(&mut self, _: Item<'_>) -> ControlFlow<()> {
            ControlFlow::Continue(())
        }
    }

    #[test]
    fn events_come_back_in_order_and_one_by_one_whether_they_stand_in_rows_or_not() {
        let mut blocks = Vec::new();
        let events: Vec<EventBuf> = (0..100u64)
            .map(|n| {
                let mut event = EventBuf::new(3, n, i64::try_from(n).unwrap());
                (event.num, event.cpu) = (n + 1, 2);
                // Those with flags stand in blocks of their own kind.
                event.flags = u32::from(n % 7 == 0 || n % 7 == 1);
                event.push(b"abc").push(&vec![b'x'; usize::try_from(n).unwrap()]);
                write::event(&mut blocks, &event.as_event());
                event
            })
            .collect();
        let mut keeper = Keeper::default();
        TraceReader::of_blocks(blocks, 1).visit(&mut keeper).unwrap();
        let Keeper { recorded, spots } = keeper;
        let text = |event: Option<Event<'_>>| event.map(|event| format!("{:?}", EventBuf::copy_of(&event)));
        let mut way = Way::default();
        for event in &events {
            assert_eq!(text(recorded.next(&mut way)), text(Some(event.as_event())));
        }
        assert!(recorded.next(&mut way).is_none());
        assert_eq!(spots.len(), events.len());
        for (&(num, spot), event) in spots.iter().zip(&events) {
            assert_eq!(text(recorded.at(spot, num)), text(Some(event.as_event())));
        }
        assert!(recorded.copies.len() > 20 && recorded.parts.len() > recorded.copies.len());
    }

    #[test]
    fn memory_of_chunks_counts_however_little_is_in_them() {
        let mut keeper = Keeper::default();
        for num in 1..=10 {
            let mut blocks = Vec::with_capacity(100_000);
            write::event(&mut blocks, &EventBuf::new(3, num, 7).as_event());
            write::event(&mut blocks, &EventBuf::new(3, num, 7).as_event());
            TraceReader::of_blocks(blocks, 2 * num).visit(&mut keeper).unwrap();
        }
        let recorded = keeper.recorded;
        assert!((900_000..1_000_000).contains(&recorded.held()), "{}", recorded.held());
        assert!(recorded.size(0) < 10_000);
    }
}
