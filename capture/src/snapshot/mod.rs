//! The machine as recording starts, read from /proc: processes, threads, fds, users, interfaces.
//!
//! Takes [`SnapshotOptions`], gives a [`Snapshot`] whose [`blocks`](Snapshot::blocks) open the trace. Reads /proc, /sys,
//! `/etc/passwd` and `/etc/group`, and nothing else. Processes that end while they are read are counted, not reported as
//! errors. Deliberately knows nothing of events: what changes after the snapshot was taken is theirs to tell.

mod cgroups;
mod clock;
mod exe;
mod fds;
mod machine;
mod mounts;
mod process;
mod root;
mod sockets;
mod status;
pub(crate) mod task;
mod text;
mod tree;
mod users;

pub use clock::{BootClock, wall_clock};
pub use process::TEXT_LIMIT;
pub use root::Root;

use process::{Found, Passed, PidNamespace, Reader, namespace};
use scap_format::block::Block;
use scap_format::snapshot::{FdEntry, Group, Interface, MachineInfo, ThreadEntry, User};
use sockets::Sockets;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::io;
use std::path::Path;
use std::rc::Rc;

/// Threads that one block of a trace holds.
const THREADS_PER_BLOCK: usize = 256;

/// What of the machine goes into the snapshot.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum SnapshotScope {
    /// Every process.
    #[default]
    All,
    /// These processes and their descendants whole, their ancestors by name only (but not the first process, from
    /// which all descend), and of the machine nothing else: no other user, no address but loopback.
    Trees(Vec<i64>),
    /// No process and no user; only the machine.
    None,
}

/// How to take a snapshot.
#[derive(Debug, Clone, Default)]
pub struct SnapshotOptions {
    /// What goes in.
    pub scope: SnapshotScope,
    /// Where /proc and /sys are.
    pub root: Root,
    /// Where `/etc/passwd` and `/etc/group` are, if elsewhere; all of theirs go in, whatever the scope.
    pub users: Option<Root>,
}

/// The machine at one moment.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// The machine.
    pub machine: MachineInfo,
    /// Its addresses.
    pub interfaces: Vec<Interface>,
    /// Its users.
    pub users: Vec<User>,
    /// Its groups.
    pub groups: Vec<Group>,
    /// Threads, by process and then by tid, each process' first thread first.
    pub threads: Vec<ThreadEntry>,
    /// Fds by pid, in the order of `threads`.
    pub fds: Vec<(i64, Vec<FdEntry>)>,
    /// What is not in it.
    pub passed: PassedOver,
    /// When reading began, ns since the epoch.
    pub begun: u64,
    /// When reading ended, ns since the epoch.
    pub ended: u64,
}

/// How many threads are not in a snapshot, or not whole.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PassedOver {
    /// Ended while being read.
    pub vanished: u64,
    /// Belong to the kernel.
    pub kernel: u64,
    /// Had ended before and wait to be reaped.
    pub dead: u64,
    /// Are in it, but the recorder may not read all of them.
    pub restricted: u64,
}

impl Snapshot {
    /// Takes one now.
    ///
    /// # Errors
    /// If /proc cannot be listed at all.
    pub fn take(options: &SnapshotOptions) -> io::Result<Self> {
        let clock = BootClock::now();
        let begun = wall_clock();
        let mut scan = Scan::new(options, clock);
        match &options.scope {
            SnapshotScope::All => {
                for pid in tree::pids(&options.root)? {
                    scan.process(pid);
                }
            }
            SnapshotScope::Trees(tops) => scan.trees(tops)?,
            SnapshotScope::None => {}
        }
        let mut snapshot = scan.finish();
        snapshot.machine = machine::info(&options.root, clock);
        snapshot.add_interfaces(&options.scope);
        snapshot.add_users(options);
        (snapshot.begun, snapshot.ended) = (begun, wall_clock());
        Ok(snapshot)
    }

    /// Its blocks in the order in which they open a trace.
    pub fn blocks(self) -> impl Iterator<Item = Block<'static>> {
        let mut blocks = vec![
            Block::Machine(self.machine),
            Block::Interfaces(self.interfaces),
            Block::Users { users: self.users, groups: self.groups },
        ];
        let mut threads = self.threads.into_iter();
        loop {
            let some: Vec<ThreadEntry> = threads.by_ref().take(THREADS_PER_BLOCK).collect();
            if some.is_empty() {
                break;
            }
            blocks.push(Block::Threads(some));
        }
        blocks.into_iter().chain(self.fds.into_iter().map(|(tid, fds)| Block::Fds { tid, fds }))
    }

    fn add_interfaces(&mut self, scope: &SnapshotScope) {
        self.interfaces = machine::interfaces();
        if *scope != SnapshotScope::All {
            self.interfaces.retain(machine::is_loopback);
        }
    }

    fn add_users(&mut self, options: &SnapshotOptions) {
        if options.scope == SnapshotScope::None && options.users.is_none() {
            return;
        }
        (self.users, self.groups) = users::read(options.users.as_ref().unwrap_or(&options.root));
        if options.scope != SnapshotScope::All && options.users.is_none() {
            let uids: HashSet<u32> = self.threads.iter().map(|thread| thread.uid).collect();
            let gids: HashSet<u32> = self.threads.iter().map(|thread| thread.gid).collect();
            self.users.retain(|user| uids.contains(&user.uid));
            self.groups.retain(|group| gids.contains(&group.gid));
        }
    }
}

/// Process `pid` and everything that descends from it at this moment; empty if there is no such process.
///
/// # Errors
/// If /proc cannot be listed.
pub(crate) fn descendants(root: &Root, pid: u32) -> io::Result<Vec<u32>> {
    if process::stat(&root.process(i64::from(pid))).is_err() {
        return Ok(Vec::new());
    }
    let all = tree::Tree::read(root)?.descendants(i64::from(pid));
    Ok(all.into_iter().filter_map(|pid| u32::try_from(pid).ok()).collect())
}

/// Every process that runs now, with its control groups as [`ThreadEntry::cgroups`] has them.
///
/// # Errors
/// If /proc cannot be listed.
pub(crate) fn groups_of_processes(root: &Root) -> io::Result<Vec<(i64, Vec<u8>)>> {
    let mut cgroups = cgroups::Cgroups::new(root);
    let mut all = Vec::new();
    for pid in tree::pids(root)? {
        if let Ok(list) = text::read_limited(&root.process(pid).join("cgroup"), TEXT_LIMIT as u64) {
            all.push((pid, cgroups.resolve(&list)));
        }
    }
    Ok(all)
}

/// Threads of process `pid` other than its first one.
pub(crate) fn threads_of(root: &Root, pid: i64) -> Vec<i64> {
    tree::other_threads(root, pid)
}

/// A snapshot being taken.
struct Scan<'a> {
    root: &'a Root,
    reader: Reader,
    sockets: HashMap<u64, Rc<Sockets>>,
    snapshot: Snapshot,
    /// Pid namespace of each thread, by its place in `snapshot.threads`.
    namespaces: Vec<PidNamespace>,
}

impl<'a> Scan<'a> {
    fn new(options: &'a SnapshotOptions, clock: BootClock) -> Self {
        Self {
            root: &options.root,
            reader: Reader::new(options.root.clone(), clock),
            sockets: HashMap::new(),
            snapshot: Snapshot::default(),
            namespaces: Vec::new(),
        }
    }

    fn trees(&mut self, tops: &[i64]) -> io::Result<()> {
        let tree = tree::Tree::read(self.root)?;
        let whole: BTreeSet<i64> = tops.iter().flat_map(|&top| tree.descendants(top)).collect();
        let ancestors = tops.iter().flat_map(|&top| tree.ancestors(top));
        let named: BTreeSet<i64> = ancestors.filter(|&pid| pid != 1).collect();
        for pid in whole.union(&named) {
            if whole.contains(pid) {
                self.process(*pid);
            } else {
                self.name_only(*pid);
            }
        }
        Ok(())
    }

    /// Adds process `pid`, its threads and its fds.
    fn process(&mut self, pid: i64) {
        let dir = self.root.process(pid);
        let first = self.reader.read(&dir, pid);
        let readable = first.is_ok();
        // A first thread that has ended leaves its process to the others.
        let goes_on = readable || first.as_ref().is_err_and(|passed| *passed == Passed::Dead);
        self.add(first);
        if goes_on {
            for tid in tree::other_threads(self.root, pid) {
                let found = self.reader.read(&self.root.thread(pid, tid), tid);
                self.add(found);
            }
        }
        if readable {
            self.fds(&dir, pid);
        }
    }

    fn add(&mut self, found: Result<Found, Passed>) {
        let passed = &mut self.snapshot.passed;
        match found {
            Ok(found) => {
                passed.restricted += u64::from(found.restricted);
                self.namespaces.push(found.pid_namespace);
                self.snapshot.threads.push(found.entry);
            }
            Err(Passed::Vanished) => passed.vanished += 1,
            Err(Passed::KernelThread) => passed.kernel += 1,
            Err(Passed::Dead) => passed.dead += 1,
        }
    }

    fn fds(&mut self, dir: &Path, pid: i64) {
        let sockets = match namespace(dir, "net") {
            Some(inode) => {
                self.sockets.entry(inode).or_insert_with(|| Rc::new(Sockets::read(&dir.join("net")))).clone()
            }
            None => Rc::new(Sockets::read(&dir.join("net"))),
        };
        let root = self.snapshot.threads.last().map(|thread| thread.root.clone()).unwrap_or_default();
        let mounts = self.reader.mounts(dir, &root);
        if let Ok(fds) = fds::read(dir, &sockets, &mounts) {
            self.snapshot.fds.push((pid, fds));
        }
    }

    /// Adds process `pid` with its ids and its command name, without anything it was given.
    fn name_only(&mut self, pid: i64) {
        let dir = self.root.process(pid);
        let found = process::stat(&dir).map(|stat| {
            let comm = text::read_limited(&dir.join("comm"), 64).unwrap_or_default();
            let entry = ThreadEntry {
                tid: pid,
                pid,
                ptid: stat.ppid,
                sid: stat.sid,
                vpgid: stat.pgid,
                pgid: Some(stat.pgid),
                comm: comm.strip_suffix(b"\n").unwrap_or(&comm).to_vec(),
                fdlimit: -1,
                uid: u32::MAX,
                gid: u32::MAX,
                vtid: pid,
                vpid: pid,
                loginuid: Some(u32::MAX),
                ..ThreadEntry::default()
            };
            Found { entry, pid_namespace: PidNamespace::Outer, restricted: false }
        });
        self.add(found);
    }

    /// Tells every thread when the first process of its pid namespace started.
    fn finish(mut self) -> Snapshot {
        let threads = &mut self.snapshot.threads;
        let inits = threads.iter().zip(&self.namespaces).filter(|(thread, _)| thread.vtid == 1);
        let mut starts: HashMap<PidNamespace, u64> =
            inits.map(|(thread, namespace)| (*namespace, thread.clone_ts)).collect();
        // The outermost init need not be in the snapshot.
        if let Ok(init) = process::stat(&self.root.process(1)) {
            starts.insert(PidNamespace::Outer, self.reader.start_of(&init));
        }
        starts.remove(&PidNamespace::Unknown);
        for (thread, namespace) in threads.iter_mut().zip(&self.namespaces) {
            thread.pidns_init_start_ts = starts.get(namespace).copied().unwrap_or_default();
        }
        self.snapshot
    }
}

#[cfg(test)]
mod tests;
