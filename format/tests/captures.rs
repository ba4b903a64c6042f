//! Captures of other makers, where they are at hand: they open without damage, and `sysdig` sees the same.
//!
//! The directory is `$SCAP_CAPTURES`, by default `shared/captures` beside the workspace.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test panics where it fails, and says what it saw"
)]

mod common;

use scap_format::block::Block;
use scap_format::scap::write;
use scap_format::snapshot::Snapshot;
use scap_format::{Item, TraceReader};
use scap_schema::code;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Lowest event code that sysdig 0.29.3 does not know; it drops such events without counting them.
const FIRST_UNKNOWN: u16 = 354;

fn captures(test: &str) -> Vec<PathBuf> {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/captures");
    let dir = std::env::var("SCAP_CAPTURES").unwrap_or_else(|_| default.to_owned());
    let Ok(entries) = std::fs::read_dir(&dir) else {
        println!("{test}: skipped, no captures in {dir} (set SCAP_CAPTURES)");
        return Vec::new();
    };
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "scap"));
    files.sort();
    files
}

#[test]
fn every_capture_reads_to_its_end_without_damage() {
    for path in captures("every_capture_reads_to_its_end_without_damage") {
        let mut trace = TraceReader::open(&path).unwrap();
        let snapshot = trace.snapshot().unwrap();
        assert!(snapshot.machine.is_some(), "{}", path.display());
        assert!(!snapshot.threads.is_empty(), "{}", path.display());
        while let Some(item) = trace.next().unwrap() {
            if let Item::Block(Block::Event(event)) = item {
                assert!(event.info().is_some(), "{}: code {}", path.display(), event.code);
            }
        }
        let totals = trace.totals();
        assert_eq!(totals.damage, [], "{}", path.display());
        assert_eq!(totals.sections, 1);
        assert!(totals.events > 0, "{}", path.display());
        println!("{}: {} events, {} bytes", path.display(), totals.events, totals.bytes);
    }
}

/// Number as sysdig counts, time, cpu, thread, name of the type.
type Line = (u64, u64, u16, i64, String);

fn sysdig(path: &Path) -> Option<Vec<Line>> {
    let format = "%evt.num %evt.rawtime %evt.cpu %thread.tid %evt.type";
    let output = Command::new("sysdig").arg("-r").arg(path).args(["-p", format]).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = |line: &str| {
        let mut words = line.split(' ');
        let mut word = || words.next().unwrap_or_default();
        let (num, ts, cpu, tid) = (word(), word(), word(), word());
        Some((num.parse().ok()?, ts.parse().ok()?, cpu.parse().ok()?, tid.parse().ok()?, word().to_owned()))
    };
    Some(text.lines().filter_map(line).collect())
}

/// Whether sysdig 0.29.3 stops reading a capture before its end.
fn is_refused(path: &Path) -> bool {
    ["curl_google_comments.scap", "intruder.scap"].iter().any(|name| path.ends_with(name))
}

fn ours(path: &Path) -> Vec<(Line, u16)> {
    let mut trace = TraceReader::open(path).unwrap();
    let (mut lines, mut num) = (Vec::new(), 0);
    while let Some(item) = trace.next().unwrap() {
        let Item::Block(Block::Event(event)) = item else { continue };
        num += u64::from(event.code < FIRST_UNKNOWN);
        let name = event.info().map_or("", |info| info.name);
        lines.push(((num, event.ts, event.cpu, event.tid, name.to_owned()), event.code));
    }
    lines
}

#[test]
fn sysdig_sees_the_same_numbers_times_cpus_threads_and_types() {
    for path in captures("sysdig_sees_the_same_numbers_times_cpus_threads_and_types") {
        let Some(theirs) = sysdig(&path) else {
            println!("sysdig_sees_the_same_numbers_times_cpus_threads_and_types: skipped, no sysdig");
            return;
        };
        let ours = ours(&path);
        let mut next = ours.iter().filter(|(_, code)| *code < FIRST_UNKNOWN);
        let (mut equal, mut hidden) = (0, BTreeSet::new());
        for line in &theirs {
            for (own, code) in next.by_ref() {
                // The type of an event without parameters of its own is the name of the system call.
                let is_generic = *code <= code::GENERIC_X;
                if (own.0, own.1, own.2, own.3) == (line.0, line.1, line.2, line.3)
                    && (is_generic || own.4 == line.4)
                {
                    equal += 1;
                    break;
                }
                hidden.insert(own.4.clone());
            }
        }
        hidden
            .extend(next.filter(|_| !theirs.is_empty() && !is_refused(&path)).map(|(own, _)| own.4.clone()));
        println!("{}: {equal} of {} lines equal, hidden {hidden:?}", path.display(), theirs.len());
        assert_eq!(equal, theirs.len(), "{}", path.display());
        // What the libraries write for themselves.
        let own = ["procinfo", "container", "scapevent"];
        assert!(hidden.iter().all(|name| own.contains(&name.as_str())), "{hidden:?}");
    }
}

/// Everything of a capture, written again with this crate's blocks.
fn rewrite(path: &Path) -> Vec<u8> {
    let mut out = Vec::new();
    let mut trace = TraceReader::open(path).unwrap();
    while let Some(item) = trace.next().unwrap() {
        match item {
            Item::Block(Block::Section(_)) => write::section(&mut out),
            Item::Block(Block::Machine(machine)) => write::machine(&mut out, &machine),
            Item::Block(Block::Threads(threads)) => write::threads(&mut out, &threads),
            Item::Block(Block::Fds { tid, fds }) => write::fds(&mut out, tid, &fds),
            Item::Block(Block::Interfaces(interfaces)) => write::interfaces(&mut out, &interfaces),
            Item::Block(Block::Users { users, groups }) => write::users(&mut out, &users, &groups),
            Item::Block(Block::Event(event)) => assert_eq!(write::event(&mut out, &event), 0),
            Item::Block(Block::Unknown { .. }) | Item::Damage(_) => panic!("{}", path.display()),
        }
    }
    out
}

#[test]
fn a_capture_written_again_is_the_same_to_us_and_to_sysdig() {
    let dir = tempfile::tempdir().unwrap();
    let copy = dir.path().join("copy.scap");
    for path in captures("a_capture_written_again_is_the_same_to_us_and_to_sysdig") {
        let bytes = rewrite(&path);
        std::fs::write(&copy, &bytes).unwrap();
        let (original, again) = (common::read_trace(TraceReader::open(&path).unwrap()), common::read(&bytes));
        assert_eq!(again.damage, []);
        assert_eq!(original.events, again.events, "{}", path.display());
        let normal = |snapshot| Snapshot { section: None, ..snapshot };
        assert_eq!(normal(original.snapshot), normal(again.snapshot), "{}", path.display());
        if is_refused(&path) {
            continue;
        }
        // The whole default line: number, time, process, direction, type and arguments.
        let lines = |path: &Path| Some(Command::new("sysdig").arg("-r").arg(path).output().ok()?.stdout);
        let (Some(theirs), Some(ours)) = (lines(&path), lines(&copy)) else {
            println!("a_capture_written_again_is_the_same_to_us_and_to_sysdig: skipped, no sysdig");
            continue;
        };
        let same = theirs == ours;
        println!("{}: {} bytes of lines, same: {same}", path.display(), theirs.len());
        assert!(same, "{}", path.display());
    }
}
