//! What a task knows of itself through /proc, as the events of its calls must say it.

use super::{cstr, n, t, w};
use std::os::unix::fs::MetadataExt;

/// A line of /proc/thread-self/status, without its name.
pub(crate) fn status(name: &str) -> String {
    let status = std::fs::read_to_string("/proc/thread-self/status").unwrap();
    status.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim().to_owned()
}

/// A capability set of this task.
pub(crate) fn capabilities(which: &str) -> i64 {
    i64::from_str_radix(&status(which), 16).unwrap()
}

pub(crate) fn login_uid() -> u32 {
    let text = std::fs::read_to_string("/proc/self/loginuid");
    text.ok().and_then(|t| t.trim().parse().ok()).unwrap_or(u32::MAX)
}

/// Limit of open files.
pub(crate) fn fd_limit() -> i64 {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files")).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap_or(-1)
}

/// What a new process has of its maker, beside its ids.
pub(crate) fn inherited() -> Vec<(&'static str, Vec<u8>)> {
    let comm = std::fs::read_to_string("/proc/thread-self/comm").unwrap();
    vec![
        ("cwd", vec![]),
        ("comm", t(comm.trim_end())),
        ("fdlimit", n(fd_limit())),
        ("cgroups", cgroups()),
        ("vm_swap", w(0)),
    ]
}

/// Sizes and faults: of a process of this program.
pub(crate) const FIGURES: [(&str, i64, i64); 4] = [
    ("pgft_maj", 0, 1_000_000),
    ("pgft_min", 0, 10_000_000),
    ("vm_size", 500, 4 << 20),
    ("vm_rss", 1, 1 << 20),
];

/// The parent of this process: whichever thread of the recorder has started it, or taken over from that.
pub(crate) const SOME_PARENT: (&str, i64, i64) = ("ptid", 1, 1 << 22);

/// `controller=/path` of five controllers, each with its NUL: version 1 has a line for each; in version 2 a process is where
/// it is for those controllers that are enabled all the way down, and otherwise as far down as they are.
fn cgroups() -> Vec<u8> {
    let groups = std::fs::read_to_string("/proc/thread-self/cgroup").unwrap();
    let first: Vec<[&str; 3]> =
        groups.lines().filter_map(|line| line.splitn(3, ':').collect::<Vec<_>>().try_into().ok()).collect();
    let unified = first.iter().find(|[id, ..]| *id == "0").map(|[.., path]| *path);
    let mut all = Vec::new();
    for name in ["cpuset", "cpu", "cpuacct", "io", "memory"] {
        let old = if name == "io" { "blkio" } else { name };
        let own =
            first.iter().find(|[_, list, _]| list.split(',').any(|one| one == old)).map(|[.., path]| *path);
        let path = own.map(str::to_owned).or_else(|| unified.map(|path| enabled(name, path)));
        all.extend(t(&format!("{name}={}", path.as_deref().unwrap_or("/"))));
    }
    all
}

/// The lowest cgroup on the way to `path` for which `controller` is enabled.
fn enabled(controller: &str, path: &str) -> String {
    let mut here = path;
    while here.len() > 1 {
        let list =
            std::fs::read_to_string(format!("/sys/fs/cgroup{here}/cgroup.controllers")).unwrap_or_default();
        if list.split_whitespace().any(|one| one == controller) {
            return here.to_owned();
        }
        here = here.rsplit_once('/').map_or("/", |(above, _)| above);
    }
    "/".to_owned()
}

/// What an exec tells of the caller and its executable, where it is this process.
pub(crate) fn whole() -> Vec<(&'static str, Vec<u8>)> {
    let exe = std::fs::read_link("/proc/self/exe").unwrap();
    let meta = std::fs::metadata(&exe).unwrap();
    let (pid, tid) = (std::process::id(), super::call!(SYS_gettid));
    let mut all = inherited();
    all.extend([
        ("tid", n(tid)),
        ("pid", n(pid.into())),
        ("tty", w(0)),
        ("vpgid", n(super::call!(SYS_getpgid, 0))),
        ("pgid", n(super::call!(SYS_getpgid, 0))),
        ("uid", w(0)),
        ("gid", w(0)),
        ("flags", w(1)),
        ("trusted_exepath", t(exe.to_str().unwrap())),
    ]);
    all.extend(task_and_file(&meta));
    all
}

/// Login, capabilities, and inode and times of the executable `meta` is of.
pub(crate) fn task_and_file(meta: &std::fs::Metadata) -> Vec<(&'static str, Vec<u8>)> {
    let epoch = |sec: i64, nsec: i64| n(sec * 1_000_000_000 + nsec);
    vec![
        ("loginuid", w(login_uid())),
        ("cap_permitted", n(capabilities("CapPrm:"))),
        ("cap_effective", n(capabilities("CapEff:"))),
        ("cap_inheritable", n(capabilities("CapInh:"))),
        ("exe_ino", n(meta.ino().cast_signed())),
        ("exe_ino_ctime", epoch(meta.ctime(), meta.ctime_nsec())),
        ("exe_ino_mtime", epoch(meta.mtime(), meta.mtime_nsec())),
    ]
}

/// A new terminal: its controlling end, which must stay open, and its other end. `None` where there are none.
pub(crate) fn terminal() -> Option<(i64, i64)> {
    let controls =
        super::call!(SYS_open, &cstr("/dev/ptmx"), libc::O_RDWR | libc::O_NOCTTY | libc::O_CLOEXEC);
    let (mut number, unlock) = (0i32, 0i32);
    if controls < 0
        || super::call!(SYS_ioctl, controls, i64::try_from(libc::TIOCSPTLCK).unwrap(), &raw const unlock) < 0
        || super::call!(SYS_ioctl, controls, i64::try_from(libc::TIOCGPTN).unwrap(), &raw mut number) < 0
    {
        return None;
    }
    let path = cstr(&format!("/dev/pts/{number}"));
    let other = super::call!(SYS_open, &path, libc::O_RDWR | libc::O_NOCTTY | libc::O_CLOEXEC);
    (other >= 0).then_some((controls, other))
}
