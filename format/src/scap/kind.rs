//! Numbers of the block types of a `.scap` stream.
//!
//! Takes nothing, gives constants and [`Kind`], which folds versions and the unofficial numbers of early
//! recorders into one of eight kinds. Deliberately does not look into a block.
//!
//! Source: `scap_savefile.h` of falcosecurity/libs. In a section of version 1.2 no block version changes
//! any more: entries carry their own length and grow at their end.

/// Section header; reads the same in both byte orders.
pub const SECTION: u32 = 0x0a0d_0d0a;
/// Byte-order mark inside a section header.
pub const MAGIC: u32 = 0x1a2b_3c4d;
/// Machine.
pub const MACHINE: u32 = 0x201;
/// Threads, entries with a length of their own.
pub const THREADS_V9: u32 = 0x215;
/// Fds of a thread, entries without length.
pub const FDS_V1: u32 = 0x203;
/// Fds of a thread, entries with a length of their own.
pub const FDS_V2: u32 = 0x218;
/// Interfaces, entries without length.
pub const INTERFACES_V1: u32 = 0x205;
/// Interfaces, entries with a length of their own.
pub const INTERFACES_V2: u32 = 0x219;
/// Users and groups, entries without length.
pub const USERS_V1: u32 = 0x206;
/// Users and groups, entries with a length of their own.
pub const USERS_V2: u32 = 0x220;
/// Event whose header does not count its parameters.
pub const EVENT_V1: u32 = 0x204;
/// The same with flags.
pub const EVENT_FLAGS_V1: u32 = 0x208;
/// Event.
pub const EVENT_V2: u32 = 0x216;
/// Event with flags.
pub const EVENT_FLAGS_V2: u32 = 0x217;
/// Event of any length.
pub const EVENT_V2_LARGE: u32 = 0x221;
/// Event of any length, with flags.
pub const EVENT_FLAGS_V2_LARGE: u32 = 0x222;

/// Header and trailer of a block, bytes.
pub const FRAME_LEN: u32 = 12;
/// Longest block that is believed, bytes. A host with a hundred thousand threads stays below it.
pub const MAX_BLOCK_LEN: u32 = 128 << 20;
/// Longest block of unknown type that is stepped over, bytes; a longer one is taken for damage.
pub const MAX_UNKNOWN_LEN: u32 = 16 << 20;

/// What a block type holds, with what distinguishes the versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Section header.
    Section,
    /// Machine.
    Machine,
    /// Threads; versions 1 to 9.
    Threads(u8),
    /// Fds of a thread.
    Fds {
        /// Whether entries carry their length.
        sized: bool,
    },
    /// Interfaces.
    Interfaces {
        /// Whether entries carry their length.
        sized: bool,
    },
    /// Users and groups.
    Users {
        /// Whether entries carry their length.
        sized: bool,
    },
    /// Event.
    Event(EventKind),
    /// None of those.
    Unknown,
}

/// How an event block is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventKind {
    /// Whether a word of flags follows the cpu.
    pub flags: bool,
    /// Whether the event header counts the parameters.
    pub counted: bool,
    /// Whether the block may exceed 64 KiB.
    pub large: bool,
}

impl EventKind {
    /// A number below 8 of its own.
    #[inline]
    pub(crate) const fn index(self) -> usize {
        self.flags as usize | (self.counted as usize) << 1 | (self.large as usize) << 2
    }
}

impl Kind {
    /// The event block type with [`EventKind::index`] `index`.
    pub(crate) const fn event_type(index: usize) -> u32 {
        match index {
            0 | 4 => EVENT_V1,
            1 | 5 => EVENT_FLAGS_V1,
            2 => EVENT_V2,
            3 => EVENT_FLAGS_V2,
            6 => EVENT_V2_LARGE,
            _ => EVENT_FLAGS_V2_LARGE,
        }
    }

    /// How the event block type `block_type` is laid out; `None` if it is none. Asks for the usual one first.
    #[must_use]
    #[inline]
    pub(crate) const fn event_of(block_type: u32) -> Option<EventKind> {
        if block_type == EVENT_V2 {
            return Some(EventKind { flags: false, counted: true, large: false });
        }
        match Self::of(block_type) {
            Self::Event(layout) => Some(layout),
            _ => None,
        }
    }

    /// The kind of block type `block_type`.
    #[must_use]
    pub const fn of(block_type: u32) -> Self {
        const fn event(flags: bool, counted: bool, large: bool) -> Kind {
            Kind::Event(EventKind { flags, counted, large })
        }
        match block_type {
            EVENT_V2 => event(false, true, false),
            EVENT_FLAGS_V2 => event(true, true, false),
            EVENT_V2_LARGE => event(false, true, true),
            EVENT_FLAGS_V2_LARGE => event(true, true, true),
            EVENT_V1 | 0x8010_abcd => event(false, false, false),
            EVENT_FLAGS_V1 => event(true, false, false),
            SECTION => Self::Section,
            MACHINE | 0x8002_abcd => Self::Machine,
            0x202 | 0x8000_abcd => Self::Threads(1),
            0x207 | 0x8013_abcd => Self::Threads(2),
            0x209 | 0x8014_abcd => Self::Threads(3),
            0x210 => Self::Threads(4),
            0x211 => Self::Threads(5),
            0x212 => Self::Threads(6),
            0x213 => Self::Threads(7),
            0x214 => Self::Threads(8),
            THREADS_V9 => Self::Threads(9),
            FDS_V1 | 0x8001_abcd => Self::Fds { sized: false },
            FDS_V2 => Self::Fds { sized: true },
            INTERFACES_V1 | 0x8011_abcd => Self::Interfaces { sized: false },
            INTERFACES_V2 => Self::Interfaces { sized: true },
            USERS_V1 | 0x8012_abcd => Self::Users { sized: false },
            USERS_V2 => Self::Users { sized: true },
            _ => Self::Unknown,
        }
    }
}
