//! What the subcommands share about traces given on the command line.

use anyhow::{Context, Result};
use scap_format::damage::Damage;
use scap_format::native;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// How much of a file tells a native trace from others, bytes.
const PREFIX: u64 = 4096;

/// Whether `path` holds a native trace, by its content. Standard input is taken for one: foreign captures
/// there are told apart by the reader itself.
///
/// # Errors
/// If it cannot be read.
pub(crate) fn is_native(path: &Path) -> Result<bool> {
    if path.as_os_str() == "-" {
        return Ok(true);
    }
    let mut prefix = Vec::new();
    let mut file = file(path)?;
    file.by_ref().take(PREFIX).read_to_end(&mut prefix).with_context(|| cannot_read(path))?;
    Ok(native::is_native(&prefix))
}

/// The bytes of `path`, or of standard input for `-`.
///
/// # Errors
/// If it cannot be opened.
pub(crate) fn open(path: &Path) -> Result<Box<dyn Read + Send>> {
    if path.as_os_str() == "-" {
        return Ok(Box::new(std::io::stdin()));
    }
    let mut file = file(path)?;
    file.seek(SeekFrom::Start(0)).with_context(|| cannot_read(path))?;
    Ok(Box::new(file))
}

/// The file at `path`.
///
/// # Errors
/// If it cannot be opened or is a directory.
pub(crate) fn file(path: &Path) -> Result<File> {
    File::open(path).with_context(|| format!("cannot open {}", path.display()))
}

fn cannot_read(path: &Path) -> String {
    format!("cannot read {}", path.display())
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
