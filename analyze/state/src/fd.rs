//! One open file, socket, pipe or other fd, as the state knows it.
//!
//! Source: `scap_fd_type` and `sinsp_fdinfo` of falcosecurity/libs.

use scap_schema::wire::{fd_type, l4_proto};

use crate::flags::open;
use crate::name::Name;
use crate::net::SockInfo;

/// What an fd refers to. The discriminants are libscap's codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[repr(u8)]
#[allow(missing_docs, reason = "named after what they are")]
pub enum FdType {
    Unknown = fd_type::UNKNOWN,
    /// File as older recorders write it.
    File = fd_type::FILE,
    Directory = fd_type::DIRECTORY,
    Ipv4Socket = fd_type::IPV4_SOCKET,
    Ipv6Socket = fd_type::IPV6_SOCKET,
    Ipv4Server = fd_type::IPV4_SERVER,
    Ipv6Server = fd_type::IPV6_SERVER,
    Fifo = fd_type::FIFO,
    Unix = fd_type::UNIX,
    Event = fd_type::EVENT,
    Unsupported = fd_type::UNSUPPORTED,
    Signal = fd_type::SIGNAL,
    EventPoll = fd_type::EVENT_POLL,
    Inotify = fd_type::INOTIFY,
    Timer = fd_type::TIMER,
    Netlink = fd_type::NETLINK,
    /// File with open flags, device and mount.
    FileV2 = fd_type::FILE_V2,
    Bpf = fd_type::BPF,
    UserFault = fd_type::USER_FAULT,
    IoUring = fd_type::IO_URING,
    Memfd = fd_type::MEMFD,
    Pidfd = fd_type::PIDFD,
    /// Made by an event that told nothing about it.
    #[default]
    Uninitialized = 255,
}

impl FdType {
    /// From libscap's code; unknown codes are [`Self::Uninitialized`].
    #[must_use]
    pub const fn from_code(code: u8) -> Self {
        match code {
            fd_type::UNKNOWN => Self::Unknown,
            fd_type::FILE => Self::File,
            fd_type::DIRECTORY => Self::Directory,
            fd_type::IPV4_SOCKET => Self::Ipv4Socket,
            fd_type::IPV6_SOCKET => Self::Ipv6Socket,
            fd_type::IPV4_SERVER => Self::Ipv4Server,
            fd_type::IPV6_SERVER => Self::Ipv6Server,
            fd_type::FIFO => Self::Fifo,
            fd_type::UNIX => Self::Unix,
            fd_type::EVENT => Self::Event,
            fd_type::UNSUPPORTED => Self::Unsupported,
            fd_type::SIGNAL => Self::Signal,
            fd_type::EVENT_POLL => Self::EventPoll,
            fd_type::INOTIFY => Self::Inotify,
            fd_type::TIMER => Self::Timer,
            fd_type::NETLINK => Self::Netlink,
            fd_type::FILE_V2 => Self::FileV2,
            fd_type::BPF => Self::Bpf,
            fd_type::USER_FAULT => Self::UserFault,
            fd_type::IO_URING => Self::IoUring,
            fd_type::MEMFD => Self::Memfd,
            fd_type::PIDFD => Self::Pidfd,
            _ => Self::Uninitialized,
        }
    }

    /// As `fd.type` prints it; `<NA>` for those without a name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::File | Self::FileV2 => "file",
            Self::Directory => "directory",
            Self::Ipv4Socket | Self::Ipv4Server => "ipv4",
            Self::Ipv6Socket | Self::Ipv6Server => "ipv6",
            Self::Unix => "unix",
            Self::Fifo => "pipe",
            Self::Event => "event",
            Self::Signal => "signalfd",
            Self::EventPoll => "eventpoll",
            Self::Inotify => "inotify",
            Self::Timer => "timerfd",
            Self::Netlink => "netlink",
            Self::Bpf => "bpf",
            Self::UserFault => "userfaultfd",
            Self::IoUring => "io_uring",
            Self::Memfd => "memfd",
            Self::Pidfd => "pidfd",
            Self::Unknown | Self::Unsupported | Self::Uninitialized => "<NA>",
        }
    }

    /// As `fd.typechar` prints it.
    #[must_use]
    pub const fn letter(self) -> char {
        match self {
            Self::File | Self::FileV2 => 'f',
            Self::Directory => 'd',
            Self::Ipv4Socket | Self::Ipv4Server => '4',
            Self::Ipv6Socket | Self::Ipv6Server => '6',
            Self::Unix | Self::UserFault => 'u',
            Self::Fifo => 'p',
            Self::Event => 'e',
            Self::Signal => 's',
            Self::EventPoll => 'l',
            Self::Inotify => 'i',
            Self::Timer => 't',
            Self::Netlink => 'n',
            Self::Bpf => 'b',
            Self::IoUring => 'r',
            Self::Memfd => 'm',
            Self::Pidfd => 'P',
            Self::Unknown => 'o',
            Self::Unsupported => 'X',
            Self::Uninitialized => '?',
        }
    }

    /// Whether it is a regular file.
    #[must_use]
    pub const fn is_file(self) -> bool {
        matches!(self, Self::File | Self::FileV2)
    }

    /// Whether it is a v4 or v6 socket with two ends.
    #[must_use]
    pub const fn is_inet(self) -> bool {
        matches!(self, Self::Ipv4Socket | Self::Ipv6Socket)
    }
}

/// Transport protocol of a socket. The discriminants are libscap's codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[repr(u8)]
#[allow(missing_docs, reason = "named after what they are")]
pub enum L4Proto {
    #[default]
    Unknown = l4_proto::UNKNOWN,
    NotAvailable = l4_proto::NOT_AVAILABLE,
    Tcp = l4_proto::TCP,
    Udp = l4_proto::UDP,
    Icmp = l4_proto::ICMP,
    Raw = l4_proto::RAW,
}

impl L4Proto {
    /// From libscap's code; unknown codes are [`Self::Unknown`].
    #[must_use]
    pub const fn from_code(code: u8) -> Self {
        match code {
            l4_proto::NOT_AVAILABLE => Self::NotAvailable,
            l4_proto::TCP => Self::Tcp,
            l4_proto::UDP => Self::Udp,
            l4_proto::ICMP => Self::Icmp,
            l4_proto::RAW => Self::Raw,
            _ => Self::Unknown,
        }
    }

    /// As `fd.l4proto` prints it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Icmp => "icmp",
            Self::Raw => "raw",
            Self::Unknown | Self::NotAvailable => "<NA>",
        }
    }
}

/// Which side of a connection an fd is on. An fd can have been given both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Role {
    /// It connected, or is taken to have.
    pub client: bool,
    /// It was bound or accepted, or is taken to have been.
    pub server: bool,
}

impl Role {
    /// Neither side is known.
    #[must_use]
    pub const fn is_none(self) -> bool {
        !self.client && !self.server
    }
}

/// One open fd.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fd {
    /// What it refers to.
    pub ty: FdType,
    /// Full path, tuple, or other name; as `fd.name`. With it, the path as given to the call that opened it.
    pub name: Name,
    /// libscap's open flags, see [`open`].
    pub open_flags: u32,
    // Between those two, which are told together: read as one right after they were written as two, they would stall.
    /// Mount; 0 where unknown.
    pub mount_id: u32,
    /// Addresses, for sockets.
    pub sock: SockInfo,
    /// Side of the connection.
    pub role: Role,
    /// Connected, or on its way to be.
    pub connected: bool,
    /// In an overlay's upper layer.
    pub upper_layer: bool,
    /// In an overlay's lower layer.
    pub lower_layer: bool,
    /// Known from the snapshot, not from an event.
    pub from_snapshot: bool,
    /// Device; 0 where unknown.
    pub dev: u32,
    /// Inode; 0 where unknown.
    pub ino: u64,
    /// Process a pidfd stands for.
    pub pid: i64,
}

impl Fd {
    /// One of type `ty`, otherwise blank.
    #[must_use]
    pub(crate) fn of(ty: FdType) -> Self {
        Self { ty, ..Self::default() }
    }

    /// Protocol as `fd.l4proto` sees it: not available without a role, unless raw.
    #[must_use]
    pub fn l4proto(&self) -> L4Proto {
        let stored = self.sock.l4proto(self.ty);
        if self.ty.is_inet() && stored != L4Proto::Raw && self.role.is_none() {
            return L4Proto::NotAvailable;
        }
        stored
    }

    /// Whether it is a v4 socket of `proto`; v6 never counts, as in libsinsp.
    #[must_use]
    pub(crate) fn is_v4_of(&self, proto: L4Proto) -> bool {
        self.ty == FdType::Ipv4Socket && self.sock.l4proto(self.ty) == proto
    }

    /// Whether reading and writing leave it as it is: all do but internet sockets that are not known to be connected.
    #[inline]
    pub(crate) const fn is_calm(&self) -> bool {
        !self.ty.is_inet() || self.connected
    }

    /// Whether an exec closes it.
    #[must_use]
    pub fn is_close_on_exec(&self) -> bool {
        self.open_flags & open::CLOEXEC != 0
            || (matches!(self.ty, FdType::EventPoll | FdType::Memfd)
                && self.open_flags & open::OTHER_CLOEXEC != 0)
    }

    /// Gives it another name; the path as it was given stays.
    pub(crate) fn rename(&mut self, name: &[u8]) {
        self.name = self.name.renamed(name);
    }

    /// A duplicate that stays open on exec.
    pub(crate) fn duplicate(&self) -> Self {
        let mut copy = Self::default();
        copy.become_copy_of(self);
        copy.clear_close_on_exec();
        copy
    }

    /// Makes itself a copy of `other`, field by field, where a clone would be written twice.
    pub(crate) fn become_copy_of(&mut self, other: &Self) {
        let Self { ty, name, open_flags, sock, role, connected, .. } = other;
        let Self { upper_layer, lower_layer, from_snapshot, dev, mount_id, ino, pid, .. } = other;
        self.name = name.clone();
        (self.ty, self.open_flags, self.sock, self.role) = (*ty, *open_flags, *sock, *role);
        (self.connected, self.from_snapshot) = (*connected, *from_snapshot);
        (self.upper_layer, self.lower_layer) = (*upper_layer, *lower_layer);
        (self.dev, self.mount_id, self.ino, self.pid) = (*dev, *mount_id, *ino, *pid);
    }

    pub(crate) fn clear_close_on_exec(&mut self) {
        self.open_flags &= !(open::CLOEXEC | open::OTHER_CLOEXEC);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_round_trip() {
        for code in 0..=21 {
            assert_eq!(FdType::from_code(code) as u8, code);
        }
        assert_eq!(FdType::from_code(99), FdType::Uninitialized);
        for code in 0..=5 {
            assert_eq!(L4Proto::from_code(code) as u8, code);
        }
    }

    #[test]
    fn a_socket_without_a_role_hides_its_protocol_unless_raw() {
        let mut fd = Fd::of(FdType::Ipv4Socket);
        fd.sock.set_l4proto(fd.ty, L4Proto::Tcp);
        assert_eq!(fd.l4proto(), L4Proto::NotAvailable);
        fd.role.client = true;
        assert_eq!(fd.l4proto(), L4Proto::Tcp);
        fd.role = Role::default();
        fd.sock.set_l4proto(fd.ty, L4Proto::Raw);
        assert_eq!(fd.l4proto(), L4Proto::Raw);
    }

    #[test]
    fn a_duplicate_is_the_same_but_for_exec() {
        let mut fd = Fd {
            ty: FdType::Ipv4Server,
            name: Name::new(b"/a/b", b"b"),
            role: Role { client: true, server: false },
            connected: true,
            upper_layer: true,
            lower_layer: true,
            from_snapshot: true,
            dev: 1,
            mount_id: 2,
            ino: 3,
            pid: 4,
            open_flags: open::DIRECTORY,
            ..Fd::default()
        };
        fd.sock.set_l4proto(fd.ty, L4Proto::Udp);
        assert_eq!(fd.duplicate(), fd);
        fd.open_flags |= open::CLOEXEC;
        assert_eq!(fd.duplicate().open_flags, open::DIRECTORY);
    }

    #[test]
    fn a_duplicate_survives_exec() {
        let mut fd = Fd::of(FdType::Memfd);
        fd.open_flags = open::OTHER_CLOEXEC;
        assert!(fd.is_close_on_exec());
        assert!(!fd.duplicate().is_close_on_exec());
    }
}
