//! Native traces cut short, flipped bit by bit, and written to outputs that fail: what is not hit is read.

#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod support;

use std::io::{Error, Result, Write};

use scap_format::native::{Info, VerdictState, Writer, WriterOptions, verify};
use support::{manifest, open_event, options, prelude, read_all, sample, signed_sample, write_sample};

/// Place of every data frame and the ordinals of the `open` events in it.
fn frames(trace: &[u8]) -> Vec<(u64, u64, Vec<u64>)> {
    let info = Info::scan(trace).unwrap();
    let seen = read_all(trace);
    let rows = info.frames.iter().map(|f| {
        let inside = seen.events.iter().filter(|e| e.0 >= f.first_event && e.0 < f.first_event + f.events);
        let opens = inside.filter(|e| e.1 != scap_schema::code::NOTIFICATION_E).map(|e| e.2 / 1000);
        (f.offset, f.offset + f.packed_len, opens.collect())
    });
    rows.collect()
}

#[test]
fn cut_short_at_every_byte_all_whole_frames_are_read() {
    let trace = signed_sample(40);
    let frames = frames(&trace);
    let all = read_all(&trace).opens();
    for cut in 0..trace.len() {
        let seen = read_all(&trace[..cut]);
        let whole = frames.iter().filter(|f| f.1 <= cut as u64);
        let expected: Vec<u64> = whole.flat_map(|f| f.2.clone()).collect();
        assert!(seen.opens().starts_with(&expected) && all.starts_with(&seen.opens()), "cut at {cut}");
        assert!(seen.events.iter().zip(1..).all(|(e, n)| e.0 == n), "numbers, cut at {cut}");
        let verdict = verify(&trace[..cut], None).unwrap();
        assert!(!verdict.is_whole(), "cut at {cut}: {verdict}");
        let last = verdict.findings.last().unwrap();
        assert!(last.end.is_none() && last.start <= cut as u64, "cut at {cut}: {verdict}");
        if let Some(damage) = seen.damage.last() {
            assert!(seen.damage.len() == 1 && damage.start <= cut as u64, "cut at {cut}: {damage:?}");
        }
        let info = Info::scan(&trace[..cut]).unwrap();
        assert_eq!(
            info.frames.iter().map(|f| f.events).sum::<u64>(),
            seen.events.len() as u64,
            "cut at {cut}"
        );
        assert_eq!(Info::open(&mut std::io::Cursor::new(&trace[..cut])).unwrap().frames, info.frames);
    }
}

#[test]
fn of_a_frame_cut_short_what_is_there_is_read_and_told() {
    let mut trace = Vec::new();
    let one_frame = WriterOptions { frame_bytes: 4 << 20, ..options() };
    write_sample(&mut trace, one_frame, 6000).unwrap();
    let (frame, whole) = (frames(&trace).pop().unwrap(), read_all(&trace).opens());
    let (start, end) = (usize::try_from(frame.0).unwrap(), usize::try_from(frame.1).unwrap());
    let before = read_all(&trace[..start]).events.len();
    assert!(whole.len() == 6000 && frame.2.len() > 5900);
    let (mut least, mut steps) = (0, 0);
    for cut in (start + 4..end).step_by((end - start) / 97).chain([end - 1]) {
        let seen = read_all(&trace[..cut]);
        assert!(whole.starts_with(&seen.opens()), "cut at {cut}");
        assert!(seen.opens().len() >= least, "more bytes are more events, cut at {cut}");
        steps += usize::from(seen.opens().len() > least);
        least = seen.opens().len();
        let damage = seen.damage.last().unwrap();
        assert_eq!((damage.start, damage.end), (frame.0, None), "cut at {cut}");
        let events = seen.events.len() - before;
        let told = format!("; {events} events at its start were read, which no checksum covers");
        assert_eq!(damage.detail.ends_with(&told), events > 0, "cut at {cut}: {damage:?}");
        let info = Info::scan(&trace[..cut]).unwrap();
        assert_eq!(info.frames.iter().map(|f| f.events).sum::<u64>(), seen.events.len() as u64);
    }
    // zstd packs 128 KiB at a time, and the last cut is in the checksum.
    assert_eq!(least, 6000);
    assert!(steps > 3, "{steps} steps");
}

#[test]
fn an_unfinished_trace_says_so_and_nothing_more() {
    let trace = sample(40);
    let info = Info::scan(&trace[..]).unwrap();
    // Behind the index record of the fifth frame, as kill -9 between two frames leaves it.
    let cut = usize::try_from(info.frames[5].offset).unwrap();
    let seen = read_all(&trace[..cut]);
    assert_eq!(seen.damage.len(), 1);
    assert_eq!((seen.damage[0].start, seen.damage[0].end), (cut as u64, None));
    assert_eq!(verify(&trace[..cut], None).unwrap().state, VerdictState::Unfinished);
}

#[test]
fn every_flipped_byte_is_found_and_placed_and_costs_no_other_frame() {
    let trace = signed_sample(40);
    let frames = frames(&trace);
    let whole = read_all(&trace);
    let (mut found, mut lost) = (0, 0);
    for at in 0..trace.len() {
        for mask in [0x01, 0x80, 0xFF] {
            let mut bad = trace.clone();
            bad[at] ^= mask;
            let verdict = verify(&bad[..], None).unwrap();
            assert!(!verdict.is_whole(), "byte {at} ^ {mask:#x}");
            let place = at as u64;
            let hit = |start: u64, end: Option<u64>| start <= place && end.is_none_or(|e| place < e);
            let first = &verdict.findings[0];
            assert!(hit(first.start, first.end), "byte {at} ^ {mask:#x}: {verdict}");
            assert!(first.end.is_none_or(|e| e - first.start < 700), "byte {at} ^ {mask:#x}: {verdict}");

            let seen = read_all(&bad);
            let sound = frames.iter().filter(|f| !hit(f.0, Some(f.1)));
            let expected: Vec<u64> = sound.flat_map(|f| f.2.clone()).collect();
            let struck = frames.iter().find(|f| hit(f.0, Some(f.1)));
            if struck.is_some() && seen.damage.is_empty() {
                // zstd ignores a few bits; what they leave is the same.
                assert_eq!(seen.raw, whole.raw, "byte {at} ^ {mask:#x}");
                continue;
            }
            assert_eq!(seen.opens(), expected, "byte {at} ^ {mask:#x}");
            if let Some(struck) = struck {
                let damage = &seen.damage[0];
                assert_eq!((damage.start, damage.end), (struck.0, Some(struck.1)), "byte {at}");
                let gone = whole.events.len() - seen.events.len();
                assert_eq!(damage.events_lost, Some(gone as u64), "byte {at}: {:?}", seen.damage);
                lost += 1;
            }
            let unnumbered = seen.events.iter().filter(|e| e.0 == 0).count();
            assert_eq!(unnumbered, 0, "byte {at} ^ {mask:#x}");
            found += 1;
        }
    }
    assert!(found > 1000 && lost > 1000);
}

#[test]
fn a_hole_over_several_frames_is_one_damage_with_its_count() {
    let trace = sample(60);
    let frames = frames(&trace);
    let mut bad = trace.clone();
    let from = usize::try_from(frames[3].0).unwrap() + 5;
    let to = usize::try_from(frames[6].0).unwrap() + 5;
    bad[from..to].fill(0);
    let seen = read_all(&bad);
    let expected: Vec<u64> = frames
        .iter()
        .enumerate()
        .filter(|(i, _)| !(3..=6).contains(i))
        .flat_map(|(_, f)| f.2.clone())
        .collect();
    assert_eq!(seen.opens(), expected);
    assert_eq!(seen.damage.len(), 1, "{:?}", seen.damage);
    assert_eq!((seen.damage[0].start, seen.damage[0].end), (frames[3].0, Some(frames[6].1)));
    assert_eq!(seen.damage[0].events_lost, Some((read_all(&trace).events.len() - seen.events.len()) as u64));
}

#[test]
fn a_trace_inside_a_recorded_buffer_is_never_taken_for_the_trace() {
    let mut inner = Vec::new();
    let another = scap_format::native::WriterOptions { trace_id: Some([1; 16]), ..options() };
    write_sample(&mut inner, another, 20).unwrap();
    no_event_of_a_buffer_comes_up(&inner);
    // The trace itself as it was some frames ago: `scap record -o - | tee` records what tee writes.
    let mut same = Vec::new();
    let mut writer = Writer::new(&mut same, options(), &manifest(), &prelude()).unwrap();
    writer.event(&open_event(1).as_event()).unwrap();
    drop(writer);
    no_event_of_a_buffer_comes_up(&same);
}

fn no_event_of_a_buffer_comes_up(inner: &[u8]) {
    let mut bytes = Vec::new();
    let mut writer = Writer::new(&mut bytes, options(), &manifest(), &prelude()).unwrap();
    // Enough noise that zstd gives up on the block and stores it as it is.
    let noise = (0..5000u64).flat_map(|i| (i + 7).wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes());
    let buffer: Vec<u8> = inner.iter().copied().chain(noise).collect();
    let mut write = scap_format::EventBuf::new(scap_schema::code::SYSCALL_WRITE_X, support::START, 1);
    write.push(&0i64.to_le_bytes()).push(&buffer).push(&3i64.to_le_bytes()).push(&9u32.to_le_bytes());
    writer.event(&open_event(1).as_event()).unwrap();
    writer.event(&write.as_event()).unwrap();
    writer.event(&open_event(2).as_event()).unwrap();
    writer.finish().unwrap();
    let frames = Info::scan(&bytes[..]).unwrap().frames;
    assert!(bytes.windows(inner.len()).any(|w| w == inner), "the inner trace stands in there as it is");
    let big = frames.iter().find(|f| f.events > 1).unwrap();
    for at in 0..16 {
        let mut bad = bytes.clone();
        bad[usize::try_from(big.offset).unwrap() + at] ^= 0xFF;
        let seen = read_all(&bad);
        assert_eq!(seen.others, 3, "byte {at}: blocks of the inner trace came up");
        assert_eq!(seen.opens().iter().filter(|&&i| i > 2).count(), 0, "byte {at}");
    }
}

#[test]
fn bytes_before_a_trace_cost_nothing_but_themselves() {
    let trace = sample(40);
    for junk in [1, 100, 5000] {
        let seen = read_all(&[vec![0x28; junk], trace.clone()].concat());
        assert_eq!(seen.events, read_all(&trace).events, "{junk}");
        assert_eq!((seen.damage.len(), seen.damage[0].end), (1, Some(junk as u64)));
    }
}

/// Takes `room` bytes, then fails.
struct Full {
    taken: Vec<u8>,
    room: usize,
}

impl Write for &mut Full {
    fn write(&mut self, buf: &[u8]) -> Result<usize> {
        let n = buf.len().min(self.room - self.taken.len()).min(100);
        self.taken.extend_from_slice(&buf[..n]);
        if n == 0 { Err(Error::other("disk full")) } else { Ok(n) }
    }
    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

#[test]
fn an_output_that_fails_at_any_byte_keeps_all_that_was_written() {
    let trace = sample(40);
    for room in (0..trace.len()).step_by(7) {
        let mut full = Full { taken: Vec::new(), room };
        let error = write_sample(&mut full, options(), 40).unwrap_err();
        assert!(error.to_string().contains("disk full"), "{error}");
        assert_eq!(full.taken, trace[..room], "the same bytes up to the failure");
    }
    let mut enough = Full { taken: Vec::new(), room: trace.len() };
    write_sample(&mut enough, options(), 40).unwrap();
    assert_eq!(enough.taken, trace);
}

#[test]
fn after_a_failed_write_nothing_is_appended() {
    let mut full = Full { taken: Vec::new(), room: 1500 };
    let mut writer = Writer::new(&mut full, options(), &manifest(), &prelude()).unwrap();
    let errors = (1..=100).filter_map(|i| writer.event(&open_event(i).as_event()).err()).count();
    assert!(errors > 1);
    let safe = writer.written();
    assert!(writer.finish().is_err());
    assert!(safe <= 1500 && full.taken.len() == 1500);
    let safe = usize::try_from(safe).unwrap();
    assert_eq!(verify(&full.taken[..safe], None).unwrap().state, VerdictState::Unfinished);
}

#[test]
fn sound_crumbs_between_costly_lies_do_not_make_it_slow() {
    // A small foreign frame is sound; behind each stands a record that claims all the rest and is none.
    let crumb = [&0x184D_2A50u32.to_le_bytes()[..], &0u32.to_le_bytes()].concat();
    let lie = [&0x184D_2A53u32.to_le_bytes()[..], &(16u32 << 20).to_le_bytes(), b"scap-rec"].concat();
    let whole = sample(1);
    let record_at = |at: usize| {
        let len = u32::from_le_bytes(whole[at + 4..at + 8].try_into().unwrap()) as usize + 8;
        &whole[at..at + len]
    };
    let index = usize::try_from(Info::scan(&whole[..]).unwrap().frames[0].packed_len).unwrap();
    let manifest = record_at(index + record_at(index).len());
    let unit = [&crumb[..], &lie, manifest].concat();
    let bytes = unit.repeat((24 << 20) / unit.len());
    let start = std::time::Instant::now();
    assert!(!verify(&bytes[..], None).unwrap().is_whole());
    assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
}

#[test]
fn hostile_bytes_end_in_bounded_time_and_memory() {
    let frame_magic = 0xFD2F_B528u32.to_le_bytes();
    let record_head = [&0x184D_2A53u32.to_le_bytes()[..], &(1u32 << 20).to_le_bytes(), b"scap-rec"].concat();
    let bomb = [&frame_magic[..], &[0xA4, 0, 0, 0, 4], &[0x02 | 0xF8, 0xFF, 0x0F, 0][..]].concat();
    for unit in [&frame_magic[..], &record_head, &bomb, &[0xFF], &[]] {
        let mut bytes = sample(5);
        bytes.extend(unit.repeat((1 << 20) / unit.len().max(1)));
        let seen = read_all(&bytes);
        assert_eq!(seen.opens(), (1..=5).collect::<Vec<_>>());
        assert!(unit.is_empty() || !verify(&bytes[..], None).unwrap().is_whole());
    }
}
