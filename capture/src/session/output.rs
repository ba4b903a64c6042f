//! Where traces go.
//!
//! A file of its own, readable by its owner only and never one that was there before unless forced; a series of such
//! files; or standard output. Writes go straight to the operating system: the trace's writer hands over whole frames.

use super::SessionError;
use super::names::Names;
use super::privileges::Owner;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// An output, open or ready to be made.
#[derive(Debug)]
pub struct Output {
    pub(super) place: Place,
    /// Whose files it makes.
    pub(super) owner: Owner,
}

/// What an [`Output`] is.
#[derive(Debug)]
pub(super) enum Place {
    /// One trace.
    One(Option<TraceFile>),
    /// A file for each trace.
    Series(Files),
}

impl Output {
    /// Makes a file with mode 0600. It belongs to whoever called sudo, if they may make it.
    ///
    /// # Errors
    /// If it cannot be made, or is there already and `overwrite` is false.
    pub fn file(path: &Path, overwrite: bool) -> Result<Self, SessionError> {
        let opened = owned(path, |owner| Ok((TraceFile::make(path, overwrite)?, owner)));
        // Whose directory it may be, the recorder's user may be allowed more than any owner is.
        let opened = opened.or_else(|error| match error.kind() {
            io::ErrorKind::PermissionDenied => Ok((TraceFile::make(path, overwrite)?, Owner::own())),
            _ => Err(error),
        });
        let (file, owner) = opened.map_err(|source| refused(path, source))?;
        Ok(Self { place: Place::One(Some(file)), owner })
    }

    /// A series of files made of `path`: `t.zst` gives `t.0001.zst`, `t.0002.zst` and so on, each like [`Self::file`].
    /// None is made yet.
    ///
    /// # Errors
    /// If none can be made, or one is there already and `overwrite` is false. With `overwrite` those that are there are
    /// removed: what a former recording left would be taken for a part of this one.
    pub fn series(path: &Path, overwrite: bool) -> Result<Self, SessionError> {
        let names = Names::of(path);
        let there = names.existing().map_err(|source| refused(path, source))?;
        if let Some(first) = there.iter().min().filter(|_| !overwrite) {
            return Err(refused(first, io::ErrorKind::AlreadyExists.into()));
        }
        for old in &there {
            std::fs::remove_file(old).map_err(|source| refused(old, source))?;
        }
        // Later ones are made with fewer rights: now is the time to know that this will do.
        let first = names.at(1);
        let owner = owned(&first, |owner| {
            TraceFile::make(&first, false)?.discard();
            Ok(owner)
        });
        let owner = owner.map_err(|source| refused(&first, source))?;
        Ok(Self { place: Place::Series(Files { names }), owner })
    }

    /// Standard output.
    ///
    /// # Errors
    /// If it is closed.
    pub fn stdout() -> Result<Self, SessionError> {
        let fd = io::stdout().as_fd().try_clone_to_owned();
        let fd = fd.map_err(|source| refused(Path::new("standard output"), source))?;
        let file = TraceFile { stdout: true, ..TraceFile::of(File::from(fd)) };
        Ok(Self { place: Place::One(Some(file)), owner: Owner::own() })
    }

    /// Something open already that is not ours to cut: a pipe, a socket.
    #[must_use]
    pub fn of_file(file: File) -> Self {
        Self { place: Place::One(Some(TraceFile::of(file))), owner: Owner::own() }
    }

    /// Whether it is standard output, which a recorded command must not write to then.
    pub(super) fn is_stdout(&self) -> bool {
        matches!(&self.place, Place::One(Some(file)) if file.stdout)
    }

    /// Removes what was made for this recording.
    pub(super) fn discard(self) {
        if let Place::One(Some(file)) = self.place {
            file.discard();
        }
    }
}

/// The files of a series.
#[derive(Debug)]
pub(super) struct Files {
    names: Names,
}

impl Files {
    /// Makes the `number`th file, with the rights of the calling thread.
    pub(super) fn make(&self, number: u64) -> io::Result<TraceFile> {
        TraceFile::make(&self.names.at(number), false)
    }

    /// Removes the `number`th file.
    pub(super) fn remove(&self, number: u64) -> io::Result<()> {
        std::fs::remove_file(self.names.at(number))
    }

    /// Name of the `number`th file.
    pub(super) fn path(&self, number: u64) -> PathBuf {
        self.names.at(number)
    }
}

/// Tries `make` as each who may own files beside `path`, until one is allowed to.
fn owned<T>(path: &Path, mut make: impl FnMut(Owner) -> io::Result<T>) -> io::Result<T> {
    let mut refused = io::Error::from(io::ErrorKind::PermissionDenied);
    for owner in Owner::candidates(path.parent().unwrap_or(Path::new(""))) {
        match owner.during(|| make(owner)) {
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => refused = error,
            other => return other,
        }
    }
    Err(refused)
}

fn refused(path: &Path, source: io::Error) -> SessionError {
    let hint = match source.kind() {
        io::ErrorKind::AlreadyExists => "; choose another name, or overwrite it with --force",
        io::ErrorKind::NotFound => "; its directory does not exist",
        _ => "",
    };
    SessionError::Output { path: path.display().to_string(), source, hint }
}

/// One trace's file, or standard output.
#[derive(Debug)]
pub(super) struct TraceFile {
    file: File,
    /// Where the file is, if it is one and was made for this trace.
    path: Option<PathBuf>,
    /// Whether what follows the last whole frame can be cut off.
    own: bool,
    stdout: bool,
    written: AtomicU64,
}

impl TraceFile {
    fn make(path: &Path, overwrite: bool) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.write(true).mode(0o600).custom_flags(nix::libc::O_NOFOLLOW | nix::libc::O_CLOEXEC);
        if overwrite {
            options.create(true).truncate(true);
        } else {
            options.create_new(true);
        }
        let file = options.open(path)?;
        let kind = file.metadata()?.file_type();
        if kind.is_file() {
            // A file that was there before keeps its mode otherwise.
            file.set_permissions(PermissionsExt::from_mode(0o600))?;
        }
        let path = (!overwrite).then(|| path.to_owned());
        Ok(Self { file, path, own: kind.is_file(), stdout: false, written: AtomicU64::new(0) })
    }

    const fn of(file: File) -> Self {
        Self { file, path: None, own: false, stdout: false, written: AtomicU64::new(0) }
    }

    /// Bytes written to it.
    pub(super) fn written(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }

    /// Cuts off what stands behind the first `whole_to` bytes, where that can be done: half a frame that a full disk
    /// left.
    pub(super) fn cut(&self, whole_to: u64) {
        if self.own && self.file.metadata().is_ok_and(|meta| meta.len() > whole_to) {
            // If it fails, the reader finds the same end by itself.
            let _ = self.file.set_len(whole_to);
        }
    }

    /// Removes the file, if it was made for this trace.
    pub(super) fn discard(&self) {
        if let Some(path) = &self.path {
            // What cannot be removed is an empty trace, and no harm.
            let _ = std::fs::remove_file(path);
        }
    }
}

/// Writes to a trace's file and counts.
#[derive(Debug, Clone)]
pub(super) struct Sink {
    pub(super) file: Arc<TraceFile>,
    /// Bytes written to all files so far, for whoever wants to know whether writing goes on.
    pub(super) written: Arc<AtomicU64>,
}

/// Most bytes handed over at once, so that a slow output is seen to go on.
const PIECE: usize = 64 << 10;

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let len = (&self.file.file).write(bytes.get(..PIECE).unwrap_or(bytes))?;
        for count in [&self.written, &self.file.written] {
            count.fetch_add(len as u64, Ordering::Relaxed);
        }
        Ok(len)
    }

    fn flush(&mut self) -> io::Result<()> {
        (&self.file.file).flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(output: Output) -> Sink {
        let Place::One(Some(file)) = output.place else { panic!("a series") };
        Sink { file: Arc::new(file), written: Arc::default() }
    }

    #[test]
    fn a_file_is_private_and_never_overwritten_unless_forced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.zst");
        one(Output::file(&path, false).unwrap()).write_all(b"abc").unwrap();
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
        let mut output = one(Output::file(&path, false).unwrap());
        output.write_all(b"whole|half").unwrap();
        assert_eq!(output.written.load(Ordering::Relaxed), 10);
        output.file.cut(6);
        assert_eq!(std::fs::read(&path).unwrap(), b"whole|");
    }

    #[test]
    fn a_series_does_not_mix_with_an_older_one() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.zst");
        let Place::Series(files) = Output::series(&path, false).unwrap().place else { panic!() };
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
        files.make(3).unwrap();
        let refused = Output::series(&path, false).unwrap_err().to_string();
        assert!(refused.contains("t.0003.zst") && refused.contains("--force"), "{refused}");
        Output::series(&path, true).unwrap();
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
