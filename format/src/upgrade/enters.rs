//! Enter events waiting for their exit event, at most one for each thread, in bounded memory.
//!
//! Takes enter events, gives their parameters to the exit event that follows. When threads or bytes
//! exceed the limits, the older half is given up at once, which keeps the cost per event constant however
//! hostile the input. Buffers are used again, so that the steady state allocates nothing.

use std::collections::HashMap;

use crate::{Event, EventBuf};

/// Threads that may have an enter event waiting. More than the threads of any sane machine.
const MAX_THREADS: usize = 1 << 16;

/// Bytes of parameters that may wait.
const MAX_BYTES: usize = 16 << 20;

/// Buffers kept for reuse.
const MAX_SPARE: usize = 64;

/// Size up to which a buffer is worth keeping.
const MAX_SPARE_BYTES: usize = 4096;

#[derive(Debug, Clone)]
struct Waiting {
    /// Ordinal of the store operation: the smaller, the older.
    age: u64,
    bytes: usize,
    event: EventBuf,
}

/// Enter events by thread.
#[derive(Debug, Clone)]
pub(super) struct EnterStore {
    waiting: HashMap<i64, Waiting>,
    spare: Vec<EventBuf>,
    bytes: usize,
    stores: u64,
    max_threads: usize,
    max_bytes: usize,
}

impl Default for EnterStore {
    fn default() -> Self {
        Self::with_limits(MAX_THREADS, MAX_BYTES)
    }
}

impl EnterStore {
    pub(super) fn with_limits(max_threads: usize, max_bytes: usize) -> Self {
        let (waiting, spare) = (HashMap::new(), Vec::new());
        Self { waiting, spare, bytes: 0, stores: 0, max_threads, max_bytes }
    }

    /// Keeps `ev` until the next enter event of its thread; returns how many others it pushed out.
    ///
    /// An earlier one of the same thread is replaced: its system call ended without an exit event here.
    /// One larger than the whole store is not kept, and counts as pushed out.
    pub(super) fn store(&mut self, ev: &Event) -> u64 {
        self.release(ev.tid);
        let bytes = ev.params.iter().map(<[u8]>::len).sum::<usize>();
        if bytes > self.max_bytes || self.max_threads == 0 {
            return 1;
        }
        let mut evicted = 0;
        while self.waiting.len() >= self.max_threads || self.bytes + bytes > self.max_bytes {
            evicted += self.evict_older_half();
        }
        let mut event = self.spare.pop().unwrap_or_default();
        event.reset(ev.code, ev.ts, ev.tid);
        for value in ev.params.iter() {
            event.push(value);
        }
        self.stores += 1;
        self.bytes += bytes;
        self.waiting.insert(ev.tid, Waiting { age: self.stores, bytes, event });
        evicted
    }

    /// Parameter `i` of the enter event that belongs to an exit event of code `exit` on thread `tid`.
    pub(super) fn param(&self, tid: i64, exit: u16, i: usize) -> Option<&[u8]> {
        let enter = &self.waiting.get(&tid)?.event;
        if enter.code.checked_add(1)? == exit { enter.as_event().param(i) } else { None }
    }

    /// Forgets the enter event of thread `tid`.
    pub(super) fn release(&mut self, tid: i64) {
        if let Some(gone) = self.waiting.remove(&tid) {
            self.bytes -= gone.bytes;
            if gone.bytes <= MAX_SPARE_BYTES && self.spare.len() < MAX_SPARE {
                self.spare.push(gone.event);
            }
        }
    }

    /// Those that wait, the oldest first.
    pub(super) fn by_age(&self) -> Vec<&EventBuf> {
        let mut waiting: Vec<&Waiting> = self.waiting.values().collect();
        waiting.sort_unstable_by_key(|one| one.age);
        waiting.into_iter().map(|one| &one.event).collect()
    }

    /// Gives up the older half of all, at least one. Only called while there is one.
    fn evict_older_half(&mut self) -> u64 {
        let mut ages: Vec<u64> = self.waiting.values().map(|w| w.age).collect();
        let middle = ages.len() / 2;
        if ages.is_empty() {
            return 0;
        }
        let (_, &mut limit, _) = ages.select_nth_unstable(middle);
        let before = self.waiting.len();
        self.waiting.retain(|_, w| w.age > limit);
        self.bytes = self.waiting.values().map(|w| w.bytes).sum();
        (before - self.waiting.len()) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scap_schema::code;

    fn enter(tid: i64, name: &[u8]) -> EventBuf {
        let mut ev = EventBuf::new(code::SYSCALL_UNLINK_E, 1, tid);
        ev.push(name);
        ev
    }

    #[test]
    fn an_enter_event_is_given_only_to_the_exit_of_its_call_and_thread() {
        let mut store = EnterStore::default();
        assert_eq!(store.store(&enter(5, b"a").as_event()), 0);
        assert_eq!(store.param(5, code::SYSCALL_UNLINK_X, 0), Some(&b"a"[..]));
        assert_eq!(store.param(6, code::SYSCALL_UNLINK_X, 0), None);
        assert_eq!(store.param(5, code::SYSCALL_RMDIR_X, 0), None);
        assert_eq!(store.param(5, code::SYSCALL_UNLINK_X, 1), None);
        store.release(5);
        assert_eq!(store.param(5, code::SYSCALL_UNLINK_X, 0), None);
    }

    #[test]
    fn too_many_threads_push_out_the_older_half() {
        let mut store = EnterStore::with_limits(10, 1000);
        let evicted: u64 = (0..11).map(|tid| store.store(&enter(tid, b"x").as_event())).sum();
        assert_eq!(evicted, 6);
        assert_eq!(store.waiting.len(), 5);
        assert!(store.param(10, code::SYSCALL_UNLINK_X, 0).is_some());
        assert!(store.param(0, code::SYSCALL_UNLINK_X, 0).is_none());
    }

    #[test]
    fn too_many_bytes_push_out_older_events_and_a_giant_is_not_kept() {
        let mut store = EnterStore::with_limits(10, 100);
        assert_eq!(store.store(&enter(1, &[0; 60]).as_event()), 0);
        assert_eq!(store.store(&enter(2, &[0; 60]).as_event()), 1);
        assert_eq!(store.bytes, 60);
        assert_eq!(store.store(&enter(3, &[0; 101]).as_event()), 1);
        assert!(store.param(2, code::SYSCALL_UNLINK_X, 0).is_some());
        store.release(2);
        assert_eq!(store.bytes, 0);
    }

    #[test]
    fn a_second_enter_event_of_a_thread_replaces_the_first() {
        let mut store = EnterStore::default();
        store.store(&enter(1, b"old").as_event());
        store.store(&enter(1, b"new").as_event());
        assert_eq!(store.waiting.len(), 1);
        assert_eq!(store.param(1, code::SYSCALL_UNLINK_X, 0), Some(&b"new"[..]));
        assert_eq!(store.bytes, 3);
    }
}
