//! Whatever the number of threads, wherever replay starts, and whatever is left out: the same answers.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "what is missing fails the test; a skipped part says so"
)]

use std::io::Cursor as Bytes;
use std::path::{Path, PathBuf};

use scap_analyze::catalogue::Scheme;
use scap_analyze::replay::{Cursor, Options, Pool, Range, Replay, Summary};
use scap_analyze::sink::{JsonSink, Sink};
use scap_format::block::Block;
use scap_format::native::{Manifest, Writer, WriterOptions};
use scap_format::source::{parts, seekable_parts};
use scap_format::{Item, TraceReader};
use scap_rules::{Filter, Loader, Matching, RuleSet};

const RULES: &str = "
- rule: Files
  desc: every file opened, with much that depends on the past
  condition: evt.type in (openat, open, execve, unlinkat) and not proc.name = sshd
  output: \"%evt.num %evt.time %evt.deltatime %evt.reltime %proc.pid %proc.cmdline %proc.aname[2] %fd.name %proc.cwd %proc.nthreads %user.name %evt.args\"
  priority: NOTICE
- rule: Any
  desc: every event of one process
  condition: proc.name in (sh, cat) and evt.num > 0
  output: \"%evt.num %evt.type %thread.tid %fd.num %fd.name %fd.type\"
  priority: INFO
";

const RARE: &str = "
- rule: Rare
  desc: events that few frames hold
  condition: evt.type in (setuid, symlinkat, chmod, fchmodat, mkdirat, renameat2, connect, kill)
  output: \"%evt.num %evt.type %proc.cmdline %proc.pname\"
  priority: NOTICE
";

fn rules(text: &str) -> RuleSet {
    let (report, rules) = Loader::new(&Scheme).file("test.yaml", text).load();
    assert!(report.is_ok(), "{:?}", report.errors().collect::<Vec<_>>());
    rules
}

fn samples() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let captures =
        std::env::var("SCAP_CAPTURES").map_or_else(|_| root.join("../shared/captures"), Into::into);
    let mut all = Vec::new();
    for folder in [root.join("samples/traces"), captures] {
        let Ok(entries) = std::fs::read_dir(&folder) else {
            println!("skipped: {} is not there", folder.display());
            continue;
        };
        all.extend(entries.filter_map(|entry| Some(entry.ok()?.path())));
    }
    all.retain(|path| path.extension().is_some_and(|e| e == "zst" || e == "scap"));
    all.sort();
    assert!(!all.is_empty());
    all
}

/// A trace as native one of small frames, with a checkpoint after every `every` of them.
fn native(path: &Path, every: u64, frame_bytes: usize) -> Vec<u8> {
    let mut trace = TraceReader::open(path).unwrap();
    let mut bytes = Vec::new();
    let options = WriterOptions { frame_bytes, ..WriterOptions::default() };
    let mut writer = Writer::new(&mut bytes, options, &Manifest::default(), &[]).unwrap();
    let (mut cursor, mut frames) = (Cursor::new(), 0);
    while let Some(item) = trace.next().unwrap() {
        let Item::Block(block) = item else { continue };
        if matches!(block, Block::Unknown { .. } | Block::Section(_)) {
            continue;
        }
        writer.block(&block).unwrap();
        cursor.follow(&block);
        if writer.pending() == 0 {
            frames += 1;
            if every > 0 && frames % every == 0 {
                writer.checkpoint(&cursor.freeze()).unwrap();
            }
        }
    }
    if every > 0 {
        writer.checkpoint(&cursor.freeze()).unwrap();
    }
    writer.drops(1, 7).unwrap();
    writer.finish().unwrap();
    bytes
}

fn replay(rules: &RuleSet, options: Options, bytes: &[u8], threads: usize, seek: bool) -> (String, Summary) {
    let pool = Pool::new(threads).unwrap();
    let mut out = Vec::new();
    let mut sink = JsonSink::new(&mut out);
    let bytes = Bytes::new(bytes.to_vec());
    let trace =
        if seek { seekable_parts(Box::new(bytes), "x") } else { parts(Box::new(bytes), "x") }.unwrap();
    let summary = Replay::new(rules, options).run_parts(trace, "x", &pool, &mut sink).unwrap();
    sink.finish().unwrap();
    (String::from_utf8(out).unwrap(), summary)
}

/// Read through from the first to the last block, by one thread.
fn read_through(rules: &RuleSet, options: Options, bytes: &[u8]) -> (String, Summary) {
    let mut trace = TraceReader::from_reader(Box::new(Bytes::new(bytes.to_vec())), "x").unwrap();
    let mut out = Vec::new();
    let mut sink = JsonSink::new(&mut out);
    let summary = Replay::new(rules, options).run(&mut trace, &mut Cursor::new(), &mut sink).unwrap();
    sink.finish().unwrap();
    (String::from_utf8(out).unwrap(), summary)
}

fn options() -> Options {
    Options { matching: Matching::All, ..Options::default() }
}

/// Without what depends on how much was looked at.
fn comparable(summary: &Summary) -> Summary {
    let mut summary = summary.clone();
    summary.left_out = 0;
    summary
}

#[test]
fn any_number_of_threads_gives_what_reading_through_gives() {
    let rules = rules(RULES);
    for path in samples() {
        for (every, frame_bytes) in [(0, 20_000), (2, 40_000)] {
            let bytes = native(&path, every, frame_bytes);
            let want = read_through(&rules, options(), &bytes);
            for threads in [1, 2, 3, 8] {
                let got = replay(&rules, options(), &bytes, threads, threads % 2 == 0);
                assert!(got.0 == want.0, "{}: alerts of {threads} threads", path.display());
                assert_eq!(comparable(&got.1), want.1, "{}: {threads} threads", path.display());
            }
        }
        let bytes = std::fs::read(&path).unwrap();
        let want = read_through(&rules, options(), &bytes);
        for threads in [1, 2, 3, 8] {
            let got = replay(&rules, options(), &bytes, threads, true);
            assert!(got.0 == want.0, "{}: alerts of {threads} threads", path.display());
            assert_eq!(comparable(&got.1), want.1, "{}: {threads} threads", path.display());
        }
    }
}

#[test]
fn what_nobody_asks_about_is_left_out_and_counted_all_the_same() {
    let rules = rules(RARE);
    let mut left_out = 0;
    for path in samples() {
        let bytes = native(&path, 3, 8000);
        let (mut first, mut last) = (u64::MAX, 0);
        let mut trace = TraceReader::from_reader(Box::new(Bytes::new(bytes.clone())), "x").unwrap();
        while let Some(item) = trace.next().unwrap() {
            if let Item::Block(Block::Event(event)) = item {
                (first, last) = (first.min(event.ts), last.max(event.ts));
            }
        }
        let third = last.saturating_sub(first) / 3;
        let ranges = [
            Range::default(),
            Range { from: Some(first + third), to: Some(first + 2 * third), filter: None },
            Range { from: Some(first + 2 * third), to: None, filter: None },
            Range {
                filter: Some(Filter::compile("evt.type = connect", &Scheme).unwrap()),
                ..Range::default()
            },
        ];
        for range in ranges {
            let options = || Options { range: range.clone(), ..options() };
            let want = read_through(&rules, options(), &bytes);
            for (threads, seek) in [(1, false), (1, true), (2, false), (3, true)] {
                let got = replay(&rules, options(), &bytes, threads, seek);
                assert_eq!(got.0, want.0, "{}: {threads} threads, {seek}", path.display());
                assert_eq!(comparable(&got.1), want.1, "{}: {threads} threads, {seek}", path.display());
                left_out += got.1.left_out;
            }
        }
    }
    assert!(left_out > 100, "{left_out} frames left out: nothing was tested");
}

/// A file of which only the first bytes can be read.
struct Broken(Bytes<Vec<u8>>);

impl std::io::Read for Broken {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        match self.0.read(out)? {
            0 => Err(std::io::Error::other("a test")),
            read => Ok(read),
        }
    }
}

#[test]
fn what_was_read_before_an_error_is_told_by_any_number_of_threads() {
    let rules = rules(RULES);
    let path = samples().into_iter().find(|path| path.ends_with("intruder.zst")).unwrap();
    let scap = zstd_dc(&native(&path, 0, 20_000));
    for whole in [native(&path, 3, 20_000), native(&path, 0, 20_000), scap] {
        for part in 1..6 {
            let bytes = &whole[..whole.len() * part / 6];
            let run = |threads| {
                let pool = Pool::new(threads).unwrap();
                let mut out = Vec::new();
                let mut sink = JsonSink::new(&mut out);
                let trace = parts(Box::new(Broken(Bytes::new(bytes.to_vec()))), "x").unwrap();
                let error = Replay::new(&rules, options()).run_parts(trace, "x", &pool, &mut sink);
                (error.map_err(|error| error.to_string()).unwrap_err(), String::from_utf8(out).unwrap())
            };
            let want = run(1);
            for threads in [2, 3, 8] {
                assert!(run(threads) == want, "{part}/6, {threads} threads: {}", want.0);
            }
        }
    }
}

/// Fails after some alerts.
struct Full(u32);

impl Sink for Full {
    fn alert(&mut self, _: &scap_analyze::alert::Alert) -> std::io::Result<()> {
        self.0 = self.0.checked_sub(1).ok_or_else(|| std::io::Error::other("full"))?;
        Ok(())
    }

    fn finish(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_sink_that_fails_ends_the_replay() {
    let rules = rules(RULES);
    let path = samples().into_iter().find(|path| path.ends_with("intruder.zst")).unwrap();
    let scap = zstd_dc(&native(&path, 0, 20_000));
    for bytes in [native(&path, 3, 20_000), native(&path, 0, 20_000), scap] {
        for threads in [1, 2, 8] {
            let pool = Pool::new(threads).unwrap();
            let trace = parts(Box::new(Bytes::new(bytes.clone())), "x").unwrap();
            let error =
                Replay::new(&rules, options()).run_parts(trace, "x", &pool, &mut Full(20)).unwrap_err();
            assert_eq!(error.to_string(), "full");
        }
    }
}

/// The `.scap` in a native trace.
fn zstd_dc(native: &[u8]) -> Vec<u8> {
    let mut reader = scap_format::source::parts(Box::new(Bytes::new(native.to_vec())), "x").unwrap();
    let scap_format::source::Parts::Native { frames, .. } = &mut reader else { panic!("it is native") };
    let mut unpacker = scap_format::native::Unpacker::new().unwrap();
    let mut all = Vec::new();
    while let Some(part) = frames.step().unwrap() {
        if let scap_format::native::Part::Frame(frame) = part {
            all.extend(frame.unpack(&mut unpacker, Vec::new()).unwrap());
        }
    }
    all
}

#[test]
fn damage_gives_the_same_for_any_number_of_threads() {
    let rules = rules(RULES);
    let path = samples().into_iter().find(|path| path.ends_with("intruder.zst")).unwrap();
    let whole = native(&path, 3, 20_000);
    let mut damaged = 0;
    for n in 0..24 {
        let mut bytes = whole.clone();
        let at = (bytes.len() / 24) * n + n * 7 % 60;
        match n % 3 {
            0 => bytes[at] ^= 0x55,
            1 => bytes.truncate(at.max(5000)),
            _ => drop(bytes.drain(at..(at + 3000).min(whole.len()))),
        }
        let want = replay(&rules, options(), &bytes, 1, false);
        damaged += u64::from(want.1.damaged > 0);
        for threads in [2, 3, 8] {
            let got = replay(&rules, options(), &bytes, threads, false);
            assert!(got == want, "damage at {at}: {threads} threads: {:?} {:?}", got.1, want.1);
        }
        let seeking = replay(&rules, options(), &bytes, 2, true);
        assert_eq!(seeking.0, want.0, "damage at {at}, seeking");
    }
    assert!(damaged > 15, "{damaged} of 24 were damaged: nothing was tested");
}

/// The blocks of a trace, and those of them that come before its first event.
fn blocks(path: &Path) -> (Vec<u8>, Vec<u8>) {
    let all = zstd_dc(&native(path, 0, 20_000));
    let mut trace = TraceReader::from_reader(Box::new(Bytes::new(all.clone())), "x").unwrap();
    let first = loop {
        match trace.next().unwrap() {
            Some(Item::Block(Block::Event(_))) | None => break trace.totals().bytes,
            Some(_) => {}
        }
    };
    // Up to a block before it.
    let mut head = all.clone();
    let mut at = 0;
    while let Some(len) = all.get(at + 4..at + 8).map(|len| u32::from_le_bytes(len.try_into().unwrap())) {
        if (at + len as usize) as u64 >= first {
            break;
        }
        at += len as usize;
    }
    head.truncate(at);
    (all, head)
}

/// The blocks of a trace, and its events again until they are so many bytes.
fn lengthened(blocks: &[u8], size: usize) -> Vec<u8> {
    let mut long = blocks.to_vec();
    while long.len() < size {
        let mut trace = TraceReader::from_reader(Box::new(Bytes::new(blocks.to_vec())), "x").unwrap();
        while let Some(item) = trace.next().unwrap() {
            if let Item::Block(Block::Event(event)) = item {
                scap_format::scap::write::event(&mut long, &event);
            }
        }
    }
    long
}

#[test]
fn alerts_stay_in_order_when_those_who_ask_fall_behind() {
    // Alerts take longer than following the state does, so that batches pile up.
    let rules = rules(RULES);
    let bytes = lengthened(&blocks(&samples()[0]).0, 40 << 20);
    let want = read_through(&rules, options(), &bytes);
    assert!(want.1.tally.alerts() > 20_000, "{}", want.1.tally.alerts());
    for threads in [2, 3] {
        let got = replay(&rules, options(), &bytes, threads, true);
        assert!(got.0 == want.0, "alerts of {threads} threads");
        assert_eq!(comparable(&got.1), want.1, "{threads} threads");
    }
}

#[test]
fn sections_one_behind_the_other_give_the_same_for_any_number_of_threads() {
    let rules = rules(RULES);
    let mut samples = samples();
    samples.truncate(12);
    let traces: Vec<_> = samples.iter().map(|path| blocks(path)).collect();
    // One that is not short.
    let long = lengthened(&traces[0].0, 6 << 20);
    let mut bytes = Vec::new();
    for (n, (all, head)) in traces.iter().enumerate() {
        bytes.extend_from_slice(all);
        match n % 4 {
            // A section without events, of which the next one does not get rid.
            0 => bytes.extend_from_slice(head),
            1 if n < 4 => bytes.extend_from_slice(&long),
            // A snapshot behind the events.
            2 => {
                let (section, _) = head.split_at(28);
                assert_eq!(section[..4], [0x0a, 0x0d, 0x0d, 0x0a]);
                bytes.extend_from_slice(&head[28..]);
            }
            _ => bytes.extend_from_slice(all),
        }
    }
    let whole = bytes.clone();
    for cut in [0, 2, 5] {
        bytes.clone_from(&whole);
        if cut > 0 {
            let at = whole.len() / 7 * cut;
            // No multiple of any block's length, so that it is missed.
            drop(bytes.drain(at..at + 3001));
        }
        let want = read_through(&rules, options(), &bytes);
        assert!(want.1.passed.events > 10_000 && (want.1.damaged > 0) == (cut > 0), "{cut}");
        for threads in [1, 2, 3, 8] {
            let got = replay(&rules, options(), &bytes, threads, true);
            assert!(got.0 == want.0, "alerts of {threads} threads, cut {cut}");
            assert_eq!(comparable(&got.1), want.1, "{threads} threads, cut {cut}");
        }
    }
}

#[test]
fn a_broken_checkpoint_is_told_and_does_no_harm() {
    let (all, rare) = (rules(RULES), rules(RARE));
    let path = samples().into_iter().find(|path| path.ends_with("intruder.zst")).unwrap();
    let whole = native(&path, 3, 20_000);
    let about = scap_format::native::Info::open(&mut Bytes::new(&whole)).unwrap();
    assert!(about.checkpoints.len() > 4);
    for checkpoint in &about.checkpoints {
        let mut bytes = whole.clone();
        bytes[usize::try_from(checkpoint.offset + checkpoint.len / 2).unwrap()] ^= 1;
        for rules in [&all, &rare] {
            let want = read_through(rules, options(), &whole);
            for (threads, seek) in [(1, false), (1, true), (2, false), (3, true)] {
                let got = replay(rules, options(), &bytes, threads, seek);
                assert_eq!(got.0, want.0, "{checkpoint:?}");
                assert_eq!(got.1.passed, want.1.passed);
                assert_eq!(got.1.anomalies, want.1.anomalies);
                // What is left out is not looked at.
                assert!(got.1.damaged == 1 || (seek && got.1.left_out > 0), "{:?}", got.1);
            }
        }
    }
}
