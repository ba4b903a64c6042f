//! The state itself: what is kept, and what one event leaves behind for its readers.

use std::sync::Arc;

use scap_format::Event;
use scap_format::snapshot::MachineInfo;

use crate::anomaly::{Anomalies, Anomaly};
use crate::container::{Container, Containers};
use crate::interfaces::Interfaces;
use crate::threads::Threads;
use crate::users::Users;

/// Everything known about the machine as of the event applied last.
///
/// Cheap to clone: a few hundred pointers.
#[derive(Debug, Clone, Default)]
pub struct State {
    pub(crate) threads: Threads,
    pub(crate) users: Arc<Users>,
    pub(crate) containers: Arc<Containers>,
    pub(crate) interfaces: Arc<Interfaces>,
    pub(crate) machine: Arc<MachineInfo>,
    pub(crate) anomalies: Anomalies,
    pub(crate) now: Now,
    /// Next value of [`Thread::version`](crate::Thread::version).
    pub(crate) versions: u64,
}

/// The event applied last, as far as readers of the state need it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Now {
    pub(crate) tid: i64,
    pub(crate) num: u64,
    pub(crate) ts: u64,
    pub(crate) code: u16,
    /// Fd the event is about, as a number; kept even if the thread has no such fd. -1 for none.
    pub(crate) fd_num: i64,
    /// Fd the event is about, if the thread has it.
    pub(crate) fd: Option<i64>,
    pub(crate) fd_name_changed: bool,
    pub(crate) error: i64,
    /// Container described by the event itself.
    pub(crate) container: Option<Arc<Container>>,
    pub(crate) first_ts: Option<u64>,
    pub(crate) previous_ts: Option<u64>,
}

/// What applying one event did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Applied {
    /// Whether anything but time and counters changed: a reader that caches by state must look again.
    pub changed: bool,
    /// Whether the thread was known before the event.
    pub known_thread: bool,
}

impl State {
    /// A state that knows nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Follows one event. Total: what does not add up is counted, see [`State::anomalies`].
    ///
    /// Hot path: allocates only if the event changes something.
    pub fn apply(&mut self, event: &Event<'_>) -> Applied {
        self.now.tid = event.tid;
        self.now.num = event.num;
        self.now.ts = event.ts;
        self.now.code = event.code;
        Applied::default()
    }

    pub(crate) fn note(&mut self, anomaly: Anomaly) {
        self.anomalies.count(anomaly, self.now.num);
    }
}
