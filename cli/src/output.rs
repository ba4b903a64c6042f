//! A file that is there whole or not at all, and never in place of another unless asked.

use anyhow::{Context, Result, bail};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Where a result is written: a file under a temporary name beside its own, or standard output.
pub(crate) struct Output {
    place: Option<Place>,
}

struct Place {
    path: PathBuf,
    temporary: PathBuf,
    force: bool,
}

impl Output {
    /// Opens `path` for writing, readable by the user alone; `-` is standard output.
    ///
    /// # Errors
    /// If it is there already and not to be overwritten, or cannot be written.
    pub(crate) fn create(path: &Path, force: bool) -> Result<(Self, Box<dyn Write>)> {
        if path.as_os_str() == "-" {
            return Ok((Self { place: None }, Box::new(io::stdout())));
        }
        if path.metadata().is_ok_and(|about| !about.is_file() && !about.is_dir()) {
            // A pipe or a device is written to, never replaced.
            let device = OpenOptions::new().write(true).open(path);
            let device = device.with_context(|| format!("cannot write {}", path.display()))?;
            return Ok((Self { place: None }, Box::new(device)));
        }
        if path.is_dir() {
            bail!("{} is a folder; name a file in it", path.display());
        }
        if !force && path.symlink_metadata().is_ok() {
            bail!("{} is there already; --force overwrites it", path.display());
        }
        let name = path.file_name().with_context(|| format!("{} is not a file", path.display()))?;
        let mut temporary = name.to_owned();
        temporary.push(format!(".partial-{}", std::process::id()));
        let temporary = path.with_file_name(temporary);
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&temporary)
            .with_context(|| format!("cannot write {}", temporary.display()))?;
        let place = Place { path: path.to_owned(), temporary, force };
        Ok((Self { place: Some(place) }, Box::new(file)))
    }

    /// Gives what was written its name. Without this, it is removed.
    ///
    /// # Errors
    /// If the name was taken in the meantime, or the disk fails.
    pub(crate) fn keep(mut self) -> Result<()> {
        let Some(place) = &self.place else { return Ok(()) };
        let failed = || format!("cannot write {}", place.path.display());
        File::open(&place.temporary).and_then(|file| file.sync_all()).with_context(failed)?;
        if place.force {
            fs::rename(&place.temporary, &place.path).with_context(failed)?;
            self.place = None;
            return Ok(());
        }
        // A link, unlike a renaming, never takes the place of another file. Not every file system has links.
        match fs::hard_link(&place.temporary, &place.path) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                bail!("{} is there now; --force overwrites it", place.path.display())
            }
            Err(_) => {
                fs::rename(&place.temporary, &place.path).with_context(failed)?;
                self.place = None;
                Ok(())
            }
        }
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        if let Some(place) = &self.place {
            // What cannot be removed cannot be helped; its name tells what it is.
            let _ = fs::remove_file(&place.temporary);
        }
    }
}
