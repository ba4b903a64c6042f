//! `scap tree`, `timeline` and `summary` of evidence that means no good, of damaged traces, and on a terminal.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod common;

use common::{Done, dir, scap, scap_with_input};
use scap_format::EventBuf;
use scap_format::block::Block;
use scap_format::save::{BlockSink, ScapSink};
use scap_format::snapshot::{MachineInfo, ThreadEntry};
use scap_schema::code;
use std::path::Path;
use std::process::Command;

const INTRUDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../samples/traces/intruder.zst");
const LOOKS: [&[&str]; 7] = [
    &["tree", "--all"],
    &["tree", "--format", "json"],
    &["timeline", "--all"],
    &["timeline", "--all", "--format", "json"],
    &["timeline", "--all", "--format", "csv"],
    &["summary"],
    &["summary", "--format", "json"],
];

/// Names that would steer a terminal, fake lines or turn text around.
const HOSTILE: &[u8] = b"\x1b[2J\x1b]0;x\x07<b>\r\n22:00:00 forged\xff\xe2\x80\xae\xe2\x81\xa6\xc2\x9b31m";

/// A trace in which everything that has a name is called so.
fn hostile(path: &Path) {
    let mut file = std::fs::File::create(path).unwrap();
    let mut sink = ScapSink::plain(&mut file);
    let named = |prefix: &str| [prefix.as_bytes(), HOSTILE].concat();
    let process = |tid: i64, ptid: i64| ThreadEntry {
        tid,
        pid: tid,
        ptid,
        vtid: tid,
        vpid: tid,
        pgid: Some(tid),
        comm: HOSTILE.to_vec(),
        exe: HOSTILE.to_vec(),
        exepath: named("/tmp/"),
        args: named("-x"),
        cwd: named("/"),
        ..ThreadEntry::default()
    };
    let machine = MachineInfo { hostname: HOSTILE.to_vec(), ..MachineInfo::default() };
    sink.block(&Block::Machine(machine)).unwrap();
    sink.block(&Block::Threads(vec![process(1, 0), process(10, 1)])).unwrap();
    let shadow = [&b"/etc/"[..], HOSTILE, b"\0"].concat();
    for (number, path) in [(3i64, &shadow[..]), (4, b"/etc/shadow\0")] {
        let mut open = EventBuf::new(code::SYSCALL_OPENAT_2_X, 1_000_000_000, 10);
        open.push(&number.to_le_bytes()).push(&(-100i64).to_le_bytes()).push(path);
        open.push(&3u32.to_le_bytes()).push(&[0; 4]).push(&[0; 4]).push(&[0; 8]);
        sink.block(&Block::Event(open.as_event())).unwrap();
    }
    let mut rename = EventBuf::new(code::SYSCALL_RENAME_X, 1_000_000_500, 10);
    rename.push(&[0; 8]).push(&shadow).push(&shadow);
    sink.block(&Block::Event(rename.as_event())).unwrap();
    Box::new(sink).finish().unwrap();
}

/// It did what it was asked, and nothing steers whoever reads it.
fn harmless(done: &Done, args: &[&str]) {
    assert_eq!(done.code, 0, "{args:?}: {}", done.err);
    for text in [&done.out, &done.err] {
        let bad = |c: char| {
            (c.is_control() && c != '\n')
                || ('\u{202a}'..='\u{202e}').contains(&c)
                || ('\u{2066}'..='\u{2069}').contains(&c)
        };
        // Machines get the text as it was, escaped as JSON escapes it.
        let raw = args.contains(&"json");
        assert!(raw || !text.contains(bad), "{args:?} prints {text:?}");
        assert!(!text.lines().any(|line| line.starts_with("22:00:00 forged")), "{args:?} prints {text:?}");
        assert!(!text.contains('\x1b'), "{args:?} prints {text:?}");
    }
}

#[test]
fn hostile_names_show_as_harmless_text() {
    let dir = dir();
    let path = dir.path().join("hostile.scap");
    hostile(&path);
    for look in LOOKS {
        let args: Vec<&str> = look.iter().copied().chain([path.to_str().unwrap()]).collect();
        let done = scap(&args);
        harmless(&done, &args);
        assert!(done.out.contains("forged"), "{args:?} leaves something out: {}", done.out);
    }
}

#[test]
fn json_is_whole_for_machines() {
    let dir = dir();
    let path = dir.path().join("hostile.scap");
    hostile(&path);
    for look in LOOKS.iter().filter(|look| look.contains(&"json")) {
        let args: Vec<&str> = look.iter().copied().chain([path.to_str().unwrap()]).collect();
        let done = scap(&args);
        assert!(!done.out.is_empty());
        for line in done.out.lines() {
            let value: serde_json::Value = serde_json::from_str(line).unwrap();
            assert!(value.is_object() && line.contains("\\u001b[2J"), "{line}");
        }
    }
}

#[test]
fn a_damaged_trace_is_shown_as_far_as_it_goes() {
    let dir = dir();
    let path = dir.path().join("cut.scap");
    assert_eq!(scap(&["convert", INTRUDER, path.to_str().unwrap()]).code, 0);
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, &whole[..whole.len() * 2 / 3]).unwrap();
    for look in LOOKS {
        let args: Vec<&str> = look.iter().copied().chain([path.to_str().unwrap()]).collect();
        let done = scap(&args);
        assert_eq!(done.code, 2, "{args:?}: {}", done.err);
        assert!(done.err.contains("damage at bytes"), "{args:?}: {}", done.err);
        assert!(done.out.contains("web-1") || done.out.contains("intruder"), "{args:?}: {}", done.out);
    }
}

#[test]
fn a_trace_that_cannot_be_read_does_not_keep_others_back() {
    for look in ["tree", "timeline", "summary"] {
        let done = scap(&[look, "/nowhere/at/all.zst", INTRUDER, "--no-rules"]);
        assert_eq!(done.code, 2, "{look}");
        assert!(
            done.err.contains("/nowhere/at/all.zst") && done.out.contains("intruder"),
            "{look}: {}",
            done.err
        );
        let none = scap_with_input(&[look, "-"], b"");
        assert_eq!((none.code, none.out.as_str()), (2, ""), "{look}: {}", none.err);
    }
}

#[test]
fn standard_input_is_looked_at_like_a_file() {
    let bytes = std::fs::read(INTRUDER).unwrap();
    for look in ["tree", "timeline", "summary"] {
        let of_file = scap(&[look, INTRUDER]).out.replace(INTRUDER, "standard input");
        assert_eq!(scap_with_input(&[look, "-"], &bytes).out, of_file, "{look}");
    }
}

#[test]
fn lines_fit_into_a_terminal_and_are_coloured_there_alone() {
    let script = |look: &str| {
        let scap = env!("CARGO_BIN_EXE_scap");
        let inside = format!("stty rows 50 cols 90; env -u NO_COLOR {scap} {look} {INTRUDER}");
        Command::new("script").args(["-qec", &inside, "/dev/null"]).output()
    };
    for look in ["tree", "timeline", "summary"] {
        let Ok(output) = script(look) else {
            println!("skipped: there is no `script` to make a terminal with");
            return;
        };
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(text.contains("\x1b[33m"), "{look} has no colours: {text}");
        let mut plain = text.replace('\r', "");
        for code in ["0", "1", "2", "31", "33", "36", "1;31"] {
            plain = plain.replace(&format!("\x1b[{code}m"), "");
        }
        assert!(!plain.contains('\x1b'), "{look}: {plain}");
        // What says what the alerts were is long; it is cut, and so is a perl script.
        let widest = plain.lines().map(|line| line.chars().count()).max();
        assert!(widest.is_some_and(|widest| widest <= 90), "{look} takes {widest:?} columns:\n{plain}");
        assert!(plain.contains('…'), "{look}");
        assert!(!scap(&[look, INTRUDER]).out.contains('\x1b'), "{look}");
    }
}
