//! What is given on a command line to traces: directories to the traces in them, rotated files to one trace.
//!
//! Takes paths, gives [`Input`]s, each one trace to be read for itself. Files whose names differ only in the
//! number at the end (`name.zst0`, `name.zst1`, `name.scap10`) or in one of four digits and more before the ending
//! (`name.0001.zst`) belong together if they come from the same host, and are read in the order of their first events.

use super::{Container, HEAD, container};
use crate::TraceReader;
use crate::block::Block;
use crate::error::Error;
use crate::read::Item;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

/// One trace: its files, in time order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// The files; more than one if it was rotated.
    pub files: Vec<PathBuf>,
}

/// Finds the traces in `paths`: files as they are, and everything in directories (and theirs) that is a
/// trace by its content.
///
/// # Errors
/// If a directory cannot be read or has no trace in it. Files are not opened unless there are several of a
/// name; what is wrong with one shows when it is read.
pub fn inputs(paths: &[PathBuf]) -> Result<Vec<Input>, Error> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            let (mut found, mut seen) = (Vec::new(), 0);
            collect(path, &mut found, &mut seen)?;
            if found.is_empty() {
                return Err(Error::NoTraces { name: path.display().to_string(), files: seen });
            }
            found.sort();
            files.extend(found);
        } else {
            files.push(path.clone());
        }
    }
    Ok(group(files))
}

fn collect(dir: &Path, found: &mut Vec<PathBuf>, seen: &mut usize) -> Result<(), Error> {
    let failed = |source| Error::Open { name: dir.display().to_string(), source };
    for entry in fs::read_dir(dir).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let kind = entry.file_type().map_err(failed)?;
        // A link to a directory may lead back up here, and a named pipe never ends.
        if kind.is_dir() {
            collect(&entry.path(), found, seen)?;
        } else if entry.path().is_file() {
            *seen += 1;
            if is_trace(&entry.path()) {
                found.push(entry.path());
            }
        }
    }
    Ok(())
}

/// Whether a file is a trace. One that merely could be a damaged one is left out: nobody named it.
fn is_trace(path: &Path) -> bool {
    let mut head = Vec::new();
    let read = File::open(path).and_then(|file| file.take(HEAD as u64).read_to_end(&mut head));
    if read.is_err() {
        return false;
    }
    match container(&head) {
        None => false,
        Some(Container::Plain) => true,
        // Other things than traces are compressed, too.
        Some(_) => TraceReader::open(path).is_ok_and(starts_with_block),
    }
}

fn starts_with_block(mut trace: TraceReader) -> bool {
    matches!(trace.next(), Ok(Some(Item::Block(block))) if !matches!(block, Block::Unknown { .. }))
}

/// Name without its number, and that number; `None` if there is none behind a letter, nor one before the ending.
fn numbered(path: &Path) -> Option<(PathBuf, u64)> {
    let name = path.file_name()?.to_str()?;
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
    if let Ok(number) = name.get(stem.len()..)?.parse() {
        return stem.contains('.').then(|| (path.with_file_name(stem), number));
    }
    let (rest, ending) = name.rsplit_once('.')?;
    let (stem, digits) = rest.rsplit_once('.')?;
    let is_number = digits.len() >= 4 && digits.bytes().all(|byte| byte.is_ascii_digit());
    let number = digits.parse().ok().filter(|_| is_number)?;
    Some((path.with_file_name(format!("{stem}.#.{ending}")), number))
}

/// Brings files of one rotated trace together, at the place of the first of them.
fn group(files: Vec<PathBuf>) -> Vec<Input> {
    let mut inputs: Vec<Input> = Vec::new();
    let mut series: BTreeMap<(PathBuf, Host), usize> = BTreeMap::new();
    let mut starts: BTreeMap<PathBuf, (u64, u64)> = BTreeMap::new();
    for file in files {
        let key = numbered(&file).and_then(|(stem, number)| {
            let (host, first_ts) = start(&file)?;
            starts.insert(file.clone(), (first_ts, number));
            Some((stem, host))
        });
        let known = key.as_ref().and_then(|key| series.get(key)).copied();
        if let Some(input) = known.and_then(|at| inputs.get_mut(at)) {
            input.files.push(file);
            continue;
        }
        if let Some(key) = key {
            series.insert(key, inputs.len());
        }
        inputs.push(Input { files: vec![file] });
    }
    for input in &mut inputs {
        input.files.sort_by_key(|file| starts.get(file).copied());
    }
    inputs
}

/// Host name and boot time.
type Host = (Vec<u8>, u64);

/// Which host a trace is from and when its first event happened; `None` if it cannot be read.
fn start(path: &Path) -> Option<(Host, u64)> {
    let mut trace = TraceReader::open(path).ok()?;
    let machine = trace.snapshot().ok()?.machine.unwrap_or_default();
    let ts = match trace.next() {
        Ok(Some(Item::Block(Block::Event(event)))) => event.ts,
        _ => u64::MAX,
    };
    Some(((machine.hostname, machine.boot_ts_epoch), ts))
}
