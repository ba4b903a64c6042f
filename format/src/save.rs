//! Whole traces to bytes: a stream of blocks, written as native trace or as `.scap`, plain or gzip.
//!
//! Takes blocks in the order of the trace, gives bytes to any `Write`. What is written reads back as the same
//! blocks in the same order, but for blocks of unknown types, whose content is not at hand: they are left out
//! and counted. Deliberately does not know where blocks come from or what events mean.

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::block::Block;
use crate::native::{Manifest, WriteError, Writer, WriterOptions};
use crate::scap::write;
use crate::snapshot::MachineInfo;

/// Takes the blocks of a trace.
pub trait BlockSink {
    /// Takes the next block.
    ///
    /// # Errors
    /// If the output or the compressor fails; then nothing more can be written.
    fn block(&mut self, block: &Block<'_>) -> Result<(), WriteError>;

    /// Writes what is left to be written.
    ///
    /// # Errors
    /// If the output or the compressor fails.
    fn finish(self: Box<Self>) -> Result<Saved, WriteError>;
}

/// What was written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Saved {
    /// Events.
    pub events: u64,
    /// Blocks of unknown types and blocks too large for the format, which were left out.
    pub left_out: u64,
    /// Bytes of parameters that the format had no room for and that were cut off.
    pub cut_bytes: u64,
}

/// Bytes after which the raw blocks at hand are written out.
const BATCH: usize = 256 << 10;

/// Writes a `.scap` file.
pub struct ScapSink<W: Write> {
    out: Packed<W>,
    raw: Vec<u8>,
    /// Whether a section header was written, without which no file is a trace.
    begun: bool,
    /// Raw bytes handed to `out`.
    at: u64,
    saved: Saved,
}

enum Packed<W: Write> {
    Plain(W),
    Gzip(Box<GzEncoder<W>>),
}

impl<W: Write> ScapSink<W> {
    /// Writes the blocks as they are.
    pub fn plain(out: W) -> Self {
        Self::new(Packed::Plain(out))
    }

    /// Writes the blocks compressed; `level` is 0 to 9, more counts as 9.
    pub fn gzip(out: W, level: u32) -> Self {
        Self::new(Packed::Gzip(Box::new(GzEncoder::new(out, Compression::new(level.min(9))))))
    }

    fn new(out: Packed<W>) -> Self {
        Self { out, raw: Vec::new(), begun: false, at: 0, saved: Saved::default() }
    }

    fn begin(&mut self) {
        if !std::mem::replace(&mut self.begun, true) {
            write::section(&mut self.raw);
        }
    }

    fn flush(&mut self) -> Result<(), WriteError> {
        let written = match &mut self.out {
            Packed::Plain(out) => out.write_all(&self.raw),
            Packed::Gzip(out) => out.write_all(&self.raw),
        };
        written.map_err(|source| WriteError::Io { at: self.at, source })?;
        self.at += self.raw.len() as u64;
        self.raw.clear();
        Ok(())
    }
}

impl<W: Write> BlockSink for ScapSink<W> {
    fn block(&mut self, block: &Block<'_>) -> Result<(), WriteError> {
        if !self.begun {
            self.begin();
            if let Block::Section(_) = block {
                return Ok(());
            }
        }
        let raw = &mut self.raw;
        match block {
            Block::Section(_) => write::section(raw),
            Block::Machine(machine) => write::machine(raw, machine),
            Block::Threads(threads) => write::threads(raw, threads),
            Block::Fds { tid, fds } => write::fds(raw, *tid, fds),
            Block::Interfaces(interfaces) => write::interfaces(raw, interfaces),
            Block::Users { users, groups } => write::users(raw, users, groups),
            Block::Event(event) => {
                self.saved.cut_bytes += write::event(raw, event) as u64;
                self.saved.events += 1;
            }
            Block::Unknown { .. } => self.saved.left_out += 1,
        }
        if self.raw.len() >= BATCH { self.flush() } else { Ok(()) }
    }

    fn finish(mut self: Box<Self>) -> Result<Saved, WriteError> {
        self.begin();
        self.flush()?;
        let Self { out, at, saved, .. } = *self;
        let ended: io::Result<()> = match out {
            Packed::Plain(mut out) => out.flush(),
            Packed::Gzip(out) => out.finish().and_then(|mut out| out.flush()),
        };
        ended.map_err(|source| WriteError::Io { at, source })?;
        Ok(saved)
    }
}

/// Writes a native trace.
pub struct NativeSink<W> {
    stage: Stage<W>,
    saved: Saved,
}

enum Stage<W> {
    /// The first frame, which section header and machine make up, is not written yet.
    Start(Box<Start<W>>),
    /// What describes the machine goes by.
    Prelude(Box<Writer<W>>),
    /// An event went by.
    Events(Box<Writer<W>>),
    /// Writing failed.
    Broken,
}

struct Start<W> {
    out: W,
    options: WriterOptions,
    manifest: Manifest,
    machine: Option<MachineInfo>,
}

impl<W: Write> Start<W> {
    fn begin(mut self) -> Result<Writer<W>, WriteError> {
        if let (true, Some(machine)) = (self.manifest.host.is_empty(), &self.machine) {
            self.manifest.host = String::from_utf8_lossy(&machine.hostname).into_owned();
        }
        let machine: Vec<Block<'static>> = self.machine.into_iter().map(Block::Machine).collect();
        Writer::new(self.out, self.options, &self.manifest, &machine)
    }
}

impl<W: Write> NativeSink<W> {
    /// Writes to `out` what `manifest` describes. Without a host in it, it gets that of the first machine block.
    pub fn new(out: W, options: WriterOptions, manifest: Manifest) -> Self {
        let start = Start { out, options, manifest, machine: None };
        Self { stage: Stage::Start(Box::new(start)), saved: Saved::default() }
    }

    /// The writer, right for `block` to be appended. Frames do not mix a snapshot with events.
    fn writer(&mut self, is_event: bool) -> Result<&mut Writer<W>, WriteError> {
        self.stage = match std::mem::replace(&mut self.stage, Stage::Broken) {
            Stage::Start(start) => Stage::Prelude(Box::new(start.begin()?)),
            other => other,
        };
        if is_event && let Stage::Prelude(_) = self.stage {
            self.stage = match std::mem::replace(&mut self.stage, Stage::Broken) {
                Stage::Prelude(mut writer) => {
                    writer.flush_frame()?;
                    Stage::Events(writer)
                }
                other => other,
            };
        }
        match &mut self.stage {
            Stage::Prelude(writer) | Stage::Events(writer) => Ok(writer),
            Stage::Start(_) | Stage::Broken => Err(WriteError::Broken { at: 0 }),
        }
    }
}

impl<W: Write> BlockSink for NativeSink<W> {
    fn block(&mut self, block: &Block<'_>) -> Result<(), WriteError> {
        if let Stage::Start(start) = &mut self.stage {
            match block {
                // The writer begins with one.
                Block::Section(_) => return Ok(()),
                Block::Machine(machine) if start.machine.is_none() => {
                    start.machine = Some(machine.clone());
                    return Ok(());
                }
                _ => {}
            }
        }
        if let Block::Unknown { .. } = block {
            self.saved.left_out += 1;
            return Ok(());
        }
        let is_event = matches!(block, Block::Event(_));
        match self.writer(is_event)?.block(block) {
            Err(WriteError::TooLarge { .. }) => self.saved.left_out += 1,
            other => {
                other?;
                self.saved.events += u64::from(is_event);
            }
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<Saved, WriteError> {
        self.writer(false)?;
        let cut_bytes = match self.stage {
            Stage::Prelude(writer) | Stage::Events(writer) => {
                let cut = writer.cut_bytes();
                writer.finish()?;
                cut
            }
            Stage::Start(_) | Stage::Broken => 0,
        };
        Ok(Saved { cut_bytes, ..self.saved })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EventBuf, Item, TraceReader};
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Shared(Arc<Mutex<Vec<u8>>>);

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn sinks(out: &Shared) -> [Box<dyn BlockSink>; 3] {
        let native = NativeSink::new(out.clone(), WriterOptions::default(), Manifest::default());
        [Box::new(ScapSink::plain(out.clone())), Box::new(ScapSink::gzip(out.clone(), 6)), Box::new(native)]
    }

    fn read_back(out: &Shared) -> (u64, Vec<u16>) {
        let bytes = std::mem::take(&mut *out.0.lock().unwrap());
        let mut trace = TraceReader::from_reader(Box::new(io::Cursor::new(bytes)), "memory").unwrap();
        let mut codes = Vec::new();
        while let Some(item) = trace.next().unwrap() {
            match item {
                Item::Block(Block::Event(event)) => codes.push(event.code),
                Item::Block(_) => {}
                Item::Damage(damage) => panic!("{damage:?}"),
            }
        }
        (trace.totals().sections, codes)
    }

    #[test]
    fn nothing_at_all_is_still_a_trace() {
        let out = Shared::default();
        for sink in sinks(&out) {
            assert_eq!(sink.finish().unwrap(), Saved::default());
            assert_eq!(read_back(&out), (1, Vec::new()));
        }
    }

    #[test]
    fn events_of_two_sections_come_back_in_order() {
        let out = Shared::default();
        let section = Block::Section(crate::block::Section { major: 1, minor: 2, big_endian: false });
        for mut sink in sinks(&out) {
            for code in [3, 5] {
                sink.block(&section).unwrap();
                sink.block(&Block::Machine(MachineInfo::default())).unwrap();
                sink.block(&Block::Event(EventBuf::new(code, 7, 1).as_event())).unwrap();
                sink.block(&Block::Unknown { block_type: 0x999, len: 40 }).unwrap();
            }
            let saved = sink.finish().unwrap();
            assert_eq!((saved.events, saved.left_out), (2, 2));
            assert_eq!(read_back(&out), (2, vec![3, 5]));
        }
    }
}
