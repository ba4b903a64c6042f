//! The layout that docs/FORMAT.md describes: a frozen trace stays readable, and a reader written from the
//! document alone finds everything.

#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod support;

use scap_format::native::{Info, PublicKey, Signature, SigningKey, VerdictState, verify};
use support::{manifest, read_all, signed_sample};

const FROZEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/native-1.zst");

#[test]
#[ignore = "writes the frozen trace; run it only for a new version of the format, with a new name"]
fn freeze() {
    std::fs::write(FROZEN, signed_sample(40)).unwrap();
}

#[test]
fn the_frozen_trace_of_version_1_is_read_for_ever() {
    let trace = std::fs::read(FROZEN).unwrap();
    let key = SigningKey::from_seed(&[5; 32]).public();
    let verdict = verify(&trace[..], Some(&key)).unwrap();
    assert_eq!((verdict.state, verdict.signature), (VerdictState::Whole, Signature::Valid(key)));
    let info = Info::scan(&trace[..]).unwrap();
    assert_eq!(info.manifest, Some(manifest()));
    assert_eq!((info.totals.events, info.totals.dropped(), info.checkpoints.len()), (41, 77, 1));
    let seen = read_all(&trace);
    assert_eq!((seen.opens(), seen.damage), ((1..=40).collect(), vec![]));
}

/// Takes fields off a payload, by section 3.1 of the document.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn bytes(&mut self, n: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(n);
        self.0 = rest;
        taken
    }

    fn fixed(&mut self, n: usize) -> u64 {
        self.bytes(n).iter().rev().fold(0, |sum, b| sum << 8 | u64::from(*b))
    }

    fn int(&mut self) -> u64 {
        match self.fixed(1) {
            small @ 0..=250 => small,
            251 => self.fixed(2),
            252 => self.fixed(4),
            253 => self.fixed(8),
            other => panic!("no varint starts with {other}"),
        }
    }

    fn ints<const N: usize>(&mut self) -> [u64; N] {
        std::array::from_fn(|_| self.int())
    }

    fn len(&mut self) -> usize {
        usize::try_from(self.int()).unwrap()
    }

    fn list(&mut self) -> Vec<u64> {
        (0..self.int()).map(|_| self.int()).collect()
    }

    fn string(&mut self) -> String {
        let n = self.len();
        String::from_utf8(self.bytes(n).to_vec()).unwrap()
    }
}

/// Frames by the seek table: offset, length, decompressed length.
fn frames_by_table(trace: &[u8]) -> Vec<(usize, usize, u64)> {
    let mut end = Fields(&trace[trace.len() - 9..]);
    let n = end.len_fixed();
    assert_eq!((end.fixed(1), end.fixed(4)), (0, 0x8F92_EAB1));
    let mut table = Fields(&trace[trace.len() - 9 - 8 * n..]);
    let mut at = 0;
    let frames = (0..n).map(|_| {
        let (len, raw) = (table.len_fixed(), table.fixed(4));
        at += len;
        (at - len, len, raw)
    });
    frames.collect()
}

impl Fields<'_> {
    fn len_fixed(&mut self) -> usize {
        usize::try_from(self.fixed(4)).unwrap()
    }
}

#[test]
fn a_reader_written_from_the_document_finds_everything() {
    let trace = std::fs::read(FROZEN).unwrap();
    let info = Info::scan(&trace[..]).unwrap();
    let mut link = *blake3::hash(b"scap native chain 1").as_bytes();
    let (mut kinds, mut indexes, mut places) = (Vec::new(), 0, Vec::new());
    let mut last_data = [0; 32];
    for (at, len, raw_len) in frames_by_table(&trace) {
        let frame = &trace[at..at + len];
        let hash = *blake3::hash(frame).as_bytes();
        if frame.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
            assert!(raw_len > 0);
            last_data = hash;
        } else {
            assert_eq!(
                (raw_len, &frame[..4], &frame[8..16]),
                (0, &[0x53, 0x2a, 0x4d, 0x18][..], &b"scap-rec"[..])
            );
            assert_eq!(blake3::hash(&frame[..len - 16]).as_bytes()[..16], frame[len - 16..]);
            let mut head = Fields(&frame[4..20]);
            assert_eq!(head.len_fixed(), len - 8);
            head.bytes(8);
            let (kind, version) = (head.fixed(2), head.fixed(2));
            assert_eq!(version, 1);
            kinds.push(kind);
            let mut fields = Fields(&frame[36..len - 16]);
            match kind {
                1 => {
                    assert_eq!(fields.string(), "scap 0.1.0");
                    assert_eq!((fields.fixed(1), fields.bytes(32)), (1, &[3; 32][..]));
                    assert_eq!(fields.string(), "testhost");
                }
                2 => {
                    let row = &info.frames[indexes];
                    let said =
                        [row.frame, row.offset, row.packed_len, row.raw_len, row.first_event, row.events];
                    assert_eq!(fields.ints(), said);
                    assert_eq!(fields.ints(), [row.first_ts, row.last_ts]);
                    let types = fields.len();
                    let types = fields.bytes(types);
                    assert!(row.types.iter().all(|c| types[usize::from(c / 8)] >> (c % 8) & 1 == 1));
                    for _ in 0..fields.int() {
                        assert_eq!(fields.ints(), [1, 77], "the only drops");
                    }
                    assert_eq!((fields.bytes(32), fields.bytes(32)), (&last_data[..], &link[..]));
                    assert!(fields.0.is_empty());
                    indexes += 1;
                    places.push(at as u64);
                }
                3 => {
                    let [frames, next_event, raw_len] = fields.ints();
                    assert_eq!((frames, next_event, raw_len), (indexes as u64, 22, 129));
                    let state = fields.bytes(32);
                    let packed = [&[0x28, 0xb5, 0x2f, 0xfd], fields.0].concat();
                    let unpacked = zstd::decode_all(&packed[..]).unwrap();
                    assert_eq!(
                        (unpacked.len(), blake3::hash(&unpacked).as_bytes()),
                        (129, state.try_into().unwrap())
                    );
                }
                4 => {
                    assert_eq!(fields.ints(), [indexes as u64, 41]);
                    let [_raw, _packed, _first, _last] = fields.ints();
                    let types = fields.len();
                    fields.bytes(types);
                    assert_eq!(fields.ints(), [1, 1, 77], "one row of drops");
                    let manifest = fields.len();
                    assert_eq!(&trace[manifest + 16..manifest + 18], &[1, 0]);
                    let steps = fields.list();
                    let from_steps = steps.iter().scan(0, |at, step| {
                        *at += step;
                        Some(*at)
                    });
                    assert_eq!(from_steps.collect::<Vec<_>>(), places);
                    assert_eq!(fields.list(), [info.checkpoints[0].offset]);
                    assert_eq!(fields.bytes(32), link);
                }
                5 => {
                    let key = PublicKey::from_bytes(fields.bytes(32).try_into().unwrap());
                    assert_eq!(key, SigningKey::from_seed(&[5; 32]).public());
                    let signature = ed25519_dalek::Signature::from_slice(fields.bytes(64)).unwrap();
                    let signed = [&b"scap native signature 1"[..], &link].concat();
                    let key = ed25519_dalek::VerifyingKey::from_bytes(key.as_bytes()).unwrap();
                    key.verify_strict(&signed, &signature).unwrap();
                }
                other => panic!("kind {other}"),
            }
        }
        link = *blake3::hash(&[link, hash].concat()).as_bytes();
    }
    assert_eq!(indexes, info.frames.len());
    assert_eq!((kinds[..2].to_vec(), kinds[kinds.len() - 2..].to_vec()), (vec![2, 1], vec![4, 5]));
    assert_eq!(kinds.iter().filter(|k| **k == 3).count(), 1);
}
