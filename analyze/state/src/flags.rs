//! Bits of libscap's own encodings that the state acts upon.
//!
//! Source: `driver/ppm_events_public.h` of falcosecurity/libs.

/// Flags of a thread ([`Thread::flags`](crate::Thread::flags)).
pub mod thread_flags {
    /// Shares the fd table of its thread group.
    pub const CLONE_FILES: u32 = 1;
    /// Started as the init of a new pid namespace.
    pub const CLONE_NEWPID: u32 = 1 << 6;
    /// Shares the parent of its creator.
    pub const CLONE_PARENT: u32 = 1 << 8;
    /// Joined its creator's thread group.
    pub const CLONE_THREAD: u32 = 1 << 13;
    /// Was first seen through its own event, before its creator's.
    pub const CLONE_INVERTED: u32 = 1 << 16;
    /// Its name changed since it started.
    pub const NAME_CHANGED: u32 = 1 << 17;
    /// Is dead; kept while others still refer to it.
    pub const CLOSED: u32 = 1 << 18;
    /// Has produced events or comes from the snapshot.
    pub const ACTIVE: u32 = 1 << 19;
    /// Entered a new user namespace.
    pub const CLONE_NEWUSER: u32 = 1 << 20;
    /// Left side of a shell pipe, by a guess from `dup`.
    pub const PIPE_SRC: u32 = 1 << 21;
    /// Right side of a shell pipe, by a guess from `dup`.
    pub const PIPE_DST: u32 = 1 << 22;
    /// Its creator waited for it to exec or exit.
    pub const CLONE_VFORK: u32 = 1 << 27;
    /// Lives in a pid namespace other than the host's.
    pub const CHILD_IN_PIDNS: u32 = 1 << 29;
    /// Leads its thread group whatever its ids say.
    pub const IS_MAIN_THREAD: u32 = 1 << 30;
}

/// Flags of an open fd ([`Fd::open_flags`](crate::Fd::open_flags)).
pub mod open {
    /// Close on exec.
    pub const CLOEXEC: u32 = 1 << 12;
    /// A directory.
    pub const DIRECTORY: u32 = 1 << 10;
    /// The call created the file.
    pub const F_CREATED: u32 = 1 << 14;
    /// The file lies in an overlay's upper layer.
    pub const UPPER_LAYER: u32 = 1 << 15;
    /// The file lies in an overlay's lower layer.
    pub const LOWER_LAYER: u32 = 1 << 16;
    /// Close on exec, as `epoll_create1` and `memfd_create` encode it.
    pub(crate) const OTHER_CLOEXEC: u32 = 1;
}

/// Socket families.
pub(crate) mod family {
    pub(crate) const UNIX: u8 = 1;
    pub(crate) const INET: u8 = 2;
    pub(crate) const INET6: u8 = 10;
    pub(crate) const NETLINK: u8 = 16;
}

/// `dirfd` that stands for the working directory.
pub(crate) const AT_FDCWD: i64 = -100;
