//! Section header block: byte order and version; options after them are skipped.
//!
//! | offset | size | what |
//! |---|---|---|
//! | 8 | 4 | byte-order mark `0x1a2b3c4d` |
//! | 12 | 2, 2 | major and minor version |
//! | 16 | 8 | length of the section, all ones where unknown |
//! | 24 | … | options, as in pcapng |
//!
//! Source: `scap_savefile.h` of falcosecurity/libs, pcapng draft for the options.

use super::{
    fields::Fields,
    frame,
    kind::{MAGIC, SECTION},
};
use crate::block::Section;

/// Appends the header of a little-endian section of version 1.2, of unknown length.
pub fn encode(out: &mut Vec<u8>) {
    frame::put(out, SECTION, |out| {
        out.extend_from_slice(&MAGIC.to_le_bytes());
        out.extend_from_slice(&1u16.to_le_bytes());
        out.extend_from_slice(&2u16.to_le_bytes());
        out.extend_from_slice(&u64::MAX.to_le_bytes());
    });
}

/// The byte order that a section header's body declares; `true` is big-endian, `None` is no mark.
pub(crate) fn byte_order(body: &[u8]) -> Option<bool> {
    match *body.first_chunk::<4>()? {
        mark if mark == MAGIC.to_le_bytes() => Some(false),
        mark if mark == MAGIC.to_be_bytes() => Some(true),
        _ => None,
    }
}

/// Reads the body of a section header; `None` if it is too short or has no byte-order mark.
pub(crate) fn decode(body: &[u8]) -> Option<Section> {
    let big_endian = byte_order(body)?;
    let mut fields = Fields::new(body, big_endian);
    fields.u32()?;
    Some(Section { major: fields.u16()?, minor: fields.u16()?, big_endian })
}
