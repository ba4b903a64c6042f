//! Reading the state: the event just applied, and everything around it.
//!
//! All answers are as of *after* the event, as Falco's filters see them, with libsinsp's grace: a thread that
//! exits and an fd that closes are visible in the event that says so. Hot path: nothing here allocates.

use std::net::IpAddr;
use std::sync::Arc;

use scap_format::snapshot::MachineInfo;

use crate::anomaly::Anomalies;
use crate::bytes::Strings;
use crate::container::{Container, Containers};
use crate::fd::Fd;
use crate::fdtable::FdTable;
use crate::flags::AT_FDCWD;
use crate::interfaces::Interfaces;
use crate::path::concatenate_into;
use crate::state::State;
use crate::thread::Thread;
use crate::users::{GroupRecord, UserRecord, Users};

/// Generations looked back at most. Real lines of descent are far shorter; a hostile trace's must not take forever.
const MAX_GENERATIONS: u32 = 1024;

/// Which leader to look for, see [`State::leader`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leader {
    /// Of the session ([`Thread::sid`]).
    Session,
    /// Of the process group as seen from the pid namespace ([`Thread::vpgid`]).
    VirtualGroup,
    /// Of the process group as seen from the host ([`Thread::pgid`]).
    Group,
}

impl Leader {
    const fn id_of(self, thread: &Thread) -> i64 {
        match self {
            Self::Session => thread.sid,
            Self::VirtualGroup => thread.vpgid,
            Self::Group => thread.pgid,
        }
    }
}

/// The event applied last.
impl State {
    /// Whether there was one since anything was loaded: then a new section is of another machine.
    #[must_use]
    pub const fn is_settled(&self) -> bool {
        self.settled
    }

    /// The thread that did it. `None` if no thread has its tid, as in events about the machine.
    #[must_use]
    #[inline]
    pub fn thread(&self) -> Option<&Thread> {
        self.threads.at(self.now.tid)
    }

    /// The fd it is about: created, used or closed by it. `None` if it is about none, or its thread is not
    /// known to have it.
    #[must_use]
    pub fn fd(&self) -> Option<&Fd> {
        self.thread_and_fd().1
    }

    /// [`State::thread`] and [`State::fd`] in one look.
    #[must_use]
    pub fn thread_and_fd(&self) -> (Option<&Thread>, Option<&Fd>) {
        let thread = self.thread();
        let num = self.now.fd.unwrap_or(self.now.fd_num);
        (thread, thread.and_then(|thread| self.fd_of(thread, num)))
    }

    /// Number of that fd, even if the thread is not known to have it; -1 for none. Meaningful for events that
    /// create, use or destroy an fd (see the schema's flags).
    #[must_use]
    pub const fn fd_num(&self) -> i64 {
        self.now.fd_num
    }

    /// Whether the event gave that fd another name (`fd.name_changed`). True where it created it with a name.
    #[must_use]
    pub const fn fd_name_changed(&self) -> bool {
        self.now.fd_name_changed
    }

    /// Container the event itself describes, for container events.
    #[must_use]
    pub fn event_container(&self) -> Option<&Arc<Container>> {
        self.now.container.as_ref()
    }

    /// Positive `errno` of the call (also of a connection whose failure `getsockopt` told); 0 for none.
    #[must_use]
    pub const fn errno(&self) -> i64 {
        self.now.error
    }

    /// Time the thread ran before the scheduler switch that the event tells of, ns (`thread.exectime`); 0 for other
    /// events.
    #[must_use]
    pub const fn exectime(&self) -> u64 {
        self.now.exectime
    }

    /// Time of the first event that came from the kernel, ns since the epoch.
    #[must_use]
    pub const fn first_ts(&self) -> Option<u64> {
        self.now.first_ts
    }

    /// Time of the event before, ns since the epoch.
    #[must_use]
    pub const fn previous_ts(&self) -> Option<u64> {
        self.now.previous_ts
    }
}

/// Threads and what hangs on them.
impl State {
    /// The thread with id `tid`.
    #[must_use]
    pub fn find(&self, tid: i64) -> Option<&Thread> {
        self.threads.at(tid)
    }

    /// All threads, in no particular order.
    pub fn threads(&self) -> impl Iterator<Item = &Thread> + '_ {
        self.threads.by_tid.values().map(|t| &**t)
    }

    /// How many threads are known.
    #[must_use]
    pub const fn thread_count(&self) -> usize {
        self.threads.by_tid.len()
    }

    /// Main thread of `thread`'s process, which may be itself. `None` if it is not known.
    #[must_use]
    pub fn main_thread<'a>(&'a self, thread: &'a Thread) -> Option<&'a Thread> {
        self.threads.main_of(thread)
    }

    /// The process `n` generations above: 0 is the thread's own main thread, 1 the parent (`proc.pname`,
    /// `proc.aname[1]`), and so on. `None` where the line breaks off, and beyond 1024 generations.
    #[must_use]
    pub fn ancestor<'a>(&'a self, thread: &'a Thread, n: u32) -> Option<&'a Thread> {
        if n > MAX_GENERATIONS {
            return None;
        }
        let mut main = self.main_thread(thread)?;
        for _ in 0..n {
            main = self.main_thread(self.find(main.ptid)?)?;
        }
        Some(main)
    }

    /// Parents from the nearest to the oldest, as `proc.aname` without index visits them: threads, not their
    /// main threads, starting above `thread` itself. Ends at a loop, and after 1024 generations.
    ///
    /// libsinsp starts at the main thread: pass [`State::main_thread`] for that.
    #[must_use]
    pub fn ancestors<'a>(&'a self, thread: &Thread) -> Ancestors<'a> {
        let slow = self.find(thread.ptid);
        let fast = slow.and_then(|t| self.find(t.ptid));
        Ancestors { state: self, slow, fast, left: MAX_GENERATIONS }
    }

    /// Leader of the session or process group of `thread`: the process with that id, or else the oldest ancestor in
    /// an unbroken line that has it. Ids inside a pid namespace are only looked for among ancestors.
    #[must_use]
    pub fn leader<'a>(&'a self, thread: &'a Thread, which: Leader) -> Option<&'a Thread> {
        let id = which.id_of(thread);
        if id == -1 {
            return None;
        }
        let host_id = which == Leader::Group || !thread.is_in_pid_namespace();
        if host_id && let Some(found) = self.find(id) {
            return Some(found);
        }
        self.ancestors(thread).take_while(|t| which.id_of(t) == id).last()
    }

    /// Live threads of `thread`'s process, itself included; 0 where unknown.
    #[must_use]
    pub fn live_threads(&self, thread: &Thread) -> u64 {
        thread.group.and_then(|pid| self.threads.group(pid)).map_or(0, |g| g.alive)
    }

    /// Live threads of `thread`'s process without the main one (`proc.nchilds`).
    #[must_use]
    pub fn live_secondary_threads(&self, thread: &Thread) -> u64 {
        let main_lives = self.main_thread(thread).is_some_and(|t| !t.is_dead());
        self.live_threads(thread).saturating_sub(u64::from(main_lives))
    }

    /// Whether `thread`'s process adopts orphans below it.
    #[must_use]
    pub fn is_reaper(&self, thread: &Thread) -> bool {
        thread.group.and_then(|pid| self.threads.group(pid)).is_some_and(|g| g.reaper)
    }

    /// Working directory, closed by `/`; `./` if the process is not known.
    #[must_use]
    pub fn cwd<'a>(&'a self, thread: &'a Thread) -> &'a [u8] {
        self.main_thread(thread).map_or(b"./", |main| &*main.cwd)
    }

    /// Environment of the process.
    #[must_use]
    pub fn env<'a>(&'a self, thread: &'a Thread) -> &'a Strings {
        &self.main_thread(thread).unwrap_or(thread).env
    }

    /// Value of environment variable `name` without blanks around it; empty if unset.
    #[must_use]
    pub fn env_var<'a>(&'a self, thread: &'a Thread, name: &[u8]) -> &'a [u8] {
        let values = self.env(thread).iter().filter_map(|entry| entry.strip_prefix(name)?.strip_prefix(b"="));
        let mut set = values.filter(|value| !value.is_empty());
        let blank = |b: &u8| *b == b' ';
        let value = set.next().unwrap_or_default();
        let start = value.iter().position(|b| !blank(b)).unwrap_or(value.len());
        let end = value.iter().rposition(|b| !blank(b)).map_or(start, |at| at + 1);
        value.get(start..end).unwrap_or_default()
    }

    /// Fd table that `thread` uses. `None` if it shares that of a process that is not known.
    #[must_use]
    pub fn fds<'a>(&'a self, thread: &'a Thread) -> Option<&'a FdTable> {
        if let Some(told) = &self.told {
            told.falls_short();
            return None;
        }
        if thread.shares_fds() { self.main_thread(thread).map(|main| &*main.fds) } else { Some(&thread.fds) }
    }

    /// Fd `num` of `thread`.
    #[must_use]
    #[inline]
    pub fn fd_of<'a>(&'a self, thread: &'a Thread, num: i64) -> Option<&'a Fd> {
        if self.told.is_none() && !thread.shares_fds() {
            return thread.fds.at(num);
        }
        self.fd_elsewhere(thread, num)
    }

    /// Fd `num` of a thread that has no table of its own.
    fn fd_elsewhere<'a>(&'a self, thread: &'a Thread, num: i64) -> Option<&'a Fd> {
        match &self.told {
            None => self.fds(thread)?.at(num),
            Some(told) => told.fd(num, thread.tid == self.now.tid),
        }
    }

    /// How many fds the process has open (`proc.fdopencount`).
    #[must_use]
    pub fn fd_count(&self, thread: &Thread) -> usize {
        if let Some(told) = &self.told {
            told.falls_short();
        }
        self.main_thread(thread).map_or(0, |main| main.fds.len())
    }

    /// How many fds the process may have open (`proc.fdlimit`); 0 if the process is not known, -1 if its limit is
    /// not.
    #[must_use]
    pub fn fd_limit(&self, thread: &Thread) -> i64 {
        self.main_thread(thread).map_or(0, |main| main.fdlimit)
    }

    /// Writes the directory that `path` given with `dirfd` starts from to `out`: `.` for an absolute path,
    /// the working directory for `AT_FDCWD`, the directory's name closed by `/`, or `<UNKNOWN>`.
    pub fn base_of(&self, thread: Option<&Thread>, dirfd: i64, path: &[u8], out: &mut Vec<u8>) {
        let (base, lacks_slash) = self.base(thread, dirfd, path);
        out.clear();
        out.extend_from_slice(base);
        out.extend(lacks_slash.then_some(b'/'));
    }

    /// What [`State::base_of`] writes, and whether the closing `/` is still to be added.
    #[must_use]
    pub fn base<'a>(&'a self, thread: Option<&'a Thread>, dirfd: i64, path: &[u8]) -> (&'a [u8], bool) {
        const UNKNOWN: &[u8] = b"<UNKNOWN>";
        if path.first() == Some(&b'/') {
            return (b".", false);
        }
        let Some(thread) = thread else { return (UNKNOWN, false) };
        if dirfd == AT_FDCWD {
            return (self.cwd(thread), false);
        }
        match self.fd_of(thread, dirfd).filter(|_| dirfd >= 0) {
            Some(dir) => (&dir.name, !dir.name.is_empty() && !dir.name.ends_with(b"/")),
            None => (UNKNOWN, false),
        }
    }

    /// Writes `path` as given with `dirfd` in full to `out`; `scratch` is overwritten.
    pub fn resolve(
        &self,
        thread: Option<&Thread>,
        dirfd: i64,
        path: &[u8],
        scratch: &mut Vec<u8>,
        out: &mut Vec<u8>,
    ) {
        self.base_of(thread, dirfd, path, scratch);
        concatenate_into(scratch, path, out);
    }
}

/// Tables of the machine.
impl State {
    /// User `uid` as `thread`'s container knows it.
    #[must_use]
    pub fn user(&self, thread: &Thread, uid: u32) -> Option<&UserRecord> {
        self.users.user(&thread.container, uid)
    }

    /// Group `gid` as `thread`'s container knows it.
    #[must_use]
    pub fn group(&self, thread: &Thread, gid: u32) -> Option<&GroupRecord> {
        self.users.group(&thread.container, gid)
    }

    /// Container that `thread` runs in, the host included. `None` for a container the trace does not describe.
    #[must_use]
    pub fn container(&self, thread: &Thread) -> Option<&Arc<Container>> {
        self.containers.at(&thread.container)
    }

    /// All users and groups.
    #[must_use]
    pub fn users(&self) -> &Users {
        &self.users
    }

    /// All containers.
    #[must_use]
    pub fn containers(&self) -> &Containers {
        &self.containers
    }

    /// Network interfaces.
    #[must_use]
    pub fn interfaces(&self) -> &Interfaces {
        &self.interfaces
    }

    /// Whether `ip` is the machine's own as `thread` sees it: an address of its container, or of an interface. In a
    /// container without a known address, any container's counts and no interface's; no v6 address is a container's.
    #[must_use]
    pub fn is_local(&self, thread: &Thread, ip: IpAddr) -> bool {
        if thread.container.is_empty() {
            return self.interfaces.is_local(ip);
        }
        let IpAddr::V4(v4) = ip else { return false };
        let is = |container: &Container| container.ip.parse() == Ok(v4);
        match self.container(thread).filter(|c| !c.ip.is_empty()) {
            Some(own) => is(own) || self.interfaces.is_local(ip),
            None => self.containers.iter().any(|c| is(c)),
        }
    }

    /// The machine.
    #[must_use]
    pub fn machine(&self) -> &MachineInfo {
        &self.machine
    }

    /// What did not add up so far.
    #[must_use]
    pub const fn anomalies(&self) -> &Anomalies {
        &self.anomalies
    }

    /// Grows whenever an attribute of any thread changes, a thread comes or goes, or a container or user does.
    /// While it stands still, whatever was concluded from those (but not from fds and memory) stays true.
    #[must_use]
    pub const fn epoch(&self) -> u64 {
        self.versions
    }
}

/// Parents from the nearest to the oldest, see [`State::ancestors`].
#[derive(Debug, Clone)]
pub struct Ancestors<'a> {
    state: &'a State,
    slow: Option<&'a Thread>,
    fast: Option<&'a Thread>,
    left: u32,
}

impl<'a> Iterator for Ancestors<'a> {
    type Item = &'a Thread;

    fn next(&mut self) -> Option<&'a Thread> {
        let current = self.slow.filter(|t| t.tid != -1)?;
        self.left = self.left.checked_sub(1)?;
        // Tortoise and hare, in libsinsp's steps: where it stops in a loop is visible in its answers.
        let parent = |t: Option<&'a Thread>| t.and_then(|t| self.state.find(t.ptid));
        let mut slow = parent(self.slow);
        for _ in 0..2 {
            self.fast = parent(self.fast);
            let Some(at) = slow else { continue };
            if at.tid == at.ptid || self.fast.is_some_and(|f| f.tid == at.tid) {
                slow = None;
            }
        }
        self.slow = slow;
        Some(current)
    }
}
