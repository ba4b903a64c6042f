//! The file that a process runs, opened wherever it still can be.
//!
//! Takes a started program, gives its file and what tells it from others. `/proc/PID/exe` is the file itself, whatever the
//! process' root and however the file is called by now. Of a process that has gone, the path is looked up below the
//! root of its parent, of the other programs of its container that ran before, and below the machine's own; only a file
//! with the inode and times that the kernel told is taken.

use super::Started;
use nix::errno::Errno;
use nix::fcntl::{OFlag, OpenHow, ResolveFlag, open, openat2};
use nix::sys::stat::Mode;
use std::collections::VecDeque;
use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Most roots of containers that are kept open.
const ROOTS: usize = 32;

/// What tells a file from others, and from itself once it is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Identity {
    pub(super) dev: u64,
    pub(super) ino: u64,
    /// ns since the epoch.
    pub(super) ctime: u64,
    /// ns since the epoch.
    pub(super) mtime: u64,
    pub(super) size: u64,
}

impl Identity {
    /// Of an open file.
    ///
    /// # Errors
    /// If the kernel does not tell.
    pub(super) fn of(file: &File) -> io::Result<Self> {
        let meta = file.metadata()?;
        let nanos = |seconds: i64, part: i64| {
            let part = u64::try_from(part).unwrap_or(0);
            u64::try_from(seconds).unwrap_or(0).saturating_mul(1_000_000_000).saturating_add(part)
        };
        Ok(Self {
            dev: meta.dev(),
            ino: meta.ino(),
            ctime: nanos(meta.ctime(), meta.ctime_nsec()),
            mtime: nanos(meta.mtime(), meta.mtime_nsec()),
            size: meta.size(),
        })
    }

    /// Whether it fits what the kernel told when the program started: inode, time of change, of modification.
    fn fits(&self, facts: [u64; 3]) -> bool {
        facts == [self.ino, self.ctime, self.mtime] || facts[0] == 0
    }
}

/// Roots that programs were seen to have, latest first.
#[derive(Debug, Default)]
pub(super) struct Roots(VecDeque<(u64, u64, OwnedFd)>);

impl Roots {
    /// The file of `started`, not yet open for reading, and what tells it from others; `None` if it is nowhere to be
    /// found.
    pub(super) fn find(&mut self, started: &Started) -> Option<(File, Identity)> {
        let own = format!("/proc/{}", started.tid);
        if let Some(found) = fitting(path_only(Path::new(&own).join("exe").as_path()), started) {
            self.keep(&own);
            return Some(found);
        }
        let path = Path::new(OsStr::from_bytes(started.path.strip_prefix(b"/")?));
        self.keep(&format!("/proc/{}", started.parent));
        let machine = path_only(Path::new("/")).ok();
        let kept = self.0.iter().map(|(_, _, root)| root);
        kept.chain(&machine).find_map(|root| fitting(below(root, path), started))
    }

    /// Remembers the root of the process at `dir`.
    fn keep(&mut self, dir: &str) {
        let Ok(root) = path_only(Path::new(dir).join("root").as_path()) else { return };
        let file = File::from(root);
        let Ok(meta) = file.metadata() else { return };
        let key = (meta.dev(), meta.ino());
        if let Some(at) = self.0.iter().position(|(dev, ino, _)| (*dev, *ino) == key) {
            self.0.swap(0, at);
            return;
        }
        self.0.push_front((key.0, key.1, OwnedFd::from(file)));
        self.0.truncate(ROOTS);
    }
}

fn path_only(path: &Path) -> io::Result<OwnedFd> {
    Ok(open(path, OFlag::O_PATH | OFlag::O_CLOEXEC, Mode::empty())?)
}

fn below(root: &OwnedFd, path: &Path) -> io::Result<OwnedFd> {
    let how = OpenHow::new()
        .flags(OFlag::O_PATH | OFlag::O_CLOEXEC)
        .resolve(ResolveFlag::RESOLVE_IN_ROOT | ResolveFlag::RESOLVE_NO_MAGICLINKS);
    Ok(openat2(root, path, how)?)
}

fn fitting(found: io::Result<OwnedFd>, started: &Started) -> Option<(File, Identity)> {
    let file = File::from(found.ok()?);
    if !file.metadata().ok()?.is_file() {
        return None;
    }
    let identity = Identity::of(&file).ok()?;
    identity.fits(started.facts).then_some((file, identity))
}

/// Opens for reading what was found, leaving its time of access as it was where that may be.
///
/// # Errors
/// What the kernel refused.
pub(super) fn readable(found: &File) -> io::Result<File> {
    let path = format!("/proc/self/fd/{}", found.as_raw_fd());
    let flags = OFlag::O_RDONLY | OFlag::O_CLOEXEC | OFlag::O_NONBLOCK;
    let opened = match open(path.as_str(), flags | OFlag::O_NOATIME, Mode::empty()) {
        Err(Errno::EPERM) => open(path.as_str(), flags, Mode::empty()),
        result => result,
    };
    Ok(File::from(opened?))
}
