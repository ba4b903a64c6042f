//! The records of a native trace and their encoding.
//!
//! Payloads are bincode 2 in its standard configuration, decoded with a limit on what they may claim.
//! Within one kind, fields are only ever added at the end and the version counted up; a reader takes the
//! fields it knows and leaves the rest, and skips kinds it does not know.

use bincode::{Decode, Encode};

use super::chain::Hash;
use super::envelope::{self, AppendError, Envelope, MAX_RECORD, TraceId};
use super::totals::{Drops, Totals};
use super::types::EventTypes;

const CONFIG: bincode::config::Configuration<
    bincode::config::LittleEndian,
    bincode::config::Varint,
    bincode::config::Limit<MAX_RECORD>,
> = bincode::config::standard().with_limit::<MAX_RECORD>();

/// A record type with its place in the envelope.
pub(super) trait Record: Encode + Decode<()> {
    /// Kind in the envelope.
    const KIND: u16;
    /// Newest version this code knows.
    const VERSION: u16;
}

/// What the recorder knew when it started.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub struct Manifest {
    /// Name and version of the tool that wrote the trace.
    pub tool: String,
    /// BLAKE3 of the tool's executable; `None` if it could not read itself.
    pub tool_hash: Option<Hash>,
    /// Host name.
    pub host: String,
    /// Kernel release and version, as `uname -r -v`.
    pub kernel: String,
    /// Machine architecture, as `uname -m`.
    pub arch: String,
    /// The kernel's boot id; empty if unknown.
    pub boot_id: String,
    /// Clocks at the start.
    pub clock: ClockInfo,
    /// What gave the events: `ebpf`, `ptrace`, `convert`.
    pub backend: String,
    /// The recorder's command line, one string per argument.
    pub command_line: Vec<String>,
    /// Capture filter; `None` if everything was recorded.
    pub filter: Option<String>,
    /// Other capture options, name and value.
    pub options: Vec<(String, String)>,
    /// Most bytes kept of a data buffer; 0 if unknown.
    pub snaplen: u32,
    /// The operator's case number.
    pub case: Option<String>,
    /// The operator's note.
    pub note: Option<String>,
    /// What was blanked, and by which rule; `None` if nothing was.
    pub redaction: Option<String>,
}

/// Clocks at the start of the recording.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub struct ClockInfo {
    /// Wall clock, ns since the epoch.
    pub realtime_ns: u64,
    /// Monotonic clock since boot (suspend included), ns.
    pub boottime_ns: u64,
    /// Where event times come from, e.g. `boottime + offset`.
    pub source: String,
    /// Minutes east of UTC of the host's local time.
    pub utc_offset_minutes: i32,
}

impl Record for Manifest {
    const KIND: u16 = 1;
    const VERSION: u16 = 1;
}

/// What one data frame holds; stands right behind it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub struct IndexRecord {
    /// Ordinal of the data frame, from 0.
    pub frame: u64,
    /// Where the data frame starts, in bytes from the start of the trace.
    pub offset: u64,
    /// Its length in the file, bytes.
    pub packed_len: u64,
    /// Its length decompressed, bytes.
    pub raw_len: u64,
    /// Number of its first event, from 1; with no event in it, the number the next one will have.
    pub first_event: u64,
    /// Event blocks in it.
    pub events: u64,
    /// Earliest event time in it, ns since the epoch; 0 without events.
    pub first_ts: u64,
    /// Latest event time in it, ns since the epoch; 0 without events.
    pub last_ts: u64,
    /// Event types in it.
    pub types: EventTypes,
    /// Drops since the previous index record, by ascending processor.
    pub drops: Vec<Drops>,
    /// BLAKE3 of the data frame's bytes.
    pub frame_hash: Hash,
    /// Link of the chain at the start of this record.
    pub chain: Hash,
}

impl Record for IndexRecord {
    const KIND: u16 = 2;
    const VERSION: u16 = 1;
}

/// Head of a checkpoint; the packed state follows it in the payload.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub(super) struct CheckpointHead {
    /// Data frames before it.
    pub(super) frames: u64,
    /// Number of the first event after it.
    pub(super) next_event: u64,
    /// Length of the state, bytes.
    pub(super) raw_len: u64,
    /// BLAKE3 of the state.
    pub(super) hash: Hash,
}

impl Record for CheckpointHead {
    const KIND: u16 = 3;
    const VERSION: u16 = 1;
}

/// The last record but the signature: sums and places.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub struct Footer {
    /// Sums.
    pub totals: Totals,
    /// Where the manifest starts.
    pub manifest_at: u64,
    /// Where the index records start: the first as an offset, each later one as the distance from the one before.
    pub index_steps: Vec<u64>,
    /// Where the checkpoints start, likewise.
    pub checkpoint_steps: Vec<u64>,
    /// Link of the chain at the start of the footer.
    pub chain: Hash,
    /// Events that came and were left out by the capture filter. Since version 2; 0 in footers of version 1.
    pub left_out: Later,
}

/// A number that a later version of a record has at its end: 0 where the record is too old to have it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Encode)]
pub struct Later(pub u64);

impl<C> Decode<C> for Later {
    fn decode<D: bincode::de::Decoder<Context = C>>(
        decoder: &mut D,
    ) -> Result<Self, bincode::error::DecodeError> {
        match u64::decode(decoder) {
            Ok(value) => Ok(Self(value)),
            Err(bincode::error::DecodeError::UnexpectedEnd { .. }) => Ok(Self(0)),
            Err(error) => Err(error),
        }
    }
}

impl Footer {
    /// Offsets from steps; `None` if they overflow.
    #[must_use]
    pub fn places(steps: &[u64]) -> Option<Vec<u64>> {
        let mut at = 0u64;
        steps
            .iter()
            .map(|step| {
                at = at.checked_add(*step)?;
                Some(at)
            })
            .collect()
    }
}

bincode::impl_borrow_decode!(Later);

impl Record for Footer {
    const KIND: u16 = 4;
    const VERSION: u16 = 2;
}

/// Ed25519 signature over the chain up to and including the footer.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct SignatureRecord {
    /// The signer's public key.
    pub public_key: [u8; 32],
    /// Signature over `"scap native signature 1" ‖ link at the start of this record`.
    pub signature: [u8; 64],
}

impl Record for SignatureRecord {
    const KIND: u16 = 5;
    const VERSION: u16 = 1;
}

/// A record of a kind this code knows, or the number of one it doesn't.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Content {
    /// See [`Manifest`].
    Manifest(Box<Manifest>),
    /// See [`IndexRecord`].
    Index(Box<IndexRecord>),
    /// See [`CheckpointHead`]; its state is unpacked only on demand.
    Checkpoint(CheckpointHead),
    /// See [`Footer`].
    Footer(Box<Footer>),
    /// See [`SignatureRecord`].
    Signature(Box<SignatureRecord>),
    /// A kind of a later version of the format.
    Unknown(u16),
}

/// A payload that is not what its kind says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the payload of a record of kind {kind} does not decode: {reason}")]
pub(super) struct BadPayload {
    /// The kind.
    pub(super) kind: u16,
    /// The decoder's words.
    pub(super) reason: String,
}

/// Decodes one record type from an envelope; gives the record and the bytes of the payload behind it.
///
/// # Errors
/// If the payload does not decode.
pub(super) fn decode<'a, R: Record>(envelope: &Envelope<'a>) -> Result<(R, &'a [u8]), BadPayload> {
    let (record, used) = bincode::decode_from_slice(envelope.payload, CONFIG)
        .map_err(|e| BadPayload { kind: envelope.kind, reason: e.to_string() })?;
    Ok((record, envelope.payload.get(used..).unwrap_or_default()))
}

impl Content {
    /// Decodes whatever the envelope holds.
    ///
    /// # Errors
    /// If the payload does not decode.
    pub(super) fn decode(envelope: &Envelope<'_>) -> Result<Self, BadPayload> {
        Ok(match envelope.kind {
            Manifest::KIND => Self::Manifest(Box::new(decode(envelope)?.0)),
            IndexRecord::KIND => Self::Index(Box::new(decode(envelope)?.0)),
            CheckpointHead::KIND => Self::Checkpoint(decode(envelope)?.0),
            Footer::KIND => Self::Footer(Box::new(decode(envelope)?.0)),
            SignatureRecord::KIND => Self::Signature(Box::new(decode(envelope)?.0)),
            other => Self::Unknown(other),
        })
    }
}

/// Appends a record in its envelope, with `tail` behind it in the payload; returns its length in bytes.
///
/// # Errors
/// If the record is longer than [`MAX_RECORD`].
pub(super) fn append<R: Record>(
    out: &mut Vec<u8>,
    trace: &TraceId,
    record: &R,
    tail: &[u8],
) -> Result<usize, AppendError<bincode::error::EncodeError>> {
    envelope::append(out, R::KIND, R::VERSION, trace, |out| {
        bincode::encode_into_std_write(record, out, CONFIG)?;
        out.extend_from_slice(tail);
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn open(bytes: &[u8]) -> Envelope<'_> {
        envelope::open(bytes).unwrap()
    }

    fn text() -> impl Strategy<Value = String> {
        proptest::string::string_regex(".{0,12}").unwrap()
    }

    fn types() -> impl Strategy<Value = EventTypes> {
        proptest::collection::vec(any::<u16>(), 0..5).prop_map(|codes| {
            let mut types = EventTypes::default();
            codes.into_iter().for_each(|code| types.insert(code));
            types
        })
    }

    fn drops() -> impl Strategy<Value = Vec<Drops>> {
        proptest::collection::vec(any::<(u16, u64)>(), 0..4)
            .prop_map(|list| list.into_iter().map(|(cpu, count)| Drops { cpu, count }).collect())
    }

    prop_compose! {
        fn manifest()(
            texts in proptest::collection::vec(text(), 12),
            tool_hash in any::<Option<[u8; 32]>>(),
            (realtime_ns, boottime_ns, utc_offset_minutes) in any::<(u64, u64, i32)>(),
            (snaplen, some) in any::<(u32, bool)>(),
        ) -> Manifest {
            let mut texts = texts.into_iter();
            let mut text = move || texts.next().unwrap();
            Manifest {
                tool: text(), tool_hash, host: text(), kernel: text(), arch: text(), boot_id: text(),
                clock: ClockInfo { realtime_ns, boottime_ns, source: text(), utc_offset_minutes },
                backend: text(), command_line: vec![text(); 2], filter: some.then(&mut text),
                options: vec![("name".into(), text())], snaplen, case: None, note: (!some).then(&mut text),
                redaction: None,
            }
        }
    }

    prop_compose! {
        fn index()(
            n in any::<[u64; 8]>(), types in types(), drops in drops(), hashes in any::<[Hash; 2]>(),
        ) -> IndexRecord {
            IndexRecord {
                frame: n[0], offset: n[1], packed_len: n[2], raw_len: n[3], first_event: n[4], events: n[5],
                first_ts: n[6], last_ts: n[7], types, drops, frame_hash: hashes[0], chain: hashes[1],
            }
        }
    }

    prop_compose! {
        fn footer()(
            n in any::<[u64; 8]>(), types in types(), drops in drops(), chain in any::<Hash>(),
            steps in any::<[Vec<u64>; 2]>(),
        ) -> Footer {
            let [index_steps, checkpoint_steps] = steps;
            Footer {
                totals: Totals {
                    frames: n[0], events: n[1], raw_bytes: n[2], packed_bytes: n[3], first_ts: n[4],
                    last_ts: n[5], types, drops,
                },
                manifest_at: n[6], index_steps, checkpoint_steps, chain, left_out: Later(n[7]),
            }
        }
    }

    proptest! {
        #[test]
        fn records_come_back(
            manifest in manifest(), index in index(), footer in footer(),
            (public_key, halves) in any::<([u8; 32], [[u8; 32]; 2])>(), trace in any::<TraceId>(),
        ) {
            let mut bytes = Vec::new();
            append(&mut bytes, &trace, &manifest, &[]).unwrap();
            let opened = open(&bytes);
            prop_assert_eq!((opened.kind, opened.trace), (1, trace));
            prop_assert_eq!(Content::decode(&opened), Ok(Content::Manifest(Box::new(manifest))));
            bytes.clear();
            append(&mut bytes, &trace, &index, b"fields of a later version").unwrap();
            prop_assert_eq!(Content::decode(&open(&bytes)), Ok(Content::Index(Box::new(index))));
            bytes.clear();
            append(&mut bytes, &trace, &footer, &[]).unwrap();
            prop_assert_eq!(Content::decode(&open(&bytes)), Ok(Content::Footer(Box::new(footer))));
            let mut signature = [0; 64];
            signature.copy_from_slice(halves.as_flattened());
            let signature = SignatureRecord { public_key, signature };
            bytes.clear();
            append(&mut bytes, &trace, &signature, &[]).unwrap();
            prop_assert_eq!(Content::decode(&open(&bytes)), Ok(Content::Signature(Box::new(signature))));
        }

        #[test]
        fn nonsense_with_a_good_checksum_is_refused_or_read_but_never_more(
            kind in 0u16..7, payload in proptest::collection::vec(any::<u8>(), 0..200),
        ) {
            let envelope = Envelope { kind, version: 1, trace: [0; 16], payload: &payload };
            match Content::decode(&envelope) {
                Ok(Content::Unknown(k)) => prop_assert_eq!(k, kind),
                Ok(Content::Footer(f)) => prop_assert!(f.index_steps.len() <= payload.len()),
                Ok(_) => {}
                Err(e) => prop_assert_eq!(e.kind, kind),
            }
        }
    }

    #[test]
    fn a_footer_of_version_1_says_that_nothing_was_left_out() {
        let footer = Footer { manifest_at: 7, left_out: Later(300), ..Footer::default() };
        let mut payload = bincode::encode_to_vec(&footer, CONFIG).unwrap();
        let whole = Envelope { kind: Footer::KIND, version: 2, trace: [0; 16], payload: &payload };
        assert_eq!(decode::<Footer>(&whole).unwrap().0, footer);
        payload.truncate(payload.len() - 3);
        let old = Envelope { kind: Footer::KIND, version: 1, trace: [0; 16], payload: &payload };
        assert_eq!(decode::<Footer>(&old).unwrap().0, Footer { left_out: Later(0), ..footer });
    }

    #[test]
    fn a_claim_of_more_than_the_limit_is_refused_before_it_costs_memory() {
        // A manifest whose first string claims 2⁶⁰ bytes.
        let mut payload = vec![253];
        payload.extend_from_slice(&(1u64 << 60).to_le_bytes());
        let envelope = Envelope { kind: Manifest::KIND, version: 1, trace: [0; 16], payload: &payload };
        assert!(Content::decode(&envelope).is_err());
    }

    #[test]
    fn the_encoding_is_the_documented_one() {
        let head = CheckpointHead { frames: 250, next_event: 251, raw_len: 65_536, hash: [0xAB; 32] };
        let mut bytes = Vec::new();
        append(&mut bytes, &[0; 16], &head, b"tail").unwrap();
        let mut expected = vec![250, 251, 251, 0, 252, 0, 0, 1, 0];
        expected.extend_from_slice(&[0xAB; 32]);
        expected.extend_from_slice(b"tail");
        assert_eq!(open(&bytes).payload, expected);
    }
}
