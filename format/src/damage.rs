//! What could not be read, and where.

/// One damaged stretch of a trace: found, counted, and read past.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// What is wrong with it.
    pub kind: DamageKind,
    /// First damaged byte, as an offset in the file (compressed bytes for compressed files).
    pub start: u64,
    /// First sound byte after it, or the end of what was read; `None` where it runs to the end.
    pub end: Option<u64>,
    /// Events known to be lost in it; `None` where nothing tells.
    pub events_lost: Option<u64>,
    /// What exactly was found, for people.
    pub detail: String,
}

/// What kind of damage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DamageKind {
    /// The file ends in the middle of something.
    Truncated,
    /// Compressed data does not decompress or its checksum differs.
    Compression,
    /// A block header or trailer contradicts itself.
    Block,
    /// A block's content does not fit its type.
    Content,
    /// An index record, manifest or footer of the native container is unreadable.
    Index,
    /// A hash or signature does not fit: the bytes were altered.
    Altered,
}
