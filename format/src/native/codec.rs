//! zstd as a trace uses it: one call for one whole frame, with checksum and content size.

use std::io::Result;

use zstd::bulk::Compressor;
use zstd::stream::raw::{Decoder, InBuffer, Operation, OutBuffer};
use zstd::zstd_safe::{self, CParameter, DParameter};

use super::emit::WriteError;
use super::frame::MAX_RAW;
use super::survey::survey_part;

/// Bytes decompressed at a time of a frame whose end is missing.
const STEP: usize = 256 << 10;

/// A compressor for frames as a trace holds them: with checksum and content size.
pub(super) fn packer(level: i32) -> std::result::Result<Compressor<'static>, WriteError> {
    let mut packer = Compressor::new(level).map_err(|e| encode("at this zstd level", &e))?;
    packer
        .set_parameter(CParameter::ChecksumFlag(true))
        .and_then(|()| packer.set_parameter(CParameter::ContentSizeFlag(true)))
        .map_err(|e| encode("with a checksum", &e))?;
    Ok(packer)
}

/// Appends `raw` as one frame to `out`, which must be empty or whole frames.
pub(super) fn pack(
    packer: &mut Compressor<'_>,
    raw: &[u8],
    out: &mut Vec<u8>,
) -> std::result::Result<(), WriteError> {
    let start = out.len();
    out.resize(start + zstd_safe::compress_bound(raw.len()), 0);
    let space = out.get_mut(start..).unwrap_or_default();
    let len = packer.compress_to_buffer(raw, space).map_err(|e| encode("a data frame", &e))?;
    out.truncate(start + len);
    Ok(())
}

pub(super) fn encode(what: &'static str, error: &std::io::Error) -> WriteError {
    WriteError::Encode { what, reason: error.to_string() }
}

/// Decompresses data frames. One per thread.
pub struct Unpacker(zstd::bulk::Decompressor<'static>);

impl Unpacker {
    /// A decompressor.
    ///
    /// # Errors
    /// If there is no memory for one.
    pub fn new() -> Result<Self> {
        zstd::bulk::Decompressor::new().map(Self)
    }

    /// The same without looking at the frame's checksum, for frames that something else vouches for. Gives `false` and
    /// leaves `packed` as it was if that fails; [`Self::unpack`] then says why.
    pub(super) fn unpack_unchecked(&mut self, packed: &mut [u8], raw_len: usize, raw: &mut Vec<u8>) -> bool {
        const DESCRIPTOR: usize = 4;
        const HAS_CHECKSUM: u8 = 1 << 2;
        const CHECKSUM: usize = 4;
        let Some(end) = packed.len().checked_sub(CHECKSUM) else { return false };
        let Some(descriptor) = packed.get_mut(DESCRIPTOR).filter(|bits| **bits & HAS_CHECKSUM != 0) else {
            return false;
        };
        *descriptor ^= HAS_CHECKSUM;
        let unpacked = packed.get(..end).is_some_and(|frame| self.unpack(frame, raw_len, raw).is_ok());
        if !unpacked && let Some(descriptor) = packed.get_mut(DESCRIPTOR) {
            *descriptor ^= HAS_CHECKSUM;
        }
        unpacked
    }

    /// Decompresses one whole frame that holds `raw_len` bytes into `raw`, whose content it replaces.
    ///
    /// # Errors
    /// What the decompressor found wrong with it; `raw` is then empty.
    pub fn unpack(
        &mut self,
        packed: &[u8],
        raw_len: usize,
        raw: &mut Vec<u8>,
    ) -> std::result::Result<(), String> {
        if self.fill(packed, raw_len, raw).is_err() {
            // What is found wrong depends on how much room there is: as much as the frame should need, whoever asks.
            *raw = Vec::new();
            return self.fill(packed, raw_len, raw).inspect_err(|_| raw.clear());
        }
        Ok(())
    }

    fn fill(&mut self, packed: &[u8], raw_len: usize, raw: &mut Vec<u8>) -> std::result::Result<(), String> {
        raw.clear();
        raw.reserve_exact(raw_len);
        match self.0.decompress_to_buffer(packed, raw) {
            Ok(got) if got == raw_len => Ok(()),
            Ok(got) => Err(format!("it holds {got} bytes instead of {raw_len}")),
            Err(e) => Err(e.to_string()),
        }
    }
}

/// Decompresses what there is of a frame whose end is missing into `raw`, whose content it replaces, up to the last whole
/// block of the trace; gives how many events that is.
///
/// # Errors
/// If there is no memory for a decompressor.
pub(super) fn beginning(packed: &[u8], raw: &mut Vec<u8>) -> Result<u64> {
    raw.clear();
    let mut decoder = Decoder::new()?;
    decoder.set_parameter(DParameter::WindowLogMax(MAX_RAW.ilog2()))?;
    let mut input = InBuffer::around(packed);
    while raw.len() < MAX_RAW {
        let (read, had) = (input.pos(), raw.len());
        raw.reserve(STEP);
        let mut output = OutBuffer::around_pos(raw, had);
        // An error ends it like the end of the bytes: what came before it stands.
        let has_ended = decoder.run(&mut input, &mut output).map_or(true, |hint| hint == 0);
        let is_stuck = input.pos() == read && output.pos() == had;
        if has_ended || is_stuck {
            break;
        }
    }
    let (sums, len) = survey_part(raw);
    raw.truncate(len);
    Ok(sums.events)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checksum_is_passed_over_only_where_that_is_asked_for() {
        let raw: Vec<u8> = (0..100_000u32).flat_map(|n| (n / 7).to_le_bytes()).collect();
        let mut packed = Vec::new();
        pack(&mut packer(1).unwrap(), &raw, &mut packed).unwrap();
        let (mut unpacker, mut space) = (Unpacker::new().unwrap(), Vec::new());
        *packed.last_mut().unwrap() ^= 1;
        assert!(unpacker.unpack(&packed, raw.len(), &mut space).is_err());
        assert!(unpacker.unpack_unchecked(&mut packed.clone(), raw.len(), &mut space));
        assert_eq!(space, raw);
        let (whole, mut cut) = (packed.clone(), packed);
        assert!(!unpacker.unpack_unchecked(&mut cut, raw.len() + 1, &mut space));
        assert_eq!(cut, whole);
        assert!(!unpacker.unpack_unchecked(&mut [], 0, &mut space));
    }

    #[test]
    fn what_is_wrong_does_not_depend_on_the_memory_at_hand() {
        let raw: Vec<u8> = (0..10_000u32).flat_map(|n| (n / 7).to_le_bytes()).collect();
        let mut packed = Vec::new();
        pack(&mut packer(1).unwrap(), &raw, &mut packed).unwrap();
        let mut unpacker = Unpacker::new().unwrap();
        for at in (0..packed.len()).step_by(29) {
            let mut damaged = packed.clone();
            damaged[at] ^= 0x55;
            for len in [raw.len() - 1, raw.len(), raw.len() + 1] {
                let mut tell = |space: usize| {
                    let mut space = Vec::with_capacity(space);
                    let told = unpacker.unpack(&damaged, len, &mut space);
                    (told, space)
                };
                assert_eq!(tell(0), tell(raw.len() * 2), "byte {at}, length {len}");
            }
        }
    }
}
