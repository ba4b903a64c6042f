//! What several chores need: the workspace, the program to measure, a folder to work in.

use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The top of the workspace.
pub(crate) fn workspace() -> Result<PathBuf> {
    Ok(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize()?)
}

/// `cargo`, in the workspace.
pub(crate) fn cargo(root: &Path) -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root);
    cargo
}

/// The `scap` that `$SCAP` names, or what `build` builds; gives where it is.
pub(crate) fn program(build: impl FnOnce() -> Result<PathBuf>) -> Result<PathBuf> {
    match std::env::var_os("SCAP") {
        Some(built) => {
            Path::new(&built).canonicalize().with_context(|| format!("$SCAP: {}", built.display()))
        }
        None => build(),
    }
}

/// Arguments that make `scap analyze` use so many threads; `None` if it cannot choose.
pub(crate) fn threads(scap: &Path, count: usize) -> Result<Option<[String; 2]>> {
    let help = Command::new(scap).args(["analyze", "--help"]).output().context("scap analyze --help")?;
    let chooses = String::from_utf8_lossy(&help.stdout).contains("--threads");
    Ok(chooses.then(|| ["--threads".to_owned(), count.to_string()]))
}

/// A folder that is removed at the end.
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// Makes one.
    pub(crate) fn new(purpose: &str) -> Result<Self> {
        let path = std::env::temp_dir().join(format!("scap-{purpose}-{}", std::process::id()));
        std::fs::create_dir(&path).with_context(|| path.display().to_string())?;
        Ok(Self(path))
    }

    /// A path in it.
    pub(crate) fn at(&self, name: &str) -> String {
        self.path().join(name).display().to_string()
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed is for the system's cleaner of temporary files.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
