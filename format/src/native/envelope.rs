//! The envelope of a record: a zstd skippable frame with tag, kind, version, trace id and checksum.
//!
//! | offset | size | what |
//! |---|---|---|
//! | 0 | 4 | skippable magic `0x184D2A53`, little-endian |
//! | 4 | 4 | bytes that follow, little-endian |
//! | 8 | 8 | tag, ASCII `scap-rec` |
//! | 16 | 2 | kind, little-endian |
//! | 18 | 2 | version of that kind, little-endian |
//! | 20 | 16 | trace id |
//! | 36 | n | payload |
//! | 36 + n | 16 | first 16 bytes of BLAKE3 over everything before |
//!
//! The trace id keeps a reader that looks for the next record behind damage from taking bytes of another
//! trace, which a recorded process may well have written, for the trace's own. Knows no kind of record.

use super::chain::digest;

/// Magic of the skippable frames that hold records.
pub(super) const RECORD_MAGIC: u32 = 0x184D_2A53;
/// The sixteen skippable magics differ in their lowest four bits.
pub(super) const SKIPPABLE_MAGIC: u32 = 0x184D_2A50;
/// First bytes inside a record's skippable frame.
pub(super) const TAG: &[u8; 8] = b"scap-rec";
/// Bytes before the payload.
pub(super) const HEAD_LEN: usize = 36;
/// Bytes after the payload.
pub(super) const CHECKSUM_LEN: usize = 16;
/// Longest record that is written or believed, in bytes.
pub(super) const MAX_RECORD: usize = 64 << 20;

/// Tells one trace's records from another's.
pub type TraceId = [u8; 16];

/// A record taken out of its envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Envelope<'a> {
    /// What the payload is.
    pub(super) kind: u16,
    /// In which version.
    pub(super) version: u16,
    /// Which trace it belongs to.
    pub(super) trace: TraceId,
    /// The content.
    pub(super) payload: &'a [u8],
}

/// Appends a record whose payload `fill` writes; returns the record's length in bytes.
///
/// # Errors
/// What `fill` returns, or a payload longer than [`MAX_RECORD`]; `out` is then as before.
pub(super) fn append<E>(
    out: &mut Vec<u8>,
    kind: u16,
    version: u16,
    trace: &TraceId,
    fill: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
) -> Result<usize, AppendError<E>> {
    let start = out.len();
    out.extend_from_slice(&RECORD_MAGIC.to_le_bytes());
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(TAG);
    out.extend_from_slice(&kind.to_le_bytes());
    out.extend_from_slice(&version.to_le_bytes());
    out.extend_from_slice(trace);
    let filled = fill(out).map_err(AppendError::Payload);
    let body = out.len().saturating_sub(start + 8) + CHECKSUM_LEN;
    let len = u32::try_from(body).ok().filter(|_| body <= MAX_RECORD).ok_or(AppendError::TooLong(body));
    match filled.and(len) {
        Ok(len) => {
            if let Some(field) = out.get_mut(start + 4..start + 8) {
                field.copy_from_slice(&len.to_le_bytes());
            }
            let sum = digest(out.get(start..).unwrap_or_default());
            out.extend_from_slice(&sum[..CHECKSUM_LEN]);
            Ok(out.len() - start)
        }
        Err(e) => {
            out.truncate(start);
            Err(e)
        }
    }
}

/// Why a record could not be appended.
#[derive(Debug)]
pub(super) enum AppendError<E> {
    /// The payload could not be written.
    Payload(E),
    /// The record would have this many bytes.
    TooLong(usize),
}

/// Opens a whole record (a skippable frame, header included); `None` if it is not one or its checksum differs.
#[must_use]
pub(super) fn open(frame: &[u8]) -> Option<Envelope<'_>> {
    let (body, sum) = frame.split_at_checked(frame.len().checked_sub(CHECKSUM_LEN)?)?;
    if word(body, 0)? != RECORD_MAGIC || word(body, 4)? as usize != frame.len() - 8 || body.get(8..16)? != TAG
    {
        return None;
    }
    if digest(body)[..CHECKSUM_LEN] != *sum {
        return None;
    }
    Some(Envelope {
        kind: u16::from_le_bytes(body.get(16..18)?.try_into().ok()?),
        version: u16::from_le_bytes(body.get(18..20)?.try_into().ok()?),
        trace: body.get(20..36)?.try_into().ok()?,
        payload: body.get(HEAD_LEN..)?,
    })
}

/// The little-endian u32 at `at`.
pub(super) fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(payload: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        append(&mut out, 7, 2, &[9; 16], |o| {
            o.extend_from_slice(payload);
            Ok::<(), ()>(())
        })
        .unwrap();
        out
    }

    #[test]
    fn what_is_put_in_comes_out() {
        let bytes = record(b"payload");
        let expected = Envelope { kind: 7, version: 2, trace: [9; 16], payload: b"payload" };
        assert_eq!(open(&bytes), Some(expected));
        assert_eq!(open(&record(b"")).map(|e| e.payload.len()), Some(0));
    }

    #[test]
    fn any_flipped_bit_closes_it() {
        let bytes = record(b"payload");
        for i in 0..bytes.len() * 8 {
            let mut bad = bytes.clone();
            bad[i / 8] ^= 1 << (i % 8);
            assert_eq!(open(&bad), None, "bit {i}");
        }
        for cut in 0..bytes.len() {
            assert_eq!(open(&bytes[..cut]), None);
        }
    }

    #[test]
    fn a_failed_payload_leaves_nothing_behind() {
        let mut out = vec![1, 2, 3];
        let result = append(&mut out, 1, 1, &[0; 16], |o| {
            o.push(4);
            Err("no")
        });
        assert!(matches!(result, Err(AppendError::Payload("no"))));
        assert_eq!(out, [1, 2, 3]);
    }
}
