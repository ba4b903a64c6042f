//! What a session finds out beside the events that come from the kernel.
//!
//! Takes each event before it is written, gives what belongs before it: the container that it shows first. Hot path:
//! an event that neither begins a process nor runs a program passes with one look at its code.

use super::SessionOptions;
use super::spool::Spool;
use crate::container::watch::Watch;
use crate::snapshot::Snapshot;
use scap_format::Event;
use scap_format::EventBuf;

/// See the module.
#[derive(Debug)]
pub(super) struct Aside {
    watch: Watch,
    /// Time of the last event, ns since the epoch: what is found later is told as of then, so that times never go back.
    last: u64,
}

impl Aside {
    pub(super) fn new(options: &SessionOptions) -> Self {
        Self { watch: Watch::new(&options.root), last: 0 }
    }

    /// What is to be written before `event`; `None` if the event itself is not to be written.
    #[inline]
    pub(super) fn admit(&mut self, event: &Event<'_>) -> Option<Option<EventBuf>> {
        self.last = self.last.max(event.ts);
        Some(self.watch.before(event))
    }

    /// [`admit`](Self::admit)s an event into the spool.
    pub(super) fn spool(&mut self, event: &Event<'_>, spool: &mut Spool) {
        let Some(before) = self.admit(event) else { return };
        if let Some(before) = before {
            spool.push(&before.as_event());
        }
        spool.push(event);
    }

    /// The containers of the snapshot, to be told before all events.
    pub(super) fn of_snapshot(&mut self, snapshot: &Snapshot, first: Option<u64>) -> Vec<EventBuf> {
        let ts = first.unwrap_or(snapshot.begun).min(snapshot.begun);
        self.watch.of_snapshot(&snapshot.threads, ts)
    }

    /// What was found since the last time.
    pub(super) fn due(&mut self) -> Vec<EventBuf> {
        self.watch.due(self.last)
    }

    /// What is found at the end.
    pub(super) fn finish(&mut self) -> Vec<EventBuf> {
        self.watch.due(self.last)
    }
}
