//! Parameters of events: type, print format, flag set.
//!
//! Source: `enum ppm_param_type`, `enum ppm_print_format`, `struct ppm_param_info` of falcosecurity/libs.

use crate::FlagSet;

/// How the bytes of a parameter are laid out and meant. Integers are little-endian.
///
/// The discriminants are libscap's `PT_*` codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
#[allow(missing_docs, reason = "the plain integers say it all; the rest is documented")]
pub enum ParamType {
    Int8 = 1,
    Int16 = 2,
    Int32 = 3,
    Int64 = 4,
    Uint8 = 5,
    Uint16 = 6,
    Uint32 = 7,
    Uint64 = 8,
    /// NUL-terminated string.
    CharBuf = 9,
    /// Raw bytes.
    ByteBuf = 10,
    /// i64; negative values are `-errno`.
    Errno = 11,
    /// 1 byte family, then address.
    SockAddr = 12,
    /// 1 byte family, then source and destination.
    SockTuple = 13,
    /// i64 fd.
    Fd = 14,
    /// i64 pid or tid.
    Pid = 15,
    /// u16 count, then count × (i64 fd, i16 flags).
    FdList = 16,
    /// Path, NUL-terminated.
    FsPath = 17,
    /// u16 `ppm_sc` code.
    SyscallId = 18,
    /// u8 signal number.
    SigType = 19,
    /// u64 ns.
    RelTime = 20,
    /// u64 ns since the epoch.
    AbsTime = 21,
    Port = 22,
    L4Proto = 23,
    SockFamily = 24,
    /// u32, 0 or 1.
    Bool = 25,
    Ipv4Addr = 26,
    /// u8 index into the row's variants, then the value of that variant.
    Dyn = 27,
    Flags8 = 28,
    Flags16 = 29,
    Flags32 = 30,
    /// u32; `u32::MAX` is no value.
    Uid = 31,
    /// u32; `u32::MAX` is no value.
    Gid = 32,
    Double = 33,
    /// Low 32 bits of a signal set.
    SigSet = 34,
    /// Run of NUL-terminated strings.
    CharBufArray = 35,
    /// Run of NUL-terminated strings, read as pairs.
    CharBufPairArray = 36,
    Ipv4Net = 37,
    Ipv6Addr = 38,
    Ipv6Net = 39,
    IpAddr = 40,
    IpNet = 41,
    /// u32 file mode.
    Mode = 42,
    /// Path relative to the dirfd parameter that the row names.
    FsRelPath = 43,
    EnumFlags8 = 44,
    EnumFlags16 = 45,
    EnumFlags32 = 46,
    /// i32 fd.
    Fd32 = 47,
    /// i32 pid or tid.
    Pid32 = 48,
}

impl ParamType {
    /// Width in bytes of a value of fixed size; `None` for the variable ones.
    #[must_use]
    pub const fn fixed_len(self) -> Option<usize> {
        use ParamType as T;
        Some(match self {
            T::Int8 | T::Uint8 | T::SigType | T::L4Proto | T::SockFamily | T::Flags8 | T::EnumFlags8 => 1,
            T::Int16 | T::Uint16 | T::SyscallId | T::Port | T::Flags16 | T::EnumFlags16 => 2,
            T::Int32
            | T::Uint32
            | T::Bool
            | T::Ipv4Addr
            | T::Flags32
            | T::Uid
            | T::Gid
            | T::SigSet
            | T::Mode
            | T::EnumFlags32
            | T::Fd32
            | T::Pid32 => 4,
            T::Int64 | T::Uint64 | T::Errno | T::Fd | T::Pid | T::RelTime | T::AbsTime | T::Double => 8,
            _ => return None,
        })
    }
}

/// How a number is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PrintFormat {
    /// As its type says.
    Na,
    /// Decimal.
    Dec,
    /// Hexadecimal.
    Hex,
    /// Decimal padded to ten digits.
    PaddedDec,
    /// Identifier.
    Id,
    /// Direction.
    Dir,
    /// Octal.
    Oct,
}

/// What else a parameter's type needs to be understood.
#[derive(Debug, Clone, Copy)]
pub enum ParamDetail {
    /// Nothing.
    None,
    /// Names of the flag bits or enumerated values.
    Flags(&'static FlagSet),
    /// Index of the parameter that holds the dirfd a relative path starts from.
    DirFd(usize),
    /// Variants of a [`ParamType::Dyn`], by index.
    Variants(&'static [(ParamType, PrintFormat)]),
}

/// One parameter of an event type.
#[derive(Debug, Clone, Copy)]
pub struct ParamInfo {
    /// Name as in `evt.arg.NAME`.
    pub name: &'static str,
    /// Layout and meaning.
    pub ty: ParamType,
    /// How a number is printed.
    pub fmt: PrintFormat,
    /// Flag set, dirfd or variants.
    pub detail: ParamDetail,
}

/// Variants of socket-option values.
pub(crate) const SOCKOPT: &[(ParamType, PrintFormat)] = &[
    (ParamType::ByteBuf, PrintFormat::Hex),
    (ParamType::Errno, PrintFormat::Dec),
    (ParamType::Uint32, PrintFormat::Dec),
    (ParamType::Uint64, PrintFormat::Dec),
    (ParamType::RelTime, PrintFormat::Dec),
];

/// Variants of ptrace address and data.
pub(crate) const PTRACE: &[(ParamType, PrintFormat)] =
    &[(ParamType::Uint64, PrintFormat::Hex), (ParamType::SigType, PrintFormat::Dec)];

/// Variants of bpf results.
pub(crate) const BPF: &[(ParamType, PrintFormat)] =
    &[(ParamType::Fd, PrintFormat::Dec), (ParamType::Errno, PrintFormat::Dec)];

/// Variants of keyctl arguments.
pub(crate) const KEYCTL: &[(ParamType, PrintFormat)] =
    &[(ParamType::Int64, PrintFormat::Dec), (ParamType::CharBuf, PrintFormat::Na)];
