//! What a trace says about the machine before its first event: processes, fds, interfaces, users.
//!
//! Source: `scap_threadinfo`, `scap_fdinfo`, `scap_addrlist`, `scap_userlist`, `scap_machine_info` of
//! falcosecurity/libs. Strings are bytes without closing NUL; `None` stands where the block's version
//! does not carry the value.

use crate::block::{Block, Section};
use std::net::{Ipv4Addr, Ipv6Addr};

/// All of it, as far as the trace has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// The section that starts with it.
    pub section: Option<Section>,
    /// The machine.
    pub machine: Option<MachineInfo>,
    /// Threads of all processes.
    pub threads: Vec<ThreadEntry>,
    /// Fds by thread.
    pub fds: Vec<(i64, Vec<FdEntry>)>,
    /// Addresses of the network interfaces.
    pub interfaces: Vec<Interface>,
    /// Users.
    pub users: Vec<User>,
    /// Groups.
    pub groups: Vec<Group>,
}

impl Snapshot {
    /// Takes in a block. Lists that a trace gives in several blocks add up; a section header starts anew.
    /// Events and unknown blocks leave it as it is.
    pub fn absorb(&mut self, block: Block<'_>) {
        match block {
            Block::Section(section) => *self = Self { section: Some(section), ..Self::default() },
            Block::Machine(machine) => self.machine = Some(machine),
            Block::Threads(threads) => self.threads.extend(threads),
            Block::Fds { tid, fds } => self.fds.push((tid, fds)),
            Block::Interfaces(interfaces) => self.interfaces.extend(interfaces),
            Block::Users { users, groups } => {
                self.users.extend(users);
                self.groups.extend(groups);
            }
            Block::Event(_) | Block::Unknown { .. } => {}
        }
    }

    /// The blocks it consists of, in the order in which traces have them; a section header always comes first.
    #[must_use]
    pub fn into_blocks(self) -> Vec<Block<'static>> {
        let section = self.section.unwrap_or(Section { major: 1, minor: 2, big_endian: false });
        let mut blocks = vec![Block::Section(section)];
        blocks.extend(self.machine.map(Block::Machine));
        if !self.interfaces.is_empty() {
            blocks.push(Block::Interfaces(self.interfaces));
        }
        if !self.users.is_empty() || !self.groups.is_empty() {
            blocks.push(Block::Users { users: self.users, groups: self.groups });
        }
        if !self.threads.is_empty() {
            blocks.push(Block::Threads(self.threads));
        }
        blocks.extend(self.fds.into_iter().map(|(tid, fds)| Block::Fds { tid, fds }));
        blocks
    }
}

/// The machine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MachineInfo {
    /// Number of processors.
    pub num_cpus: u32,
    /// Memory in bytes.
    pub memory_size_bytes: u64,
    /// Highest pid.
    pub max_pid: u64,
    /// Host name.
    pub hostname: Vec<u8>,
    /// Boot time, ns since the epoch; 0 where older recorders did not write it.
    pub boot_ts_epoch: u64,
    /// Recorder's flags.
    pub flags: u64,
    /// Reserved words 3 and 4 of the block.
    pub reserved: [u64; 2],
}

/// One thread as of the snapshot, its texts in memory of their own or [where the trace has them](crate::List).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ThreadEntry<T = Vec<u8>> {
    /// Thread id.
    pub tid: i64,
    /// Process (thread group) id.
    pub pid: i64,
    /// Parent's pid.
    pub ptid: i64,
    /// Session id.
    pub sid: i64,
    /// Process group id in the process' pid namespace.
    pub vpgid: i64,
    /// Process group id on the host.
    pub pgid: Option<i64>,
    /// Command name.
    pub comm: T,
    /// First argument.
    pub exe: T,
    /// Full path of the executable.
    pub exepath: T,
    /// Arguments after the first, each closed by NUL.
    pub args: T,
    /// Environment, each entry closed by NUL.
    pub env: T,
    /// Working directory.
    pub cwd: T,
    /// Root directory.
    pub root: T,
    /// Limit of open files.
    pub fdlimit: i64,
    /// libscap's thread flags (`PPM_CL_*`).
    pub flags: u32,
    /// Effective user.
    pub uid: u32,
    /// Effective group.
    pub gid: u32,
    /// Virtual memory, KiB.
    pub vmsize_kb: u32,
    /// Resident memory, KiB.
    pub vmrss_kb: u32,
    /// Swapped memory, KiB.
    pub vmswap_kb: u32,
    /// Major page faults.
    pub pfmajor: u64,
    /// Minor page faults.
    pub pfminor: u64,
    /// Cgroups, `subsystem=path` each closed by NUL.
    pub cgroups: T,
    /// Thread id in its own pid namespace.
    pub vtid: i64,
    /// Process id in its own pid namespace.
    pub vpid: i64,
    /// Start of the pid namespace's init, ns since the epoch.
    pub pidns_init_start_ts: u64,
    /// Controlling terminal.
    pub tty: u32,
    /// Login user; `None` where unknown.
    pub loginuid: Option<u32>,
    /// Executable is writable by the user.
    pub exe_writable: bool,
    /// Permitted capabilities.
    pub cap_permitted: Option<u64>,
    /// Effective capabilities.
    pub cap_effective: Option<u64>,
    /// Inheritable capabilities.
    pub cap_inheritable: Option<u64>,
    /// Executable lies in an overlay's upper layer.
    pub exe_upper_layer: bool,
    /// Executable lies in an overlay's lower layer.
    pub exe_lower_layer: bool,
    /// Executable is a memfd.
    pub exe_from_memfd: bool,
    /// Inode of the executable.
    pub exe_ino: u64,
    /// Change time of the executable, ns since the epoch.
    pub exe_ino_ctime: u64,
    /// Modification time of the executable, ns since the epoch.
    pub exe_ino_mtime: u64,
    /// Start of the process, ns since the epoch.
    pub clone_ts: u64,
}

/// One open fd as of the snapshot, as [`ThreadEntry`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FdEntry<T = Vec<u8>> {
    /// Number.
    pub fd: i64,
    /// Inode.
    pub ino: u64,
    /// What it refers to.
    pub kind: FdKind<T>,
}

/// What an fd refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "fields are named as in libscap's fd info union")]
pub enum FdKind<T = Vec<u8>> {
    Unknown {
        name: T,
    },
    Directory {
        name: T,
    },
    /// `flags` are libscap's open flags.
    Regular {
        flags: u32,
        name: T,
        mount_id: u32,
        dev: u32,
    },
    Ipv4Socket {
        source: Ipv4Addr,
        dest: Ipv4Addr,
        sport: u16,
        dport: u16,
        l4proto: u8,
    },
    Ipv4Server {
        ip: Ipv4Addr,
        port: u16,
        l4proto: u8,
    },
    Ipv6Socket {
        source: Ipv6Addr,
        dest: Ipv6Addr,
        sport: u16,
        dport: u16,
        l4proto: u8,
    },
    Ipv6Server {
        ip: Ipv6Addr,
        port: u16,
        l4proto: u8,
    },
    UnixSocket {
        source: u64,
        dest: u64,
        name: T,
    },
    /// Everything that is only a type and a name; `code` is libscap's fd type.
    Other {
        code: u8,
        name: T,
    },
}

/// One address of a network interface.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "named as in libscap's interface list")]
pub enum Interface {
    V4 { name: Vec<u8>, addr: Ipv4Addr, netmask: Ipv4Addr, broadcast: Ipv4Addr, linkspeed: u64 },
    V6 { name: Vec<u8>, addr: Ipv6Addr, netmask: Ipv6Addr, broadcast: Ipv6Addr, linkspeed: u64 },
}

/// One user of the machine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct User {
    /// User id.
    pub uid: u32,
    /// Primary group.
    pub gid: u32,
    /// Login name.
    pub name: Vec<u8>,
    /// Home directory.
    pub homedir: Vec<u8>,
    /// Login shell.
    pub shell: Vec<u8>,
}

/// One group of the machine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Group {
    /// Group id.
    pub gid: u32,
    /// Name.
    pub name: Vec<u8>,
}
