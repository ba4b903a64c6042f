//! Small native traces and what stands in them.
#![allow(dead_code, reason = "every test file uses its part of this")]

use scap_format::block::Block;
use scap_format::chunk::ChunkSource;
use scap_format::damage::Damage;
use scap_format::native::{ClockInfo, Manifest, NativeSource, SigningKey, Writer, WriterOptions};
use scap_format::scap::{kind::Kind, parse};
use scap_format::snapshot::{MachineInfo, ThreadEntry};
use scap_format::{Event, EventBuf};
use scap_schema::code;

/// First event time of the sample.
pub(crate) const START: u64 = 1_700_000_000_000_000_000;

pub(crate) fn manifest() -> Manifest {
    Manifest {
        tool: "scap 0.1.0".into(),
        tool_hash: Some([3; 32]),
        host: "testhost".into(),
        kernel: "6.18.0 #1 SMP".into(),
        arch: "x86_64".into(),
        boot_id: "0f1e2d3c-0000-4000-8000-000000000000".into(),
        clock: ClockInfo {
            realtime_ns: START,
            boottime_ns: 5,
            source: "boottime".into(),
            utc_offset_minutes: 60,
        },
        backend: "ebpf".into(),
        command_line: vec!["scap".into(), "record".into()],
        options: vec![("snapshot".into(), "all".into())],
        snaplen: 80,
        case: Some("A-17".into()),
        ..Manifest::default()
    }
}

pub(crate) fn prelude() -> Vec<Block<'static>> {
    let machine = MachineInfo { num_cpus: 2, hostname: b"testhost".to_vec(), ..MachineInfo::default() };
    let thread = ThreadEntry { tid: 1, pid: 1, comm: b"init".to_vec(), ..ThreadEntry::default() };
    vec![Block::Machine(machine), Block::Threads(vec![thread])]
}

/// An `open` whose path tells its ordinal.
pub(crate) fn open_event(i: u64) -> EventBuf {
    let mut event = EventBuf::new(code::SYSCALL_OPEN_X, START + i * 1000, 100);
    event.cpu = u16::try_from(i % 2).unwrap();
    let noise = blake_noise(i);
    event.push(&3i64.to_le_bytes()).push_text(format!("/tmp/{i}-{noise}").as_bytes());
    event
        .push(&1u32.to_le_bytes())
        .push(&0o644u32.to_le_bytes())
        .push(&0u32.to_le_bytes())
        .push(&i.to_le_bytes());
    event
}

/// Something that does not compress away.
fn blake_noise(i: u64) -> String {
    let mut x = i.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x1234_5678;
    (0..8)
        .map(|_| {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            format!("{:x}", x & 0xFFFF)
        })
        .collect()
}

pub(crate) fn options() -> WriterOptions {
    WriterOptions { frame_bytes: 700, ..WriterOptions::default() }
}

/// Writes the sample: `events` events, drops after the tenth, a checkpoint after the twentieth.
pub(crate) fn write_sample<W: std::io::Write>(
    sink: W,
    options: WriterOptions,
    events: u64,
) -> Result<(), scap_format::native::WriteError> {
    let mut writer = Writer::new(sink, options, &manifest(), &prelude())?;
    for i in 1..=events {
        writer.event(&open_event(i).as_event())?;
        if i == 10 {
            writer.drops(1, 77)?;
        }
        if i == 20 {
            writer.checkpoint(&[b"state ".repeat(20), vec![0; 9]].concat())?;
        }
    }
    writer.finish().map(|_| ())
}

pub(crate) fn sample(events: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_sample(&mut bytes, options(), events).unwrap();
    bytes
}

pub(crate) fn signed_sample(events: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    let sign = Some(SigningKey::from_seed(&[5; 32]));
    write_sample(&mut bytes, WriterOptions { sign, ..options() }, events).unwrap();
    bytes
}

/// What came out of a trace.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    /// `(number, code, ns since START)` of every event; number by the chunk's first event, 0 if unknown.
    pub(crate) events: Vec<(u64, u16, u64)>,
    /// Blocks that are not events.
    pub(crate) others: usize,
    /// Damage, in order.
    pub(crate) damage: Vec<Damage>,
    /// The bytes.
    pub(crate) raw: Vec<u8>,
}

impl Seen {
    /// Times of the `open` events, as ordinals of [`open_event`].
    pub(crate) fn opens(&self) -> Vec<u64> {
        let opens = self.events.iter().filter(|e| e.1 == code::SYSCALL_OPEN_X);
        opens.map(|e| e.2 / 1000).collect()
    }
}

/// Reads everything that `NativeSource` gives.
pub(crate) fn read_all(trace: &[u8]) -> Seen {
    let mut source = NativeSource::new(trace).unwrap();
    let mut seen = Seen::default();
    while let Some(chunk) = source.next_chunk().unwrap() {
        assert!(chunk.starts_block);
        seen.damage.extend(chunk.damage_before);
        let mut number = chunk.first_event;
        blocks(&chunk.bytes, |block| match block {
            Some(Event { code, ts, .. }) => {
                seen.events.push((number.unwrap_or(0), code, ts - START));
                number = number.map(|n| n + 1);
            }
            None => seen.others += 1,
        });
        seen.raw.extend(chunk.bytes);
    }
    seen
}

/// Calls `each` for every block; `None` for those that are not events.
pub(crate) fn blocks(mut bytes: &[u8], mut each: impl FnMut(Option<Event<'_>>)) {
    while !bytes.is_empty() {
        let parse::Frame::Whole(block) = parse::frame(bytes, false) else { panic!("not a whole block") };
        let mut scratch = Vec::new();
        match parse::decode(&block, false, &mut scratch).unwrap() {
            Block::Event(event) => each(Some(event)),
            Block::Unknown { .. } => panic!("unknown block"),
            _ => {
                assert!(!matches!(block.kind, Kind::Event(_)));
                each(None);
            }
        }
        bytes = &bytes[block.len as usize..];
    }
}
