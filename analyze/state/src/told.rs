//! Fds that a replica of the state is told of, event by event: kept without a pointer, so that nothing that one thread
//! allocated has to be freed on another, and in as few bytes as will do, because all of them move from one processor to the other.
//!
//! Hot path: telling copies some numbers and a name; [`Told`] makes fds of those of one event at a time.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::fd::{Fd, FdType, Role};
use crate::net::SockInfo;

/// Fds by number, one list for many events.
#[derive(Debug, Default)]
pub(crate) struct FdNotes {
    heads: Vec<Head>,
    names: Vec<u8>,
    /// What hardly any fd has: addresses, process, mount.
    rares: Vec<(SockInfo, i64, u32)>,
}

/// One fd without its name.
#[derive(Debug, Clone, Copy)]
struct Head {
    num: i64,
    ino: u64,
    dev: u32,
    open_flags: u32,
    /// Where its names begin in `names`, how long they are, where the name ends and the raw name begins.
    at: u32,
    stored: u32,
    len: u32,
    raw: u32,
    /// Its place in `rares`; all ones for none.
    rare: u32,
    ty: FdType,
    /// Whether it is there at all, and what it is, a bit each.
    bits: u8,
}

const THERE: u8 = 1;
const CLIENT: u8 = 1 << 1;
const SERVER: u8 = 1 << 2;
const CONNECTED: u8 = 1 << 3;
const UPPER_LAYER: u8 = 1 << 4;
const LOWER_LAYER: u8 = 1 << 5;
const FROM_SNAPSHOT: u8 = 1 << 6;

/// Lists are handed out long before they are that long.
fn short(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

impl FdNotes {
    pub(crate) const fn len(&self) -> usize {
        self.heads.len()
    }

    /// Bytes in use.
    pub(crate) const fn size(&self) -> usize {
        self.heads.len() * size_of::<Head>() + self.names.len()
    }

    pub(crate) fn clear(&mut self) {
        self.heads.clear();
        self.names.clear();
        self.rares.clear();
    }

    /// Whether `num` is among those from place `from` on.
    pub(crate) fn has(&self, from: usize, num: i64) -> bool {
        self.heads.get(from..).is_some_and(|heads| heads.iter().any(|head| head.num == num))
    }

    /// Adds that `num` is `fd`, or no open fd.
    #[inline]
    pub(crate) fn push(&mut self, num: i64, fd: Option<&Fd>) {
        let Some(fd) = fd else {
            self.heads.push(Head::nothing(num));
            return;
        };
        let &Fd { ty, ref name, open_flags, ref sock, role, connected, dev, mount_id, ino, pid, .. } = fd;
        let (stored, len, raw) = name.as_stored();
        let has_rare = mount_id != 0 || pid != 0 || !sock.is_blank();
        let rare = if has_rare { short(self.rares.len()) } else { u32::MAX };
        if has_rare {
            self.rares.push((*sock, pid, mount_id));
        }
        let bit = |is: bool, bit: u8| if is { bit } else { 0 };
        self.heads.push(Head {
            num,
            ino,
            dev,
            open_flags,
            at: short(self.names.len()),
            stored: short(stored.len()),
            len: short(len),
            raw: short(raw),
            rare,
            ty,
            bits: THERE
                | bit(role.client, CLIENT)
                | bit(role.server, SERVER)
                | bit(connected, CONNECTED)
                | bit(fd.upper_layer, UPPER_LAYER)
                | bit(fd.lower_layer, LOWER_LAYER)
                | bit(fd.from_snapshot, FROM_SNAPSHOT),
        });
        self.names.extend_from_slice(stored);
    }

    /// Makes `fd` the one that `head` tells of, if that is there at all.
    #[inline]
    fn tell(&self, head: &Head, fd: &mut Fd) {
        let is = |bit: u8| head.bits & bit != 0;
        if !is(THERE) {
            return;
        }
        let stored = self.names.get(head.at as usize..).and_then(|names| names.get(..head.stored as usize));
        fd.name.become_restored(stored.unwrap_or_default(), head.len as usize, head.raw as usize);
        (fd.ty, fd.open_flags, fd.dev, fd.ino) = (head.ty, head.open_flags, head.dev, head.ino);
        fd.role = Role { client: is(CLIENT), server: is(SERVER) };
        fd.connected = is(CONNECTED);
        (fd.upper_layer, fd.lower_layer) = (is(UPPER_LAYER), is(LOWER_LAYER));
        fd.from_snapshot = is(FROM_SNAPSHOT);
        if let Some((sock, pid, mount_id)) = self.rares.get(head.rare as usize) {
            (fd.sock, fd.pid, fd.mount_id) = (*sock, *pid, *mount_id);
        } else if fd.pid != 0 || fd.mount_id != 0 || !fd.sock.is_blank() {
            (fd.sock, fd.pid, fd.mount_id) = Default::default();
        }
    }
}

impl Head {
    const fn nothing(num: i64) -> Self {
        Self {
            num,
            ino: 0,
            dev: 0,
            open_flags: 0,
            at: 0,
            stored: 0,
            len: 0,
            raw: 0,
            rare: u32::MAX,
            ty: FdType::Uninitialized,
            bits: 0,
        }
    }
}

/// What a replica knows of fds.
#[derive(Debug)]
pub(crate) struct Told {
    notes: FdNotes,
    /// The fds that the current event names, in the first `len` slots; the others are there to be used again.
    here: Vec<Slot>,
    len: usize,
    /// Whether it was asked for others.
    is_short: AtomicBool,
}

#[derive(Debug, Default)]
struct Slot {
    num: i64,
    is_there: bool,
    fd: Fd,
}

impl Clone for Told {
    fn clone(&self) -> Self {
        Self::new(FdNotes::default())
    }
}

impl Told {
    pub(crate) const fn new(notes: FdNotes) -> Self {
        Self { notes, here: Vec::new(), len: 0, is_short: AtomicBool::new(false) }
    }

    /// The notes, for reuse.
    pub(crate) fn into_notes(self) -> FdNotes {
        self.notes
    }

    /// Makes those at `places` the fds that the current event names.
    #[inline]
    pub(crate) fn go_to(&mut self, places: Range<usize>) {
        let heads = self.notes.heads.get(places).unwrap_or_default();
        self.len = heads.len();
        if self.here.len() < heads.len() {
            self.here.resize_with(heads.len(), Slot::default);
        }
        for (head, slot) in heads.iter().zip(&mut self.here) {
            (slot.num, slot.is_there) = (head.num, head.bits & THERE != 0);
            self.notes.tell(head, &mut slot.fd);
        }
        *self.is_short.get_mut() = false;
    }

    /// Fd `num` of the acting thread, or of another.
    pub(crate) fn fd(&self, num: i64, of_actor: bool) -> Option<&Fd> {
        match self.here.iter().take(self.len).find(|slot| of_actor && slot.num == num) {
            Some(slot) => slot.is_there.then_some(&slot.fd),
            None => {
                self.falls_short();
                None
            }
        }
    }

    /// Whether it was asked something that it does not know.
    pub(crate) fn is_short(&self) -> bool {
        self.is_short.load(Ordering::Relaxed)
    }

    /// Notes that something was asked that it does not know.
    #[cold]
    pub(crate) fn falls_short(&self) {
        self.is_short.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::Name;

    #[test]
    fn fds_are_told_with_everything_that_is_known_of_them() {
        let plain = Fd {
            name: Name::new(b"/etc/passwd", b"passwd"),
            open_flags: 7,
            dev: 3,
            ino: 5,
            upper_layer: true,
            ..Fd::of(FdType::FileV2)
        };
        let mut socket = Fd {
            role: Role { client: false, server: true },
            connected: true,
            from_snapshot: true,
            ..Fd::of(FdType::Ipv4Socket)
        };
        socket.sock.set_l4proto(FdType::Ipv4Socket, crate::fd::L4Proto::Udp);
        let others = Fd {
            mount_id: 9,
            lower_layer: true,
            role: Role { client: true, server: false },
            ..Fd::default()
        };
        let process = Fd { pid: 77, ..Fd::of(FdType::Pidfd) };
        let all = [Some(plain), None, Some(socket), Some(others), Some(process)];
        let mut notes = FdNotes::default();
        all.iter().zip(10..).for_each(|(fd, num)| notes.push(num, fd.as_ref()));
        assert!(notes.has(1, 11) && !notes.has(1, 10));
        let mut told = Told::new(notes);
        told.go_to(0..all.len());
        for (fd, num) in all.iter().zip(10..) {
            assert_eq!(told.fd(num, true), fd.as_ref());
        }
        assert!(!told.is_short());
        assert!(told.fd(10, false).is_none() && told.is_short());
        told.go_to(1..2);
        assert!(!told.is_short() && told.fd(10, true).is_none() && told.is_short());
    }
}
