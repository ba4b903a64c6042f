//! Events copied out of a trace, with the state before the first of them: what is replayed apart where a trace has no
//! checkpoints.
//!
//! Of each event that rules are asked about, a [`Trail`] tells what a replica of the state has to know. All events that
//! change the state are there too, for the few questions that a replica cannot answer.
//!
//! Hot path: an event is copied into two buffers, decoded as it is; nothing is allocated for it.

use scap_format::{Event, Params};
use scap_state::Trail;

use super::cursor::Cursor;

/// Bytes of parameters after which a batch is full.
const FULL: usize = 2 << 20;
/// Events after which it is.
const MANY: usize = 32 << 10;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// Which line of batches it stands in, of which each begins where the one before it ended.
    pub(super) line: u64,
    /// Where replay stands before the first event.
    pub(super) start: Cursor,
    /// Events as they were recorded.
    pub(super) recorded: Events,
    /// Events brought up to date, of those that were not and are asked about.
    pub(super) renewed: Events,
    /// What is asked, in order.
    pub(super) asked: Vec<Asked>,
    /// What is told of all that is asked, up to the first of which it is not.
    pub(super) trail: Trail,
}

/// An event that rules are asked about.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    /// Its place among the recorded events.
    pub(super) recorded: usize,
    /// Its place among the renewed ones, if it is there.
    pub(super) renewed: Option<usize>,
}

impl Batch {
    /// Forgets everything, for reuse.
    pub(super) fn clear(&mut self) {
        self.start = Cursor::new();
        self.recorded.clear();
        self.renewed.clear();
        self.asked.clear();
        self.trail.clear();
    }

    /// Notes that the event recorded last is asked about, or the one renewed last that was made of it.
    pub(super) fn ask(&mut self, is_renewed: bool) {
        let recorded = self.recorded.heads.len().saturating_sub(1);
        let renewed = is_renewed.then(|| self.renewed.heads.len().saturating_sub(1));
        self.asked.push(Asked { recorded, renewed });
    }

    /// The event asked about, as rules see it.
    pub(super) fn shown(&self, asked: Asked) -> Option<Event<'_>> {
        match asked.renewed {
            Some(at) => self.renewed.at(at),
            None => self.recorded.at(asked.recorded),
        }
    }

    /// Whether the trail does not tell of all that is asked. It never will again.
    pub(super) fn is_untold(&self) -> bool {
        self.trail.len() < self.asked.len()
    }

    /// Whether it should be handed out.
    pub(super) fn is_full(&self) -> bool {
        self.recorded.bytes.len() >= FULL || self.recorded.heads.len() >= MANY || self.is_untold()
    }
}

/// Copies of events.
#[derive(Debug, Default)]
pub(super) struct Events {
    heads: Vec<Head>,
    bytes: Vec<u8>,
    /// Time of the last event, if it was left out.
    let_by: Option<u64>,
}

/// Small: of all that a batch holds, most is heads.
#[derive(Debug)]
struct Head {
    num: u64,
    ts: u64,
    tid: i64,
    /// Time of the event before it, if that was left out.
    before: u64,
    is_before: bool,
    wide: bool,
    flags: u32,
    cpu: u16,
    code: u16,
    /// Where its bytes start, and how many each kind has.
    at: u32,
    lens: u32,
    data: u32,
}

impl Events {
    fn clear(&mut self) {
        self.heads.clear();
        self.bytes.clear();
        self.let_by = None;
    }

    /// Adds a copy of an event.
    pub(super) fn push(&mut self, event: &Event<'_>) {
        let (lens, wide, data) = event.params.parts();
        // No block is as long as a u32 can say, and a batch is full long before.
        let len = |len: usize| u32::try_from(len).unwrap_or(u32::MAX);
        let before = self.let_by.take();
        self.heads.push(Head {
            num: event.num,
            ts: event.ts,
            tid: event.tid,
            before: before.unwrap_or(0),
            is_before: before.is_some(),
            wide,
            flags: event.flags,
            cpu: event.cpu,
            code: event.code,
            at: len(self.bytes.len()),
            lens: len(lens.len()),
            data: len(data.len()),
        });
        self.bytes.extend_from_slice(lens);
        self.bytes.extend_from_slice(data);
    }

    /// Leaves out an event that leaves nothing behind.
    #[inline]
    pub(super) const fn let_by(&mut self, event: &Event<'_>) {
        self.let_by = Some(event.ts);
    }

    /// The event at place `at`.
    pub(super) fn at(&self, at: usize) -> Option<Event<'_>> {
        let &Head { num, ts, tid, flags, cpu, code, wide, at, lens, data, .. } = self.heads.get(at)?;
        let bytes = self.bytes.get(at as usize..)?;
        let (lens, rest) = bytes.split_at_checked(lens as usize)?;
        let params = Params::new(lens, wide, rest.get(..data as usize)?)?;
        Some(Event { num, cpu, flags, ts, tid, code, params })
    }

    /// Number and time of the event before that at place `at`, if it was left out.
    pub(super) fn before(&self, at: usize) -> Option<(u64, u64)> {
        let head = self.heads.get(at)?;
        head.is_before.then(|| (head.num.saturating_sub(1), head.before))
    }

    /// The event that was added last.
    pub(super) fn last(&self) -> Option<Event<'_>> {
        self.at(self.heads.len().checked_sub(1)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scap_format::EventBuf;

    #[test]
    fn events_come_back_as_they_were() {
        let mut events = Events::default();
        let mut first = EventBuf::new(3, 5, -7);
        (first.num, first.cpu, first.flags) = (9, 2, 1);
        first.push(b"abc").push(b"");
        let mut second = EventBuf::new(4, 6, 8);
        second.num = 10;
        events.push(&first.as_event());
        events.let_by(&first.as_event());
        events.push(&second.as_event());
        let back: Vec<String> =
            (0..3).map(|at| format!("{:?} {:?}", events.at(at), events.before(at))).collect();
        let want = [(Some(&first), None), (Some(&second), Some((9, 5))), (None, None)];
        let want = want.map(|(event, before): (_, Option<(u64, u64)>)| {
            format!("{:?} {before:?}", event.map(|event| event.as_event()))
        });
        assert_eq!(back, want);
        assert_eq!(events.last().unwrap().ts, 6);
    }
}
