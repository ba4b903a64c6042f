//! A signed trace in which anything was changed is refused, with the place; so is one that another key signed.

#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod support;

use scap_format::native::{PublicKey, Signature, SigningKey, Verdict, WriterOptions, verify};
use support::{options, signed_sample, write_sample};

fn key(seed: u8) -> PublicKey {
    SigningKey::from_seed(&[seed; 32]).public()
}

fn accepted(verdict: &Verdict) -> bool {
    verdict.is_whole() && matches!(verdict.signature, Signature::Valid(_))
}

/// Where the frames of a trace start, by their own headers; the last is the end.
fn frames(trace: &[u8]) -> Vec<usize> {
    let mut starts = vec![0];
    let mut at = 0;
    while at < trace.len() {
        let magic = u32::from_le_bytes(trace[at..at + 4].try_into().unwrap());
        at += match magic {
            0x184D_2A50..=0x184D_2A5F => {
                8 + u32::from_le_bytes(trace[at + 4..at + 8].try_into().unwrap()) as usize
            }
            _ => zstd::zstd_safe::find_frame_compressed_size(&trace[at..]).unwrap(),
        };
        starts.push(at);
    }
    starts
}

fn check(trace: &[u8], at: usize, bit: u8, frames: &[usize]) {
    let mut changed = trace.to_vec();
    changed[at] ^= 1 << bit;
    let verdict = verify(&changed[..], Some(&key(5))).unwrap();
    assert!(!accepted(&verdict), "bit {bit} of byte {at} of {} was not noticed", trace.len());
    let frame = frames.windows(2).find(|pair| (pair[0]..pair[1]).contains(&at)).unwrap();
    let names = verdict.findings.iter().any(|finding| {
        let end = finding.end.unwrap_or(u64::MAX);
        finding.start < frame[1] as u64 && frame[0] as u64 <= end
    });
    assert!(names, "byte {at} of frame {frame:?}: {:?} {:?}", verdict.state, verdict.findings);
}

#[test]
fn one_bit_changed_in_any_byte_is_noticed_and_placed() {
    let trace = signed_sample(25);
    assert!(accepted(&verify(&trace[..], Some(&key(5))).unwrap()));
    let frames = frames(&trace);
    assert!(frames.len() > 10 && trace.len() > 3000);
    for at in 0..trace.len() {
        check(&trace, at, u8::try_from(at % 8).unwrap(), &frames);
    }
}

#[test]
fn one_bit_changed_anywhere_in_a_larger_trace_is_noticed_and_placed() {
    let mut trace = Vec::new();
    let sign = Some(SigningKey::from_seed(&[5; 32]));
    write_sample(&mut trace, WriterOptions { sign, frame_bytes: 20_000, ..options() }, 5000).unwrap();
    let frames = frames(&trace);
    let mut random = 0x9E37_79B9_7F4A_7C15u64;
    for _ in 0..400 {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let at = usize::try_from(random >> 33).unwrap() % trace.len();
        check(&trace, at, u8::try_from(random % 8).unwrap(), &frames);
    }
}

#[test]
fn a_trace_signed_by_another_key_is_refused() {
    let trace = signed_sample(25);
    let verdict = verify(&trace[..], Some(&key(6))).unwrap();
    assert!(!accepted(&verdict) && matches!(verdict.signature, Signature::OtherKey(_)));
    assert!(accepted(&verify(&trace[..], Some(&key(5))).unwrap()));
}
