//! The rows of the fetch plan: for every event a recorder makes, where its parameters come from.
//!
//! One line is one event; entries stand in the order of its parameters in `events.rs`.

use crate::code::*;
use crate::fetch::Convert::{Access, DirFd, Family, FileMode, Full, Futex, Int, Mount, Permissions, Word};
use crate::fetch::Direction::{In, Out};
use crate::fetch::Fetch::{
    Capability, CloneFlags, CreatFlags, EachMessage, Empty, ExitCode, ExitCore, ExitSignal, ExitStatus,
    FileDev, FileInode, FilePath, Keyctl, Memory, NativeId, PrctlNumber, PrctlText, PtraceAddr, PtraceData,
    Queue, Quota, Reaper, Signal, SignalReceiver, SignalSender, SockOptName, SyscallId, Task,
};
use crate::fetch::From::{Arg, Const, Mem, Ret};
use crate::fetch::MemoryPart::{Resident, Size, Swapped};
use crate::fetch::VectorPart::{Asked, Data as Bytes};
use crate::fetch::When::{Always, Connected, Done, Positive, Zero};
use crate::fetch::{
    Convert, Direction, Fetch, From, Keep, Kernel as K, Length, MessagePart as M, Only, QueuePart,
    QuotaPart as Q, TaskPart as T, VectorPart, When,
};

const fn number(from: From, to: Convert) -> Fetch {
    Fetch::Number { from, to, when: Always, otherwise: 0 }
}

/// The return value.
const RET: Fetch = number(Ret, Full);
/// The return value, if it is positive.
const RET_SIZE: Fetch = Fetch::Number { from: Ret, to: Full, when: Positive, otherwise: 0 };

/// An argument, all of it.
const fn arg(n: u8) -> Fetch {
    number(Arg(n), Full)
}
/// An argument's low 32 bits, signed.
const fn int(n: u8) -> Fetch {
    number(Arg(n), Int)
}
/// An argument's low 32 bits, unsigned.
const fn word(n: u8) -> Fetch {
    number(Arg(n), Word)
}
const fn dirfd(n: u8) -> Fetch {
    number(Arg(n), DirFd)
}
const fn flags(n: u8, kernel: K) -> Fetch {
    number(Arg(n), Convert::Flags(kernel))
}
const fn choice(n: u8, kernel: K) -> Fetch {
    number(Arg(n), Convert::Choice(kernel))
}
const fn mem(arg: u8, at: u16, width: u8) -> Fetch {
    number(Mem { arg, at, width }, Full)
}
/// As [`mem`], but something else unless the call succeeded.
const fn mem_if_zero(arg: u8, at: u16, width: u8, otherwise: i64) -> Fetch {
    Fetch::Number { from: Mem { arg, at, width }, to: Full, when: Zero, otherwise }
}
const fn text(at: u8) -> Fetch {
    Fetch::Text { at, when: Always, only: None }
}
/// Bytes that a call read.
const fn data_in(at: u8) -> Fetch {
    Fetch::Data { at, len: Length::Ret, keep: Keep::Snaplen, when: Positive, only: None }
}
/// Bytes that a call was given to write.
const fn data_out(at: u8, len: u8) -> Fetch {
    Fetch::Data { at, len: Length::RetOr(len), keep: Keep::Snaplen, when: Always, only: None }
}
const fn vector(at: u8, count: u8, part: VectorPart, when: When) -> Fetch {
    Fetch::Vector { at, count, part, when }
}
const fn message(at: u8, part: M, when: When) -> Fetch {
    Fetch::Message { at, part, when }
}
const fn tuple(fd: From, direction: Direction, given: Option<u8>, when: When) -> Fetch {
    Fetch::Tuple { fd, direction, given, when }
}
const fn pair(at: u8, which: u8) -> Fetch {
    Fetch::PairFd { at, which, sockets: true }
}
const fn pipe(at: u8, which: u8) -> Fetch {
    Fetch::PairFd { at, which, sockets: false }
}

/// `open_how` of `openat2`: flags, mode, resolve.
const HOW: From = Mem { arg: 2, at: 0, width: 8 };
const HOW_MODE: From = Mem { arg: 2, at: 8, width: 8 };
const HOW_RESOLVE: From = Mem { arg: 2, at: 16, width: 8 };

const VALUE_IS_TEXT: Only = Only { arg: 1, values: &[1, 3, 4], shift: 0 };
const VALUE_IS_BYTES: Only = Only { arg: 1, values: &[2], shift: 0 };
/// `Q_QUOTAON`, whose number is 0x800002.
const QUOTA_ON: Only = Only { arg: 0, values: &[2], shift: 8 };

/// Parameters 2 to 15 of the clone and exec families.
macro_rules! task {
    ($($rest:expr),*) => {
        &[
            RET, Task(T::Exe), Task(T::Args), Task(T::Tid), Task(T::Pid), Task(T::ParentTid), Empty,
            Task(T::FdLimit), Task(T::MajorFaults), Task(T::MinorFaults), Task(T::Memory(Size)),
            Task(T::Memory(Resident)), Task(T::Memory(Swapped)), Task(T::Comm), Task(T::Cgroups), $($rest),*
        ]
    };
}
macro_rules! clone {
    ($from:expr) => {
        task!(
            CloneFlags($from),
            Task(T::Uid),
            Task(T::Gid),
            Task(T::TidInside),
            Task(T::PidInside),
            Task(T::PidNsStart)
        )
    };
}
macro_rules! exec {
    ($($rest:expr),*) => {
        task!(
            Task(T::Env), Task(T::Tty), Task(T::PgidInside), Task(T::LoginUid), Task(T::ExeFlags),
            Task(T::Capability(0)), Task(T::Capability(1)), Task(T::Capability(2)), Task(T::ExeInode),
            Task(T::ExeChanged), Task(T::ExeModified), Task(T::Uid), Task(T::ExePath), Task(T::Pgid), Task(T::Gid)
            $(, $rest)*
        )
    };
}

#[rustfmt::skip]
pub(crate) static ROWS: &[(u16, &[Fetch])] = &[
    (GENERIC_X,                    &[SyscallId, NativeId]),
    (PROCEXIT_1_E,                 &[ExitStatus, ExitCode, ExitSignal, ExitCore, Reaper]),
    (SIGNALDELIVER_E,              &[SignalSender, SignalReceiver, Signal]),

    (SYSCALL_EXECVE_19_X,          exec!(Task(T::Filename))),
    (SYSCALL_EXECVEAT_X,           exec!()),
    (SYSCALL_CLONE_20_X,           clone!(Arg(0))),
    (SYSCALL_CLONE3_X,             clone!(Mem { arg: 0, at: 0, width: 8 })),
    (SYSCALL_FORK_20_X,            clone!(Const(0))),
    (SYSCALL_VFORK_20_X,           clone!(Const(0))),

    (SYSCALL_OPEN_X,               &[RET, text(0), Fetch::OpenFlags(Arg(1)), Fetch::OpenMode { flags: Arg(1), mode: Arg(2) }, FileDev, FileInode]),
    (SYSCALL_OPENAT_2_X,           &[RET, dirfd(0), text(1), Fetch::OpenFlags(Arg(2)), Fetch::OpenMode { flags: Arg(2), mode: Arg(3) }, FileDev, FileInode]),
    (SYSCALL_OPENAT2_X,            &[RET, dirfd(0), text(1), Fetch::OpenFlags(HOW), Fetch::OpenMode { flags: HOW, mode: HOW_MODE }, number(HOW_RESOLVE, Convert::Flags(K::Resolve)), FileDev, FileInode]),
    (SYSCALL_CREAT_X,              &[RET, text(0), number(Arg(1), Permissions), FileDev, FileInode, CreatFlags]),
    (SYSCALL_OPEN_BY_HANDLE_AT_X,  &[RET, dirfd(0), Fetch::OpenFlags(Arg(2)), FilePath, FileDev, FileInode]),
    (SYSCALL_CLOSE_X,              &[RET, int(0)]),
    (SYSCALL_CLOSE_RANGE_X,        &[RET, word(0), word(1), flags(2, K::CloseRange)]),
    (SYSCALL_DUP_1_X,              &[RET, int(0)]),
    (SYSCALL_DUP2_X,               &[RET, int(0), int(1)]),
    (SYSCALL_DUP3_X,               &[RET, int(0), int(1), flags(2, K::Open)]),
    (SYSCALL_FCNTL_X,              &[RET, int(0), choice(1, K::Fcntl), arg(2)]),
    (SYSCALL_PIPE_X,               &[RET, pipe(0, 0), pipe(0, 1), Fetch::PairInode { at: 0 }]),
    (SYSCALL_PIPE2_X,              &[RET, pipe(0, 0), pipe(0, 1), Fetch::PairInode { at: 0 }, flags(1, K::Open)]),
    (SYSCALL_MEMFD_CREATE_X,       &[RET, text(0), flags(1, K::Memfd)]),
    (SYSCALL_EVENTFD_X,            &[RET, word(0), number(Const(0), Full)]),
    (SYSCALL_EVENTFD2_X,           &[RET, flags(1, K::Open), word(0)]),
    (SYSCALL_SIGNALFD_X,           &[RET, int(0), number(Const(0), Full), number(Const(0), Full)]),
    (SYSCALL_SIGNALFD4_X,          &[RET, flags(3, K::Open), int(0), number(Const(0), Full)]),
    (SYSCALL_TIMERFD_CREATE_X,     &[RET, word(0), number(Arg(1), Convert::SocketFlags)]),
    (SYSCALL_INOTIFY_INIT_X,       &[RET, number(Const(0), Full)]),
    (SYSCALL_INOTIFY_INIT1_X,      &[RET, flags(0, K::Open)]),
    (SYSCALL_USERFAULTFD_X,        &[RET, word(0)]),
    (SYSCALL_EPOLL_CREATE_X,       &[RET, int(0)]),
    (SYSCALL_EPOLL_CREATE1_X,      &[RET, flags(0, K::Epoll)]),
    (SYSCALL_PIDFD_OPEN_X,         &[RET, int(0), flags(1, K::Pidfd)]),
    (SYSCALL_PIDFD_GETFD_X,        &[RET, int(0), int(1), word(2)]),

    (SYSCALL_READ_X,               &[RET, data_in(1), int(0), word(2)]),
    (SYSCALL_PREAD_X,              &[RET, data_in(1), int(0), word(2), arg(3)]),
    (SYSCALL_READV_X,              &[RET, RET_SIZE, vector(1, 2, Bytes, Positive), int(0)]),
    (SYSCALL_PREADV_X,             &[RET, RET_SIZE, vector(1, 2, Bytes, Positive), int(0), arg(3)]),
    (SYSCALL_WRITE_X,              &[RET, data_out(1, 2), int(0), word(2)]),
    (SYSCALL_PWRITE_X,             &[RET, data_out(1, 2), int(0), word(2), arg(3)]),
    (SYSCALL_WRITEV_X,             &[RET, vector(1, 2, Bytes, Always), int(0), vector(1, 2, Asked, Always)]),
    (SYSCALL_PWRITEV_X,            &[RET, vector(1, 2, Bytes, Always), int(0), vector(1, 2, Asked, Always), arg(3)]),
    (SYSCALL_PROCESS_VM_READV_X,   &[RET, int(0), vector(1, 2, Bytes, Positive)]),
    (SYSCALL_PROCESS_VM_WRITEV_X,  &[RET, int(0), vector(1, 2, Bytes, Positive)]),
    (SYSCALL_LSEEK_X,              &[RET, int(0), arg(1), choice(2, K::Seek)]),
    (SYSCALL_LLSEEK_X,             &[RET, int(0), arg(2), choice(4, K::Seek)]),
    (SYSCALL_SENDFILE_X,           &[RET, mem(2, 0, 8), int(0), int(1), arg(3)]),
    (SYSCALL_SPLICE_X,             &[RET, int(0), int(2), arg(4), flags(5, K::Splice)]),
    (SYSCALL_COPY_FILE_RANGE_X,    &[RET, int(2), arg(3), int(0), arg(1), arg(4)]),
    (SYSCALL_GETDENTS_X,           &[RET, int(0)]),
    (SYSCALL_GETDENTS64_X,         &[RET, int(0)]),
    (SYSCALL_IOCTL_3_X,            &[RET, int(0), arg(1), arg(2)]),
    (SYSCALL_FLOCK_X,              &[RET, int(0), flags(1, K::Flock)]),

    (SOCKET_SOCKET_X,              &[RET, number(Arg(0), Family), word(1), word(2), number(Arg(1), Convert::SocketFlags)]),
    (SOCKET_SOCKETPAIR_X,          &[RET, pair(3, 0), pair(3, 1), Fetch::PairSocket { at: 3, which: 0 }, Fetch::PairSocket { at: 3, which: 1 }, number(Arg(0), Family), word(1), word(2)]),
    (SOCKET_BIND_X,                &[RET, Fetch::Address { at: 1, len: 2 }, int(0)]),
    (SOCKET_CONNECT_X,             &[RET, tuple(Arg(0), Out, Some(1), Connected), int(0), Fetch::Address { at: 1, len: 2 }]),
    (SOCKET_LISTEN_X,              &[RET, int(0), int(1)]),
    (SOCKET_ACCEPT_5_X,            &[RET, tuple(Ret, In, None, Done), Queue(QueuePart::Percent), Queue(QueuePart::Len), Queue(QueuePart::Max)]),
    (SOCKET_ACCEPT4_6_X,           &[RET, tuple(Ret, In, None, Done), Queue(QueuePart::Percent), Queue(QueuePart::Len), Queue(QueuePart::Max), number(Arg(3), Convert::SocketFlags)]),
    (SOCKET_GETSOCKNAME_X,         &[]),
    (SOCKET_GETPEERNAME_X,         &[]),
    (SOCKET_SHUTDOWN_X,            &[RET, int(0), choice(1, K::Shutdown)]),
    (SOCKET_SETSOCKOPT_X,          &[RET, int(0), choice(1, K::SockLevel), SockOptName, Fetch::SockOptValue { len_behind: false }, word(4)]),
    (SOCKET_GETSOCKOPT_X,          &[RET, int(0), choice(1, K::SockLevel), SockOptName, Fetch::SockOptValue { len_behind: true }, mem(4, 0, 4)]),
    (SOCKET_SEND_X,                &[RET, data_out(1, 2), int(0), word(2), tuple(Arg(0), Out, None, Done)]),
    (SOCKET_SENDTO_X,              &[RET, data_out(1, 2), int(0), word(2), tuple(Arg(0), Out, Some(4), Done)]),
    (SOCKET_SENDMSG_X,             &[RET, message(1, M::Data, Always), int(0), message(1, M::Asked, Always), message(1, M::Tuple(Out), Done)]),
    (SOCKET_SENDMMSG_X,            &[EachMessage(M::Length), int(0), EachMessage(M::Asked), EachMessage(M::Data), EachMessage(M::Tuple(Out))]),
    (SOCKET_RECV_X,                &[RET, data_in(1), int(0), word(2), tuple(Arg(0), In, None, Done)]),
    (SOCKET_RECVFROM_X,            &[RET, data_in(1), tuple(Arg(0), In, Some(4), Done), int(0), word(2)]),
    (SOCKET_RECVMSG_X,             &[RET, RET_SIZE, message(1, M::Data, Done), message(1, M::Tuple(In), Done), message(1, M::Control, Done), int(0)]),
    (SOCKET_RECVMMSG_X,            &[EachMessage(M::Length), int(0), EachMessage(M::Length), EachMessage(M::Data), EachMessage(M::Tuple(In)), EachMessage(M::Control)]),

    (SYSCALL_STAT_X,               &[RET, text(0)]),
    (SYSCALL_LSTAT_X,              &[RET, text(0)]),
    (SYSCALL_FSTAT_X,              &[RET, int(0)]),
    (SYSCALL_STAT64_X,             &[RET, text(0)]),
    (SYSCALL_LSTAT64_X,            &[RET, text(0)]),
    (SYSCALL_FSTAT64_X,            &[RET]),
    (SYSCALL_NEWFSTATAT_X,         &[RET, dirfd(0), text(1), flags(3, K::At)]),
    (SYSCALL_ACCESS_X,             &[RET, text(0), number(Arg(1), Access)]),
    (SYSCALL_GETCWD_X,             &[RET, Fetch::Text { at: 0, when: Done, only: None }]),
    (SYSCALL_CHDIR_X,              &[RET, text(0)]),
    (SYSCALL_FCHDIR_X,             &[RET, int(0)]),
    (SYSCALL_CHROOT_X,             &[RET, text(0)]),
    (SYSCALL_MKDIR_2_X,            &[RET, text(0), word(1)]),
    (SYSCALL_MKDIRAT_X,            &[RET, dirfd(0), text(1), word(2)]),
    (SYSCALL_RMDIR_2_X,            &[RET, text(0)]),
    (SYSCALL_LINK_2_X,             &[RET, text(0), text(1)]),
    (SYSCALL_LINKAT_2_X,           &[RET, dirfd(0), text(1), dirfd(2), text(3), flags(4, K::At)]),
    (SYSCALL_SYMLINK_X,            &[RET, text(0), text(1)]),
    (SYSCALL_SYMLINKAT_X,          &[RET, text(0), dirfd(1), text(2)]),
    (SYSCALL_UNLINK_2_X,           &[RET, text(0)]),
    (SYSCALL_UNLINKAT_2_X,         &[RET, dirfd(0), text(1), flags(2, K::At)]),
    (SYSCALL_RENAME_X,             &[RET, text(0), text(1)]),
    (SYSCALL_RENAMEAT_X,           &[RET, dirfd(0), text(1), dirfd(2), text(3)]),
    (SYSCALL_RENAMEAT2_X,          &[RET, dirfd(0), text(1), dirfd(2), text(3), word(4)]),
    (SYSCALL_MKNOD_X,              &[RET, text(0), number(Arg(1), FileMode), word(2)]),
    (SYSCALL_MKNODAT_X,            &[RET, dirfd(0), text(1), number(Arg(2), FileMode), word(3)]),
    (SYSCALL_CHMOD_X,              &[RET, text(0), number(Arg(1), Permissions)]),
    (SYSCALL_FCHMOD_X,             &[RET, int(0), number(Arg(1), Permissions)]),
    (SYSCALL_FCHMODAT_X,           &[RET, dirfd(0), text(1), number(Arg(2), Permissions)]),
    (SYSCALL_CHOWN_X,              &[RET, text(0), word(1), word(2)]),
    (SYSCALL_LCHOWN_X,             &[RET, text(0), word(1), word(2)]),
    (SYSCALL_FCHOWN_X,             &[RET, int(0), word(1), word(2)]),
    (SYSCALL_FCHOWNAT_X,           &[RET, dirfd(0), text(1), word(2), word(3), flags(4, K::At)]),
    (SYSCALL_MOUNT_X,              &[RET, text(0), text(1), text(2), number(Arg(3), Mount)]),
    (SYSCALL_UMOUNT_1_X,           &[RET, text(0)]),
    (SYSCALL_UMOUNT2_X,            &[RET, text(0), flags(1, K::Umount)]),
    (SYSCALL_FSCONFIG_X,           &[RET, int(0), word(1), text(2), Fetch::Data { at: 3, len: Length::Arg(4), keep: Keep::AtMost(8192), when: Done, only: Some(VALUE_IS_BYTES) }, Fetch::Text { at: 3, when: Done, only: Some(VALUE_IS_TEXT) }, int(4)]),
    (SYSCALL_QUOTACTL_X,           &[RET, text(1), Fetch::Text { at: 3, when: Always, only: Some(QUOTA_ON) }, Quota(Q::BlockHard), Quota(Q::BlockSoft), Quota(Q::Space), Quota(Q::InodeHard), Quota(Q::InodeSoft), Quota(Q::BlockTime), Quota(Q::InodeTime), Quota(Q::BlockGrace), Quota(Q::InodeGrace), Quota(Q::Flags), Quota(Q::FormatOut), number(Arg(0), Convert::QuotaCommand), number(Arg(0), Convert::QuotaType), Quota(Q::Id), Quota(Q::Format)]),

    (SYSCALL_MMAP_X,               &[RET, Memory(Size), Memory(Resident), Memory(Swapped), arg(0), arg(1), flags(2, K::Prot), flags(3, K::Map), int(4), arg(5)]),
    (SYSCALL_MMAP2_X,              &[RET, Memory(Size), Memory(Resident), Memory(Swapped), arg(0), arg(1), flags(2, K::Prot), flags(3, K::Map), int(4), arg(5)]),
    (SYSCALL_MUNMAP_X,             &[RET, Memory(Size), Memory(Resident), Memory(Swapped), arg(0), arg(1)]),
    (SYSCALL_BRK_4_X,              &[RET, Memory(Size), Memory(Resident), Memory(Swapped), arg(0)]),
    (SYSCALL_MPROTECT_X,           &[RET, arg(0), arg(1), flags(2, K::Prot)]),
    (SYSCALL_MLOCK_X,              &[RET, arg(0), arg(1)]),
    (SYSCALL_MUNLOCK_X,            &[RET, arg(0), arg(1)]),
    (SYSCALL_MLOCK2_X,             &[RET, arg(0), arg(1), flags(2, K::Mlock)]),
    (SYSCALL_MLOCKALL_X,           &[RET, flags(0, K::Mlockall)]),
    (SYSCALL_MUNLOCKALL_X,         &[RET]),

    (SYSCALL_SETUID_X,             &[RET, word(0)]),
    (SYSCALL_SETGID_X,             &[RET, word(0)]),
    (SYSCALL_SETREUID_X,           &[RET, word(0), word(1)]),
    (SYSCALL_SETREGID_X,           &[RET, word(0), word(1)]),
    (SYSCALL_SETRESUID_X,          &[RET, word(0), word(1), word(2)]),
    (SYSCALL_SETRESGID_X,          &[RET, word(0), word(1), word(2)]),
    (SYSCALL_GETUID_X,             &[RET]),
    (SYSCALL_GETEUID_X,            &[RET]),
    (SYSCALL_GETGID_X,             &[RET]),
    (SYSCALL_GETEGID_X,            &[RET]),
    (SYSCALL_GETRESUID_X,          &[RET, mem(0, 0, 4), mem(1, 0, 4), mem(2, 0, 4)]),
    (SYSCALL_GETRESGID_X,          &[RET, mem(0, 0, 4), mem(1, 0, 4), mem(2, 0, 4)]),
    (SYSCALL_CAPSET_X,             &[RET, Capability(0), Capability(1), Capability(2)]),
    (SYSCALL_SETSID_X,             &[RET]),
    (SYSCALL_SETPGID_X,            &[RET, int(0), int(1)]),
    (SYSCALL_SETNS_X,              &[RET, int(0), flags(1, K::Clone)]),
    (SYSCALL_UNSHARE_X,            &[RET, flags(0, K::Clone)]),
    (SYSCALL_PRCTL_X,              &[RET, word(0), PrctlText, PrctlNumber]),
    (SYSCALL_PTRACE_X,             &[RET, PtraceAddr, PtraceData, choice(0, K::Ptrace), int(1)]),
    (SYSCALL_SECCOMP_X,            &[RET, arg(0), word(1)]),
    (SYSCALL_BPF_2_X,              &[RET, int(0)]),
    (SYSCALL_INIT_MODULE_X,        &[RET, Fetch::Data { at: 0, len: Length::Arg(1), keep: Keep::Snaplen, when: Always, only: None }, arg(1), text(2)]),
    (SYSCALL_FINIT_MODULE_X,       &[RET, int(0), text(1), flags(2, K::FinitModule)]),
    (SYSCALL_DELETE_MODULE_X,      &[RET, text(0), flags(1, K::DeleteModule)]),
    (SYSCALL_KEYCTL_X,             &[RET, word(0), Keyctl(1), Keyctl(2), Keyctl(3), Keyctl(4)]),
    (SYSCALL_GETRLIMIT_X,          &[RET, mem_if_zero(1, 0, 8, -1), mem_if_zero(1, 8, 8, -1), choice(0, K::Rlimit)]),
    (SYSCALL_SETRLIMIT_X,          &[RET, mem(1, 0, 8), mem(1, 8, 8), choice(0, K::Rlimit)]),
    (SYSCALL_PRLIMIT_X,            &[RET, mem(2, 0, 8), mem(2, 8, 8), mem_if_zero(3, 0, 8, -1), mem_if_zero(3, 8, 8, -1), int(0), choice(1, K::Rlimit)]),

    (SYSCALL_KILL_X,               &[RET, int(0), word(1)]),
    (SYSCALL_TKILL_X,              &[RET, int(0), word(1)]),
    (SYSCALL_TGKILL_X,             &[RET, int(0), int(1), word(2)]),
    (SYSCALL_NANOSLEEP_X,          &[RET, Fetch::Time { at: 0 }]),
    (SYSCALL_POLL_X,               &[RET, Fetch::Polled { at: 0, count: 1 }, int(2)]),
    (SYSCALL_PPOLL_X,              &[RET, Fetch::Polled { at: 0, count: 1 }, Fetch::Time { at: 2 }, mem(3, 0, 4)]),
    (SYSCALL_SELECT_X,             &[RET]),
    (SYSCALL_EPOLLWAIT_X,          &[RET, int(2)]),
    (SYSCALL_FUTEX_X,              &[RET, arg(0), number(Arg(1), Futex), arg(2)]),
    (SYSCALL_SEMGET_X,             &[RET, int(0), int(1), flags(2, K::Semget)]),
    (SYSCALL_SEMCTL_X,             &[RET, int(0), int(1), choice(2, K::Semctl), Fetch::SemctlValue]),
    (SYSCALL_SEMOP_X,              &[RET, word(2), Fetch::Semop { which: 0, field: 0 }, Fetch::Semop { which: 0, field: 1 }, Fetch::Semop { which: 0, field: 2 }, Fetch::Semop { which: 1, field: 0 }, Fetch::Semop { which: 1, field: 1 }, Fetch::Semop { which: 1, field: 2 }, int(0)]),
    (SYSCALL_IO_URING_SETUP_X,     &[RET, word(0), mem(1, 0, 4), mem(1, 4, 4), number(Mem { arg: 1, at: 8, width: 4 }, Convert::Flags(K::UringSetup)), mem(1, 12, 4), mem(1, 16, 4), number(Mem { arg: 1, at: 20, width: 4 }, Convert::Flags(K::UringFeatures))]),
    (SYSCALL_IO_URING_ENTER_X,     &[RET, int(0), word(1), word(2), flags(3, K::UringEnter), word(4)]),
    (SYSCALL_IO_URING_REGISTER_X,  &[RET, int(0), word(1), arg(2), word(3)]),
];
