//! One thread (a process is the thread whose tid is its pid), as the state knows it.
//!
//! Small parts are plain values; what threads of a family share (program, environment, cgroups, fds) is
//! behind [`Arc`], so that a fork copies pointers. Source: `sinsp_threadinfo` of falcosecurity/libs.

use std::collections::BTreeSet;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, LazyLock};

use bincode::{Decode, Encode};
use scap_format::{Event, EventBuf, Params};
use scap_schema::code;

use crate::bytes::{Bytes, Strings, bytes};
use crate::fdtable::FdTable;
use crate::flags::thread_flags as flag;
use crate::owned::{Maybe, Nothing, Owned};

/// What a process runs: name and command line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exec {
    /// Command name, at most 15 bytes as the kernel keeps it.
    pub comm: Bytes,
    /// First argument (`argv[0]`).
    pub exe: Bytes,
    /// Arguments after the first.
    pub args: Strings,
    /// `comm` and arguments with blanks between them, as `proc.cmdline`.
    pub cmdline: Bytes,
}

impl Exec {
    /// Joins the parts; `args` are separated by NUL.
    #[must_use]
    pub fn new(comm: &[u8], exe: &[u8], args: &[u8]) -> Self {
        Self::restored(bytes(comm), bytes(exe), Strings::new(args))
    }

    pub(crate) fn restored(comm: Bytes, exe: Bytes, args: Strings) -> Self {
        if args.is_empty() {
            return Self { cmdline: Bytes::clone(&comm), comm, exe, args };
        }
        let joined = args.as_joined();
        let mut cmdline = Vec::with_capacity(comm.len() + 1 + joined.len());
        cmdline.extend_from_slice(&comm);
        cmdline.push(b' ');
        // A blank stands where one argument ends and the next begins, as between the first and the name.
        cmdline.extend(joined.iter().map(|&byte| if byte == 0 { b' ' } else { byte }));
        Self { comm, exe, args, cmdline: Bytes::from(cmdline) }
    }

    /// Whether it was made of the same parts.
    #[must_use]
    pub fn is(&self, comm: &[u8], exe: &[u8], args: &[u8]) -> bool {
        *self.comm == *comm && *self.exe == *exe && self.args.is(args)
    }
}

/// The file a process executes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ExeFile {
    /// Writable by the process' user.
    pub writable: bool,
    /// In an overlay's upper layer.
    pub upper_layer: bool,
    /// In an overlay's lower layer.
    pub lower_layer: bool,
    /// A memfd.
    pub from_memfd: bool,
    /// Inode; 0 where unknown.
    pub ino: u64,
    /// Change time, ns since the epoch; 0 where unknown.
    pub ctime: u64,
    /// Modification time, ns since the epoch; 0 where unknown.
    pub mtime: u64,
    /// From change to start of the process, ns, modulo 2⁶⁴ as libsinsp computes it; 0 where unknown.
    pub ctime_to_clone: u64,
    /// From start of the pid namespace ([`Thread::pidns_init_start_ts`]) to change, ns; 0 where unknown or the
    /// change came first.
    pub pidns_start_to_ctime: u64,
}

/// Control groups of a process, and the container they tell of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cgroups {
    pub(crate) raw: Bytes,
    /// Subsystem and path, in the kernel's order, subsystems renamed as libsinsp does.
    pub list: Vec<(Bytes, Bytes)>,
    /// Container the paths tell of; empty for the host.
    pub container: Bytes,
}

impl Cgroups {
    /// Path in the hierarchy of `subsystem`.
    #[must_use]
    pub fn of(&self, subsystem: &[u8]) -> Option<&[u8]> {
        self.list.iter().find(|(name, _)| **name == *subsystem).map(|(_, path)| &**path)
    }
}

/// Why a container runs a process, apart from running its own program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Encode, Decode)]
pub enum Probe {
    /// Not known to be a probe's.
    #[default]
    None,
    /// It belongs to the container's own program.
    Container,
    /// Docker's health check.
    Healthcheck,
    /// Kubernetes' liveness probe.
    Liveness,
    /// Kubernetes' readiness probe.
    Readiness,
}

/// Size up to which the memory of an enter event's parameters is used again.
const MAX_SPARE_BYTES: usize = 4096;

/// An enter event, with the parameters that its exit event may need.
#[derive(Debug, Clone, Default)]
pub(crate) struct Enter {
    /// Code of the last enter event of the thread.
    pub(crate) code: u16,
    /// Fd of the thread's last event.
    pub(crate) fd: i64,
    /// Whether the exit event of what is kept has not come yet.
    pub(crate) waits: bool,
    /// Whether it means nothing any more to the events that come. Only its memory is left.
    pub(crate) is_over: bool,
    /// The last enter event whose parameters were of use; its memory is used again.
    pub(crate) kept: Option<Arc<EventBuf>>,
}

impl Enter {
    /// Keeps the parameters of `event` until its exit event.
    pub(crate) fn keep(&mut self, event: &Event<'_>) {
        (self.waits, self.is_over) = (true, false);
        let kept = self.kept.get_or_insert_default();
        match Arc::get_mut(kept) {
            Some(kept) => {
                kept.reset(event.code, event.ts, event.tid);
                kept.push_all(&event.params);
            }
            None => *kept = Arc::new(EventBuf::copy_of(event)),
        }
    }

    /// Whether an event of code `exit` is its exit event.
    pub(crate) const fn ends_with(&self, exit: u16) -> bool {
        let execveat_became_execve =
            exit == code::SYSCALL_EXECVE_19_X && self.code == code::SYSCALL_EXECVEAT_E;
        exit == self.code.wrapping_add(1) || execveat_became_execve
    }

    /// The exit event has come, or another one in its place.
    pub(crate) fn end(&mut self) {
        // Long ones, such as arguments of programs, are not worth keeping the memory for.
        if self.waiting().is_some_and(|params| params.size() > MAX_SPARE_BYTES) {
            self.kept = None;
        }
        self.waits = false;
    }

    /// The parameters kept, if their exit event has not come yet.
    pub(crate) fn waiting(&self) -> Option<Params<'_>> {
        self.kept.as_ref().filter(|_| self.waits).map(|kept| kept.as_event().params)
    }
}

/// One thread.
#[derive(Debug, Clone)]
pub struct Thread {
    /// Its id.
    pub tid: i64,
    /// Its process; -1 where unknown.
    pub pid: i64,
    /// Its parent; 0 if the parent is gone, -1 where unknown.
    pub ptid: i64,
    /// Session as seen from its pid namespace; -1 where unknown.
    pub sid: i64,
    /// Process group as seen from its pid namespace; -1 where unknown.
    pub vpgid: i64,
    /// Process group as seen from the host; -1 where unknown.
    pub pgid: i64,
    /// Its id as seen from its pid namespace; -1 where unknown.
    pub vtid: i64,
    /// Its process as seen from its pid namespace; -1 where unknown.
    pub vpid: i64,
    /// libscap's thread flags, see [`thread_flags`](crate::thread_flags).
    pub flags: u32,
    /// What it has in common with others, to be read as if it stood here.
    pub(crate) common: Arc<Common>,
    /// The executable.
    pub exe_file: ExeFile,
    /// Effective user; `u32::MAX` where unknown.
    pub uid: u32,
    /// Effective group; `u32::MAX` where unknown.
    pub gid: u32,
    /// Login user; `u32::MAX` for none.
    pub loginuid: u32,
    /// Permitted capabilities, a bit set.
    pub cap_permitted: u64,
    /// Effective capabilities, a bit set.
    pub cap_effective: u64,
    /// Inheritable capabilities, a bit set.
    pub cap_inheritable: u64,
    /// Controlling terminal; 0 for none.
    pub tty: u32,
    /// Why its container runs it.
    pub probe: Probe,
    /// Virtual memory, KiB.
    pub vmsize_kb: u32,
    /// Resident memory, KiB.
    pub vmrss_kb: u32,
    /// Swapped memory, KiB.
    pub vmswap_kb: u32,
    /// Major page faults.
    pub pfmajor: u64,
    /// Minor page faults.
    pub pfminor: u64,
    /// When it was started, ns since the epoch; 0 where unknown.
    pub clone_ts: u64,
    /// When it last executed a program, ns since the epoch; 0 if never.
    pub lastexec_ts: u64,
    /// Start of its pid namespace, ns: since boot if an event told it, since the epoch if the snapshot did, both as
    /// in Falco's replay; 0 where unknown and for the host's.
    pub pidns_init_start_ts: u64,
    /// Time on a processor between scheduler switches seen so far, ns.
    pub exectime: u64,
    /// Changes whenever anything above this line does, but for memory, page faults and `exectime`, and with working
    /// directory, environment and limits. Never the same for two different sets of attributes within one replay. Fds,
    /// parents and other threads of the process have versions of their own.
    pub version: u64,
    /// Limit of open fds; the process' one is its main thread's. -1 where unknown.
    pub(crate) fdlimit: i64,
    /// Own fds; threads that share theirs use their main thread's.
    pub(crate) fds: Maybe<Owned<FdTable>>,
    /// Who gets its children, as the kernel said.
    pub(crate) reaper: i64,
    /// Thread group it was entered in.
    pub(crate) group: Option<i64>,
    /// Its place in that group.
    pub(crate) rank: i64,
    pub(crate) children: Maybe<Owned<BTreeSet<i64>>>,
    pub(crate) enter: Option<Box<Enter>>,
}

/// What threads of a family share, behind one pointer: the threads of a snapshot, those told to another thread and those that a
/// fork leaves as they are count one sharer each instead of seven. Whoever writes to one of them through its
/// [thread](Thread) copies all, unless nobody else has it.
#[derive(Debug, Clone, Default)]
pub struct Common {
    /// Program and command line.
    pub exec: Arc<Exec>,
    /// Full path of the executable.
    pub exepath: Bytes,
    /// Root directory.
    pub root: Bytes,
    /// Control groups.
    pub cgroups: Arc<Cgroups>,
    /// Container it runs in, the short id; empty for the host.
    pub container: Bytes,
    /// Environment; the process' one is its main thread's.
    pub(crate) env: Strings,
    /// Working directory, closed by `/`; the process' one is its main thread's.
    pub(crate) cwd: Bytes,
}

impl Deref for Thread {
    type Target = Common;

    #[inline]
    fn deref(&self) -> &Common {
        &self.common
    }
}

impl DerefMut for Thread {
    #[inline]
    fn deref_mut(&mut self) -> &mut Common {
        Arc::make_mut(&mut self.common)
    }
}

impl Nothing for BTreeSet<i64> {
    fn nothing() -> &'static Self {
        static NONE: BTreeSet<i64> = BTreeSet::new();
        &NONE
    }
}

/// What threads share of which nothing is known.
static NOTHING: LazyLock<Arc<Common>> = LazyLock::new(Arc::default);

impl Default for Thread {
    /// One of which nothing is known.
    fn default() -> Self {
        Self::blank(-1)
    }
}

impl Thread {
    /// Its last enter event, if that still means something.
    #[inline]
    pub(crate) fn in_mind(&self) -> Option<&Enter> {
        self.enter.as_deref().filter(|enter| !enter.is_over)
    }

    /// One of which nothing but the id is known. What it will have instead of nothing costs no memory until then.
    pub(crate) fn blank(tid: i64) -> Self {
        Self::of(tid, Arc::clone(&NOTHING))
    }

    /// One of which nothing but the id and that is known.
    pub(crate) fn of(tid: i64, common: Arc<Common>) -> Self {
        Self {
            tid,
            pid: -1,
            ptid: -1,
            sid: -1,
            vpgid: -1,
            pgid: -1,
            vtid: -1,
            vpid: -1,
            flags: flag::NAME_CHANGED,
            common,
            exe_file: ExeFile::default(),
            uid: u32::MAX,
            gid: u32::MAX,
            loginuid: u32::MAX,
            cap_permitted: 0,
            cap_effective: 0,
            cap_inheritable: 0,
            tty: 0,
            probe: Probe::None,
            vmsize_kb: 0,
            vmrss_kb: 0,
            vmswap_kb: 0,
            pfmajor: 0,
            pfminor: 0,
            clone_ts: 0,
            lastexec_ts: 0,
            pidns_init_start_ts: 0,
            exectime: 0,
            version: 0,
            fdlimit: -1,
            fds: Maybe::default(),
            reaper: -1,
            group: None,
            rank: 0,
            children: Maybe::default(),
            enter: None,
        }
    }

    /// Whether it leads its thread group.
    #[must_use]
    pub fn is_main(&self) -> bool {
        self.tid == self.pid || self.flags & flag::IS_MAIN_THREAD != 0
    }

    /// Whether it is a placeholder for a thread nobody announced: its name is `<NA>`, its ids -1.
    #[must_use]
    pub fn is_invalid(&self) -> bool {
        self.tid < 0 || self.pid < 0 || self.ptid < 0
    }

    /// Whether it has exited; visible in its exit event, and on a process whose threads live on.
    #[must_use]
    pub fn is_dead(&self) -> bool {
        self.flags & flag::CLOSED != 0
    }

    /// Whether it lives in a pid namespace other than the host's.
    #[must_use]
    pub fn is_in_pid_namespace(&self) -> bool {
        self.flags & flag::CHILD_IN_PIDNS != 0 || (self.vtid >= 0 && self.tid != self.vtid)
    }

    /// Whether it uses its main thread's fds.
    pub(crate) fn shares_fds(&self) -> bool {
        self.flags & flag::CLONE_FILES != 0
    }

    /// Sets the executable's path; the kernel marks that of a removed file, which is not part of it.
    pub(crate) fn set_exepath(&mut self, path: &[u8]) {
        let path = unmarked(path);
        if *self.exepath != *path {
            self.exepath = bytes(path);
        }
    }

    /// Takes what it has in common with `model`, of which it becomes a child: another process if `is_process`, which begins with
    /// its environment and directory, or a thread, which has none of its own. Its own container is not known yet.
    pub(crate) fn take_after(&mut self, model: &Self, is_process: bool) {
        self.common = Arc::clone(&model.common);
        if !self.container.is_empty() {
            self.container = Bytes::default();
        }
        let has_own = !self.env.is_empty() || !self.cwd.is_empty();
        if has_own && !is_process {
            (self.env, self.cwd) = (Strings::default(), Bytes::default());
        }
    }
}

/// An executable's path without the kernel's mark of a removed file.
pub(crate) fn unmarked(path: &[u8]) -> &[u8] {
    match path.strip_suffix(b" (deleted)") {
        Some(bare) if !bare.is_empty() => bare,
        _ => path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_line_is_name_and_arguments() {
        let exec = Exec::new(b"cat", b"/bin/cat", b"-n\0/etc/passwd\0");
        assert_eq!(&*exec.cmdline, b"cat -n /etc/passwd");
        assert!(exec.is(b"cat", b"/bin/cat", b"-n\0/etc/passwd\0"));
        assert_eq!(&*Exec::new(b"cat", b"cat", b"").cmdline, b"cat");
        assert_eq!(&*Exec::new(b"", b"cat", b"a\0\0b").cmdline, b" a  b");
    }

    #[test]
    fn the_mark_of_a_removed_executable_is_dropped() {
        let mut thread = Thread::blank(1);
        thread.set_exepath(b"/tmp/x (deleted)");
        assert_eq!(&*thread.exepath, b"/tmp/x");
        thread.set_exepath(b" (deleted)");
        assert_eq!(&*thread.exepath, b" (deleted)");
    }
}
