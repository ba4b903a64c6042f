//! Loading what a trace says of the machine before its first event.

use std::net::IpAddr;
use std::sync::Arc;

use scap_format::block::Block;
use scap_format::snapshot::{FdEntry, FdKind, Group, Interface, MachineInfo, Snapshot, ThreadEntry, User};

use super::connect::swap;
use crate::anomaly::Anomaly;
use crate::bytes::{Bytes, Strings, bytes};
use crate::fd::{Fd, FdType, L4Proto};
use crate::flags::thread_flags as flag;
use crate::name::Name;
use crate::net::{Endpoint, Tuple, tuple_text, write_endpoint};
use crate::owned::Owned;
use crate::path::concatenate_into;
use crate::state::{KnownOfThreads, State};
use crate::thread::{Cgroups, ExeFile, Exec, Thread};
use crate::threads::MAX_THREADS;
use crate::users::{GroupRecord, UserRecord};

impl State {
    /// Takes in one block of a snapshot, in the order of the trace. Blocks of other kinds leave it as it is, but
    /// for a new section after events, which describes another machine: everything but anomalies is forgotten.
    pub fn load(&mut self, block: &Block<'_>) {
        self.calm = None;
        match block {
            Block::Section(_) if self.settled => {
                let anomalies = std::mem::take(&mut self.anomalies);
                let known = std::mem::take(&mut self.known);
                *self = Self { anomalies, known, versions: self.versions, ..Self::default() };
            }
            Block::Machine(machine) => self.load_machine(machine.clone()),
            Block::Threads(threads) => self.load_threads(threads),
            Block::Fds { tid, fds } => self.load_fds(*tid, fds),
            Block::Interfaces(list) => self.load_interfaces(list),
            Block::Users { users, groups } => self.load_users(users, groups),
            Block::Section(_) | Block::Event(_) | Block::Unknown { .. } => {}
        }
    }

    /// Takes in a whole snapshot.
    pub fn load_snapshot(&mut self, snapshot: &Snapshot) {
        if let Some(machine) = &snapshot.machine {
            self.load_machine(machine.clone());
        }
        self.load_interfaces(&snapshot.interfaces);
        self.load_users(&snapshot.users, &snapshot.groups);
        self.load_threads(&snapshot.threads);
        for (tid, fds) in &snapshot.fds {
            self.load_fds(*tid, fds);
        }
    }

    /// Takes in the machine.
    pub fn load_machine(&mut self, machine: MachineInfo) {
        self.machine = Arc::new(machine);
    }

    /// Takes in network interfaces, beside those known.
    pub fn load_interfaces(&mut self, list: &[Interface]) {
        Arc::make_mut(&mut self.interfaces).extend(list);
    }

    /// Takes in users and groups of the host.
    pub fn load_users(&mut self, users: &[User], groups: &[Group]) {
        let table = Arc::make_mut(&mut self.users);
        let mut room = true;
        for user in users {
            room &= table.put_user(
                b"",
                UserRecord {
                    uid: user.uid,
                    gid: user.gid,
                    name: Bytes::from(&*user.name),
                    home: Bytes::from(&*user.homedir),
                    shell: Bytes::from(&*user.shell),
                },
            );
        }
        for group in groups {
            room &= table.put_group(b"", GroupRecord { gid: group.gid, name: Bytes::from(&*group.name) });
        }
        self.next_version();
        if !room {
            self.note(Anomaly::TableFull);
        }
    }

    /// Takes in threads. They are tied to each other when the first event comes.
    pub fn load_threads(&mut self, entries: &[ThreadEntry]) {
        let mut before = Before::default();
        for entry in entries {
            if self.threads.by_tid.len() >= MAX_THREADS && self.threads.at(entry.tid).is_none() {
                self.note(Anomaly::ThreadTableFull);
                continue;
            }
            let mut thread = before.thread(entry, &mut self.known);
            thread.version = self.next_version();
            self.know_root(entry.uid, entry.gid);
            self.threads.by_tid.put(entry.tid, Owned::from(thread));
        }
        self.settled = false;
    }

    /// Takes in fds of one thread.
    pub fn load_fds(&mut self, tid: i64, entries: &[FdEntry]) {
        if self.threads.at(tid).is_none() {
            if !entries.is_empty() {
                self.note(Anomaly::UnknownThread);
            }
            return;
        }
        for entry in entries {
            let Some(fd) = from_fd_entry(entry) else { continue };
            if let Some(end) = fd.sock.server(fd.ty) {
                Arc::make_mut(&mut self.server_ports).insert(end.port);
            }
            let mut full = false;
            self.edit_quietly(tid, |t| full = !t.fds.make_mut().put(entry.fd, fd));
            if full {
                self.note(Anomaly::FdTableFull);
                return;
            }
        }
        self.settled = false;
    }

    /// Ties what was loaded together: groups, parents, sides of connections, containers.
    pub(crate) fn settle(&mut self) {
        if self.settled {
            return;
        }
        self.settled = true;
        let tids = self.threads.by_tid.ids();
        for &tid in &tids {
            self.tie(tid);
        }
        for &tid in &tids {
            self.find_sides(tid);
            self.place_in_container(tid);
        }
    }

    /// A v4 socket on a port that somebody serves is the server's end; every other is a client's.
    fn find_sides(&mut self, tid: i64) {
        let Some(thread) = self.threads.at(tid) else { return };
        let fresh = |fd: &Fd| fd.ty == FdType::Ipv4Socket && fd.from_snapshot && fd.role.is_none();
        let sockets: Vec<i64> = thread.fds.iter().filter(|(_, fd)| fresh(fd)).map(|(num, _)| num).collect();
        if sockets.is_empty() {
            return;
        }
        let ports = Arc::clone(&self.server_ports);
        self.edit_quietly(tid, |t| {
            let table = t.fds.make_mut();
            for num in sockets {
                table.change(num, |fd| {
                    let serves = fd.sock.tuple(fd.ty).is_some_and(|ends| ports.contains(&ends.source.port));
                    if serves {
                        swap(fd);
                        let name = fd.sock.tuple(fd.ty).map(|e| tuple_text(&e)).unwrap_or_default();
                        fd.rename(name.as_bytes());
                        fd.role.server = true;
                    } else {
                        fd.role.client = true;
                    }
                });
            }
        });
    }
}

/// Strings of the thread before, which the next shares where it has the same: one process' threads stand together, and
/// whole trees of processes have one directory and one environment.
#[derive(Default)]
struct Before {
    exec: Arc<Exec>,
    cgroups: Arc<Cgroups>,
    exepath: Bytes,
    env: Strings,
    cwd: Bytes,
    root: Bytes,
    /// Room to put a directory together in.
    room: Vec<u8>,
}

impl Before {
    fn thread(&mut self, entry: &ThreadEntry, known: &mut KnownOfThreads) -> Thread {
        let mut t = from_entry(entry);
        let ThreadEntry { comm, exe, args, env, cgroups, .. } = entry;
        if !self.exec.is(comm, exe, args) {
            self.exec = known.execs.of(
                &[comm, exe, args],
                |known| known.is(comm, exe, args),
                || Arc::new(Exec::new(comm, exe, args)),
            );
        }
        if !self.cgroups.is(cgroups) {
            self.cgroups =
                known.cgroups.of(&[cgroups], |known| known.is(cgroups), || Arc::new(Cgroups::new(cgroups)));
        }
        if *self.root != *entry.root {
            self.root = bytes(&entry.root);
        }
        t.exepath = Bytes::clone(&self.exepath);
        t.set_exepath(&entry.exepath);
        (self.exepath, t.exec, t.root) = (t.exepath.clone(), self.exec.clone(), self.root.clone());
        t.cgroups = Arc::clone(&self.cgroups);
        if t.tid == t.pid {
            if !self.env.is(env) {
                self.env = known.envs.of(&[env], |known| known.is(env), || Strings::new(env));
            }
            concatenate_into(b"", &entry.cwd, &mut self.room);
            if !self.room.ends_with(b"/") {
                self.room.push(b'/');
            }
            if *self.cwd != *self.room {
                self.cwd = bytes(&self.room);
            }
            (t.env, t.cwd) = (self.env.clone(), self.cwd.clone());
        }
        t
    }
}

/// The thread without its strings.
fn from_entry(entry: &ThreadEntry) -> Thread {
    let mut t = Thread::blank(entry.tid);
    (t.pid, t.ptid, t.sid) = (entry.pid, entry.ptid, entry.sid);
    (t.vpgid, t.pgid) = (entry.vpgid, entry.pgid.unwrap_or(-1));
    (t.vtid, t.vpid) = (entry.vtid, entry.vpid);
    t.exe_file = ExeFile {
        writable: entry.exe_writable,
        upper_layer: entry.exe_upper_layer,
        lower_layer: entry.exe_lower_layer,
        from_memfd: entry.exe_from_memfd,
        ino: entry.exe_ino,
        ctime: entry.exe_ino_ctime,
        mtime: entry.exe_ino_mtime,
        ctime_to_clone: 0,
        pidns_start_to_ctime: 0,
    };
    t.flags |= entry.flags | flag::ACTIVE;
    t.fdlimit = entry.fdlimit;
    (t.uid, t.gid) = (entry.uid, entry.gid);
    t.loginuid = entry.loginuid.unwrap_or(u32::MAX);
    t.cap_permitted = entry.cap_permitted.unwrap_or(0);
    t.cap_effective = entry.cap_effective.unwrap_or(0);
    t.cap_inheritable = entry.cap_inheritable.unwrap_or(0);
    (t.vmsize_kb, t.vmrss_kb, t.vmswap_kb) = (entry.vmsize_kb, entry.vmrss_kb, entry.vmswap_kb);
    (t.pfmajor, t.pfminor) = (entry.pfmajor, entry.pfminor);
    t.pidns_init_start_ts = entry.pidns_init_start_ts;
    t.clone_ts = entry.clone_ts;
    t.tty = entry.tty;
    t
}

/// `None` for kinds that libsinsp does not keep.
fn from_fd_entry(entry: &FdEntry) -> Option<Fd> {
    let mut fd = Fd { ino: entry.ino, from_snapshot: true, ..Fd::default() };
    let end = |ip: IpAddr, port: u16| Endpoint { ip, port };
    match &entry.kind {
        FdKind::Unknown { .. } => return None,
        FdKind::Directory { name } => (fd.ty, fd.name) = (FdType::Directory, Name::from(name)),
        FdKind::Regular { flags, name, mount_id, dev } => {
            (fd.ty, fd.name) = (FdType::FileV2, Name::from(name));
            (fd.open_flags, fd.mount_id, fd.dev) = (*flags, *mount_id, *dev);
        }
        FdKind::Ipv4Socket { source, dest, sport, dport, l4proto } => {
            let ends = Tuple { source: end((*source).into(), *sport), dest: end((*dest).into(), *dport) };
            set_socket(&mut fd, ends, *l4proto);
        }
        FdKind::Ipv6Socket { source, dest, sport, dport, l4proto } => {
            let ends = Tuple { source: end((*source).into(), *sport), dest: end((*dest).into(), *dport) };
            set_socket(&mut fd, ends.unmapped(), *l4proto);
        }
        FdKind::Ipv4Server { ip, port, l4proto } => {
            fd.ty = FdType::Ipv4Server;
            set_server(&mut fd, end((*ip).into(), *port), *l4proto);
        }
        FdKind::Ipv6Server { ip, port, l4proto } => {
            fd.ty = FdType::Ipv6Server;
            set_server(&mut fd, end((*ip).into(), *port), *l4proto);
        }
        FdKind::UnixSocket { source, dest, name } => {
            fd.ty = FdType::Unix;
            fd.sock.set_unix(*source, *dest);
            fd.name = Name::from(name);
            fd.role.client = name.is_empty();
            fd.role.server = !name.is_empty();
        }
        FdKind::Other { code, name } => {
            fd.ty = FdType::from_code(*code);
            if matches!(fd.ty, FdType::Unknown | FdType::Uninitialized) {
                return None;
            }
            fd.name = Name::from(name);
        }
    }
    Some(fd)
}

fn set_socket(fd: &mut Fd, ends: Tuple, l4proto: u8) {
    fd.ty = ends.fd_type();
    fd.sock.set_tuple(fd.ty, &ends);
    let proto = L4Proto::from_code(l4proto);
    fd.sock.set_l4proto(fd.ty, proto);
    fd.connected = proto == L4Proto::Tcp;
    fd.name = Name::from(tuple_text(&ends));
}

fn set_server(fd: &mut Fd, end: Endpoint, l4proto: u8) {
    fd.sock.set_server(end.ip, end.port, L4Proto::from_code(l4proto));
    let mut name = String::new();
    write_endpoint(&mut name, &end);
    fd.name = Name::from(name);
}
