//! The state itself: what is kept, and what one event leaves behind for its readers.

use std::collections::BTreeSet;
use std::sync::Arc;

use scap_format::snapshot::{Group, MachineInfo, User};

use crate::anomaly::Anomalies;
use crate::bytes::{Bytes, Strings};
use crate::container::{Container, Containers};
use crate::fd::FdType;
use crate::fdtable::FdTable;
use crate::interfaces::Interfaces;
use crate::known::Known;
use crate::thread::{Cgroups, Common, Exec};
use crate::threads::{Sharded, Threads};
use crate::told::Told;
use crate::users::Users;

/// Most processors whose scheduler switches are told apart.
pub(crate) const MAX_CPUS: usize = 4096;

/// Everything known about the machine as of the event applied last.
///
/// Cheap to [share](State::share): pointers to what is known of each thread.
#[derive(Debug, Clone, Default)]
pub struct State {
    pub(crate) threads: Threads,
    pub(crate) users: Arc<Users>,
    pub(crate) containers: Arc<Containers>,
    pub(crate) interfaces: Arc<Interfaces>,
    pub(crate) machine: Arc<MachineInfo>,
    pub(crate) anomalies: Anomalies,
    pub(crate) now: Now,
    pub(crate) later: Later,
    /// Parent and time of threads that exited a moment ago, by tid.
    pub(crate) recent_exits: Sharded<(i64, u64)>,
    /// Ports served when recording began.
    pub(crate) server_ports: Arc<BTreeSet<u16>>,
    /// Time of the last scheduler switch per processor, ns since the epoch; 0 for none yet.
    pub(crate) switched: Arc<Vec<u64>>,
    /// What placeholders run.
    pub(crate) nameless: Option<Arc<Exec>>,
    /// The thread of the last event, if that was [passed over](State::apply_unasked): known and awake, with nothing left to do.
    pub(crate) calm: Option<i64>,
    /// Whose fd table that uses; nobody's, if it is not known.
    pub(crate) calm_owner: i64,
    /// Which of its fds below 64 it has and may read and write without a change, a bit each.
    pub(crate) calm_fds: u64,
    /// Whether the snapshot has been tied together.
    pub(crate) settled: bool,
    /// What snapshots told of, in this section or before: the next is of the same machine.
    pub(crate) known: KnownOfThreads,
    /// Room to put paths together in.
    pub(crate) room: Room,
    /// Last value given to a [`Thread::version`](crate::Thread::version).
    pub(crate) versions: u64,
    /// What is known of fds in place of their tables, in a replica.
    pub(crate) told: Option<Box<Told>>,
}

/// What threads of snapshots have that others have, too.
#[derive(Debug, Clone, Default)]
pub(crate) struct KnownOfThreads {
    pub(crate) cgroups: Known<Arc<Cgroups>>,
    pub(crate) execs: Known<Arc<Exec>>,
    pub(crate) envs: Known<Strings>,
    /// All of that together, with the working directory as the snapshot gave it.
    pub(crate) commons: Known<(Arc<Common>, Bytes)>,
    pub(crate) tables: Known<KnownFds>,
    pub(crate) names: KnownNames,
}

/// An fd table as a snapshot told it.
#[derive(Debug)]
pub(crate) struct KnownFds {
    /// The list that told it.
    pub(crate) raw: Box<[u8]>,
    /// How many entries that has.
    pub(crate) entries: usize,
    pub(crate) table: Arc<FdTable>,
    /// Ports that are served by one of them.
    pub(crate) ports: Box<[u16]>,
}

/// The users and groups that a snapshot told of last, if any. A clone remembers nothing.
#[derive(Debug, Default)]
pub(crate) struct KnownNames {
    pub(crate) users: Vec<User>,
    pub(crate) groups: Vec<Group>,
    pub(crate) made: Option<Arc<Users>>,
}

impl Clone for KnownNames {
    fn clone(&self) -> Self {
        Self::default()
    }
}

/// Buffers that are empty between events; a clone gets its own.
#[derive(Debug, Default)]
pub(crate) struct Room {
    pub(crate) base: Vec<u8>,
    pub(crate) path: Vec<u8>,
}

impl Clone for Room {
    fn clone(&self) -> Self {
        Self::default()
    }
}

/// The event applied last, as far as readers of the state need it.
#[derive(Debug, Clone)]
pub(crate) struct Now {
    pub(crate) tid: i64,
    pub(crate) num: u64,
    pub(crate) ts: u64,
    pub(crate) code: u16,
    /// Fd the event is about, as a number; kept even if the thread has no such fd. -1 for none.
    pub(crate) fd_num: i64,
    /// Fd the event is about, if the thread has it.
    pub(crate) fd: Option<i64>,
    /// Type of that fd, and whether it is connected, before the event.
    pub(crate) fd_kind: (FdType, bool),
    pub(crate) fd_name_changed: bool,
    /// Whether the thread has an enter event in mind.
    pub(crate) remembers: bool,
    pub(crate) error: i64,
    /// Time the thread ran before a scheduler switch, ns.
    pub(crate) exectime: u64,
    /// Container described by the event itself.
    pub(crate) container: Option<Arc<Container>>,
    pub(crate) first_ts: Option<u64>,
    pub(crate) previous_ts: Option<u64>,
}

impl Default for Now {
    fn default() -> Self {
        Self {
            tid: -1,
            num: 0,
            ts: 0,
            code: 0,
            fd_num: -1,
            fd: None,
            fd_kind: (FdType::Uninitialized, false),
            fd_name_changed: false,
            remembers: false,
            error: 0,
            exectime: 0,
            container: None,
            first_ts: None,
            previous_ts: None,
        }
    }
}

/// What an event leaves to be done before the next one, so that its readers still see what it ends.
#[derive(Debug, Clone, Default)]
pub(crate) struct Later {
    /// Thread to remove.
    pub(crate) thread: Option<i64>,
    /// Fd to close, and whose.
    pub(crate) fd: Option<(i64, i64)>,
}

/// What applying one event did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Applied {
    /// Whether attributes of a thread changed, or a thread, user or container came or went: then what was cached by
    /// [`State::epoch`] is stale. Fds, memory and times are not among them.
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

    /// A copy that shares the records of threads with this state until either writes to them. Cheap, where a clone copies
    /// every record that was written to since it was shared last.
    #[must_use]
    pub fn share(&mut self) -> Self {
        self.threads.share();
        self.clone()
    }
}
