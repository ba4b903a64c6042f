//! zstd as a trace uses it: one call for one whole frame, with checksum and content size.

use std::io::Result;

use zstd::bulk::Compressor;
use zstd::zstd_safe::{self, CParameter};

use super::emit::WriteError;

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
        raw.clear();
        raw.reserve_exact(raw_len);
        let got = match self.0.decompress_to_buffer(packed, raw) {
            Ok(got) => got,
            Err(e) => {
                raw.clear();
                return Err(e.to_string());
            }
        };
        if got != raw_len {
            raw.clear();
            return Err(format!("it holds {got} bytes instead of {raw_len}"));
        }
        Ok(())
    }
}
