//! Any byte changed, any length cut: no panic, nothing outside the damage lost, and the damage reported.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test panics where it fails, and says what it saw"
)]

mod common;

use common::{capture, plain, read, read_any, sample_event};
use scap_format::damage::DamageKind;
use scap_format::scap::write;

const EVENTS: u64 = 30;

#[test]
fn a_sound_capture_reads_without_damage() {
    let (bytes, _) = capture(EVENTS);
    let read = read(&bytes);
    assert_eq!(read.damage, []);
    assert_eq!(read.unknown, 0);
    let mut snapshot = read.snapshot;
    assert!(snapshot.section.take().is_some_and(|s| (s.major, s.minor, s.big_endian) == (1, 2, false)));
    assert_eq!(snapshot, common::snapshot());
    let expected: Vec<_> = (0..EVENTS).map(|i| (i + 1, plain(&sample_event(i)))).collect();
    assert_eq!(read.events, expected);
}

#[test]
fn every_truncation_keeps_the_events_before_it() {
    let (bytes, places) = capture(EVENTS);
    for len in 0..bytes.len() {
        let Some(read) = read_any(&bytes[..len]) else {
            assert!(len < 12, "{len} bytes are no trace");
            continue;
        };
        let whole = places.iter().skip(1).filter(|&&end| end <= len).count();
        assert_eq!(read.events.len(), whole, "cut at {len}");
        let is_at_border = frame_borders(&bytes).contains(&len);
        assert_eq!(read.damage.is_empty(), is_at_border, "cut at {len}");
        if let [damage] = &read.damage[..] {
            assert_eq!(damage.kind, DamageKind::Truncated, "cut at {len}");
            assert_eq!(damage.end, None);
            assert!(damage.start <= len as u64);
        }
    }
}

fn frame_borders(bytes: &[u8]) -> Vec<usize> {
    let mut at = 0;
    let mut borders = vec![0];
    while at < bytes.len() {
        at += u32::from_le_bytes(bytes[at + 4..at + 8].try_into().unwrap()) as usize;
        borders.push(at);
    }
    borders
}

#[test]
fn every_changed_byte_costs_at_most_the_event_it_is_in() {
    let (bytes, places) = capture(EVENTS);
    let all: Vec<_> = (0..EVENTS).map(|i| (i + 1, plain(&sample_event(i)))).collect();
    let mut cut = 0;
    for mask in [0xff, 0x01, 0x80, 0x10] {
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= mask;
            let read = read_any(&changed).unwrap_or_else(|| panic!("{at}: still a trace"));
            let hit = places.windows(2).position(|w| (w[0]..w[1]).contains(&at));
            let mut found = read.events.iter();
            for (i, event) in all.iter().enumerate() {
                if Some(i) == hit {
                    continue;
                }
                assert!(
                    found.any(|f| f == event),
                    "byte {at} ^ {mask:#x}: event {i} is lost: {:?}",
                    read.damage
                );
            }
            assert!(read.events.len() <= all.len(), "byte {at} ^ {mask:#x}: events made up");
            cut += usize::from(read.events.len() < all.len());
            // What stays silent can only be inside a value or the padding.
            if read.damage.is_empty() && read.unknown == 0 {
                assert_eq!(read.events.len(), all.len(), "byte {at} ^ {mask:#x}: lost silently");
            }
        }
    }
    println!("{} bytes changed, {cut} times an event was lost", bytes.len() * 4);
}

#[test]
fn events_without_a_time_do_not_hide_those_behind_damage() {
    for ts in [u64::MAX, 1] {
        let mut bytes = Vec::new();
        common::write_prelude(&mut bytes, &common::snapshot());
        let mut first = sample_event(0);
        first.ts = ts;
        write::event(&mut bytes, &first.as_event());
        bytes.extend([0xee; 50]);
        (1..10).for_each(|i| assert_eq!(write::event(&mut bytes, &sample_event(i).as_event()), 0));
        let read = read(&bytes);
        assert_eq!(read.damage.len(), 1, "{:?}", read.damage);
        assert_eq!(read.events.len(), 10);
    }
}

#[test]
fn a_trace_inside_event_data_is_not_taken_for_events() {
    // What `cat old.scap` leaves in the buffer of a read.
    let mut inner = Vec::new();
    for i in 0..2 {
        let mut event = sample_event(i);
        event.ts -= 30 * 86_400 * 1_000_000_000;
        write::event(&mut inner, &event.as_event());
    }
    let mut bytes = Vec::new();
    common::write_prelude(&mut bytes, &common::snapshot());
    write::event(&mut bytes, &sample_event(0).as_event());
    let hit = bytes.len();
    let mut outer = sample_event(1);
    outer.push(&inner);
    write::event(&mut bytes, &outer.as_event());
    (2..10).for_each(|i| assert_eq!(write::event(&mut bytes, &sample_event(i).as_event()), 0));
    // Neither of its lengths, nor that of the event, is left.
    for at in [hit + 4, hit + 10 + 16, hit + 14 + 16] {
        bytes[at] ^= 0x40;
        bytes[at + 2] ^= 0x01;
    }
    let read = read(&bytes);
    let found: Vec<_> = read.events.into_iter().map(|(_, event)| event).collect();
    let expected: Vec<_> = (0..10).filter(|&i| i != 1).map(|i| plain(&sample_event(i))).collect();
    assert_eq!(found, expected, "{:?}", read.damage);
}
