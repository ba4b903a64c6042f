//! `execve` and `execveat`: another program in the same process.

use std::sync::Arc;

use scap_format::{Event, Params};
use scap_schema::code;

use super::args::{NA, name, name_in, unknown};
use crate::bytes::Strings;
use crate::flags::thread_flags as flag;
use crate::path::concatenate;
use crate::state::State;
use crate::thread::{Cgroups, ExeFile, Exec, Thread};

/// Parameters by position, the same for both calls.
mod param {
    pub(super) const EXE: usize = 1;
    pub(super) const ARGS: usize = 2;
    pub(super) const PID: usize = 4;
    pub(super) const PTID: usize = 5;
    pub(super) const FDLIMIT: usize = 7;
    pub(super) const COMM: usize = 13;
    pub(super) const CGROUPS: usize = 14;
    pub(super) const ENV: usize = 15;
    pub(super) const TTY: usize = 16;
    pub(super) const VPGID: usize = 17;
    pub(super) const LOGINUID: usize = 18;
    pub(super) const FLAGS: usize = 19;
    pub(super) const CAP_INHERITABLE: usize = 20;
    pub(super) const CAP_PERMITTED: usize = 21;
    pub(super) const CAP_EFFECTIVE: usize = 22;
    pub(super) const EXE_INO: usize = 23;
    pub(super) const EXE_CTIME: usize = 24;
    pub(super) const EXE_MTIME: usize = 25;
    pub(super) const UID: usize = 26;
    pub(super) const EXEPATH: usize = 27;
    pub(super) const PGID: usize = 28;
    pub(super) const GID: usize = 29;
}

/// Bits of the flags parameter.
const WRITABLE: u32 = 1;
const UPPER_LAYER: u32 = 1 << 1;
const FROM_MEMFD: u32 = 1 << 2;
const LOWER_LAYER: u32 = 1 << 3;

/// `execveat` with an empty path executes its fd.
const AT_EMPTY_PATH: u32 = 1;

impl State {
    pub(super) fn on_exec(&mut self, event: &Event<'_>, enter: Option<Params<'_>>) {
        let tid = event.tid;
        if self.need(event.i64(0)) < 0 || self.threads.at(tid).is_none() {
            return;
        }
        self.resurrect(tid);
        let pid = self.need(event.i64(param::PID));
        let exe = self.need(name(event, param::EXE));
        let comm = if unknown(event, param::COMM) {
            exe
        } else {
            name_in(event.param(param::COMM).unwrap_or_default())
        };
        let exec = Arc::new(Exec::new(comm, exe, event.param(param::ARGS).unwrap_or_default()));
        self.edit(tid, |t| {
            t.exec = exec;
            t.lastexec_ts = event.ts;
            t.pid = pid;
        });
        self.identify(event);
        let exepath = self.exepath(event, enter);
        let fdlimit = self.need(event.i64(param::FDLIMIT));
        self.edit(tid, |t| {
            t.fdlimit = fdlimit;
            if let Some(path) = &exepath {
                t.set_exepath(path);
            }
            set_attributes(t, event);
        });
        if let Some((uid, gid)) =
            self.threads.at(tid).filter(|t| t.container.is_empty()).map(|t| (t.uid, t.gid))
        {
            self.know_root(uid, gid);
        }
        self.with_fds(tid, |table| {
            if table.iter().any(|(_, fd)| fd.is_close_on_exec()) {
                table.retain(|_, fd| !fd.is_close_on_exec());
            }
        });
        self.edit(tid, |t| {
            let kept = flag::PIPE_SRC | flag::PIPE_DST | flag::IS_MAIN_THREAD | flag::CLONE_INVERTED;
            t.flags = (t.flags & kept) | flag::ACTIVE | flag::NAME_CHANGED;
        });
        self.end_siblings(tid);
        self.place_in_container(tid);
    }

    /// A dead main thread lives again when another thread of its group executes a program in its place.
    fn resurrect(&mut self, tid: i64) {
        let Some(thread) = self.threads.at(tid).filter(|t| t.is_dead()) else { return };
        if let Some(group) = thread.group.and_then(|pid| self.threads.group_mut(pid)) {
            group.alive += 1;
        }
        self.edit(tid, |t| t.flags &= !flag::CLOSED);
    }

    /// Gives a placeholder its ids, which the event tells.
    fn identify(&mut self, event: &Event<'_>) {
        let tid = event.tid;
        if !self.threads.at(tid).is_some_and(Thread::is_invalid) {
            return;
        }
        let ptid = self.need(event.i64(param::PTID));
        self.edit(tid, |t| {
            t.ptid = ptid;
            if t.flags & flag::CHILD_IN_PIDNS == 0 {
                (t.vtid, t.vpid) = (t.tid, t.pid);
            }
        });
        self.tie(tid);
    }

    /// Path of the executable, as the kernel told it or, in older traces, as the enter event lets it be worked out.
    /// `None` if neither does.
    fn exepath(&mut self, event: &Event<'_>, enter: Option<Params<'_>>) -> Option<Vec<u8>> {
        if !unknown(event, param::EXEPATH) {
            return name(event, param::EXEPATH).map(<[u8]>::to_vec);
        }
        let enter = enter?;
        let thread = self.thread()?;
        if self.threads.at(event.tid)?.enter.as_ref()?.code != code::SYSCALL_EXECVEAT_E {
            let path = name_in(enter.at(0)?);
            return Some(if path == NA { NA.to_vec() } else { concatenate(self.cwd(thread), path) });
        }
        let dirfd = i64::from_le_bytes(<[u8; 8]>::try_from(enter.at(0)?).ok()?);
        let path = name_in(enter.at(1)?);
        let flags = u32::from_le_bytes(<[u8; 4]>::try_from(enter.at(2)?).ok()?);
        let mut base = Vec::new();
        self.base_of(Some(thread), dirfd, path, &mut base);
        let whole = if base == b"<UNKNOWN>" || (flags & AT_EMPTY_PATH == 0 && path == NA) {
            NA.to_vec()
        } else if flags & AT_EMPTY_PATH != 0 {
            concatenate(b"", &base)
        } else {
            concatenate(&base, path)
        };
        if base != b"." && base != b"<UNKNOWN>" && self.fd_of(thread, dirfd).is_some() {
            self.now.fd = Some(dirfd);
        }
        Some(whole)
    }

    /// The other threads of a process end when one executes a program.
    fn end_siblings(&mut self, tid: i64) {
        let Some(group) = self.threads.at(tid).and_then(|t| t.group).and_then(|pid| self.threads.group(pid))
        else {
            return;
        };
        if group.alive <= 1 {
            return;
        }
        let others = group.members().map(|(_, tid)| tid);
        let others: Vec<i64> =
            others.filter(|&o| o != tid && self.threads.at(o).is_some_and(|t| !t.is_main())).collect();
        for other in others {
            self.remove_thread(other);
        }
    }
}

/// Attributes the event tells, each if it does.
fn set_attributes(t: &mut Thread, event: &Event<'_>) {
    super::creds::set_memory(t, event);
    if let Some(env) = event.param(param::ENV).filter(|env| !env.is_empty())
        && !t.env.is(env)
    {
        t.env = Strings::new(env);
    }
    if let Some(raw) = event.param(param::CGROUPS).filter(|raw| !raw.is_empty())
        && !t.cgroups.is(raw)
    {
        t.cgroups = Arc::new(Cgroups::new(raw));
    }
    t.tty = event.u32(param::TTY).unwrap_or(t.tty);
    t.vpgid = event.i64(param::VPGID).unwrap_or(t.vpgid);
    t.loginuid = event.u32(param::LOGINUID).unwrap_or(t.loginuid);
    if let Some(flags) = event.u32(param::FLAGS) {
        t.exe_file.writable = flags & WRITABLE != 0;
        t.exe_file.upper_layer = flags & UPPER_LAYER != 0;
        t.exe_file.from_memfd = flags & FROM_MEMFD != 0;
        t.exe_file.lower_layer = flags & LOWER_LAYER != 0;
    }
    if let (Some(inheritable), Some(permitted), Some(effective)) =
        (event.u64(param::CAP_INHERITABLE), event.u64(param::CAP_PERMITTED), event.u64(param::CAP_EFFECTIVE))
    {
        (t.cap_inheritable, t.cap_permitted, t.cap_effective) = (inheritable, permitted, effective);
    }
    if let (Some(ino), Some(ctime), Some(mtime)) =
        (event.u64(param::EXE_INO), event.u64(param::EXE_CTIME), event.u64(param::EXE_MTIME))
    {
        set_inode(t, ino, ctime, mtime);
    }
    t.uid = event.u32(param::UID).unwrap_or(t.uid);
    t.gid = event.u32(param::GID).unwrap_or(t.gid);
    t.pgid = event.i64(param::PGID).unwrap_or(-1);
}

fn set_inode(t: &mut Thread, ino: u64, ctime: u64, mtime: u64) {
    t.exe_file = ExeFile { ino, ctime, mtime, ..t.exe_file };
    if t.clone_ts != 0 {
        t.exe_file.ctime_to_clone = t.clone_ts.wrapping_sub(ctime);
    }
    if t.pidns_init_start_ts != 0 && ctime > t.pidns_init_start_ts {
        t.exe_file.pidns_start_to_ctime = ctime - t.pidns_init_start_ts;
    }
}
