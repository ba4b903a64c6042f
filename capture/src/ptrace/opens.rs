//! Whether an open is about to make its file.
//!
//! Takes a call at its entry, looks whether the path it names is there, as the traced thread would find it. The kernel knows
//! it only afterwards, and does not tell.

use super::memory::Memory;
use super::sys::Tid;
use nix::libc;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

const PATH_MAX: usize = 4096;

/// Where a call keeps directory, path and flags.
struct Open {
    dir: Option<u64>,
    path: u64,
    flags: u64,
}

/// Whether call `nr` with `args` will have made a file if it works.
pub(super) fn makes_file(tid: Tid, nr: u64, args: &[u64; 6]) -> bool {
    let Some(open) = open(tid, nr, args) else { return false };
    let creat = u64::from(libc::O_CREAT.cast_unsigned());
    if open.flags & creat == 0 {
        return false;
    }
    let path = Memory(tid).text(open.path, PATH_MAX);
    let Some(path) = path.strip_suffix(&[0]).filter(|path| !path.is_empty()) else { return false };
    std::fs::symlink_metadata(seen_by(tid, open.dir, path)).is_err()
}

fn open(tid: Tid, nr: u64, args: &[u64; 6]) -> Option<Open> {
    let [a, b, c, ..] = *args;
    let is = |number: libc::c_long| u64::try_from(number) == Ok(nr);
    if is(libc::SYS_openat) {
        return Some(Open { dir: Some(a), path: b, flags: c });
    }
    if is(libc::SYS_openat2) {
        return Some(Open { dir: Some(a), path: b, flags: Memory(tid).word(c)? });
    }
    #[cfg(target_arch = "x86_64")]
    if is(libc::SYS_open) {
        return Some(Open { dir: None, path: a, flags: b });
    }
    None
}

/// `path` as thread `tid` finds it, through its /proc directory.
fn seen_by(tid: Tid, dir: Option<u64>, path: &[u8]) -> PathBuf {
    let own = PathBuf::from(format!("/proc/{tid}"));
    let path = Path::new(OsStr::from_bytes(path));
    if let Ok(below) = path.strip_prefix("/") {
        return own.join("root").join(below);
    }
    let dir = dir.map(|dir| {
        let [a, b, c, d, ..] = dir.to_le_bytes();
        i32::from_le_bytes([a, b, c, d])
    });
    match dir {
        Some(fd) if fd != libc::AT_FDCWD => own.join("fd").join(fd.to_string()).join(path),
        _ => own.join("cwd").join(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_not_there_is_made() {
        let dir = tempfile::tempdir().unwrap();
        let there = dir.path().join("there");
        std::fs::write(&there, "").unwrap();
        let tid = nix::unistd::gettid().as_raw();
        let nr = u64::try_from(libc::SYS_openat).unwrap();
        let asks = |path: &Path, flags: i32| {
            let path = std::ffi::CString::new(path.as_os_str().as_bytes()).unwrap();
            let at = path.as_ptr().addr() as u64;
            makes_file(tid, nr, &[0, at, u64::from(flags.cast_unsigned()), 0, 0, 0])
        };
        assert!(asks(&dir.path().join("new"), libc::O_CREAT | libc::O_WRONLY));
        assert!(!asks(&dir.path().join("new"), libc::O_WRONLY));
        assert!(!asks(&there, libc::O_CREAT));
        assert!(!makes_file(tid, nr + 1000, &[0; 6]) && !makes_file(tid, nr, &[0, 1, 0o100, 0, 0, 0]));
    }
}
