//! What the benchmarks work on: a recorded trace in memory, its events, and rules.
//!
//! Everything comes from the samples and the built-in rules, so that figures of two machines or commits are about
//! the same work. Only benchmarks use this crate; what is missing here is a broken checkout, which panics.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "without its samples no benchmark can run")]

use std::convert::Infallible;
use std::io::Cursor as Bytes;
use std::path::Path;

use scap_analyze::catalogue::Scheme;
use scap_analyze::replay::{Cursor, walk_events};
use scap_format::block::Block;
use scap_format::save::{BlockSink, ScapSink};
use scap_format::{Event, EventBuf, Item, TraceReader};
use scap_rules::{Loader, RuleSet};
use scap_state::State;

/// One comparison for each operator: its name, and a condition.
pub const OPERATORS: &[(&str, &str)] = &[
    ("=", "fd.name = /etc/shadow"),
    ("!=", "fd.name != /etc/shadow"),
    ("<", "evt.rawres < 3"),
    ("<=", "evt.rawres <= 3"),
    (">", "evt.rawres > 3"),
    (">=", "evt.rawres >= 3"),
    ("contains", "fd.name contains shadow"),
    ("icontains", "fd.name icontains SHADOW"),
    ("bcontains", "evt.buffer bcontains 7f454c46"),
    ("startswith", "fd.name startswith /etc/sh"),
    ("bstartswith", "evt.buffer bstartswith 7f454c46"),
    ("endswith", "fd.name endswith .so.6"),
    ("glob", "fd.name glob '/etc/*sh*'"),
    ("iglob", "fd.name iglob '/ETC/*SH*'"),
    ("regex", "fd.name regex '/(etc|usr)/.*[0-9]+[.]so'"),
    ("in", "fd.name in (/etc/shadow, /etc/passwd, /etc/group, /etc/sudoers)"),
    ("intersects", "proc.aname intersects (sshd, nginx, cron)"),
    ("pmatch", "fd.name pmatch (/etc, /usr/lib, /root/.ssh)"),
    ("exists", "fd.name exists"),
    ("field to field", "fd.name = val(proc.exepath)"),
    ("transformer", "tolower(fd.name) = /etc/shadow"),
    ("and, or, not", "fd.name startswith /usr and not (fd.name endswith .so or proc.name in (bash, sh))"),
];

/// The recorded intrusion, as its file has it: 23,428 events.
#[must_use]
pub fn trace() -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples/traces/intruder.zst")).unwrap()
}

/// Reads a trace that is in memory.
#[must_use]
pub fn reader(bytes: &[u8]) -> TraceReader {
    TraceReader::from_reader(Box::new(Bytes::new(bytes.to_vec())), "memory").unwrap()
}

/// Every block of `bytes`, as a plain `.scap` without compression.
#[must_use]
pub fn plain(bytes: &[u8]) -> Vec<u8> {
    let path = std::env::temp_dir().join(format!("scap-benches-{}.scap", std::process::id()));
    let mut sink: Box<dyn BlockSink> = Box::new(ScapSink::plain(std::fs::File::create(&path).unwrap()));
    each_block(bytes, |block| sink.block(block).unwrap());
    sink.finish().unwrap();
    let plain = std::fs::read(&path).unwrap();
    std::fs::remove_file(path).unwrap();
    plain
}

/// All events of `bytes`.
#[must_use]
pub fn events(bytes: &[u8]) -> Vec<EventBuf> {
    let mut events = Vec::new();
    each_block(bytes, |block| {
        if let Block::Event(event) = block {
            events.push(EventBuf::copy_of(event));
        }
    });
    events
}

/// The replay of `bytes` as of its first event.
#[must_use]
pub fn beginning(bytes: &[u8]) -> Cursor {
    let mut cursor = Cursor::new();
    each_block(bytes, |block| {
        if !matches!(block, Block::Event(_)) {
            cursor.feed(block, |_, _| Ok::<(), Infallible>(())).unwrap();
        }
    });
    cursor
}

/// The first `most` events of `bytes` that `wanted` says yes to, each with the state right after it.
#[must_use]
pub fn moments(bytes: &[u8], most: usize, wanted: impl Fn(&Event<'_>) -> bool) -> Vec<(EventBuf, State)> {
    let mut moments = Vec::new();
    walk_events(
        &mut reader(bytes),
        &mut Cursor::new(),
        |_| {},
        |event, state| {
            if moments.len() < most && wanted(&event) {
                moments.push((EventBuf::copy_of(&event), state.clone()));
            }
            Ok::<(), Infallible>(())
        },
    )
    .unwrap();
    moments
}

/// The built-in rules.
#[must_use]
pub fn rules() -> RuleSet {
    load(scap_rules::builtin())
}

/// One rule with this condition.
#[must_use]
pub fn rule(condition: &str) -> RuleSet {
    let quoted = condition.replace('\'', "''");
    load(&format!("- {{rule: r, desc: d, output: o, priority: INFO, condition: '{quoted}'}}"))
}

fn load(text: &str) -> RuleSet {
    let (report, rules) = Loader::new(&Scheme).file("rules", text).load();
    assert!(rules.active().next().is_some(), "{report:?}");
    rules
}

fn each_block(bytes: &[u8], mut each: impl FnMut(&Block<'_>)) {
    let mut trace = reader(bytes);
    while let Some(item) = trace.next().unwrap() {
        if let Item::Block(block) = item {
            each(&block);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_has_what_benchmarks_need() {
        let trace = trace();
        let events = events(&trace);
        assert_eq!(events.len(), 23_428);
        assert_eq!(self::events(&plain(&trace)).len(), events.len());
        assert_eq!(moments(&trace, 10, |_| true).len(), 10);
    }

    #[test]
    fn every_operator_is_asked_about_opens() {
        for (name, condition) in OPERATORS {
            let rules = rule(condition);
            assert!(rules.wants(scap_schema::code::SYSCALL_OPENAT_2_X), "{name}");
            assert!(rules.wants(scap_schema::code::SYSCALL_READ_X), "{name}");
        }
    }
}
