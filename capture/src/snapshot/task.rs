//! Single facts about single tasks, for a backend that has to ask /proc.
//!
//! Takes a thread id, gives what the snapshot would say of that thread, piece by piece: an event needs some of it, and needs it
//! while the thread is stopped.

use super::cgroups::Cgroups;
use super::clock::BootClock;
pub(crate) use super::exe::Executable as ExeFacts;
use super::exe::{self, lies_in_upper};
use super::fds::mount_id;
use super::mounts::Mounts;
use super::process::{namespace, stat};
pub(crate) use super::root::Root;
use super::status::{Status, login_user, open_files_limit};
pub(crate) use super::text::read_limited;
use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// A thread as of now.
#[derive(Debug, Default)]
pub(crate) struct TaskFacts {
    pub(crate) tid: i64,
    pub(crate) pid: i64,
    pub(crate) ptid: i64,
    pub(crate) vtid: i64,
    pub(crate) vpid: i64,
    pub(crate) pgid: i64,
    pub(crate) vpgid: i64,
    /// Bit 0: it is in a pid namespace below that of /proc; bit 1: its children will be in another than its own.
    pub(crate) pid_namespace: u32,
    /// Start of its pid namespace's first process, ns since the epoch; 0 if unknown.
    pub(crate) init_start: u64,
    pub(crate) tty: u32,
    pub(crate) loginuid: u32,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) vm_size_kb: u32,
    pub(crate) vm_rss_kb: u32,
    pub(crate) vm_swap_kb: u32,
    /// Inheritable, permitted, effective.
    pub(crate) caps: [u64; 3],
    pub(crate) fdlimit: i64,
    pub(crate) major_faults: u64,
    pub(crate) minor_faults: u64,
    pub(crate) comm: Vec<u8>,
    pub(crate) exe: ExeFacts,
}

/// An open file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileFacts {
    pub(crate) ino: u64,
    pub(crate) dev: u32,
    /// 1 for an overlay's upper layer, 2 for a lower one, 0 for no overlay.
    pub(crate) layer: u32,
}

/// Reads tasks; remembers mounts, cgroup controllers and starts of pid namespaces.
#[derive(Debug)]
pub(crate) struct Tasks {
    root: Root,
    clock: BootClock,
    cgroups: Cgroups,
    mounts: HashMap<(u64, Vec<u8>), Mounts>,
    /// When the first process of each pid namespace started.
    starts: HashMap<u64, u64>,
}

impl Tasks {
    pub(crate) fn new(root: Root) -> Self {
        let cgroups = Cgroups::new(&root);
        Self { root, clock: BootClock::now(), cgroups, mounts: HashMap::new(), starts: HashMap::new() }
    }

    /// `None` if the thread has gone.
    pub(crate) fn read(&mut self, tid: i64) -> Option<TaskFacts> {
        let dir = self.root.process(tid);
        let (stat, status) = (stat(&dir).ok()?, self.status(tid)?);
        let link =
            |name| fs::read_link(dir.join(name)).map(|link| link.into_os_string().into_encoded_bytes());
        let exe = {
            let path = link("exe").unwrap_or_default();
            let host = self.root.path().to_path_buf();
            let mounts = self.mounts(&dir, None);
            exe::look(&dir, &path, &status, mounts, &host).unwrap_or_default()
        };
        let comm = read_limited(&dir.join("comm"), 64).unwrap_or_default();
        Some(TaskFacts {
            tid,
            pid: status.tgid,
            ptid: status.ppid,
            vtid: status.vtid.unwrap_or(tid),
            vpid: status.vpid.unwrap_or(status.tgid),
            pgid: stat.pgid,
            vpgid: status.vpgid.unwrap_or(stat.pgid),
            pid_namespace: u32::from(status.nested) | u32::from(bears_elsewhere(&dir)) << 1,
            init_start: self.init_start(&dir, &status, stat.start),
            tty: stat.tty,
            loginuid: login_user(read_limited(&dir.join("loginuid"), 32).ok().as_deref()),
            uid: status.uid,
            gid: status.gid,
            vm_size_kb: status.vm_size_kb,
            vm_rss_kb: status.vm_rss_kb,
            vm_swap_kb: status.vm_swap_kb,
            caps: caps(&status),
            fdlimit: open_files_limit(&read_limited(&dir.join("limits"), 4096).unwrap_or_default()),
            major_faults: stat.major_faults,
            minor_faults: stat.minor_faults,
            comm: comm.strip_suffix(b"\n").unwrap_or(&comm).to_vec(),
            exe,
        })
    }

    /// Size, resident and swapped memory, KiB.
    pub(crate) fn memory(&self, tid: i64) -> (u32, u32, u32) {
        self.status(tid).map_or((0, 0, 0), |s| (s.vm_size_kb, s.vm_rss_kb, s.vm_swap_kb))
    }

    /// Inheritable, permitted, effective.
    pub(crate) fn capabilities(&self, tid: i64) -> [u64; 3] {
        self.status(tid).map_or([0; 3], |status| caps(&status))
    }

    /// `controller=path` entries, each closed by NUL.
    pub(crate) fn cgroups(&mut self, tid: i64) -> Vec<u8> {
        let text = read_limited(&self.root.process(tid).join("cgroup"), 4096);
        self.cgroups.resolve(&text.unwrap_or_default())
    }

    /// The file behind fd `fd`; `None` if it is not open.
    pub(crate) fn file(&mut self, tid: i64, fd: i64) -> Option<FileFacts> {
        let dir = self.root.process(tid);
        let link = dir.join("fd").join(fd.to_string());
        let ino = fs::metadata(&link).ok()?.ino();
        let info = read_limited(&dir.join("fdinfo").join(fd.to_string()), 4096).unwrap_or_default();
        let Some(id) = mount_id(&info) else { return Some(FileFacts { ino, dev: 0, layer: 0 }) };
        let host = self.root.path().to_path_buf();
        let Some(mount) = self.mounts(&dir, Some(id)).by_id(u64::from(id)) else {
            return Some(FileFacts { ino, dev: 0, layer: 0 });
        };
        let layer = if mount.overlay {
            let path = fs::read_link(&link).map(PathBuf::into_os_string).unwrap_or_default();
            if lies_in_upper(mount, path.as_encoded_bytes(), &host) { 1 } else { 2 }
        } else {
            0
        };
        Some(FileFacts { ino, dev: mount.dev, layer })
    }

    fn status(&self, tid: i64) -> Option<Status> {
        Status::parse(&read_limited(&self.root.process(tid).join("status"), 64 << 10).ok()?)
    }

    /// The mounts the process at `dir` sees, read again if mount `wanted` is not among those remembered.
    fn mounts(&mut self, dir: &Path, wanted: Option<u32>) -> &Mounts {
        let root = fs::read_link(dir.join("root")).unwrap_or_default().into_os_string().into_encoded_bytes();
        let mounts = self.mounts.entry((namespace(dir, "mnt").unwrap_or(0), root)).or_default();
        let known = wanted.map_or_else(|| !mounts.is_empty(), |id| mounts.by_id(u64::from(id)).is_some());
        if !known {
            let text = read_limited(&dir.join("mountinfo"), super::text::TABLE_LIMIT);
            *mounts = Mounts::parse(&text.unwrap_or_default());
        }
        mounts
    }

    fn init_start(&mut self, dir: &Path, status: &Status, ticks: u64) -> u64 {
        if status.nested {
            let Some(inode) = namespace(dir, "pid") else { return 0 };
            let own = (status.vtid == Some(1)).then(|| self.clock.at_ticks(ticks));
            return match own {
                Some(start) => *self.starts.entry(inode).insert_entry(start).get(),
                None => self.starts.get(&inode).copied().unwrap_or(0),
            };
        }
        stat(&self.root.process(1)).map_or(0, |init| self.clock.at_ticks(init.start))
    }
}

/// Whether children of the process at `dir` are made in another pid namespace than its own.
fn bears_elsewhere(dir: &Path) -> bool {
    let link = |name| fs::read_link(dir.join("ns").join(name)).ok();
    link("pid_for_children").is_some_and(|children| link("pid").is_some_and(|own| own != children))
}

fn caps(status: &Status) -> [u64; 3] {
    [status.cap_inheritable, status.cap_permitted, status.cap_effective].map(Option::unwrap_or_default)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_thread_and_files_are_told_as_the_kernel_tells_them() {
        let mut tasks = Tasks::new(Root::default());
        let tid = i64::from(nix::unistd::gettid().as_raw());
        let own = tasks.read(tid).unwrap();
        assert_eq!((own.tid, own.pid), (tid, i64::from(std::process::id())));
        assert!(own.fdlimit > 0 && own.exe.ino > 0 && own.init_start > 0 && own.vm_size_kb > 0);
        let file = fs::File::open("/proc/self/exe").unwrap();
        let number = std::os::fd::AsRawFd::as_raw_fd(&file);
        let found = tasks.file(tid, i64::from(number)).unwrap();
        assert_eq!(found.ino, file.metadata().unwrap().ino());
        assert!(tasks.file(tid, 1 << 30).is_none() && tasks.read(1 << 30).is_none());
        assert_eq!(tasks.memory(1 << 30), (0, 0, 0));
    }
}
