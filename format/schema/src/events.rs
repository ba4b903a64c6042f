//! Every event type there is: code, name, origin, category, flags, parameters.
//!
//! One row is one type. Codes are libscap's wire numbers; even codes are enter events, odd ones exit
//! events. Rows named `NA` fill a pair of which only one side exists.

use crate::{
    Category, EventFlags, FlagSet, Origin, ParamDetail, ParamInfo, ParamType, PrintFormat, flags, param,
};

/// One event type.
#[derive(Debug, Clone, Copy)]
pub struct EventInfo {
    /// Wire code.
    pub code: u16,
    /// libscap's identifier without the `PPME_` prefix, e.g. `SYSCALL_OPENAT_2_X`.
    pub id: &'static str,
    /// Name as in `evt.type`.
    pub name: &'static str,
    /// Where it comes from.
    pub origin: Origin,
    /// What it is about.
    pub category: Category,
    /// What it does.
    pub flags: EventFlags,
    /// Its parameters, in wire order.
    pub params: &'static [ParamInfo],
}

impl EventInfo {
    /// Whether this is an enter event (even code).
    #[must_use]
    pub const fn is_enter(&self) -> bool {
        self.code.is_multiple_of(2)
    }

    /// Index of the parameter called `name`.
    #[must_use]
    pub fn param_index(&self, name: &str) -> Option<usize> {
        self.params.iter().position(|p| p.name == name)
    }
}

/// The row of event code `code`, or `None` where libscap has no such code.
#[must_use]
#[inline]
pub fn event(code: u16) -> Option<&'static EventInfo> {
    EVENTS.get(usize::from(code))
}

/// All rows, by code.
#[must_use]
pub const fn events() -> &'static [EventInfo] {
    &EVENTS
}

macro_rules! origin {
    (NONE) => {
        Origin::None
    };
    (SYSCALL) => {
        Origin::Syscall
    };
    (TRACEPOINT) => {
        Origin::Tracepoint
    };
    (PLUGIN) => {
        Origin::Plugin
    };
    (META) => {
        Origin::Meta
    };
    (ITER) => {
        Origin::Iter
    };
}

macro_rules! category {
    (UNKNOWN) => {
        Category::Unknown
    };
    (OTHER) => {
        Category::Other
    };
    (FILE) => {
        Category::File
    };
    (NET) => {
        Category::Net
    };
    (IPC) => {
        Category::Ipc
    };
    (MEMORY) => {
        Category::Memory
    };
    (PROCESS) => {
        Category::Process
    };
    (SLEEP) => {
        Category::Sleep
    };
    (SYSTEM) => {
        Category::System
    };
    (SIGNAL) => {
        Category::Signal
    };
    (USER) => {
        Category::User
    };
    (TIME) => {
        Category::Time
    };
    (PROCESSING) => {
        Category::Processing
    };
    (IO_READ) => {
        Category::IoRead
    };
    (IO_WRITE) => {
        Category::IoWrite
    };
    (IO_OTHER) => {
        Category::IoOther
    };
    (WAIT) => {
        Category::Wait
    };
    (SCHEDULER) => {
        Category::Scheduler
    };
    (INTERNAL) => {
        Category::Internal
    };
}

macro_rules! detail {
    () => {
        ParamDetail::None
    };
    (in $set:ident) => {
        ParamDetail::Flags({
            const SET: &FlagSet = &flags::$set;
            SET
        })
    };
    (dirfd $n:literal) => {
        ParamDetail::DirFd($n)
    };
    (dyn $set:ident) => {
        ParamDetail::Variants(param::$set)
    };
}

macro_rules! event_table {
    ($($code:literal $id:ident $name:literal $origin:ident $cat:ident [$($flag:ident)*]
       [$($pname:literal : $pty:ident $pfmt:ident $(/ $kind:tt $detail:tt)?),*];)*) => {
        /// Event codes by libscap's identifiers.
        #[allow(missing_docs, reason = "each constant is the code of the row of the same name")]
        pub mod code {
            $(pub const $id: u16 = $code;)*
        }

        static EVENTS: [EventInfo; EVENT_COUNT] = [$(EventInfo {
            code: $code,
            id: stringify!($id),
            name: $name,
            origin: origin!($origin),
            category: category!($cat),
            flags: EventFlags(0)$(.or(EventFlags::$flag))*,
            params: &[$(ParamInfo {
                name: $pname,
                ty: ParamType::$pty,
                fmt: PrintFormat::$pfmt,
                detail: detail!($($kind $detail)?),
            }),*],
        }),*];
    };
}

/// Number of event codes: 0 to `EVENT_COUNT - 1`.
pub const EVENT_COUNT: usize = 454;

#[rustfmt::skip]
event_table! {
    0   GENERIC_E                          "syscall"                SYSCALL    OTHER      [OLD CONVERTED] ["ID": SyscallId Dec, "nativeID": Uint16 Dec];
    1   GENERIC_X                          "syscall"                SYSCALL    OTHER      [CONVERTED] ["ID": SyscallId Dec, "nativeID": Uint16 Dec];
    2   SYSCALL_OPEN_E                     "open"                   SYSCALL    FILE       [CREATES_FD STATE CONVERTED] ["name": FsPath Na, "flags": Flags32 Hex / in FILE_FLAGS, "mode": Uint32 Oct];
    3   SYSCALL_OPEN_X                     "open"                   SYSCALL    FILE       [CREATES_FD STATE CONVERTED] ["fd": Fd Dec, "name": FsPath Na, "flags": Flags32 Hex / in FILE_FLAGS, "mode": Uint32 Oct, "dev": Uint32 Hex, "ino": Uint64 Dec];
    4   SYSCALL_CLOSE_E                    "close"                  SYSCALL    IO_OTHER   [DESTROYS_FD USES_FD STATE OLD CONVERTED] ["fd": Fd Dec];
    5   SYSCALL_CLOSE_X                    "close"                  SYSCALL    IO_OTHER   [DESTROYS_FD USES_FD STATE CONVERTED] ["res": Errno Dec, "fd": Fd Dec];
    6   SYSCALL_READ_E                     "read"                   SYSCALL    IO_READ    [USES_FD READS_FD OLD CONVERTED] ["fd": Fd Dec, "size": Uint32 Dec];
    7   SYSCALL_READ_X                     "read"                   SYSCALL    IO_READ    [USES_FD READS_FD CONVERTED] ["res": Errno Dec, "data": ByteBuf Na, "fd": Fd Dec, "size": Uint32 Dec];
    8   SYSCALL_WRITE_E                    "write"                  SYSCALL    IO_WRITE   [USES_FD WRITES_FD OLD CONVERTED] ["fd": Fd Dec, "size": Uint32 Dec];
    9   SYSCALL_WRITE_X                    "write"                  SYSCALL    IO_WRITE   [USES_FD WRITES_FD CONVERTED] ["res": Errno Dec, "data": ByteBuf Na, "fd": Fd Dec, "size": Uint32 Dec];
    10  SYSCALL_BRK_1_E                    "brk"                    SYSCALL    MEMORY     [OLD CONVERTED] ["size": Uint32 Dec];
    11  SYSCALL_BRK_1_X                    "brk"                    SYSCALL    MEMORY     [OLD CONVERTED] ["res": Uint64 Hex];
    12  SYSCALL_EXECVE_8_E                 "execve"                 SYSCALL    PROCESS    [STATE OLD CONVERTED] [];
    13  SYSCALL_EXECVE_8_X                 "execve"                 SYSCALL    PROCESS    [STATE OLD CONVERTED] ["res": Errno Dec, "exe": CharBuf Na, "args": ByteBuf Na, "tid": Pid Dec, "pid": Pid Dec, "ptid": Pid Dec, "cwd": CharBuf Na, "fdlimit": Uint64 Dec];
    14  SYSCALL_CLONE_11_E                 "clone"                  SYSCALL    PROCESS    [STATE OLD] [];
    15  SYSCALL_CLONE_11_X                 "clone"                  SYSCALL    PROCESS    [STATE OLD CONVERTED] ["res": Pid Dec, "exe": CharBuf Na, "args": ByteBuf Na, "tid": Pid Dec, "pid": Pid Dec, "ptid": Pid Dec, "cwd": CharBuf Na, "fdlimit": Int64 Dec, "flags": Flags32 Hex / in CLONE_FLAGS, "uid": Uint32 Dec, "gid": Uint32 Dec];
    16  PROCEXIT_E                         "procexit"               TRACEPOINT PROCESS    [STATE OLD CONVERTED] [];
    17  PROCEXIT_X                         "NA"                     NONE       UNKNOWN    [UNUSED] [];
    18  SOCKET_SOCKET_E                    "socket"                 SYSCALL    NET        [CREATES_FD STATE OLD CONVERTED] ["domain": EnumFlags32 Dec / in SOCKET_FAMILIES, "type": Uint32 Dec, "proto": Uint32 Dec];
    19  SOCKET_SOCKET_X                    "socket"                 SYSCALL    NET        [CREATES_FD STATE CONVERTED] ["fd": Fd Dec, "domain": EnumFlags32 Dec / in SOCKET_FAMILIES, "type": Uint32 Dec, "proto": Uint32 Dec, "flags": Flags32 Hex / in FILE_FLAGS];
    20  SOCKET_BIND_E                      "bind"                   SYSCALL    NET        [USES_FD STATE OLD CONVERTED] ["fd": Fd Dec];
    21  SOCKET_BIND_X                      "bind"                   SYSCALL    NET        [USES_FD STATE CONVERTED] ["res": Errno Dec, "addr": SockAddr Na, "fd": Fd Dec];
    22  SOCKET_CONNECT_E                   "connect"                SYSCALL    NET        [USES_FD STATE CONVERTED] ["fd": Fd Dec, "addr": SockAddr Na];
    23  SOCKET_CONNECT_X                   "connect"                SYSCALL    NET        [USES_FD STATE CONVERTED] ["res": Errno Dec, "tuple": SockTuple Na, "fd": Fd Dec, "addr": SockAddr Na];
    24  SOCKET_LISTEN_E                    "listen"                 SYSCALL    NET        [USES_FD OLD CONVERTED] ["fd": Fd Dec, "backlog": Int32 Dec];
    25  SOCKET_LISTEN_X                    "listen"                 SYSCALL    NET        [USES_FD CONVERTED] ["res": Errno Dec, "fd": Fd Dec, "backlog": Int32 Dec];
    26  SOCKET_ACCEPT_E                    "accept"                 SYSCALL    NET        [CREATES_FD STATE OLD] [];
    27  SOCKET_ACCEPT_X                    "accept"                 SYSCALL    NET        [CREATES_FD STATE OLD CONVERTED] ["fd": Fd Dec, "tuple": SockTuple Na, "queuepct": Uint8 Dec];
    28  SOCKET_SEND_E                      "send"                   SYSCALL    IO_WRITE   [USES_FD WRITES_FD OLD CONVERTED] ["fd": Fd Dec, "size": Uint32 Dec];
    29  SOCKET_SEND_X                      "send"                   SYSCALL    IO_WRITE   [USES_FD WRITES_FD CONVERTED] ["res": Errno Dec, "data": ByteBuf Na, "fd": Fd Dec, "size": Uint32 Dec, "tuple": SockTuple Na];
    30  SOCKET_SENDTO_E                    "sendto"                 SYSCALL    IO_WRITE   [USES_FD WRITES_FD STATE OLD CONVERTED] ["fd": Fd Dec, "size": Uint32 Dec, "tuple": SockTuple Na];
    31  SOCKET_SENDTO_X                    "sendto"                 SYSCALL    IO_WRITE   [USES_FD WRITES_FD STATE CONVERTED] ["res": Errno Dec, "data": ByteBuf Na, "fd": Fd Dec, "size": Uint32 Dec, "tuple": SockTuple Na];
    32  SOCKET_RECV_E                      "recv"                   SYSCALL    IO_READ    [USES_FD READS_FD OLD CONVERTED] ["fd": Fd Dec, "size": Uint32 Dec];
    33  SOCKET_RECV_X                      "recv"                   SYSCALL    IO_READ    [USES_FD READS_FD CONVERTED] ["res": Errno Dec, "data": ByteBuf Na, "fd": Fd Dec, "size": Uint32 Dec, "tuple": SockTuple Na];
    34  SOCKET_RECVFROM_E                  "recvfrom"               SYSCALL    IO_READ    [USES_FD READS_FD STATE OLD CONVERTED] ["fd": Fd Dec, "size": Uint32 Dec];
    35  SOCKET_RECVFROM_X                  "recvfrom"               SYSCALL    IO_READ    [USES_FD READS_FD STATE CONVERTED] ["res": Errno Dec, "data": ByteBuf Na, "tuple": SockTuple Na, "fd": Fd Dec, "size": Uint32 Dec];
    36  SOCKET_SHUTDOWN_E                  "shutdown"               SYSCALL    NET        [USES_FD STATE OLD CONVERTED] ["fd": Fd Dec, "how": EnumFlags8 Hex / in SHUTDOWN_HOW];
    37  SOCKET_SHUTDOWN_X                  "shutdown"               SYSCALL    NET        [USES_FD STATE CONVERTED] ["res": Errno Dec, "fd": Fd Dec, "how": EnumFlags8 Hex / in SHUTDOWN_HOW];
    38  SOCKET_GETSOCKNAME_E               "getsockname"            SYSCALL    NET        [OLD] [];
    39  SOCKET_GETSOCKNAME_X               "getsockname"            SYSCALL    NET        [] [];
    40  SOCKET_GETPEERNAME_E               "getpeername"            SYSCALL    NET        [OLD] [];
    41  SOCKET_GETPEERNAME_X               "getpeername"            SYSCALL    NET        [] [];
    42  SOCKET_SOCKETPAIR_E                "socketpair"             SYSCALL    IPC        [CREATES_FD STATE OLD CONVERTED] ["domain": EnumFlags32 Dec / in SOCKET_FAMILIES, "type": Uint32 Dec, "proto": Uint32 Dec];
    43  SOCKET_SOCKETPAIR_X                "socketpair"             SYSCALL    IPC        [CREATES_FD STATE CONVERTED] ["res": Errno Dec, "fd1": Fd Dec, "fd2": Fd Dec, "source": Uint64 Hex, "peer": Uint64 Hex, "domain": EnumFlags32 Dec / in SOCKET_FAMILIES, "type": Uint32 Dec, "proto": Uint32 Dec];
    44  SOCKET_SETSOCKOPT_E                "setsockopt"             SYSCALL    NET        [OLD] [];
    45  SOCKET_SETSOCKOPT_X                "setsockopt"             SYSCALL    NET        [USES_FD] ["res": Errno Dec, "fd": Fd Dec, "level": EnumFlags8 Dec / in SOCKOPT_LEVELS, "optname": EnumFlags8 Dec / in SOCKOPT_OPTIONS, "val": Dyn Dec / dyn SOCKOPT, "optlen": Uint32 Dec];
    46  SOCKET_GETSOCKOPT_E                "getsockopt"             SYSCALL    NET        [STATE OLD] [];
    47  SOCKET_GETSOCKOPT_X                "getsockopt"             SYSCALL    NET        [USES_FD STATE] ["res": Errno Dec, "fd": Fd Dec, "level": EnumFlags8 Dec / in SOCKOPT_LEVELS, "optname": EnumFlags8 Dec / in SOCKOPT_OPTIONS, "val": Dyn Dec / dyn SOCKOPT, "optlen": Uint32 Dec];
    48  SOCKET_SENDMSG_E                   "sendmsg"                SYSCALL    IO_WRITE   [USES_FD WRITES_FD STATE OLD CONVERTED] ["fd": Fd Dec, "size": Uint32 Dec, "tuple": SockTuple Na];
    49  SOCKET_SENDMSG_X                   "sendmsg"                SYSCALL    IO_WRITE   [USES_FD WRITES_FD STATE CONVERTED] ["res": Errno Dec, "data": ByteBuf Na, "fd": Fd Dec, "size": Uint32 Dec, "tuple": SockTuple Na];
    50  SOCKET_SENDMMSG_E                  "sendmmsg"               SYSCALL    IO_WRITE   [OLD] [];
    51  SOCKET_SENDMMSG_X                  "sendmmsg"               SYSCALL    IO_WRITE   [USES_FD WRITES_FD STATE CONVERTED] ["res": Errno Dec, "fd": Fd Dec, "size": Uint32 Dec, "data": ByteBuf Na, "tuple": SockTuple Na];
    52  SOCKET_RECVMSG_E                   "recvmsg"                SYSCALL    IO_READ    [USES_FD READS_FD STATE OLD CONVERTED] ["fd": Fd Dec];
    53  SOCKET_RECVMSG_X                   "recvmsg"                SYSCALL    IO_READ    [USES_FD READS_FD STATE CONVERTED] ["res": Errno Dec, "size": Uint32 Dec, "data": ByteBuf Na, "tuple": SockTuple Na, "msgcontrol": ByteBuf Na, "fd": Fd Dec];
    54  SOCKET_RECVMMSG_E                  "recvmmsg"               SYSCALL    IO_READ    [OLD] [];
    55  SOCKET_RECVMMSG_X                  "recvmmsg"               SYSCALL    IO_READ    [USES_FD READS_FD STATE CONVERTED] ["res": Errno Dec, "fd": Fd Dec, "size": Uint32 Dec, "data": ByteBuf Na, "tuple": SockTuple Na, "msgcontrol": ByteBuf Na];
    56  SOCKET_ACCEPT4_E                   "accept"                 SYSCALL    NET        [CREATES_FD STATE OLD CONVERTED] ["flags": Int32 Hex];
    57  SOCKET_ACCEPT4_X                   "accept"                 SYSCALL    NET        [CREATES_FD STATE OLD CONVERTED] ["fd": Fd Dec, "tuple": SockTuple Na, "queuepct": Uint8 Dec];
    58  SYSCALL_CREAT_E                    "creat"                  SYSCALL    FILE       [CREATES_FD STATE CONVERTED] ["name": FsPath Na, "mode": Uint32 Oct];
    59  SYSCALL_CREAT_X                    "creat"                  SYSCALL    FILE       [CREATES_FD STATE CONVERTED] ["fd": Fd Dec, "name": FsPath Na, "mode": Uint32 Oct, "dev": Uint32 Hex, "ino": Uint64 Dec, "creat_flags": Flags16 Hex / in CREAT_FLAGS];
    60  SYSCALL_PIPE_E                     "pipe"                   SYSCALL    IPC        [CREATES_FD STATE OLD] [];
    61  SYSCALL_PIPE_X                     "pipe"                   SYSCALL    IPC        [CREATES_FD STATE] ["res": Errno Dec, "fd1": Fd Dec, "fd2": Fd Dec, "ino": Uint64 Dec];
    62  SYSCALL_EVENTFD_E                  "eventfd"                SYSCALL    IPC        [CREATES_FD STATE OLD CONVERTED] ["initval": Uint64 Dec, "flags": Uint32 Hex];
    63  SYSCALL_EVENTFD_X                  "eventfd"                SYSCALL    IPC        [CREATES_FD STATE CONVERTED] ["res": Fd Dec, "initval": Uint64 Dec, "flags": Uint32 Hex];
    64  SYSCALL_FUTEX_E                    "futex"                  SYSCALL    IPC        [OLD CONVERTED] ["addr": Uint64 Hex, "op": Flags16 Hex / in FUTEX_OPERATIONS, "val": Uint64 Dec];
    65  SYSCALL_FUTEX_X                    "futex"                  SYSCALL    IPC        [CONVERTED] ["res": Errno Dec, "addr": Uint64 Hex, "op": Flags16 Hex / in FUTEX_OPERATIONS, "val": Uint64 Dec];
    66  SYSCALL_STAT_E                     "stat"                   SYSCALL    FILE       [OLD] [];
    67  SYSCALL_STAT_X                     "stat"                   SYSCALL    FILE       [] ["res": Errno Dec, "path": FsPath Na];
    68  SYSCALL_LSTAT_E                    "lstat"                  SYSCALL    FILE       [OLD] [];
    69  SYSCALL_LSTAT_X                    "lstat"                  SYSCALL    FILE       [] ["res": Errno Dec, "path": FsPath Na];
    70  SYSCALL_FSTAT_E                    "fstat"                  SYSCALL    FILE       [USES_FD OLD CONVERTED] ["fd": Fd Na];
    71  SYSCALL_FSTAT_X                    "fstat"                  SYSCALL    FILE       [USES_FD CONVERTED] ["res": Errno Dec, "fd": Fd Na];
    72  SYSCALL_STAT64_E                   "stat64"                 SYSCALL    FILE       [OLD] [];
    73  SYSCALL_STAT64_X                   "stat64"                 SYSCALL    FILE       [] ["res": Errno Dec, "path": FsPath Na];
    74  SYSCALL_LSTAT64_E                  "lstat64"                SYSCALL    FILE       [OLD] [];
    75  SYSCALL_LSTAT64_X                  "lstat64"                SYSCALL    FILE       [] ["res": Errno Dec, "path": FsPath Na];
    76  SYSCALL_FSTAT64_E                  "fstat64"                SYSCALL    FILE       [USES_FD OLD] ["fd": Fd Na];
    77  SYSCALL_FSTAT64_X                  "fstat64"                SYSCALL    FILE       [] ["res": Errno Dec];
    78  SYSCALL_EPOLLWAIT_E                "epoll_wait"             SYSCALL    WAIT       [WAITS OLD CONVERTED] ["maxevents": Errno Dec];
    79  SYSCALL_EPOLLWAIT_X                "epoll_wait"             SYSCALL    WAIT       [WAITS CONVERTED] ["res": Errno Dec, "maxevents": Errno Dec];
    80  SYSCALL_POLL_E                     "poll"                   SYSCALL    WAIT       [WAITS OLD CONVERTED] ["fds": FdList Dec, "timeout": Int64 Dec];
    81  SYSCALL_POLL_X                     "poll"                   SYSCALL    WAIT       [WAITS CONVERTED] ["res": Errno Dec, "fds": FdList Dec, "timeout": Int64 Dec];
    82  SYSCALL_SELECT_E                   "select"                 SYSCALL    WAIT       [WAITS OLD] [];
    83  SYSCALL_SELECT_X                   "select"                 SYSCALL    WAIT       [WAITS] ["res": Errno Dec];
    84  SYSCALL_NEWSELECT_E                "select"                 SYSCALL    WAIT       [WAITS OLD] [];
    85  SYSCALL_NEWSELECT_X                "select"                 SYSCALL    WAIT       [WAITS OLD CONVERTED] ["res": Errno Dec];
    86  SYSCALL_LSEEK_E                    "lseek"                  SYSCALL    FILE       [USES_FD OLD CONVERTED] ["fd": Fd Dec, "offset": Uint64 Dec, "whence": EnumFlags8 Dec / in LSEEK_WHENCE];
    87  SYSCALL_LSEEK_X                    "lseek"                  SYSCALL    FILE       [USES_FD CONVERTED] ["res": Errno Dec, "fd": Fd Dec, "offset": Uint64 Dec, "whence": EnumFlags8 Dec / in LSEEK_WHENCE];
    88  SYSCALL_LLSEEK_E                   "llseek"                 SYSCALL    FILE       [USES_FD OLD CONVERTED] ["fd": Fd Dec, "offset": Uint64 Dec, "whence": EnumFlags8 Dec / in LSEEK_WHENCE];
    89  SYSCALL_LLSEEK_X                   "llseek"                 SYSCALL    FILE       [USES_FD CONVERTED] ["res": Errno Dec, "fd": Fd Dec, "offset": Uint64 Dec, "whence": EnumFlags8 Dec / in LSEEK_WHENCE];
    90  SYSCALL_IOCTL_2_E                  "ioctl"                  SYSCALL    IO_OTHER   [USES_FD OLD CONVERTED] ["fd": Fd Dec, "request": Uint64 Hex];
    91  SYSCALL_IOCTL_2_X                  "ioctl"                  SYSCALL    IO_OTHER   [USES_FD OLD CONVERTED] ["res": Errno Dec];
    92  SYSCALL_GETCWD_E                   "getcwd"                 SYSCALL    FILE       [OLD] [];
    93  SYSCALL_GETCWD_X                   "getcwd"                 SYSCALL    FILE       [] ["res": Errno Dec, "path": CharBuf Na];
    94  SYSCALL_CHDIR_E                    "chdir"                  SYSCALL    FILE       [STATE OLD] [];
    95  SYSCALL_CHDIR_X                    "chdir"                  SYSCALL    FILE       [STATE] ["res": Errno Dec, "path": CharBuf Na];
    96  SYSCALL_FCHDIR_E                   "fchdir"                 SYSCALL    FILE       [USES_FD STATE OLD CONVERTED] ["fd": Fd Na];
    97  SYSCALL_FCHDIR_X                   "fchdir"                 SYSCALL    FILE       [USES_FD STATE CONVERTED] ["res": Errno Dec, "fd": Fd Na];
    98  SYSCALL_MKDIR_E                    "mkdir"                  SYSCALL    FILE       [OLD CONVERTED] ["path": FsPath Na, "mode": Uint32 Hex];
    99  SYSCALL_MKDIR_X                    "mkdir"                  SYSCALL    FILE       [OLD CONVERTED] ["res": Errno Dec];
    100 SYSCALL_RMDIR_E                    "rmdir"                  SYSCALL    FILE       [OLD CONVERTED] ["path": FsPath Na];
    101 SYSCALL_RMDIR_X                    "rmdir"                  SYSCALL    FILE       [OLD CONVERTED] ["res": Errno Dec];
    102 SYSCALL_OPENAT_E                   "openat"                 SYSCALL    FILE       [CREATES_FD STATE OLD CONVERTED] ["dirfd": Fd Dec, "name": CharBuf Na, "flags": Flags32 Hex / in FILE_FLAGS, "mode": Uint32 Oct];
    103 SYSCALL_OPENAT_X                   "openat"                 SYSCALL    FILE       [CREATES_FD STATE OLD CONVERTED] ["fd": Fd Dec];
    104 SYSCALL_LINK_E                     "link"                   SYSCALL    FILE       [OLD CONVERTED] ["oldpath": FsPath Na, "newpath": FsPath Na];
    105 SYSCALL_LINK_X                     "link"                   SYSCALL    FILE       [OLD CONVERTED] ["res": Errno Dec];
    106 SYSCALL_LINKAT_E                   "linkat"                 SYSCALL    FILE       [OLD CONVERTED] ["olddir": Fd Dec, "oldpath": CharBuf Na, "newdir": Fd Dec, "newpath": CharBuf Na];
    107 SYSCALL_LINKAT_X                   "linkat"                 SYSCALL    FILE       [OLD CONVERTED] ["res": Errno Dec];
    108 SYSCALL_UNLINK_E                   "unlink"                 SYSCALL    FILE       [OLD CONVERTED] ["path": FsPath Na];
    109 SYSCALL_UNLINK_X                   "unlink"                 SYSCALL    FILE       [OLD CONVERTED] ["res": Errno Dec];
    110 SYSCALL_UNLINKAT_E                 "unlinkat"               SYSCALL    FILE       [OLD CONVERTED] ["dirfd": Fd Dec, "name": CharBuf Na];
    111 SYSCALL_UNLINKAT_X                 "unlinkat"               SYSCALL    FILE       [OLD CONVERTED] ["res": Errno Dec];
    112 SYSCALL_PREAD_E                    "pread"                  SYSCALL    IO_READ    [USES_FD READS_FD OLD CONVERTED] ["fd": Fd Dec, "size": Uint32 Dec, "pos": Uint64 Dec];
    113 SYSCALL_PREAD_X                    "pread"                  SYSCALL    IO_READ    [USES_FD READS_FD CONVERTED] ["res": Errno Dec, "data": ByteBuf Na, "fd": Fd Dec, "size": Uint32 Dec, "pos": Uint64 Dec];
    114 SYSCALL_PWRITE_E                   "pwrite"                 SYSCALL    IO_WRITE   [USES_FD WRITES_FD OLD CONVERTED] ["fd": Fd Dec, "size": Uint32 Dec, "pos": Uint64 Dec];
    115 SYSCALL_PWRITE_X                   "pwrite"                 SYSCALL    IO_WRITE   [USES_FD WRITES_FD CONVERTED] ["res": Errno Dec, "data": ByteBuf Na, "fd": Fd Dec, "size": Uint32 Dec, "pos": Uint64 Dec];
    116 SYSCALL_READV_E                    "readv"                  SYSCALL    IO_READ    [USES_FD READS_FD OLD CONVERTED] ["fd": Fd Dec];
    117 SYSCALL_READV_X                    "readv"                  SYSCALL    IO_READ    [USES_FD READS_FD CONVERTED] ["res": Errno Dec, "size": Uint32 Dec, "data": ByteBuf Na, "fd": Fd Dec];
    118 SYSCALL_WRITEV_E                   "writev"                 SYSCALL    IO_WRITE   [USES_FD WRITES_FD OLD CONVERTED] ["fd": Fd Dec, "size": Uint32 Dec];
    119 SYSCALL_WRITEV_X                   "writev"                 SYSCALL    IO_WRITE   [USES_FD WRITES_FD CONVERTED] ["res": Errno Dec, "data": ByteBuf Na, "fd": Fd Dec, "size": Uint32 Dec];
    120 SYSCALL_PREADV_E                   "preadv"                 SYSCALL    IO_READ    [USES_FD READS_FD OLD CONVERTED] ["fd": Fd Dec, "pos": Uint64 Dec];
    121 SYSCALL_PREADV_X                   "preadv"                 SYSCALL    IO_READ    [USES_FD READS_FD CONVERTED] ["res": Errno Dec, "size": Uint32 Dec, "data": ByteBuf Na, "fd": Fd Dec, "pos": Uint64 Dec];
    122 SYSCALL_PWRITEV_E                  "pwritev"                SYSCALL    IO_WRITE   [USES_FD WRITES_FD OLD CONVERTED] ["fd": Fd Dec, "size": Uint32 Dec, "pos": Uint64 Dec];
    123 SYSCALL_PWRITEV_X                  "pwritev"                SYSCALL    IO_WRITE   [USES_FD WRITES_FD CONVERTED] ["res": Errno Dec, "data": ByteBuf Na, "fd": Fd Dec, "size": Uint32 Dec, "pos": Uint64 Dec];
    124 SYSCALL_DUP_E                      "dup"                    SYSCALL    IO_OTHER   [CREATES_FD USES_FD STATE OLD CONVERTED] ["fd": Fd Dec];
    125 SYSCALL_DUP_X                      "dup"                    SYSCALL    IO_OTHER   [CREATES_FD USES_FD STATE OLD CONVERTED] ["res": Fd Dec];
    126 SYSCALL_SIGNALFD_E                 "signalfd"               SYSCALL    SIGNAL     [CREATES_FD STATE OLD CONVERTED] ["fd": Fd Dec, "mask": Uint32 Hex, "flags": Uint8 Hex];
    127 SYSCALL_SIGNALFD_X                 "signalfd"               SYSCALL    SIGNAL     [CREATES_FD STATE CONVERTED] ["res": Fd Dec, "fd": Fd Dec, "mask": Uint32 Hex, "flags": Uint8 Hex];
    128 SYSCALL_KILL_E                     "kill"                   SYSCALL    SIGNAL     [OLD CONVERTED] ["pid": Pid Dec, "sig": SigType Dec];
    129 SYSCALL_KILL_X                     "kill"                   SYSCALL    SIGNAL     [CONVERTED] ["res": Errno Dec, "pid": Pid Dec, "sig": SigType Dec];
    130 SYSCALL_TKILL_E                    "tkill"                  SYSCALL    SIGNAL     [OLD CONVERTED] ["tid": Pid Dec, "sig": SigType Dec];
    131 SYSCALL_TKILL_X                    "tkill"                  SYSCALL    SIGNAL     [CONVERTED] ["res": Errno Dec, "tid": Pid Dec, "sig": SigType Dec];
    132 SYSCALL_TGKILL_E                   "tgkill"                 SYSCALL    SIGNAL     [OLD CONVERTED] ["pid": Pid Dec, "tid": Pid Dec, "sig": SigType Dec];
    133 SYSCALL_TGKILL_X                   "tgkill"                 SYSCALL    SIGNAL     [CONVERTED] ["res": Errno Dec, "pid": Pid Dec, "tid": Pid Dec, "sig": SigType Dec];
    134 SYSCALL_NANOSLEEP_E                "nanosleep"              SYSCALL    SLEEP      [WAITS OLD CONVERTED] ["interval": RelTime Dec];
    135 SYSCALL_NANOSLEEP_X                "nanosleep"              SYSCALL    SLEEP      [WAITS CONVERTED] ["res": Errno Dec, "interval": RelTime Dec];
    136 SYSCALL_TIMERFD_CREATE_E           "timerfd_create"         SYSCALL    TIME       [CREATES_FD STATE OLD CONVERTED] ["clockid": Uint8 Dec, "flags": Uint8 Hex];
    137 SYSCALL_TIMERFD_CREATE_X           "timerfd_create"         SYSCALL    TIME       [CREATES_FD STATE CONVERTED] ["res": Fd Dec, "clockid": Uint8 Dec, "flags": Uint8 Hex];
    138 SYSCALL_INOTIFY_INIT_E             "inotify_init"           SYSCALL    IPC        [CREATES_FD STATE OLD CONVERTED] ["flags": Uint8 Hex];
    139 SYSCALL_INOTIFY_INIT_X             "inotify_init"           SYSCALL    IPC        [CREATES_FD STATE CONVERTED] ["res": Fd Dec, "flags": Uint8 Hex];
    140 SYSCALL_GETRLIMIT_E                "getrlimit"              SYSCALL    PROCESS    [OLD CONVERTED] ["resource": EnumFlags8 Dec / in RLIMIT_RESOURCES];
    141 SYSCALL_GETRLIMIT_X                "getrlimit"              SYSCALL    PROCESS    [CONVERTED] ["res": Errno Dec, "cur": Int64 Dec, "max": Int64 Dec, "resource": EnumFlags8 Dec / in RLIMIT_RESOURCES];
    142 SYSCALL_SETRLIMIT_E                "setrlimit"              SYSCALL    PROCESS    [OLD CONVERTED] ["resource": EnumFlags8 Dec / in RLIMIT_RESOURCES];
    143 SYSCALL_SETRLIMIT_X                "setrlimit"              SYSCALL    PROCESS    [CONVERTED] ["res": Errno Dec, "cur": Int64 Dec, "max": Int64 Dec, "resource": EnumFlags8 Dec / in RLIMIT_RESOURCES];
    144 SYSCALL_PRLIMIT_E                  "prlimit"                SYSCALL    PROCESS    [OLD CONVERTED] ["pid": Pid Dec, "resource": EnumFlags8 Dec / in RLIMIT_RESOURCES];
    145 SYSCALL_PRLIMIT_X                  "prlimit"                SYSCALL    PROCESS    [CONVERTED] ["res": Errno Dec, "newcur": Int64 Dec, "newmax": Int64 Dec, "oldcur": Int64 Dec, "oldmax": Int64 Dec, "pid": Int64 Dec, "resource": EnumFlags8 Dec / in RLIMIT_RESOURCES];
    146 SCHEDSWITCH_1_E                    "switch"                 TRACEPOINT SCHEDULER  [SKIP_RESET OLD CONVERTED] ["next": Pid Dec];
    147 SCHEDSWITCH_1_X                    "NA"                     NONE       UNKNOWN    [UNUSED] [];
    148 DROP_E                             "drop"                   META       INTERNAL   [SKIP_RESET] ["ratio": Uint32 Dec];
    149 DROP_X                             "drop"                   META       INTERNAL   [SKIP_RESET] ["ratio": Uint32 Dec];
    150 SYSCALL_FCNTL_E                    "fcntl"                  SYSCALL    IO_OTHER   [USES_FD STATE OLD CONVERTED] ["fd": Fd Dec, "cmd": EnumFlags8 Dec / in FCNTL_COMMANDS];
    151 SYSCALL_FCNTL_X                    "fcntl"                  SYSCALL    IO_OTHER   [USES_FD STATE CONVERTED] ["res": Fd Dec, "fd": Fd Dec, "cmd": EnumFlags8 Dec / in FCNTL_COMMANDS, "arg": Uint64 Hex];
    152 SCHEDSWITCH_6_E                    "switch"                 TRACEPOINT SCHEDULER  [] ["next": Pid Dec, "pgft_maj": Uint64 Dec, "pgft_min": Uint64 Dec, "vm_size": Uint32 Dec, "vm_rss": Uint32 Dec, "vm_swap": Uint32 Dec];
    153 SCHEDSWITCH_6_X                    "NA"                     NONE       UNKNOWN    [UNUSED] [];
    154 SYSCALL_EXECVE_13_E                "execve"                 SYSCALL    PROCESS    [STATE OLD CONVERTED] [];
    155 SYSCALL_EXECVE_13_X                "execve"                 SYSCALL    PROCESS    [STATE OLD CONVERTED] ["res": Errno Dec, "exe": CharBuf Na, "args": ByteBuf Na, "tid": Pid Dec, "pid": Pid Dec, "ptid": Pid Dec, "cwd": CharBuf Na, "fdlimit": Uint64 Dec, "pgft_maj": Uint64 Dec, "pgft_min": Uint64 Dec, "vm_size": Uint32 Dec, "vm_rss": Uint32 Dec, "vm_swap": Uint32 Dec];
    156 SYSCALL_CLONE_16_E                 "clone"                  SYSCALL    PROCESS    [STATE OLD] [];
    157 SYSCALL_CLONE_16_X                 "clone"                  SYSCALL    PROCESS    [STATE OLD CONVERTED] ["res": Pid Dec, "exe": CharBuf Na, "args": ByteBuf Na, "tid": Pid Dec, "pid": Pid Dec, "ptid": Pid Dec, "cwd": CharBuf Na, "fdlimit": Int64 Dec, "pgft_maj": Uint64 Dec, "pgft_min": Uint64 Dec, "vm_size": Uint32 Dec, "vm_rss": Uint32 Dec, "vm_swap": Uint32 Dec, "flags": Flags32 Hex / in CLONE_FLAGS, "uid": Uint32 Dec, "gid": Uint32 Dec];
    158 SYSCALL_BRK_4_E                    "brk"                    SYSCALL    MEMORY     [OLD CONVERTED] ["addr": Uint64 Hex];
    159 SYSCALL_BRK_4_X                    "brk"                    SYSCALL    MEMORY     [CONVERTED] ["res": Uint64 Hex, "vm_size": Uint32 Dec, "vm_rss": Uint32 Dec, "vm_swap": Uint32 Dec, "addr": Uint64 Hex];
    160 SYSCALL_MMAP_E                     "mmap"                   SYSCALL    MEMORY     [USES_FD OLD CONVERTED] ["addr": Uint64 Hex, "length": Uint64 Dec, "prot": Flags32 Hex / in PROT_FLAGS, "flags": Flags32 Hex / in MMAP_FLAGS, "fd": Fd Dec, "offset": Uint64 Dec];
    161 SYSCALL_MMAP_X                     "mmap"                   SYSCALL    MEMORY     [USES_FD CONVERTED] ["res": Errno Hex, "vm_size": Uint32 Dec, "vm_rss": Uint32 Dec, "vm_swap": Uint32 Dec, "addr": Uint64 Hex, "length": Uint64 Dec, "prot": Flags32 Hex / in PROT_FLAGS, "flags": Flags32 Hex / in MMAP_FLAGS, "fd": Fd Dec, "offset": Uint64 Dec];
    162 SYSCALL_MMAP2_E                    "mmap2"                  SYSCALL    MEMORY     [USES_FD OLD CONVERTED] ["addr": Uint64 Hex, "length": Uint64 Dec, "prot": Flags32 Hex / in PROT_FLAGS, "flags": Flags32 Hex / in MMAP_FLAGS, "fd": Fd Dec, "pgoffset": Uint64 Dec];
    163 SYSCALL_MMAP2_X                    "mmap2"                  SYSCALL    MEMORY     [USES_FD CONVERTED] ["res": Errno Hex, "vm_size": Uint32 Dec, "vm_rss": Uint32 Dec, "vm_swap": Uint32 Dec, "addr": Uint64 Hex, "length": Uint64 Dec, "prot": Flags32 Hex / in PROT_FLAGS, "flags": Flags32 Hex / in MMAP_FLAGS, "fd": Fd Dec, "pgoffset": Uint64 Dec];
    164 SYSCALL_MUNMAP_E                   "munmap"                 SYSCALL    MEMORY     [OLD CONVERTED] ["addr": Uint64 Hex, "length": Uint64 Dec];
    165 SYSCALL_MUNMAP_X                   "munmap"                 SYSCALL    MEMORY     [CONVERTED] ["res": Errno Dec, "vm_size": Uint32 Dec, "vm_rss": Uint32 Dec, "vm_swap": Uint32 Dec, "addr": Uint64 Hex, "length": Uint64 Dec];
    166 SYSCALL_SPLICE_E                   "splice"                 SYSCALL    IO_OTHER   [USES_FD OLD CONVERTED] ["fd_in": Fd Dec, "fd_out": Fd Dec, "size": Uint64 Dec, "flags": Flags32 Hex / in SPLICE_FLAGS];
    167 SYSCALL_SPLICE_X                   "splice"                 SYSCALL    IO_OTHER   [USES_FD CONVERTED] ["res": Errno Dec, "fd_in": Fd Dec, "fd_out": Fd Dec, "size": Uint64 Dec, "flags": Flags32 Hex / in SPLICE_FLAGS];
    168 SYSCALL_PTRACE_E                   "ptrace"                 SYSCALL    PROCESS    [OLD CONVERTED] ["request": EnumFlags16 Dec / in PTRACE_REQUESTS, "pid": Pid Dec];
    169 SYSCALL_PTRACE_X                   "ptrace"                 SYSCALL    PROCESS    [CONVERTED] ["res": Errno Dec, "addr": Dyn Hex / dyn PTRACE, "data": Dyn Hex / dyn PTRACE, "request": EnumFlags16 Dec / in PTRACE_REQUESTS, "pid": Pid Dec];
    170 SYSCALL_IOCTL_3_E                  "ioctl"                  SYSCALL    IO_OTHER   [USES_FD OLD CONVERTED] ["fd": Fd Dec, "request": Uint64 Hex, "argument": Uint64 Hex];
    171 SYSCALL_IOCTL_3_X                  "ioctl"                  SYSCALL    IO_OTHER   [USES_FD CONVERTED] ["res": Errno Dec, "fd": Fd Dec, "request": Uint64 Hex, "argument": Uint64 Hex];
    172 SYSCALL_EXECVE_14_E                "execve"                 SYSCALL    PROCESS    [STATE OLD CONVERTED] [];
    173 SYSCALL_EXECVE_14_X                "execve"                 SYSCALL    PROCESS    [STATE OLD CONVERTED] ["res": Errno Dec, "exe": CharBuf Na, "args": ByteBuf Na, "tid": Pid Dec, "pid": Pid Dec, "ptid": Pid Dec, "cwd": CharBuf Na, "fdlimit": Uint64 Dec, "pgft_maj": Uint64 Dec, "pgft_min": Uint64 Dec, "vm_size": Uint32 Dec, "vm_rss": Uint32 Dec, "vm_swap": Uint32 Dec, "env": ByteBuf Na];
    174 SYSCALL_RENAME_E                   "rename"                 SYSCALL    FILE       [OLD] [];
    175 SYSCALL_RENAME_X                   "rename"                 SYSCALL    FILE       [] ["res": Errno Dec, "oldpath": FsPath Na, "newpath": FsPath Na];
    176 SYSCALL_RENAMEAT_E                 "renameat"               SYSCALL    FILE       [OLD] [];
    177 SYSCALL_RENAMEAT_X                 "renameat"               SYSCALL    FILE       [] ["res": Errno Dec, "olddirfd": Fd Dec, "oldpath": FsRelPath Na / dirfd 1, "newdirfd": Fd Dec, "newpath": FsRelPath Na / dirfd 3];
    178 SYSCALL_SYMLINK_E                  "symlink"                SYSCALL    FILE       [OLD] [];
    179 SYSCALL_SYMLINK_X                  "symlink"                SYSCALL    FILE       [] ["res": Errno Dec, "target": CharBuf Na, "linkpath": FsPath Na];
    180 SYSCALL_SYMLINKAT_E                "symlinkat"              SYSCALL    FILE       [OLD] [];
    181 SYSCALL_SYMLINKAT_X                "symlinkat"              SYSCALL    FILE       [USES_FD] ["res": Errno Dec, "target": CharBuf Na, "linkdirfd": Fd Dec, "linkpath": FsRelPath Na / dirfd 2];
    182 SYSCALL_FORK_E                     "fork"                   SYSCALL    PROCESS    [STATE OLD] [];
    183 SYSCALL_FORK_X                     "fork"                   SYSCALL    PROCESS    [STATE OLD CONVERTED] ["res": Pid Dec, "exe": CharBuf Na, "args": ByteBuf Na, "tid": Pid Dec, "pid": Pid Dec, "ptid": Pid Dec, "cwd": CharBuf Na, "fdlimit": Int64 Dec, "pgft_maj": Uint64 Dec, "pgft_min": Uint64 Dec, "vm_size": Uint32 Dec, "vm_rss": Uint32 Dec, "vm_swap": Uint32 Dec, "flags": Flags32 Hex / in CLONE_FLAGS, "uid": Uint32 Dec, "gid": Uint32 Dec];
    184 SYSCALL_VFORK_E                    "vfork"                  SYSCALL    PROCESS    [STATE OLD] [];
    185 SYSCALL_VFORK_X                    "vfork"                  SYSCALL    PROCESS    [STATE OLD CONVERTED] ["res": Pid Dec, "exe": CharBuf Na, "args": ByteBuf Na, "tid": Pid Dec, "pid": Pid Dec, "ptid": Pid Dec, "cwd": CharBuf Na, "fdlimit": Int64 Dec, "pgft_maj": Uint64 Dec, "pgft_min": Uint64 Dec, "vm_size": Uint32 Dec, "vm_rss": Uint32 Dec, "vm_swap": Uint32 Dec, "flags": Flags32 Hex / in CLONE_FLAGS, "uid": Uint32 Dec, "gid": Uint32 Dec];
    186 PROCEXIT_1_E                       "procexit"               TRACEPOINT PROCESS    [STATE] ["status": Errno Dec, "ret": Errno Dec, "sig": SigType Dec, "core": Uint8 Dec, "reaper_tid": Pid Dec];
    187 PROCEXIT_1_X                       "NA"                     NONE       UNKNOWN    [UNUSED] [];
    188 SYSCALL_SENDFILE_E                 "sendfile"               SYSCALL    IO_WRITE   [USES_FD OLD CONVERTED] ["out_fd": Fd Dec, "in_fd": Fd Dec, "offset": Uint64 Dec, "size": Uint64 Dec];
    189 SYSCALL_SENDFILE_X                 "sendfile"               SYSCALL    IO_WRITE   [USES_FD CONVERTED] ["res": Errno Dec, "offset": Uint64 Dec, "out_fd": Fd Dec, "in_fd": Fd Dec, "size": Uint64 Dec];
    190 SYSCALL_QUOTACTL_E                 "quotactl"               SYSCALL    USER       [OLD CONVERTED] ["cmd": Flags16 Dec / in QUOTACTL_CMDS, "type": Flags8 Dec / in QUOTACTL_TYPES, "id": Uint32 Dec, "quota_fmt": Flags8 Dec / in QUOTACTL_QUOTA_FMTS];
    191 SYSCALL_QUOTACTL_X                 "quotactl"               SYSCALL    USER       [CONVERTED] ["res": Errno Dec, "special": CharBuf Na, "quotafilepath": CharBuf Na, "dqb_bhardlimit": Uint64 Dec, "dqb_bsoftlimit": Uint64 Dec, "dqb_curspace": Uint64 Dec, "dqb_ihardlimit": Uint64 Dec, "dqb_isoftlimit": Uint64 Dec, "dqb_btime": RelTime Dec, "dqb_itime": RelTime Dec, "dqi_bgrace": RelTime Dec, "dqi_igrace": RelTime Dec, "dqi_flags": Flags8 Dec / in QUOTACTL_DQI_FLAGS, "quota_fmt_out": Flags8 Dec / in QUOTACTL_QUOTA_FMTS, "cmd": Flags16 Dec / in QUOTACTL_CMDS, "type": Flags8 Dec / in QUOTACTL_TYPES, "id": Uint32 Dec, "quota_fmt": Flags8 Dec / in QUOTACTL_QUOTA_FMTS];
    192 SYSCALL_SETRESUID_E                "setresuid"              SYSCALL    USER       [STATE OLD CONVERTED] ["ruid": Uid Dec, "euid": Uid Dec, "suid": Uid Dec];
    193 SYSCALL_SETRESUID_X                "setresuid"              SYSCALL    USER       [STATE CONVERTED] ["res": Errno Dec, "ruid": Uid Dec, "euid": Uid Dec, "suid": Uid Dec];
    194 SYSCALL_SETRESGID_E                "setresgid"              SYSCALL    USER       [STATE OLD CONVERTED] ["rgid": Gid Dec, "egid": Gid Dec, "sgid": Gid Dec];
    195 SYSCALL_SETRESGID_X                "setresgid"              SYSCALL    USER       [STATE CONVERTED] ["res": Errno Dec, "rgid": Gid Dec, "egid": Gid Dec, "sgid": Gid Dec];
    196 SCAPEVENT_E                        "scapevent"              META       INTERNAL   [SKIP_RESET] ["event_type": Uint32 Dec, "event_data": Uint64 Dec];
    197 SCAPEVENT_X                        "NA"                     NONE       UNKNOWN    [UNUSED] [];
    198 SYSCALL_SETUID_E                   "setuid"                 SYSCALL    USER       [STATE OLD CONVERTED] ["uid": Uid Dec];
    199 SYSCALL_SETUID_X                   "setuid"                 SYSCALL    USER       [STATE CONVERTED] ["res": Errno Dec, "uid": Uid Dec];
    200 SYSCALL_SETGID_E                   "setgid"                 SYSCALL    USER       [STATE OLD CONVERTED] ["gid": Gid Dec];
    201 SYSCALL_SETGID_X                   "setgid"                 SYSCALL    USER       [STATE CONVERTED] ["res": Errno Dec, "gid": Gid Dec];
    202 SYSCALL_GETUID_E                   "getuid"                 SYSCALL    USER       [OLD] [];
    203 SYSCALL_GETUID_X                   "getuid"                 SYSCALL    USER       [] ["uid": Uid Dec];
    204 SYSCALL_GETEUID_E                  "geteuid"                SYSCALL    USER       [OLD] [];
    205 SYSCALL_GETEUID_X                  "geteuid"                SYSCALL    USER       [] ["euid": Uid Dec];
    206 SYSCALL_GETGID_E                   "getgid"                 SYSCALL    USER       [OLD] [];
    207 SYSCALL_GETGID_X                   "getgid"                 SYSCALL    USER       [] ["gid": Gid Dec];
    208 SYSCALL_GETEGID_E                  "getegid"                SYSCALL    USER       [OLD] [];
    209 SYSCALL_GETEGID_X                  "getegid"                SYSCALL    USER       [] ["egid": Gid Dec];
    210 SYSCALL_GETRESUID_E                "getresuid"              SYSCALL    USER       [OLD] [];
    211 SYSCALL_GETRESUID_X                "getresuid"              SYSCALL    USER       [] ["res": Errno Dec, "ruid": Uid Dec, "euid": Uid Dec, "suid": Uid Dec];
    212 SYSCALL_GETRESGID_E                "getresgid"              SYSCALL    USER       [OLD] [];
    213 SYSCALL_GETRESGID_X                "getresgid"              SYSCALL    USER       [] ["res": Errno Dec, "rgid": Gid Dec, "egid": Gid Dec, "sgid": Gid Dec];
    214 SYSCALL_EXECVE_15_E                "execve"                 SYSCALL    PROCESS    [STATE OLD CONVERTED] [];
    215 SYSCALL_EXECVE_15_X                "execve"                 SYSCALL    PROCESS    [STATE OLD CONVERTED] ["res": Errno Dec, "exe": CharBuf Na, "args": ByteBuf Na, "tid": Pid Dec, "pid": Pid Dec, "ptid": Pid Dec, "cwd": CharBuf Na, "fdlimit": Uint64 Dec, "pgft_maj": Uint64 Dec, "pgft_min": Uint64 Dec, "vm_size": Uint32 Dec, "vm_rss": Uint32 Dec, "vm_swap": Uint32 Dec, "comm": CharBuf Na, "env": ByteBuf Na];
    216 SYSCALL_CLONE_17_E                 "clone"                  SYSCALL    PROCESS    [STATE OLD] [];
    217 SYSCALL_CLONE_17_X                 "clone"                  SYSCALL    PROCESS    [STATE OLD CONVERTED] ["res": Pid Dec, "exe": CharBuf Na, "args": ByteBuf Na, "tid": Pid Dec, "pid": Pid Dec, "ptid": Pid Dec, "cwd": CharBuf Na, "fdlimit": Int64 Dec, "pgft_maj": Uint64 Dec, "pgft_min": Uint64 Dec, "vm_size": Uint32 Dec, "vm_rss": Uint32 Dec, "vm_swap": Uint32 Dec, "comm": CharBuf Na, "flags": Flags32 Hex / in CLONE_FLAGS, "uid": Uint32 Dec, "gid": Uint32 Dec];
    218 SYSCALL_FORK_17_E                  "fork"                   SYSCALL    PROCESS    [STATE OLD] [];
    219 SYSCALL_FORK_17_X                  "fork"                   SYSCALL    PROCESS    [STATE OLD CONVERTED] ["res": Pid Dec, "exe": CharBuf Na, "args": ByteBuf Na, "tid": Pid Dec, "pid": Pid Dec, "ptid": Pid Dec, "cwd": CharBuf Na, "fdlimit": Int64 Dec, "pgft_maj": Uint64 Dec, "pgft_min": Uint64 Dec, "vm_size": Uint32 Dec, "vm_rss": Uint32 Dec, "vm_swap": Uint32 Dec, "comm": CharBuf Na, "flags": Flags32 Hex / in CLONE_FLAGS, "uid": Uint32 Dec, "gid": Uint32 Dec];
    220 SYSCALL_VFORK_17_E                 "vfork"                  SYSCALL    PROCESS    [STATE OLD] [];
    221 SYSCALL_VFORK_17_X                 "vfork"                  SYSCALL    PROCESS    [STATE OLD CONVERTED] ["res": Pid Dec, "exe": CharBuf Na, "args": ByteBuf Na, "tid": Pid Dec, "pid": Pid Dec, "ptid": Pid Dec, "cwd": CharBuf Na, "fdlimit": Int64 Dec, "pgft_maj": Uint64 Dec, "pgft_min": Uint64 Dec, "vm_size": Uint32 Dec, "vm_rss": Uint32 Dec, "vm_swap": Uint32 Dec, "comm": CharBuf Na, "flags": Flags32 Hex / in CLONE_FLAGS, "uid": Uint32 Dec, "gid": Uint32 Dec];
    222 SYSCALL_CLONE_20_E                 "clone"                  SYSCALL    PROCESS    [STATE OLD] [];
    223 SYSCALL_CLONE_20_X                 "clone"                  SYSCALL    PROCESS    [STATE CONVERTED] ["res": Pid Dec, "exe": CharBuf Na, "args": ByteBuf Na, "tid": Pid Dec, "pid": Pid Dec, "ptid": Pid Dec, "cwd": CharBuf Na, "fdlimit": Int64 Dec, "pgft_maj": Uint64 Dec, "pgft_min": Uint64 Dec, "vm_size": Uint32 Dec, "vm_rss": Uint32 Dec, "vm_swap": Uint32 Dec, "comm": CharBuf Na, "cgroups": ByteBuf Na, "flags": Flags32 Hex / in CLONE_FLAGS, "uid": Uint32 Dec, "gid": Uint32 Dec, "vtid": Pid Dec, "vpid": Pid Dec, "pidns_init_start_ts": Uint64 Dec];
    224 SYSCALL_FORK_20_E                  "fork"                   SYSCALL    PROCESS    [STATE OLD] [];
    225 SYSCALL_FORK_20_X                  "fork"                   SYSCALL    PROCESS    [STATE CONVERTED] ["res": Pid Dec, "exe": CharBuf Na, "args": ByteBuf Na, "tid": Pid Dec, "pid": Pid Dec, "ptid": Pid Dec, "cwd": CharBuf Na, "fdlimit": Int64 Dec, "pgft_maj": Uint64 Dec, "pgft_min": Uint64 Dec, "vm_size": Uint32 Dec, "vm_rss": Uint32 Dec, "vm_swap": Uint32 Dec, "comm": CharBuf Na, "cgroups": ByteBuf Na, "flags": Flags32 Hex / in CLONE_FLAGS, "uid": Uint32 Dec, "gid": Uint32 Dec, "vtid": Pid Dec, "vpid": Pid Dec, "pidns_init_start_ts": Uint64 Dec];
    226 SYSCALL_VFORK_20_E                 "vfork"                  SYSCALL    PROCESS    [STATE OLD] [];
    227 SYSCALL_VFORK_20_X                 "vfork"                  SYSCALL    PROCESS    [STATE CONVERTED] ["res": Pid Dec, "exe": CharBuf Na, "args": ByteBuf Na, "tid": Pid Dec, "pid": Pid Dec, "ptid": Pid Dec, "cwd": CharBuf Na, "fdlimit": Int64 Dec, "pgft_maj": Uint64 Dec, "pgft_min": Uint64 Dec, "vm_size": Uint32 Dec, "vm_rss": Uint32 Dec, "vm_swap": Uint32 Dec, "comm": CharBuf Na, "cgroups": ByteBuf Na, "flags": Flags32 Hex / in CLONE_FLAGS, "uid": Uint32 Dec, "gid": Uint32 Dec, "vtid": Pid Dec, "vpid": Pid Dec, "pidns_init_start_ts": Uint64 Dec];
    228 CONTAINER_E                        "container"              META       INTERNAL   [STATE SKIP_RESET OLD CONVERTED] ["id": CharBuf Na, "type": Uint32 Dec, "name": CharBuf Na, "image": CharBuf Na];
    229 CONTAINER_X                        "NA"                     NONE       UNKNOWN    [UNUSED] [];
    230 SYSCALL_EXECVE_16_E                "execve"                 SYSCALL    PROCESS    [STATE OLD CONVERTED] [];
    231 SYSCALL_EXECVE_16_X                "execve"                 SYSCALL    PROCESS    [STATE OLD CONVERTED] ["res": Errno Dec, "exe": CharBuf Na, "args": ByteBuf Na, "tid": Pid Dec, "pid": Pid Dec, "ptid": Pid Dec, "cwd": CharBuf Na, "fdlimit": Uint64 Dec, "pgft_maj": Uint64 Dec, "pgft_min": Uint64 Dec, "vm_size": Uint32 Dec, "vm_rss": Uint32 Dec, "vm_swap": Uint32 Dec, "comm": CharBuf Na, "cgroups": ByteBuf Na, "env": ByteBuf Na];
    232 SIGNALDELIVER_E                    "signaldeliver"          TRACEPOINT SIGNAL     [] ["spid": Pid Dec, "dpid": Pid Dec, "sig": SigType Dec];
    233 SIGNALDELIVER_X                    "NA"                     NONE       UNKNOWN    [UNUSED] [];
    234 PROCINFO_E                         "procinfo"               META       INTERNAL   [SKIP_RESET] ["cpu_usr": Uint64 Dec, "cpu_sys": Uint64 Dec];
    235 PROCINFO_X                         "NA"                     NONE       UNKNOWN    [UNUSED] [];
    236 SYSCALL_GETDENTS_E                 "getdents"               SYSCALL    FILE       [USES_FD OLD CONVERTED] ["fd": Fd Na];
    237 SYSCALL_GETDENTS_X                 "getdents"               SYSCALL    FILE       [USES_FD CONVERTED] ["res": Errno Dec, "fd": Fd Na];
    238 SYSCALL_GETDENTS64_E               "getdents64"             SYSCALL    FILE       [USES_FD OLD CONVERTED] ["fd": Fd Na];
    239 SYSCALL_GETDENTS64_X               "getdents64"             SYSCALL    FILE       [USES_FD CONVERTED] ["res": Errno Dec, "fd": Fd Na];
    240 SYSCALL_SETNS_E                    "setns"                  SYSCALL    PROCESS    [USES_FD OLD CONVERTED] ["fd": Fd Na, "nstype": Flags32 Hex / in CLONE_FLAGS];
    241 SYSCALL_SETNS_X                    "setns"                  SYSCALL    PROCESS    [USES_FD CONVERTED] ["res": Errno Dec, "fd": Fd Na, "nstype": Flags32 Hex / in CLONE_FLAGS];
    242 SYSCALL_FLOCK_E                    "flock"                  SYSCALL    FILE       [USES_FD OLD CONVERTED] ["fd": Fd Na, "operation": Flags32 Hex / in FLOCK_FLAGS];
    243 SYSCALL_FLOCK_X                    "flock"                  SYSCALL    FILE       [USES_FD CONVERTED] ["res": Errno Dec, "fd": Fd Na, "operation": Flags32 Hex / in FLOCK_FLAGS];
    244 CPU_HOTPLUG_E                      "cpu_hotplug"            META       SYSTEM     [STATE SKIP_RESET] ["cpu": Uint32 Dec, "action": Uint32 Dec];
    245 CPU_HOTPLUG_X                      "NA"                     NONE       UNKNOWN    [UNUSED] [];
    246 SOCKET_ACCEPT_5_E                  "accept"                 SYSCALL    NET        [CREATES_FD STATE OLD] [];
    247 SOCKET_ACCEPT_5_X                  "accept"                 SYSCALL    NET        [CREATES_FD STATE] ["fd": Fd Dec, "tuple": SockTuple Na, "queuepct": Uint8 Dec, "queuelen": Uint32 Dec, "queuemax": Uint32 Dec];
    248 SOCKET_ACCEPT4_5_E                 "accept"                 SYSCALL    NET        [CREATES_FD STATE OLD CONVERTED] ["flags": Int32 Hex];
    249 SOCKET_ACCEPT4_5_X                 "accept"                 SYSCALL    NET        [CREATES_FD STATE OLD CONVERTED] ["fd": Fd Dec, "tuple": SockTuple Na, "queuepct": Uint8 Dec, "queuelen": Uint32 Dec, "queuemax": Uint32 Dec];
    250 SYSCALL_SEMOP_E                    "semop"                  SYSCALL    PROCESS    [OLD CONVERTED] ["semid": Int32 Dec];
    251 SYSCALL_SEMOP_X                    "semop"                  SYSCALL    PROCESS    [CONVERTED] ["res": Errno Dec, "nsops": Uint32 Dec, "sem_num_0": Uint16 Dec, "sem_op_0": Int16 Dec, "sem_flg_0": Flags16 Hex / in SEMOP_FLAGS, "sem_num_1": Uint16 Dec, "sem_op_1": Int16 Dec, "sem_flg_1": Flags16 Hex / in SEMOP_FLAGS, "semid": Int32 Dec];
    252 SYSCALL_SEMCTL_E                   "semctl"                 SYSCALL    PROCESS    [OLD CONVERTED] ["semid": Int32 Dec, "semnum": Int32 Dec, "cmd": Flags16 Hex / in SEMCTL_COMMANDS, "val": Int32 Dec];
    253 SYSCALL_SEMCTL_X                   "semctl"                 SYSCALL    PROCESS    [CONVERTED] ["res": Errno Dec, "semid": Int32 Dec, "semnum": Int32 Dec, "cmd": Flags16 Hex / in SEMCTL_COMMANDS, "val": Int32 Dec];
    254 SYSCALL_PPOLL_E                    "ppoll"                  SYSCALL    WAIT       [WAITS OLD CONVERTED] ["fds": FdList Dec, "timeout": RelTime Dec, "sigmask": SigSet Dec];
    255 SYSCALL_PPOLL_X                    "ppoll"                  SYSCALL    WAIT       [WAITS CONVERTED] ["res": Errno Dec, "fds": FdList Dec, "timeout": RelTime Dec, "sigmask": SigSet Dec];
    256 SYSCALL_MOUNT_E                    "mount"                  SYSCALL    FILE       [STATE OLD CONVERTED] ["flags": Flags32 Hex / in MOUNT_FLAGS];
    257 SYSCALL_MOUNT_X                    "mount"                  SYSCALL    FILE       [STATE CONVERTED] ["res": Errno Dec, "dev": CharBuf Na, "dir": FsPath Na, "type": CharBuf Na, "flags": Flags32 Hex / in MOUNT_FLAGS];
    258 SYSCALL_UMOUNT_E                   "umount"                 SYSCALL    FILE       [STATE OLD] ["flags": Flags32 Hex / in UMOUNT_FLAGS];
    259 SYSCALL_UMOUNT_X                   "umount"                 SYSCALL    FILE       [STATE OLD CONVERTED] ["res": Errno Dec, "name": FsPath Na];
    260 K8S_E                              "k8s"                    META       INTERNAL   [STATE SKIP_RESET OLD] ["json": CharBuf Na];
    261 K8S_X                              "NA"                     NONE       UNKNOWN    [UNUSED] [];
    262 SYSCALL_SEMGET_E                   "semget"                 SYSCALL    PROCESS    [OLD CONVERTED] ["key": Int32 Hex, "nsems": Int32 Dec, "semflg": Flags32 Hex / in SEMGET_FLAGS];
    263 SYSCALL_SEMGET_X                   "semget"                 SYSCALL    PROCESS    [CONVERTED] ["res": Errno Dec, "key": Int32 Hex, "nsems": Int32 Dec, "semflg": Flags32 Hex / in SEMGET_FLAGS];
    264 SYSCALL_ACCESS_E                   "access"                 SYSCALL    FILE       [OLD CONVERTED] ["mode": Flags32 Hex / in ACCESS_FLAGS];
    265 SYSCALL_ACCESS_X                   "access"                 SYSCALL    FILE       [CONVERTED] ["res": Errno Dec, "name": FsPath Na, "mode": Flags32 Hex / in ACCESS_FLAGS];
    266 SYSCALL_CHROOT_E                   "chroot"                 SYSCALL    PROCESS    [STATE OLD] [];
    267 SYSCALL_CHROOT_X                   "chroot"                 SYSCALL    PROCESS    [STATE] ["res": Errno Dec, "path": FsPath Na];
    268 TRACER_E                           "tracer"                 META       OTHER      [OLD] ["id": Int64 Dec, "tags": CharBufArray Na, "args": CharBufPairArray Na];
    269 TRACER_X                           "NA"                     NONE       UNKNOWN    [UNUSED] ["id": Int64 Dec, "tags": CharBufArray Na, "args": CharBufPairArray Na];
    270 MESOS_E                            "mesos"                  META       INTERNAL   [STATE SKIP_RESET OLD] ["json": CharBuf Na];
    271 MESOS_X                            "NA"                     NONE       UNKNOWN    [UNUSED] [];
    272 CONTAINER_JSON_E                   "container"              META       PROCESS    [STATE OLD CONVERTED] ["json": CharBuf Na];
    273 CONTAINER_JSON_X                   "NA"                     NONE       UNKNOWN    [UNUSED] [];
    274 SYSCALL_SETSID_E                   "setsid"                 SYSCALL    PROCESS    [STATE OLD] [];
    275 SYSCALL_SETSID_X                   "setsid"                 SYSCALL    PROCESS    [STATE] ["res": Pid Dec];
    276 SYSCALL_MKDIR_2_E                  "mkdir"                  SYSCALL    FILE       [OLD CONVERTED] ["mode": Uint32 Hex];
    277 SYSCALL_MKDIR_2_X                  "mkdir"                  SYSCALL    FILE       [CONVERTED] ["res": Errno Dec, "path": FsPath Na, "mode": Uint32 Hex];
    278 SYSCALL_RMDIR_2_E                  "rmdir"                  SYSCALL    FILE       [OLD] [];
    279 SYSCALL_RMDIR_2_X                  "rmdir"                  SYSCALL    FILE       [] ["res": Errno Dec, "path": FsPath Na];
    280 NOTIFICATION_E                     "notification"           META       OTHER      [SKIP_RESET] ["id": CharBuf Dec, "desc": CharBuf Na];
    281 NOTIFICATION_X                     "NA"                     NONE       UNKNOWN    [UNUSED] [];
    282 SYSCALL_EXECVE_17_E                "execve"                 SYSCALL    PROCESS    [STATE OLD CONVERTED] [];
    283 SYSCALL_EXECVE_17_X                "execve"                 SYSCALL    PROCESS    [STATE OLD CONVERTED] ["res": Errno Dec, "exe": CharBuf Na, "args": ByteBuf Na, "tid": Pid Dec, "pid": Pid Dec, "ptid": Pid Dec, "cwd": CharBuf Na, "fdlimit": Uint64 Dec, "pgft_maj": Uint64 Dec, "pgft_min": Uint64 Dec, "vm_size": Uint32 Dec, "vm_rss": Uint32 Dec, "vm_swap": Uint32 Dec, "comm": CharBuf Na, "cgroups": ByteBuf Na, "env": ByteBuf Na, "tty": Int32 Dec];
    284 SYSCALL_UNSHARE_E                  "unshare"                SYSCALL    PROCESS    [OLD CONVERTED] ["flags": Flags32 Hex / in CLONE_FLAGS];
    285 SYSCALL_UNSHARE_X                  "unshare"                SYSCALL    PROCESS    [CONVERTED] ["res": Errno Dec, "flags": Flags32 Hex / in CLONE_FLAGS];
    286 INFRASTRUCTURE_EVENT_E             "infra"                  META       INTERNAL   [SKIP_RESET] ["source": CharBuf Dec, "name": CharBuf Na, "description": CharBuf Na, "scope": CharBuf Na];
    287 INFRASTRUCTURE_EVENT_X             "NA"                     NONE       UNKNOWN    [UNUSED] [];
    288 SYSCALL_EXECVE_18_E                "execve"                 SYSCALL    PROCESS    [STATE OLD CONVERTED] ["filename": FsPath Na];
    289 SYSCALL_EXECVE_18_X                "execve"                 SYSCALL    PROCESS    [STATE OLD CONVERTED] ["res": Errno Dec, "exe": CharBuf Na, "args": ByteBuf Na, "tid": Pid Dec, "pid": Pid Dec, "ptid": Pid Dec, "cwd": CharBuf Na, "fdlimit": Uint64 Dec, "pgft_maj": Uint64 Dec, "pgft_min": Uint64 Dec, "vm_size": Uint32 Dec, "vm_rss": Uint32 Dec, "vm_swap": Uint32 Dec, "comm": CharBuf Na, "cgroups": ByteBuf Na, "env": ByteBuf Na, "tty": Int32 Dec];
    290 PAGE_FAULT_E                       "page_fault"             TRACEPOINT OTHER      [SKIP_RESET] ["addr": Uint64 Hex, "ip": Uint64 Hex, "error": Flags32 Hex / in PF_FLAGS];
    291 PAGE_FAULT_X                       "NA"                     NONE       UNKNOWN    [UNUSED] [];
    292 SYSCALL_EXECVE_19_E                "execve"                 SYSCALL    PROCESS    [STATE OLD CONVERTED] ["filename": FsPath Na];
    293 SYSCALL_EXECVE_19_X                "execve"                 SYSCALL    PROCESS    [STATE CONVERTED] ["res": Errno Dec, "exe": CharBuf Na, "args": ByteBuf Na, "tid": Pid Dec, "pid": Pid Dec, "ptid": Pid Dec, "cwd": CharBuf Na, "fdlimit": Uint64 Dec, "pgft_maj": Uint64 Dec, "pgft_min": Uint64 Dec, "vm_size": Uint32 Dec, "vm_rss": Uint32 Dec, "vm_swap": Uint32 Dec, "comm": CharBuf Na, "cgroups": ByteBuf Na, "env": ByteBuf Na, "tty": Uint32 Dec, "vpgid": Pid Dec, "loginuid": Uid Dec, "flags": Flags32 Hex / in EXECVE_FLAGS, "cap_inheritable": Uint64 Hex, "cap_permitted": Uint64 Hex, "cap_effective": Uint64 Hex, "exe_ino": Uint64 Dec, "exe_ino_ctime": AbsTime Dec, "exe_ino_mtime": AbsTime Dec, "uid": Uid Dec, "trusted_exepath": FsPath Na, "pgid": Pid Na, "gid": Gid Dec, "filename": FsPath Na];
    294 SYSCALL_SETPGID_E                  "setpgid"                SYSCALL    PROCESS    [OLD CONVERTED] ["pid": Pid Dec, "pgid": Pid Dec];
    295 SYSCALL_SETPGID_X                  "setpgid"                SYSCALL    PROCESS    [CONVERTED] ["res": Errno Dec, "pid": Pid Dec, "pgid": Pid Dec];
    296 SYSCALL_BPF_E                      "bpf"                    SYSCALL    OTHER      [CREATES_FD OLD CONVERTED] ["cmd": Int64 Dec];
    297 SYSCALL_BPF_X                      "bpf"                    SYSCALL    OTHER      [CREATES_FD OLD CONVERTED] ["res_or_fd": Dyn Dec / dyn BPF];
    298 SYSCALL_SECCOMP_E                  "seccomp"                SYSCALL    OTHER      [OLD CONVERTED] ["op": Uint64 Dec, "flags": Uint64 Hex];
    299 SYSCALL_SECCOMP_X                  "seccomp"                SYSCALL    OTHER      [CONVERTED] ["res": Errno Dec, "op": Uint64 Dec, "flags": Uint64 Hex];
    300 SYSCALL_UNLINK_2_E                 "unlink"                 SYSCALL    FILE       [OLD] [];
    301 SYSCALL_UNLINK_2_X                 "unlink"                 SYSCALL    FILE       [] ["res": Errno Dec, "path": FsPath Na];
    302 SYSCALL_UNLINKAT_2_E               "unlinkat"               SYSCALL    FILE       [OLD] [];
    303 SYSCALL_UNLINKAT_2_X               "unlinkat"               SYSCALL    FILE       [USES_FD] ["res": Errno Dec, "dirfd": Fd Dec, "name": FsRelPath Na / dirfd 1, "flags": Flags32 Hex / in UNLINKAT_FLAGS];
    304 SYSCALL_MKDIRAT_E                  "mkdirat"                SYSCALL    FILE       [OLD] [];
    305 SYSCALL_MKDIRAT_X                  "mkdirat"                SYSCALL    FILE       [USES_FD] ["res": Errno Dec, "dirfd": Fd Dec, "path": FsRelPath Na / dirfd 1, "mode": Uint32 Hex];
    306 SYSCALL_OPENAT_2_E                 "openat"                 SYSCALL    FILE       [CREATES_FD STATE CONVERTED] ["dirfd": Fd Dec, "name": FsRelPath Na / dirfd 0, "flags": Flags32 Hex / in FILE_FLAGS, "mode": Uint32 Oct];
    307 SYSCALL_OPENAT_2_X                 "openat"                 SYSCALL    FILE       [CREATES_FD STATE CONVERTED] ["fd": Fd Dec, "dirfd": Fd Dec, "name": FsRelPath Na / dirfd 1, "flags": Flags32 Hex / in FILE_FLAGS, "mode": Uint32 Oct, "dev": Uint32 Hex, "ino": Uint64 Dec];
    308 SYSCALL_LINK_2_E                   "link"                   SYSCALL    FILE       [OLD] [];
    309 SYSCALL_LINK_2_X                   "link"                   SYSCALL    FILE       [] ["res": Errno Dec, "oldpath": FsPath Na, "newpath": FsPath Na];
    310 SYSCALL_LINKAT_2_E                 "linkat"                 SYSCALL    FILE       [OLD] [];
    311 SYSCALL_LINKAT_2_X                 "linkat"                 SYSCALL    FILE       [] ["res": Errno Dec, "olddir": Fd Dec, "oldpath": FsRelPath Na / dirfd 1, "newdir": Fd Dec, "newpath": FsRelPath Na / dirfd 3, "flags": Flags32 Hex / in LINKAT_FLAGS];
    312 SYSCALL_FCHMODAT_E                 "fchmodat"               SYSCALL    FILE       [OLD] [];
    313 SYSCALL_FCHMODAT_X                 "fchmodat"               SYSCALL    FILE       [USES_FD] ["res": Errno Dec, "dirfd": Fd Dec, "filename": FsRelPath Na / dirfd 1, "mode": Mode Oct / in CHMOD_MODE];
    314 SYSCALL_CHMOD_E                    "chmod"                  SYSCALL    FILE       [OLD] [];
    315 SYSCALL_CHMOD_X                    "chmod"                  SYSCALL    FILE       [] ["res": Errno Dec, "filename": FsPath Na, "mode": Mode Oct / in CHMOD_MODE];
    316 SYSCALL_FCHMOD_E                   "fchmod"                 SYSCALL    FILE       [OLD] [];
    317 SYSCALL_FCHMOD_X                   "fchmod"                 SYSCALL    FILE       [USES_FD] ["res": Errno Dec, "fd": Fd Dec, "mode": Mode Oct / in CHMOD_MODE];
    318 SYSCALL_RENAMEAT2_E                "renameat2"              SYSCALL    FILE       [OLD] [];
    319 SYSCALL_RENAMEAT2_X                "renameat2"              SYSCALL    FILE       [] ["res": Errno Dec, "olddirfd": Fd Dec, "oldpath": FsRelPath Na / dirfd 1, "newdirfd": Fd Dec, "newpath": FsRelPath Na / dirfd 3, "flags": Flags32 Hex / in RENAMEAT2_FLAGS];
    320 SYSCALL_USERFAULTFD_E              "userfaultfd"            SYSCALL    FILE       [CREATES_FD STATE OLD] [];
    321 SYSCALL_USERFAULTFD_X              "userfaultfd"            SYSCALL    FILE       [CREATES_FD STATE] ["res": Errno Dec, "flags": Flags32 Hex / in FILE_FLAGS];
    322 PLUGINEVENT_E                      "pluginevent"            PLUGIN     OTHER      [LARGE] ["plugin_id": Uint32 Dec, "event_data": ByteBuf Na];
    323 PLUGINEVENT_X                      "NA"                     NONE       UNKNOWN    [UNUSED] [];
    324 CONTAINER_JSON_2_E                 "container"              META       PROCESS    [STATE LARGE] ["json": CharBuf Na];
    325 CONTAINER_JSON_2_X                 "NA"                     NONE       UNKNOWN    [UNUSED] [];
    326 SYSCALL_OPENAT2_E                  "openat2"                SYSCALL    FILE       [CREATES_FD STATE CONVERTED] ["dirfd": Fd Dec, "name": FsRelPath Na / dirfd 0, "flags": Flags32 Hex / in FILE_FLAGS, "mode": Uint32 Oct, "resolve": Flags32 Hex / in OPENAT2_FLAGS];
    327 SYSCALL_OPENAT2_X                  "openat2"                SYSCALL    FILE       [CREATES_FD STATE CONVERTED] ["fd": Fd Dec, "dirfd": Fd Dec, "name": FsRelPath Na / dirfd 1, "flags": Flags32 Hex / in FILE_FLAGS, "mode": Uint32 Oct, "resolve": Flags32 Hex / in OPENAT2_FLAGS, "dev": Uint32 Hex, "ino": Uint64 Dec];
    328 SYSCALL_MPROTECT_E                 "mprotect"               SYSCALL    MEMORY     [OLD CONVERTED] ["addr": Uint64 Hex, "length": Uint64 Dec, "prot": Flags32 Hex / in PROT_FLAGS];
    329 SYSCALL_MPROTECT_X                 "mprotect"               SYSCALL    MEMORY     [CONVERTED] ["res": Errno Dec, "addr": Uint64 Hex, "length": Uint64 Dec, "prot": Flags32 Hex / in PROT_FLAGS];
    330 SYSCALL_EXECVEAT_E                 "execveat"               SYSCALL    PROCESS    [STATE OLD CONVERTED] ["dirfd": Fd Dec, "pathname": FsRelPath Na / dirfd 0, "flags": Flags32 Hex / in EXECVEAT_FLAGS];
    331 SYSCALL_EXECVEAT_X                 "execveat"               SYSCALL    PROCESS    [STATE CONVERTED] ["res": Errno Dec, "exe": CharBuf Na, "args": ByteBuf Na, "tid": Pid Dec, "pid": Pid Dec, "ptid": Pid Dec, "cwd": CharBuf Na, "fdlimit": Uint64 Dec, "pgft_maj": Uint64 Dec, "pgft_min": Uint64 Dec, "vm_size": Uint32 Dec, "vm_rss": Uint32 Dec, "vm_swap": Uint32 Dec, "comm": CharBuf Na, "cgroups": ByteBuf Na, "env": ByteBuf Na, "tty": Uint32 Dec, "vpgid": Pid Dec, "loginuid": Uid Dec, "flags": Flags32 Hex / in EXECVE_FLAGS, "cap_inheritable": Uint64 Hex, "cap_permitted": Uint64 Hex, "cap_effective": Uint64 Hex, "exe_ino": Uint64 Dec, "exe_ino_ctime": AbsTime Dec, "exe_ino_mtime": AbsTime Dec, "uid": Uid Dec, "trusted_exepath": FsPath Na, "pgid": Pid Na, "gid": Gid Dec];
    332 SYSCALL_COPY_FILE_RANGE_E          "copy_file_range"        SYSCALL    FILE       [USES_FD READS_FD WRITES_FD OLD CONVERTED] ["fdin": Fd Dec, "offin": Uint64 Dec, "len": Uint64 Dec];
    333 SYSCALL_COPY_FILE_RANGE_X          "copy_file_range"        SYSCALL    FILE       [USES_FD READS_FD WRITES_FD CONVERTED] ["res": Errno Dec, "fdout": Fd Dec, "offout": Uint64 Dec, "fdin": Fd Dec, "offin": Uint64 Dec, "len": Uint64 Dec];
    334 SYSCALL_CLONE3_E                   "clone3"                 SYSCALL    PROCESS    [STATE OLD] [];
    335 SYSCALL_CLONE3_X                   "clone3"                 SYSCALL    PROCESS    [STATE CONVERTED] ["res": Pid Dec, "exe": CharBuf Na, "args": ByteBuf Na, "tid": Pid Dec, "pid": Pid Dec, "ptid": Pid Dec, "cwd": CharBuf Na, "fdlimit": Int64 Dec, "pgft_maj": Uint64 Dec, "pgft_min": Uint64 Dec, "vm_size": Uint32 Dec, "vm_rss": Uint32 Dec, "vm_swap": Uint32 Dec, "comm": CharBuf Na, "cgroups": ByteBuf Na, "flags": Flags32 Hex / in CLONE_FLAGS, "uid": Uint32 Dec, "gid": Uint32 Dec, "vtid": Pid Dec, "vpid": Pid Dec, "pidns_init_start_ts": Uint64 Dec];
    336 SYSCALL_OPEN_BY_HANDLE_AT_E        "open_by_handle_at"      SYSCALL    FILE       [CREATES_FD STATE OLD] [];
    337 SYSCALL_OPEN_BY_HANDLE_AT_X        "open_by_handle_at"      SYSCALL    FILE       [CREATES_FD STATE] ["fd": Fd Dec, "mountfd": Fd Dec, "flags": Flags32 Hex / in FILE_FLAGS, "path": FsPath Na, "dev": Uint32 Hex, "ino": Uint64 Dec];
    338 SYSCALL_IO_URING_SETUP_E           "io_uring_setup"         SYSCALL    IO_OTHER   [CREATES_FD STATE OLD] [];
    339 SYSCALL_IO_URING_SETUP_X           "io_uring_setup"         SYSCALL    IO_OTHER   [CREATES_FD STATE] ["res": Errno Dec, "entries": Uint32 Dec, "sq_entries": Uint32 Dec, "cq_entries": Uint32 Dec, "flags": Flags32 Hex / in IO_URING_SETUP_FLAGS, "sq_thread_cpu": Uint32 Dec, "sq_thread_idle": Uint32 Dec, "features": Flags32 Hex / in IO_URING_SETUP_FEATS];
    340 SYSCALL_IO_URING_ENTER_E           "io_uring_enter"         SYSCALL    IO_OTHER   [OLD] [];
    341 SYSCALL_IO_URING_ENTER_X           "io_uring_enter"         SYSCALL    IO_OTHER   [USES_FD] ["res": Errno Dec, "fd": Fd Dec, "to_submit": Uint32 Dec, "min_complete": Uint32 Dec, "flags": Flags32 Hex / in IO_URING_ENTER_FLAGS, "sig": SigSet Dec];
    342 SYSCALL_IO_URING_REGISTER_E        "io_uring_register"      SYSCALL    IO_OTHER   [OLD] [];
    343 SYSCALL_IO_URING_REGISTER_X        "io_uring_register"      SYSCALL    IO_OTHER   [USES_FD] ["res": Errno Dec, "fd": Fd Dec, "opcode": EnumFlags16 Dec / in IO_URING_REGISTER_OPCODES, "arg": Uint64 Hex, "nr_args": Uint32 Dec];
    344 SYSCALL_MLOCK_E                    "mlock"                  SYSCALL    MEMORY     [OLD] [];
    345 SYSCALL_MLOCK_X                    "mlock"                  SYSCALL    MEMORY     [] ["res": Errno Dec, "addr": Uint64 Hex, "len": Uint64 Dec];
    346 SYSCALL_MUNLOCK_E                  "munlock"                SYSCALL    MEMORY     [OLD] [];
    347 SYSCALL_MUNLOCK_X                  "munlock"                SYSCALL    MEMORY     [] ["res": Errno Dec, "addr": Uint64 Hex, "len": Uint64 Dec];
    348 SYSCALL_MLOCKALL_E                 "mlockall"               SYSCALL    MEMORY     [OLD] [];
    349 SYSCALL_MLOCKALL_X                 "mlockall"               SYSCALL    MEMORY     [] ["res": Errno Dec, "flags": Flags32 Hex / in MLOCKALL_FLAGS];
    350 SYSCALL_MUNLOCKALL_E               "munlockall"             SYSCALL    MEMORY     [OLD] [];
    351 SYSCALL_MUNLOCKALL_X               "munlockall"             SYSCALL    MEMORY     [] ["res": Errno Dec];
    352 SYSCALL_CAPSET_E                   "capset"                 SYSCALL    PROCESS    [STATE OLD] [];
    353 SYSCALL_CAPSET_X                   "capset"                 SYSCALL    PROCESS    [STATE] ["res": Errno Dec, "cap_inheritable": Uint64 Hex, "cap_permitted": Uint64 Hex, "cap_effective": Uint64 Hex];
    354 USER_ADDED_E                       "useradded"              META       PROCESS    [STATE] ["uid": Uint32 Dec, "gid": Uint32 Dec, "name": CharBuf Na, "home": CharBuf Na, "shell": CharBuf Na, "container_id": CharBuf Na];
    355 USER_ADDED_X                       "NA"                     NONE       UNKNOWN    [UNUSED] [];
    356 USER_DELETED_E                     "userdeleted"            META       PROCESS    [STATE] ["uid": Uint32 Dec, "gid": Uint32 Dec, "name": CharBuf Na, "home": CharBuf Na, "shell": CharBuf Na, "container_id": CharBuf Na];
    357 USER_DELETED_X                     "NA"                     NONE       UNKNOWN    [UNUSED] [];
    358 GROUP_ADDED_E                      "groupadded"             META       PROCESS    [STATE] ["gid": Uint32 Dec, "name": CharBuf Na, "container_id": CharBuf Na];
    359 GROUP_ADDED_X                      "NA"                     NONE       UNKNOWN    [UNUSED] [];
    360 GROUP_DELETED_E                    "groupdeleted"           META       PROCESS    [STATE] ["gid": Uint32 Dec, "name": CharBuf Na, "container_id": CharBuf Na];
    361 GROUP_DELETED_X                    "NA"                     NONE       UNKNOWN    [UNUSED] [];
    362 SYSCALL_DUP2_E                     "dup2"                   SYSCALL    IO_OTHER   [CREATES_FD USES_FD STATE OLD] ["fd": Fd Dec];
    363 SYSCALL_DUP2_X                     "dup2"                   SYSCALL    IO_OTHER   [CREATES_FD USES_FD STATE] ["res": Fd Dec, "oldfd": Fd Dec, "newfd": Fd Dec];
    364 SYSCALL_DUP3_E                     "dup3"                   SYSCALL    IO_OTHER   [CREATES_FD USES_FD STATE OLD] ["fd": Fd Dec];
    365 SYSCALL_DUP3_X                     "dup3"                   SYSCALL    IO_OTHER   [CREATES_FD USES_FD STATE] ["res": Fd Dec, "oldfd": Fd Dec, "newfd": Fd Dec, "flags": Flags32 Hex / in FILE_FLAGS];
    366 SYSCALL_DUP_1_E                    "dup"                    SYSCALL    IO_OTHER   [CREATES_FD USES_FD STATE OLD] ["fd": Fd Dec];
    367 SYSCALL_DUP_1_X                    "dup"                    SYSCALL    IO_OTHER   [CREATES_FD USES_FD STATE] ["res": Fd Dec, "oldfd": Fd Dec];
    368 SYSCALL_BPF_2_E                    "bpf"                    SYSCALL    OTHER      [CREATES_FD OLD] ["cmd": Int64 Dec];
    369 SYSCALL_BPF_2_X                    "bpf"                    SYSCALL    OTHER      [CREATES_FD] ["fd": Fd Dec, "cmd": EnumFlags32 Dec / in BPF_COMMANDS];
    370 SYSCALL_MLOCK2_E                   "mlock2"                 SYSCALL    MEMORY     [OLD] [];
    371 SYSCALL_MLOCK2_X                   "mlock2"                 SYSCALL    MEMORY     [] ["res": Errno Dec, "addr": Uint64 Hex, "len": Uint64 Dec, "flags": Flags32 Hex / in MLOCK2_FLAGS];
    372 SYSCALL_FSCONFIG_E                 "fsconfig"               SYSCALL    SYSTEM     [OLD] [];
    373 SYSCALL_FSCONFIG_X                 "fsconfig"               SYSCALL    SYSTEM     [USES_FD] ["res": Errno Dec, "fd": Fd Dec, "cmd": EnumFlags32 Dec / in FSCONFIG_CMDS, "key": CharBuf Na, "value_bytebuf": ByteBuf Na, "value_charbuf": CharBuf Na, "aux": Int32 Dec];
    374 SYSCALL_EPOLL_CREATE_E             "epoll_create"           SYSCALL    WAIT       [CREATES_FD STATE OLD CONVERTED] ["size": Int32 Dec];
    375 SYSCALL_EPOLL_CREATE_X             "epoll_create"           SYSCALL    WAIT       [CREATES_FD STATE CONVERTED] ["res": Errno Dec, "size": Int32 Dec];
    376 SYSCALL_EPOLL_CREATE1_E            "epoll_create1"          SYSCALL    WAIT       [CREATES_FD STATE OLD CONVERTED] ["flags": Flags32 Hex / in EPOLL_CREATE1_FLAGS];
    377 SYSCALL_EPOLL_CREATE1_X            "epoll_create1"          SYSCALL    WAIT       [CREATES_FD STATE CONVERTED] ["res": Errno Dec, "flags": Flags32 Hex / in EPOLL_CREATE1_FLAGS];
    378 SYSCALL_CHOWN_E                    "chown"                  SYSCALL    FILE       [OLD] [];
    379 SYSCALL_CHOWN_X                    "chown"                  SYSCALL    FILE       [] ["res": Errno Dec, "path": FsPath Na, "uid": Uint32 Dec, "gid": Uint32 Dec];
    380 SYSCALL_LCHOWN_E                   "lchown"                 SYSCALL    FILE       [OLD] [];
    381 SYSCALL_LCHOWN_X                   "lchown"                 SYSCALL    FILE       [] ["res": Errno Dec, "path": FsPath Na, "uid": Uint32 Dec, "gid": Uint32 Dec];
    382 SYSCALL_FCHOWN_E                   "fchown"                 SYSCALL    FILE       [OLD] [];
    383 SYSCALL_FCHOWN_X                   "fchown"                 SYSCALL    FILE       [USES_FD] ["res": Errno Dec, "fd": Fd Dec, "uid": Uint32 Dec, "gid": Uint32 Dec];
    384 SYSCALL_FCHOWNAT_E                 "fchownat"               SYSCALL    FILE       [OLD] [];
    385 SYSCALL_FCHOWNAT_X                 "fchownat"               SYSCALL    FILE       [USES_FD] ["res": Errno Dec, "dirfd": Fd Dec, "pathname": FsRelPath Na / dirfd 1, "uid": Uint32 Dec, "gid": Uint32 Dec, "flags": Flags32 Hex / in FCHOWNAT_FLAGS];
    386 SYSCALL_UMOUNT_1_E                 "umount"                 SYSCALL    FILE       [STATE OLD] [];
    387 SYSCALL_UMOUNT_1_X                 "umount"                 SYSCALL    FILE       [STATE] ["res": Errno Dec, "name": FsPath Na];
    388 SOCKET_ACCEPT4_6_E                 "accept4"                SYSCALL    NET        [CREATES_FD STATE OLD CONVERTED] ["flags": Int32 Hex];
    389 SOCKET_ACCEPT4_6_X                 "accept4"                SYSCALL    NET        [CREATES_FD STATE CONVERTED] ["fd": Fd Dec, "tuple": SockTuple Na, "queuepct": Uint8 Dec, "queuelen": Uint32 Dec, "queuemax": Uint32 Dec, "flags": Int32 Hex];
    390 SYSCALL_UMOUNT2_E                  "umount2"                SYSCALL    FILE       [STATE OLD CONVERTED] ["flags": Flags32 Hex / in UMOUNT_FLAGS];
    391 SYSCALL_UMOUNT2_X                  "umount2"                SYSCALL    FILE       [STATE CONVERTED] ["res": Errno Dec, "name": FsPath Na, "flags": Flags32 Hex / in UMOUNT_FLAGS];
    392 SYSCALL_PIPE2_E                    "pipe2"                  SYSCALL    IPC        [CREATES_FD STATE OLD] [];
    393 SYSCALL_PIPE2_X                    "pipe2"                  SYSCALL    IPC        [CREATES_FD STATE] ["res": Errno Dec, "fd1": Fd Dec, "fd2": Fd Dec, "ino": Uint64 Dec, "flags": Flags32 Hex / in FILE_FLAGS];
    394 SYSCALL_INOTIFY_INIT1_E            "inotify_init1"          SYSCALL    IPC        [CREATES_FD STATE OLD] [];
    395 SYSCALL_INOTIFY_INIT1_X            "inotify_init1"          SYSCALL    IPC        [CREATES_FD STATE] ["res": Fd Dec, "flags": Flags16 Hex / in FILE_FLAGS];
    396 SYSCALL_EVENTFD2_E                 "eventfd2"               SYSCALL    IPC        [CREATES_FD STATE OLD CONVERTED] ["initval": Uint64 Dec];
    397 SYSCALL_EVENTFD2_X                 "eventfd2"               SYSCALL    IPC        [CREATES_FD STATE CONVERTED] ["res": Fd Dec, "flags": Flags16 Hex / in FILE_FLAGS, "initval": Uint64 Dec];
    398 SYSCALL_SIGNALFD4_E                "signalfd4"              SYSCALL    SIGNAL     [CREATES_FD STATE OLD CONVERTED] ["fd": Fd Dec, "mask": Uint32 Hex];
    399 SYSCALL_SIGNALFD4_X                "signalfd4"              SYSCALL    SIGNAL     [CREATES_FD STATE CONVERTED] ["res": Fd Dec, "flags": Flags16 Hex / in FILE_FLAGS, "fd": Fd Dec, "mask": Uint32 Hex];
    400 SYSCALL_PRCTL_E                    "prctl"                  SYSCALL    PROCESS    [STATE OLD] [];
    401 SYSCALL_PRCTL_X                    "prctl"                  SYSCALL    PROCESS    [STATE] ["res": Errno Dec, "option": EnumFlags32 Dec / in PRCTL_OPTIONS, "arg2_str": CharBuf Na, "arg2_int": Int64 Dec];
    402 ASYNCEVENT_E                       "asyncevent"             META       OTHER      [LARGE] ["plugin_id": Uint32 Dec, "name": CharBuf Na, "data": ByteBuf Na];
    403 ASYNCEVENT_X                       "NA"                     NONE       UNKNOWN    [UNUSED] [];
    404 SYSCALL_MEMFD_CREATE_E             "memfd_create"           SYSCALL    MEMORY     [CREATES_FD STATE OLD] [];
    405 SYSCALL_MEMFD_CREATE_X             "memfd_create"           SYSCALL    MEMORY     [CREATES_FD STATE] ["fd": Fd Dec, "name": CharBuf Na, "flags": Flags32 Hex / in MEMFD_CREATE_FLAGS];
    406 SYSCALL_PIDFD_GETFD_E              "pidfd_getfd"            SYSCALL    PROCESS    [CREATES_FD STATE OLD] [];
    407 SYSCALL_PIDFD_GETFD_X              "pidfd_getfd"            SYSCALL    PROCESS    [CREATES_FD STATE] ["fd": Fd Dec, "pid_fd": Fd Dec, "target_fd": Fd Dec, "flags": Uint32 Hex];
    408 SYSCALL_PIDFD_OPEN_E               "pidfd_open"             SYSCALL    PROCESS    [CREATES_FD STATE OLD] [];
    409 SYSCALL_PIDFD_OPEN_X               "pidfd_open"             SYSCALL    PROCESS    [CREATES_FD STATE] ["fd": Fd Dec, "pid": Pid Dec, "flags": Flags32 Hex / in PIDFD_OPEN_FLAGS];
    410 SYSCALL_INIT_MODULE_E              "init_module"            SYSCALL    OTHER      [OLD] [];
    411 SYSCALL_INIT_MODULE_X              "init_module"            SYSCALL    OTHER      [] ["res": Errno Dec, "img": ByteBuf Na, "length": Uint64 Dec, "uargs": CharBuf Na];
    412 SYSCALL_FINIT_MODULE_E             "finit_module"           SYSCALL    OTHER      [OLD] [];
    413 SYSCALL_FINIT_MODULE_X             "finit_module"           SYSCALL    OTHER      [USES_FD READS_FD] ["res": Errno Dec, "fd": Fd Dec, "uargs": CharBuf Na, "flags": Flags32 Hex / in FINIT_MODULE_FLAGS];
    414 SYSCALL_MKNOD_E                    "mknod"                  SYSCALL    OTHER      [OLD] [];
    415 SYSCALL_MKNOD_X                    "mknod"                  SYSCALL    OTHER      [] ["res": Errno Dec, "path": FsPath Na, "mode": Mode Oct / in MKNOD_MODE, "dev": Uint32 Dec];
    416 SYSCALL_MKNODAT_E                  "mknodat"                SYSCALL    OTHER      [OLD] [];
    417 SYSCALL_MKNODAT_X                  "mknodat"                SYSCALL    OTHER      [USES_FD] ["res": Errno Dec, "dirfd": Fd Dec, "path": FsRelPath Na / dirfd 1, "mode": Mode Oct / in MKNOD_MODE, "dev": Uint32 Dec];
    418 SYSCALL_NEWFSTATAT_E               "newfstatat"             SYSCALL    FILE       [OLD] [];
    419 SYSCALL_NEWFSTATAT_X               "newfstatat"             SYSCALL    FILE       [USES_FD] ["res": Errno Dec, "dirfd": Fd Dec, "path": FsRelPath Na / dirfd 1, "flags": Flags32 Hex / in NEWFSTATAT_FLAGS];
    420 SYSCALL_PROCESS_VM_READV_E         "process_vm_readv"       SYSCALL    IPC        [OLD] [];
    421 SYSCALL_PROCESS_VM_READV_X         "process_vm_readv"       SYSCALL    IPC        [] ["res": Int64 Dec, "pid": Pid Dec, "data": ByteBuf Na];
    422 SYSCALL_PROCESS_VM_WRITEV_E        "process_vm_writev"      SYSCALL    IPC        [OLD] [];
    423 SYSCALL_PROCESS_VM_WRITEV_X        "process_vm_writev"      SYSCALL    IPC        [] ["res": Int64 Dec, "pid": Pid Dec, "data": ByteBuf Na];
    424 SYSCALL_DELETE_MODULE_E            "delete_module"          SYSCALL    OTHER      [OLD] [];
    425 SYSCALL_DELETE_MODULE_X            "delete_module"          SYSCALL    OTHER      [] ["res": Errno Dec, "name": CharBuf Na, "flags": Flags32 Hex / in DELETE_MODULE_FLAGS];
    426 SYSCALL_SETREUID_E                 "setreuid"               SYSCALL    USER       [STATE OLD] [];
    427 SYSCALL_SETREUID_X                 "setreuid"               SYSCALL    USER       [STATE] ["res": Errno Dec, "ruid": Uid Dec, "euid": Uid Dec];
    428 SYSCALL_SETREGID_E                 "setregid"               SYSCALL    USER       [OLD] [];
    429 SYSCALL_SETREGID_X                 "setregid"               SYSCALL    USER       [STATE] ["res": Errno Dec, "rgid": Uid Dec, "egid": Uid Dec];
    430 ITER_TASK_E                        "task"                   ITER       PROCESS    [STATE] ["ppid": Pid32 Dec, "pgid": Pid32 Dec, "vpgid": Pid32 Dec, "sid": Pid32 Dec, "comm": CharBuf Na, "argv": CharBufArray Na, "exepath": FsPath Na, "flags": Flags32 Hex / in EXECVE_FLAGS, "env": CharBufArray Na, "cwd": CharBuf Na, "fdlimit": Uint64 Dec, "euid": Uid Dec, "egid": Gid Dec, "cap_permitted": Uint64 Hex, "cap_effective": Uint64 Hex, "cap_inheritable": Uint64 Hex, "exe_ino_num": Uint64 Dec, "exe_ino_ctime": AbsTime Dec, "exe_ino_mtime": AbsTime Dec, "vm_size": Uint32 Dec, "vm_rss": Uint32 Dec, "vm_swap": Uint32 Dec, "pgft_maj": Uint64 Dec, "pgft_min": Uint64 Dec, "vtgid": Pid32 Dec, "vpid": Pid32 Dec, "pidns_init_start_ts": Uint64 Dec, "cgroups": CharBufArray Na, "root": FsPath Na, "start_time": AbsTime Dec, "tty": Uint32 Dec, "loginuid": Uid Dec];
    431 ITER_TASK_X                        "NA"                     NONE       UNKNOWN    [UNUSED] [];
    432 ITER_TASK_FILE_PIPE_E              "task_file_pipe"         ITER       FILE       [STATE] ["fd": Fd32 Dec, "path": FsPath Na, "ino_num": Uint64 Dec];
    433 ITER_TASK_FILE_PIPE_X              "NA"                     NONE       UNKNOWN    [UNUSED] [];
    434 ITER_TASK_FILE_MEMFD_E             "task_file_memfd"        ITER       FILE       [STATE] ["fd": Fd32 Dec, "path": FsPath Na, "ino_num": Uint64 Dec];
    435 ITER_TASK_FILE_MEMFD_X             "NA"                     NONE       UNKNOWN    [UNUSED] [];
    436 ITER_TASK_FILE_REGULAR_E           "task_file_regular"      ITER       FILE       [STATE] ["fd": Fd32 Dec, "path": FsPath Na, "flags": Flags32 Hex / in FILE_FLAGS, "mnt_id": Uint32 Dec, "ino_num": Uint64 Dec];
    437 ITER_TASK_FILE_REGULAR_X           "NA"                     NONE       UNKNOWN    [UNUSED] [];
    438 ITER_TASK_FILE_DIRECTORY_E         "task_file_directory"    ITER       FILE       [STATE] ["fd": Fd32 Dec, "path": FsPath Na, "ino_num": Uint64 Dec];
    439 ITER_TASK_FILE_DIRECTORY_X         "NA"                     NONE       UNKNOWN    [UNUSED] [];
    440 ITER_TASK_FILE_SOCKET_INET_E       "task_file_socket_inet"  ITER       FILE       [STATE] ["fd": Fd32 Dec, "sk_type": Uint16 Dec, "sk_proto": Uint16 Dec, "local_ip": Ipv4Addr Hex, "local_port": Port Hex, "remote_ip": Ipv4Addr Hex, "remote_port": Port Hex, "ino_num": Uint64 Dec];
    441 ITER_TASK_FILE_SOCKET_INET_X       "NA"                     NONE       UNKNOWN    [UNUSED] [];
    442 ITER_TASK_FILE_SOCKET_INET6_E      "task_file_socket_inet6" ITER       FILE       [STATE] ["fd": Fd32 Dec, "sk_type": Uint16 Dec, "sk_proto": Uint16 Dec, "local_ip": Ipv6Addr Hex, "local_port": Port Hex, "remote_ip": Ipv6Addr Hex, "remote_port": Port Hex, "ino_num": Uint64 Dec];
    443 ITER_TASK_FILE_SOCKET_INET6_X      "NA"                     NONE       UNKNOWN    [UNUSED] [];
    444 ITER_TASK_FILE_SOCKET_UNIX_E       "task_file_socket_unix"  ITER       FILE       [STATE] ["fd": Fd32 Dec, "sk_type": Uint16 Dec, "sk_proto": Uint16 Dec, "sk_pointer": Uint64 Na, "sun_path": FsPath Na, "ino_num": Uint64 Dec];
    445 ITER_TASK_FILE_SOCKET_UNIX_X       "NA"                     NONE       UNKNOWN    [UNUSED] [];
    446 ITER_TASK_FILE_SOCKET_NETLINK_E    "task_file_socket_netlink" ITER       FILE       [STATE] ["fd": Fd32 Dec, "sk_type": Uint16 Dec, "sk_proto": Uint16 Dec, "ino_num": Uint64 Dec];
    447 ITER_TASK_FILE_SOCKET_NETLINK_X    "NA"                     NONE       UNKNOWN    [UNUSED] [];
    448 ITER_TASK_FILE_ANON_INODE_E        "task_file_anon_inode"   ITER       FILE       [STATE] ["fd": Fd32 Dec, "fd_type": Flags8 Dec / in ANON_INODE_FD_TYPES, "path": FsPath Na, "ino_num": Uint64 Dec];
    449 ITER_TASK_FILE_ANON_INODE_X        "NA"                     NONE       UNKNOWN    [UNUSED] [];
    450 SYSCALL_CLOSE_RANGE_E              "NA"                     NONE       UNKNOWN    [UNUSED] [];
    451 SYSCALL_CLOSE_RANGE_X              "close_range"            SYSCALL    IO_OTHER   [STATE] ["res": Errno Dec, "first": Uint32 Dec, "last": Uint32 Dec, "flags": Flags32 Hex / in CLOSE_RANGE_FLAGS];
    452 SYSCALL_KEYCTL_E                   "NA"                     NONE       UNKNOWN    [UNUSED] [];
    453 SYSCALL_KEYCTL_X                   "keyctl"                 SYSCALL    OTHER      [] ["res": Errno Dec, "operation": EnumFlags32 Dec / in KEYCTL_OPERATIONS, "arg2": Dyn Dec / dyn KEYCTL, "arg3": Dyn Dec / dyn KEYCTL, "arg4": Dyn Dec / dyn KEYCTL, "arg5": Dyn Dec / dyn KEYCTL];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_stands_at_its_code() {
        for (at, row) in events().iter().enumerate() {
            assert_eq!(usize::from(row.code), at, "{}", row.id);
        }
    }

    #[test]
    fn dirfd_details_name_an_fd_parameter() {
        for row in events() {
            for p in row.params {
                if let ParamDetail::DirFd(at) = p.detail {
                    assert_eq!(row.params[at].ty, ParamType::Fd, "{}.{}", row.id, p.name);
                }
            }
        }
    }

    #[test]
    fn flag_types_have_a_flag_set() {
        use ParamType as T;
        for row in events() {
            for p in row.params {
                let has_set = matches!(p.detail, ParamDetail::Flags(_));
                let wants = matches!(
                    p.ty,
                    T::Flags8 | T::Flags16 | T::Flags32 | T::EnumFlags8 | T::EnumFlags16 | T::EnumFlags32
                );
                if wants {
                    assert!(has_set, "{}.{}", row.id, p.name);
                }
            }
        }
    }
}
