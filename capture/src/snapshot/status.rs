//! `/proc/PID/status` and `/proc/PID/stat`.
//!
//! Takes their bytes, gives ids, credentials, capabilities, memory and times. Where a namespaced id has several
//! values (one per nested pid namespace) the last one counts, the process' own view, as in the kernel's
//! events. Source: proc(5), `fs/proc/array.c`.

use super::text::{lines, number, value_of, words};

/// What `/proc/PID/status` tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Status {
    pub(crate) tgid: i64,
    pub(crate) ppid: i64,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) groups: Vec<u32>,
    pub(crate) cap_permitted: Option<u64>,
    pub(crate) cap_effective: Option<u64>,
    pub(crate) cap_inheritable: Option<u64>,
    pub(crate) vm_size_kb: u32,
    pub(crate) vm_rss_kb: u32,
    pub(crate) vm_swap_kb: u32,
    /// Innermost ids; `None` on kernels before 4.1.
    pub(crate) vtid: Option<i64>,
    /// Whether it lives in a pid namespace below that of /proc.
    pub(crate) nested: bool,
    pub(crate) vpid: Option<i64>,
    pub(crate) vpgid: Option<i64>,
}

impl Status {
    /// `None` if there is no thread group id in it.
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        let mut status = Self { uid: u32::MAX, gid: u32::MAX, ..Self::default() };
        let mut tgid = None;
        for line in lines(text) {
            let Some(colon) = line.iter().position(|&b| b == b':') else { continue };
            let (key, value) = (&line[..colon], line[colon + 1..].trim_ascii());
            match key {
                b"Tgid" => tgid = number(value, 10),
                b"PPid" => status.ppid = number(value, 10).unwrap_or(-1),
                b"Uid" => status.uid = effective(value),
                b"Gid" => status.gid = effective(value),
                b"Groups" => status.groups = words(value).filter_map(|word| number(word, 10)).collect(),
                b"CapInh" => status.cap_inheritable = number(value, 16),
                b"CapPrm" => status.cap_permitted = number(value, 16),
                b"CapEff" => status.cap_effective = number(value, 16),
                b"VmSize" => status.vm_size_kb = kibibytes(value),
                b"VmRSS" => status.vm_rss_kb = kibibytes(value),
                b"VmSwap" => status.vm_swap_kb = kibibytes(value),
                b"NSpid" => {
                    status.vtid = innermost(value);
                    status.nested = words(value).count() > 1;
                }
                b"NStgid" => status.vpid = innermost(value),
                b"NSpgid" => status.vpgid = innermost(value),
                _ => {}
            }
        }
        status.tgid = tgid?;
        Some(status)
    }
}

/// Real, effective, saved, file system: the second is the effective one.
fn effective(ids: &[u8]) -> u32 {
    words(ids).nth(1).and_then(|id| number(id, 10)).unwrap_or(u32::MAX)
}

fn kibibytes(value: &[u8]) -> u32 {
    words(value).next().and_then(|n| number(n, 10)).unwrap_or(0)
}

fn innermost(ids: &[u8]) -> Option<i64> {
    words(ids).last().and_then(|id| number(id, 10))
}

/// What `/proc/PID/stat` tells.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Stat {
    pub(crate) state: u8,
    pub(crate) ppid: i64,
    pub(crate) pgid: i64,
    pub(crate) sid: i64,
    /// Device number of the controlling terminal, 0 for none.
    pub(crate) tty: u32,
    /// The kernel's `PF_*` flags.
    pub(crate) flags: u32,
    pub(crate) minor_faults: u64,
    pub(crate) major_faults: u64,
    /// Clock ticks since boot.
    pub(crate) start: u64,
}

impl Stat {
    /// `None` if fields are missing. The command name may hold anything, parentheses and newlines too, so that
    /// counting begins after the last closing parenthesis.
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        let after_name = text.iter().rposition(|&b| b == b')')? + 1;
        let fields: Vec<&[u8]> = words(text.get(after_name..)?.trim_ascii()).collect();
        // Fields are numbered as in proc(5); the state, number 3, is the first one here.
        let field = |n: usize| fields.get(n - 3).copied();
        Some(Self {
            state: *field(3)?.first()?,
            ppid: number(field(4)?, 10)?,
            pgid: number(field(5)?, 10)?,
            sid: number(field(6)?, 10)?,
            tty: number::<i32>(field(7)?, 10)?.cast_unsigned(),
            flags: number(field(9)?, 10)?,
            minor_faults: number(field(10)?, 10)?,
            major_faults: number(field(12)?, 10)?,
            start: number(field(22)?, 10)?,
        })
    }

    /// Whether it is a thread of the kernel itself (`PF_KTHREAD`).
    pub(crate) const fn is_kernel_thread(&self) -> bool {
        self.flags & 0x0020_0000 != 0
    }

    /// Whether it has ended and only waits to be reaped.
    pub(crate) const fn is_dead(&self) -> bool {
        matches!(self.state, b'Z' | b'X' | b'x')
    }
}

/// Soft limit of open files in `/proc/PID/limits`; -1 where unknown, as libscap has it.
pub(crate) fn open_files_limit(limits: &[u8]) -> i64 {
    let line = lines(limits).find_map(|line| line.strip_prefix(b"Max open files"));
    match line.and_then(|line| words(line).next()) {
        Some(b"unlimited") => i64::MAX,
        Some(soft) => number(soft, 10).unwrap_or(-1),
        None => -1,
    }
}

/// Login user in `/proc/PID/loginuid`; `u32::MAX` if nobody logged in or the kernel has no audit.
pub(crate) fn login_user(text: Option<&[u8]>) -> u32 {
    text.and_then(|text| number(text.trim_ascii(), 10)).unwrap_or(u32::MAX)
}

/// `MemTotal` of `/proc/meminfo` in bytes.
pub(crate) fn memory_total(meminfo: &[u8]) -> u64 {
    let kib: Option<u64> = lines(meminfo)
        .find_map(|line| value_of(line, "MemTotal"))
        .and_then(|value| words(value).next())
        .and_then(|n| number(n, 10));
    kib.unwrap_or(0).saturating_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_full_of_parentheses_does_not_shift_the_fields() {
        let text = b"7 (a) R 1 (\n) S 1 7 5 34816 7 4194304 11 0 13 0 1 2 0 0 20 0 1 0 4242 0 0";
        let stat = Stat::parse(text).unwrap();
        assert_eq!((stat.state, stat.ppid, stat.pgid, stat.sid, stat.tty), (b'S', 1, 7, 5, 34816));
        assert_eq!((stat.minor_faults, stat.major_faults, stat.start), (11, 13, 4242));
    }

    #[test]
    fn own_status_and_stat_agree_with_the_kernels_answers() {
        let status = Status::parse(&std::fs::read("/proc/self/status").unwrap()).unwrap();
        assert_eq!(status.tgid, i64::from(std::process::id()));
        assert_eq!(status.uid, nix::unistd::geteuid().as_raw());
        assert_eq!(status.gid, nix::unistd::getegid().as_raw());
        assert!(status.vm_size_kb > 0 && status.cap_effective.is_some());
        let stat = Stat::parse(&std::fs::read("/proc/self/stat").unwrap()).unwrap();
        assert_eq!(stat.pgid, i64::from(nix::unistd::getpgrp().as_raw()));
        assert!(!stat.is_kernel_thread() && !stat.is_dead() && stat.start > 0);
    }

    #[test]
    fn nested_namespaces_give_the_innermost_id() {
        let status = Status::parse(b"Name:\tx\nTgid:\t90\nNSpid:\t90\t7\t1\nNStgid:\t90\n").unwrap();
        assert_eq!((status.vtid, status.vpid, status.vpgid), (Some(1), Some(90), None));
        assert_eq!(Status::parse(b"Name:\tx\n"), None);
    }

    #[test]
    fn unlimited_files_and_missing_audit_have_their_values() {
        assert_eq!(open_files_limit(b"Limit Soft Hard\nMax open files   1024   4096  files\n"), 1024);
        assert_eq!(open_files_limit(b"Max open files   unlimited unlimited files\n"), i64::MAX);
        assert_eq!(open_files_limit(b""), -1);
        assert_eq!(login_user(Some(b"1000")), 1000);
        assert_eq!(login_user(None), u32::MAX);
    }
}
