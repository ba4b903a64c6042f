//! Writes a native trace: events in, frames and records out.
//!
//! Events are encoded into one buffer; when it is full, or when the recorder asks, it becomes a data frame
//! with its index record. Hot path: [`Writer::event`] appends to a buffer and allocates nothing once that
//! has grown. Memory: that buffer, its compressed twin, and 16 bytes for every frame written, which the footer
//! and the seek table need at the end.
//!
//! Needs no seeking, so that standard output or a socket will do. Deliberately knows no clock and no
//! randomness: the same input gives the same bytes.

use std::io::Write;

use zstd::bulk::Compressor;

use super::batch::{PackedBatch, notice_of_drops};
use super::chain::Hash;
use super::codec::{Unpacker, encode, pack, packer};
use super::emit::Emitter;
pub use super::emit::WriteError;
use super::envelope::TraceId;
use super::follow::{Follower, Spacing};
use super::frame::MAX_RAW;
use super::record::{self, CheckpointHead, Footer, IndexRecord, Later, Manifest};
use super::sign::SigningKey;
use super::survey::{Survey, inspect};
use super::totals::{self, Drops, Totals};
use crate::block::Block;
use crate::scap::write;
use crate::snapshot::{FdEntry, ThreadEntry};
use crate::{Event, EventBuf};

/// Longest block: with a frame all but full before it, the frame still stays within [`MAX_RAW`].
const MAX_BLOCK: usize = MAX_RAW / 2;
/// Smallest frames that can be asked for.
const MIN_FRAME: usize = 256;

/// How to write.
#[derive(Debug, Clone)]
pub struct WriterOptions {
    /// zstd level, −7 to 22.
    pub level: i32,
    /// Raw bytes after which a data frame is closed, 256 bytes to 32 MiB.
    pub frame_bytes: usize,
    /// Key to sign with at the end.
    pub sign: Option<SigningKey>,
    /// Tells this trace's records from any other's; random is best. `None` derives it from manifest and machine.
    pub trace_id: Option<TraceId>,
    /// Makes what the trace's checkpoints are had from; `None` for a trace without.
    pub follower: Option<fn() -> Box<dyn Follower>>,
}

impl Default for WriterOptions {
    /// Level 3 and 2 MiB: 0.68 to 0.81 of the size of `gzip -6` in 0.03 to 0.15 of its time, by
    /// `cargo run --release -p scap-format --example native_levels` over old and new captures. Level 1 costs no
    /// less there; larger frames gain 2 % and halve what can be replayed at once.
    fn default() -> Self {
        Self { level: 3, frame_bytes: 2 << 20, sign: None, trace_id: None, follower: None }
    }
}

impl WriterOptions {
    /// For a trace that is packed once and kept: at the highest levels, from 16, size counts for more than what
    /// can be replayed at once, and frames are of 16 MiB. At level 19 a busy recording of 740,000 events takes 0.727 of
    /// `gzip -6` in frames of 2 MiB, 0.707 in 4, 0.694 in 8, 0.685 in 16 and 0.684 in 32.
    #[must_use]
    pub fn at_level(level: i32) -> Self {
        let usual = Self::default();
        let frame_bytes = if level >= 16 { 16 << 20 } else { usual.frame_bytes };
        Self { level, frame_bytes, ..usual }
    }
}

/// Writes a native trace. Dropped without [`Writer::finish`] it leaves what a killed recorder leaves.
pub struct Writer<W> {
    emitter: Emitter<W>,
    packer: Compressor<'static>,
    options: WriterOptions,
    /// Whole blocks of the frame being filled.
    raw: Vec<u8>,
    /// What its index record will say.
    index: IndexRecord,
    totals: Totals,
    steps: Steps,
    cut_bytes: u64,
    left_out: u64,
    /// Latest event time; before the first event, when the recording started.
    last_ts: u64,
    notice: EventBuf,
    follower: Option<Box<dyn Follower>>,
    spacing: Spacing,
}

/// Places for the footer.
#[derive(Default)]
struct Steps {
    manifest_at: u64,
    index: Vec<u64>,
    last_index: u64,
    checkpoint: Vec<u64>,
    last_checkpoint: u64,
}

impl<W: Write> Writer<W> {
    /// Starts a trace: writes section header and machine, the manifest, then the rest of the prelude.
    ///
    /// `prelude` is what stands before the first event: machine, interfaces, users, threads, fds. A section
    /// header in it is not needed.
    ///
    /// # Errors
    /// If the output or the compressor fails.
    pub fn new(
        sink: W,
        options: WriterOptions,
        manifest: &Manifest,
        prelude: &[Block<'_>],
    ) -> Result<Self, WriteError> {
        let options = WriterOptions {
            frame_bytes: options.frame_bytes.clamp(MIN_FRAME, MAX_RAW - MAX_BLOCK),
            ..options
        };
        let packer = packer(options.level)?;
        let mut raw = Vec::with_capacity(options.frame_bytes + (128 << 10));
        write::section(&mut raw);
        let rest = match prelude.iter().position(|b| !matches!(b, Block::Section(_) | Block::Machine(_))) {
            Some(n) => prelude.get(n..).unwrap_or_default(),
            None => &[],
        };
        for block in prelude {
            match block {
                Block::Section(_) => {}
                Block::Machine(machine) => write::machine(&mut raw, machine),
                _ => break,
            }
        }
        let trace = options.trace_id.unwrap_or_else(|| derive_id(manifest, &raw));
        let mut writer = Self {
            emitter: Emitter::new(sink, trace),
            packer,
            raw,
            index: IndexRecord { first_event: 1, ..IndexRecord::default() },
            totals: Totals::default(),
            steps: Steps::default(),
            cut_bytes: 0,
            left_out: 0,
            last_ts: manifest.clock.realtime_ns,
            notice: EventBuf::default(),
            follower: options.follower.map(|make| make()),
            spacing: Spacing::default(),
            options,
        };
        writer.stage_frame()?;
        writer.steps.manifest_at = writer.emitter.offset();
        writer.emitter.stage_record("the manifest", manifest, &[])?;
        writer.emitter.commit()?;
        for block in rest {
            writer.block(block)?;
        }
        writer.flush_frame()?;
        Ok(writer)
    }

    /// Appends an event.
    ///
    /// # Errors
    /// If the output or the compressor fails.
    pub fn event(&mut self, event: &Event<'_>) -> Result<(), WriteError> {
        let start = self.raw.len();
        self.cut_bytes += write::event(&mut self.raw, event) as u64;
        self.check_block(start)?;
        self.note_event(event.code, event.ts);
        self.flush_if_full()
    }

    /// Appends a block of any kind but unknown ones, for which there is [`Self::raw_block`].
    ///
    /// # Errors
    /// If the output or the compressor fails, or the block is of an unknown kind.
    pub fn block(&mut self, block: &Block<'_>) -> Result<(), WriteError> {
        let start = self.raw.len();
        let raw = &mut self.raw;
        match block {
            Block::Section(_) => write::section(raw),
            Block::Machine(machine) => write::machine(raw, machine),
            Block::Threads(threads) => return self.threads(threads),
            Block::Fds { tid, fds } => return self.fds(*tid, fds),
            Block::Interfaces(interfaces) => write::interfaces(raw, interfaces),
            Block::Users { users, groups } => write::users(raw, users, groups),
            Block::Event(event) => return self.event(event),
            Block::Unknown { len, .. } => {
                let reason = "its type is unknown and its content not at hand";
                return Err(WriteError::NotABlock { len: *len as usize, reason });
            }
        }
        self.check_block(start)?;
        self.flush_if_full()
    }

    /// Appends threads as blocks of a few, so that no frame grows with the number of threads.
    fn threads(&mut self, threads: &[ThreadEntry]) -> Result<(), WriteError> {
        for some in threads.chunks(64) {
            let start = self.raw.len();
            write::threads(&mut self.raw, some);
            self.check_block(start)?;
            self.flush_if_full()?;
        }
        Ok(())
    }

    /// Appends the fds of a thread, likewise.
    fn fds(&mut self, tid: i64, fds: &[FdEntry]) -> Result<(), WriteError> {
        let mut rest = fds;
        loop {
            let (some, after) = rest.split_at(rest.len().min(4096));
            let start = self.raw.len();
            write::fds(&mut self.raw, tid, some);
            self.check_block(start)?;
            self.flush_if_full()?;
            rest = after;
            if rest.is_empty() {
                return Ok(());
            }
        }
    }

    /// Appends one whole block as it stands, little-endian, header and trailer included.
    ///
    /// # Errors
    /// If the output or the compressor fails, or `bytes` is not one whole block.
    pub fn raw_block(&mut self, bytes: &[u8]) -> Result<(), WriteError> {
        let event = inspect(bytes).map_err(|reason| WriteError::NotABlock { len: bytes.len(), reason })?;
        let start = self.raw.len();
        self.raw.extend_from_slice(bytes);
        self.check_block(start)?;
        if let Some((code, ts)) = event {
            self.note_event(code, ts);
        }
        self.flush_if_full()
    }

    /// Notes that `count` events of a processor were dropped here: as an event that every reader shows, and in
    /// the index. The event has the latest time seen.
    ///
    /// # Errors
    /// If the output or the compressor fails.
    pub fn drops(&mut self, cpu: u16, count: u64) -> Result<(), WriteError> {
        totals::add_drops(&mut self.index.drops, cpu, count);
        let mut notice = std::mem::take(&mut self.notice);
        let ts = self.last_ts;
        notice_of_drops(&mut notice, ts, cpu, count);
        let result = self.event(&notice.as_event());
        self.notice = notice;
        result
    }

    /// Writes a frame that was compressed before, behind the one being filled, which is closed.
    ///
    /// # Errors
    /// If the output fails, or the frame cannot be unpacked for the follower.
    pub fn packed(&mut self, frame: &PackedBatch) -> Result<(), WriteError> {
        self.flush_frame()?;
        if frame.is_empty() {
            return Ok(());
        }
        if let Some(follower) = &mut self.follower {
            let mut raw = Vec::new();
            let unpacked = Unpacker::new().map_err(|e| e.to_string());
            let unpacked = unpacked.and_then(|mut u| u.unpack(&frame.bytes, frame.raw_len, &mut raw));
            unpacked.map_err(|reason| WriteError::Encode { what: "a frame for its follower", reason })?;
            follower.frame(&raw, self.index.first_event);
        }
        self.index_as(&frame.sums, &frame.drops, frame.cut_bytes);
        let offset = self.emitter.offset();
        let copy = |out: &mut Vec<u8>| {
            out.extend_from_slice(&frame.bytes);
            Ok(())
        };
        let (frame_hash, packed_len) = self.emitter.stage_frame(frame.raw_len, copy)?;
        if let Some(follower) = &mut self.follower {
            let mut blocks = Vec::new();
            let unpacked = Unpacker::new().map_err(|e| e.to_string());
            unpacked
                .and_then(|mut unpacker| unpacker.unpack(&frame.bytes, frame.raw_len, &mut blocks))
                .map_err(|reason| WriteError::Encode { what: "a checkpoint", reason })?;
            follower.frame(&blocks, self.index.first_event);
        }
        self.stage_index(offset, packed_len, frame.raw_len as u64, frame_hash)?;
        self.emitter.commit()?;
        if self.spacing.is_due(self.totals.packed_bytes) { self.follow_up() } else { Ok(()) }
    }

    /// Makes the next index record say what was counted elsewhere.
    fn index_as(&mut self, sums: &Survey, drops: &[Drops], cut_bytes: u64) {
        let index = &mut self.index;
        (index.events, index.first_ts, index.last_ts) = (sums.events, sums.first_ts, sums.last_ts);
        index.types.clone_from(&sums.types);
        index.drops.clear();
        index.drops.extend_from_slice(drops);
        self.cut_bytes += cut_bytes;
        self.last_ts = self.last_ts.max(sums.last_ts);
    }

    /// Closes the frame being filled and writes it out. Without a block in it, does nothing.
    ///
    /// # Errors
    /// If the output or the compressor fails.
    pub fn flush_frame(&mut self) -> Result<(), WriteError> {
        if self.raw.is_empty() {
            return Ok(());
        }
        self.stage_frame()?;
        self.emitter.commit()?;
        if self.spacing.is_due(self.totals.packed_bytes) { self.follow_up() } else { Ok(()) }
    }

    /// Writes the checkpoint that is due, if there is somebody to make it.
    fn follow_up(&mut self) -> Result<(), WriteError> {
        match self.follower.as_mut().and_then(|follower| follower.state()) {
            Some(state) if state.len() <= MAX_RAW => self.checkpoint(&state),
            _ => Ok(()),
        }
    }

    /// Stores replay state as of here, after closing the frame being filled.
    ///
    /// # Errors
    /// If the output or the compressor fails, or the state is over 64 MiB.
    pub fn checkpoint(&mut self, state: &[u8]) -> Result<(), WriteError> {
        self.flush_frame()?;
        if state.len() > MAX_RAW {
            return Err(WriteError::TooLarge {
                what: "a checkpoint's state",
                len: state.len(),
                max: MAX_RAW,
            });
        }
        let packed = self.packer.compress(state).map_err(|e| encode("a checkpoint", &e))?;
        let head = CheckpointHead {
            frames: self.totals.frames,
            next_event: self.index.first_event,
            raw_len: state.len() as u64,
            hash: super::chain::digest(state),
        };
        let at = self.emitter.offset();
        // Without its magic, nobody who looks for frames behind damage takes the state for data.
        self.emitter.stage_record("a checkpoint", &head, packed.get(4..).unwrap_or_default())?;
        self.steps.checkpoint.push(at - self.steps.last_checkpoint);
        self.steps.last_checkpoint = at;
        self.spacing.wrote(self.emitter.offset() - at, self.totals.packed_bytes, self.index.first_event);
        self.emitter.commit()
    }

    /// Closes the trace: last frame, footer, signature if a key was given, seek table.
    ///
    /// # Errors
    /// If the output or the compressor fails.
    pub fn finish(mut self) -> Result<Totals, WriteError> {
        self.flush_frame()?;
        if self.spacing.is_last_due(self.index.first_event) {
            self.follow_up()?;
        }
        let footer = Footer {
            totals: self.totals,
            manifest_at: self.steps.manifest_at,
            index_steps: self.steps.index,
            checkpoint_steps: self.steps.checkpoint,
            chain: *self.emitter.link(),
            left_out: Later(self.left_out),
        };
        self.emitter.stage_record("the footer", &footer, &[])?;
        if let Some(key) = &self.options.sign {
            let signature = key.sign(self.emitter.link());
            self.emitter.stage_record("the signature", &signature, &[])?;
        }
        self.emitter.stage_seek_table();
        self.emitter.commit()?;
        Ok(footer.totals)
    }

    /// Bytes of the output up to which everything is written; after an error, where it may be cut off.
    pub const fn written(&self) -> u64 {
        self.emitter.written()
    }

    /// Notes that `count` more events came and were left out by the capture filter; the footer tells the sum.
    pub const fn leave_out(&mut self, count: u64) {
        self.left_out = self.left_out.saturating_add(count);
    }

    /// Raw bytes waiting in the frame being filled.
    pub fn pending(&self) -> usize {
        self.raw.len()
    }

    /// Bytes of parameters that the format had no room for and that were cut off.
    pub const fn cut_bytes(&self) -> u64 {
        self.cut_bytes
    }

    fn note_event(&mut self, code: u16, ts: u64) {
        let index = &mut self.index;
        if index.events == 0 {
            (index.first_ts, index.last_ts) = (ts, ts);
        } else {
            index.first_ts = index.first_ts.min(ts);
            index.last_ts = index.last_ts.max(ts);
        }
        index.events += 1;
        index.types.insert(code);
        self.last_ts = self.last_ts.max(ts);
    }

    /// Takes back what was appended at `start` if it is more than a frame must be able to hold beside others.
    fn check_block(&mut self, start: usize) -> Result<(), WriteError> {
        let len = self.raw.len().saturating_sub(start);
        if len <= MAX_BLOCK {
            return Ok(());
        }
        self.raw.truncate(start);
        Err(WriteError::TooLarge { what: "a block", len, max: MAX_BLOCK })
    }

    fn flush_if_full(&mut self) -> Result<(), WriteError> {
        if self.raw.len() >= self.options.frame_bytes { self.flush_frame() } else { Ok(()) }
    }

    /// Stages the buffer as a data frame with its index record.
    fn stage_frame(&mut self) -> Result<(), WriteError> {
        let raw_len = self.raw.len();
        let offset = self.emitter.offset();
        let (packer, raw) = (&mut self.packer, &self.raw);
        let (frame_hash, packed_len) = self.emitter.stage_frame(raw_len, |out| pack(packer, raw, out))?;
        if let Some(follower) = &mut self.follower {
            follower.frame(&self.raw, self.index.first_event);
        }
        self.stage_index(offset, packed_len, raw_len as u64, frame_hash)?;
        self.raw.clear();
        Ok(())
    }

    /// Stages the index record of the frame staged last, and starts the next one.
    fn stage_index(
        &mut self,
        offset: u64,
        packed_len: u64,
        raw_len: u64,
        frame_hash: Hash,
    ) -> Result<(), WriteError> {
        let index = &mut self.index;
        (index.offset, index.packed_len, index.raw_len) = (offset, packed_len, raw_len);
        (index.frame_hash, index.chain) = (frame_hash, *self.emitter.link());
        let at = self.emitter.offset();
        self.emitter.stage_record("an index record", index, &[])?;
        self.steps.index.push(at - self.steps.last_index);
        self.steps.last_index = at;
        self.totals.add(index);
        index.frame += 1;
        index.first_event += index.events;
        (index.events, index.first_ts, index.last_ts) = (0, 0, 0);
        index.types.clear();
        index.drops.clear();
        Ok(())
    }
}

fn derive_id(manifest: &Manifest, first_blocks: &[u8]) -> TraceId {
    let mut bytes = Vec::new();
    // A manifest too long to encode fails for good when it is written.
    let _too_long = record::append(&mut bytes, &[0; 16], manifest, first_blocks);
    let mut id = [0; 16];
    id.copy_from_slice(&super::chain::digest(&bytes)[..16]);
    id
}
