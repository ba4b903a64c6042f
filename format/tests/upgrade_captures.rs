//! The upgrade on recorded traces: every event of every plain capture comes out current.
//!
//! Captures are looked for in `SCAP_CAPTURES`, else beside the workspace; without them the test says so and
//! passes.

use std::path::PathBuf;

use scap_format::block::Block;
use scap_format::scap::parse::{Frame, decode, frame};
use scap_format::upgrade::{Upgraded, Upgrader};
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

/// Upgrades a whole uncompressed capture, checking each event; returns the upgrader and the number of events.
fn upgrade_all(bytes: &[u8]) -> (Upgrader, u64) {
    let (mut at, mut big_endian, mut num) = (0, false, 0);
    let mut up = Upgrader::new();
    while let Some(rest) = bytes.get(at..)
        && let Frame::Whole(framed) = frame(rest, big_endian)
    {
        let mut scratch = Vec::new();
        match decode(&framed, big_endian, &mut scratch).expect("captures are whole") {
            Block::Section(section) => big_endian = section.big_endian,
            Block::Event(mut event) => {
                num += 1;
                event.num = num;
                match up.push(&event) {
                    Upgraded::Event(done) => {
                        assert_eq!((done.num, done.ts, done.tid), (num, event.ts, event.tid));
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
            _ => {}
        }
        at += framed.len as usize;
    }
    assert_eq!(at, bytes.len(), "a block could not be framed");
    (up, num)
}

#[test]
#[allow(clippy::print_stderr, reason = "a skipped test says so")]
fn every_event_of_every_plain_capture_becomes_current() {
    let Some(files) = captures() else {
        eprintln!("skipped: no captures; set SCAP_CAPTURES");
        return;
    };
    for path in files {
        let bytes = std::fs::read(&path).unwrap();
        if !bytes.starts_with(&[0x0a, 0x0d, 0x0d, 0x0a]) {
            continue;
        }
        let (up, events) = upgrade_all(&bytes);
        let counts = up.counts();
        assert!(events > 0, "{}", path.display());
        assert!(counts.exits_without_enter * 10 <= counts.converted, "{}: {counts:?}", path.display());
    }
}
