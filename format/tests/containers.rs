//! Traces in every container, whole and damaged; several files as one trace; what is no trace.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test panics where it fails, and says what it saw"
)]

mod common;
mod support;

use common::{Plain, capture, plain, read, read_any, read_trace, sample_event};
use flate2::write::GzEncoder;
use flate2::{Compression, FlushCompress};
use scap_format::damage::DamageKind;
use scap_format::source::{Container, Input, inputs};
use scap_format::{Error, TraceReader};
use scap_schema::code;
use std::io::{Cursor, Read, Write};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd_frames(parts: &[&[u8]]) -> Vec<u8> {
    let mut out = Vec::new();
    for part in parts {
        let mut encoder = zstd::Encoder::new(&mut out, 3).unwrap();
        encoder.include_checksum(true).unwrap();
        encoder.write_all(part).unwrap();
        encoder.finish().unwrap();
    }
    out
}

fn events(count: u64) -> Vec<Plain> {
    (0..count).map(|i| plain(&sample_event(i))).collect()
}

fn container(bytes: &[u8]) -> Container {
    TraceReader::from_reader(Box::new(Cursor::new(bytes.to_vec())), "test").unwrap().container()
}

#[test]
fn the_content_tells_the_container() {
    let (bytes, _) = capture(5);
    let skippable = [&[0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3][..], &zstd_frames(&[&bytes])].concat();
    for (packed, expected) in [
        (bytes.clone(), Container::Plain),
        (gzip(&bytes), Container::Gzip),
        (zstd_frames(&[&bytes]), Container::Zstd),
        (skippable, Container::Zstd),
    ] {
        assert_eq!(container(&packed), expected);
        let read = read(&packed);
        assert_eq!(read.damage, []);
        assert!(read.events.iter().map(|(_, event)| event).eq(&events(5)));
    }
}

#[test]
fn a_native_trace_is_read_like_any_other() {
    let packed = support::sample(40);
    assert_eq!(container(&packed), Container::Native);
    let read = read(&packed);
    assert_eq!(read.damage, []);
    assert_eq!(read.snapshot.machine.map(|m| m.hostname), Some(b"testhost".to_vec()));
    let opens: Vec<_> = read.events.iter().filter(|(_, event)| event.4 == code::SYSCALL_OPEN_X).collect();
    assert_eq!(opens.len(), 40);
    assert!(read.events.iter().zip(1..).all(|((num, _), expected)| *num == expected));
}

#[test]
fn a_damaged_native_trace_loses_one_frame_and_keeps_its_numbers() {
    let packed = support::sample(40);
    let whole = read(&packed).events;
    for at in (0..packed.len()).step_by(7) {
        let mut changed = packed.clone();
        changed[at] ^= 0x10;
        let read = read(&changed);
        let is_same = read.events == whole;
        assert!(is_same || !read.damage.is_empty(), "byte {at}: silently another trace");
        assert!(read.events.iter().all(|event| whole.contains(event)), "byte {at}: numbers moved");
    }
}

#[test]
fn members_and_frames_are_joined_even_inside_a_block() {
    let (bytes, places) = capture(50);
    for cut in [places[20], places[20] + 5, places[20] + 9] {
        let (a, b) = bytes.split_at(cut);
        for packed in [[gzip(a), gzip(b)].concat(), zstd_frames(&[a, b])] {
            let read = read(&packed);
            assert_eq!(read.damage, []);
            assert!(read.events.iter().map(|(_, event)| event).eq(&events(50)));
        }
    }
    let padded = [gzip(&bytes), vec![0; 512]].concat();
    assert_eq!(read(&padded).damage, [], "zeros behind the last member are padding");
}

#[test]
fn a_damaged_gzip_member_costs_nothing_of_the_others() {
    let (bytes, places) = capture(3000);
    let cuts = [0, places[1000], places[2000], bytes.len()];
    let members: Vec<_> = cuts.windows(2).map(|w| gzip(&bytes[w[0]..w[1]])).collect();
    let mut packed = members.concat();
    let hit = members[0].len() + members[1].len() / 2;
    packed[hit] ^= 0x55;
    packed[hit + 1] ^= 0x55;
    let read = read(&packed);
    assert!(!read.damage.is_empty());
    assert_eq!(read.damage[0].kind, DamageKind::Compression);
    let all = events(3000);
    let found: Vec<_> = read.events.into_iter().map(|(_, event)| event).collect();
    assert_eq!(found[..1000], all[..1000]);
    assert_eq!(found[found.len() - 1000..], all[2000..], "{:?}", read.damage);
}

#[test]
fn behind_a_full_flush_a_damaged_gzip_goes_on() {
    let (bytes, places) = capture(9000);
    let mut compress = flate2::Compress::new(Compression::default(), false);
    let mut packed = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];
    let mut flushed = Vec::new();
    for (part, flush) in [
        (&bytes[..places[3000]], FlushCompress::Full),
        (&bytes[places[3000]..places[6000]], FlushCompress::Full),
        (&bytes[places[6000]..], FlushCompress::Finish),
    ] {
        let mut out = Vec::with_capacity(1 << 20);
        compress.compress_vec(part, &mut out, flush).unwrap();
        packed.extend(out);
        flushed.push(packed.len());
    }
    packed.extend(crc(&bytes));
    packed.extend(u32::try_from(bytes.len()).unwrap().to_le_bytes());
    assert_eq!(read(&packed).damage, []);
    // A deflate block of the reserved type right behind the first flush.
    packed[flushed[0]] |= 0b110;
    let read = read(&packed);
    assert_eq!(read.damage.len(), 1, "{:?}", read.damage);
    assert_eq!(read.damage[0].end, Some(flushed[1] as u64));
    let all = events(9000);
    let found: Vec<_> = read.events.into_iter().map(|(_, event)| event).collect();
    assert_eq!(found[..3000], all[..3000]);
    assert_eq!(found[found.len() - 2999..], all[6001..]);
}

fn crc(bytes: &[u8]) -> [u8; 4] {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum().to_le_bytes()
}

#[test]
fn a_wrong_gzip_checksum_is_reported_and_loses_nothing() {
    let (bytes, _) = capture(20);
    let mut packed = gzip(&bytes);
    let at = packed.len() - 8;
    packed[at] ^= 1;
    let read = read(&packed);
    assert_eq!(read.events.len(), 20);
    assert_eq!(read.damage.len(), 1);
    assert_eq!((read.damage[0].kind, read.damage[0].start), (DamageKind::Compression, 0));
}

#[test]
fn a_damaged_zstd_frame_costs_nothing_of_the_others() {
    let (bytes, places) = capture(3000);
    let parts = [&bytes[..places[1000]], &bytes[places[1000]..places[2000]], &bytes[places[2000]..]];
    let lens: Vec<_> = parts.iter().map(|part| zstd_frames(&[part]).len()).collect();
    let mut packed = zstd_frames(&parts);
    packed[lens[0] + lens[1] / 2] ^= 0x55;
    let read = read(&packed);
    assert!(!read.damage.is_empty());
    let all = events(3000);
    let found: Vec<_> = read.events.into_iter().map(|(_, event)| event).collect();
    assert_eq!(found[..1000], all[..1000]);
    assert_eq!(found[found.len() - 1000..], all[2000..], "{:?}", read.damage);
}

/// Every length of `packed` and every byte of it changed: no panic, and damage is told. A cut at `border` is
/// none.
fn abuse(packed: &[u8], all: &[Plain], border: usize) {
    for len in 0..packed.len() {
        if let Some(read) = read_any(&packed[..len]) {
            assert_eq!(read.damage.is_empty(), len == border, "cut at {len}");
            assert!(read.events.iter().map(|(_, event)| event).eq(&all[..read.events.len()]), "cut at {len}");
        }
    }
    let mut lost = 0;
    for mask in [0xff, 1, 0x20] {
        for at in 0..packed.len() {
            let mut changed = packed.to_vec();
            changed[at] ^= mask;
            let Some(read) = read_any(&changed) else {
                panic!("byte {at} ^ {mask:#x}: no trace any more");
            };
            let is_same = read.events.iter().map(|(_, event)| event).eq(all);
            assert!(is_same || !read.damage.is_empty(), "byte {at} ^ {mask:#x}: silently another trace");
            lost += all.len().saturating_sub(read.events.len());
        }
    }
    println!("{} changes, {lost} events lost of {}", packed.len() * 3, packed.len() * 3 * all.len());
}

#[test]
fn any_byte_of_a_gzip_trace_may_be_wrong_or_missing() {
    let (bytes, _) = capture(20);
    abuse(&gzip(&bytes), &events(20), 0);
}

#[test]
fn any_byte_of_a_zstd_trace_may_be_wrong_or_missing() {
    let (bytes, places) = capture(20);
    let (a, b) = bytes.split_at(places[10]);
    abuse(&zstd_frames(&[a, b]), &events(20), zstd_frames(&[a]).len());
}

/// Gives one byte at a time.
struct Slow(Cursor<Vec<u8>>);

impl Read for Slow {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let len = out.len().min(1);
        self.0.read(&mut out[..len])
    }
}

#[test]
fn a_pipe_that_gives_single_bytes_is_read_whole() {
    let (bytes, _) = capture(30);
    for packed in [bytes.clone(), gzip(&bytes), zstd_frames(&[&bytes])] {
        let trace = TraceReader::from_reader(Box::new(Slow(Cursor::new(packed))), "pipe").unwrap();
        let read = read_trace(trace);
        assert_eq!(read.damage, []);
        assert!(read.events.iter().map(|(_, event)| event).eq(&events(30)));
    }
}

#[test]
fn a_block_longer_than_a_chunk_is_joined() {
    let (mut bytes, _) = capture(2);
    let mut big = scap_format::EventBuf::new(code::PLUGINEVENT_E, common::START, 1);
    big.push(&7u32.to_le_bytes()).push(&vec![3; 3_000_000]);
    scap_format::scap::write::event(&mut bytes, &big.as_event());
    scap_format::scap::write::event(&mut bytes, &sample_event(2).as_event());
    for packed in [bytes.clone(), gzip(&bytes), zstd_frames(&[&bytes])] {
        let read = read(&packed);
        assert_eq!(read.damage, []);
        assert_eq!(read.events.len(), 4);
        assert_eq!(read.events[2], (3, plain(&big)));
        assert_eq!(read.events[3], (4, plain(&sample_event(2))));
    }
}

fn error(bytes: &[u8]) -> Error {
    match TraceReader::from_reader(Box::new(Cursor::new(bytes.to_vec())), "some file") {
        Err(error) => error,
        Ok(_) => panic!("that was no trace"),
    }
}

#[test]
fn what_is_no_trace_is_told_clearly() {
    assert_eq!(
        error(b"").to_string(),
        "some file is empty: nothing was recorded, or it was not copied whole"
    );
    let text = error(b"#!/bin/sh\necho not a trace at all, but long enough to be one");
    assert!(matches!(text, Error::NotATrace { .. }));
    assert!(text.to_string().starts_with("some file is not a trace: it starts with"), "{text}");
    let missing = TraceReader::open(std::path::Path::new("/nonexistent/x.scap")).err().unwrap();
    assert!(missing.to_string().contains("/nonexistent/x.scap"), "{missing}");
    let directory = TraceReader::open(std::path::Path::new("/")).err().unwrap();
    assert!(matches!(directory, Error::Open { .. }), "{directory}");
}

#[test]
fn a_rotated_trace_is_read_as_one_in_time_order() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, range: std::ops::Range<u64>, host: &str| {
        let mut snapshot = common::snapshot();
        if let Some(machine) = &mut snapshot.machine {
            machine.hostname = host.into();
        }
        let mut out = Vec::new();
        common::write_prelude(&mut out, &snapshot);
        for i in range {
            scap_format::scap::write::event(&mut out, &sample_event(i).as_event());
        }
        std::fs::write(dir.path().join(name), gzip(&out)).unwrap();
    };
    write("t.scap2", 20..30, "host");
    write("t.scap10", 10..20, "host");
    write("t.scap1", 0..10, "host");
    write("t.scap3", 0..10, "another");
    std::fs::write(dir.path().join("notes.txt"), "no trace").unwrap();
    let found = inputs(&[dir.path().to_owned()]).unwrap();
    let file = |name| dir.path().join(name);
    let rotated = Input { files: vec![file("t.scap1"), file("t.scap10"), file("t.scap2")] };
    assert_eq!(found, [rotated, Input { files: vec![file("t.scap3")] }]);
    let read = read_trace(TraceReader::open_series(&found[0].files).unwrap());
    assert_eq!(read.damage, []);
    let expected: Vec<_> = (1..).zip(events(30)).collect();
    assert_eq!(read.events, expected);
}

#[test]
fn an_unreadable_file_of_a_rotated_trace_is_damage_and_the_others_are_read() {
    let dir = tempfile::tempdir().unwrap();
    let (bytes, _) = capture(5);
    let files: Vec<_> = (0..4).map(|i| dir.path().join(format!("t.scap{i}"))).collect();
    std::fs::write(&files[0], &bytes).unwrap();
    std::fs::write(&files[1], "").unwrap();
    std::fs::write(&files[3], &bytes[..bytes.len() - 1]).unwrap();
    let read = read_trace(TraceReader::open_series(&files).unwrap());
    assert_eq!(read.events.len(), 9);
    let details: Vec<_> = read.damage.iter().map(|damage| damage.detail.as_str()).collect();
    assert!(details[0].contains("t.scap1 is empty"), "{details:?}");
    assert!(details[1].contains("cannot open") && details[1].contains("t.scap2"), "{details:?}");
    assert!(details[2].contains("t.scap3: the file ends"), "{details:?}");
}

#[test]
fn a_directory_without_traces_is_told() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("a"), "x").unwrap();
    let error = inputs(&[dir.path().to_owned()]).unwrap_err();
    assert!(matches!(error, Error::NoTraces { files: 1, .. }), "{error}");
}
