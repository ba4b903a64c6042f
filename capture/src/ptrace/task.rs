//! What /proc knows of a traced thread, in the layouts of the eBPF backend's captures.
//!
//! Gives `struct task_info`, memory sizes, capabilities, paths and cgroups. Everything comes from /proc while the thread
//! is stopped, and so is the thread's own state at that moment.

use super::sys::Tid;
use crate::snapshot::task::{ExeFacts, Root, TaskFacts, Tasks};
use std::path::PathBuf;

/// Controllers whose cgroups an event names, in this order.
const CONTROLLERS: [&str; 5] = ["cpuset", "cpu", "cpuacct", "io", "memory"];

/// Reads tasks; remembers what they share.
pub(super) struct TaskReader {
    tasks: Tasks,
    boot: u64,
}

impl TaskReader {
    pub(super) fn new() -> Self {
        let root = Root::default();
        Self { tasks: Tasks::new(root), boot: crate::snapshot::BootClock::now().boot() }
    }

    /// `struct task_info`; empty if the thread has gone. /proc tells the parent's process only, `parent` its thread.
    pub(super) fn info(&mut self, tid: Tid, parent: Option<Tid>) -> Vec<u8> {
        let Some(task) = self.tasks.read(i64::from(tid)) else { return Vec::new() };
        let mut out = Vec::with_capacity(160);
        let TaskFacts { tid, pid, ptid, vtid, vpid, pgid, vpgid, pid_namespace, init_start, .. } = task;
        let ptid = parent.map_or(ptid, i64::from);
        let small = |n: i64| u32::try_from(n).unwrap_or(0);
        for id in [tid, pid, ptid, vtid, vpid, pgid, vpgid] {
            out.extend_from_slice(&small(id).to_le_bytes());
        }
        let exe_flags = exe_flags(&task.exe);
        for number in [task.tty, task.loginuid, task.uid, task.gid, exe_flags] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        for number in [task.vm_size_kb, task.vm_rss_kb, task.vm_swap_kb, pid_namespace] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        let caps = task.caps;
        let since_boot = init_start.saturating_sub(self.boot);
        let limit = task.fdlimit.cast_unsigned();
        let large = [
            limit,
            task.major_faults,
            task.minor_faults,
            caps[0],
            caps[1],
            caps[2],
            task.exe.ino,
            task.exe.ctime,
            task.exe.mtime,
            since_boot,
        ];
        for number in large {
            out.extend_from_slice(&number.to_le_bytes());
        }
        let mut comm = [0; 16];
        comm.iter_mut().zip(task.comm.iter().take(15)).for_each(|(to, from)| *to = *from);
        out.extend_from_slice(&comm);
        out
    }

    /// Size, resident and swapped memory in KiB, four bytes each.
    pub(super) fn memory(&mut self, tid: Tid) -> Vec<u8> {
        let (size, resident, swapped) = self.tasks.memory(i64::from(tid));
        [size, resident, swapped].iter().flat_map(|n| n.to_le_bytes()).collect()
    }

    /// Inheritable, permitted and effective capabilities, eight bytes each.
    pub(super) fn capabilities(&mut self, tid: Tid) -> Vec<u8> {
        self.tasks.capabilities(i64::from(tid)).iter().flat_map(|set| set.to_le_bytes()).collect()
    }

    /// One capture for each controller: its name, and the components of its path from the last to the empty root.
    pub(super) fn cgroups(&mut self, tid: Tid) -> [Vec<u8>; 5] {
        let list = self.tasks.cgroups(i64::from(tid));
        CONTROLLERS.map(|name| {
            let path = list.split(|&b| b == 0).find_map(|entry| {
                // Version 1 calls the controller `io` by its old name.
                let names = [name, if name == "io" { "blkio" } else { name }];
                let rest = names.iter().find_map(|name| entry.strip_prefix(name.as_bytes()));
                rest.and_then(|rest| rest.strip_prefix(b"=")).map(<[u8]>::to_vec)
            });
            let Some(path) = path else { return Vec::new() };
            let mut capture = [name.as_bytes(), &[0]].concat();
            for part in path.split(|&b| b == b'/').rev().filter(|part| !part.is_empty()) {
                capture.extend_from_slice(part);
                capture.push(0);
            }
            capture.push(0);
            capture
        })
    }

    /// Path of the executable with a closing NUL; empty if there is none.
    pub(super) fn executable(tid: Tid) -> Vec<u8> {
        let path = link(&PathBuf::from(format!("/proc/{tid}/exe")));
        // As the kernel names the file itself: without a remark that it is gone, and a memfd without a place.
        let path = path.strip_suffix(b" (deleted)\0").map(|path| [path, &[0]].concat()).unwrap_or(path);
        if path.starts_with(b"/memfd:") { path.into_iter().skip(1).collect() } else { path }
    }

    /// Path of fd `fd` with a closing NUL; empty if it is not open.
    pub(super) fn path(tid: Tid, fd: i64) -> Vec<u8> {
        link(&PathBuf::from(format!("/proc/{tid}/fd/{fd}")))
    }

    /// Text of `/proc/TID/NAME`, at most `limit` bytes.
    pub(super) fn text(tid: Tid, name: &str, limit: u64) -> Vec<u8> {
        crate::snapshot::task::read_limited(&PathBuf::from(format!("/proc/{tid}/{name}")), limit)
            .unwrap_or_default()
    }

    /// `struct file_info` of fd `fd`, which was `made` by its open; empty if it is not open.
    pub(super) fn file(&mut self, tid: Tid, fd: i64, made: bool) -> Vec<u8> {
        /// The kernel's `FMODE_CREATED`, the only bit of the mode that is looked at.
        const CREATED: u32 = 1 << 20;
        let Some(file) = self.tasks.file(i64::from(tid), fd) else { return Vec::new() };
        let mut out = Vec::with_capacity(24);
        out.extend_from_slice(&file.ino.to_le_bytes());
        let mode = if made { CREATED } else { 0 };
        for number in [file.dev, mode, file.layer, 0] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        out
    }
}

/// Process that thread `tid` belongs to.
pub(super) fn process_of(tid: Tid) -> Option<Tid> {
    status_number(tid, b"Tgid:")
}

/// Process that is the parent of `tid`.
pub(super) fn parent_of(tid: Tid) -> Option<Tid> {
    status_number(tid, b"PPid:")
}

fn status_number(tid: Tid, name: &[u8]) -> Option<Tid> {
    let status = TaskReader::text(tid, "status", 4096);
    let line = status.split(|&b| b == b'\n').find_map(|line| line.strip_prefix(name))?;
    std::str::from_utf8(line).ok()?.trim().parse().ok()
}

/// A child of thread `tid`, where the kernel lists them.
pub(super) fn child_of(tid: Tid) -> Option<Tid> {
    let list = TaskReader::text(tid, &format!("task/{tid}/children"), 64);
    std::str::from_utf8(&list).ok()?.split(' ').next()?.parse().ok()
}

/// The other threads of the process of `tid`, oldest first.
pub(super) fn other_threads(tid: Tid) -> Vec<Tid> {
    let Ok(list) = std::fs::read_dir(format!("/proc/{tid}/task")) else { return Vec::new() };
    let all = list.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    all.filter(|other| *other != tid).collect()
}

fn exe_flags(exe: &ExeFacts) -> u32 {
    const LOWER: u32 = 8;
    u32::from(exe.writable)
        | u32::from(exe.upper_layer) << 1
        | u32::from(exe.memfd) << 2
        | if exe.lower_layer { LOWER } else { 0 }
}

fn link(path: &std::path::Path) -> Vec<u8> {
    let Ok(target) = std::fs::read_link(path) else { return Vec::new() };
    let mut bytes = target.into_os_string().into_encoded_bytes();
    bytes.push(0);
    bytes
}
