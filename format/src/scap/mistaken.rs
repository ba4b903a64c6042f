//! What a block is whose type was damaged.
//!
//! Takes a block that makes no sense as what its type says, gives the type with which it does, if that is one
//! byte away. Not on the hot path.

use super::{
    event,
    kind::{EVENT_FLAGS_V2_LARGE, EventKind, Kind, MACHINE},
    parse::{Framed, decode_rare},
    swap,
};
use crate::block::Block;
use crate::snapshot::{FdKind, Interface, ThreadEntry};
use scap_schema::wire::fd_type::LAST;

/// The block type that makes sense of a block, one changed byte away from the one it has; of several the one
/// with the fewest changed bits.
pub(crate) fn type_of(block: &Framed<'_>, big_endian: bool) -> Option<u32> {
    let fits = |block_type: u32| match Kind::of(block_type) {
        Kind::Unknown | Kind::Section => false,
        Kind::Event(layout) => holds_event(block.body, layout, big_endian),
        kind => holds_list(&Framed { block_type, kind, ..*block }, big_endian),
    };
    let one_byte_away = (MACHINE..=EVENT_FLAGS_V2_LARGE).filter(|block_type| {
        let changed = (block_type ^ block.block_type).to_le_bytes();
        changed.iter().filter(|&&byte| byte != 0).count() == 1
    });
    one_byte_away.filter(|&t| fits(t)).min_by_key(|t| (t ^ block.block_type).count_ones())
}

/// Whether a body is exactly one event of a known code: its parameters and at most three bytes of padding.
fn holds_event(body: &[u8], layout: EventKind, big_endian: bool) -> bool {
    let mut scratch = Vec::new();
    let (body, layout) = if big_endian {
        if swap::event(body, layout, &mut scratch).is_err() {
            return false;
        }
        (scratch.as_slice(), EventKind { counted: true, ..layout })
    } else {
        (body, layout)
    };
    let Ok(event) = event::decode(body, layout) else { return false };
    let header = if layout.flags { 6 } else { 2 } + event::HEADER - if layout.counted { 0 } else { 4 };
    let size = if event::is_wide(event.code) { 4 } else { 2 };
    let values: usize = event.params.iter().map(<[u8]>::len).sum();
    event.info().is_some() && body.len().saturating_sub(header + event.params.len() * size + values) < 4
}

/// Whether a body is a list of at least one entry, or a machine, to its very end, and its names and numbers
/// are such as a system has. Entries without lengths would let much through that only looks like them.
fn holds_list(block: &Framed<'_>, big_endian: bool) -> bool {
    let is_name = |name: &[u8]| !name.is_empty() && !name.contains(&0);
    let is_id = |id: i64| (-1..1 << 32).contains(&id);
    match decode_rare(block, big_endian) {
        Ok(Block::Machine(machine)) => block.body.len() == 180 && is_name(&machine.hostname),
        Ok(Block::Threads(threads)) => {
            let is_thread =
                |t: &ThreadEntry| is_id(t.tid) && is_id(t.pid) && is_id(t.ptid) && is_name(&t.comm);
            !threads.is_empty() && threads.iter().all(is_thread)
        }
        Ok(Block::Fds { tid, fds }) => {
            !fds.is_empty() && is_id(tid) && fds.iter().all(|fd| is_id(fd.fd) && is_known(&fd.kind))
        }
        Ok(Block::Interfaces(interfaces)) => {
            let is_interface = |interface: &Interface| match interface {
                Interface::V4 { name, .. } | Interface::V6 { name, .. } => is_name(name),
            };
            !interfaces.is_empty() && interfaces.iter().all(is_interface)
        }
        Ok(Block::Users { users, groups }) => {
            let are_users = users.iter().all(|user| is_name(&user.name) && !user.homedir.contains(&0));
            users.len() + groups.len() > 0 && are_users && groups.iter().all(|group| is_name(&group.name))
        }
        _ => false,
    }
}

/// Whether an fd is of a known type, its name without NULs.
fn is_known(kind: &FdKind) -> bool {
    match kind {
        FdKind::Unknown { name } => !name.is_empty() && !name.contains(&0),
        FdKind::Directory { name } | FdKind::Regular { name, .. } => !name.contains(&0),
        FdKind::Other { code, name } => *code <= LAST && !name.contains(&0),
        _ => true,
    }
}
