//! Fd tables of a frozen state, each written once however many threads share it.

use std::hash::BuildHasher;
use std::sync::Arc;

use bincode::{BorrowDecode, Decode, Encode};
use hashbrown::HashMap;

use super::Unusable;
use super::strings::{Collected, Ref, Shared};
use crate::fd::{Fd, FdType, Role};
use crate::fdtable::FdTable;
use crate::name::Name;
use crate::net::SockInfo;
use crate::owned::Owned;

/// One fd of a table.
#[derive(PartialEq, Eq, Hash, Encode, BorrowDecode)]
pub(super) struct FrozenFd<'a> {
    num: i64,
    ty: u8,
    name: Ref,
    name_raw: Ref,
    open_flags: u32,
    /// Addresses, without the zeros at their end.
    sock: &'a [u8],
    /// From the lowest: client, server, connected, upper layer, lower layer, from the snapshot.
    bits: u8,
    dev: u32,
    mount_id: u32,
    ino: u64,
    pid: i64,
}

/// Place of a table in the list.
#[derive(Clone, Copy, Encode, Decode)]
pub(super) struct TableRef(u32);

/// Collects tables while a state is frozen.
#[derive(Default)]
pub(super) struct Tables<'s> {
    /// By hash: places of tables that have it.
    places: HashMap<u64, Vec<TableRef>>,
    pub(super) list: Vec<Vec<FrozenFd<'s>>>,
}

impl<'s> Tables<'s> {
    /// The place of `table`; tables are the same if they hold the same.
    pub(super) fn place(&mut self, table: &'s FdTable, strings: &mut Collected<'s>) -> TableRef {
        let fds: Vec<_> = table.iter().map(|(num, fd)| freeze(num, fd, strings)).collect();
        let hash = self.places.hasher().hash_one(&fds);
        let alike = self.places.entry(hash).or_default();
        let is_this = |place: &&TableRef| self.list.get(place.0 as usize) == Some(&fds);
        if let Some(known) = alike.iter().find(is_this) {
            return *known;
        }
        let place = TableRef(u32::try_from(self.list.len()).unwrap_or(u32::MAX));
        alike.push(place);
        self.list.push(fds);
        place
    }
}

fn freeze<'s>(num: i64, fd: &'s Fd, strings: &mut Collected<'s>) -> FrozenFd<'s> {
    let raw = fd.sock.raw();
    let used = raw.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
    let bits =
        [fd.role.client, fd.role.server, fd.connected, fd.upper_layer, fd.lower_layer, fd.from_snapshot];
    FrozenFd {
        num,
        ty: fd.ty as u8,
        name: strings.place(&fd.name),
        name_raw: strings.place(fd.name.raw()),
        open_flags: fd.open_flags,
        sock: raw.get(..used).unwrap_or_default(),
        bits: super::bits_of(&bits),
        dev: fd.dev,
        mount_id: fd.mount_id,
        ino: fd.ino,
        pid: fd.pid,
    }
}

/// The tables of a state being thawed.
pub(super) struct SharedTables(Vec<Arc<FdTable>>);

impl SharedTables {
    pub(super) fn new(list: &[Vec<FrozenFd<'_>>], strings: &Shared) -> Result<Self, Unusable> {
        let thawed = list.iter().map(|fds| {
            let fds: Result<Vec<_>, Unusable> =
                fds.iter().map(|fd| Ok((fd.num, thaw(fd, strings)?))).collect();
            let table = FdTable::restored(fds?).ok_or(Unusable("an fd table is out of order"))?;
            Ok(Arc::new(table))
        });
        thawed.collect::<Result<_, _>>().map(Self)
    }

    pub(super) fn at(&self, place: TableRef) -> Result<Owned<FdTable>, Unusable> {
        let found = usize::try_from(place.0).ok().and_then(|place| self.0.get(place));
        found
            .map(|table| Owned::Shared(Arc::clone(table)))
            .ok_or(Unusable("a reference to an fd table leads nowhere"))
    }
}

fn thaw(fd: &FrozenFd<'_>, strings: &Shared) -> Result<Fd, Unusable> {
    let bit = |n: u8| fd.bits >> n & 1 == 1;
    Ok(Fd {
        ty: FdType::from_code(fd.ty),
        name: Name::new(&strings.at(fd.name)?, &strings.at(fd.name_raw)?),
        open_flags: fd.open_flags,
        sock: SockInfo::restored(fd.sock).ok_or(Unusable("the addresses of a socket are too long"))?,
        role: Role { client: bit(0), server: bit(1) },
        connected: bit(2),
        upper_layer: bit(3),
        lower_layer: bit(4),
        from_snapshot: bit(5),
        dev: fd.dev,
        mount_id: fd.mount_id,
        ino: fd.ino,
        pid: fd.pid,
    })
}
