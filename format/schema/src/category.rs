//! What kind of event a type is: origin, category and behaviour flags.
//!
//! Source: `enum ppm_event_category` and `enum ppm_event_flags` of falcosecurity/libs.

/// Where events of a type come from (the high bits of libscap's category).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Origin {
    /// Placeholder row; no event of this type exists.
    None,
    /// Produced by a system call.
    Syscall,
    /// Produced by a kernel tracepoint other than system-call entry and exit.
    Tracepoint,
    /// Produced by a Falco plugin.
    Plugin,
    /// Written by user space: notifications, container events, drops.
    Meta,
    /// Produced by a kernel iterator walking existing objects.
    Iter,
}

/// What an event is about (the low bits of libscap's category).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Category {
    /// Placeholder row.
    Unknown,
    /// No specific category.
    Other,
    /// File operation.
    File,
    /// Network operation.
    Net,
    /// Inter-process communication.
    Ipc,
    /// Memory.
    Memory,
    /// Process life cycle.
    Process,
    /// Plain sleep.
    Sleep,
    /// System-wide operation.
    System,
    /// Signals.
    Signal,
    /// Credentials and identity.
    User,
    /// Clocks and timers.
    Time,
    /// User-level processing.
    Processing,
    /// Reads from an fd of any kind.
    IoRead,
    /// Writes to an fd of any kind.
    IoWrite,
    /// I/O that is neither read nor write.
    IoOther,
    /// Waits for something.
    Wait,
    /// Scheduler.
    Scheduler,
    /// Made by the libraries themselves.
    Internal,
}

/// Behaviour flags of an event type, a bit set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct EventFlags(pub u16);

impl EventFlags {
    /// Creates an fd.
    pub const CREATES_FD: Self = Self(1);
    /// Destroys an fd.
    pub const DESTROYS_FD: Self = Self(1 << 1);
    /// Operates on an fd given as a parameter.
    pub const USES_FD: Self = Self(1 << 2);
    /// Reads data from an fd.
    pub const READS_FD: Self = Self(1 << 3);
    /// Writes data to an fd.
    pub const WRITES_FD: Self = Self(1 << 4);
    /// Changes machine state and must not be dropped by a filter that precedes state.
    pub const STATE: Self = Self(1 << 5);
    /// Row without events.
    pub const UNUSED: Self = Self(1 << 6);
    /// May block.
    pub const WAITS: Self = Self(1 << 7);
    /// Does not reset the per-event parser state.
    pub const SKIP_RESET: Self = Self(1 << 8);
    /// No driver sends this type any more; old captures hold it.
    pub const OLD: Self = Self(1 << 9);
    /// Parameter lengths are 32 bits wide in the file.
    pub const LARGE: Self = Self(1 << 11);
    /// Handled by the upgrade of old events.
    pub const CONVERTED: Self = Self(1 << 12);

    /// Whether every flag of `other` is set.
    #[must_use]
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    pub(crate) const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}
