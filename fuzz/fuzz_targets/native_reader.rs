//! Any bytes as a native trace, by every way into one.
//!
//! Checks that reading, looking into and verifying end; that what is found covers the file in order; and that a
//! frame that is listed is one that can be read. Every input is tried as it is and with the checksums of its
//! records set right, so that mutations reach what is behind them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use scap_format::chunk::ChunkSource;
use scap_format::native::{Info, NativeSource, Trace, verify};
use std::io::Cursor;

/// Magic and tag of a record, with four bytes of length between.
const MAGIC: &[u8] = &[0x53, 0x2a, 0x4d, 0x18];
const TAG: &[u8] = b"scap-rec";

fuzz_target!(|bytes: &[u8]| {
    check(bytes);
    let mut repaired = bytes.to_vec();
    if repair(&mut repaired) {
        check(&repaired);
    }
});

/// Sets the checksum of every record right; whether any was wrong.
fn repair(bytes: &mut [u8]) -> bool {
    let mut changed = false;
    for at in 0..bytes.len().saturating_sub(16) {
        if !bytes[at..].starts_with(MAGIC) || bytes[at + 8..at + 16] != *TAG {
            continue;
        }
        let len = u32::from_le_bytes(bytes[at + 4..at + 8].try_into().expect("four bytes")) as usize;
        let Some(record) = bytes.get_mut(at..).and_then(|b| b.get_mut(..len.saturating_add(8))) else {
            continue;
        };
        let Some((body, sum)) = record.split_last_chunk_mut::<16>() else { continue };
        let right = blake3::hash(body);
        changed |= sum[..] != right.as_bytes()[..16];
        sum.copy_from_slice(&right.as_bytes()[..16]);
    }
    changed
}

fn check(bytes: &[u8]) {
    let mut source = NativeSource::new(bytes).expect("there is memory for a decompressor");
    let (mut frames, mut at) = (0, 0);
    while let Some(chunk) = source.next_chunk().expect("memory can always be read") {
        assert!(chunk.offset >= at && chunk.offset <= bytes.len() as u64, "chunks go forward");
        at = chunk.offset;
        if let Some(damage) = &chunk.damage_before {
            assert!(damage.start <= bytes.len() as u64 && damage.end.is_none_or(|end| damage.start <= end));
        }
        frames += usize::from(!chunk.bytes.is_empty());
    }

    let verdict = verify(bytes, None).expect("memory can always be read");
    assert_eq!(verdict.bytes, bytes.len() as u64);
    assert!(verdict.is_whole() == verdict.findings.is_empty());

    let info = Info::scan(bytes).expect("memory can always be read");
    assert!(info.frames.iter().filter(|f| f.raw_len > 0).count() >= frames);
    let mut trace = Trace::open(Cursor::new(bytes)).expect("memory can always be read");
    for i in 0..trace.info().frames.len() {
        let frame = trace.read_frame(i).expect("memory can always be read");
        assert!(frame.is_some_and(|f| f.is_ok() || !verdict.is_whole()));
    }
    for checkpoint in trace.info().checkpoints.clone() {
        let _damage = trace.read_checkpoint(&checkpoint).expect("memory can always be read");
    }
}
