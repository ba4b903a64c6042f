//! `fork`, `vfork`, `clone`, `clone3`: new threads, told of by parent and child in either order.
//!
//! The caller's event makes the child known early, except where it cannot know its ids (pid namespaces), where
//! the child may be gone already (vfork), or where the child came first. The child's own event does the rest.

use std::sync::Arc;

use scap_format::Event;
use scap_schema::code;

use super::args::{name, name_in, unknown};
use crate::anomaly::Anomaly;
use crate::bytes::Bytes;
use crate::flags::thread_flags as flag;
use crate::lineage::RECENT_NS;
use crate::state::State;
use crate::thread::{Cgroups, ExeFile, Exec, Thread};

/// Parameters by position, the same for all four calls.
mod param {
    pub(super) const EXE: usize = 1;
    pub(super) const ARGS: usize = 2;
    pub(super) const PID: usize = 4;
    pub(super) const PTID: usize = 5;
    pub(super) const FDLIMIT: usize = 7;
    pub(super) const COMM: usize = 13;
    pub(super) const CGROUPS: usize = 14;
    pub(super) const FLAGS: usize = 15;
    pub(super) const UID: usize = 16;
    pub(super) const GID: usize = 17;
    pub(super) const VTID: usize = 18;
    pub(super) const VPID: usize = 19;
    pub(super) const PIDNS_START: usize = 20;
}

/// Most fds that a child gets a table of its own for right away. Nearly every child changes its table, but none should
/// cost what thousands of fds take before it does.
const FEW_FDS: usize = 64;

impl State {
    pub(super) fn on_clone(&mut self, event: &Event<'_>) {
        let child = self.need(event.i64(0));
        match child {
            ..0 => return,
            0 => self.clone_in_child(event),
            _ => self.clone_in_caller(event, child),
        }
        self.place_in_container(event.tid);
    }

    fn clone_in_caller(&mut self, event: &Event<'_>, child_tid: i64) {
        let Some(valid_caller) = self.identify_caller(event) else { return };
        let flags = self.need(event.u32(param::FLAGS));
        let Some(caller) = self.threads.at(event.tid) else { return };
        let in_namespace = flags & (flag::CHILD_IN_PIDNS | flag::CLONE_NEWPID | flag::CLONE_PARENT) != 0
            || caller.vtid != event.tid;
        let vfork = flags & flag::CLONE_VFORK != 0 || event.code == code::SYSCALL_VFORK_20_X;
        if in_namespace || vfork || self.exited_recently(child_tid, event.tid, event.ts) {
            return;
        }
        if let Some(present) = self.threads.at(child_tid) {
            if present.flags & flag::CLONE_INVERTED != 0 {
                return;
            }
            self.note(Anomaly::TidCollision);
            self.remove_thread(child_tid);
        }
        let mut child = Thread::blank(child_tid);
        child.flags = flags;
        let is_process = flags & flag::CLONE_THREAD == 0;
        let Some(caller) = self.threads.at(event.tid) else { return };
        if valid_caller {
            child.take_after(caller, is_process);
        }
        if is_process && valid_caller {
            self.share_process(&mut child, event.tid);
        }
        let Some(caller) = self.threads.by_tid.lend(event.tid) else { return };
        if is_process {
            (child.pid, child.ptid) = (child_tid, caller.tid);
        } else {
            (child.pid, child.ptid) = (caller.pid, caller.ptid);
            child.flags |= flag::CLONE_FILES;
            child.lastexec_ts = caller.lastexec_ts;
        }
        (child.vtid, child.vpid) = (child.tid, child.pid);
        self.fill(&mut child, event, &caller);
        if valid_caller {
            inherit(&mut child, &caller);
        }
        self.threads.by_tid.put(event.tid, caller);
        if !valid_caller {
            let exec = Arc::clone(&child.exec);
            self.edit(event.tid, |caller| caller.exec = exec);
        }
        self.add_thread(child);
    }

    /// Makes sure the caller is in the table with its ids. Gives whether it was; `None` if the table is full.
    fn identify_caller(&mut self, event: &Event<'_>) -> Option<bool> {
        let tid = event.tid;
        if self.threads.at(tid).is_none() {
            self.add_placeholder(tid);
        }
        if !self.threads.at(tid)?.is_invalid() {
            return Some(true);
        }
        let (pid, ptid) = (self.need(event.i64(param::PID)), self.need(event.i64(param::PTID)));
        let (vtid, vpid) = virtual_ids(event, tid);
        self.edit(tid, |t| (t.pid, t.ptid, t.vtid, t.vpid) = (pid, ptid, vtid, vpid));
        self.tie(tid);
        Some(false)
    }

    fn clone_in_child(&mut self, event: &Event<'_>) {
        let tid = event.tid;
        if let Some(present) = self.threads.at(tid)
            && present.clone_ts != 0
        {
            if event.ts.wrapping_sub(present.clone_ts) < RECENT_NS {
                // The caller made it known.
                return;
            }
            self.note(Anomaly::TidCollision);
            self.remove_thread(tid);
        }
        let mut child = Thread::blank(tid);
        (child.pid, child.ptid) = (self.need(event.i64(param::PID)), self.need(event.i64(param::PTID)));
        (child.vtid, child.vpid) = virtual_ids(event, tid);
        child.flags = self.need(event.u32(param::FLAGS)) | flag::CLONE_INVERTED;
        let leader = child.flags & flag::CLONE_THREAD == 0;
        if !leader {
            child.flags |= flag::CLONE_FILES;
        }
        // A process takes after its parent, a thread after its main thread.
        let model_tid = if leader { child.ptid } else { child.pid };
        if self.threads.at(model_tid).is_none() {
            self.add_placeholder(model_tid);
        }
        let Some(valid_model) = self.threads.at(model_tid).map(|model| !model.is_invalid()) else { return };
        if !valid_model && !leader {
            let (pid, ptid, vpid) = (child.pid, child.ptid, child.vpid);
            self.edit(model_tid, |t| (t.pid, t.ptid, t.vpid, t.vtid) = (pid, ptid, vpid, vpid));
            self.tie(model_tid);
        }
        if valid_model && let Some(model) = self.threads.at(model_tid) {
            child.take_after(model, leader);
        }
        if valid_model && leader {
            self.share_process(&mut child, model_tid);
        }
        let Some(model) = self.threads.by_tid.lend(model_tid) else { return };
        self.fill(&mut child, event, &model);
        if valid_model {
            inherit(&mut child, &model);
            if !leader {
                child.lastexec_ts = model.lastexec_ts;
            }
        }
        self.threads.by_tid.put(model_tid, model);
        if !valid_model && !leader {
            let exec = Arc::clone(&child.exec);
            self.edit(model_tid, |t| t.exec = exec);
        }
        child.pidns_init_start_ts = pidns_start(&child, event);
        self.add_thread(child);
    }

    /// What a new process starts with from the thread it was forked from.
    fn share_process(&mut self, child: &mut Thread, model: i64) {
        let Some(model) = self.threads.at(model) else { return };
        match self.threads.main_of(model) {
            Some(main) if Arc::ptr_eq(&main.cwd, &child.cwd) => {}
            Some(main) => child.cwd = main.cwd.clone(),
            None => child.cwd = Bytes::from(*b"./"),
        }
        let Some(owner) = self.threads.fds_owner(model) else { return };
        let Some(owner) = self.threads.by_tid.at_mut(owner) else { return };
        if owner.fds.len() > FEW_FDS {
            owner.make_mut().fds.share();
        }
        child.fds = owner.fds.clone();
    }

    /// What the event itself tells of the child. `model` lends what is the same, so that it is shared.
    fn fill(&mut self, child: &mut Thread, event: &Event<'_>, model: &Thread) {
        let exe = self.need(name(event, param::EXE));
        let comm = if unknown(event, param::COMM) {
            exe
        } else {
            name_in(event.param(param::COMM).unwrap_or_default())
        };
        let args = event.param(param::ARGS).unwrap_or_default();
        if !child.exec.is(comm, exe, args) {
            child.exec = if model.exec.is(comm, exe, args) {
                Arc::clone(&model.exec)
            } else {
                Arc::new(Exec::new(comm, exe, args))
            };
        }
        child.fdlimit = self.need(event.i64(param::FDLIMIT));
        super::creds::set_memory(child, event);
        child.uid = self.need(event.u32(param::UID));
        child.gid = self.need(event.u32(param::GID));
        self.know_root(child.uid, child.gid);
        // Without any, none are known, whatever the model's are.
        let raw = event.param(param::CGROUPS).unwrap_or_default();
        if !child.cgroups.is(raw) {
            child.cgroups =
                if model.cgroups.is(raw) { Arc::clone(&model.cgroups) } else { Arc::new(Cgroups::new(raw)) };
        }
        child.clone_ts = event.ts;
    }

    /// Makes user and group 0 of the host known if asked for.
    pub(super) fn know_root(&mut self, uid: u32, gid: u32) {
        if (uid == 0 || gid == 0) && self.users.lacks_root(uid, gid) {
            Arc::make_mut(&mut self.users).add_root(uid, gid);
            self.next_version();
        }
    }
}

fn virtual_ids(event: &Event<'_>, tid: i64) -> (i64, i64) {
    match (event.i64(param::VTID), event.i64(param::VPID)) {
        (Some(vtid), Some(vpid)) => (vtid, vpid),
        _ => (tid, -1),
    }
}

/// Start of the child's pid namespace, if that is not the host's.
///
/// The kernel counts it from boot, and the machine's boot time would make it a time of day. Falco's replay has lost
/// the boot time by then and leaves it at that; rules that compare it must see the same here.
fn pidns_start(child: &Thread, event: &Event<'_>) -> u64 {
    let in_namespace =
        child.flags & (flag::CHILD_IN_PIDNS | flag::CLONE_NEWPID) != 0 || child.tid != child.vtid;
    event.u64(param::PIDNS_START).filter(|_| in_namespace).unwrap_or(0)
}

/// What a child has from the one it takes after, and its event does not tell.
fn inherit(child: &mut Thread, model: &Thread) {
    child.exe_file = ExeFile { pidns_start_to_ctime: 0, ..model.exe_file };
    (child.sid, child.vpgid, child.pgid) = (model.sid, model.vpgid, model.pgid);
    (child.tty, child.loginuid) = (model.tty, model.loginuid);
    child.cap_permitted = model.cap_permitted;
    child.cap_inheritable = model.cap_inheritable;
    child.cap_effective = model.cap_effective;
}
