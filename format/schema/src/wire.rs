//! Small numberings of libscap that stand in lists of fds.
//!
//! The recorder writes them, the formats pass them on, and the state reads them. Source: `scap_fd_type` and
//! `scap_l4_proto` of falcosecurity/libs.

/// What an fd of the snapshot refers to.
#[allow(missing_docs, reason = "named after what they are")]
pub mod fd_type {
    pub const UNKNOWN: u8 = 0;
    /// File as older recorders write it.
    pub const FILE: u8 = 1;
    pub const DIRECTORY: u8 = 2;
    pub const IPV4_SOCKET: u8 = 3;
    pub const IPV6_SOCKET: u8 = 4;
    pub const IPV4_SERVER: u8 = 5;
    pub const IPV6_SERVER: u8 = 6;
    pub const FIFO: u8 = 7;
    pub const UNIX: u8 = 8;
    pub const EVENT: u8 = 9;
    pub const UNSUPPORTED: u8 = 10;
    pub const SIGNAL: u8 = 11;
    pub const EVENT_POLL: u8 = 12;
    pub const INOTIFY: u8 = 13;
    pub const TIMER: u8 = 14;
    pub const NETLINK: u8 = 15;
    /// File with open flags, device and mount.
    pub const FILE_V2: u8 = 16;
    pub const BPF: u8 = 17;
    pub const USER_FAULT: u8 = 18;
    pub const IO_URING: u8 = 19;
    pub const MEMFD: u8 = 20;
    pub const PIDFD: u8 = 21;
    /// The highest one.
    pub const LAST: u8 = PIDFD;
}

/// Transport of a socket of the snapshot.
#[allow(missing_docs, reason = "named after what they are")]
pub mod l4_proto {
    pub const UNKNOWN: u8 = 0;
    pub const NOT_AVAILABLE: u8 = 1;
    pub const TCP: u8 = 2;
    pub const UDP: u8 = 3;
    pub const ICMP: u8 = 4;
    pub const RAW: u8 = 5;
}
