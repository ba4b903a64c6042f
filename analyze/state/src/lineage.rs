//! Who belongs to whom: thread groups, parents and children, orphans and who adopts them.
//!
//! Source: `sinsp_thread_manager` of falcosecurity/libs, and the kernel's `find_new_reaper` it follows.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::anomaly::Anomaly;
use crate::bytes::Bytes;
use crate::container::Container;
use crate::flags::thread_flags as flag;
use crate::state::State;
use crate::thread::{Exec, Thread};
use crate::threads::{MAX_THREADS, Sharded, ThreadGroup};

/// How long an exit is remembered against a late return of the parent's `clone`, ns.
pub(crate) const RECENT_NS: u64 = 2_000_000_000;

/// Exits remembered per shard, which makes about as many in all as libsinsp remembers.
const RECENT_PER_SHARD: usize = 64;

/// Most orphans that one exit hands on; more would let a hostile trace keep the state busy for hours.
const MAX_ORPHANS: usize = 4096;

/// Most threads that are looked at, in a whole trace, because containers claim groups; more, and a hostile trace could
/// keep the state busy with nothing but containers.
const MAX_LOOKED_AT: u64 = 16 << 20;

impl State {
    /// Adds an entry for a thread nobody announced, so that what it does can be followed.
    pub(crate) fn add_placeholder(&mut self, tid: i64) {
        self.note(Anomaly::UnknownThread);
        let mut thread = Thread::blank(tid);
        thread.exec =
            Arc::clone(self.nameless.get_or_insert_with(|| Arc::new(Exec::new(b"<NA>", b"<NA>", b""))));
        self.add_thread(thread);
    }

    /// Adds a thread and ties it to group and parent. `false` if the table is full.
    pub(crate) fn add_thread(&mut self, mut thread: Thread) -> bool {
        if self.threads.by_tid.len() >= MAX_THREADS {
            self.note(Anomaly::ThreadTableFull);
            return false;
        }
        let tid = thread.tid;
        thread.version = self.next_version();
        self.threads.put(thread);
        self.tie(tid);
        true
    }

    /// Ties a thread to its group and parent, once its ids are known.
    pub(crate) fn tie(&mut self, tid: i64) {
        if let Some(parent) = self.tie_to_group(tid) {
            self.edit_children(parent, |children| {
                children.insert(tid);
            });
        }
    }

    /// The same for many.
    pub(crate) fn tie_all(&mut self, tids: &[i64]) {
        let mut families: Vec<(i64, i64)> =
            tids.iter().filter_map(|&tid| Some((self.tie_to_group(tid)?, tid))).collect();
        families.sort_unstable();
        for family in families.chunk_by(|(one, _), (other, _)| one == other) {
            let Some((parent, _)) = family.first() else { continue };
            let new = family.iter().map(|(_, child)| *child);
            self.edit_children(*parent, |children| {
                // A set is made of many at once for less than they are put in one by one.
                if children.is_empty() { *children = new.collect() } else { children.extend(new) }
            });
        }
    }

    /// Ties a thread to its group, and gives the parent whose child it becomes, if there is one.
    fn tie_to_group(&mut self, tid: i64) -> Option<i64> {
        let thread = self.threads.at(tid).filter(|t| !t.is_invalid() && t.group.is_none())?;
        let (pid, ptid, main) = (thread.pid, thread.ptid, thread.is_main());
        let leads_namespace = pid == 1 || thread.vpid == 1;
        let rank = match self.threads.group_mut(pid) {
            Some(group) => group.join(tid, main),
            None => {
                self.threads.put_group(pid, ThreadGroup::of(tid, leads_namespace));
                0
            }
        };
        // Nobody is the parent of init.
        let parent = (pid != 1).then(|| self.threads.at(ptid).filter(|p| !p.is_invalid())).flatten();
        let adopted = parent.is_some();
        if pid != 1 && !adopted && ptid != 0 {
            self.note(Anomaly::UnknownParent);
        }
        self.edit(tid, |t| {
            (t.group, t.rank) = (Some(pid), rank);
            if pid != 1 && !adopted {
                t.ptid = 0;
            }
        });
        adopted.then_some(ptid)
    }

    /// Removes a thread whose exit event has been seen.
    pub(crate) fn bury(&mut self, tid: i64, ts: u64) {
        let ptid = self.threads.at(tid).map_or(-1, |t| t.ptid);
        self.remember_exit(tid, ptid, ts);
        self.remove_thread(tid);
    }

    /// Remembers that `tid`, child of `ptid`, exited at `ts`.
    pub(crate) fn remember_exit(&mut self, tid: i64, ptid: i64, ts: u64) {
        // Twice the time, because events of two processors can come out of order.
        let stale = |(_, then): &(i64, u64)| ts.saturating_sub(*then) >= 2 * RECENT_NS;
        self.recent_exits.put(tid, (ptid, ts), RECENT_PER_SHARD, stale, |(_, then)| *then);
    }

    /// The same for exits in a frozen state: thread, its parent, time.
    pub(crate) fn restore_exits(&mut self, exits: &[(i64, i64, u64)]) {
        let ascending = exits.windows(2).all(|pair| matches!(pair, [(a, ..), (b, ..)] if a < b));
        if ascending {
            let exits = exits.iter().map(|&(tid, parent, ts)| (tid, (parent, ts)));
            self.recent_exits = Sharded::of(exits, RECENT_PER_SHARD, |(_, then)| *then);
            return;
        }
        for &(tid, parent, ts) in exits {
            self.recent_exits.put(tid, (parent, ts), RECENT_PER_SHARD, |_| false, |(_, then)| *then);
        }
    }

    /// Whether `tid`, child of `ptid`, exited shortly before `ts`.
    pub(crate) fn exited_recently(&self, tid: i64, ptid: i64, ts: u64) -> bool {
        let found = self.recent_exits.at(tid);
        found.is_some_and(|&(parent, then)| {
            parent == ptid && ts.checked_sub(then).is_some_and(|d| d < RECENT_NS)
        })
    }

    /// Removes a thread: its children go to whoever adopts them, and a main thread stays until the last
    /// thread of its group is gone.
    pub(crate) fn remove_thread(&mut self, tid: i64) {
        let Some(thread) = self.threads.at(tid) else { return };
        let (pid, main, dead, has_children) =
            (thread.pid, thread.is_main(), thread.is_dead(), !thread.children.is_empty());
        let Some(group) = thread.group.filter(|_| !thread.is_invalid()) else {
            self.drop_entry(tid);
            return;
        };
        if !dead {
            self.mark_dead(tid);
        }
        if has_children {
            self.orphan(tid);
        }
        if self.threads.group(group).is_none_or(|g| g.alive == 0) {
            self.threads.remove_group(group);
            self.drop_entry(pid);
        }
        if !main {
            self.drop_entry(tid);
        }
    }

    /// Marks a thread dead; its group has one live thread less.
    pub(crate) fn mark_dead(&mut self, tid: i64) {
        let Some(thread) = self.threads.at(tid) else { return };
        if !thread.is_dead()
            && let Some(group) = thread.group.and_then(|pid| self.threads.group_mut(pid))
        {
            group.alive = group.alive.saturating_sub(1);
        }
        self.edit(tid, |t| t.flags |= flag::CLOSED);
    }

    /// Takes an entry out of all tables.
    fn drop_entry(&mut self, tid: i64) {
        let Some(thread) = self.threads.remove(tid) else { return };
        self.next_version();
        if self.threads.at(thread.ptid).is_some_and(|p| p.children.contains(&tid)) {
            self.edit_children(thread.ptid, |children| {
                children.remove(&tid);
            });
        }
        if let Some(group) = thread.group.and_then(|pid| self.threads.group_mut(pid)) {
            group.leave(thread.rank);
        }
    }

    /// Gives the children of `tid` to whoever adopts them.
    fn orphan(&mut self, tid: i64) {
        let Some(thread) = self.threads.at(tid) else { return };
        let (pid, told) = (thread.pid, thread.reaper);
        if told > 0 && self.threads.at(told).is_none() {
            self.add_placeholder(told);
        }
        let usable = |t: &&Thread| !t.is_invalid() && t.tid != tid;
        let told = self.threads.at(told).filter(|t| t.tid > 0).filter(usable).map(|t| t.tid);
        let reaper = told.or_else(|| self.find_reaper(tid));
        if let Some(reaper) = reaper {
            let group = self.threads.at(reaper).filter(|t| t.pid != pid).and_then(|t| t.group);
            if let Some(group) = group.and_then(|pid| self.threads.group_mut(pid)) {
                group.reaper = true;
            }
        }
        let Some(children) = self.threads.at_mut(tid).map(|t| std::mem::take(&mut t.children)) else {
            return;
        };
        let adopted = children.len().min(MAX_ORPHANS);
        for (n, &child) in children.iter().enumerate() {
            let parent = reaper.filter(|_| n < adopted).unwrap_or(0);
            self.edit(child, |t| t.ptid = parent);
        }
        if adopted < children.len() {
            self.note(Anomaly::UnknownParent);
        }
        if let Some(reaper) = reaper {
            self.edit_children(reaper, |all| all.extend(children.iter().take(adopted)));
        }
    }

    /// Changes the children of a thread, of which nobody is told.
    fn edit_children(&mut self, tid: i64, change: impl FnOnce(&mut BTreeSet<i64>)) {
        if let Some(thread) = self.threads.at_mut(tid) {
            change(thread.children.make_mut());
        }
    }

    /// Who adopts the children of `tid`: a live thread of its group, or of the nearest reaper above it in the same
    /// pid namespace.
    fn find_reaper(&self, tid: i64) -> Option<i64> {
        let thread = self.threads.at(tid)?;
        let lives = |&member: &i64| self.threads.at(member).is_some_and(|t| !t.is_dead() && t.tid != tid);
        let first_alive = |t: &Thread| {
            let group = self.threads.group(t.group?).filter(|g| g.alive > 0)?;
            group.members().map(|(_, tid)| tid).find(lives)
        };
        if let Some(found) = first_alive(thread) {
            return Some(found);
        }
        for ancestor in self.ancestors(thread).take_while(|a| a.tid != tid) {
            if ancestor.is_in_pid_namespace() != thread.is_in_pid_namespace() {
                break;
            }
            if self.is_reaper(ancestor)
                && let Some(found) = first_alive(ancestor)
            {
                return Some(found);
            }
        }
        None
    }

    /// Reads the container a thread runs in from its cgroups, and why it runs there.
    pub(crate) fn place_in_container(&mut self, tid: i64) {
        let Some(thread) = self.threads.at(tid) else { return };
        let claimed = self.containers.of_groups(&thread.cgroups);
        let container = claimed.unwrap_or(&thread.cgroups.container);
        let probe = if container.is_empty() { thread.probe } else { self.probe_of(thread, container) };
        if *thread.container != **container || thread.probe != probe {
            let container = container.clone();
            self.edit(tid, |t| (t.container, t.probe) = (container, probe));
        }
    }

    /// Looks again at the threads in groups that `container` claims, up to a number of threads for a whole trace.
    pub(crate) fn place_in(&mut self, container: &Container) {
        if container.cgroups.is_empty() {
            return;
        }
        let tids = self.threads.by_tid.ids();
        let containers = Arc::make_mut(&mut self.containers);
        containers.looked_at = containers.looked_at.saturating_add(tids.len() as u64);
        if containers.looked_at > MAX_LOOKED_AT {
            self.note(Anomaly::TableFull);
            return;
        }
        for tid in tids {
            self.place_in_container(tid);
        }
    }

    fn probe_of(&self, thread: &Thread, container: &Bytes) -> crate::Probe {
        use crate::Probe;
        let Some(info) = self.containers.at(container) else { return thread.probe };
        if thread.vpid == 1 {
            return Probe::Container;
        }
        if let Some(parent) = self.find(thread.ptid)
            && parent.probe != Probe::None
        {
            return parent.probe;
        }
        let args = thread.exec.args.iter().filter(|arg| !arg.is_empty()).collect::<Vec<_>>();
        let probe = info.probe_of(&thread.exec.exe, args.into_iter());
        // A command below the container's init is the container's own, whatever it looks like.
        let below_init = || self.ancestors(thread).any(|a| a.vpid == 1 && !a.container.is_empty());
        if probe == Probe::None || below_init() { thread.probe } else { probe }
    }
}
