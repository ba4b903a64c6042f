//! One recording many times over: captures of any size from recorded material.
//!
//! Takes the blocks of a trace, gives them moved for the repetition they stand in: every time by the same amount, so
//! that a repetition starts where the one before ends, and every process and thread id by the same amount, so that
//! no two repetitions have a process in common. A repetition is a section of its own that starts with the
//! recording's snapshot: parents, fds and all durations are as they were, and each is replayed like the
//! first. Left as they are: ids up to 2 (the first process of a machine or container and the kernel's), ids in
//! texts (`/proc/41/maps`) and in data. Source of which parameters are ids or times: their types in the schema.
//!
//! Memory is that of one event. Deliberately does not know where blocks come from; whoever repeats reads the
//! trace anew for each time.

use std::ops::ControlFlow;

use scap_format::block::Block;
use scap_format::native::WriteError;
use scap_format::snapshot::{MachineInfo, ThreadEntry};
use scap_format::{Error, Event, EventBuf, Item, TraceReader};
use scap_schema::{ParamInfo, ParamType};

/// Ids up to this one stay: no process, the first of a machine or container, and the kernel's threads.
const FIXED_IDS: i64 = 2;
/// Between the last event of a repetition and the first of the next, ns.
const PAUSE: u64 = 1_000_000;

/// What a recording measures, as a look through it beforehand tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Material {
    events: u64,
    /// ns since the epoch.
    first_ts: u64,
    last_ts: u64,
    highest_id: i64,
}

impl Material {
    /// Measures `trace` by reading it to its end.
    ///
    /// # Errors
    /// If the operating system cannot read it. Damage is passed over.
    pub fn measure(trace: &mut TraceReader) -> Result<Self, Error> {
        let mut highest = FIXED_IDS;
        trace.for_each(|item| {
            if let Item::Block(block) = item {
                see_ids(&block, &mut |id| highest = highest.max(id));
            }
            ControlFlow::Continue(())
        })?;
        let totals = trace.totals();
        Ok(Self {
            events: totals.events,
            first_ts: totals.first_ts.unwrap_or(0),
            last_ts: totals.last_ts.unwrap_or(0),
            highest_id: highest,
        })
    }

    /// Repetition number `nth`, from 0, which moves nothing; `None` if its ids or times would not fit their types.
    #[must_use]
    pub fn repetition(&self, nth: u32) -> Option<Repetition> {
        let ids = (self.highest_id - FIXED_IDS).checked_mul(i64::from(nth))?;
        i32::try_from(ids.checked_add(self.highest_id)?).ok()?;
        let step = self.last_ts.saturating_sub(self.first_ts).checked_add(PAUSE)?;
        let time = step.checked_mul(u64::from(nth))?;
        i64::try_from(time.checked_add(self.last_ts)?).ok()?;
        let events = self.events.checked_mul(u64::from(nth))?;
        Some(Repetition { ids, time, events, scratch: EventBuf::default(), value: Vec::new() })
    }
}

/// One time through the recording.
#[derive(Debug)]
pub struct Repetition {
    ids: i64,
    /// ns.
    time: u64,
    events: u64,
    scratch: EventBuf,
    value: Vec<u8>,
}

impl Repetition {
    /// Hands `block` to `put` as it stands in this repetition.
    ///
    /// # Errors
    /// Only what `put` returns.
    pub fn pass(
        &mut self,
        block: &Block<'_>,
        put: impl FnOnce(&Block<'_>) -> Result<(), WriteError>,
    ) -> Result<(), WriteError> {
        match block {
            Block::Event(event) => {
                let params = self.ids > 0 && event.info().is_some_and(|row| row.params.iter().any(moves));
                if params {
                    self.rebuild(event);
                }
                let mut moved = if params { self.scratch.as_event() } else { *event };
                moved.num = event.num.saturating_add(self.events);
                moved.ts = self.at(event.ts);
                moved.tid = self.id(event.tid);
                put(&Block::Event(moved))
            }
            Block::Machine(machine) => put(&Block::Machine(MachineInfo {
                boot_ts_epoch: self.at(machine.boot_ts_epoch),
                ..machine.clone()
            })),
            Block::Threads(threads) => {
                put(&Block::Threads(threads.iter().map(|thread| self.thread(thread)).collect()))
            }
            Block::Fds { tid, fds } => put(&Block::Fds { tid: self.id(*tid), fds: fds.clone() }),
            Block::Section(_) | Block::Interfaces(_) | Block::Users { .. } | Block::Unknown { .. } => {
                put(block)
            }
        }
    }

    fn rebuild(&mut self, event: &Event<'_>) {
        let params = event.info().map_or(&[][..], |row| row.params);
        let (mut out, mut value) = (std::mem::take(&mut self.scratch), std::mem::take(&mut self.value));
        out.copy_header(event);
        for (i, bytes) in event.params.iter().enumerate() {
            let moved = params.get(i).and_then(|param| self.param(param, bytes, &mut value));
            out.push(moved.unwrap_or(bytes));
        }
        (self.scratch, self.value) = (out, value);
    }

    /// The value of a parameter moved, in `room`; `None` if it stays as it is.
    fn param<'v>(&self, param: &ParamInfo, bytes: &[u8], room: &'v mut Vec<u8>) -> Option<&'v [u8]> {
        room.clear();
        match kind(param)? {
            Moved::Time => room.extend(self.at(u64::from_le_bytes(bytes.try_into().ok()?)).to_le_bytes()),
            Moved::Id => match bytes.len() {
                4 => {
                    let id = self.id(i64::from(i32::from_le_bytes(bytes.try_into().ok()?)));
                    room.extend(i32::try_from(id).ok()?.to_le_bytes());
                }
                _ => room.extend(self.id(i64::from_le_bytes(bytes.try_into().ok()?)).to_le_bytes()),
            },
        }
        Some(room)
    }

    fn thread(&self, old: &ThreadEntry) -> ThreadEntry {
        let mut thread = old.clone();
        for id in ids_of(&mut thread) {
            *id = self.id(*id);
        }
        thread.pgid = thread.pgid.map(|id| self.id(id));
        for time in [
            &mut thread.clone_ts,
            &mut thread.pidns_init_start_ts,
            &mut thread.exe_ino_ctime,
            &mut thread.exe_ino_mtime,
        ] {
            *time = self.at(*time);
        }
        thread
    }

    fn id(&self, id: i64) -> i64 {
        if id > FIXED_IDS { id.saturating_add(self.ids) } else { id }
    }

    /// 0 and the highest stand for times that are not known.
    fn at(&self, ts: u64) -> u64 {
        if ts == 0 || ts == u64::MAX { ts } else { ts.saturating_add(self.time) }
    }
}

enum Moved {
    Id,
    Time,
}

/// What moves a parameter; `None` if nothing does. Two are called what they are, but typed as plain numbers.
fn kind(param: &ParamInfo) -> Option<Moved> {
    match (param.ty, param.name) {
        (ParamType::Pid | ParamType::Pid32, _) | (ParamType::Int64, "pid") => Some(Moved::Id),
        (ParamType::AbsTime, _) | (ParamType::Uint64, "pidns_init_start_ts") => Some(Moved::Time),
        _ => None,
    }
}

fn moves(param: &ParamInfo) -> bool {
    kind(param).is_some()
}

fn ids_of(thread: &mut ThreadEntry) -> [&mut i64; 7] {
    [
        &mut thread.tid,
        &mut thread.pid,
        &mut thread.ptid,
        &mut thread.sid,
        &mut thread.vpgid,
        &mut thread.vtid,
        &mut thread.vpid,
    ]
}

fn see_ids(block: &Block<'_>, see: &mut impl FnMut(i64)) {
    match block {
        Block::Event(event) => {
            see(event.tid);
            let params = event.info().map_or(&[][..], |row| row.params);
            for (param, bytes) in params.iter().zip(event.params.iter()) {
                if let Some(Moved::Id) = kind(param) {
                    see(number(bytes));
                }
            }
        }
        Block::Threads(threads) => {
            for thread in threads {
                see(thread.pgid.unwrap_or(0));
                ids_of(&mut thread.clone()).into_iter().for_each(|id| see(*id));
            }
        }
        Block::Fds { tid, .. } => see(*tid),
        _ => {}
    }
}

/// An id as stored: 4 or 8 bytes; 0 for everything else.
fn number(bytes: &[u8]) -> i64 {
    if let Ok(narrow) = bytes.try_into() {
        return i64::from(i32::from_le_bytes(narrow));
    }
    bytes.try_into().map_or(0, i64::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use scap_schema::code;

    const MATERIAL: Material = Material { events: 7, first_ts: 100, last_ts: 150, highest_id: 41 };

    fn moved(nth: u32, event: &Event<'_>) -> EventBuf {
        let mut out = EventBuf::default();
        let mut repetition = MATERIAL.repetition(nth).unwrap();
        let put = |block: &Block<'_>| {
            let Block::Event(event) = block else { panic!("{block:?}") };
            out = EventBuf::copy_of(event);
            Ok(())
        };
        repetition.pass(&Block::Event(*event), put).unwrap();
        out
    }

    #[test]
    fn ids_and_times_move_with_their_event_and_nothing_else_does() {
        let mut event = EventBuf::new(code::SYSCALL_CLONE_20_X, 120, 40);
        event.num = 3;
        let values = [41i64, 0, 0, 40, 40, 1, 0, 1024, 5, 6];
        for value in values {
            event.push(&value.to_le_bytes());
        }
        let once = moved(0, &event.as_event());
        assert_eq!((once.num, once.ts, once.tid), (3, 120, 40));
        let twice = moved(1, &event.as_event());
        assert_eq!((twice.num, twice.ts, twice.tid), (10, 120 + 50 + PAUSE, 79));
        let ids: Vec<_> = (0..values.len()).map(|i| twice.as_event().i64(i).unwrap()).collect();
        assert_eq!(ids, [80, 0, 0, 79, 79, 1, 0, 1024, 5, 6]);
    }

    #[test]
    fn a_failed_call_and_a_parameter_of_a_wrong_size_stay() {
        let mut event = EventBuf::new(code::SYSCALL_CLONE_20_X, 120, -1);
        event.push(&(-11i64).to_le_bytes()).push(b"").push(b"").push(b"odd");
        let twice = moved(1, &event.as_event());
        assert_eq!((twice.tid, twice.as_event().i64(0)), (-1, Some(-11)));
        assert_eq!(twice.as_event().param(3), Some(&b"odd"[..]));
    }

    #[test]
    fn more_repetitions_than_there_are_ids_or_times_are_refused() {
        assert!(MATERIAL.repetition(u32::MAX).is_none());
        assert!(Material { last_ts: i64::MAX as u64, ..MATERIAL }.repetition(1).is_none());
    }
}
