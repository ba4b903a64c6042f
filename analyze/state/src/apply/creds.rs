//! Credentials, capabilities, sessions, limits, memory: attributes a call sets on its own thread.

use std::sync::Arc;

use scap_format::Event;
use scap_schema::code;

use super::Handler;
use super::args::unknown;
use crate::flags::thread_flags as flag;
use crate::state::{MAX_CPUS, State};
use crate::thread::Thread;

/// All capabilities there are: 41, up to `CAP_CHECKPOINT_RESTORE`.
const ALL_CAPABILITIES: u64 = (1 << 41) - 1;

/// Resource number of the limit of open files.
const RLIMIT_NOFILE: u8 = 7;

const PR_SET_CHILD_SUBREAPER: u32 = 36;
const PR_GET_CHILD_SUBREAPER: u32 = 37;

/// Sets memory use from the parameters that `clone` and `execve` have in the same places.
pub(super) fn set_memory(t: &mut Thread, event: &Event<'_>) {
    let (Some(pfmajor), Some(pfminor)) = (event.u64(8), event.u64(9)) else { return };
    let (Some(size), Some(rss), Some(swap)) = (event.u32(10), event.u32(11), event.u32(12)) else { return };
    (t.pfmajor, t.pfminor) = (pfmajor, pfminor);
    (t.vmsize_kb, t.vmrss_kb, t.vmswap_kb) = (size, rss, swap);
}

/// What a call does that sets attributes of its own thread; `None` for any other.
pub(super) fn handler(code: u16) -> Option<Handler> {
    Some(match code {
        code::SYSCALL_SETUID_X => |state, event, _| state.set_user(event, 1),
        code::SYSCALL_SETREUID_X | code::SYSCALL_SETRESUID_X => |state, event, _| state.set_user(event, 2),
        code::SYSCALL_SETGID_X => |state, event, _| state.set_group(event, 1),
        code::SYSCALL_SETREGID_X | code::SYSCALL_SETRESGID_X => |state, event, _| state.set_group(event, 2),
        code::SYSCALL_CAPSET_X => |state, event, _| state.on_capset(event),
        code::SYSCALL_UNSHARE_X => |state, event, _| state.on_new_namespace(event, 1),
        code::SYSCALL_SETNS_X => |state, event, _| state.on_new_namespace(event, 2),
        code::SYSCALL_SETSID_X => |state, event, _| state.on_setsid(event),
        code::SYSCALL_PRCTL_X => |state, event, _| state.on_prctl(event),
        code::SYSCALL_GETRLIMIT_X | code::SYSCALL_SETRLIMIT_X => |state, event, _| state.on_rlimit(event),
        code::SYSCALL_PRLIMIT_X => |state, event, _| state.on_prlimit(event),
        code::SYSCALL_BRK_4_X | code::SYSCALL_MMAP_X | code::SYSCALL_MMAP2_X | code::SYSCALL_MUNMAP_X => {
            |state, event, _| state.on_memory(event)
        }
        _ => return None,
    })
}

impl State {
    fn set_user(&mut self, event: &Event<'_>, at: usize) {
        if event.i64(0) != Some(0) {
            return;
        }
        let Some(uid) = event.u32(at) else { return };
        self.edit_if(event.tid, |t| t.uid != uid, |t| t.uid = uid);
        if self.thread().is_some_and(|t| t.container.is_empty()) {
            self.know_root(uid, u32::MAX);
        }
    }

    fn set_group(&mut self, event: &Event<'_>, at: usize) {
        if event.i64(0) != Some(0) {
            return;
        }
        let Some(gid) = event.u32(at) else { return };
        self.edit_if(event.tid, |t| t.gid != gid, |t| t.gid = gid);
        if self.thread().is_some_and(|t| t.container.is_empty()) {
            self.know_root(u32::MAX, gid);
        }
    }

    fn on_capset(&mut self, event: &Event<'_>) {
        if event.i64(0).is_none_or(|res| res < 0) {
            return;
        }
        let sets = (self.need(event.u64(1)), self.need(event.u64(2)), self.need(event.u64(3)));
        self.set_capabilities(event.tid, sets);
    }

    /// A new user namespace gives all capabilities in it.
    fn on_new_namespace(&mut self, event: &Event<'_>, flags_at: usize) {
        let flags = event.u32(flags_at).unwrap_or(0);
        if event.i64(0).is_some_and(|res| res >= 0) && flags & flag::CLONE_NEWUSER != 0 {
            self.set_capabilities(event.tid, (ALL_CAPABILITIES, ALL_CAPABILITIES, ALL_CAPABILITIES));
        }
    }

    /// Inheritable, permitted, effective.
    fn set_capabilities(&mut self, tid: i64, sets: (u64, u64, u64)) {
        self.edit_if(
            tid,
            |t| (t.cap_inheritable, t.cap_permitted, t.cap_effective) != sets,
            |t| (t.cap_inheritable, t.cap_permitted, t.cap_effective) = sets,
        );
    }

    fn on_setsid(&mut self, event: &Event<'_>) {
        if let Some(sid) = event.i64(0).filter(|&sid| sid >= 0) {
            self.edit_if(event.tid, |t| t.sid != sid, |t| t.sid = sid);
        }
    }

    fn on_prctl(&mut self, event: &Event<'_>) {
        let subreaper =
            event.u32(1).is_some_and(|o| matches!(o, PR_SET_CHILD_SUBREAPER | PR_GET_CHILD_SUBREAPER));
        if !subreaper || event.i64(0).is_none_or(|res| res < 0) {
            return;
        }
        let on = self.need(event.i64(3)) != 0;
        let group = self.thread().filter(|t| !t.is_invalid()).and_then(|t| t.group);
        if let Some(group) = group.and_then(|pid| self.threads.group_mut(pid)) {
            group.reaper = on;
        }
    }

    fn on_rlimit(&mut self, event: &Event<'_>) {
        let done = event.i64(0).is_some_and(|res| res >= 0);
        if !done || event.u8(3) != Some(RLIMIT_NOFILE) {
            return;
        }
        let limit = self.need(event.i64(1));
        self.set_fd_limit(event.tid, limit);
    }

    fn on_prlimit(&mut self, event: &Event<'_>) {
        if event.i64(0) != Some(0) || event.u8(6) != Some(RLIMIT_NOFILE) || unknown(event, 5) {
            return;
        }
        let limit = self.need(event.i64(1));
        let tid = match self.need(event.i64(5)) {
            0 => event.tid,
            other => other,
        };
        if limit == -1 {
            return;
        }
        if self.threads.at(tid).is_none() {
            self.add_placeholder(tid);
        }
        if self.threads.at(tid).is_some_and(|t| !t.is_invalid()) {
            self.set_fd_limit(tid, limit);
        }
    }

    /// Sets the limit of `tid`'s process; -1 tells nothing.
    fn set_fd_limit(&mut self, tid: i64, limit: i64) {
        if limit == -1 {
            return;
        }
        let main = self.threads.at(tid).and_then(|t| self.threads.main_of(t)).map(|t| t.tid);
        if let Some(main) = main {
            self.edit_if(main, |t| t.fdlimit != limit, |t| t.fdlimit = limit);
        }
    }

    /// `brk`, `mmap`, `munmap` tell the memory use after them.
    pub(super) fn on_memory(&mut self, event: &Event<'_>) {
        let (size, rest) = memory(event);
        let Some(thread) = self.threads.by_tid.at_mut(event.tid) else { return };
        let same = size.is_none_or(|s| s == thread.vmsize_kb)
            && rest.is_none_or(|rest| rest == (thread.vmrss_kb, thread.vmswap_kb));
        if same {
            return;
        }
        let t = thread.make_mut();
        t.vmsize_kb = size.unwrap_or(t.vmsize_kb);
        (t.vmrss_kb, t.vmswap_kb) = rest.unwrap_or((t.vmrss_kb, t.vmswap_kb));
        self.threads.notes.usage(event.tid);
    }

    /// The scheduler takes the processor from the thread; the event tells its page faults and memory.
    pub(super) fn on_switch(&mut self, event: &Event<'_>) {
        let cpu = usize::from(event.cpu);
        if cpu < MAX_CPUS {
            let switched = Arc::make_mut(&mut self.switched);
            switched.resize(switched.len().max(cpu + 1), 0);
            if let Some(last) = switched.get_mut(cpu) {
                let ran = if *last == 0 { 0 } else { event.ts.saturating_sub(*last) };
                *last = event.ts;
                self.now.exectime = ran;
                self.edit_usage(event.tid, |t| t.exectime = t.exectime.saturating_add(ran));
            }
        }
        let (Some(pfmajor), Some(pfminor), Some(swap)) = (event.u64(1), event.u64(2), event.u32(5)) else {
            return;
        };
        let (Some(size), Some(rss)) = (event.u32(3), event.u32(4)) else { return };
        let Some(main) = self.thread().and_then(|t| self.threads.main_of(t)).map(|t| t.tid) else { return };
        self.edit_usage(event.tid, |t| (t.pfmajor, t.pfminor) = (pfmajor, pfminor));
        self.edit_usage(main, |t| (t.vmsize_kb, t.vmrss_kb, t.vmswap_kb) = (size, rss, swap));
    }

    /// Changes attributes of a thread if they differ.
    fn edit_if(&mut self, tid: i64, differs: impl FnOnce(&Thread) -> bool, change: impl FnOnce(&mut Thread)) {
        if self.threads.at(tid).is_some_and(differs) {
            self.edit(tid, change);
        }
    }
}

/// Virtual memory, and resident and swapped, which an event tells behind its result.
fn memory(event: &Event<'_>) -> (Option<u32>, Option<(u32, u32)>) {
    if let Some([_, _, _, _, _, _, _, _, told @ ..]) = event.params.laid_out(&[8, 0, 4, 0, 4, 0, 4, 0])
        && let Some(&[a0, a1, a2, a3, b0, b1, b2, b3, c0, c1, c2, c3]) = told.first_chunk()
    {
        let number = u32::from_le_bytes;
        return (Some(number([a0, a1, a2, a3])), Some((number([b0, b1, b2, b3]), number([c0, c1, c2, c3]))));
    }
    (event.u32(1), event.u32(2).zip(event.u32(3)))
}
