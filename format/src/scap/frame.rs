//! The frame around every block: type and length before it, padding and the length again behind.
//!
//! Takes a closure that appends a body, gives a whole little-endian block. The frame:
//!
//! | offset | size | what |
//! |---|---|---|
//! | 0 | 4 | block type |
//! | 4 | 4 | length of the block, header, padding and trailer included |
//! | 8 | … | body |
//! | … | 0–3 | zeros up to a multiple of 4 |
//! | length − 4 | 4 | the length again |

/// Appends one block of `block_type` to `out`; `body` appends what stands inside.
pub(crate) fn put(out: &mut Vec<u8>, block_type: u32, body: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend_from_slice(&block_type.to_le_bytes());
    out.extend_from_slice(&[0; 4]);
    body(out);
    let padded = (out.len() - start).next_multiple_of(4);
    out.resize(start + padded, 0);
    // The encoders split their lists long before a block could reach 4 GiB.
    let len = u32::try_from(padded + 4).unwrap_or(u32::MAX).to_le_bytes();
    out.extend_from_slice(&len);
    if let Some(at) = out.get_mut(start + 4..start + 8) {
        at.copy_from_slice(&len);
    }
}

/// Appends one entry that starts with its own length, that length included, as 4 bytes.
pub(crate) fn put_sized(out: &mut Vec<u8>, entry: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend_from_slice(&[0; 4]);
    entry(out);
    let len = u32::try_from(out.len() - start).unwrap_or(u32::MAX).to_le_bytes();
    if let Some(at) = out.get_mut(start..start + 4) {
        at.copy_from_slice(&len);
    }
}

/// Appends `bytes` behind their length as 2 bytes, cut to `max`.
pub(crate) fn put_text(out: &mut Vec<u8>, bytes: &[u8], max: u16) {
    let kept = bytes.get(..usize::from(max)).unwrap_or(bytes);
    let len = u16::try_from(kept.len()).unwrap_or(max);
    out.extend_from_slice(&len.to_le_bytes());
    out.extend_from_slice(kept);
}
