//! The blocks of a `.scap` stream.

use crate::Event;
use crate::snapshot::{FdEntry, Group, Interface, MachineInfo, ThreadEntry, User};

/// One decoded block.
#[derive(Debug, Clone)]
pub enum Block<'a> {
    /// Start of a section; everything before it belongs to another capture.
    Section(Section),
    /// The machine.
    Machine(MachineInfo),
    /// Threads of the snapshot.
    Threads(Vec<ThreadEntry>),
    /// Fds of one thread of the snapshot.
    Fds {
        /// Whose.
        tid: i64,
        /// Which.
        fds: Vec<FdEntry>,
    },
    /// Network interfaces.
    Interfaces(Vec<Interface>),
    /// Users and groups.
    Users {
        /// Users.
        users: Vec<User>,
        /// Groups.
        groups: Vec<Group>,
    },
    /// One event.
    Event(Event<'a>),
    /// A block of a type this version does not know; skipped.
    Unknown {
        /// Its type.
        block_type: u32,
        /// Its length in bytes, header and trailer included.
        len: u32,
    },
}

/// Section header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Section {
    /// Major version of the file format.
    pub major: u16,
    /// Minor version of the file format.
    pub minor: u16,
    /// Whether the section's integers are big-endian.
    pub big_endian: bool,
}
