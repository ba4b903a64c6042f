//! Enter events of old captures that wait for their exit event.
//!
//! Their parameters belong to the exit event, so that whoever keeps that has to keep them too. Bounded: a thread
//! has at most one, and of too many threads none is remembered any more.

use std::collections::HashMap;

use scap_format::upgrade::is_current;
use scap_format::{Event, EventBuf};
use scap_schema::Origin;

/// Most threads that are remembered.
const MAX_THREADS: usize = 1 << 16;

/// The last enter event of each thread, until its exit event comes.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    by_tid: HashMap<i64, EventBuf>,
}

impl Waiting {
    /// Whether `event` is one that waits.
    pub(super) fn is_enter(event: &Event<'_>) -> bool {
        let row = event.info();
        row.is_some_and(|row| row.is_enter() && row.origin == Origin::Syscall) && !is_current(event)
    }

    /// Notes an enter event; an exit event ends what its thread has waiting.
    pub(super) fn note(&mut self, event: &Event<'_>) {
        if !Self::is_enter(event) {
            self.take(event);
        } else if self.by_tid.len() < MAX_THREADS || self.by_tid.contains_key(&event.tid) {
            self.by_tid.insert(event.tid, EventBuf::copy_of(event));
        }
    }

    /// What waits for `exit`.
    pub(super) fn take(&mut self, exit: &Event<'_>) -> Option<EventBuf> {
        // Scheduler switches and the like come between.
        let ends = exit.info().is_some_and(|row| !row.is_enter() && row.origin == Origin::Syscall);
        if ends { self.by_tid.remove(&exit.tid) } else { None }
    }

    /// All, in the order of the trace.
    pub(super) fn take_all(&mut self) -> Vec<EventBuf> {
        let mut all: Vec<_> = std::mem::take(&mut self.by_tid).into_values().collect();
        all.sort_by_key(|event| event.num);
        all
    }
}
