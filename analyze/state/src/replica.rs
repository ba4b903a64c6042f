//! A copy of a state that follows it by what it is told, not by events: for whoever asks about some events on another
//! thread.
//!
//! The state that applies events [tells](State::tell) a [`Trail`] about each event that somebody will ask about: the threads and
//! groups that changed since the last one, and the fds that the event names. A [`Replica`] of that state goes
//! along the trail and answers as the state did. It has no fd tables, which change all the time; asked about any other fd
//! it [knows that it does not know](Replica::is_short).
//!
//! Hot path: telling costs some numbers and pointers, following the same.

use std::sync::Arc;

use scap_format::Event;

use crate::apply::fd_params;
use crate::container::Container;
use crate::notes::tidy;
use crate::owned::{Maybe, Owned};
use crate::state::{Now, State};
use crate::thread::Thread;
use crate::threads::ThreadGroup;
use crate::told::{FdNotes, Told};

/// What a replica has to be told, event by event.
#[derive(Debug, Default)]
pub struct Trail {
    looks: Vec<Look>,
    threads: Vec<(i64, Option<Thread>)>,
    usages: Vec<(i64, Usage)>,
    groups: Vec<(i64, Option<ThreadGroup>)>,
    fds: FdNotes,
}

/// What an event is about, apart from what it says itself, and how far the lists of the trail have come with it.
#[derive(Debug)]
struct Look {
    fd_num: i64,
    // Not beside the number: both are written last one by one, and read too early would be two at a time, which stalls.
    previous_ts: u64,
    error: i64,
    versions: u64,
    /// What hardly any event has.
    rare: Option<Box<Rare>>,
    threads: u32,
    usages: u32,
    groups: u32,
    fds: u32,
    has_previous: bool,
    has_fd: bool,
    fd_name_changed: bool,
}

#[derive(Debug, Clone)]
struct Rare {
    exectime: u64,
    container: Option<Arc<Container>>,
}

impl Look {
    fn of(now: &Now) -> Self {
        let rare = (now.exectime > 0 || now.container.is_some())
            .then(|| Box::new(Rare { exectime: now.exectime, container: now.container.clone() }));
        Self {
            fd_num: now.fd_num,
            error: now.error,
            previous_ts: now.previous_ts.unwrap_or(0),
            versions: 0,
            rare,
            threads: 0,
            usages: 0,
            groups: 0,
            fds: 0,
            has_previous: now.previous_ts.is_some(),
            has_fd: now.fd.is_some(),
            fd_name_changed: now.fd_name_changed,
        }
    }

    /// Makes the event it is about the one applied last, but for what that says itself.
    fn set(&mut self, now: &mut Now) {
        let rare = self.rare.take();
        (now.fd_num, now.error) = (self.fd_num, self.error);
        now.fd = self.has_fd.then_some(self.fd_num);
        now.fd_name_changed = self.fd_name_changed;
        now.previous_ts = self.has_previous.then_some(self.previous_ts);
        (now.exectime, now.container) = rare.map_or((0, None), |rare| (rare.exectime, rare.container));
    }
}

/// What a thread has used.
#[derive(Debug, Clone, Copy)]
struct Usage {
    vmsize_kb: u32,
    vmrss_kb: u32,
    vmswap_kb: u32,
    pfmajor: u64,
    pfminor: u64,
    exectime: u64,
}

impl Usage {
    const fn of(thread: &Thread) -> Self {
        let &Thread { vmsize_kb, vmrss_kb, vmswap_kb, pfmajor, pfminor, exectime, .. } = thread;
        Self { vmsize_kb, vmrss_kb, vmswap_kb, pfmajor, pfminor, exectime }
    }

    const fn set(self, thread: &mut Thread) {
        (thread.vmsize_kb, thread.vmrss_kb, thread.vmswap_kb) =
            (self.vmsize_kb, self.vmrss_kb, self.vmswap_kb);
        (thread.pfmajor, thread.pfminor, thread.exectime) = (self.pfmajor, self.pfminor, self.exectime);
    }
}

impl Trail {
    /// How many events it tells of.
    #[must_use]
    pub fn len(&self) -> usize {
        self.looks.len()
    }

    /// Bytes in use, roughly.
    #[must_use]
    #[inline]
    pub const fn size(&self) -> usize {
        let (looks, threads) =
            (self.looks.len() * size_of::<Look>(), self.threads.len() * size_of::<Thread>());
        looks + threads + self.groups.len() * size_of::<ThreadGroup>() + self.fds.size()
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.looks.clear();
        self.threads.clear();
        self.usages.clear();
        self.groups.clear();
        self.fds.clear();
    }

    /// Whether it tells of none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.looks.is_empty()
    }
}

impl State {
    /// Takes note from here on of what changes, for [`State::tell`]. What a clone does is not noted.
    pub fn begin_trail(&mut self) {
        self.threads.notes.start();
    }

    /// Tells `trail` about `event`, which was just applied, what a replica of `start` needs that has followed it so far; `start`
    /// is this state as it was when [`State::begin_trail`] was called. `false` if too much has changed; nothing is told then,
    /// and nothing can be until the next beginning.
    pub fn tell(&mut self, event: &Event<'_>, start: &State, trail: &mut Trail) -> bool {
        let same = Arc::ptr_eq(&self.users, &start.users)
            && Arc::ptr_eq(&self.containers, &start.containers)
            && Arc::ptr_eq(&self.interfaces, &start.interfaces)
            && Arc::ptr_eq(&self.machine, &start.machine);
        let now = &self.now;
        let usual = now.first_ts == start.now.first_ts && now.fd.is_none_or(|fd| fd == now.fd_num);
        if !same || !usual || !self.threads.notes.is_whole() {
            return false;
        }
        if !self.threads.notes.is_empty() {
            self.tell_changes(trail);
        }
        self.tell_fds(event, trail);
        // A batch is full long before.
        let count = |len: usize| u32::try_from(len).unwrap_or(u32::MAX);
        trail.looks.push(Look {
            versions: self.versions,
            threads: count(trail.threads.len()),
            usages: count(trail.usages.len()),
            groups: count(trail.groups.len()),
            fds: count(trail.fds.len()),
            ..Look::of(&self.now)
        });
        true
    }

    fn tell_changes(&mut self, trail: &mut Trail) {
        let threads = &mut self.threads;
        let (by_tid, groups, notes) = (&threads.by_tid, &threads.groups, &mut threads.notes);
        tidy(&mut notes.threads);
        for &tid in &notes.threads {
            trail.threads.push((tid, by_tid.at(tid).map(|thread| bare(thread))));
        }
        tidy(&mut notes.usages);
        for &tid in &notes.usages {
            trail.usages.extend(by_tid.at(tid).map(|thread| (tid, Usage::of(thread))));
        }
        tidy(&mut notes.groups);
        for &pid in &notes.groups {
            trail.groups.push((pid, groups.at(pid).map(|group| group.outline())));
        }
        notes.clear();
    }

    /// The fd that the event turned out to be about, and those that it names.
    fn tell_fds(&self, event: &Event<'_>, trail: &mut Trail) {
        let Some(thread) = self.thread() else { return };
        let table = self.fds(thread);
        let fd = |num| table.and_then(|table| table.at(num));
        let own = self.now.fd.unwrap_or(self.now.fd_num);
        let from = trail.fds.len();
        trail.fds.push(own, fd(own));
        let (mut left, first) = (fd_params(event.code), event.params.first::<FIRST>());
        while left != 0 {
            let at = left.trailing_zeros() as usize;
            left &= left - 1;
            let num = match first.get(at) {
                Some(bytes) => bytes.and_then(|bytes| bytes.try_into().ok()).map(i64::from_le_bytes),
                None => event.i64(at),
            };
            if let Some(num) = num.filter(|&num| num >= 0 && num != own && !trail.fds.has(from, num)) {
                trail.fds.push(num, fd(num));
            }
        }
    }
}

/// Parameters among which most fds stand; read in one go.
const FIRST: usize = 2;

/// `thread` without what replicas do not know.
fn bare(thread: &Thread) -> Thread {
    Thread {
        tid: thread.tid,
        pid: thread.pid,
        ptid: thread.ptid,
        sid: thread.sid,
        vpgid: thread.vpgid,
        pgid: thread.pgid,
        vtid: thread.vtid,
        vpid: thread.vpid,
        flags: thread.flags,
        common: Arc::clone(&thread.common),
        exe_file: thread.exe_file,
        uid: thread.uid,
        gid: thread.gid,
        loginuid: thread.loginuid,
        cap_permitted: thread.cap_permitted,
        cap_effective: thread.cap_effective,
        cap_inheritable: thread.cap_inheritable,
        tty: thread.tty,
        probe: thread.probe,
        vmsize_kb: thread.vmsize_kb,
        vmrss_kb: thread.vmrss_kb,
        vmswap_kb: thread.vmswap_kb,
        pfmajor: thread.pfmajor,
        pfminor: thread.pfminor,
        clone_ts: thread.clone_ts,
        lastexec_ts: thread.lastexec_ts,
        pidns_init_start_ts: thread.pidns_init_start_ts,
        exectime: thread.exectime,
        version: thread.version,
        fdlimit: thread.fdlimit,
        reaper: thread.reaper,
        group: thread.group,
        rank: thread.rank,
        fds: Maybe::default(),
        children: Maybe::default(),
        enter: None,
    }
}

/// See the module.
#[derive(Debug)]
pub struct Replica {
    state: State,
    trail: Trail,
    /// The next event of the trail, and how far its lists have been gone along.
    next: usize,
    at: Place,
}

/// How far the lists of a trail have been gone along.
#[derive(Debug, Clone, Copy, Default)]
struct Place {
    threads: usize,
    usages: usize,
    groups: usize,
    fds: usize,
}

impl Place {
    const fn of(look: &Look) -> Self {
        Self {
            threads: look.threads as usize,
            usages: look.usages as usize,
            groups: look.groups as usize,
            fds: look.fds as usize,
        }
    }
}

impl Replica {
    /// A replica of `start`, at the beginning of `trail`.
    #[must_use]
    pub fn new(start: &State, mut trail: Trail) -> Self {
        let told = Told::new(std::mem::take(&mut trail.fds));
        let state = State { told: Some(Box::new(told)), ..start.clone() };
        Self { state, trail, next: 0, at: Place::default() }
    }

    /// The state at the next event of the trail, which is `event`; `None` at its end.
    #[inline(always)]
    pub fn follow(&mut self, event: &Event<'_>) -> Option<&State> {
        // Handed on one by one: an event that was just read and is read again, two numbers at a time, stalls the processor.
        self.follow_to(event.tid, event.num, event.ts, event.code)
    }

    fn follow_to(&mut self, tid: i64, num: u64, ts: u64, code: u16) -> Option<&State> {
        let look = self.trail.looks.get_mut(self.next)?;
        let from = std::mem::replace(&mut self.at, Place::of(look));
        let to = self.at;
        for (tid, thread) in self.trail.threads.get_mut(from.threads..to.threads).unwrap_or_default() {
            let known = self.state.threads.by_tid.at_mut(*tid);
            match (known, &mut *thread) {
                // What it knew goes back with the trail, to be freed where it was allocated.
                (Some(Owned::Own(known)), Some(thread)) => std::mem::swap(&mut **known, thread),
                (_, Some(_)) => {
                    let thread = thread.take().map(Owned::from);
                    thread.into_iter().for_each(|thread| self.state.threads.by_tid.put(*tid, thread));
                }
                (_, None) => drop(self.state.threads.by_tid.remove(*tid)),
            }
        }
        for (tid, usage) in self.trail.usages.get(from.usages..to.usages).unwrap_or_default() {
            if let Some(thread) = self.state.threads.at_mut(*tid) {
                usage.set(thread);
            }
        }
        for (pid, group) in self.trail.groups.get_mut(from.groups..to.groups).unwrap_or_default() {
            match group.take() {
                Some(group) => self.state.threads.groups.put(*pid, group),
                None => drop(self.state.threads.groups.remove(*pid)),
            }
        }
        self.next += 1;
        let now = &mut self.state.now;
        (now.tid, now.num, now.ts, now.code) = (tid, num, ts, code);
        look.set(now);
        self.state.versions = look.versions;
        if let Some(told) = &mut self.state.told {
            told.go_to(from.fds..to.fds);
        }
        Some(&self.state)
    }

    /// The trail, to be cleared and used again, best on the thread that filled it.
    #[must_use]
    pub fn into_trail(self) -> Trail {
        let mut trail = self.trail;
        trail.fds = self.state.told.map(|told| told.into_notes()).unwrap_or_default();
        trail
    }

    /// Whether it was asked something about the current event that it does not know, and gave a wrong answer.
    #[must_use]
    pub fn is_short(&self) -> bool {
        self.state.told.as_ref().is_some_and(|told| told.is_short())
    }
}
