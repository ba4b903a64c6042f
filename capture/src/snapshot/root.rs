//! Where /proc, /sys and /etc are found.
//!
//! The running system's by default; another root where the host's file systems are mounted elsewhere, as in
//! a container that was given the host's `/` below `/host`. Gives paths, reads nothing.

use std::path::{Path, PathBuf};

/// The directory below which `proc`, `sys` and `etc` lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root(PathBuf);

impl Default for Root {
    /// The running system's `/`.
    fn default() -> Self {
        Self(PathBuf::from("/"))
    }
}

impl Root {
    /// The root at `path`.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// The directory itself.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Its `/proc`.
    #[must_use]
    pub fn proc(&self) -> PathBuf {
        self.0.join("proc")
    }

    /// A path below it; `path` may be absolute.
    #[must_use]
    pub fn join(&self, path: impl AsRef<Path>) -> PathBuf {
        let path = path.as_ref();
        self.0.join(path.strip_prefix("/").unwrap_or(path))
    }

    /// `/proc/PID`.
    #[must_use]
    pub fn process(&self, pid: i64) -> PathBuf {
        self.proc().join(pid.to_string())
    }

    /// `/proc/PID/task/TID`.
    #[must_use]
    pub fn thread(&self, pid: i64, tid: i64) -> PathBuf {
        self.process(pid).join("task").join(tid.to_string())
    }
}
