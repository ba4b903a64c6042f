//! One thing to capture at the exit of a system call. The layout is that of `struct op` in `bpf/plan.h`.

/// How many ops one system call may have.
pub const MAX_OPS: usize = 8;
/// Slot of the return value; 0 to 5 are the arguments.
pub const RET_SLOT: u8 = 6;
/// No slot.
pub const NO_SLOT: u8 = 255;

/// What an [`Op`] captures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[repr(u8)]
pub enum Kind {
    /// Nothing.
    #[default]
    Nothing = 0,
    /// NUL-terminated string at slot `a`, at most `limit` bytes with its NUL.
    Text = 1,
    /// Bytes at `a`; as many as slot `c` says if that is positive, else as many as `b` says.
    Data = 2,
    /// Exactly `limit` bytes at `a`.
    Mem = 3,
    /// Data of the `iovec` array at `a` with `b` entries; aux is the sum of their lengths.
    Vector = 4,
    /// Data (as [`Kind::Vector`]), control data and name of the `msghdr` at `a`: three captures.
    Message = 5,
    /// For each message of the `mmsghdr` array at `a`: its length, [`Kind::Message`], [`Kind::Tuple`].
    Messages = 6,
    /// Socket address at `a`, `b` bytes long.
    Address = 7,
    /// Both ends of socket `a`; `b` points to an address given with the call.
    Tuple = 8,
    /// Device, inode, mode and layer of the file behind fd `a`.
    File = 9,
    /// Length and size of the queue of listening socket `a`.
    Queue = 10,
    /// Sizes of the address space.
    Memory = 11,
    /// Capability sets.
    Capabilities = 12,
    /// Path of the file behind fd `a`, last component first.
    Path = 13,
    /// `pollfd` array at `a` with `b` entries, at most `limit` of them.
    Polled = 14,
    /// Two fds at `a`, and the sockets behind them.
    Sockets = 15,
    /// Two fds at `a`, and the inode behind the first.
    Pipe = 16,
    /// Numbers and names of the calling task.
    Task = 17,
    /// Its argument strings.
    Args = 18,
    /// Its environment.
    Env = 19,
    /// Strings of the pointer array at `a`.
    Strings = 20,
    /// Its cgroups, one capture for each of five controllers, last component first.
    Cgroups = 21,
    /// Path of its executable, last component first.
    Exe = 22,
    /// Path that was given to `execve`.
    Filename = 23,
    /// Bytes at `a`; the `int` at `b` says how many.
    DataBehind = 24,
}

/// One thing to capture. Conditions that do not hold give empty captures, never fewer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[repr(C)]
pub struct Op {
    /// A [`Kind`].
    pub kind: u8,
    /// First slot.
    pub a: u8,
    /// Second slot.
    pub b: u8,
    /// Third slot.
    pub c: u8,
    /// A [`scap_schema::fetch::When`], in order.
    pub when: u8,
    /// [`Op::INBOUND`] and its kin.
    pub flags: u8,
    /// Slot whose value decides, if `mask` is not 0.
    pub select: u8,
    /// How far that value is shifted right.
    pub shift: u8,
    /// Bit set of the values (mod 64) for which the op is done; 0 for all. May let more through than
    /// the row says; the finisher looks again.
    pub mask: u64,
    /// Bytes or entries at most.
    pub limit: u32,
    pub(crate) unused: u32,
}

impl Op {
    /// The remote end is the source.
    pub const INBOUND: u8 = 1;
    /// The recording's snaplen is the limit.
    pub const SNAPLEN: u8 = 2;
    /// A positive return value is a limit as well.
    pub const RET_LIMITS: u8 = 4;

    pub(crate) fn new(kind: Kind) -> Self {
        Self { kind: kind as u8, a: NO_SLOT, b: NO_SLOT, c: NO_SLOT, ..Self::default() }
    }

    /// How many captures it gives; 0 for one whose number depends on the call.
    pub(crate) const fn captures(&self) -> usize {
        if self.kind == Kind::Message as u8 {
            3
        } else if self.kind == Kind::Cgroups as u8 {
            5
        } else if self.kind == Kind::Messages as u8 {
            0
        } else {
            1
        }
    }
}
