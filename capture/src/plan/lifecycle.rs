//! Parameters of clone, exec, process end and signals.
//!
//! The numbers of a task come in one capture, laid out as `struct task_info` in `bpf/plan.h`; strings in
//! captures of their own.

use super::finish::Raw;
use scap_schema::fetch::{MemoryPart, TaskPart};

/// Offset and width of a number of `struct task_info`; whether it is signed.
const fn field(part: TaskPart) -> Option<(usize, usize)> {
    Some(match part {
        TaskPart::Tid => (0, 4),
        TaskPart::Pid => (4, 4),
        TaskPart::ParentTid => (8, 4),
        TaskPart::TidInside => (12, 4),
        TaskPart::PidInside => (16, 4),
        TaskPart::Pgid => (20, 4),
        TaskPart::PgidInside => (24, 4),
        TaskPart::Tty => (28, 4),
        TaskPart::LoginUid => (32, 4),
        TaskPart::Uid => (36, 4),
        TaskPart::Gid => (40, 4),
        TaskPart::ExeFlags => (44, 4),
        TaskPart::Memory(part) => memory(48, part),
        TaskPart::FdLimit => (64, 8),
        TaskPart::MajorFaults => (72, 8),
        TaskPart::MinorFaults => (80, 8),
        TaskPart::Capability(n) => (88 + n as usize * 8, 8),
        TaskPart::ExeInode => (112, 8),
        TaskPart::ExeChanged => (120, 8),
        TaskPart::ExeModified => (128, 8),
        TaskPart::PidNsStart => (136, 8),
        _ => return None,
    })
}

const PIDNS: usize = 60;
const COMM: usize = 144;

/// Offset and width of one of three sizes that stand together from `at` on.
pub(crate) const fn memory(at: usize, part: MemoryPart) -> (usize, usize) {
    match part {
        MemoryPart::Size => (at, 4),
        MemoryPart::Resident => (at + 4, 4),
        MemoryPart::Swapped => (at + 8, 4),
    }
}

/// A number of the task in capture `at`; `None` for parts that are text.
pub(crate) fn number(raw: &Raw<'_>, part: TaskPart, at: usize) -> Option<u64> {
    let (offset, width) = field(part)?;
    if matches!(part, TaskPart::PidNsStart) && raw.ret != 0 {
        return Some(0);
    }
    Some(raw.captures.number(at, offset, width).unwrap_or(0))
}

/// Bits that the schema's clone flags have beside the kernel's: the child is in a pid namespace below the first.
pub(crate) fn in_pid_namespace(raw: &Raw<'_>, task: usize) -> u32 {
    const CHILD_IN_PIDNS: u32 = 1 << 29;
    let bits = raw.captures.number(task, PIDNS, 4).unwrap_or(0);
    if bits & 1 != 0 || bits & 2 != 0 { CHILD_IN_PIDNS } else { 0 }
}

/// A text of the task: appends it to `out`. `at` is its capture, `task` that of the numbers.
pub(crate) fn text(raw: &Raw<'_>, part: TaskPart, at: usize, task: usize, out: &mut Vec<u8>) {
    match part {
        TaskPart::Comm => {
            let comm = raw.captures.bytes(task.max(at)).get(COMM..COMM + 16).unwrap_or(&[]);
            let end = comm.iter().position(|&b| b == 0).unwrap_or(comm.len());
            out.extend_from_slice(&comm[..end]);
            out.push(0);
        }
        TaskPart::Exe => {
            let (exe, _) = split(raw, at);
            out.extend_from_slice(exe);
            close(exe, out);
            if exe.is_empty() && raw.captures.aux(at) == u32::MAX {
                // No argument array at all: an empty name, which is not the same as none.
                out.push(0);
            }
        }
        TaskPart::Args => {
            let (_, args) = split(raw, at);
            out.extend_from_slice(args);
            close(args, out);
        }
        TaskPart::Env => {
            let env = raw.captures.bytes(at);
            out.extend_from_slice(env);
            close(env, out);
        }
        TaskPart::Filename => out.extend_from_slice(raw.captures.bytes(at)),
        TaskPart::ExePath => path(raw, at, out),
        TaskPart::Cgroups => cgroups(raw, at, out),
        _ => {}
    }
}

/// First string, and the rest.
fn split<'a>(raw: &Raw<'a>, at: usize) -> (&'a [u8], &'a [u8]) {
    let all = raw.captures.bytes(at);
    let end = all.iter().position(|&b| b == 0).map_or(all.len(), |nul| nul + 1);
    all.split_at(end)
}

/// Strings that were cut off end with a NUL all the same.
fn close(bytes: &[u8], out: &mut [u8]) {
    if !bytes.is_empty()
        && let Some(last) = out.last_mut()
    {
        *last = 0;
    }
}

/// Appends a path captured last component first.
pub(crate) fn path(raw: &Raw<'_>, at: usize, out: &mut Vec<u8>) {
    let bytes = raw.captures.bytes(at);
    if raw.captures.aux(at) == 1 {
        // A file without a place, like a memfd: just its name.
        out.extend_from_slice(bytes);
    } else if raw.captures.exists(at) {
        turn_round(bytes, out);
        out.push(0);
    }
}

/// Appends `/a/b/c` for components `c\0b\0a\0`.
fn turn_round(components: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    for component in components.split(|&b| b == 0).rev().filter(|c| !c.is_empty()) {
        out.push(b'/');
        out.extend_from_slice(component);
    }
    if out.len() == start {
        out.push(b'/');
    }
}

/// Appends `controller=/path` strings of five controllers. A capture is the controller's name, then the
/// components of its cgroup from the last to the empty one of the root; aux 1 stands for "the same
/// cgroup as the controller before".
fn cgroups(raw: &Raw<'_>, at: usize, out: &mut Vec<u8>) {
    let mut last = 0..0;
    for capture in at..at + 5 {
        let bytes = raw.captures.bytes(capture);
        let Some(nul) = bytes.iter().position(|&b| b == 0) else { continue };
        out.extend_from_slice(&bytes[..nul]);
        out.push(b'=');
        let start = out.len();
        if raw.captures.aux(capture) == 1 {
            out.extend_from_within(last);
        } else {
            turn_round(&bytes[nul + 1..], out);
        }
        last = start..out.len();
        out.push(0);
    }
}

/// Status word of an ended thread taken apart: exit code, signal, whether it dumped core.
pub(crate) const fn exit_status(status: i64) -> (i64, u64, bool) {
    let signal = (status & 0x7f) as u64;
    let signalled = signal != 0 && signal != 0x7f;
    ((status >> 8) & 0xff, if signalled { signal } else { 0 }, status & 0x80 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Captures;

    fn with(captures: &[(&[u8], u32)]) -> Captures {
        let mut all = Captures::default();
        for (bytes, aux) in captures {
            all.push(bytes, *aux);
        }
        all
    }

    fn texts(captures: &Captures, part: TaskPart) -> Vec<u8> {
        let raw = Raw { tid: 1, nr: 0, ret: 0, args: [0; 6], captures: captures.view() };
        let mut out = Vec::new();
        text(&raw, part, 0, 0, &mut out);
        out
    }

    #[test]
    fn the_first_string_is_the_exe_and_the_rest_the_arguments() {
        let c = with(&[(b"ls\0-l\0/tm", 12)]);
        assert_eq!(texts(&c, TaskPart::Exe), b"ls\0");
        assert_eq!(texts(&c, TaskPart::Args), b"-l\0/t\0");
        assert_eq!(texts(&with(&[(b"", u32::MAX)]), TaskPart::Exe), b"\0");
        assert_eq!(texts(&with(&[(b"", 0)]), TaskPart::Exe), b"");
    }

    #[test]
    fn paths_are_turned_round() {
        assert_eq!(texts(&with(&[(b"ls\0bin\0usr\0", 0)]), TaskPart::ExePath), b"/usr/bin/ls\0");
        assert_eq!(texts(&with(&[(b"memfd:x\0", 1)]), TaskPart::ExePath), b"memfd:x\0");
    }

    #[test]
    fn a_cgroup_shared_by_controllers_is_written_for_each() {
        let c =
            with(&[(b"cpuset\0\0", 0), (b"cpu\0b\0a\0\0", 0), (b"io\0", 1), (b"", 0), (b"memory\0\0", 0)]);
        assert_eq!(texts(&c, TaskPart::Cgroups), b"cpuset=/\0cpu=/a/b\0io=/a/b\0memory=/\0");
    }

    #[test]
    fn a_status_word_tells_code_signal_and_core() {
        assert_eq!(exit_status(3 << 8), (3, 0, false));
        assert_eq!(exit_status(11 | 0x80), (0, 11, true));
    }
}
