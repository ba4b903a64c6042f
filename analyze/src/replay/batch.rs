//! Events copied out of a trace, with the state before the first of them: what is replayed apart where a trace has no
//! checkpoints.
//!
//! Hot path: an event is copied into two buffers, decoded as it is; nothing is allocated for it.

use scap_format::{Event, Params};

use super::cursor::Cursor;

/// Bytes of parameters after which a batch is full.
const FULL: usize = 2 << 20;
/// Events after which it is.
const MANY: usize = 32 << 10;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// Where replay stands before the first event.
    pub(super) start: Cursor,
    heads: Vec<Head>,
    bytes: Vec<u8>,
    /// The last event, if it was left out.
    let_by: Option<(u64, u64)>,
}

#[derive(Debug)]
struct Head {
    num: u64,
    ts: u64,
    tid: i64,
    flags: u32,
    cpu: u16,
    code: u16,
    wide: bool,
    lens: u32,
    data: u32,
    /// Number and time of the event before it, if that is not in the batch.
    after: Option<(u64, u64)>,
}

impl Batch {
    /// An empty one that begins where `start` stands.
    pub(super) fn new(start: Cursor) -> Self {
        Self { start, ..Self::default() }
    }

    /// Leaves out an event that leaves nothing behind.
    #[inline]
    pub(super) const fn let_by(&mut self, event: &Event<'_>) {
        self.let_by = Some((event.num, event.ts));
    }

    /// Adds an event.
    pub(super) fn push(&mut self, event: &Event<'_>) {
        let (lens, wide, data) = event.params.parts();
        // No block is as long as a u32 can say.
        let len = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        self.heads.push(Head {
            num: event.num,
            ts: event.ts,
            tid: event.tid,
            flags: event.flags,
            cpu: event.cpu,
            code: event.code,
            wide,
            lens: len(lens),
            data: len(data),
            after: self.let_by.take(),
        });
        self.bytes.extend_from_slice(lens);
        self.bytes.extend_from_slice(data);
    }

    /// Whether it should be handed out.
    pub(super) fn is_full(&self) -> bool {
        self.bytes.len() >= FULL || self.heads.len() >= MANY
    }

    /// Where replay stood before it, and its events.
    pub(super) fn open(self) -> (Cursor, Events) {
        (self.start, Events { heads: self.heads, bytes: self.bytes })
    }
}

/// The events of a batch.
pub(super) struct Events {
    heads: Vec<Head>,
    bytes: Vec<u8>,
}

impl Events {
    /// Each event, in order, and number and time of the one before it where that was left out.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Event<'_>, Option<(u64, u64)>)> {
        let mut rest = &*self.bytes;
        self.heads.iter().filter_map(move |head| {
            let (lens, after) = rest.split_at_checked(head.lens as usize)?;
            let (data, after) = after.split_at_checked(head.data as usize)?;
            rest = after;
            let Head { num, ts, tid, flags, cpu, code, wide, .. } = *head;
            let params = Params::new(lens, wide, data)?;
            Some((Event { num, cpu, flags, ts, tid, code, params }, head.after))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scap_format::EventBuf;

    #[test]
    fn events_come_back_as_they_were() {
        let mut batch = Batch::new(Cursor::new());
        let mut first = EventBuf::new(3, 5, -7);
        (first.num, first.cpu, first.flags) = (9, 2, 1);
        first.push(b"abc").push(b"");
        let second = EventBuf::new(4, 6, 8);
        batch.push(&first.as_event());
        batch.let_by(&first.as_event());
        batch.push(&second.as_event());
        let (_, events) = batch.open();
        let back: Vec<String> = events.iter().map(|event| format!("{event:?}")).collect();
        let want = [(&first, None), (&second, Some((9, 5)))];
        let want = want.map(|(event, after)| format!("{:?}", (event.as_event(), after)));
        assert_eq!(back, want);
    }
}
