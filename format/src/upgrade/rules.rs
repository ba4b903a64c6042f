//! The conversion rules: one row is one (event code, number of parameters) and what becomes of it.
//!
//! Rows are applied again and again until the event has its current form, so each needs to know only
//! the next step. They are sorted by code and count; a test says so. Source: the conversion table of
//! falcosecurity/libs (`userspace/libscap/engine/savefile/converter/table.cpp`), a public fact about old
//! captures.

use scap_schema::code::*;

/// What becomes of an event of one code with one number of parameters.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rule {
    /// Event code it applies to.
    pub(super) code: u16,
    /// Number of parameters it applies to.
    pub(super) params: usize,
    /// What to do.
    pub(super) action: Action,
}

/// What to do with an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    /// Keep it for the exit event of its thread; nobody else needs it.
    Store,
    /// Hand it on to the state.
    Pass,
    /// Keep it for the exit event, and hand it on to the state.
    StoreAndPass,
    /// Append parameters.
    Add(&'static [Source]),
    /// Build an event of another code with exactly these parameters.
    Become(u16, &'static [Source]),
}

/// Where a parameter comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// Parameter of the event being converted.
    Old(usize),
    /// Parameter of the thread's stored enter event; the type's default value where there is none.
    Enter(usize),
    /// Parameter of the thread's stored enter event; empty where there is none.
    EnterOrEmpty(usize),
    /// The type's default value.
    Default,
    /// Empty: not known.
    Empty,
    /// JSON description of a container, made from the four parameters of `CONTAINER_E`.
    ContainerJson,
}

/// The rules of one event code; empty for codes that need no conversion.
pub(super) fn rules_of(code: u16) -> &'static [Rule] {
    let first = RULES.partition_point(|r| r.code < code);
    let end = RULES.partition_point(|r| r.code <= code);
    RULES.get(first..end).unwrap_or(&[])
}

const fn store(code: u16, params: usize) -> Rule {
    Rule { code, params, action: Action::Store }
}

const fn pass(code: u16, params: usize) -> Rule {
    Rule { code, params, action: Action::Pass }
}

const fn both(code: u16, params: usize) -> Rule {
    Rule { code, params, action: Action::StoreAndPass }
}

const fn add(code: u16, params: usize, sources: &'static [Source]) -> Rule {
    Rule { code, params, action: Action::Add(sources) }
}

const fn turn(code: u16, params: usize, to: u16, sources: &'static [Source]) -> Rule {
    Rule { code, params, action: Action::Become(to, sources) }
}

// Short names, so that rows stay rows: O old, E enter (else default), M enter (else empty: may be
// missing), D default, Z empty (zero length), J container JSON.
const O0: Source = Source::Old(0);
const O1: Source = Source::Old(1);
const O2: Source = Source::Old(2);
const O3: Source = Source::Old(3);
const O4: Source = Source::Old(4);
const O5: Source = Source::Old(5);
const O6: Source = Source::Old(6);
const O7: Source = Source::Old(7);
const O8: Source = Source::Old(8);
const O9: Source = Source::Old(9);
const O10: Source = Source::Old(10);
const O11: Source = Source::Old(11);
const O12: Source = Source::Old(12);
const O13: Source = Source::Old(13);
const O14: Source = Source::Old(14);
const O15: Source = Source::Old(15);
const O16: Source = Source::Old(16);
const E0: Source = Source::Enter(0);
const E1: Source = Source::Enter(1);
const E2: Source = Source::Enter(2);
const E3: Source = Source::Enter(3);
const E4: Source = Source::Enter(4);
const E5: Source = Source::Enter(5);
const M0: Source = Source::EnterOrEmpty(0);
const M1: Source = Source::EnterOrEmpty(1);
const M2: Source = Source::EnterOrEmpty(2);
const M3: Source = Source::EnterOrEmpty(3);
const D: Source = Source::Default;
const Z: Source = Source::Empty;
const J: Source = Source::ContainerJson;

/// All rules, sorted by code and number of parameters.
#[rustfmt::skip]
pub(super) static RULES: &[Rule] = &[
    store (GENERIC_E,                 2),
    add   (GENERIC_X,                 1, &[M1]),
    add   (SYSCALL_OPEN_E,            0, &[Z, Z, Z]),
    pass  (SYSCALL_OPEN_E,            3),
    add   (SYSCALL_OPEN_X,            4, &[Z]),
    add   (SYSCALL_OPEN_X,            5, &[Z]),
    store (SYSCALL_CLOSE_E,           1),
    add   (SYSCALL_CLOSE_X,           1, &[E0]),
    store (SYSCALL_READ_E,            2),
    add   (SYSCALL_READ_X,            2, &[E0, E1]),
    store (SYSCALL_WRITE_E,           2),
    add   (SYSCALL_WRITE_X,           2, &[E0, E1]),
    store (SYSCALL_BRK_1_E,           1),
    turn  (SYSCALL_BRK_1_X,           1, SYSCALL_BRK_4_X,         &[O0, M0, Z, Z, Z]),
    turn  (SYSCALL_EXECVE_8_E,        0, SYSCALL_EXECVE_13_E,     &[]),
    turn  (SYSCALL_EXECVE_8_X,        8, SYSCALL_EXECVE_13_X,     &[O0, O1, O2, O3, O4, O5, O6, O7, Z, Z, Z, Z, Z]),
    turn  (SYSCALL_CLONE_11_X,       11, SYSCALL_CLONE_16_X,      &[O0, O1, O2, O3, O4, O5, O6, O7, Z, Z, Z, Z, Z, O8, O9, O10]),
    turn  (PROCEXIT_E,                0, PROCEXIT_1_E,            &[Z, Z, Z, Z, Z]),
    store (SOCKET_SOCKET_E,           3),
    add   (SOCKET_SOCKET_X,           1, &[E0, E1, E2]),
    add   (SOCKET_SOCKET_X,           4, &[D]),
    store (SOCKET_BIND_E,             1),
    add   (SOCKET_BIND_X,             2, &[E0]),
    add   (SOCKET_CONNECT_E,          1, &[D]),
    both  (SOCKET_CONNECT_E,          2),
    add   (SOCKET_CONNECT_X,          2, &[E0]),
    add   (SOCKET_CONNECT_X,          3, &[E1]),
    store (SOCKET_LISTEN_E,           2),
    add   (SOCKET_LISTEN_X,           1, &[E0, E1]),
    turn  (SOCKET_ACCEPT_X,           3, SOCKET_ACCEPT_5_X,       &[O0, O1, O2, D, D]),
    store (SOCKET_SEND_E,             2),
    add   (SOCKET_SEND_X,             2, &[E0, E1, D]),
    store (SOCKET_SENDTO_E,           3),
    add   (SOCKET_SENDTO_X,           2, &[E0, E1, E2]),
    store (SOCKET_RECV_E,             2),
    add   (SOCKET_RECV_X,             2, &[E0, E1, D]),
    store (SOCKET_RECVFROM_E,         2),
    add   (SOCKET_RECVFROM_X,         3, &[E0, E1]),
    store (SOCKET_SHUTDOWN_E,         2),
    add   (SOCKET_SHUTDOWN_X,         1, &[E0, E1]),
    store (SOCKET_SOCKETPAIR_E,       3),
    add   (SOCKET_SOCKETPAIR_X,       5, &[E0, E1, E2]),
    store (SOCKET_SENDMSG_E,          3),
    add   (SOCKET_SENDMSG_X,          2, &[E0, E1, E2]),
    add   (SOCKET_SENDMMSG_X,         0, &[D, Z, Z, Z, Z]),
    store (SOCKET_RECVMSG_E,          1),
    add   (SOCKET_RECVMSG_X,          4, &[D]),
    add   (SOCKET_RECVMSG_X,          5, &[E0]),
    add   (SOCKET_RECVMMSG_X,         0, &[D, Z, Z, Z, Z, Z]),
    store (SOCKET_ACCEPT4_E,          1),
    turn  (SOCKET_ACCEPT4_X,          3, SOCKET_ACCEPT4_6_X,      &[O0, O1, O2, D, D, E0]),
    add   (SYSCALL_CREAT_E,           0, &[Z, Z]),
    pass  (SYSCALL_CREAT_E,           2),
    add   (SYSCALL_CREAT_X,           3, &[Z]),
    add   (SYSCALL_CREAT_X,           4, &[Z]),
    add   (SYSCALL_CREAT_X,           5, &[Z]),
    store (SYSCALL_EVENTFD_E,         2),
    add   (SYSCALL_EVENTFD_X,         1, &[E0, E1]),
    store (SYSCALL_FUTEX_E,           3),
    add   (SYSCALL_FUTEX_X,           1, &[E0, E1, E2]),
    store (SYSCALL_FSTAT_E,           1),
    add   (SYSCALL_FSTAT_X,           1, &[E0]),
    store (SYSCALL_EPOLLWAIT_E,       1),
    add   (SYSCALL_EPOLLWAIT_X,       1, &[E0]),
    store (SYSCALL_POLL_E,            2),
    add   (SYSCALL_POLL_X,            2, &[E1]),
    turn  (SYSCALL_NEWSELECT_X,       1, SYSCALL_SELECT_X,        &[O0]),
    store (SYSCALL_LSEEK_E,           3),
    add   (SYSCALL_LSEEK_X,           1, &[E0, E1, E2]),
    store (SYSCALL_LLSEEK_E,          3),
    add   (SYSCALL_LLSEEK_X,          1, &[E0, E1, E2]),
    store (SYSCALL_IOCTL_2_E,         2),
    turn  (SYSCALL_IOCTL_2_X,         1, SYSCALL_IOCTL_3_X,       &[O0, M0, M1, Z]),
    store (SYSCALL_FCHDIR_E,          1),
    add   (SYSCALL_FCHDIR_X,          1, &[M0]),
    store (SYSCALL_MKDIR_E,           2),
    turn  (SYSCALL_MKDIR_X,           1, SYSCALL_MKDIR_2_X,       &[O0, M0, M1]),
    store (SYSCALL_RMDIR_E,           1),
    turn  (SYSCALL_RMDIR_X,           1, SYSCALL_RMDIR_2_X,       &[O0, M0]),
    store (SYSCALL_OPENAT_E,          4),
    turn  (SYSCALL_OPENAT_X,          1, SYSCALL_OPENAT_2_X,      &[O0, M0, M1, M2, M3, Z, Z]),
    store (SYSCALL_LINK_E,            2),
    turn  (SYSCALL_LINK_X,            1, SYSCALL_LINK_2_X,        &[O0, M0, M1]),
    store (SYSCALL_LINKAT_E,          4),
    turn  (SYSCALL_LINKAT_X,          1, SYSCALL_LINKAT_2_X,      &[O0, M0, M1, M2, M3, Z]),
    store (SYSCALL_UNLINK_E,          1),
    turn  (SYSCALL_UNLINK_X,          1, SYSCALL_UNLINK_2_X,      &[O0, M0]),
    store (SYSCALL_UNLINKAT_E,        2),
    turn  (SYSCALL_UNLINKAT_X,        1, SYSCALL_UNLINKAT_2_X,    &[O0, M0, M1, Z]),
    store (SYSCALL_PREAD_E,           3),
    add   (SYSCALL_PREAD_X,           2, &[E0, E1, E2]),
    store (SYSCALL_PWRITE_E,          3),
    add   (SYSCALL_PWRITE_X,          2, &[E0, E1, E2]),
    store (SYSCALL_READV_E,           1),
    add   (SYSCALL_READV_X,           3, &[E0]),
    store (SYSCALL_WRITEV_E,          2),
    add   (SYSCALL_WRITEV_X,          2, &[E0, E1]),
    store (SYSCALL_PREADV_E,          2),
    add   (SYSCALL_PREADV_X,          3, &[E0, E1]),
    store (SYSCALL_PWRITEV_E,         3),
    add   (SYSCALL_PWRITEV_X,         2, &[E0, E1, E2]),
    store (SYSCALL_DUP_E,             1),
    turn  (SYSCALL_DUP_X,             1, SYSCALL_DUP_1_X,         &[O0, M0]),
    store (SYSCALL_SIGNALFD_E,        3),
    add   (SYSCALL_SIGNALFD_X,        1, &[E0, E1, E2]),
    store (SYSCALL_KILL_E,            2),
    add   (SYSCALL_KILL_X,            1, &[E0, E1]),
    store (SYSCALL_TKILL_E,           2),
    add   (SYSCALL_TKILL_X,           1, &[E0, E1]),
    store (SYSCALL_TGKILL_E,          3),
    add   (SYSCALL_TGKILL_X,          1, &[E0, E1, E2]),
    store (SYSCALL_NANOSLEEP_E,       1),
    add   (SYSCALL_NANOSLEEP_X,       1, &[E0]),
    store (SYSCALL_TIMERFD_CREATE_E,  2),
    add   (SYSCALL_TIMERFD_CREATE_X,  1, &[E0, E1]),
    store (SYSCALL_INOTIFY_INIT_E,    1),
    add   (SYSCALL_INOTIFY_INIT_X,    1, &[E0]),
    store (SYSCALL_GETRLIMIT_E,       1),
    add   (SYSCALL_GETRLIMIT_X,       3, &[E0]),
    store (SYSCALL_SETRLIMIT_E,       1),
    add   (SYSCALL_SETRLIMIT_X,       3, &[E0]),
    store (SYSCALL_PRLIMIT_E,         2),
    add   (SYSCALL_PRLIMIT_X,         5, &[M0, M1]),
    turn  (SCHEDSWITCH_1_E,           1, SCHEDSWITCH_6_E,         &[O0, Z, Z, Z, Z, Z]),
    store (SYSCALL_FCNTL_E,           2),
    add   (SYSCALL_FCNTL_X,           1, &[E0, E1]),
    add   (SYSCALL_FCNTL_X,           3, &[D]),
    turn  (SYSCALL_EXECVE_13_E,       0, SYSCALL_EXECVE_14_E,     &[]),
    turn  (SYSCALL_EXECVE_13_X,      13, SYSCALL_EXECVE_14_X,     &[O0, O1, O2, O3, O4, O5, O6, O7, O8, O9, O10, O11, O12, Z]),
    turn  (SYSCALL_CLONE_16_X,       16, SYSCALL_CLONE_17_X,      &[O0, O1, O2, O3, O4, O5, O6, O7, O8, O9, O10, O11, O12, Z, O13, O14, O15]),
    store (SYSCALL_BRK_4_E,           1),
    add   (SYSCALL_BRK_4_X,           4, &[M0]),
    store (SYSCALL_MMAP_E,            6),
    add   (SYSCALL_MMAP_X,            4, &[E0, E1, E2, E3, E4, E5]),
    store (SYSCALL_MMAP2_E,           6),
    add   (SYSCALL_MMAP2_X,           4, &[E0, E1, E2, E3, E4, E5]),
    store (SYSCALL_MUNMAP_E,          2),
    add   (SYSCALL_MUNMAP_X,          4, &[E0, E1]),
    store (SYSCALL_SPLICE_E,          4),
    add   (SYSCALL_SPLICE_X,          1, &[E0, E1, E2, E3]),
    store (SYSCALL_PTRACE_E,          2),
    add   (SYSCALL_PTRACE_X,          0, &[Z, Z, Z]),
    add   (SYSCALL_PTRACE_X,          3, &[M0, M1]),
    store (SYSCALL_IOCTL_3_E,         3),
    add   (SYSCALL_IOCTL_3_X,         1, &[E0, E1, E2]),
    turn  (SYSCALL_EXECVE_14_E,       0, SYSCALL_EXECVE_15_E,     &[]),
    turn  (SYSCALL_EXECVE_14_X,      14, SYSCALL_EXECVE_15_X,     &[O0, O1, O2, O3, O4, O5, O6, O7, O8, O9, O10, O11, O12, Z, O13]),
    turn  (SYSCALL_FORK_X,           16, SYSCALL_FORK_17_X,       &[O0, O1, O2, O3, O4, O5, O6, O7, O8, O9, O10, O11, O12, Z, O13, O14, O15]),
    turn  (SYSCALL_VFORK_X,          16, SYSCALL_VFORK_17_X,      &[O0, O1, O2, O3, O4, O5, O6, O7, O8, O9, O10, O11, O12, Z, O13, O14, O15]),
    store (SYSCALL_SENDFILE_E,        4),
    add   (SYSCALL_SENDFILE_X,        2, &[E0, E1, E3]),
    store (SYSCALL_QUOTACTL_E,        4),
    add   (SYSCALL_QUOTACTL_X,       14, &[E0, E1, E2, E3]),
    store (SYSCALL_SETRESUID_E,       3),
    add   (SYSCALL_SETRESUID_X,       1, &[M0, M1, M2]),
    store (SYSCALL_SETRESGID_E,       3),
    add   (SYSCALL_SETRESGID_X,       1, &[M0, M1, M2]),
    store (SYSCALL_SETUID_E,          1),
    add   (SYSCALL_SETUID_X,          1, &[M0]),
    store (SYSCALL_SETGID_E,          1),
    add   (SYSCALL_SETGID_X,          1, &[M0]),
    turn  (SYSCALL_EXECVE_15_E,       0, SYSCALL_EXECVE_16_E,     &[]),
    turn  (SYSCALL_EXECVE_15_X,      15, SYSCALL_EXECVE_16_X,     &[O0, O1, O2, O3, O4, O5, O6, O7, O8, O9, O10, O11, O12, O13, Z, O14]),
    turn  (SYSCALL_CLONE_17_X,       17, SYSCALL_CLONE_20_X,      &[O0, O1, O2, O3, O4, O5, O6, O7, O8, O9, O10, O11, O12, O13, Z, O14, O15, O16, Z, Z]),
    turn  (SYSCALL_FORK_17_X,        17, SYSCALL_FORK_20_X,       &[O0, O1, O2, O3, O4, O5, O6, O7, O8, O9, O10, O11, O12, O13, Z, O14, O15, O16, Z, Z]),
    turn  (SYSCALL_VFORK_17_X,       17, SYSCALL_VFORK_20_X,      &[O0, O1, O2, O3, O4, O5, O6, O7, O8, O9, O10, O11, O12, O13, Z, O14, O15, O16, Z, Z]),
    add   (SYSCALL_CLONE_20_X,       20, &[Z]),
    add   (SYSCALL_FORK_20_X,        20, &[Z]),
    add   (SYSCALL_VFORK_20_X,       20, &[Z]),
    turn  (CONTAINER_E,               4, CONTAINER_JSON_E,        &[J]),
    turn  (SYSCALL_EXECVE_16_E,       0, SYSCALL_EXECVE_17_E,     &[]),
    turn  (SYSCALL_EXECVE_16_X,      16, SYSCALL_EXECVE_17_X,     &[O0, O1, O2, O3, O4, O5, O6, O7, O8, O9, O10, O11, O12, O13, O14, O15, Z]),
    store (SYSCALL_GETDENTS_E,        1),
    add   (SYSCALL_GETDENTS_X,        1, &[E0]),
    store (SYSCALL_GETDENTS64_E,      1),
    add   (SYSCALL_GETDENTS64_X,      1, &[E0]),
    store (SYSCALL_SETNS_E,           2),
    add   (SYSCALL_SETNS_X,           1, &[M0, M1]),
    store (SYSCALL_FLOCK_E,           2),
    add   (SYSCALL_FLOCK_X,           1, &[E0, E1]),
    store (SOCKET_ACCEPT4_5_E,        1),
    turn  (SOCKET_ACCEPT4_5_X,        5, SOCKET_ACCEPT4_6_X,      &[O0, O1, O2, O3, O4, E0]),
    store (SYSCALL_SEMOP_E,           1),
    add   (SYSCALL_SEMOP_X,           8, &[E0]),
    store (SYSCALL_SEMCTL_E,          4),
    add   (SYSCALL_SEMCTL_X,          1, &[E0, E1, E2, E3]),
    store (SYSCALL_PPOLL_E,           3),
    add   (SYSCALL_PPOLL_X,           2, &[E1, E2]),
    store (SYSCALL_MOUNT_E,           1),
    add   (SYSCALL_MOUNT_X,           4, &[E0]),
    turn  (SYSCALL_UMOUNT_X,          2, SYSCALL_UMOUNT_1_X,      &[O0, O1]),
    store (SYSCALL_SEMGET_E,          3),
    add   (SYSCALL_SEMGET_X,          1, &[E0, E1, E2]),
    store (SYSCALL_ACCESS_E,          1),
    add   (SYSCALL_ACCESS_X,          2, &[E0]),
    turn  (CONTAINER_JSON_E,          1, CONTAINER_JSON_2_E,      &[O0]),
    store (SYSCALL_MKDIR_2_E,         1),
    add   (SYSCALL_MKDIR_2_X,         2, &[M0]),
    turn  (SYSCALL_EXECVE_17_E,       0, SYSCALL_EXECVE_18_E,     &[Z]),
    turn  (SYSCALL_EXECVE_17_X,      17, SYSCALL_EXECVE_18_X,     &[O0, O1, O2, O3, O4, O5, O6, O7, O8, O9, O10, O11, O12, O13, O14, O15, O16]),
    store (SYSCALL_UNSHARE_E,         1),
    add   (SYSCALL_UNSHARE_X,         1, &[E0]),
    turn  (SYSCALL_EXECVE_18_E,       1, SYSCALL_EXECVE_19_E,     &[O0]),
    turn  (SYSCALL_EXECVE_18_X,      17, SYSCALL_EXECVE_19_X,     &[O0, O1, O2, O3, O4, O5, O6, O7, O8, O9, O10, O11, O12, O13, O14, O15, O16, Z]),
    both  (SYSCALL_EXECVE_19_E,       1),
    add   (SYSCALL_EXECVE_19_X,      18, &[Z]),
    add   (SYSCALL_EXECVE_19_X,      19, &[Z]),
    add   (SYSCALL_EXECVE_19_X,      20, &[Z, Z, Z]),
    add   (SYSCALL_EXECVE_19_X,      23, &[Z, Z, Z]),
    add   (SYSCALL_EXECVE_19_X,      26, &[Z]),
    add   (SYSCALL_EXECVE_19_X,      27, &[Z]),
    add   (SYSCALL_EXECVE_19_X,      28, &[Z]),
    add   (SYSCALL_EXECVE_19_X,      29, &[Z]),
    add   (SYSCALL_EXECVE_19_X,      30, &[M0]),
    store (SYSCALL_SETPGID_E,         2),
    add   (SYSCALL_SETPGID_X,         1, &[M0, M1]),
    store (SYSCALL_BPF_E,             1),
    turn  (SYSCALL_BPF_X,             1, SYSCALL_BPF_2_X,         &[O0, M0]),
    add   (SYSCALL_SECCOMP_E,         1, &[D]),
    store (SYSCALL_SECCOMP_E,         2),
    add   (SYSCALL_SECCOMP_X,         1, &[E0, E1]),
    add   (SYSCALL_OPENAT_2_E,        0, &[Z, Z, Z, Z]),
    pass  (SYSCALL_OPENAT_2_E,        4),
    add   (SYSCALL_OPENAT_2_X,        5, &[Z]),
    add   (SYSCALL_OPENAT_2_X,        6, &[Z]),
    add   (SYSCALL_OPENAT2_E,         0, &[Z, Z, Z, Z, Z]),
    pass  (SYSCALL_OPENAT2_E,         5),
    add   (SYSCALL_OPENAT2_X,         6, &[Z, Z]),
    store (SYSCALL_MPROTECT_E,        3),
    add   (SYSCALL_MPROTECT_X,        1, &[E0, E1, E2]),
    pass  (SYSCALL_EXECVEAT_E,        3),
    add   (SYSCALL_EXECVEAT_X,       19, &[Z]),
    add   (SYSCALL_EXECVEAT_X,       20, &[Z, Z, Z]),
    add   (SYSCALL_EXECVEAT_X,       23, &[Z, Z, Z]),
    add   (SYSCALL_EXECVEAT_X,       26, &[Z]),
    add   (SYSCALL_EXECVEAT_X,       27, &[Z]),
    add   (SYSCALL_EXECVEAT_X,       28, &[Z]),
    add   (SYSCALL_EXECVEAT_X,       29, &[Z]),
    store (SYSCALL_COPY_FILE_RANGE_E, 3),
    add   (SYSCALL_COPY_FILE_RANGE_X, 3, &[E0, E1, E2]),
    add   (SYSCALL_CLONE3_X,         20, &[Z]),
    store (SYSCALL_EPOLL_CREATE_E,    1),
    add   (SYSCALL_EPOLL_CREATE_X,    1, &[E0]),
    store (SYSCALL_EPOLL_CREATE1_E,   1),
    add   (SYSCALL_EPOLL_CREATE1_X,   1, &[E0]),
    store (SOCKET_ACCEPT4_6_E,        1),
    add   (SOCKET_ACCEPT4_6_X,        5, &[E0]),
    store (SYSCALL_UMOUNT2_E,         1),
    add   (SYSCALL_UMOUNT2_X,         2, &[E0]),
    store (SYSCALL_EVENTFD2_E,        1),
    add   (SYSCALL_EVENTFD2_X,        2, &[E0]),
    store (SYSCALL_SIGNALFD4_E,       2),
    add   (SYSCALL_SIGNALFD4_X,       2, &[E0, E1]),
];
