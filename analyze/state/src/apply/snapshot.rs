//! Loading what a trace says of the machine before its first event.

use std::borrow::Borrow;
use std::net::IpAddr;
use std::sync::Arc;

use scap_format::block::Block;
use scap_format::snapshot::{FdEntry, FdKind, Group, Interface, MachineInfo, Snapshot, ThreadEntry, User};
use scap_format::{FdList, List};

use super::connect::swap;
use crate::anomaly::Anomaly;
use crate::bytes::{Bytes, Strings, bytes};
use crate::fd::{Fd, FdType, L4Proto};
use crate::flags::thread_flags as flag;
use crate::name::Name;
use crate::net::{Endpoint, Tuple, tuple_text, write_endpoint};
use crate::owned::Owned;
use crate::path::concatenate_into;
use crate::state::{KnownFds, KnownNames, KnownOfThreads, State};
use crate::thread::{Cgroups, Common, ExeFile, Exec, Thread, unmarked};
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
                let mut threads = std::mem::take(&mut self.threads);
                threads.clear();
                *self = Self { anomalies, known, threads, versions: self.versions, ..Self::default() };
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
        let is_first = self.users.is_blank();
        self.next_version();
        let known = &self.known.names;
        if let Some(made) = known.made.as_ref().filter(|_| is_first)
            && (&*known.users, &*known.groups) == (users, groups)
        {
            self.users = Arc::clone(made);
            return;
        }
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
        if !room {
            self.note(Anomaly::TableFull);
        } else if is_first && size_of_names(users, groups) <= MOST_NAMES {
            let made = Some(Arc::clone(&self.users));
            self.known.names = KnownNames { users: users.to_vec(), groups: groups.to_vec(), made };
        }
    }

    /// Takes in a list where it stands, as [`Self::load`] does its block.
    pub fn load_list(&mut self, list: &mut List<'_>) {
        self.calm = None;
        match list {
            List::Threads(list) => self.take_threads(list),
            List::Fds(list) => self.take_table(list),
        }
    }

    /// Takes in threads. They are tied to each other when the first event comes.
    pub fn load_threads(&mut self, entries: &[ThreadEntry]) {
        self.take_threads(entries.iter());
    }

    fn take_threads<T: AsRef<[u8]>>(&mut self, entries: impl Iterator<Item = impl Borrow<ThreadEntry<T>>>) {
        let mut before = Before::default();
        for entry in entries {
            let entry = entry.borrow();
            if self.threads.by_tid.len() >= MAX_THREADS && self.threads.at(entry.tid).is_none() {
                self.note(Anomaly::ThreadTableFull);
                continue;
            }
            let version = self.next_version();
            let common = before.common(&Told::of(entry), &mut self.known);
            self.know_root(entry.uid, entry.gid);
            self.threads.by_tid.put(entry.tid, Owned::from(from_entry(entry, common, version)));
        }
        self.settled = false;
    }

    /// Takes in fds of one thread.
    pub fn load_fds(&mut self, tid: i64, entries: &[FdEntry]) {
        self.take_fds(tid, entries.iter());
    }

    /// The same from a list, of which the table may be known.
    fn take_table(&mut self, list: &mut FdList<'_>) {
        let tid = list.tid();
        let has_none = self.threads.at(tid).is_some_and(|thread| thread.fds.is_empty());
        let Some(raw) = list.bytes().filter(|raw| has_none && raw.len() >= LEAST_KNOWN) else {
            self.take_fds(tid, list);
            return;
        };
        let unknown = match self.known.tables.find(&[raw], |known| *known.raw == *raw) {
            Ok(known) => {
                if !known.ports.is_empty() {
                    Arc::make_mut(&mut self.server_ports).extend(&known.ports);
                }
                let table = Owned::Shared(Arc::clone(&known.table));
                list.pass(known.entries);
                self.edit_quietly(tid, |thread| thread.fds = table.into());
                self.settled = false;
                return;
            }
            Err(unknown) => unknown,
        };
        let kept = self.take_fds(tid, list.by_ref());
        let Some(thread) = self.threads.at_mut(tid).filter(|_| list.is_done()) else { return };
        // One that another in the list replaces, or that finds the table full, leaves more behind than the table tells.
        let Some(table) = thread.fds.shared().filter(|table| table.len() == kept) else { return };
        let served = table.iter().filter_map(|(_, fd)| Some(fd.sock.server(fd.ty)?.port));
        let (ports, raw) = (served.collect(), Box::from(raw));
        let unknown = unknown.with(table.size());
        self.known.tables.put(unknown, KnownFds { raw, entries: list.entries(), ports, table });
    }

    /// Gives how many of them are of a kind that is kept; 0 if there was no room for one.
    fn take_fds<T: AsRef<[u8]>>(
        &mut self,
        tid: i64,
        mut entries: impl Iterator<Item = impl Borrow<FdEntry<T>>>,
    ) -> usize {
        if self.threads.at(tid).is_none() {
            if entries.next().is_some() {
                self.note(Anomaly::UnknownThread);
            }
            return 0;
        }
        let mut kept = 0;
        for entry in entries {
            let entry = entry.borrow();
            let Some(fd) = from_fd_entry(entry) else { continue };
            if let Some(end) = fd.sock.server(fd.ty) {
                Arc::make_mut(&mut self.server_ports).insert(end.port);
            }
            let mut full = false;
            self.edit_quietly(tid, |t| full = !t.fds.make_mut().put(entry.fd, fd));
            if full {
                self.note(Anomaly::FdTableFull);
                return 0;
            }
            kept += 1;
        }
        self.settled = false;
        kept
    }

    /// Ties what was loaded together: groups, parents, sides of connections, containers.
    pub(crate) fn settle(&mut self) {
        if self.settled {
            return;
        }
        self.settled = true;
        let tids = self.threads.by_tid.ids();
        self.tie_all(&tids);
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

/// Longer lists of users and groups are not remembered, bytes about.
const MOST_NAMES: usize = 1 << 20;

fn size_of_names(users: &[User], groups: &[Group]) -> usize {
    let of_user = |user: &User| user.name.len() + user.homedir.len() + user.shell.len();
    let texts = users.iter().map(of_user).chain(groups.iter().map(|group| group.name.len()));
    texts.sum::<usize>() + size_of_val(users) + size_of_val(groups)
}

/// Bytes at either end of an environment or a list of control groups by which what was made of it is looked for.
const LOOKED_AT: usize = 48;

/// Shorter lists of fds are not worth remembering, bytes.
const LEAST_KNOWN: usize = 16;

/// What a snapshot tells of a thread that others have in common with it.
struct Told<'e> {
    comm: &'e [u8],
    exe: &'e [u8],
    args: &'e [u8],
    exepath: &'e [u8],
    root: &'e [u8],
    cgroups: &'e [u8],
    /// Environment and working directory, of main threads.
    own: Option<(&'e [u8], &'e [u8])>,
}

impl<'e> Told<'e> {
    fn of<T: AsRef<[u8]>>(entry: &'e ThreadEntry<T>) -> Self {
        Self {
            comm: entry.comm.as_ref(),
            exe: entry.exe.as_ref(),
            args: entry.args.as_ref(),
            exepath: entry.exepath.as_ref(),
            root: entry.root.as_ref(),
            cgroups: entry.cgroups.as_ref(),
            own: (entry.tid == entry.pid).then(|| (entry.env.as_ref(), entry.cwd.as_ref())),
        }
    }

    /// Whether `common` was made of the same, and of the directory `cwd`.
    fn is(&self, common: &Common, cwd: &[u8]) -> bool {
        let own = match self.own {
            Some((env, told)) => !common.cwd.is_empty() && *cwd == *told && common.env.is(env),
            None => common.cwd.is_empty() && common.env.is_empty(),
        };
        own && common.exec.is(self.comm, self.exe, self.args)
            && *common.exepath == *unmarked(self.exepath)
            && *common.root == *self.root
            && common.cgroups.is(self.cgroups)
    }
}

/// What the thread before has in common with others, which the next shares where it has the same: one process' threads stand
/// together, and whole trees of processes have one directory and one environment.
#[derive(Default)]
struct Before {
    common: Arc<Common>,
    /// Its working directory as the snapshot told it.
    cwd: Bytes,
    /// Room to put a directory together in.
    room: Vec<u8>,
}

impl Before {
    fn common(&mut self, told: &Told<'_>, known: &mut KnownOfThreads) -> Arc<Common> {
        if told.is(&self.common, &self.cwd) {
            return Arc::clone(&self.common);
        }
        let Told { comm, exe, args, exepath, root, cgroups, own } = *told;
        let (env, cwd) = own.unwrap_or_default();
        let ((env_start, env_end), (groups_start, groups_end)) = (ends(env), ends(cgroups));
        let parts = [comm, exe, args, exepath, root, cwd, env_start, env_end, groups_start, groups_end];
        match known.commons.find(&parts, |(common, cwd)| told.is(common, cwd)) {
            Ok((common, cwd)) => (self.common, self.cwd) = (Arc::clone(common), Bytes::clone(cwd)),
            Err(unknown) => {
                self.common = Arc::new(self.make(told, known));
                if *self.cwd != *cwd {
                    self.cwd = bytes(cwd);
                }
                let unknown = unknown.with(size_of::<Common>() + env.len() + cgroups.len());
                known.commons.put(unknown, (Arc::clone(&self.common), self.cwd.clone()));
            }
        }
        Arc::clone(&self.common)
    }

    fn make(&mut self, told: &Told<'_>, known: &mut KnownOfThreads) -> Common {
        let Told { comm, exe, args, .. } = *told;
        let exec = known.execs.of(
            &[comm, exe, args],
            |known| known.is(comm, exe, args),
            || Arc::new(Exec::new(comm, exe, args)),
        );
        let cgroups = known.cgroups.of(
            &[told.cgroups],
            |known| known.is(told.cgroups),
            || Arc::new(Cgroups::new(told.cgroups)),
        );
        let same = |before: &Bytes, text: &[u8]| if **before == *text { before.clone() } else { bytes(text) };
        let (exepath, root) =
            (same(&self.common.exepath, unmarked(told.exepath)), same(&self.common.root, told.root));
        let container = cgroups.container.clone();
        let mut common = Common { exec, exepath, root, cgroups, container, ..Common::default() };
        if let Some((env, cwd)) = told.own {
            common.env = known.envs.of(&[env], |known| known.is(env), || Strings::new(env));
            concatenate_into(b"", cwd, &mut self.room);
            if !self.room.ends_with(b"/") {
                self.room.push(b'/');
            }
            common.cwd = same(&self.common.cwd, &self.room);
        }
        common
    }
}

/// What a long text is looked for by.
fn ends(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.len().saturating_sub(LOOKED_AT);
    (text.get(..LOOKED_AT).unwrap_or(text), text.get(end..).unwrap_or_default())
}

/// The thread of a snapshot.
fn from_entry<T>(entry: &ThreadEntry<T>, common: Arc<Common>, version: u64) -> Thread {
    Thread {
        pid: entry.pid,
        ptid: entry.ptid,
        sid: entry.sid,
        vpgid: entry.vpgid,
        pgid: entry.pgid.unwrap_or(-1),
        vtid: entry.vtid,
        vpid: entry.vpid,
        flags: entry.flags | flag::NAME_CHANGED | flag::ACTIVE,
        exe_file: ExeFile {
            writable: entry.exe_writable,
            upper_layer: entry.exe_upper_layer,
            lower_layer: entry.exe_lower_layer,
            from_memfd: entry.exe_from_memfd,
            ino: entry.exe_ino,
            ctime: entry.exe_ino_ctime,
            mtime: entry.exe_ino_mtime,
            ctime_to_clone: 0,
            pidns_start_to_ctime: 0,
        },
        uid: entry.uid,
        gid: entry.gid,
        loginuid: entry.loginuid.unwrap_or(u32::MAX),
        cap_permitted: entry.cap_permitted.unwrap_or(0),
        cap_effective: entry.cap_effective.unwrap_or(0),
        cap_inheritable: entry.cap_inheritable.unwrap_or(0),
        tty: entry.tty,
        vmsize_kb: entry.vmsize_kb,
        vmrss_kb: entry.vmrss_kb,
        vmswap_kb: entry.vmswap_kb,
        pfmajor: entry.pfmajor,
        pfminor: entry.pfminor,
        clone_ts: entry.clone_ts,
        pidns_init_start_ts: entry.pidns_init_start_ts,
        fdlimit: entry.fdlimit,
        version,
        ..Thread::of(entry.tid, common)
    }
}

/// `None` for kinds that libsinsp does not keep.
fn from_fd_entry<T: AsRef<[u8]>>(entry: &FdEntry<T>) -> Option<Fd> {
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
            fd.role.client = fd.name.is_empty();
            fd.role.server = !fd.name.is_empty();
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

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use scap_format::scap::write;
    use scap_format::{Event, EventBuf, Item, TraceReader, Visitor};
    use scap_schema::code;

    use super::*;
    use crate::export::Export;

    struct Loads {
        state: State,
        takes_lists: bool,
        exports: Vec<Export>,
    }

    impl Visitor for Loads {
        fn event(&mut self, event: &Event<'_>) -> ControlFlow<()> {
            self.state.apply(event);
            self.exports.push(self.state.export());
            ControlFlow::Continue(())
        }

        fn list(&mut self, list: &mut List<'_>) -> bool {
            if self.takes_lists {
                self.state.load_list(list);
            }
            self.takes_lists
        }

        fn item(&mut self, item: Item<'_>) -> ControlFlow<()> {
            if let Item::Block(block) = item {
                self.state.load(&block);
            }
            ControlFlow::Continue(())
        }
    }

    /// A section whose snapshot differs a little from that of others.
    fn section(out: &mut Vec<u8>, nth: u8) {
        let text = |text: &str, own: bool| format!("{text}{}", if own { nth } else { 0 }).into_bytes();
        let thread = |tid: i64, pid: i64, own: bool| ThreadEntry {
            tid,
            pid,
            ptid: 1,
            comm: text("comm", own),
            exe: b"/bin/x".to_vec(),
            exepath: text("/bin/x", own),
            args: b"-a\0".to_vec(),
            env: text("A=", !own),
            cwd: text("/srv/./", own),
            root: b"/".to_vec(),
            cgroups: b"cpu=/docker/3ad7b26ded6d8e7b23da7d48fe889434573036c27ae5a74837233de441c3601e\0"
                .to_vec(),
            uid: u32::from(nth),
            ..ThreadEntry::default()
        };
        let file = |fd: i64, own: bool| {
            let name = text("/etc/hosts", own);
            FdEntry { fd, ino: 4, kind: FdKind::Regular { flags: 1, name, mount_id: 0, dev: 5 } }
        };
        let serves =
            FdEntry { fd: 3, ino: 8, kind: FdKind::Ipv4Server { ip: [0; 4].into(), port: 80, l4proto: 2 } };
        let ends = |sport| FdKind::Ipv4Socket {
            source: [10, 0, 0, 1].into(),
            dest: [10, 0, 0, 2].into(),
            sport,
            dport: 4000,
            l4proto: 2,
        };
        write::section(out);
        let user = User { uid: 0, name: text("root", nth == 3), ..User::default() };
        write::users(out, &[user], &[Group { gid: 0, name: b"root".to_vec() }]);
        let threads =
            [thread(1, 1, false), thread(20, 20, false), thread(21, 20, true), thread(30, 30, true)];
        write::threads(out, &threads);
        write::fds(out, 1, &[serves]);
        write::fds(out, 20, &[file(0, false), FdEntry { fd: 4, ino: 9, kind: ends(80) }]);
        write::fds(out, 30, &[file(0, true)]);
        // What replaces a server leaves its port served.
        let (once, now) = (FdKind::Ipv4Server { ip: [0; 4].into(), port: 81, l4proto: 2 }, ends(81));
        let fds =
            [FdEntry { fd: 5, ino: 8, kind: once }, file(5, false), FdEntry { fd: 6, ino: 9, kind: now }];
        write::fds(out, 21, &fds);
        // A second list of the same thread adds to the first.
        write::fds(out, 30, &[file(0, false), file(1, false)]);
        write::fds(out, 99, &[file(0, false)]);
        let mut opens = EventBuf::new(code::SYSCALL_CLOSE_X, u64::from(nth), 20);
        opens.push(&0i64.to_le_bytes()).push(&0i64.to_le_bytes());
        write::event(out, &opens.as_event());
        write::event(out, &EventBuf::new(code::SYSCALL_GETCWD_E, u64::from(nth), 20).as_event());
    }

    #[test]
    fn what_sections_before_told_changes_nothing_but_time() {
        let mut trace = Vec::new();
        let nths = [1, 1, 2, 1, 3, 3];
        nths.iter().for_each(|&nth| section(&mut trace, nth));
        let loaded = |takes_lists| {
            let mut loads = Loads { state: State::new(), takes_lists, exports: Vec::new() };
            TraceReader::of_blocks(trace.clone(), 1).visit(&mut loads).unwrap();
            (loads.exports, loads.state)
        };
        let ((lists, state), (blocks, plain)) = (loaded(true), loaded(false));
        assert_eq!(lists, blocks);
        assert_eq!(format!("{:?}", state.anomalies()), format!("{:?}", plain.anomalies()));
        for (nth, exports) in nths.iter().zip(lists.chunks(2)) {
            let (mut alone, mut trace) =
                (Loads { state: State::new(), takes_lists: true, exports: Vec::new() }, Vec::new());
            section(&mut trace, *nth);
            TraceReader::of_blocks(trace, 1).visit(&mut alone).unwrap();
            assert_eq!(exports, alone.exports, "section {nth}");
        }
        let thread = state.find(20).unwrap();
        assert!(state.fd_of(thread, 4).unwrap().role.server);
        assert!(state.find(21).unwrap().fds.at(6).unwrap().role.server);
        assert_eq!(&*thread.container, b"3ad7b26ded6d");
        assert!(state.fd_of(thread, 0).is_none());
    }
}
