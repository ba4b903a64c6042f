//! The kernel's constants, under the names the schema has for them.
//!
//! Gives tables from kernel values to the schema's. Values are those of x86-64; source: the kernel's
//! `include/uapi`.

use scap_schema::FlagSet;
use scap_schema::fetch::Kernel;

/// Kernel value and schema value of each constant both know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Table(Vec<(u64, u32)>);

impl Table {
    /// The table of `kernel` constants that `set` names.
    pub(crate) fn new(kernel: Kernel, set: &FlagSet) -> Self {
        let value = |name: &str| set.values.iter().find(|v| v.0 == name).map(|v| v.1);
        Self(constants(kernel).iter().filter_map(|&(name, from)| Some((from, value(name)?))).collect())
    }

    /// Bits of `flags`, translated. A constant of several bits counts only if all of them are set.
    pub(crate) fn flags(&self, flags: u64) -> u32 {
        self.0.iter().filter(|(from, _)| flags & from == *from).fold(0, |sum, (_, to)| sum | to)
    }

    /// The value that stands for `value`.
    pub(crate) fn choice(&self, value: u64) -> Option<u32> {
        self.0.iter().find(|(from, _)| *from == value).map(|(_, to)| *to)
    }
}

/// What a list of choices says for a value it does not name.
pub(crate) const fn unnamed(kernel: Kernel) -> u32 {
    match kernel {
        Kernel::Rlimit | Kernel::Shutdown => 0xff,
        _ => 0,
    }
}

/// Names are the schema's, values the kernel's.
#[rustfmt::skip]
const fn constants(kernel: Kernel) -> &'static [(&'static str, u64)] {
    match kernel {
        Kernel::Open => &[
            ("O_CREAT", 0o100), ("O_EXCL", 0o200), ("O_TRUNC", 0o1000), ("O_APPEND", 0o2000),
            ("O_NONBLOCK", 0o4000), ("O_DSYNC", 0o10000), ("O_SYNC", 0o4_010_000), ("O_DIRECT", 0o40000),
            ("O_LARGEFILE", 0o100_000), ("O_DIRECTORY", 0o200_000), ("O_CLOEXEC", 0o2_000_000),
            ("O_TMPFILE", 0o20_200_000),
        ],
        Kernel::Resolve => &[
            ("RESOLVE_NO_XDEV", 1), ("RESOLVE_NO_MAGICLINKS", 2), ("RESOLVE_NO_SYMLINKS", 4),
            ("RESOLVE_BENEATH", 8), ("RESOLVE_IN_ROOT", 16), ("RESOLVE_CACHED", 32),
        ],
        Kernel::Clone => &[
            ("CLONE_VM", 0x100), ("CLONE_FS", 0x200), ("CLONE_FILES", 0x400), ("CLONE_SIGHAND", 0x800),
            ("CLONE_PTRACE", 0x2000), ("CLONE_VFORK", 0x4000), ("CLONE_PARENT", 0x8000), ("CLONE_THREAD", 0x10000),
            ("CLONE_NEWNS", 0x20000), ("CLONE_SYSVSEM", 0x40000), ("CLONE_SETTLS", 0x80000),
            ("CLONE_PARENT_SETTID", 0x0010_0000), ("CLONE_CHILD_CLEARTID", 0x0020_0000),
            ("CLONE_UNTRACED", 0x0080_0000), ("CLONE_CHILD_SETTID", 0x0100_0000),
            ("CLONE_NEWCGROUP", 0x0200_0000), ("CLONE_NEWUTS", 0x0400_0000), ("CLONE_NEWIPC", 0x0800_0000),
            ("CLONE_NEWUSER", 0x1000_0000), ("CLONE_NEWPID", 0x2000_0000), ("CLONE_NEWNET", 0x4000_0000),
            ("CLONE_IO", 0x8000_0000),
        ],
        Kernel::Prot => &[
            ("PROT_READ", 1), ("PROT_WRITE", 2), ("PROT_EXEC", 4), ("PROT_SEM", 8),
            ("PROT_GROWSDOWN", 0x0100_0000), ("PROT_GROWSUP", 0x0200_0000),
        ],
        Kernel::Map => &[
            ("MAP_SHARED", 1), ("MAP_PRIVATE", 2), ("MAP_FIXED", 0x10), ("MAP_ANONYMOUS", 0x20), ("MAP_32BIT", 0x40),
            ("MAP_GROWSDOWN", 0x100), ("MAP_DENYWRITE", 0x800), ("MAP_EXECUTABLE", 0x1000), ("MAP_LOCKED", 0x2000),
            ("MAP_NORESERVE", 0x4000), ("MAP_POPULATE", 0x8000), ("MAP_NONBLOCK", 0x10000),
        ],
        Kernel::At => &[
            ("AT_SYMLINK_NOFOLLOW", 0x100), ("AT_REMOVEDIR", 0x200), ("AT_SYMLINK_FOLLOW", 0x400),
            ("AT_NO_AUTOMOUNT", 0x800), ("AT_EMPTY_PATH", 0x1000),
        ],
        Kernel::Umount => &[("FORCE", 1), ("DETACH", 2), ("EXPIRE", 4), ("NOFOLLOW", 8)],
        Kernel::Fcntl => &[
            ("F_DUPFD", 0), ("F_GETFD", 1), ("F_SETFD", 2), ("F_GETFL", 3), ("F_SETFL", 4), ("F_GETLK", 5),
            ("F_SETLK", 6), ("F_SETLKW", 7), ("F_SETOWN", 8), ("F_GETOWN", 9), ("F_SETSIG", 10), ("F_GETSIG", 11),
            ("F_SETOWN_EX", 15), ("F_GETOWN_EX", 16), ("F_OFD_GETLK", 36), ("F_OFD_SETLK", 37),
            ("F_OFD_SETLKW", 38), ("F_SETLEASE", 1024), ("F_GETLEASE", 1025), ("F_NOTIFY", 1026),
            ("F_CANCELLK", 1029), ("F_DUPFD_CLOEXEC", 1030), ("F_SETPIPE_SZ", 1031), ("F_GETPIPE_SZ", 1032),
        ],
        Kernel::Ptrace => &[
            ("PTRACE_TRACEME", 0), ("PTRACE_PEEKTEXT", 1), ("PTRACE_PEEKDATA", 2), ("PTRACE_PEEKUSR", 3),
            ("PTRACE_POKETEXT", 4), ("PTRACE_POKEDATA", 5), ("PTRACE_POKEUSR", 6), ("PTRACE_CONT", 7),
            ("PTRACE_KILL", 8), ("PTRACE_SINGLESTEP", 9), ("PTRACE_GETREGS", 12), ("PTRACE_SETREGS", 13),
            ("PTRACE_GETFPREGS", 14), ("PTRACE_SETFPREGS", 15), ("PTRACE_ATTACH", 16), ("PTRACE_DETACH", 17),
            ("PTRACE_GETFPXREGS", 18), ("PTRACE_SETFPXREGS", 19), ("PTRACE_OLDSETOPTIONS", 21),
            ("PTRACE_SYSCALL", 24), ("PTRACE_GET_THREAD_AREA", 25), ("PTRACE_SET_THREAD_AREA", 26),
            ("PTRACE_ARCH_PRCTL", 30), ("PTRACE_SYSEMU", 31), ("PTRACE_SYSEMU_SINGLESTEP", 32),
            ("PTRACE_SINGLEBLOCK", 33), ("PTRACE_SETOPTIONS", 0x4200), ("PTRACE_GETEVENTMSG", 0x4201),
            ("PTRACE_GETSIGINFO", 0x4202), ("PTRACE_SETSIGINFO", 0x4203), ("PTRACE_GETREGSET", 0x4204),
            ("PTRACE_SETREGSET", 0x4205), ("PTRACE_SEIZE", 0x4206), ("PTRACE_INTERRUPT", 0x4207),
            ("PTRACE_LISTEN", 0x4208), ("PTRACE_PEEKSIGINFO", 0x4209), ("PTRACE_GETSIGMASK", 0x420a),
            ("PTRACE_SETSIGMASK", 0x420b),
        ],
        Kernel::Flock => &[("LOCK_SH", 1), ("LOCK_EX", 2), ("LOCK_NB", 4), ("LOCK_UN", 8)],
        Kernel::Splice => {
            &[("SPLICE_F_MOVE", 1), ("SPLICE_F_NONBLOCK", 2), ("SPLICE_F_MORE", 4), ("SPLICE_F_GIFT", 8)]
        }
        Kernel::Memfd => &[("MFD_CLOEXEC", 1), ("MFD_ALLOW_SEALING", 2), ("MFD_HUGETLB", 4)],
        Kernel::Epoll => &[("EPOLL_CLOEXEC", 0o2_000_000)],
        Kernel::Pidfd => &[("PIDFD_NONBLOCK", 0o4000)],
        Kernel::Mlockall => &[("MCL_CURRENT", 1), ("MCL_FUTURE", 2), ("MCL_ONFAULT", 4)],
        Kernel::Mlock => &[("MLOCK_ONFAULT", 1)],
        Kernel::DeleteModule => &[("O_NONBLOCK", 0o4000), ("O_TRUNC", 0o1000)],
        Kernel::FinitModule => &[
            ("MODULE_INIT_IGNORE_MODVERSIONS", 1), ("MODULE_INIT_IGNORE_VERMAGIC", 2),
            ("MODULE_INIT_COMPRESSED_FILE", 4),
        ],
        Kernel::CloseRange => &[("CLOSE_RANGE_UNSHARE", 2), ("CLOSE_RANGE_CLOEXEC", 4)],
        Kernel::Semget => &[("IPC_CREAT", 0o1000), ("IPC_EXCL", 0o2000)],
        Kernel::Semctl => &[
            ("IPC_RMID", 0), ("IPC_SET", 1), ("IPC_STAT", 2), ("IPC_INFO", 3), ("GETPID", 11), ("GETVAL", 12),
            ("GETALL", 13), ("GETNCNT", 14), ("GETZCNT", 15), ("SETVAL", 16), ("SETALL", 17), ("SEM_STAT", 18),
            ("SEM_INFO", 19),
        ],
        Kernel::UringSetup => &[
            ("IORING_SETUP_IOPOLL", 1), ("IORING_SETUP_SQPOLL", 2), ("IORING_SETUP_SQ_AFF", 4),
            ("IORING_SETUP_CQSIZE", 8), ("IORING_SETUP_CLAMP", 16), ("IORING_SETUP_ATTACH_RW", 32),
            ("IORING_SETUP_R_DISABLED", 64),
        ],
        Kernel::UringFeatures => &[
            ("IORING_FEAT_SINGLE_MMAP", 1), ("IORING_FEAT_NODROP", 2), ("IORING_FEAT_SUBMIT_STABLE", 4),
            ("IORING_FEAT_RW_CUR_POS", 8), ("IORING_FEAT_CUR_PERSONALITY", 16), ("IORING_FEAT_FAST_POLL", 32),
            ("IORING_FEAT_POLL_32BITS", 64), ("IORING_FEAT_SQPOLL_NONFIXED", 128),
            ("IORING_FEAT_ENTER_EXT_ARG", 256), ("IORING_FEAT_NATIVE_WORKERS", 512),
            ("IORING_FEAT_RSRC_TAGS", 1024),
        ],
        Kernel::UringEnter => &[
            ("IORING_ENTER_GETEVENTS", 1), ("IORING_ENTER_SQ_WAKEUP", 2), ("IORING_ENTER_SQ_WAIT", 4),
            ("IORING_ENTER_EXT_ARG", 8),
        ],
        Kernel::SockLevel => &[("SOL_SOCKET", 1), ("SOL_TCP", 6)],
        Kernel::Shutdown => &[("SHUT_RD", 0), ("SHUT_WR", 1), ("SHUT_RDWR", 2)],
        Kernel::Rlimit => &[
            ("RLIMIT_CPU", 0), ("RLIMIT_FSIZE", 1), ("RLIMIT_DATA", 2), ("RLIMIT_STACK", 3), ("RLIMIT_CORE", 4),
            ("RLIMIT_RSS", 5), ("RLIMIT_NPROC", 6), ("RLIMIT_NOFILE", 7), ("RLIMIT_MEMLOCK", 8), ("RLIMIT_AS", 9),
            ("RLIMIT_LOCKS", 10), ("RLIMIT_SIGPENDING", 11), ("RLIMIT_MSGQUEUE", 12), ("RLIMIT_NICE", 13),
            ("RLIMIT_RTPRIO", 14), ("RLIMIT_RTTIME", 15),
        ],
        Kernel::Seek => &[("SEEK_SET", 0), ("SEEK_CUR", 1), ("SEEK_END", 2)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scap_schema::fetch::{Convert, Fetch, fetches};
    use scap_schema::{ParamDetail, event, flags};

    #[test]
    fn every_constant_the_rows_use_is_named_by_its_set() {
        for (code, row) in fetches() {
            for (fetch, param) in row.iter().zip(event(*code).unwrap().params) {
                let Fetch::Number { to: Convert::Flags(kernel) | Convert::Choice(kernel), .. } = fetch else {
                    continue;
                };
                let ParamDetail::Flags(set) = param.detail else {
                    panic!("{} of {code} has no flag set", param.name)
                };
                let known = Table::new(*kernel, set).0.len();
                let all = constants(*kernel).len();
                // Sets of calls that take few of a header's constants name only those.
                let few = matches!(kernel, Kernel::At | Kernel::Open);
                assert!(known == all || (few && known > 0), "{code} {}: {known} of {all}", param.name);
            }
        }
    }

    #[test]
    fn a_constant_of_two_bits_needs_both() {
        let open = Table::new(Kernel::Open, &flags::FILE_FLAGS);
        assert_eq!(open.flags(0o200_000), 0x400, "O_DIRECTORY alone is no O_TMPFILE");
        assert_eq!(open.flags(0o20_200_000), 0x2400);
        assert_eq!(open.flags(0o10000), 0x10, "O_DSYNC alone is no O_SYNC");
    }
}
