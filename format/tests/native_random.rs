//! Native traces of arbitrary events, and arbitrary harm done to traces.

#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod support;

use std::io::Cursor;

use proptest::prelude::*;
use scap_format::EventBuf;
use scap_format::native::{Info, Trace, Writer, WriterOptions, verify};
use support::{START, manifest, prelude, read_all, signed_sample};

/// What may happen to a file.
#[derive(Debug, Clone)]
enum Harm {
    Overwrite(usize, Vec<u8>),
    Insert(usize, Vec<u8>),
    Remove(usize, usize),
    Repeat(usize, usize),
}

fn harm() -> impl Strategy<Value = Harm> {
    let bytes = || proptest::collection::vec(any::<u8>(), 1..40);
    prop_oneof![
        (any::<usize>(), bytes()).prop_map(|(at, b)| Harm::Overwrite(at, b)),
        (any::<usize>(), bytes()).prop_map(|(at, b)| Harm::Insert(at, b)),
        (any::<usize>(), 1..2000usize).prop_map(|(at, n)| Harm::Remove(at, n)),
        (any::<usize>(), 1..2000usize).prop_map(|(at, n)| Harm::Repeat(at, n)),
    ]
}

/// Does it; the range of the file that differs by it, as offsets before.
fn inflict(file: &mut Vec<u8>, harm: &Harm) -> std::ops::Range<usize> {
    let len = file.len();
    match harm {
        Harm::Overwrite(at, bytes) => {
            let at = at % len;
            let end = (at + bytes.len()).min(len);
            file[at..end].copy_from_slice(&bytes[..end - at]);
            at..end
        }
        Harm::Insert(at, bytes) => {
            let at = at % len;
            file.splice(at..at, bytes.iter().copied());
            at..at
        }
        Harm::Remove(at, n) => {
            let at = at % len;
            let end = (at + n).min(len);
            file.drain(at..end);
            at..end
        }
        Harm::Repeat(at, n) => {
            let at = at % len;
            let again = file[at..(at + n).min(len)].to_vec();
            let end = at + again.len();
            file.splice(end..end, again);
            end..end
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_events_are_written_come_back(
        events in proptest::collection::vec(
            (any::<u16>(), any::<u32>(), any::<i64>(), proptest::collection::vec(
                proptest::collection::vec(any::<u8>(), 0..300), 0..6)), 0..80),
        frame_bytes in 256..20_000usize, level in -3..6i32, flush_at in 0..80usize,
    ) {
        let mut trace = Vec::new();
        let mut expected = Vec::new();
        let options = WriterOptions { frame_bytes, level, ..WriterOptions::default() };
        let mut writer = Writer::new(&mut trace, options, &manifest(), &prelude()).unwrap();
        for (i, (code, ts, tid, params)) in events.iter().enumerate() {
            let mut event = EventBuf::new(*code, START + u64::from(*ts), *tid);
            for param in params {
                event.push(param);
            }
            writer.event(&event.as_event()).unwrap();
            expected.push((i as u64 + 1, *code, u64::from(*ts)));
            if i == flush_at {
                writer.flush_frame().unwrap();
            }
        }
        let totals = writer.finish().unwrap();
        let seen = read_all(&trace);
        prop_assert_eq!(&seen.events, &expected);
        prop_assert!(seen.damage.is_empty());
        prop_assert!(verify(&trace[..], None).unwrap().is_whole());
        let info = Info::open(&mut Cursor::new(&trace)).unwrap();
        prop_assert_eq!(&info.totals, &totals);
        prop_assert_eq!(&info.frames, &Info::scan(&trace[..]).unwrap().frames);
        prop_assert!(events.iter().all(|e| totals.types.contains(e.0)));
    }

    #[test]
    fn no_harm_goes_unseen_and_what_it_spares_is_read(harms in proptest::collection::vec(harm(), 1..3)) {
        let whole = signed_sample(40);
        let mut harmed = whole.clone();
        let mut ranges = Vec::new();
        for harm in &harms {
            ranges.push(inflict(&mut harmed, harm));
        }
        let verdict = verify(&harmed[..], None).unwrap();
        prop_assert_eq!(verdict.is_whole(), harmed == whole, "{}", verdict);
        let seen = read_all(&harmed);
        if let (1, Harm::Overwrite(..) | Harm::Insert(..) | Harm::Remove(..)) = (harms.len(), &harms[0]) {
            let frames = Info::scan(&whole[..]).unwrap().frames;
            let hit = |from: u64, to: u64| {
                ranges[0].start as u64 <= to && from <= ranges[0].end as u64
            };
            let all = read_all(&whole);
            for f in &frames {
                // A frame is spared if neither it nor its index record was hit.
                if hit(f.offset, f.offset + f.packed_len + 250) {
                    continue;
                }
                let numbers = f.first_event..f.first_event + f.events;
                for event in all.events.iter().filter(|e| numbers.contains(&e.0)) {
                    prop_assert!(seen.events.contains(event), "{event:?} of frame {}: {:?}", f.frame, seen.damage);
                }
            }
        }
        // Whatever else: the other ways in hold too.
        let info = Info::open(&mut Cursor::new(&harmed)).unwrap();
        let mut trace = Trace::open(Cursor::new(&harmed)).unwrap();
        for i in 0..info.frames.len() {
            let _damage = trace.read_frame(i).unwrap().unwrap();
        }
        for checkpoint in info.checkpoints {
            let _damage = trace.read_checkpoint(&checkpoint).unwrap();
        }
    }

    #[test]
    fn bytes_that_are_no_trace_are_damage(bytes in proptest::collection::vec(any::<u8>(), 0..3000)) {
        let seen = read_all(&bytes);
        prop_assert!(seen.events.is_empty() && !seen.damage.is_empty());
        prop_assert!(!verify(&bytes[..], None).unwrap().is_whole());
    }
}
