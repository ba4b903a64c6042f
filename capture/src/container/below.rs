//! Files below a root, read without leaving it.
//!
//! Takes paths, gives bytes. Links are followed inside the root only: one that points to `/etc/shadow` means the root's own.
//! What is no plain file is not opened for reading, so that a pipe cannot make the recorder wait. Sizes and numbers
//! of names have limits. Source: openat2(2); before Linux 5.6 no link is followed at all.

use nix::errno::Errno;
use nix::fcntl::{OFlag, OpenHow, ResolveFlag, openat, openat2};
use nix::sys::stat::Mode;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::path::{Component, Path};

/// Largest file that is read, bytes.
const FILE_LIMIT: u64 = 4 << 20;

/// Most names of a directory that are looked at.
const NAMES_LIMIT: usize = 4096;

/// A directory and what lies below it.
#[derive(Debug)]
pub(crate) struct Below {
    dir: OwnedFd,
}

impl Below {
    /// The directory at `root`.
    ///
    /// # Errors
    /// If it is none, or may not be opened.
    pub(crate) fn open(root: &Path) -> io::Result<Self> {
        let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        Ok(Self { dir: nix::fcntl::open(root, flags, Mode::empty())? })
    }

    /// The bytes of a file; `None` if it is missing, no plain file, or larger than [`FILE_LIMIT`].
    pub(crate) fn read(&self, path: &str) -> Option<Vec<u8>> {
        let file = self.file(path).ok()?;
        let meta = file.metadata().ok()?;
        if !meta.is_file() || meta.len() > FILE_LIMIT {
            return None;
        }
        let mut bytes = Vec::new();
        file.take(FILE_LIMIT).read_to_end(&mut bytes).ok()?;
        Some(bytes)
    }

    /// A text file, with what is no UTF-8 replaced.
    pub(crate) fn text(&self, path: &str) -> Option<String> {
        self.read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }

    /// A JSON document.
    pub(crate) fn json(&self, path: &str) -> Option<serde_json::Value> {
        serde_json::from_slice(&self.read(path)?).ok()
    }

    /// Names in a directory, in order; empty if there is none.
    pub(crate) fn names(&self, path: &str) -> Vec<String> {
        let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC | OFlag::O_NONBLOCK;
        let Ok(dir) = self.resolve(path, flags) else { return Vec::new() };
        let Ok(entries) = std::fs::read_dir(format!("/proc/self/fd/{}", dir.as_raw_fd())) else {
            return Vec::new();
        };
        let names = entries.take(NAMES_LIMIT).filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }

    /// Opens a file for reading.
    ///
    /// # Errors
    /// What the kernel refused.
    pub(crate) fn file(&self, path: &str) -> io::Result<File> {
        // Opening as a path has no effect on a device or a pipe; only then is it known to be a plain file.
        let found = File::from(self.resolve(path, OFlag::O_PATH | OFlag::O_CLOEXEC)?);
        if !found.metadata()?.is_file() {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let flags = OFlag::O_RDONLY | OFlag::O_CLOEXEC | OFlag::O_NONBLOCK | OFlag::O_NOCTTY;
        Ok(File::from(self.resolve(path, flags)?))
    }

    fn resolve(&self, path: &str, flags: OFlag) -> io::Result<OwnedFd> {
        let how = OpenHow::new()
            .flags(flags)
            .resolve(ResolveFlag::RESOLVE_IN_ROOT | ResolveFlag::RESOLVE_NO_MAGICLINKS);
        match openat2(&self.dir, path, how) {
            Err(Errno::ENOSYS | Errno::EPERM) => self.step_by_step(path, flags),
            result => Ok(result?),
        }
    }

    /// As [`resolve`](Self::resolve), but without following any link.
    fn step_by_step(&self, path: &str, flags: OFlag) -> io::Result<OwnedFd> {
        let names = Path::new(path).components().filter_map(|component| match component {
            Component::Normal(name) => Some(Ok(name)),
            Component::ParentDir => Some(Err(io::Error::from(io::ErrorKind::InvalidInput))),
            _ => None,
        });
        let names: Vec<_> = names.collect::<io::Result<_>>()?;
        let (last, parents) = names.split_last().ok_or(io::ErrorKind::NotFound)?;
        let mut dir: Option<OwnedFd> = None;
        let between = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        for name in parents {
            let here = dir.as_ref().map_or(self.dir.as_fd(), AsFd::as_fd);
            dir = Some(openat(here, *name, between, Mode::empty())?);
        }
        let here = dir.as_ref().map_or(self.dir.as_fd(), AsFd::as_fd);
        Ok(openat(here, *last, flags | OFlag::O_NOFOLLOW, Mode::empty())?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn links_lead_nowhere_but_into_the_root() {
        let (root, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::fs::write(outside.path().join("secret"), "s").unwrap();
        std::fs::create_dir(root.path().join("etc")).unwrap();
        std::fs::write(root.path().join("etc/passwd"), "inside").unwrap();
        symlink(outside.path().join("secret"), root.path().join("out")).unwrap();
        symlink("../../../../../../etc/passwd", root.path().join("etc/up")).unwrap();
        symlink("/etc/passwd", root.path().join("in")).unwrap();
        symlink("loop", root.path().join("loop")).unwrap();
        let below = Below::open(root.path()).unwrap();
        assert_eq!(below.read("out"), None);
        assert_eq!(below.read("etc/up").unwrap(), b"inside");
        assert_eq!(below.read("/in").unwrap(), b"inside");
        assert_eq!(below.read("../../etc/passwd").unwrap(), b"inside");
        assert_eq!((below.read("loop"), below.read("etc"), below.read("")), (None, None, None));
        assert_eq!(below.names("/"), ["etc", "in", "loop", "out"]);
        assert!(below.names("out").is_empty());
        let slowly = |path| below.step_by_step(path, OFlag::O_RDONLY);
        assert!(slowly("etc/passwd").is_ok());
        assert!(
            slowly("etc/up").is_err()
                && slowly("in").is_err()
                && slowly("../x").is_err()
                && slowly("").is_err()
        );
    }

    #[test]
    fn a_pipe_or_a_huge_file_is_not_read() {
        let root = tempfile::tempdir().unwrap();
        nix::unistd::mkfifo(&root.path().join("pipe"), Mode::S_IRWXU).unwrap();
        File::create(root.path().join("huge")).unwrap().set_len(FILE_LIMIT + 1).unwrap();
        let below = Below::open(root.path()).unwrap();
        assert_eq!((below.read("pipe"), below.read("huge")), (None, None));
    }
}
