//! Enter events waiting for their exit event, at most one for each thread, in bounded memory.
//!
//! Takes enter events, gives their parameters to the exit event that follows. When threads or bytes
//! exceed the limits, the older half is given up at once, which keeps the cost per event constant however
//! hostile the input.
//!
//! Hot path, once for every second event of an old capture. An event waits in the place that its thread's number leads to,
//! whose buffers are used again; only where two threads want the same place does the one that was there first go to a map.

use std::collections::HashMap;

use crate::{Event, EventBuf};

/// Threads that may have an enter event waiting. More than the threads of any sane machine.
const MAX_THREADS: usize = 1 << 16;

/// Bytes of parameters that may wait.
const MAX_BYTES: usize = 16 << 20;

/// Places; a power of two.
const PLACES: usize = 256;

/// Size up to which a buffer is worth keeping.
const MAX_SPARE_BYTES: usize = 4096;

#[derive(Debug, Clone, Default)]
struct Waiting {
    /// Ordinal of the store operation: the smaller, the older. 0 if nothing waits here.
    age: u64,
    bytes: usize,
    event: EventBuf,
}

/// Enter events by thread.
#[derive(Debug, Clone)]
pub(super) struct EnterStore {
    /// By the number of the thread; empty until the first is stored.
    places: Vec<Waiting>,
    /// How many wait in a place.
    placed: usize,
    /// Those whose place another has.
    displaced: HashMap<i64, Waiting>,
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

/// Where the enter event of thread `tid` waits if nothing is in its way.
fn place_of(tid: i64) -> usize {
    usize::try_from(tid.cast_unsigned() % PLACES as u64).unwrap_or(0)
}

impl EnterStore {
    pub(super) fn with_limits(max_threads: usize, max_bytes: usize) -> Self {
        let (places, displaced) = (Vec::new(), HashMap::new());
        Self { places, placed: 0, displaced, bytes: 0, stores: 0, max_threads, max_bytes }
    }

    /// Keeps `ev` until the next enter event of its thread; returns how many others it pushed out.
    ///
    /// An earlier one of the same thread is replaced: its system call ended without an exit event here.
    /// One larger than the whole store is not kept, and counts as pushed out.
    pub(super) fn store(&mut self, ev: &Event) -> u64 {
        self.release(ev.tid);
        let bytes = ev.params.size();
        if bytes > self.max_bytes || self.max_threads == 0 {
            return 1;
        }
        let mut evicted = 0;
        while self.len() >= self.max_threads || self.bytes + bytes > self.max_bytes {
            evicted += self.evict_older_half();
        }
        if self.places.is_empty() {
            self.places.resize_with(PLACES, Waiting::default);
        }
        let Some(place) = self.places.get_mut(place_of(ev.tid)) else { return evicted };
        if place.age == 0 {
            self.placed += 1;
        } else {
            self.displaced.insert(place.event.tid, std::mem::take(place));
        }
        self.stores += 1;
        self.bytes += bytes;
        (place.age, place.bytes) = (self.stores, bytes);
        place.event.reset(ev.code, ev.ts, ev.tid);
        place.event.push_all(&ev.params);
        evicted
    }

    /// How many wait.
    fn len(&self) -> usize {
        self.placed + self.displaced.len()
    }

    /// Parameter `i` of the enter event that belongs to an exit event of code `exit` on thread `tid`.
    pub(super) fn param(&self, tid: i64, exit: u16, i: usize) -> Option<&[u8]> {
        let placed = self.places.get(place_of(tid)).filter(|place| place.age > 0 && place.event.tid == tid);
        let enter = &placed.or_else(|| self.displaced.get(&tid))?.event;
        if enter.code.checked_add(1)? == exit { enter.as_event().param(i) } else { None }
    }

    /// Forgets the enter event of thread `tid`.
    pub(super) fn release(&mut self, tid: i64) {
        if let Some(place) = self.places.get_mut(place_of(tid))
            && place.age > 0
            && place.event.tid == tid
        {
            self.bytes -= place.bytes;
            self.placed -= 1;
            place.age = 0;
            if place.bytes > MAX_SPARE_BYTES {
                *place = Waiting::default();
            }
        } else if !self.displaced.is_empty()
            && let Some(gone) = self.displaced.remove(&tid)
        {
            self.bytes -= gone.bytes;
        }
    }

    /// Forgets what waits for the thread that `ev`, which is up to date, tells the end of.
    #[inline]
    pub(super) fn note_end(&mut self, ev: &Event<'_>) {
        if ev.code == scap_schema::code::PROCEXIT_1_E {
            self.release(ev.tid);
        }
    }

    /// All that wait.
    fn all(&self) -> impl Iterator<Item = &Waiting> {
        self.places.iter().filter(|place| place.age > 0).chain(self.displaced.values())
    }

    /// Those that wait, the oldest first.
    pub(super) fn by_age(&self) -> Vec<&EventBuf> {
        let mut waiting: Vec<&Waiting> = self.all().collect();
        waiting.sort_unstable_by_key(|one| one.age);
        waiting.into_iter().map(|one| &one.event).collect()
    }

    /// Gives up the older half of all, at least one. Only called while there is one.
    fn evict_older_half(&mut self) -> u64 {
        let mut ages: Vec<u64> = self.all().map(|waiting| waiting.age).collect();
        let middle = ages.len() / 2;
        if ages.is_empty() {
            return 0;
        }
        let (_, &mut limit, _) = ages.select_nth_unstable(middle);
        let before = self.len();
        for place in self.places.iter_mut().filter(|place| (1..=limit).contains(&place.age)) {
            *place = Waiting::default();
            self.placed -= 1;
        }
        self.displaced.retain(|_, waiting| waiting.age > limit);
        self.bytes = self.all().map(|waiting| waiting.bytes).sum();
        (before - self.len()) as u64
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
        assert_eq!(store.len(), 5);
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
        assert_eq!(store.len(), 1);
        assert_eq!(store.param(1, code::SYSCALL_UNLINK_X, 0), Some(&b"new"[..]));
        assert_eq!(store.bytes, 3);
    }

    #[test]
    fn threads_that_share_a_place_keep_their_own() {
        let (mut store, mut buffers) = (EnterStore::default(), Vec::new());
        let tids: Vec<i64> = (0..5).map(|n| 7 + n * 256).chain([-1, i64::MIN, 255]).collect();
        for (n, tid) in tids.iter().enumerate() {
            assert_eq!(store.store(&enter(*tid, format!("file {n}").as_bytes()).as_event()), 0);
        }
        for (n, tid) in tids.iter().enumerate() {
            buffers.push(store.param(*tid, code::SYSCALL_UNLINK_X, 0).map(<[u8]>::to_vec));
            assert_eq!(buffers[n].as_deref(), Some(format!("file {n}").as_bytes()));
        }
        let ages: Vec<i64> = store.by_age().iter().map(|event| event.tid).collect();
        assert_eq!(ages, tids);
        // One in a place and one that had to leave it.
        for tid in [tids[4], tids[0]] {
            store.release(tid);
            assert_eq!(store.param(tid, code::SYSCALL_UNLINK_X, 0), None);
        }
        assert_eq!((store.len(), store.bytes), (6, 36));
        store.store(&enter(tids[1], b"again").as_event());
        assert_eq!(store.param(tids[1], code::SYSCALL_UNLINK_X, 0), Some(&b"again"[..]));
        assert_eq!((store.len(), store.bytes), (6, 35));
    }
}
