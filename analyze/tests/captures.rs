//! Real captures, where there are any: `$SCAP_CAPTURES`, by default `../shared/captures` beside the workspace.

#![allow(clippy::print_stdout, reason = "a skipped test says so")]

use std::path::PathBuf;

use scap_analyze::alert::Alert;
use scap_analyze::catalogue::{self, FIELD_COUNT, Scheme};
use scap_analyze::fields::Fields;
use scap_analyze::replay::{Cursor, Evaluator, Options, Replay, Tally, walk};
use scap_analyze::sink::{Format, JsonSink};
use scap_format::{Event, Item, TraceReader};
use scap_rules::{Field, FieldArg, FieldId, Loader, RuleSet};
use scap_state::State;

/// The captures, or nothing and a line that says so.
fn captures(test: &str) -> Vec<PathBuf> {
    let dir = std::env::var_os("SCAP_CAPTURES").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/captures"),
        PathBuf::from,
    );
    let found = std::fs::read_dir(&dir).into_iter().flatten().flatten().map(|entry| entry.path());
    let found: Vec<_> = found.filter(|path| path.extension().is_some_and(|ext| ext == "scap")).collect();
    if found.is_empty() {
        println!("{test}: skipped, no captures in {}", dir.display());
    }
    found
}

fn rules() -> RuleSet {
    let text = "
- rule: Writes
  desc: every write to something with a name
  condition: evt.type in (write, openat, open) and fd.name exists and not proc.name = sshd
  output: \"wrote %evt.num %fd.name %proc.aname[1] %evt.args\"
  priority: NOTICE
- rule: Starts
  desc: every program that starts
  condition: evt.type = execve and evt.res = SUCCESS
  output: \"started %proc.exepath %proc.cmdline %proc.aexe\"
  priority: WARNING
";
    let (report, rules) = Loader::new(&Scheme).file("test.yaml", text).load();
    assert!(report.is_ok(), "{:?}", report.errors().collect::<Vec<_>>());
    rules
}

#[test]
fn every_field_of_every_event_prints() {
    for path in captures("every_field_of_every_event_prints") {
        let mut trace = TraceReader::open(&path).expect("a capture");
        let mut text = Vec::new();
        let visit = |fields: &Fields<'_>| -> Result<(), ()> {
            let event = fields.event();
            if !event.num.is_multiple_of(23) {
                return Ok(());
            }
            for id in (0..FIELD_COUNT).filter_map(|id| u16::try_from(id).ok()) {
                text.clear();
                let field = Field { id: FieldId(id), arg: FieldArg::None };
                let printed = fields.write_text(&field, &mut text);
                let name = catalogue::row(FieldId(id)).map_or("", |row| row.name);
                assert!(printed || text.is_empty(), "{name} of event {} in {}", event.num, path.display());
                assert!(
                    std::str::from_utf8(&text).is_ok(),
                    "{name} of event {} in {}",
                    event.num,
                    path.display()
                );
            }
            Ok(())
        };
        walk(&mut trace, &mut Cursor::new(), |_| {}, visit).expect("a capture reads to its end");
    }
}

/// Alerts of the rest of `trace` from `cursor` on, up to event `stop`.
fn alerts(trace: &mut TraceReader, cursor: &mut Cursor, rules: &RuleSet, stop: u64) -> Vec<Alert> {
    let evaluator = Evaluator::new(rules, Options::default());
    let (mut scratch, mut tally, mut found) = (evaluator.scratch(), Tally::default(), Vec::new());
    while cursor.passed().events < stop {
        let Some(item) = trace.next().expect("a capture reads to its end") else { break };
        let Item::Block(block) = item else { continue };
        let visit = |event: Event<'_>, state: &State| {
            evaluator.ask(event, state, &mut scratch, &mut tally, |alert| -> Result<(), ()> {
                found.push(alert);
                Ok(())
            })
        };
        cursor.feed(&block, visit).expect("collecting cannot fail");
    }
    found
}

#[test]
fn a_replay_goes_on_from_a_cloned_cursor_as_if_it_had_not_stopped() {
    let rules = rules();
    for path in captures("a_replay_goes_on_from_a_cloned_cursor_as_if_it_had_not_stopped") {
        let mut whole = TraceReader::open(&path).expect("a capture");
        let all = alerts(&mut whole, &mut Cursor::new(), &rules, u64::MAX);
        let middle = whole.totals().events / 2;
        let (mut trace, mut first) = (TraceReader::open(&path).expect("a capture"), Cursor::new());
        let mut parts = alerts(&mut trace, &mut first, &rules, middle);
        let mut second = first.clone();
        drop(first);
        parts.extend(alerts(&mut trace, &mut second, &rules, u64::MAX));
        assert_eq!(all, parts, "{}", path.display());
    }
}

#[test]
fn a_replay_writes_the_same_twice_in_every_format() {
    let rules = rules();
    let replay = Replay::new(&rules, Options::default());
    for path in captures("a_replay_writes_the_same_twice_in_every_format") {
        for format in [Format::Text, Format::Json, Format::Csv] {
            let written = [(); 2].map(|()| {
                let mut out = Vec::new();
                let mut sink = format.sink(&mut out);
                let mut trace = TraceReader::open(&path).expect("a capture");
                let summary = replay.run(&mut trace, &mut Cursor::new(), &mut *sink).expect("a whole replay");
                sink.finish().expect("a vector takes everything");
                drop(sink);
                assert_eq!(summary.tally.alerts(), summary.tally.by_priority.iter().sum::<u64>());
                (out, summary)
            });
            assert_eq!(written[0], written[1], "{}", path.display());
        }
    }
}

#[test]
fn damaged_captures_are_replayed_as_far_as_they_go() {
    let rules = rules();
    let replay = Replay::new(&rules, Options::default());
    for path in captures("damaged_captures_are_replayed_as_far_as_they_go") {
        let bytes = std::fs::read(&path).expect("a capture");
        for cut in [bytes.len() / 3, bytes.len() / 2, bytes.len() - 7] {
            let mut damaged = bytes.get(..cut).unwrap_or_default().to_vec();
            if let Some(byte) = damaged.get_mut(cut / 2) {
                *byte ^= 0x55;
            }
            let reader = Box::new(std::io::Cursor::new(damaged));
            let Ok(mut trace) = TraceReader::from_reader(reader, "damaged") else { continue };
            let mut sink = JsonSink::new(std::io::sink());
            replay.run(&mut trace, &mut Cursor::new(), &mut sink).expect("damage is no error");
        }
    }
}
