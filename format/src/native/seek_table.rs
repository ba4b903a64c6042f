//! The seek table of the public zstd seekable format, last in a finished trace.
//!
//! One entry for every frame of the file, skippable ones with decompressed size 0, so that sums of
//! compressed sizes are offsets. No per-frame checksums: the frames carry their own. Source: facebook/zstd,
//! `contrib/seekable_format/zstd_seekable_compression_format.md`, version 0.1.0.

use super::envelope::word;

/// Skippable magic of the table.
pub(super) const TABLE_MAGIC: u32 = 0x184D_2A5E;
/// Last four bytes of the file.
pub(super) const END_MAGIC: u32 = 0x8F92_EAB1;
/// Number of frames, descriptor, end magic.
const END_LEN: usize = 9;

/// Lengths of one frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    /// Bytes in the file.
    pub(super) packed: u32,
    /// Bytes decompressed; 0 for skippable frames.
    pub(super) raw: u32,
}

/// Appends the table as a skippable frame. `None`, and nothing appended, if it would be too long for one.
#[must_use]
pub(super) fn append(out: &mut Vec<u8>, entries: &[Entry]) -> Option<()> {
    let body = entries.len().checked_mul(8)?.checked_add(END_LEN)?;
    let (body, count) = (u32::try_from(body).ok()?, u32::try_from(entries.len()).ok()?);
    out.extend_from_slice(&TABLE_MAGIC.to_le_bytes());
    out.extend_from_slice(&body.to_le_bytes());
    for entry in entries {
        out.extend_from_slice(&entry.packed.to_le_bytes());
        out.extend_from_slice(&entry.raw.to_le_bytes());
    }
    out.extend_from_slice(&count.to_le_bytes());
    out.push(0);
    out.extend_from_slice(&END_MAGIC.to_le_bytes());
    Some(())
}

/// Length of the table's whole frame, from the last nine bytes of a file; `None` if no table ends there.
#[must_use]
pub(super) fn frame_len(end: &[u8]) -> Option<u64> {
    if end.len() != END_LEN || word(end, 5)? != END_MAGIC || *end.get(4)? != 0 {
        return None;
    }
    Some(u64::from(word(end, 0)?) * 8 + END_LEN as u64 + 8)
}

/// Reads a whole table frame; `None` if its parts contradict each other.
#[must_use]
pub(super) fn parse(frame: &[u8]) -> Option<Vec<Entry>> {
    let end = frame.get(frame.len().checked_sub(END_LEN)?..)?;
    if word(frame, 0)? != TABLE_MAGIC
        || u64::from(word(frame, 4)?) + 8 != frame.len() as u64
        || frame_len(end)? != frame.len() as u64
    {
        return None;
    }
    let entries = frame.get(8..frame.len() - END_LEN)?;
    entries.chunks_exact(8).map(|e| Some(Entry { packed: word(e, 0)?, raw: word(e, 4)? })).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_come_back() {
        for n in [0u32, 1, 1000] {
            let entries: Vec<Entry> = (0..n).map(|i| Entry { packed: i, raw: i * 3 }).collect();
            let mut frame = Vec::new();
            append(&mut frame, &entries).unwrap();
            assert_eq!(frame_len(&frame[frame.len() - 9..]), Some(frame.len() as u64));
            assert_eq!(parse(&frame), Some(entries));
            assert_eq!(parse(&frame[..frame.len() - 1]), None);
        }
    }
}
