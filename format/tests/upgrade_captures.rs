//! The upgrade on recorded traces: every event of every capture comes out current.
//!
//! Captures are looked for in `SCAP_CAPTURES`, else beside the workspace; without them the test says so and
//! passes.

use std::path::{Path, PathBuf};

use scap_format::block::Block;
use scap_format::upgrade::{Upgraded, Upgrader};
use scap_format::{Item, TraceReader};
use scap_schema::EventFlags;

fn captures() -> Option<Vec<PathBuf>> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/captures");
    let dir = std::env::var_os("SCAP_CAPTURES").map_or_else(|| PathBuf::from(beside), PathBuf::from);
    let entries = std::fs::read_dir(dir).ok()?;
    Some(
        entries
            .filter_map(|e| Some(e.ok()?.path()))
            .filter(|p| p.extension().is_some_and(|e| e == "scap"))
            .collect(),
    )
}

/// Upgrades a whole capture, checking each event; returns the upgrader and the number of events.
fn upgrade_all(path: &Path) -> (Upgrader, u64) {
    let mut trace = TraceReader::open(path).expect("captures can be opened");
    let mut up = Upgrader::new();
    let mut events = 0;
    while let Some(item) = trace.next().expect("captures can be read") {
        let event = match item {
            Item::Block(Block::Event(event)) => event,
            Item::Block(_) => continue,
            Item::Damage(damage) => panic!("{}: {damage:?}", path.display()),
        };
        events += 1;
        assert_eq!(event.num, events);
        match up.push(&event) {
            Upgraded::Event(done) => {
                assert_eq!((done.num, done.ts, done.tid), (event.num, event.ts, event.tid));
                let info = done.info().expect("captures hold known events");
                assert!(!info.flags.has(EventFlags::OLD), "{}", info.id);
                if info.flags.has(EventFlags::CONVERTED) {
                    assert_eq!(done.params.len(), info.params.len(), "{}", info.id);
                }
            }
            Upgraded::StateOnly(done) => assert!(done.info().is_some_and(|i| i.is_enter())),
            Upgraded::Stored | Upgraded::Dropped => {}
            Upgraded::Kept(event) => panic!("no rule for {event:?}"),
        }
    }
    (up, events)
}

#[test]
#[allow(clippy::print_stderr, reason = "a skipped test says so")]
fn every_event_of_every_capture_becomes_current() {
    let Some(files) = captures() else {
        eprintln!("skipped: no captures; set SCAP_CAPTURES");
        return;
    };
    for path in files {
        let (up, events) = upgrade_all(&path);
        let counts = up.counts();
        assert!(events > 0, "{}", path.display());
        assert!(counts.exits_without_enter * 10 <= counts.converted, "{}: {counts:?}", path.display());
    }
}
