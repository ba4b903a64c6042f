//! Bytes to one block: first its frame, then what is inside.
//!
//! [`frame`] takes the bytes from a block's start on and tells whether a whole block stands there;
//! [`decode`] takes that block and gives a [`Block`]. Both total: whatever the bytes, they answer. Hot path:
//! events are borrowed, nothing is allocated for them in a little-endian section.
//!
//! Deliberately doesn't know where the bytes come from, nor what to do about damage.

use super::{event, fds, interfaces, kind::*, machine, section, swap, threads, users};
use crate::block::Block;

/// A whole block: type, body, length. Its trailer has been checked.
#[derive(Debug, Clone, Copy)]
pub struct Framed<'a> {
    /// Its type as written.
    pub block_type: u32,
    /// What that type holds.
    pub kind: Kind,
    /// Between header and trailer, padding included.
    pub body: &'a [u8],
    /// Length of the whole block, bytes.
    pub len: u32,
}

/// What stands at a place where a block should start.
#[derive(Debug, Clone, Copy)]
pub enum Frame<'a> {
    /// A whole block.
    Whole(Framed<'a>),
    /// Possibly a block; at least so many bytes from its start on are needed to know.
    Needs(usize),
    /// No block; the words say why.
    Bad(&'static str),
}

/// A little- or big-endian u32 at `at`.
#[inline]
pub(crate) fn word(bytes: &[u8], at: usize, big_endian: bool) -> Option<u32> {
    let bytes = *bytes.get(at..)?.first_chunk()?;
    Some(if big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
}

/// Looks for a whole block at the start of `bytes`, in the byte order of its section. A section header is
/// taken in its own byte order.
#[must_use]
#[inline]
pub fn frame(bytes: &[u8], big_endian: bool) -> Frame<'_> {
    let Some(header) = bytes.first_chunk::<8>() else { return Frame::Needs(8) };
    let Some(block_type) = word(header, 0, big_endian) else { return Frame::Needs(8) };
    let kind = Kind::of(block_type);
    let mut big_endian = big_endian;
    if kind == Kind::Section {
        let Some(body) = bytes.get(8..12) else { return Frame::Needs(12) };
        big_endian = section::byte_order(body).unwrap_or(big_endian);
    }
    let Some(len) = word(header, 4, big_endian) else { return Frame::Needs(8) };
    let max = if kind == Kind::Unknown { MAX_UNKNOWN_LEN } else { MAX_BLOCK_LEN };
    if !(FRAME_LEN..=max).contains(&len) || !len.is_multiple_of(4) {
        return Frame::Bad("block length is not possible");
    }
    let end = len as usize;
    let Some(body) = bytes.get(8..end - 4) else {
        if let Kind::Event(layout) = kind
            && !event::may_start(bytes, layout, len, big_endian)
        {
            return Frame::Bad("event does not fit its block");
        }
        return Frame::Needs(end);
    };
    match word(bytes, end - 4, big_endian) {
        None => Frame::Needs(end),
        Some(trailer) if trailer != len => Frame::Bad("length behind the block differs from that before it"),
        Some(_) => Frame::Whole(Framed { block_type, kind, body, len }),
    }
}

/// Decodes a block. `scratch` receives the little-endian form of events of big-endian sections. Events have
/// number 0.
///
/// # Errors
/// What is wrong with the content. Of a list that makes sense up to a point, [`Partial`] holds what came
/// before.
#[inline]
pub fn decode<'a>(
    framed: &Framed<'a>,
    big_endian: bool,
    scratch: &'a mut Vec<u8>,
) -> Result<Block<'a>, Partial<'a>> {
    if let Kind::Event(layout) = framed.kind {
        let event = if big_endian {
            swap::event(framed.body, layout, scratch)
                .and_then(|()| event::decode(scratch, EventKind { counted: true, ..layout }))
        } else {
            event::decode(framed.body, layout)
        };
        return event.map(Block::Event).map_err(|what| Partial { block: None, what });
    }
    decode_rare(framed, big_endian)
}

/// What could be read of a block whose content is damaged.
#[derive(Debug, Clone)]
pub struct Partial<'a> {
    /// The entries before the damage; `None` if nothing made sense.
    pub block: Option<Block<'a>>,
    /// What is wrong.
    pub what: &'static str,
}

#[cold]
pub(crate) fn decode_rare<'a>(framed: &Framed<'a>, big_endian: bool) -> Result<Block<'a>, Partial<'a>> {
    let too_short = |what| Partial { block: None, what };
    let body = framed.body;
    let (block, whole, what) = match framed.kind {
        Kind::Section => {
            let section = section::decode(body).ok_or_else(|| too_short("section header is too short"))?;
            (Block::Section(section), true, "")
        }
        Kind::Machine => {
            let machine = machine::decode(body, big_endian);
            (Block::Machine(machine.ok_or_else(|| too_short("machine block is too short"))?), true, "")
        }
        Kind::Threads(version) => {
            let (threads, whole) = threads::decode(body, version, big_endian);
            (Block::Threads(threads), whole, threads::CONTRADICTION)
        }
        Kind::Fds { sized } => {
            let fds = fds::decode(body, sized, big_endian);
            let (tid, fds, whole) = fds.ok_or_else(|| too_short("fd list is too short"))?;
            (Block::Fds { tid, fds }, whole, fds::CONTRADICTION)
        }
        Kind::Interfaces { sized } => {
            let (interfaces, whole) = interfaces::decode(body, sized, big_endian);
            (Block::Interfaces(interfaces), whole, "interface list contradicts itself")
        }
        Kind::Users { sized } => {
            let (users, groups, whole) = users::decode(body, sized, big_endian);
            (Block::Users { users, groups }, whole, "user list contradicts itself")
        }
        Kind::Event(_) | Kind::Unknown => {
            (Block::Unknown { block_type: framed.block_type, len: framed.len }, true, "")
        }
    };
    if whole { Ok(block) } else { Err(Partial { block: Some(block), what }) }
}
