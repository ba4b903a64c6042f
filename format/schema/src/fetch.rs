//! How a recorder comes by each parameter of an event: one [`Fetch`] per parameter.
//!
//! The rows ([`fetch`], in `fetch_rows.rs`) say *what* to take from a system call at its exit: which
//! argument, what it points to, how a kernel value becomes the schema's. They do not say by which means
//! (eBPF, ptrace); every backend interprets the same rows and so gives the same events.
//!
//! Arguments are counted from 0. Facts from the system calls' man pages and from what libscap's modern
//! probe stores in each parameter.

use crate::fetch_rows::ROWS;

/// How to come by the parameters of exit event `code`, one entry per parameter; `None` for an event no
/// recorder makes.
#[must_use]
pub fn fetch(code: u16) -> Option<&'static [Fetch]> {
    ROWS.iter().find(|row| row.0 == code).map(|row| row.1)
}

/// All rows: event code, and a [`Fetch`] per parameter.
#[must_use]
pub fn fetches() -> &'static [(u16, &'static [Fetch])] {
    ROWS
}

/// Where a number comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From {
    /// The call's return value; failures are `-errno`.
    Ret,
    /// An argument.
    Arg(u8),
    /// Memory: `width` bytes, little-endian, at argument `arg` plus `at`.
    Mem {
        /// Which argument points there.
        arg: u8,
        /// Offset in bytes.
        at: u16,
        /// 2, 4 or 8.
        width: u8,
    },
    /// Always this.
    Const(i64),
}

/// Under which outcome of the call something is there to be fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum When {
    /// Whatever the call returned.
    Always,
    /// It returned 0 or more.
    Done,
    /// It returned 0.
    Zero,
    /// It returned 1 or more.
    Positive,
    /// It returned 0, or has begun to connect (`EINPROGRESS`).
    Connected,
}

/// How a kernel number becomes the parameter's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Convert {
    /// As it is, cut to the parameter's width.
    Full,
    /// Its low 32 bits, as a signed number.
    Int,
    /// Its low 32 bits, as an unsigned number.
    Word,
    /// A dirfd: as [`Convert::Int`]. `AT_FDCWD` is -100 in the kernel and in the schema.
    DirFd,
    /// Flags whose bits have the same names in the schema's set of the parameter.
    Flags(Kernel),
    /// One value out of a list, by its name in the schema's set of the parameter.
    Choice(Kernel),
    /// Permission bits.
    Permissions,
    /// Permission bits and file type, as given to `mknod`.
    FileMode,
    /// Socket family; those the schema does not name become 0.
    Family,
    /// Close-on-exec and non-blocking bits of a socket type or of flags, as file flags.
    SocketFlags,
    /// `futex` operation with its two modifiers.
    Futex,
    /// Mount flags without the old magic number in their upper half.
    Mount,
    /// Access mode; 0 is `F_OK`.
    Access,
    /// Kind of quota in a `quotactl` command.
    QuotaType,
    /// Command in a `quotactl` command.
    QuotaCommand,
}

/// Which kernel header's constants a number is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kernel {
    /// `O_*`.
    Open,
    /// `RESOLVE_*`.
    Resolve,
    /// `CLONE_*`.
    Clone,
    /// `PROT_*`.
    Prot,
    /// `MAP_*`.
    Map,
    /// `AT_*`.
    At,
    /// `MNT_*` and `UMOUNT_*`.
    Umount,
    /// `F_*` commands.
    Fcntl,
    /// `PTRACE_*` requests.
    Ptrace,
    /// `LOCK_*`.
    Flock,
    /// `SPLICE_F_*`.
    Splice,
    /// `MFD_*`.
    Memfd,
    /// `EPOLL_*`.
    Epoll,
    /// `PIDFD_*`.
    Pidfd,
    /// `MCL_*`.
    Mlockall,
    /// `MLOCK_*`.
    Mlock,
    /// `O_*` of `delete_module`.
    DeleteModule,
    /// `MODULE_INIT_*`.
    FinitModule,
    /// `CLOSE_RANGE_*`.
    CloseRange,
    /// `IPC_*` of `semget`.
    Semget,
    /// Commands of `semctl`.
    Semctl,
    /// `IORING_SETUP_*`.
    UringSetup,
    /// `IORING_FEAT_*`.
    UringFeatures,
    /// `IORING_ENTER_*`.
    UringEnter,
    /// `SOL_*`.
    SockLevel,
    /// `SHUT_*`.
    Shutdown,
    /// `RLIMIT_*`.
    Rlimit,
    /// `SEEK_*`.
    Seek,
}

/// How long a data buffer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    /// As long as the return value.
    Ret,
    /// As long as the return value, or where that is not positive, as this argument says.
    RetOr(u8),
    /// As long as this argument says.
    Arg(u8),
}

/// How much of a buffer is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// The recording's snaplen.
    Snaplen,
    /// This many bytes.
    AtMost(u16),
}

/// Does something only if an argument has one of some values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Only {
    /// Which argument.
    pub arg: u8,
    /// Its values, each below 64, after `shift`.
    pub values: &'static [u8],
    /// How far it is shifted right first.
    pub shift: u8,
}

/// Which way data flows through a socket: decides which end is the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// To the recorded process: the remote end is the source.
    In,
    /// From the recorded process: the local end is the source.
    Out,
}

/// Part of an `iovec` array.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VectorPart {
    /// The data.
    Data,
    /// Sum of the entries' lengths.
    Asked,
}

/// Part of a `msghdr`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessagePart {
    /// The data.
    Data,
    /// Sum of its entries' lengths.
    Asked,
    /// Control data.
    Control,
    /// Source and destination.
    Tuple(Direction),
    /// How many bytes were sent or received (`sendmmsg`, `recvmmsg`).
    Length,
}

/// Part of the queue of a listening socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it all")]
pub enum QueuePart {
    Percent,
    Len,
    Max,
}

/// Size of an address space, in KiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it all")]
pub enum MemoryPart {
    Size,
    Resident,
    Swapped,
}

/// What is known of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "named after the parameters")]
pub enum TaskPart {
    Exe,
    Args,
    Env,
    Tid,
    Pid,
    ParentTid,
    FdLimit,
    MajorFaults,
    MinorFaults,
    Memory(MemoryPart),
    Comm,
    Cgroups,
    Tty,
    Pgid,
    PgidInside,
    TidInside,
    PidInside,
    LoginUid,
    Uid,
    Gid,
    ExeFlags,
    Capability(u8),
    ExeInode,
    ExeChanged,
    ExeModified,
    ExePath,
    Filename,
    /// Start of the first process of the child's pid namespace (ns since boot), 0 in the parent.
    PidNsStart,
}

/// Part of a `quotactl` answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "named after the fields of struct if_dqblk and if_dqinfo")]
pub enum QuotaPart {
    BlockHard,
    BlockSoft,
    Space,
    InodeHard,
    InodeSoft,
    BlockTime,
    InodeTime,
    BlockGrace,
    InodeGrace,
    Flags,
    FormatOut,
    Id,
    Format,
}

/// How to come by one parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fetch {
    /// Nobody fetches it: empty.
    Empty,
    /// A number; `otherwise` if `when` does not hold or memory is unreadable.
    Number {
        /// Where it comes from.
        from: From,
        /// What becomes of it.
        to: Convert,
        /// When it is there.
        when: When,
        /// Its value where it is not.
        otherwise: i64,
    },
    /// Open flags, with what the file that was opened adds: created, overlay layer.
    OpenFlags(From),
    /// Permissions given to an open, which count only where its flags make a file.
    OpenMode {
        /// The open flags.
        flags: From,
        /// The permissions.
        mode: From,
    },
    /// Overlay layer of the file that was created.
    CreatFlags,
    /// Device of the file the call opened.
    FileDev,
    /// Inode of the file the call opened.
    FileInode,
    /// Path of the file the call opened.
    FilePath,
    /// NUL-terminated string.
    Text {
        /// Argument that points to it.
        at: u8,
        /// When it is there.
        when: When,
        /// On which argument value it depends.
        only: Option<Only>,
    },
    /// Bytes.
    Data {
        /// Argument that points to them.
        at: u8,
        /// How many there are.
        len: Length,
        /// How many are kept.
        keep: Keep,
        /// When they are there.
        when: When,
        /// On which argument value it depends.
        only: Option<Only>,
    },
    /// Part of an `iovec` array.
    Vector {
        /// Argument that points to it.
        at: u8,
        /// Argument that counts its entries.
        count: u8,
        /// Which part.
        part: VectorPart,
        /// When it is there.
        when: When,
    },
    /// Part of a `msghdr`.
    Message {
        /// Argument that points to it.
        at: u8,
        /// Which part.
        part: MessagePart,
        /// When it is there.
        when: When,
    },
    /// Part of one of the messages of `sendmmsg` or `recvmmsg`: the call gives one event per message.
    EachMessage(MessagePart),
    /// Socket address.
    Address {
        /// Argument that points to it.
        at: u8,
        /// Argument that holds its length.
        len: u8,
    },
    /// Both ends of a socket.
    Tuple {
        /// The socket.
        fd: From,
        /// Which end comes first.
        direction: Direction,
        /// Argument that points to an address for this one call.
        given: Option<u8>,
        /// When it is there.
        when: When,
    },
    /// Queue of the listening socket in argument 0.
    Queue(QueuePart),
    /// Address space of the caller.
    Memory(MemoryPart),
    /// Capability set of the caller after the call: 0 inheritable, 1 permitted, 2 effective.
    Capability(u8),
    /// One (0 or 1) of the two fds that the call wrote to where this argument points; -1 if unreadable.
    PairFd {
        /// Argument that points to them.
        at: u8,
        /// Which.
        which: u8,
        /// Whether they are sockets.
        sockets: bool,
    },
    /// Kernel's address of the socket behind the first (0) or second (1) of them.
    PairSocket {
        /// Argument that points to them.
        at: u8,
        /// Which.
        which: u8,
    },
    /// Inode of the pipe behind them.
    PairInode {
        /// Argument that points to them.
        at: u8,
    },
    /// Polled fds with the events that came.
    Polled {
        /// Argument that points to the `pollfd` array.
        at: u8,
        /// Argument that counts its entries.
        count: u8,
    },
    /// A `timespec`, as ns.
    Time {
        /// Argument that points to it.
        at: u8,
    },
    /// Name of a socket option: level in argument 1, name in argument 2.
    SockOptName,
    /// Value of that option, at argument 3; its length is argument 4, or behind it.
    SockOptValue {
        /// Whether argument 4 points to the length.
        len_behind: bool,
    },
    /// Address argument of `ptrace`.
    PtraceAddr,
    /// Data argument of `ptrace`.
    PtraceData,
    /// Argument of `keyctl` (1 to 4); whether it is a number or a string depends on the operation.
    Keyctl(u8),
    /// Value given to `semctl`, which counts only for `SETVAL`.
    SemctlValue,
    /// Field (0 number, 1 operation, 2 flags) of the first or second `sembuf` of a `semop` that worked.
    Semop {
        /// 0 or 1.
        which: u8,
        /// Which field.
        field: u8,
    },
    /// What `quotactl` was told or told.
    Quota(QuotaPart),
    /// String argument of `prctl`.
    PrctlText,
    /// Number argument of `prctl`.
    PrctlNumber,
    /// What is known of the task.
    Task(TaskPart),
    /// `CLONE_*` flags, and whether the child is in a pid namespace of its own.
    CloneFlags(From),
    /// Status of an ended thread.
    ExitStatus,
    /// Exit code in that status.
    ExitCode,
    /// Signal in that status.
    ExitSignal,
    /// Whether it dumped core.
    ExitCore,
    /// Who takes over its children.
    Reaper,
    /// Who sent a signal.
    SignalSender,
    /// Who got it.
    SignalReceiver,
    /// Which.
    Signal,
    /// `ppm_sc` code of the call.
    SyscallId,
    /// The call's number on the recorded machine.
    NativeId,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{code, event, syscalls};

    #[test]
    fn every_row_has_a_fetch_for_each_parameter() {
        for (code, fetches) in super::fetches() {
            let info = event(*code).unwrap();
            assert_eq!(fetches.len(), info.params.len(), "{}", info.id);
        }
    }

    #[test]
    fn every_event_of_a_system_call_has_a_row() {
        for call in syscalls() {
            assert!(fetch(call.exit).is_some(), "{} ({})", call.name, event(call.exit).unwrap().id);
        }
        assert!(fetch(code::PROCEXIT_1_E).is_some() && fetch(code::SIGNALDELIVER_E).is_some());
    }

    #[test]
    fn no_event_has_two_rows() {
        let mut codes: Vec<_> = super::fetches().iter().map(|row| row.0).collect();
        codes.sort_unstable();
        let before = codes.len();
        codes.dedup();
        assert_eq!(codes.len(), before);
    }
}
