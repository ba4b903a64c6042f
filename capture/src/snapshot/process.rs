//! One thread of the snapshot.
//!
//! Takes a thread's /proc directory, gives a [`ThreadEntry`]. A thread that ends while it is being read is no error
//! but [`Passed::Vanished`]; what may not be read for want of rights stays empty and is counted. Source: libscap's
//! `scap_procs.c`. Start times are computed from the kernel's ticks since boot, which is what the kernel's own
//! events carry; libscap takes the age of the /proc inode, which is that of its first reader.

use super::cgroups::Cgroups;
use super::clock::BootClock;
use super::exe;
use super::fds::PATH_LIMIT;
use super::mounts::Mounts;
use super::root::Root;
use super::status::{Stat, Status, login_user, open_files_limit};
use super::text::{bracketed, cut, read_limited};
use scap_format::snapshot::ThreadEntry;
use std::collections::HashMap;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;
use std::rc::Rc;

/// Bytes kept of a command line and of an environment each: as much as libscap reads from a trace.
pub const TEXT_LIMIT: usize = 4096;

/// `PPM_CL_CLONE_THREAD | PPM_CL_CLONE_FILES`: what libscap assumes of threads.
const THREAD_FLAGS: u32 = 0x2000 | 1;

/// Why a thread is not in the snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Passed {
    /// It ended while being read.
    Vanished,
    /// It belongs to the kernel.
    KernelThread,
    /// It had ended already and waits to be reaped.
    Dead,
}

/// A thread that was read, and what only the scan needs to know of it.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) entry: ThreadEntry,
    /// Where its pid namespace began.
    pub(crate) pid_namespace: PidNamespace,
    /// Some of it may not be read.
    pub(crate) restricted: bool,
}

/// The pid namespace of a thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum PidNamespace {
    /// That of /proc itself.
    Outer,
    /// One below it, with this inode.
    Nested(u64),
    /// One below it that may not be looked at.
    Unknown,
}

/// Reads threads; remembers what many of them share.
#[derive(Debug)]
pub(crate) struct Reader {
    root: Root,
    clock: BootClock,
    cgroups: Cgroups,
    mounts: HashMap<(u64, Vec<u8>), Rc<Mounts>>,
}

impl Reader {
    pub(crate) fn new(root: Root, clock: BootClock) -> Self {
        let cgroups = Cgroups::new(&root);
        Self { root, clock, cgroups, mounts: HashMap::new() }
    }

    /// Reads thread `tid` at `dir`: `/proc/PID`, or `/proc/PID/task/TID`.
    pub(crate) fn read(&mut self, dir: &Path, tid: i64) -> Result<Found, Passed> {
        let stat = stat(dir)?;
        if stat.is_kernel_thread() {
            return Err(Passed::KernelThread);
        }
        let status = read_limited(&dir.join("status"), 64 << 10).map_err(|_| Passed::Vanished)?;
        let status = Status::parse(&status).ok_or(Passed::Vanished)?;
        let mut found = self.entry(dir, tid, &stat, &status);
        // Pids are used again: only if the same thread is still there at the end was all of it its own.
        let after = self::stat(dir)?;
        if after.start != stat.start {
            return Err(Passed::Vanished);
        }
        if after.is_dead() && found.entry.exepath.is_empty() && found.entry.exe.is_empty() {
            return Err(Passed::Dead);
        }
        self.executable(dir, &status, &mut found);
        Ok(found)
    }

    fn entry(&mut self, dir: &Path, tid: i64, stat: &Stat, status: &Status) -> Found {
        let mut denied = Denied(false);
        let (exe, args) = command_line(denied.read(&dir.join("cmdline")).unwrap_or_default());
        let comm = denied.read(&dir.join("comm")).unwrap_or_default();
        let cgroup = denied.read(&dir.join("cgroup")).unwrap_or_default();
        let entry = ThreadEntry {
            tid,
            pid: status.tgid,
            ptid: status.ppid,
            sid: stat.sid,
            vpgid: status.vpgid.unwrap_or(stat.pgid),
            pgid: Some(stat.pgid),
            comm: comm.strip_suffix(b"\n").unwrap_or(&comm).to_vec(),
            exe,
            exepath: denied.link(&dir.join("exe")),
            args,
            env: closed(denied.read(&dir.join("environ")).unwrap_or_default(), TEXT_LIMIT),
            cwd: denied.link(&dir.join("cwd")),
            root: denied.link(&dir.join("root")),
            fdlimit: open_files_limit(&denied.read(&dir.join("limits")).unwrap_or_default()),
            flags: if tid == status.tgid { 0 } else { THREAD_FLAGS },
            uid: status.uid,
            gid: status.gid,
            vmsize_kb: status.vm_size_kb,
            vmrss_kb: status.vm_rss_kb,
            vmswap_kb: status.vm_swap_kb,
            pfmajor: stat.major_faults,
            pfminor: stat.minor_faults,
            cgroups: self.cgroups.resolve(&cgroup),
            vtid: status.vtid.unwrap_or(tid),
            vpid: status.vpid.unwrap_or(status.tgid),
            tty: stat.tty,
            loginuid: Some(login_user(read_limited(&dir.join("loginuid"), 32).ok().as_deref())),
            cap_permitted: status.cap_permitted,
            cap_effective: status.cap_effective,
            cap_inheritable: status.cap_inheritable,
            clone_ts: self.start_of(stat),
            ..ThreadEntry::default()
        };
        let pid_namespace = if status.nested {
            bracketed(&denied.link(&dir.join("ns/pid")), "pid")
                .map_or(PidNamespace::Unknown, PidNamespace::Nested)
        } else {
            PidNamespace::Outer
        };
        Found { entry, pid_namespace, restricted: denied.0 }
    }

    /// When a thread started, ns since the epoch.
    pub(crate) const fn start_of(&self, stat: &Stat) -> u64 {
        self.clock.at_ticks(stat.start)
    }

    fn executable(&mut self, dir: &Path, status: &Status, found: &mut Found) {
        let mounts = self.mounts(dir, &found.entry.root);
        let host = self.root.path();
        let Ok(exe) = exe::look(dir, &found.entry.exepath, status, &mounts, host) else { return };
        let entry = &mut found.entry;
        entry.exe_ino = exe.ino;
        entry.exe_ino_ctime = exe.ctime;
        entry.exe_ino_mtime = exe.mtime;
        entry.exe_writable = exe.writable;
        entry.exe_upper_layer = exe.upper_layer;
        entry.exe_lower_layer = exe.lower_layer;
        entry.exe_from_memfd = exe.memfd;
    }

    /// The mounts that the process at `dir`, whose root directory is `root`, sees.
    pub(crate) fn mounts(&mut self, dir: &Path, root: &[u8]) -> Rc<Mounts> {
        let read = || {
            let text = read_limited(&dir.join("mountinfo"), super::text::TABLE_LIMIT);
            Rc::new(Mounts::parse(&text.unwrap_or_default()))
        };
        match namespace(dir, "mnt") {
            Some(inode) => self.mounts.entry((inode, root.to_vec())).or_insert_with(read).clone(),
            None => read(),
        }
    }
}

/// Inode of a namespace of the process at `dir`; `None` if it may not be known.
pub(crate) fn namespace(dir: &Path, kind: &str) -> Option<u64> {
    let link = fs::read_link(dir.join("ns").join(kind)).ok()?;
    bracketed(link.as_os_str().as_encoded_bytes(), kind)
}

/// `/proc/PID/stat` of a thread that is still there.
pub(crate) fn stat(dir: &Path) -> Result<Stat, Passed> {
    let text = read_limited(&dir.join("stat"), 4096).map_err(|_| Passed::Vanished)?;
    Stat::parse(&text).ok_or(Passed::Vanished)
}

/// Reads on, and remembers whether anything was refused.
struct Denied(bool);

impl Denied {
    fn note<T>(&mut self, result: io::Result<T>) -> Option<T> {
        if let Err(error) = &result {
            self.0 |= error.kind() == io::ErrorKind::PermissionDenied;
        }
        result.ok()
    }

    fn read(&mut self, path: &Path) -> Option<Vec<u8>> {
        self.note(read_limited(path, TEXT_LIMIT as u64))
    }

    /// Text of a link; empty if there is none.
    fn link(&mut self, path: &Path) -> Vec<u8> {
        let link = self.note(fs::read_link(path)).unwrap_or_default();
        cut(link.into_os_string().into_vec(), PATH_LIMIT)
    }
}

/// First argument, and the others each closed by NUL.
fn command_line(mut bytes: Vec<u8>) -> (Vec<u8>, Vec<u8>) {
    let Some(end) = bytes.iter().position(|&b| b == 0) else { return (cut(bytes, PATH_LIMIT), Vec::new()) };
    let args = bytes.split_off(end + 1);
    bytes.truncate(end);
    (cut(bytes, PATH_LIMIT), closed(args, TEXT_LIMIT))
}

/// At most `limit` bytes with a NUL at their end.
fn closed(bytes: Vec<u8>, limit: usize) -> Vec<u8> {
    if bytes.is_empty() || bytes.ends_with(&[0]) {
        return bytes;
    }
    let mut bytes = cut(bytes, limit - 1);
    bytes.push(0);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    fn reader() -> Reader {
        Reader::new(Root::default(), BootClock::now())
    }

    #[test]
    fn a_child_shows_what_it_was_started_with() {
        let mut child = Command::new("/bin/cat")
            .arg("-")
            .arg("")
            .env_clear()
            .env("KEY", "VALUE")
            .current_dir("/proc")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let pid = i64::from(child.id());
        // The fork is back before its execve is: wait for the new image, of which the name is there before the
        // arguments and environment are.
        let dir = Root::default().process(pid);
        let is_there = |file: &str, wanted: &[u8]| fs::read(dir.join(file)).unwrap() == wanted;
        while !(is_there("comm", b"cat\n")
            && is_there("cmdline", b"/bin/cat\0-\0\0")
            && is_there("environ", b"KEY=VALUE\0"))
        {
            std::thread::yield_now();
        }
        let found = reader().read(&dir, pid).unwrap();
        drop(child.stdin.take());
        child.wait().unwrap();
        let entry = found.entry;
        assert_eq!((entry.tid, entry.pid, entry.ptid), (pid, pid, i64::from(std::process::id())));
        assert_eq!((entry.exe.as_slice(), entry.comm.as_slice()), (&b"/bin/cat"[..], &b"cat"[..]));
        assert!(entry.exepath.ends_with(b"/cat"));
        assert_eq!((entry.args.as_slice(), entry.env.as_slice()), (&b"-\0\0"[..], &b"KEY=VALUE\0"[..]));
        assert_eq!((entry.cwd.as_slice(), entry.root.as_slice()), (&b"/proc"[..], &b"/"[..]));
        assert!(entry.clone_ts.abs_diff(super::super::clock::wall_clock()) < 60_000_000_000);
        assert!(entry.fdlimit > 0 && entry.exe_ino > 0 && !found.restricted);
        assert!(entry.cgroups.is_empty() || entry.cgroups.ends_with(&[0]));
    }

    #[test]
    fn a_thread_is_told_from_its_process() {
        let (send, receive) = std::sync::mpsc::channel::<()>();
        let (tid_send, tid_receive) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            tid_send.send(i64::from(nix::unistd::gettid().as_raw())).unwrap();
            receive.recv().ok();
        });
        let tid = tid_receive.recv().unwrap();
        let pid = i64::from(std::process::id());
        let found = reader().read(&Root::default().thread(pid, tid), tid).unwrap();
        drop(send);
        thread.join().unwrap();
        assert_eq!((found.entry.tid, found.entry.pid, found.entry.flags), (tid, pid, THREAD_FLAGS));
    }

    #[test]
    fn a_process_that_has_gone_is_passed_over() {
        let mut child = Command::new("/bin/true").spawn().unwrap();
        let pid = i64::from(child.id());
        let dir = Root::default().process(pid);
        while stat(&dir).is_ok_and(|stat| !stat.is_dead()) {
            std::thread::yield_now();
        }
        assert_eq!(reader().read(&dir, pid).unwrap_err(), Passed::Dead);
        child.wait().unwrap();
        assert_eq!(reader().read(&dir, pid).unwrap_err(), Passed::Vanished);
    }

    #[test]
    fn command_lines_split_after_the_first_argument() {
        assert_eq!(command_line(b"a\0b\0\0".to_vec()), (b"a".to_vec(), b"b\0\0".to_vec()));
        assert_eq!(command_line(b"a\0b".to_vec()), (b"a".to_vec(), b"b\0".to_vec()));
        assert_eq!(command_line(b"title: rewritten".to_vec()), (b"title: rewritten".to_vec(), vec![]));
        assert_eq!(command_line(vec![]), (vec![], vec![]));
        let long = closed(vec![b'x'; 4096], TEXT_LIMIT);
        assert_eq!((long.len(), long.last()), (4096, Some(&0)));
    }
}
