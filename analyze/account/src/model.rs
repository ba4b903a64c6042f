//! What an account holds.
//!
//! Plain records that refer to each other by position. Times are ns since the epoch, event numbers count from 1 as
//! everywhere, and byte strings are as the kernel gave them.

use std::net::IpAddr;
use std::sync::Arc;

use scap_analyze::alert::Alert;
use scap_analyze::replay::Summary;
use scap_state::{Bytes, Container, Endpoint, FdType, L4Proto};

/// A point in a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    /// Number of the event; 0 for the snapshot at the start of the trace.
    pub event: u64,
    /// Its time, ns since the epoch.
    pub ts: u64,
}

/// Position of a process in [`Account::processes`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProcessId(pub u32);

/// Everything that a trace tells.
#[derive(Debug, Clone, Default)]
pub struct Account {
    /// The machine.
    pub host: Host,
    /// What was read: span, drops, damage, anomalies, alerts by rule.
    pub summary: Summary,
    /// Every process that the trace knows, those of its snapshot first, then in order of their start. A pid that was
    /// used again is another process.
    pub processes: Vec<Process>,
    /// What processes did with files, in order of first use.
    pub files: Vec<FileUse>,
    /// Listening sockets and connections, in order of first use.
    pub connections: Vec<Connection>,
    /// What an analyst would want to see even where no rule matches, in order.
    pub acts: Vec<Act>,
    /// What rules said, in order; empty without rules.
    pub alerts: Vec<AlertMark>,
    /// Containers seen, by first appearance; the host is not among them.
    pub containers: Vec<Arc<Container>>,
    /// What was too much.
    pub left_out: LeftOut,
}

/// The machine that was recorded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Host {
    /// Its name; empty if the trace does not tell.
    pub name: Bytes,
    /// Its processors; 0 if the trace does not tell.
    pub cpus: u32,
    /// Addresses of its interfaces.
    pub addresses: Vec<IpAddr>,
}

/// One program that a process ran.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// When it began to run it.
    pub since: Moment,
    /// Name of the process then (`proc.name`).
    pub name: Bytes,
    /// Path of the program (`proc.exepath`), or what it called itself (`proc.exe`) if the path is unknown.
    pub exe: Bytes,
    /// Name and arguments, joined by spaces (`proc.cmdline`).
    pub cmdline: Bytes,
    /// Working directory right after the start.
    pub cwd: Bytes,
    /// Hash of the program's file as the recorder told it, such as `sha256:…`.
    pub hash: Option<Bytes>,
    /// Whether the file was made or changed in the trace, came from memory, or lies in the upper layer of an overlay.
    pub fresh: bool,
}

impl Process {
    /// The program it ran last.
    #[must_use]
    pub fn image(&self) -> Option<&Image> {
        self.images.last()
    }

    /// The program it ran at `at`; the first one for times before.
    #[must_use]
    pub fn image_at(&self, at: Moment) -> Option<&Image> {
        as_of(&self.images, |image| image.since, at)
    }

    /// Its user at `at`: id and name, which is empty where the trace does not know it.
    #[must_use]
    pub fn user_at(&self, at: Moment) -> (u32, &[u8]) {
        let user = as_of(&self.users, |(since, ..)| *since, at);
        user.map_or((u32::MAX, &[]), |(_, uid, name)| (*uid, name))
    }

    /// Its user at last: id and name, which is empty where the trace does not know it.
    #[must_use]
    pub fn user(&self) -> (u32, &[u8]) {
        self.users.last().map_or((u32::MAX, &[]), |(_, uid, name)| (*uid, name))
    }

    /// The programs that it executed itself; of one that never did, what it has from its parent.
    #[must_use]
    pub fn own_images(&self) -> &[Image] {
        match self.images.as_slice() {
            [_, own @ ..] if self.start.is_some() && !own.is_empty() => own,
            all => all,
        }
    }

    /// Whether it never executed a program since it was started.
    #[must_use]
    pub fn is_mere_fork(&self) -> bool {
        self.start.is_some() && self.images.len() == 1
    }
}

/// The last of `all` that began before or `at` that moment; the first one for times before. They are in the order of time.
fn as_of<T>(all: &[T], since: impl Fn(&T) -> Moment, at: Moment) -> Option<&T> {
    let after = all.partition_point(|one| since(one) <= at);
    all.get(after.saturating_sub(1))
}

impl Account {
    /// The process at `id`.
    #[must_use]
    pub fn process(&self, id: ProcessId) -> Option<&Process> {
        self.processes.get(id.0 as usize)
    }

    /// The container of `process`.
    #[must_use]
    pub fn container_of(&self, process: &Process) -> Option<&Arc<Container>> {
        self.containers.get(process.container? as usize)
    }

    /// `id` and those above it, nearest first.
    pub fn line_of(&self, id: ProcessId) -> impl Iterator<Item = &Process> {
        std::iter::successors(self.process(id), |process| self.process(process.parent?))
    }
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ending {
    /// When.
    pub at: Moment,
    /// Its exit code, if it left by itself and the trace tells.
    pub code: Option<u8>,
    /// The signal that killed it.
    pub signal: Option<u8>,
}

/// One process: a group of threads with one pid, from its start to its end.
#[derive(Debug, Clone)]
pub struct Process {
    /// Where it stands.
    pub id: ProcessId,
    /// Its pid on the host.
    pub pid: i64,
    /// Its pid in its own pid namespace.
    pub vpid: i64,
    /// The process that started it, if known. No line of parents leads back into itself.
    pub parent: Option<ProcessId>,
    /// Pid of that one.
    pub ppid: i64,
    /// When it was started; `None` if it ran before the trace began, or its start was lost.
    pub start: Option<Moment>,
    /// The first event that it did or that tells of it.
    pub first: Moment,
    /// The last one.
    pub last: Moment,
    /// Its end; `None` if it still ran when the trace ended.
    pub end: Option<Ending>,
    /// The programs it ran, in order; never empty. The first is its parent's until it executes one of its own.
    pub images: Vec<Image>,
    /// Its user at first sight, and each change of it: when, id, name (empty where the trace does not know it).
    pub users: Vec<(Moment, u32, Bytes)>,
    /// User of the login that it descends from; `u32::MAX` for none.
    pub loginuid: u32,
    /// Position in [`Account::containers`]; `None` on the host.
    pub container: Option<u32>,
    /// Terminal, as its device number; 0 for none.
    pub tty: u32,
    /// Most threads seen at once.
    pub threads: u32,
    /// Events it did.
    pub events: u64,
    /// Alerts about it: positions in [`Account::alerts`].
    pub alerts: Vec<u32>,
}

/// What one process did with one path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileUse {
    /// Who.
    pub process: ProcessId,
    /// The path, resolved (`fs.path.name` or `fd.name`).
    pub path: Bytes,
    /// Where it came from, for a file that was renamed or linked to `path`.
    pub from: Option<Bytes>,
    /// First use.
    pub first: Moment,
    /// Last use.
    pub last: Moment,
    /// Times it was opened with success.
    pub opens: u64,
    /// Times opening or another act on it failed.
    pub failures: u64,
    /// Whether it was opened for reading.
    pub read: bool,
    /// Whether it was opened for writing, or truncated.
    pub written: bool,
    /// Whether opening it created it, as far as the trace tells.
    pub created: bool,
    /// Whether it was run as a program.
    pub executed: bool,
    /// Whether it was removed.
    pub deleted: bool,
    /// Whether it is the target of a rename or link.
    pub moved: bool,
    /// Whether its mode, owner or attributes were changed.
    pub changed: bool,
    /// Bytes read from it.
    pub bytes_read: u64,
    /// Bytes written to it.
    pub bytes_written: u64,
}

/// Which side began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// The process listens.
    Listening,
    /// The process was connected to.
    Incoming,
    /// The process connected.
    Outgoing,
    /// Datagrams, or a connection from before the trace: nobody knows.
    Unknown,
}

/// One socket of one process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// Who.
    pub process: ProcessId,
    /// Which side began.
    pub direction: Direction,
    /// Kind of the socket.
    pub ty: FdType,
    /// Transport.
    pub proto: L4Proto,
    /// This side.
    pub local: Option<Endpoint>,
    /// The other side.
    pub remote: Option<Endpoint>,
    /// Path of a unix socket; empty for others.
    pub path: Bytes,
    /// First use.
    pub first: Moment,
    /// Last use.
    pub last: Moment,
    /// Error number that connecting, binding or accepting ended with; 0 for success or still under way.
    pub error: i64,
    /// Bytes received.
    pub bytes_in: u64,
    /// Bytes sent.
    pub bytes_out: u64,
}

/// Sorts of significant acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ActKind {
    /// A program was executed.
    Executed,
    /// A program was executed that lies where programs do not belong (temporary folders, memory), or was made in the trace.
    ExecutedFresh,
    /// A file in a system folder (`/etc`, `/usr`, `/bin`, `/root/.ssh`, …) was opened for writing.
    WroteSystemFile,
    /// A file with secrets (`/etc/shadow`, keys, tokens) was opened.
    ReadSecret,
    /// A file was removed from a system or log folder.
    Deleted,
    /// A file was renamed or linked in a system folder.
    Moved,
    /// A mode, owner or attribute was changed in a notable way (set-user-ID, executable, system folder).
    ChangedFile,
    /// A socket began to listen.
    Listened,
    /// A connection was opened to another machine.
    Connected,
    /// A connection came in.
    Accepted,
    /// The user or group changed.
    ChangedUser,
    /// Another process was traced, read or written (`ptrace`, `process_vm_*`).
    Traced,
    /// A signal was sent to a process of another parent.
    Signalled,
    /// A kernel module or eBPF program was loaded.
    LoadedIntoKernel,
    /// A filesystem was mounted or unmounted.
    Mounted,
    /// A namespace was entered or made.
    ChangedNamespace,
    /// A container began.
    ContainerStarted,
    /// The recorder lost events.
    Dropped,
}

impl ActKind {
    /// All sorts.
    pub const ALL: [Self; 18] = [
        Self::Executed,
        Self::ExecutedFresh,
        Self::WroteSystemFile,
        Self::ReadSecret,
        Self::Deleted,
        Self::Moved,
        Self::ChangedFile,
        Self::Listened,
        Self::Connected,
        Self::Accepted,
        Self::ChangedUser,
        Self::Traced,
        Self::Signalled,
        Self::LoadedIntoKernel,
        Self::Mounted,
        Self::ChangedNamespace,
        Self::ContainerStarted,
        Self::Dropped,
    ];

    /// As a word for machines, such as `wrote-system-file`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Executed => "executed",
            Self::ExecutedFresh => "executed-fresh",
            Self::WroteSystemFile => "wrote-system-file",
            Self::ReadSecret => "read-secret",
            Self::Deleted => "deleted",
            Self::Moved => "moved",
            Self::ChangedFile => "changed-file",
            Self::Listened => "listened",
            Self::Connected => "connected",
            Self::Accepted => "accepted",
            Self::ChangedUser => "changed-user",
            Self::Traced => "traced",
            Self::Signalled => "signalled",
            Self::LoadedIntoKernel => "loaded-into-kernel",
            Self::Mounted => "mounted",
            Self::ChangedNamespace => "changed-namespace",
            Self::ContainerStarted => "container-started",
            Self::Dropped => "dropped",
        }
    }

    /// Whether it is so ordinary that there may be very many.
    #[must_use]
    pub const fn is_common(self) -> bool {
        matches!(self, Self::Executed | Self::Connected | Self::Accepted | Self::Signalled)
    }

    /// Whether it is worth a look even far from any alert.
    #[must_use]
    pub const fn is_grave(self) -> bool {
        matches!(
            self,
            Self::ExecutedFresh
                | Self::WroteSystemFile
                | Self::ReadSecret
                | Self::Deleted
                | Self::Traced
                | Self::LoadedIntoKernel
                | Self::ContainerStarted
                | Self::Dropped
        )
    }
}

/// Something an analyst would want to see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// When.
    pub at: Moment,
    /// Who; `None` if the trace does not know the process.
    pub process: Option<ProcessId>,
    /// What sort of act.
    pub kind: ActKind,
    /// To what or whom: a path, command line, address, user; in words where the kind needs them.
    pub object: Bytes,
    /// Error number of an attempt that failed; 0 for success.
    pub error: i64,
}

/// An alert and who caused it.
#[derive(Debug, Clone)]
pub struct AlertMark {
    /// The alert.
    pub alert: Alert,
    /// Who; `None` if the trace does not know the process.
    pub process: Option<ProcessId>,
}

/// What an account has not, because there was too much.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LeftOut {
    /// Processes.
    pub processes: u64,
    /// Uses of files.
    pub files: u64,
    /// Connections.
    pub connections: u64,
    /// Acts.
    pub acts: u64,
    /// Alerts.
    pub alerts: u64,
    /// Programs and users of processes that had too many of them.
    pub images: u64,
}

impl LeftOut {
    /// Whether anything was too much.
    #[must_use]
    pub const fn is_some(&self) -> bool {
        self.processes | self.files | self.connections | self.acts | self.alerts | self.images != 0
    }
}
