//! Where the trace goes.
//!
//! A file of its own, readable by its owner only and never one that was there before unless forced; or standard output.
//! Writes go straight to the operating system: the trace's writer hands over whole frames.

use super::SessionError;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// An open output.
#[derive(Debug)]
pub struct Output {
    file: File,
    /// Where the file is, if it is one and was made for this trace.
    path: Option<PathBuf>,
    /// Whether what follows the last whole frame can be cut off.
    own: bool,
    stdout: bool,
    written: u64,
}

impl Output {
    /// Makes a file with mode 0600.
    ///
    /// # Errors
    /// If it cannot be made, or is there already and `overwrite` is false.
    pub fn file(path: &Path, overwrite: bool) -> Result<Self, SessionError> {
        let mut options = OpenOptions::new();
        options.write(true).mode(0o600).custom_flags(nix::libc::O_NOFOLLOW | nix::libc::O_CLOEXEC);
        if overwrite {
            options.create(true).truncate(true);
        } else {
            options.create_new(true);
        }
        let opened = options.open(path).and_then(|file| {
            let kind = file.metadata()?.file_type();
            if kind.is_file() {
                // A file that was there before keeps its mode otherwise.
                file.set_permissions(PermissionsExt::from_mode(0o600))?;
            }
            let path = (!overwrite).then(|| path.to_owned());
            Ok(Self { file, path, own: kind.is_file(), stdout: false, written: 0 })
        });
        opened.map_err(|source| {
            let hint = match source.kind() {
                io::ErrorKind::AlreadyExists => "; choose another name, or overwrite it with --force",
                io::ErrorKind::NotFound => "; its directory does not exist",
                _ => "",
            };
            SessionError::Output { path: path.display().to_string(), source, hint }
        })
    }

    /// Standard output.
    ///
    /// # Errors
    /// If it is closed.
    pub fn stdout() -> Result<Self, SessionError> {
        let fd = io::stdout().as_fd().try_clone_to_owned();
        let fd = fd.map_err(|source| SessionError::Output {
            path: "standard output".to_owned(),
            source,
            hint: "",
        })?;
        Ok(Self { stdout: true, ..Self::of_file(File::from(fd)) })
    }

    /// Something open already that is not ours to cut: a pipe, a socket.
    #[must_use]
    pub const fn of_file(file: File) -> Self {
        Self { file, path: None, own: false, stdout: false, written: 0 }
    }

    /// Whether it is standard output, which a recorded command must not write to then.
    pub(super) const fn is_stdout(&self) -> bool {
        self.stdout
    }

    /// Cuts off what stands behind the first `whole_to` bytes, where that can be done: half a frame that a full disk
    /// left. Returns the length of the trace in bytes.
    pub(super) fn close(&self, whole_to: Option<u64>) -> u64 {
        let Some(bytes) = whole_to else { return self.written };
        if self.own && self.file.metadata().is_ok_and(|meta| meta.len() > bytes) {
            // If it fails, the reader finds the same end by itself.
            let _ = self.file.set_len(bytes);
        }
        bytes
    }

    /// Removes the file, if it was made for this trace.
    pub(super) fn discard(self) {
        if let Some(path) = self.path {
            // What cannot be removed is an empty trace, and no harm.
            let _ = std::fs::remove_file(path);
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let len = self.file.write(bytes)?;
        self.written += len as u64;
        Ok(len)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_private_and_never_overwritten_unless_forced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.zst");
        Output::file(&path, false).unwrap().write_all(b"abc").unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let refused = Output::file(&path, false).unwrap_err().to_string();
        assert!(refused.contains("t.zst") && refused.contains("--force"), "{refused}");
        assert_eq!(std::fs::read(&path).unwrap(), b"abc");
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).unwrap();
        Output::file(&path, true).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read(&path).unwrap(), b"");
    }

    #[test]
    fn a_link_is_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        let (target, link) = (dir.path().join("precious"), dir.path().join("t.zst"));
        std::fs::write(&target, "x").unwrap();
        std::os::unix::fs::symlink(&target, &link).unwrap();
        assert!(Output::file(&link, true).is_err() && Output::file(&link, false).is_err());
        assert_eq!(std::fs::read(&target).unwrap(), b"x");
    }

    #[test]
    fn half_a_frame_is_cut_off() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.zst");
        let mut output = Output::file(&path, false).unwrap();
        output.write_all(b"whole|half").unwrap();
        assert_eq!(output.close(None), 10);
        assert_eq!(output.close(Some(6)), 6);
        assert_eq!(std::fs::read(&path).unwrap(), b"whole|");
    }
}
