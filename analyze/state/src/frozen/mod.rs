//! The state as bytes, complete: what a checkpoint holds so that replay goes on from there as if it had come that way.
//!
//! [`State::freeze`] gives bytes, [`State::thaw`] takes them; `docs/FORMAT.md` has the layout. The form is written
//! out here rather than derived from how the state is kept, so that either can change without the other; whoever
//! adds something to the state that later events can see adds it here too
//! (`a_thawed_state_goes_on_as_the_one_it_was_made_of` in `tests/frozen.rs` replays on to notice).
//!
//! Thawing is total: any bytes give a state or an error, in memory bounded by [`MAX_CLAIMED`], and a state that
//! later events can be applied to without harm. Whether the bytes are *true* only their hash can tell.
//! The same state always gives the same bytes.

mod fds;
mod strings;
mod threads;

use std::sync::Arc;

use bincode::config::{Configuration, Limit, LittleEndian, Varint};
use bincode::{BorrowDecode, Encode};
use scap_format::snapshot::{Interface, MachineInfo};

use crate::anomaly::{Anomalies, Anomaly};
use crate::container::{Container, Containers};
use crate::fd::FdType;
use crate::interfaces::Interfaces;
use crate::owned::Owned;
use crate::state::{Later, MAX_CPUS, Now, State};
use crate::threads::MAX_THREADS;
use crate::users::{GroupRecord, UserRecord, Users};
use fds::{FrozenFd, SharedTables, Tables};
use strings::{Collected, Ref, Shared};
use threads::{FrozenExec, FrozenGroup, FrozenThread, Parts, freeze_exec, freeze_group, thaw_group};

/// Most memory that lists may claim while they are decoded, bytes.
const MAX_CLAIMED: usize = 512 << 20;

/// Counters from which on a state is not believed: no replay reaches them, and counting on stays far from overflow.
const FAR: u64 = 1 << 56;

const CONFIG: Configuration<LittleEndian, Varint, Limit<MAX_CLAIMED>> =
    bincode::config::standard().with_limit::<MAX_CLAIMED>();

/// Why bytes are no state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unusable(pub(crate) &'static str);

#[derive(Encode, BorrowDecode)]
struct Frozen<'a> {
    strings: Vec<&'a [u8]>,
    tables: Vec<Vec<FrozenFd<'a>>>,
    threads: Vec<FrozenThread>,
    groups: Vec<FrozenGroup>,
    users: Vec<FrozenUsers>,
    containers: Vec<(Ref, Container)>,
    /// Threads that were looked at because a container claimed groups.
    looked_at: u64,
    interfaces: Vec<FrozenInterface>,
    machine: FrozenMachine,
    anomalies: Vec<(u64, u64)>,
    now: FrozenNow,
    /// Thread to remove before the next event.
    later_thread: Option<i64>,
    /// Fd to close before the next event: whose, and its number.
    later_fd: Option<(i64, i64)>,
    /// Thread, its parent, time.
    recent_exits: Vec<(i64, i64, u64)>,
    server_ports: Vec<u16>,
    switched: Vec<u64>,
    nameless: Option<FrozenExec>,
    settled: bool,
    versions: u64,
}

#[derive(Encode, BorrowDecode)]
struct FrozenUsers {
    container: Ref,
    /// uid, gid, name, home, shell.
    users: Vec<(u32, u32, Ref, Ref, Ref)>,
    /// gid, name.
    groups: Vec<(u32, Ref)>,
}

/// Name, address, netmask, broadcast address, speed.
#[derive(Encode, BorrowDecode)]
enum FrozenInterface {
    V4(Ref, [[u8; 4]; 3], u64),
    V6(Ref, [[u8; 16]; 3], u64),
}

#[derive(Encode, BorrowDecode)]
struct FrozenMachine {
    num_cpus: u32,
    memory_size_bytes: u64,
    max_pid: u64,
    hostname: Ref,
    boot_ts_epoch: u64,
    flags: u64,
    reserved: [u64; 2],
}

/// The last event, as far as the next one can see it.
#[derive(Encode, BorrowDecode)]
struct FrozenNow {
    tid: i64,
    num: u64,
    ts: u64,
    code: u16,
    fd_num: i64,
    fd: Option<i64>,
    fd_kind: (u8, bool),
    fd_name_changed: bool,
    remembers: bool,
    error: i64,
    exectime: u64,
    first_ts: Option<u64>,
    previous_ts: Option<u64>,
}

impl State {
    /// Everything that answers to later events depend on, as bytes.
    ///
    /// What readers can ask of the event applied last is in it too, but for the container that it describes.
    #[must_use]
    pub fn freeze(&self) -> Vec<u8> {
        let (mut strings, mut tables) = (Collected::default(), Tables::default());
        let place = &mut strings;
        let tids = self.threads.by_tid.ids();
        let known = tids.iter().filter_map(|&tid| self.threads.at(tid));
        let threads = known.map(|thread| threads::freeze(thread, place, &mut tables)).collect();
        let pids = self.threads.groups.ids();
        let groups = pids.iter().filter_map(|&pid| Some(freeze_group(pid, self.threads.group(pid)?)));
        let recent = self.recent_exits.ids();
        let recent = recent.iter().filter_map(|&tid| self.recent_exits.at(tid).map(|(p, ts)| (tid, *p, *ts)));
        let anomalies = Anomaly::ALL.iter().map(|kind| self.anomalies.of(*kind));
        let frozen = Frozen {
            threads,
            groups: groups.collect(),
            users: freeze_users(&self.users, place),
            containers: self
                .containers
                .sorted()
                .into_iter()
                .map(|(id, about)| (place.place(id), about.clone()))
                .collect(),
            looked_at: self.containers.looked_at,
            interfaces: self.interfaces.list().iter().map(|one| freeze_interface(one, place)).collect(),
            machine: freeze_machine(&self.machine, place),
            anomalies: anomalies.map(|tally| (tally.count, tally.first_event)).collect(),
            now: FrozenNow::of(&self.now),
            later_thread: self.later.thread,
            later_fd: self.later.fd,
            recent_exits: recent.collect(),
            server_ports: self.server_ports.iter().copied().collect(),
            switched: self.switched.to_vec(),
            nameless: self.nameless.as_deref().map(|exec| freeze_exec(exec, place)),
            settled: self.settled,
            versions: self.versions,
            tables: tables.list,
            strings: strings.list,
        };
        // Encoding into memory has nothing to fail at: no field borrows from a lock or a cell.
        bincode::encode_to_vec(&frozen, CONFIG).unwrap_or_default()
    }

    /// The state that [`State::freeze`] made `bytes` of.
    ///
    /// # Errors
    /// If they are not such bytes, whatever else they are.
    pub fn thaw(bytes: &[u8]) -> Result<Self, Unusable> {
        let (frozen, used): (Frozen<'_>, usize) = bincode::borrow_decode_from_slice(bytes, CONFIG)
            .map_err(|_| Unusable("the state does not decode"))?;
        if used != bytes.len() {
            return Err(Unusable("something stands behind the state"));
        }
        frozen.thaw()
    }
}

impl Frozen<'_> {
    fn thaw(&self) -> Result<State, Unusable> {
        let strings = Shared::new(&self.strings);
        let mut parts = Parts::new(&strings, SharedTables::new(&self.tables, &strings)?);
        if self.threads.len() > MAX_THREADS || self.switched.len() > MAX_CPUS {
            return Err(Unusable("there are more threads or processors than a state holds"));
        }
        if self.versions >= FAR {
            return Err(Unusable("a counter is further than any replay comes"));
        }
        let mut state = State {
            anomalies: Anomalies::restored(&self.anomalies).ok_or(Unusable("its anomalies are others"))?,
            now: self.now.thaw()?,
            later: Later { thread: self.later_thread, fd: self.later_fd },
            server_ports: Arc::new(self.server_ports.iter().copied().collect()),
            switched: Arc::new(self.switched.clone()),
            nameless: self.nameless.map(|exec| parts.exec(exec)).transpose()?,
            settled: self.settled,
            versions: self.versions,
            users: Arc::new(thaw_users(&self.users, &strings)?),
            interfaces: Arc::new(thaw_interfaces(&self.interfaces, &strings)?),
            machine: Arc::new(thaw_machine(&self.machine, &strings)?),
            ..State::default()
        };
        for frozen in &self.threads {
            let thread = parts.thread(frozen)?;
            if thread.version > self.versions || thread.exectime >= FAR {
                return Err(Unusable("a thread is from further on than its state"));
            }
            state.threads.by_tid.put(thread.tid, Owned::from(thread));
        }
        for group in &self.groups {
            state.threads.groups.put(group.pid(), thaw_group(group)?);
        }
        state.restore_exits(&self.recent_exits);
        let containers: Result<Vec<_>, Unusable> =
            self.containers.iter().map(|(id, about)| Ok((strings.at(*id)?, about.clone()))).collect();
        let containers = Containers::restored(containers?, self.looked_at)
            .ok_or(Unusable("there are too many containers"))?;
        state.containers = Arc::new(containers);
        Ok(state)
    }
}

impl FrozenNow {
    fn of(now: &Now) -> Self {
        Self {
            tid: now.tid,
            num: now.num,
            ts: now.ts,
            code: now.code,
            fd_num: now.fd_num,
            fd: now.fd,
            fd_kind: (now.fd_kind.0 as u8, now.fd_kind.1),
            fd_name_changed: now.fd_name_changed,
            remembers: now.remembers,
            error: now.error,
            exectime: now.exectime,
            first_ts: now.first_ts,
            previous_ts: now.previous_ts,
        }
    }

    fn thaw(&self) -> Result<Now, Unusable> {
        Ok(Now {
            tid: self.tid,
            num: self.num,
            ts: self.ts,
            code: self.code,
            fd_num: self.fd_num,
            fd: self.fd,
            fd_kind: (FdType::from_code(self.fd_kind.0), self.fd_kind.1),
            fd_name_changed: self.fd_name_changed,
            remembers: self.remembers,
            error: self.error,
            exectime: self.exectime,
            container: None,
            first_ts: self.first_ts,
            previous_ts: self.previous_ts,
        })
    }
}

fn freeze_users<'s>(users: &'s Users, strings: &mut Collected<'s>) -> Vec<FrozenUsers> {
    let tables = users.sorted().into_iter().map(|(container, users, groups)| FrozenUsers {
        container: strings.place(container),
        users: users
            .into_iter()
            .map(|u| (u.uid, u.gid, strings.place(&u.name), strings.place(&u.home), strings.place(&u.shell)))
            .collect(),
        groups: groups.into_iter().map(|group| (group.gid, strings.place(&group.name))).collect(),
    });
    tables.collect()
}

fn thaw_users(tables: &[FrozenUsers], strings: &Shared) -> Result<Users, Unusable> {
    let mut thawed = Users::default();
    for table in tables {
        let users = table.users.iter().map(|&(uid, gid, name, home, shell)| {
            let (name, home, shell) = (strings.at(name)?, strings.at(home)?, strings.at(shell)?);
            Ok(UserRecord { uid, gid, name, home, shell })
        });
        let groups = table.groups.iter().map(|&(gid, name)| Ok(GroupRecord { gid, name: strings.at(name)? }));
        let (users, groups) = (users.collect::<Result<_, Unusable>>()?, groups.collect::<Result<_, _>>()?);
        if !thawed.restore(strings.at(table.container)?, users, groups) {
            return Err(Unusable("there are too many users, or twice the same"));
        }
    }
    Ok(thawed)
}

fn freeze_interface<'s>(interface: &'s Interface, strings: &mut Collected<'s>) -> FrozenInterface {
    match interface {
        Interface::V4 { name, addr, netmask, broadcast, linkspeed } => FrozenInterface::V4(
            strings.place(name),
            [addr.octets(), netmask.octets(), broadcast.octets()],
            *linkspeed,
        ),
        Interface::V6 { name, addr, netmask, broadcast, linkspeed } => FrozenInterface::V6(
            strings.place(name),
            [addr.octets(), netmask.octets(), broadcast.octets()],
            *linkspeed,
        ),
    }
}

fn thaw_interfaces(list: &[FrozenInterface], strings: &Shared) -> Result<Interfaces, Unusable> {
    let thawed = list.iter().map(|interface| {
        Ok(match *interface {
            FrozenInterface::V4(name, [addr, netmask, broadcast], linkspeed) => Interface::V4 {
                name: strings.at(name)?.to_vec(),
                addr: addr.into(),
                netmask: netmask.into(),
                broadcast: broadcast.into(),
                linkspeed,
            },
            FrozenInterface::V6(name, [addr, netmask, broadcast], linkspeed) => Interface::V6 {
                name: strings.at(name)?.to_vec(),
                addr: addr.into(),
                netmask: netmask.into(),
                broadcast: broadcast.into(),
                linkspeed,
            },
        })
    });
    let mut interfaces = Interfaces::default();
    interfaces.extend(&thawed.collect::<Result<Vec<_>, Unusable>>()?);
    Ok(interfaces)
}

fn freeze_machine<'s>(machine: &'s MachineInfo, strings: &mut Collected<'s>) -> FrozenMachine {
    FrozenMachine {
        num_cpus: machine.num_cpus,
        memory_size_bytes: machine.memory_size_bytes,
        max_pid: machine.max_pid,
        hostname: strings.place(&machine.hostname),
        boot_ts_epoch: machine.boot_ts_epoch,
        flags: machine.flags,
        reserved: machine.reserved,
    }
}

fn thaw_machine(f: &FrozenMachine, strings: &Shared) -> Result<MachineInfo, Unusable> {
    Ok(MachineInfo {
        num_cpus: f.num_cpus,
        memory_size_bytes: f.memory_size_bytes,
        max_pid: f.max_pid,
        hostname: strings.at(f.hostname)?.to_vec(),
        boot_ts_epoch: f.boot_ts_epoch,
        flags: f.flags,
        reserved: f.reserved,
    })
}

/// Booleans as bits, the first one lowest.
fn bits_of(list: &[bool]) -> u8 {
    list.iter().rev().fold(0, |bits, &bit| bits << 1 | u8::from(bit))
}
