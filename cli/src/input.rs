//! What the subcommands share about traces given on the command line.

use crate::exit::{Outcome, in_words, say};
use anyhow::{Context, Result};
use scap_format::damage::Damage;
use scap_format::native;
use std::fs::File;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};

/// How much of a file tells a native trace from others, bytes.
const PREFIX: u64 = 4096;

/// An opened file, or standard input, whose beginning was looked at.
pub(crate) struct Opened {
    /// Whether it holds a native trace, by its content.
    pub(crate) native: bool,
    prefix: Vec<u8>,
    rest: Box<dyn Read + Send>,
}

impl Opened {
    /// Opens `path`, or standard input for `-`.
    ///
    /// # Errors
    /// If it cannot be opened or read.
    pub(crate) fn new(path: &Path) -> Result<Self> {
        let mut rest: Box<dyn Read + Send> =
            if is_stdin(path) { Box::new(std::io::stdin()) } else { Box::new(file(path)?) };
        let mut prefix = Vec::new();
        rest.by_ref()
            .take(PREFIX)
            .read_to_end(&mut prefix)
            .with_context(|| format!("cannot read {}", name(path)))?;
        Ok(Self { native: native::is_native(&prefix), prefix, rest })
    }

    /// All of its bytes, from the first.
    pub(crate) fn bytes(self) -> Box<dyn Read + Send> {
        Box::new(Cursor::new(self.prefix).chain(self.rest))
    }
}

/// Whether the file at `path` holds a native trace, by its content.
///
/// # Errors
/// If it cannot be opened or read.
pub(crate) fn is_native(path: &Path) -> Result<bool> {
    Ok(Opened::new(path)?.native)
}

/// The file at `path`.
///
/// # Errors
/// If it cannot be opened.
pub(crate) fn file(path: &Path) -> Result<File> {
    File::open(path).with_context(|| format!("cannot open {}", path.display()))
}

/// Every single file among `paths`: folders are searched for traces.
///
/// # Errors
/// If a folder cannot be read or has no trace in it.
pub(crate) fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    Ok(crate::open::inputs(paths)?.into_iter().flat_map(|input| input.files).collect())
}

/// Whether `path` stands for standard input.
pub(crate) fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// What to call `path` in messages.
pub(crate) fn name(path: &Path) -> String {
    if is_stdin(path) { "standard input".into() } else { path.display().to_string() }
}

/// What was read; of a trace that cannot be, says so and makes `outcome` tell, so that the next one has its turn.
pub(crate) fn or_next<T>(read: Result<T>, outcome: &mut Outcome) -> Option<T> {
    match read {
        Ok(read) => Some(read),
        Err(error) => {
            say(&format!("scap: {}", in_words(error.as_ref())));
            *outcome = Outcome::Damaged;
            None
        }
    }
}

/// One line about a damaged stretch: bytes, events lost, what was found.
pub(crate) fn damage_line(damage: &Damage) -> String {
    let end = damage.end.map_or_else(|| "the end".to_owned(), |end| end.to_string());
    let lost = match damage.events_lost {
        Some(1) => ", 1 event lost".to_owned(),
        Some(n) if n > 0 => format!(", {n} events lost"),
        _ => String::new(),
    };
    format!("damage at bytes {} to {end}{lost}: {}", damage.start, damage.detail)
}
