//! Connections and listening sockets: one record for each process and name of a socket.
//!
//! Hot path: as [`super::files`], without the table of those used last.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};
use scap_state::{Bytes, Endpoint, Fd, FdType, L4Proto, State, Thread};

use super::text::Texts;
use crate::model::{Connection, Direction, Moment, ProcessId};

/// See the module.
#[derive(Debug)]
pub(super) struct Sockets {
    pub(super) list: Vec<Connection>,
    /// Records that had no room.
    pub(super) left_out: u64,
    /// Names and sides by which the records are found.
    names: Vec<(Bytes, bool)>,
    /// Places in the list, with the hashes by which they are found.
    index: HashTable<(u64, u32)>,
    hasher: DefaultHashBuilder,
    limit: usize,
}

impl Sockets {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            list: Vec::new(),
            left_out: 0,
            names: Vec::new(),
            index: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
            limit,
        }
    }

    /// The record of `process` and `fd`, used `now`; `None` if it is no socket with a name, or there is no room.
    pub(super) fn of_fd(
        &mut self,
        process: ProcessId,
        fd: &Fd,
        (state, thread): (&State, &Thread),
        now: Moment,
        texts: &mut Texts,
    ) -> Option<&mut Connection> {
        if fd.name.is_empty() || (fd.ty == FdType::Unix && path_of(&fd.name).is_empty()) {
            return None;
        }
        // A process that talks to itself has both sides under one name.
        let serves = fd.role.server && !fd.role.client;
        self.of(process, (&fd.name, serves), now, texts, |texts| {
            Some(described(process, fd, (state, thread), now, texts))
        })
    }

    /// The record of `process` and a socket of that name and side, which `make` makes if it is new.
    pub(super) fn of(
        &mut self,
        process: ProcessId,
        (name, serves): (&[u8], bool),
        now: Moment,
        texts: &mut Texts,
        make: impl FnOnce(&mut Texts) -> Option<Connection>,
    ) -> Option<&mut Connection> {
        let Self { list, names, index, hasher, .. } = self;
        let hash = hasher.hash_one((process.0, name, serves));
        let is_it = |&(found, at): &(u64, u32)| {
            let at = at as usize;
            let name_fits = names.get(at).is_some_and(|(known, side)| **known == *name && *side == serves);
            found == hash && name_fits && list.get(at).is_some_and(|one| one.process == process)
        };
        if let Some(&(_, at)) = index.find(hash, is_it) {
            let found = list.get_mut(at as usize)?;
            found.last = now;
            return Some(found);
        }
        let place = u32::try_from(list.len()).ok().filter(|_| list.len() < self.limit);
        let Some(((at, name), made)) = place.zip(texts.keep(name)).zip(make(texts)) else {
            self.left_out += 1;
            return None;
        };
        list.push(made);
        names.push((name, serves));
        index.insert_unique(hash, (hash, at), |&(hash, _)| hash);
        list.get_mut(at as usize)
    }
}

/// What a descriptor says of its socket.
fn described(
    process: ProcessId,
    fd: &Fd,
    (state, thread): (&State, &Thread),
    now: Moment,
    texts: &mut Texts,
) -> Connection {
    let direction = direction(fd);
    let (local, remote) = ends(fd, direction, state, thread);
    let path = if fd.ty == FdType::Unix { path_of(&fd.name) } else { b"" };
    Connection {
        process,
        direction,
        ty: fd.ty,
        proto: fd.sock.l4proto(fd.ty),
        local,
        remote,
        path: texts.keep(path).unwrap_or_default(),
        first: now,
        last: now,
        error: 0,
        bytes_in: 0,
        bytes_out: 0,
    }
}

fn direction(fd: &Fd) -> Direction {
    if matches!(fd.ty, FdType::Ipv4Server | FdType::Ipv6Server) {
        return Direction::Listening;
    }
    match (fd.role.client, fd.role.server) {
        _ if fd.sock.l4proto(fd.ty) == L4Proto::Udp && !fd.connected => Direction::Unknown,
        (true, _) => Direction::Outgoing,
        (false, true) => Direction::Incoming,
        (false, false) => Direction::Unknown,
    }
}

/// This side and the other.
fn ends(
    fd: &Fd,
    direction: Direction,
    state: &State,
    thread: &Thread,
) -> (Option<Endpoint>, Option<Endpoint>) {
    let known = |end: Endpoint| (end.port != 0 || !end.ip.is_unspecified()).then_some(end);
    if let Some(server) = fd.sock.server(fd.ty) {
        return (Some(server), None);
    }
    let Some(tuple) = fd.sock.tuple(fd.ty) else { return (None, None) };
    let (client, server) = (known(tuple.source), known(tuple.dest));
    let from_client = match direction {
        Direction::Outgoing => true,
        Direction::Incoming | Direction::Listening => false,
        Direction::Unknown => state.is_local(thread, tuple.source.ip) || tuple.source.ip.is_unspecified(),
    };
    if from_client { (client, server) } else { (server, client) }
}

/// Path in the name of a unix socket, which is a path or `address->address path`.
pub(super) fn path_of(name: &[u8]) -> &[u8] {
    let space = name.iter().position(|&b| b == b' ');
    match space {
        Some(at) if name.get(..at).is_some_and(|ends| ends.windows(2).any(|two| two == b"->")) => {
            name.get(at + 1..).unwrap_or_default()
        }
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_a_unix_socket_stands_behind_its_addresses() {
        assert_eq!(path_of(b"ab->cd /run/x y"), b"/run/x y");
        assert_eq!(path_of(b"ab->cd "), b"");
        assert_eq!(path_of(b"/run/x y"), b"/run/x y");
    }
}
