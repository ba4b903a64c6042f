//! What processes submitted through io_uring.
//!
//! Such operations make no system calls of their own and give no events: they are counted by process and kind, and the
//! counts written into the trace as notices while it is made, about once a second. A notice is an event of type
//! `NOTIFICATION_E` with `id` = `scap.io_uring` and `desc` = `pid=N openat=2 read=17`: what the process submitted since the
//! last one. Operations whose kind is not known (ptrace) stand under `unknown`. Takes counts, gives events.

use scap_format::{Event, EventBuf};
use scap_schema::code;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::{Duration, Instant};

/// How long counts wait for their notice.
const EVERY: Duration = Duration::from_secs(1);

/// Stands for an operation of unknown kind.
pub(crate) const UNKNOWN: u32 = u32::MAX;

/// `IORING_OP_*`, in the kernel's order (`include/uapi/linux/io_uring.h`).
const NAMES: &[&str] = &[
    "nop",
    "readv",
    "writev",
    "fsync",
    "read_fixed",
    "write_fixed",
    "poll_add",
    "poll_remove",
    "sync_file_range",
    "sendmsg",
    "recvmsg",
    "timeout",
    "timeout_remove",
    "accept",
    "async_cancel",
    "link_timeout",
    "connect",
    "fallocate",
    "openat",
    "close",
    "files_update",
    "statx",
    "read",
    "write",
    "fadvise",
    "madvise",
    "send",
    "recv",
    "openat2",
    "epoll_ctl",
    "splice",
    "provide_buffers",
    "remove_buffers",
    "tee",
    "shutdown",
    "renameat",
    "unlinkat",
    "mkdirat",
    "symlinkat",
    "linkat",
    "msg_ring",
    "fsetxattr",
    "setxattr",
    "fgetxattr",
    "getxattr",
    "socket",
    "uring_cmd",
    "send_zc",
    "sendmsg_zc",
    "read_multishot",
    "waitid",
    "futex_wait",
    "futex_wake",
    "futex_waitv",
    "fixed_fd_install",
    "ftruncate",
    "bind",
    "listen",
    "recv_zc",
    "epoll_wait",
    "readv_fixed",
    "writev_fixed",
    "pipe",
];

/// Name of operation `op`.
fn name(op: u32) -> String {
    let known = usize::try_from(op).ok().and_then(|op| NAMES.get(op));
    match known {
        Some(name) => (*name).to_owned(),
        None if op == UNKNOWN => "unknown".to_owned(),
        None => format!("op{op}"),
    }
}

/// Counts of a recording.
#[derive(Debug)]
pub(crate) struct UringCounts {
    /// Not yet in a notice, by process and operation.
    waiting: BTreeMap<(u32, u32), u64>,
    /// All, by operation.
    total: BTreeMap<u32, u64>,
    told: Instant,
    event: EventBuf,
}

impl Default for UringCounts {
    fn default() -> Self {
        Self {
            waiting: BTreeMap::new(),
            total: BTreeMap::new(),
            told: Instant::now(),
            event: EventBuf::default(),
        }
    }
}

impl UringCounts {
    /// Counts `more` operations `op` of process `pid`.
    pub(crate) fn add(&mut self, pid: u32, op: u32, more: u64) {
        if more > 0 {
            *self.waiting.entry((pid, op)).or_default() += more;
            *self.total.entry(op).or_default() += more;
        }
    }

    /// Whether it is time for the next notices.
    pub(crate) fn is_due(&self) -> bool {
        self.told.elapsed() >= EVERY
    }

    /// Gives a notice for each process that submitted something since the last time; returns how many.
    pub(crate) fn tell(&mut self, ts: u64, sink: &mut dyn FnMut(&Event<'_>)) -> usize {
        self.told = Instant::now();
        let mut notices: BTreeMap<u32, String> = BTreeMap::new();
        for ((pid, op), count) in std::mem::take(&mut self.waiting) {
            let text = notices.entry(pid).or_insert_with(|| format!("pid={pid}"));
            let _ = write!(text, " {}={count}", name(op));
        }
        for (pid, text) in &notices {
            self.event.reset(code::NOTIFICATION_E, ts, i64::from(*pid));
            self.event.push_text(b"scap.io_uring").push_text(text.as_bytes());
            sink(&self.event.as_event());
        }
        notices.len()
    }

    /// For people: how many there were, if any.
    pub(crate) fn note(&self) -> Option<String> {
        let all: u64 = self.total.values().sum();
        let mut kinds: Vec<(u64, String)> = self.total.iter().map(|(op, n)| (*n, name(*op))).collect();
        kinds.sort_by(|a, b| b.cmp(a));
        let kinds: Vec<String> = kinds.iter().map(|(n, name)| format!("{n} {name}")).collect();
        (all > 0).then(|| {
            format!(
                "{all} operations went through io_uring ({}): counted in the trace, not recorded one by one",
                kinds.join(", ")
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_has_one_notice_with_all_its_operations() {
        let mut counts = UringCounts::default();
        assert_eq!(counts.note(), None);
        for (pid, op, n) in [(7, 18, 2), (7, 22, 17), (9, UNKNOWN, 1), (7, 18, 1), (9, 200, 0)] {
            counts.add(pid, op, n);
        }
        let mut seen = Vec::new();
        counts.tell(5, &mut |e| {
            assert_eq!((e.ts, e.text(0)), (5, Some(&b"scap.io_uring"[..])));
            seen.push((e.tid, String::from_utf8(e.text(1).unwrap().to_vec()).unwrap()));
        });
        assert_eq!(seen, [(7, "pid=7 openat=3 read=17".to_owned()), (9, "pid=9 unknown=1".to_owned())]);
        assert_eq!(counts.tell(6, &mut |_| panic!("told twice")), 0);
        assert!(
            counts.note().unwrap().starts_with("21 operations went through io_uring (17 read, 3 openat, 1")
        );
    }
}
