//! How long a zstd frame is, and what it claims to hold, without decompressing it.
//!
//! Takes a window whose first bytes should be a frame, walks its header and block headers. Believes only
//! frames as the trace holds them: content size and checksum present, no dictionary, and nothing over
//! [`MAX_RAW`]. Source: RFC 8878, section 3.1.1.

use std::io::{Read, Result};

use super::window::Window;

/// Magic of a zstd frame.
pub(super) const FRAME_MAGIC: u32 = 0xFD2F_B528;
/// Most bytes a data frame may hold decompressed; more is damage, whatever the header says.
pub(super) const MAX_RAW: usize = 64 << 20;
/// Most bytes a data frame may take in the file: incompressible content costs a little more than itself.
pub(super) const MAX_PACKED: usize = MAX_RAW + (MAX_RAW >> 8) + 1024;
/// Most bytes one block of a frame may hold.
const MAX_BLOCK: usize = 128 << 10;

/// What the walk found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Measured {
    /// A whole frame is at hand.
    Whole {
        /// Its length in bytes.
        len: usize,
        /// Its decompressed length, as its header says.
        raw_len: usize,
    },
    /// The bytes contradict the format or the limits.
    Invalid(&'static str),
    /// The source ends within the frame.
    Cut,
}

/// Walks the frame at the start of the window, reading as much as it needs, but not beyond `limit` bytes.
/// Gives what it found and how many bytes it walked for that.
///
/// # Errors
/// Only what the source returns.
pub(super) fn measure<R: Read>(window: &mut Window<R>, limit: usize) -> Result<(Measured, usize)> {
    let mut at = 0;
    let measured = walk(window, limit.min(MAX_PACKED), &mut at)?;
    Ok((measured, at))
}

/// Decompressed length of a frame that is wholly in `bytes`, and nothing else with it.
///
/// # Errors
/// Why it is not one.
pub(super) fn measure_whole(bytes: &[u8]) -> std::result::Result<usize, &'static str> {
    match measure(&mut Window::new(bytes), MAX_PACKED) {
        Ok((Measured::Whole { len, raw_len }, _)) if len == bytes.len() => Ok(raw_len),
        Ok((Measured::Invalid(why), _)) => Err(why),
        _ => Err("it is not as long as it was"),
    }
}

fn walk<R: Read>(window: &mut Window<R>, limit: usize, at: &mut usize) -> Result<Measured> {
    let head = match header(window.fill(18)?) {
        Ok(head) => head,
        Err(other) => return Ok(other),
    };
    *at = head.len;
    loop {
        let bytes = window.fill(*at + 3)?;
        let Some(&[a, b, c]) = bytes.get(*at..*at + 3) else { return Ok(Measured::Cut) };
        let word = u32::from_le_bytes([a, b, c, 0]);
        let size = (word >> 3) as usize;
        if size > MAX_BLOCK {
            return Ok(Measured::Invalid("a block is longer than zstd allows"));
        }
        *at += 3 + match (word >> 1) & 3 {
            1 => 1,
            3 => return Ok(Measured::Invalid("a block has the reserved type")),
            _ => size,
        };
        if *at > limit {
            return Ok(Measured::Invalid("the frame is longer than a trace allows"));
        }
        if word & 1 == 1 {
            break;
        }
    }
    let len = *at + 4;
    Ok(if window.fill(len)?.len() < len {
        Measured::Cut
    } else {
        Measured::Whole { len, raw_len: head.raw_len }
    })
}

struct Header {
    len: usize,
    raw_len: usize,
}

fn header(bytes: &[u8]) -> std::result::Result<Header, Measured> {
    let Some((magic, rest)) = bytes.split_first_chunk::<4>() else { return Err(Measured::Cut) };
    if u32::from_le_bytes(*magic) != FRAME_MAGIC {
        return Err(Measured::Invalid("no frame starts here"));
    }
    let Some(&descriptor) = rest.first() else { return Err(Measured::Cut) };
    let single = descriptor & 0x20 != 0;
    if descriptor & 0x18 != 0 {
        return Err(Measured::Invalid("reserved bits are set in the frame header"));
    }
    if descriptor & 0x03 != 0 {
        return Err(Measured::Invalid("the frame wants a dictionary"));
    }
    if descriptor & 0x04 == 0 {
        return Err(Measured::Invalid("the frame has no checksum"));
    }
    let size_len = match (descriptor >> 6, single) {
        (0, false) => return Err(Measured::Invalid("the frame does not say how much it holds")),
        (0, true) => 1,
        (1, _) => 2,
        (2, _) => 4,
        _ => 8,
    };
    let size_at = 5 + usize::from(!single);
    let Some(field) = bytes.get(size_at..size_at + size_len) else { return Err(Measured::Cut) };
    let mut wide = [0; 8];
    wide[..size_len].copy_from_slice(field);
    let size = u64::from_le_bytes(wide).saturating_add(if size_len == 2 { 256 } else { 0 });
    match usize::try_from(size) {
        Ok(raw_len) if raw_len <= MAX_RAW => Ok(Header { len: size_at + size_len, raw_len }),
        _ => Err(Measured::Invalid("the frame claims to hold more than a trace allows")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pack(raw: &[u8]) -> Vec<u8> {
        let mut packer = zstd::bulk::Compressor::new(1).unwrap();
        packer.set_parameter(zstd::zstd_safe::CParameter::ChecksumFlag(true)).unwrap();
        packer.compress(raw).unwrap()
    }

    #[test]
    fn frames_of_all_sizes_measure_to_their_length() {
        for raw_len in [0, 1, 255, 256, 300, 65_791, 65_792, 300_000] {
            let raw: Vec<u8> = (0..raw_len).map(|i| u8::try_from(i * i % 251).unwrap()).collect();
            let mut packed = pack(&raw);
            let len = packed.len();
            packed.extend_from_slice(b"next");
            let measured = measure(&mut Window::new(&packed[..]), MAX_PACKED).unwrap().0;
            assert_eq!(measured, Measured::Whole { len, raw_len });
            for cut in (0..len).step_by(1 + len / 50) {
                assert_eq!(measure(&mut Window::new(&packed[..cut]), MAX_PACKED).unwrap().0, Measured::Cut);
            }
        }
    }

    #[test]
    fn a_frame_that_claims_too_much_is_invalid() {
        let mut bomb = vec![0x28, 0xB5, 0x2F, 0xFD, 0xC4, 0x58];
        bomb.extend_from_slice(&(1u64 << 40).to_le_bytes());
        bomb.extend_from_slice(&[0; 64]);
        assert!(matches!(measure(&mut Window::new(&bomb[..]), MAX_PACKED).unwrap().0, Measured::Invalid(_)));
    }
}
