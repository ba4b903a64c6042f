//! Values of fields and their types.

use std::borrow::Cow;
use std::net::IpAddr;

/// Type of a field: decides which literals and operators fit and how values compare and print.
///
/// Named after libscap's parameter types, whose comparison semantics they have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "plain names of libscap's parameter types")]
pub enum FieldType {
    Int8,
    Int16,
    Int32,
    Int64,
    Uint8,
    Uint16,
    Uint32,
    Uint64,
    Double,
    Bool,
    /// String.
    CharBuf,
    /// Path: a string that is normalized by `pmatch`.
    FsPath,
    /// Raw bytes.
    ByteBuf,
    /// ns.
    RelTime,
    /// ns since the epoch.
    AbsTime,
    Port,
    IpAddr,
    /// Network: literals are networks, the field's value is the address that may be in one.
    IpNet,
}

impl FieldType {
    /// As Falco's lists of fields name it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            FieldType::Int8 => "INT8",
            FieldType::Int16 => "INT16",
            FieldType::Int32 => "INT32",
            FieldType::Int64 => "INT64",
            FieldType::Uint8 => "UINT8",
            FieldType::Uint16 => "UINT16",
            FieldType::Uint32 => "UINT32",
            FieldType::Uint64 => "UINT64",
            FieldType::Double => "DOUBLE",
            FieldType::Bool => "BOOL",
            FieldType::CharBuf => "CHARBUF",
            FieldType::FsPath => "FSPATH",
            FieldType::ByteBuf => "BYTEBUF",
            FieldType::RelTime => "RELTIME",
            FieldType::AbsTime => "ABSTIME",
            FieldType::Port => "PORT",
            FieldType::IpAddr => "IPADDR",
            FieldType::IpNet => "IPNET",
        }
    }
}

/// One value of a field.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    /// Signed integer.
    Int(i64),
    /// Unsigned integer, also times, ports and flags.
    Uint(u64),
    /// Floating point.
    Double(f64),
    /// Boolean.
    Bool(bool),
    /// String, path or bytes. A string has no terminator; if there is a NUL in it, comparisons see what is
    /// before it, as C does.
    Bytes(Cow<'a, [u8]>),
    /// Address.
    Ip(IpAddr),
    /// Network: address and prefix length.
    Net(IpAddr, u8),
}
