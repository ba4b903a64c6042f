//! Records in a folder, by host and date: `host=web-1/date=2026-11-21/part-0.jsonl`.
//!
//! Hosts and times come from the trace, which may be hostile: names of hosts are escaped and cut, few files are open at once, and there are
//! not arbitrarily many. A partition that was closed to make room goes on in its next part.

use crate::output::Output;
use anyhow::{Context, Result, bail};
use scap_analyze::print::iso8601_utc;
use std::collections::BTreeMap;
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// Most files that are open at once.
const MOST_OPEN: usize = 64;

/// Most files in all.
const MOST_FILES: usize = 10_000;

/// Most characters of a host's name in a path.
const LONGEST_NAME: usize = 120;

/// The day of a time, and the host.
type Key = (u64, String);

/// Nanoseconds of a day.
const DAY: u64 = 86_400_000_000_000;

/// A file of a partition.
pub(crate) trait Piece: Sized {
    /// Writes what is buffered; gives what makes the file stay.
    ///
    /// # Errors
    /// If it cannot be written.
    fn finish(self) -> Result<Output>;
}

/// Makes a file of a partition.
type Make<P> = Box<dyn Fn(&Path) -> Result<P>>;

/// A folder of partitions.
pub(crate) struct Partitions<P> {
    folder: PathBuf,
    extension: &'static str,
    make: Make<P>,
    open: BTreeMap<Key, (u64, P)>,
    closed: Vec<Output>,
    /// Parts that each partition has so far.
    parts: BTreeMap<Key, u32>,
    /// Grows with every record: when a part was used last.
    turn: u64,
}

impl<P: Piece> Partitions<P> {
    /// Files in `folder`, whose names end in `extension`, made by `make`.
    pub(crate) fn new(
        folder: PathBuf,
        extension: &'static str,
        make: impl Fn(&Path) -> Result<P> + 'static,
    ) -> Self {
        let (open, closed, parts) = (BTreeMap::new(), Vec::new(), BTreeMap::new());
        Self { folder, extension, make: Box::new(make), open, closed, parts, turn: 0 }
    }

    /// The file for what is of `host` and time `ts`.
    ///
    /// # Errors
    /// If it cannot be made, or there are too many.
    pub(crate) fn at(&mut self, host: &str, ts: u64) -> Result<&mut P> {
        let key = (ts / DAY, safe(host));
        self.turn += 1;
        if !self.open.contains_key(&key) {
            let part = self.next_part(&key)?;
            self.open.insert(key.clone(), (self.turn, part));
        }
        let (used, part) = self.open.get_mut(&key).context("a partition that was just made")?;
        *used = self.turn;
        Ok(part)
    }

    /// Gives every file its name; how many there are.
    ///
    /// # Errors
    /// If a name was taken in the meantime, or the disk fails.
    pub(crate) fn keep(mut self) -> Result<u64> {
        for (_, (_, part)) in std::mem::take(&mut self.open) {
            self.closed.push(part.finish()?);
        }
        let files = self.closed.len() as u64;
        self.closed.into_iter().try_for_each(Output::keep)?;
        Ok(files)
    }

    fn next_part(&mut self, key: &Key) -> Result<P> {
        if self.closed.len() + self.open.len() >= MOST_FILES {
            bail!(
                "the events are of more than {MOST_FILES} days and hosts, which cannot be: export them to one file (--to FILE)"
            );
        }
        if self.open.len() >= MOST_OPEN {
            let oldest = self.open.iter().min_by_key(|(_, (used, _))| *used).map(|(key, _)| key.clone());
            if let Some((_, part)) = oldest.and_then(|key| self.open.remove(&key)) {
                self.closed.push(part.finish()?);
            }
        }
        let number = self.parts.entry(key.clone()).or_default();
        let (day, host) = key;
        let date = iso8601_utc(day * DAY);
        let date = date.split('T').next().unwrap_or_default();
        let folder = self.folder.join(format!("host={host}")).join(format!("date={date}"));
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&folder);
        made.with_context(|| format!("cannot make the folder {}", folder.display()))?;
        let path = folder.join(format!("part-{number}.{}", self.extension));
        *number += 1;
        (self.make)(&path)
    }
}

/// `host` as part of a file name: whatever is not a letter, digit, `-`, `_` or an inner dot is `%` and its number.
fn safe(host: &str) -> String {
    if host.is_empty() {
        return "unknown".to_owned();
    }
    let mut name = String::new();
    for (at, byte) in host.bytes().enumerate() {
        let plain = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_') || (byte == b'.' && at > 0);
        if name.len() >= LONGEST_NAME {
            break;
        }
        if plain {
            name.push(char::from(byte));
        } else {
            name.push_str(&format!("%{byte:02X}"));
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_days_than_open_files_lose_no_record() {
        use crate::export::{Kind, Part};
        use scap_export::facts::Collector;
        use scap_export::{Format, Record, Schema, What};
        let folder = tempfile::tempdir().unwrap();
        let kind = Kind { schema: Schema::Scap, format: Format::JsonLines, what: What::Events };
        let mut partitions =
            Partitions::new(folder.path().to_owned(), "jsonl", move |path| Part::create(path, false, kind));
        let (state, collector) = (scap_state::State::new(), Collector::new());
        let days = MOST_OPEN as u64 + 20;
        for round in 0..3 {
            for day in 0..days {
                let event = scap_format::EventBuf::new(0, day * DAY + round, 1);
                let fields = scap_analyze::fields::Fields::new(event.as_event(), &state);
                let part = partitions.at("", day * DAY).unwrap();
                part.write(Record { facts: &collector.facts(&fields), alert: None }).unwrap();
                assert!(partitions.open.len() <= MOST_OPEN);
            }
        }
        let files = partitions.keep().unwrap();
        let mut lines = 0;
        let dates = std::fs::read_dir(folder.path().join("host=unknown")).unwrap();
        let mut found = 0;
        for date in dates {
            for part in std::fs::read_dir(date.unwrap().path()).unwrap() {
                found += 1;
                lines += std::fs::read_to_string(part.unwrap().path()).unwrap().lines().count() as u64;
            }
        }
        assert_eq!((lines, found), (3 * days, files));
    }

    #[test]
    fn a_hostile_host_is_a_harmless_folder() {
        assert_eq!(safe("web-1.example.org"), "web-1.example.org");
        assert_eq!(safe("../../etc"), "%2E.%2F..%2Fetc");
        assert_eq!(safe(".."), "%2E.");
        assert_eq!(safe(""), "unknown");
        assert_eq!(safe("a\nb=c\u{202e}"), "a%0Ab%3Dc%E2%80%AE");
        assert!(safe(&"/".repeat(10_000)).len() <= LONGEST_NAME + 2);
    }
}
