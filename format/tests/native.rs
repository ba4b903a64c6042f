//! Native traces: what is written is read, and every tool of the house and zstd's own agree on it.

#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod support;

use std::io::{Cursor, Write};
use std::process::{Command, Stdio};

use scap_format::native::{
    Info, PublicKey, Signature, SigningKey, Trace, Unpacker, VerdictState, Writer, WriterOptions, is_native,
    verify,
};
use scap_schema::code;
use support::{START, manifest, open_event, prelude, read_all, sample, signed_sample};

#[test]
fn events_come_back_in_order_and_numbered() {
    let seen = read_all(&sample(60));
    assert_eq!(seen.damage, []);
    assert_eq!(seen.opens(), (1..=60).collect::<Vec<_>>());
    let numbers: Vec<u64> = seen.events.iter().map(|e| e.0).collect();
    assert_eq!(numbers, (1..=61).collect::<Vec<_>>(), "60 opens and one notice of drops");
    assert_eq!(seen.events[10].1, code::NOTIFICATION_E);
    assert_eq!(seen.others, 3, "section, machine, threads");
}

#[test]
fn a_trace_is_known_by_its_first_bytes() {
    let trace = sample(5);
    assert!(is_native(&trace[..512]));
    assert!(!is_native(&read_all(&trace).raw));
    assert!(!is_native(b""));
    for i in 0..16 {
        let mut bad = trace.clone();
        bad[i] ^= 0x40;
        assert!(is_native(&bad[..bad.len().min(4096)]), "byte {i}");
    }
}

#[test]
fn info_is_the_same_from_the_footer_and_from_reading_through() {
    let trace = sample(60);
    let quick = Info::open(&mut Cursor::new(&trace)).unwrap();
    let slow = Info::scan(&trace[..]).unwrap();
    assert!(!quick.read_through && slow.read_through);
    assert_eq!(quick.frames, slow.frames);
    assert_eq!(quick.totals, slow.totals);
    assert_eq!(quick.manifest, Some(manifest()));
    assert_eq!(slow.manifest, Some(manifest()));
    assert_eq!(quick.checkpoints, slow.checkpoints);
    assert_eq!(quick.totals.events, 61);
    assert_eq!(quick.totals.dropped(), 77);
    assert_eq!((quick.totals.first_ts, quick.totals.last_ts), (START + 1000, START + 60_000));
    let types: Vec<u16> = quick.totals.types.iter().collect();
    assert_eq!(types, [code::SYSCALL_OPEN_X, code::NOTIFICATION_E]);
    assert!(quick.frames.len() > 5 && quick.finished && quick.signer.is_none());
    assert_eq!(quick.frames.iter().map(|f| f.events).sum::<u64>(), 61);
    assert_eq!(
        quick.frames.iter().flat_map(|f| &f.drops).map(|d| (d.cpu, d.count)).collect::<Vec<_>>(),
        [(1, 77)]
    );
}

#[test]
fn without_records_the_rows_are_counted_from_the_frames() {
    let trace = sample(60);
    let whole = Info::scan(&trace[..]).unwrap();
    // Cut off behind the fourth frame, before its index record.
    let frame = &whole.frames[3];
    let cut = usize::try_from(frame.offset + frame.packed_len).unwrap();
    let cut = Info::scan(&trace[..cut]).unwrap();
    assert!(!cut.finished);
    assert_eq!(cut.frames.len(), 4);
    let counted = &cut.frames[3];
    assert_eq!((counted.first_event, counted.events), (frame.first_event, frame.events));
    assert_eq!(
        (counted.first_ts, counted.last_ts, &counted.types),
        (frame.first_ts, frame.last_ts, &frame.types)
    );
}

#[test]
fn frames_and_checkpoints_are_read_in_any_order() {
    let bytes = sample(60);
    let mut trace = Trace::open(Cursor::new(&bytes)).unwrap();
    let n = trace.info().frames.len();
    let mut unpacker = Unpacker::new().unwrap();
    let mut backwards = Vec::new();
    for i in (0..n).rev() {
        let frame = trace.packed_frame(i).unwrap().unwrap();
        let mut raw = Vec::new();
        frame.unpack(&mut unpacker, &mut raw).unwrap();
        assert_eq!(Ok(raw.clone()), trace.read_frame(i).unwrap().unwrap());
        backwards.splice(0..0, raw);
    }
    assert_eq!(backwards, read_all(&bytes).raw);
    assert!(trace.packed_frame(n).unwrap().is_none());
    let checkpoint = trace.info().checkpoints[0].clone();
    assert_eq!(checkpoint.next_event, 22, "20 opens and a notice before it");
    let state = trace.read_checkpoint(&checkpoint).unwrap().unwrap();
    assert!(state.starts_with(b"state state") && state.len() == 129);
    let first_after = &trace.info().frames[usize::try_from(checkpoint.frames).unwrap()];
    assert_eq!(first_after.first_event, 22);
}

#[test]
fn verification_tells_whole_unsigned_and_unfinished_apart() {
    let key = SigningKey::from_seed(&[5; 32]).public();
    let verdict = verify(&signed_sample(30)[..], Some(&key)).unwrap();
    assert_eq!((verdict.state, verdict.signature), (VerdictState::Whole, Signature::Valid(key)));
    assert_eq!(verdict.to_string(), "whole");
    assert_eq!((verdict.events, &verdict.findings[..]), (31, &[][..]));

    let verdict = verify(&sample(30)[..], None).unwrap();
    assert_eq!(
        (verdict.state, verdict.to_string().as_str()),
        (VerdictState::WholeUnsigned, "whole but unsigned")
    );
    assert!(!verify(&sample(30)[..], Some(&key)).unwrap().is_whole(), "a signature was asked for");

    let other = PublicKey::from_bytes([9; 32]);
    let verdict = verify(&signed_sample(30)[..], Some(&other)).unwrap();
    assert_eq!((verdict.state, verdict.signature), (VerdictState::Altered, Signature::OtherKey(key)));

    let mut unfinished = Vec::new();
    let mut writer = Writer::new(&mut unfinished, support::options(), &manifest(), &prelude()).unwrap();
    (1..=30).for_each(|i| writer.event(&open_event(i).as_event()).unwrap());
    drop(writer);
    let verdict = verify(&unfinished[..], None).unwrap();
    assert_eq!(verdict.state, VerdictState::Unfinished, "{verdict}");
    assert_eq!(verdict.findings[0].start, unfinished.len() as u64);
}

#[test]
fn a_frame_rewritten_with_all_its_checksums_breaks_the_chain() {
    let (a, b) = (sample(60), {
        // The same trace with one other event in the middle, as a forger would write it.
        let mut bytes = Vec::new();
        let mut writer = Writer::new(&mut bytes, support::options(), &manifest(), &prelude()).unwrap();
        for i in 1..=60 {
            writer.event(&open_event(if i == 40 { 41 } else { i }).as_event()).unwrap();
            if i == 10 {
                writer.drops(1, 77).unwrap();
            }
            if i == 20 {
                writer.checkpoint(&[b"state ".repeat(20), vec![0; 9]].concat()).unwrap();
            }
        }
        writer.finish().unwrap();
        bytes
    });
    let (ia, ib) = (Info::scan(&a[..]).unwrap(), Info::scan(&b[..]).unwrap());
    let k = (0..ia.frames.len()).find(|&k| ia.frames[k] != ib.frames[k]).unwrap();
    // Frame k and its index record from b, everything else from a.
    let (start, next) = (ia.frames[k].offset, ia.frames[k + 1].offset);
    let (from, to) = (ib.frames[k].offset, ib.frames[k + 1].offset);
    let range = |a: u64, b: u64| usize::try_from(a).unwrap()..usize::try_from(b).unwrap();
    let forged = [&a[range(0, start)], &b[range(from, to)], &a[range(next, a.len() as u64)]].concat();
    let verdict = verify(&forged[..], None).unwrap();
    assert_eq!(verdict.state, VerdictState::Altered);
    let first = &verdict.findings[0];
    assert!(first.start >= start && first.end.unwrap() <= next + ia.frames[k + 1].packed_len, "{first:?}");
}

#[test]
fn a_frame_cut_out_with_its_index_record_is_missed() {
    let bytes = sample(60);
    let info = Info::scan(&bytes[..]).unwrap();
    let (start, end) = (info.frames[3].offset, info.frames[4].offset);
    let mut cut = bytes;
    cut.drain(usize::try_from(start).unwrap()..usize::try_from(end).unwrap());
    let verdict = verify(&cut[..], None).unwrap();
    assert_eq!(verdict.state, VerdictState::Altered);
    assert_eq!(verdict.findings.len(), 1, "{verdict}");
    assert!(verdict.findings[0].start <= start && verdict.findings[0].end >= Some(start), "{verdict}");
    let seen = read_all(&cut);
    assert_eq!(seen.damage[0].events_lost, Some(info.frames[3].events));
}

#[test]
fn an_index_record_that_lies_about_its_frame_is_found() {
    let mut trace = sample(60);
    let row = Info::scan(&trace[..]).unwrap().frames[4].clone();
    let at = usize::try_from(row.offset + row.packed_len).unwrap();
    let len = u32::from_le_bytes(trace[at + 4..at + 8].try_into().unwrap()) as usize + 8;
    let record = &mut trace[at..at + len];
    // First event and number of events, one byte each, before a time of eight bytes.
    let said = [row.first_event, row.events].map(|n| u8::try_from(n).unwrap());
    let place = record.windows(3).position(|w| w == [said[0], said[1], 253]).unwrap();
    record[place + 1] += 1;
    let sum = *blake3::hash(&record[..len - 16]).as_bytes();
    record[len - 16..].copy_from_slice(&sum[..16]);
    let verdict = verify(&trace[..], None).unwrap();
    assert_eq!(verdict.state, VerdictState::Altered);
    let finding = &verdict.findings[0];
    assert_eq!((finding.start, finding.end), (at as u64, Some((at + len) as u64)), "{verdict}");
}

#[test]
fn two_traces_one_behind_the_other_are_read_as_one() {
    let double = [sample(30), sample(20)].concat();
    let seen = read_all(&double);
    assert_eq!(seen.damage, []);
    assert_eq!(seen.opens(), (1..=30).chain(1..=20).collect::<Vec<_>>());
    assert_eq!(
        verify(&double[..], None).unwrap().state,
        VerdictState::Altered,
        "nobody vouches for the second"
    );
}

#[test]
fn drops_stand_in_the_stream_where_they_happened() {
    let trace = sample(12);
    let mut notices = Vec::new();
    support::blocks(&read_all(&trace).raw, |event| {
        if let Some(event) = event.filter(|e| e.code == code::NOTIFICATION_E) {
            notices.push((
                event.ts - START,
                event.cpu,
                event.text(0).unwrap().to_vec(),
                event.text(1).unwrap().to_vec(),
            ));
        }
    });
    assert_eq!(notices, [(10_000, 1, b"scap.drops".to_vec(), b"cpu=1 dropped=77".to_vec())]);

    let mut bytes = Vec::new();
    let mut writer = Writer::new(&mut bytes, support::options(), &manifest(), &prelude()).unwrap();
    writer.drops(0, 3).unwrap();
    writer.drops(0, 4).unwrap();
    let totals = writer.finish().unwrap();
    assert_eq!((totals.dropped(), totals.events, totals.first_ts), (7, 2, START), "the time of the start");
}

#[test]
fn raw_blocks_pass_through_and_nonsense_does_not() {
    let raw = read_all(&sample(12)).raw;
    let mut bytes = Vec::new();
    let mut writer = Writer::new(&mut bytes, WriterOptions::default(), &manifest(), &[]).unwrap();
    let mut rest = &raw[..];
    while let Some(len) = rest.get(4..8) {
        let len = u32::from_le_bytes(len.try_into().unwrap()) as usize;
        writer.raw_block(&rest[..len]).unwrap();
        rest = &rest[len..];
    }
    assert!(writer.raw_block(b"nonsense nonsense").is_err());
    assert_eq!(writer.finish().unwrap().events, 13);
    assert_eq!(read_all(&bytes).events, read_all(&sample(12)).events);
}

#[test]
fn zstd_itself_is_content_and_gives_the_same_stream() {
    if Command::new("zstd").arg("--version").output().is_err() {
        println!("skipped: no zstd command");
        return;
    }
    let trace = signed_sample(60);
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&trace).unwrap();
    let test = Command::new("zstd").arg("-t").arg(file.path()).output().unwrap();
    assert!(test.status.success(), "{}", String::from_utf8_lossy(&test.stderr));
    let stdin = Stdio::from(file.reopen().unwrap());
    let plain = Command::new("zstd").arg("-dc").stdin(stdin).output().unwrap();
    assert!(plain.status.success());
    assert_eq!(plain.stdout, read_all(&trace).raw);
}

#[test]
fn the_seek_table_adds_up_to_the_file() {
    let trace = sample(60);
    let word = |at: usize| u32::from_le_bytes(trace[at..at + 4].try_into().unwrap()) as usize;
    assert_eq!(word(trace.len() - 4), 0x8F92_EAB1);
    let n = word(trace.len() - 9);
    let table = trace.len() - 9 - n * 8;
    assert_eq!((word(table - 8), word(table - 4)), (0x184D_2A5E, n * 8 + 9));
    let (mut packed, mut raw) = (0, 0);
    for i in 0..n {
        packed += word(table + i * 8);
        raw += word(table + i * 8 + 4);
    }
    assert_eq!((packed, raw), (table - 8, read_all(&trace).raw.len()));
}

#[test]
fn batches_give_the_frames_that_a_writer_alone_gives() {
    use scap_format::native::{Batch, BatchPacker};
    let write = |in_batches: bool| {
        let mut bytes = Vec::new();
        let mut writer = Writer::new(&mut bytes, support::options(), &manifest(), &prelude()).unwrap();
        let (mut batch, mut packer) = (Batch::default(), BatchPacker::new(3).unwrap());
        for i in 1..=30 {
            if in_batches {
                batch.event(&open_event(i).as_event())
            } else {
                writer.event(&open_event(i).as_event()).unwrap()
            }
            if i == 5 {
                if in_batches { batch.drops(2, 9) } else { writer.drops(2, 9).unwrap() }
            }
            if i % 3 == 0 && in_batches {
                writer.packed(&packer.pack(&batch).unwrap()).unwrap();
                batch.restart(batch.last_ts());
            } else if i % 3 == 0 {
                writer.flush_frame().unwrap();
            }
        }
        writer.leave_out(4);
        writer.finish().unwrap();
        bytes
    };
    let alone = write(false);
    assert!(alone == write(true));
    let info = Info::open(&mut Cursor::new(&alone)).unwrap();
    assert_eq!((info.left_out, info.totals.dropped(), info.totals.events), (4, 9, 31));
    assert_eq!(Info::scan(&alone[..]).unwrap().left_out, 4);
}
