//! The traces of a recording, one after the other: where the next one begins and what all of them hold.
//!
//! Takes frames, gives files. Each trace has its own prelude, manifest, index, footer and signature, and can be read
//! alone. Knows limits of size, but not when a trace should end for another reason.

use super::SessionOptions;
use super::keeping::Keeping;
use super::output::{Place, Sink, TraceFile};
use super::watch::Prelude;
use scap_format::block::Block;
use scap_format::native::{
    Follower, Manifest, PackedBatch, SeriesPart, SigningKey, TraceId, WriteError, Writer, WriterOptions,
};
use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

/// What a frame needs beside its own bytes: its index record, and its entries in footer and seek table.
const FRAME_ROOM: u64 = 1536;
/// What the end of a trace needs: footer, signature, seek table.
const END_ROOM: u64 = 8 << 10;

/// What was written so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Written {
    /// Traces.
    pub(super) traces: u64,
    /// Traces removed because there were enough later ones.
    pub(super) removed: u64,
    /// Events in frames that have left, but for those that describe the machine at the start of later traces.
    pub(super) events: u64,
    /// Bytes.
    pub(super) bytes: u64,
    /// Bytes of parameters cut off.
    pub(super) cut_bytes: u64,
}

/// See the module.
pub(super) struct Traces {
    place: Place,
    manifest: Manifest,
    level: i32,
    follower: Option<fn() -> Box<dyn Follower>>,
    sign: Option<SigningKey>,
    max_size: Option<u64>,
    keep: Option<u64>,
    /// Tells the records of this recording from any other's.
    series: TraceId,
    current: Option<Current>,
    /// Event blocks in the last trace that was ended.
    previous: Option<u64>,
    progress: Arc<AtomicU64>,
    pub(super) written: Written,
}

struct Current {
    writer: Writer<Sink>,
    file: Arc<TraceFile>,
    frames: u64,
    first_ts: u64,
}

/// Where a trace begins.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Start {
    /// Time of its first event, ns since the epoch; 0 for the beginning of the recording.
    pub(super) from: u64,
    /// Whether that is the next event after those of the trace before.
    pub(super) goes_on: bool,
}

/// Why no more can be written.
#[derive(Debug)]
pub(super) enum Stop {
    /// It would be more than the recording may become.
    MaxSize,
    /// The output failed.
    Failed(WriteError),
}

impl From<WriteError> for Stop {
    fn from(error: WriteError) -> Self {
        Self::Failed(error)
    }
}

/// How to write.
pub(super) struct Terms {
    pub(super) manifest: Manifest,
    pub(super) level: i32,
    pub(super) follower: Option<fn() -> Box<dyn Follower>>,
    pub(super) sign: Option<SigningKey>,
    pub(super) max_size: Option<u64>,
    pub(super) keep: Option<u64>,
}

impl Terms {
    /// As `options` say.
    pub(super) fn of(options: &SessionOptions, manifest: Manifest) -> Self {
        let keep = match &options.keeping {
            Keeping::One => None,
            Keeping::Series(rotation) => rotation.keep,
            Keeping::Ring(ring) => ring.keep,
        };
        let (level, sign, max_size) = (options.level, options.sign.clone(), options.max_size);
        Self { manifest, level, follower: options.follower, sign, max_size, keep }
    }
}

impl Traces {
    /// Nothing yet.
    pub(super) fn new(place: Place, terms: Terms, progress: Arc<AtomicU64>) -> Self {
        let Terms { manifest, level, follower, sign, max_size, keep } = terms;
        let (series, written) = (random_id(), Written::default());
        Self {
            place,
            manifest,
            level,
            follower,
            sign,
            max_size,
            keep,
            series,
            current: None,
            previous: None,
            progress,
            written,
        }
    }

    /// Whether a trace is being written that holds events.
    pub(super) fn has_begun(&self) -> bool {
        self.current.as_ref().is_some_and(|current| current.frames > 0)
    }

    /// Bytes of the trace being written.
    fn current_bytes(&self) -> u64 {
        self.current.as_ref().map_or(0, |current| current.writer.written())
    }

    /// Time of the first event of the trace being written, ns since the epoch; 0 without one.
    pub(super) fn first_ts(&self) -> u64 {
        self.current.as_ref().map_or(0, |current| current.first_ts)
    }

    /// Whether the trace being written, with `frame` in it, would be larger than `limit` bytes.
    pub(super) fn would_exceed(&self, frame: &PackedBatch, limit: u64) -> bool {
        let Some(current) = &self.current else { return false };
        self.current_bytes() + frame.len() as u64 + (current.frames + 1) * 24 + FRAME_ROOM + END_ROOM > limit
    }

    /// Ends the trace being written, if there is one, and begins the next with `prelude`; `start` tells where that is, and
    /// `noted` goes into its manifest.
    pub(super) fn begin(
        &mut self,
        prelude: &Prelude,
        start: Start,
        noted: &[(&str, String)],
    ) -> Result<(), Stop> {
        self.end()?;
        let number = self.written.traces + 1;
        let file = match &mut self.place {
            Place::One(file) => {
                file.take().ok_or_else(|| io::Error::other("there is one output, for one trace"))
            }
            Place::Series(files) => files.make(number),
        };
        let file = Arc::new(file.map_err(|source| WriteError::Io { at: 0, source })?);
        let sink = Sink { file: Arc::clone(&file), written: Arc::clone(&self.progress) };
        let options = WriterOptions {
            level: self.level,
            follower: self.follower,
            sign: self.sign.clone(),
            trace_id: Some(if number == 1 { self.series } else { random_id() }),
            ..WriterOptions::default()
        };
        let manifest = self.manifest_of(number, prelude.events.len() as u64, start, noted);
        let blocks: Vec<Block<'_>> = prelude.all().collect();
        match Writer::new(sink, options, &manifest, &blocks) {
            Ok(writer) => {
                self.current = Some(Current { writer, file, frames: 0, first_ts: 0 });
                self.written.traces = number;
                if number == 1 {
                    self.written.events += prelude.events.len() as u64;
                }
                self.drop_oldest(number);
                Ok(())
            }
            Err(error) => {
                // A part of a description of the machine is nothing that anybody needs.
                file.discard();
                Err(error.into())
            }
        }
    }

    /// Appends a frame.
    pub(super) fn put(&mut self, frame: &PackedBatch) -> Result<(), Stop> {
        if self
            .max_size
            .is_some_and(|limit| self.would_exceed(frame, limit.saturating_sub(self.written.bytes)))
        {
            return Err(Stop::MaxSize);
        }
        let Some(current) = &mut self.current else { return Ok(()) };
        current.writer.packed(frame)?;
        if current.frames == 0 {
            current.first_ts = frame.span().0;
        }
        current.frames += 1;
        self.written.events += frame.events();
        Ok(())
    }

    /// Notes that a filter left out `count` events here.
    pub(super) fn leave_out(&mut self, count: u64) {
        if let Some(current) = &mut self.current {
            current.writer.leave_out(count);
        }
    }

    /// Ends the trace being written, if there is one. Afterwards the file is whole, or cut behind its last frame.
    pub(super) fn end(&mut self) -> Result<(), Stop> {
        let Some(Current { writer, file, .. }) = self.current.take() else { return Ok(()) };
        self.written.cut_bytes += writer.cut_bytes();
        let before = writer.written();
        match writer.finish() {
            Ok(totals) => {
                self.previous = Some(totals.events);
                self.written.bytes += file.written();
                Ok(())
            }
            Err(error) => {
                let whole_to = match error {
                    WriteError::Io { at, .. } | WriteError::Broken { at } => at,
                    _ => before,
                };
                file.cut(whole_to);
                self.written.bytes += whole_to;
                Err(error.into())
            }
        }
    }

    /// Bytes of all traces so far.
    pub(super) fn bytes(&self) -> u64 {
        self.written.bytes + self.current_bytes()
    }

    /// Where the trace being written or written last is; `None` if it has no name.
    pub(super) fn path(&self) -> Option<std::path::PathBuf> {
        match &self.place {
            Place::Series(files) if self.written.traces > 0 => Some(files.path(self.written.traces)),
            _ => None,
        }
    }

    /// Removes all traces there are: the recording came to nothing.
    pub(super) fn discard(&mut self) {
        if let Some(current) = self.current.take() {
            current.file.discard();
        }
        if let Place::Series(files) = &self.place {
            for number in 1..=self.written.traces {
                // Some are removed already.
                let _ = files.remove(number);
            }
        }
    }

    fn drop_oldest(&mut self, newest: u64) {
        let (Some(keep), Place::Series(files)) = (self.keep, &self.place) else { return };
        if let Some(old) = newest.checked_sub(keep.max(1)).filter(|old| *old > 0) {
            // What cannot be removed stays; it is evidence.
            if files.remove(old).is_ok() {
                self.written.removed += 1;
            }
        }
    }

    fn manifest_of(
        &self,
        number: u64,
        state_events: u64,
        start: Start,
        noted: &[(&str, String)],
    ) -> Manifest {
        let Start { from, goes_on } = start;
        let mut manifest = self.manifest.clone();
        if matches!(self.place, Place::Series(_)) {
            let series = self.series.iter().map(|byte| format!("{byte:02x}")).collect();
            let previous = self.previous.filter(|_| goes_on);
            SeriesPart { series, part: number, previous, state_events }.note(&mut manifest);
        }
        manifest.options.extend(noted.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        if from > 0 {
            let clock = &mut manifest.clock;
            let boot = clock.realtime_ns.saturating_sub(clock.boottime_ns);
            (clock.realtime_ns, clock.boottime_ns) = (from, from.saturating_sub(boot));
        }
        manifest
    }
}

/// Sixteen bytes that nobody has had before.
fn random_id() -> TraceId {
    let mut id = [0; 16];
    let mut rest = id.as_mut_slice();
    while !rest.is_empty() {
        match rustix::rand::getrandom(&mut *rest, rustix::rand::GetRandomFlags::empty()) {
            Ok(count) => rest = rest.get_mut(count..).unwrap_or_default(),
            Err(error) if io::Error::from(error).kind() == io::ErrorKind::Interrupted => {}
            // Never of a kernel that can record; time and process tell two recordings apart as well.
            Err(_) => {
                let now = crate::snapshot::wall_clock().to_le_bytes();
                let seed = [now.as_slice(), &std::process::id().to_le_bytes()].concat();
                id.copy_from_slice(&blake3::hash(&seed).as_bytes()[..16]);
                break;
            }
        }
    }
    id
}
