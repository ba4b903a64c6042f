//! The loop of a recording: events from the backend into frames, drops where they happened, frames in time.
//!
//! Takes a backend, gives orders to the [`Scribe`] and the reason for the end. Once the output refuses bytes, events are
//! only counted any more. Hot path: an event goes straight from the backend's buffer into the frame, without
//! allocation, after its [`Watch`] has judged it.

use super::aside::Aside;
use super::held::HeldCommand;
use super::scribe::{Order, Report, Scribe};
use super::signals::StopSignals;
use super::spool::Spool;
use super::summary::{EndReason, Progress, Summary};
use super::traces::Stop;
use super::watch::{Moment, Seen, Watch};
use super::{SessionError, SessionOptions};
use crate::snapshot::PassedOver;
use crate::{Backend, CaptureError, WaitsFor};
use scap_format::Event;
use scap_format::EventBuf;
use scap_format::native::{Batch, WriteError};
use scap_schema::code;
use std::io;
use std::time::{Duration, Instant};

/// Longest time that events wait in memory.
const FRAME_TIME: Duration = Duration::from_millis(900);

/// Longest wait for events, so that signals, drops and the clock are looked at in time.
const TICK: Duration = Duration::from_millis(100);

/// How long a command that was asked to end is waited for.
const GRACE: Duration = Duration::from_secs(1);

/// How long, after a signal to end, an output may take nothing before it is given up.
const PATIENCE: Duration = Duration::from_secs(5);

/// Bytes of a frame.
const FRAME_BYTES: u64 = 2 << 20;

/// See the module.
pub(super) struct Recording<'a> {
    scribe: Scribe,
    watch: &'a mut dyn Watch,
    options: &'a SessionOptions,
    signals: &'a StopSignals,
    began: Instant,
    flushed: Instant,
    reported: Instant,
    frame_bytes: usize,
    batch: Batch,
    /// The state before the first event of `batch`.
    moment: Option<Box<dyn Moment>>,
    /// Whether traces may begin in the middle.
    wants_moments: bool,
    fired: Option<String>,
    next: bool,
    /// Events that are in a frame or were given to the scribe.
    events: u64,
    left_out: u64,
    left_out_told: u64,
    /// Events that came when no more could be taken.
    unwritten: u64,
    /// Drops counted so far, by CPU.
    dropped: Vec<u64>,
    notices: Notices,
    /// The command as long as it is still the recorder's own code, before its `execve`.
    held: Option<i64>,
    aside: Aside,
}

impl<'a> Recording<'a> {
    /// `held` is the process that will become the command; `start` the time of the snapshot, ns since the epoch.
    pub(super) fn new(
        scribe: Scribe,
        watch: &'a mut dyn Watch,
        options: &'a SessionOptions,
        signals: &'a StopSignals,
        (began, start): (Instant, u64),
        held: Option<u32>,
        aside: Aside,
    ) -> Self {
        let now = Instant::now();
        let wants_moments = options.keeping != super::Keeping::One;
        let mut batch = Batch::default();
        batch.restart(start);
        Self {
            scribe,
            moment: if wants_moments { watch.moment() } else { None },
            watch,
            options,
            signals,
            began,
            flushed: now,
            reported: now,
            frame_bytes: frame_bytes(options),
            batch,
            wants_moments,
            fired: None,
            next: false,
            events: 0,
            left_out: 0,
            left_out_told: 0,
            unwritten: 0,
            dropped: Vec::new(),
            notices: Notices::default(),
            held: held.map(i64::from),
            aside,
        }
    }

    /// Takes what came before the snapshot was ready.
    pub(super) fn spooled(&mut self, spool: &Spool) {
        spool.events(|event| {
            if !self.is_recorders_own(event) {
                self.write(event);
            }
        });
    }

    /// Takes what was found out beside the backend's events; no filter leaves it out.
    fn told(&mut self, events: &[EventBuf]) {
        events.iter().for_each(|event| {
            let Seen { fired, .. } = self.watch.event(&event.as_event());
            self.take(&event.as_event(), fired);
        });
    }

    /// Records until something ends the session.
    pub(super) fn until_end(
        &mut self,
        backend: &mut dyn Backend,
        mut command: Option<&mut HeldCommand>,
        progress: &mut dyn FnMut(&Progress),
    ) -> Result<EndReason, SessionError> {
        let mut asked_to_end: Option<Instant> = None;
        loop {
            let came = backend.poll(self.wait(), &mut |event| self.event(event))?;
            if came == 0 || self.notices.are_late() {
                self.note_drops();
            }
            self.drops(backend)?;
            self.in_time();
            if self.reported.elapsed() >= TICK {
                self.reported = Instant::now();
                progress(&self.progress());
            }
            if self.scribe.has_stopped() {
                // Why, its report tells.
                return Ok(EndReason::DiskFull);
            }
            let waits = command.as_ref().map_or(WaitsFor::Nobody, |command| backend.waits_for(command.pid()));
            let ended = command.as_mut().is_some_and(|command| command.has_ended(waits));
            if let Some(signal) = self.signals.came() {
                // The command's own end belongs into the trace, if it does not take long.
                let Some(command) = command.as_mut().filter(|_| !ended) else {
                    return Ok(EndReason::Signal(signal));
                };
                match asked_to_end {
                    None => {
                        command.terminate(waits);
                        asked_to_end = Some(Instant::now());
                    }
                    Some(then) if then.elapsed() >= GRACE => return Ok(EndReason::Signal(signal)),
                    Some(_) => {}
                }
            } else if ended {
                return Ok(EndReason::CommandEnded);
            }
            if self.options.duration.is_some_and(|limit| self.began.elapsed() >= limit) {
                return Ok(EndReason::Duration);
            }
        }
    }

    /// Fetches what the backend still holds, closes the trace and gives the figures. `reason` is why recording ended.
    ///
    /// # Errors
    /// If the backend or the output failed, for another reason than those that are an [`EndReason`].
    pub(super) fn finish(
        mut self,
        backend: &mut dyn Backend,
        passed: PassedOver,
        reason: EndReason,
    ) -> Result<Summary, SessionError> {
        let counters = backend.counters();
        backend.stop(&mut |event| self.event(event))?;
        let last = self.aside.finish();
        self.told(&last);
        self.drops_of(backend.counters().or(counters)?);
        self.note_drops();
        let duration = self.began.elapsed();
        let drops = self.dropped.iter().enumerate().filter(|(_, count)| **count > 0);
        let drops = drops.filter_map(|(cpu, count)| Some((u16::try_from(cpu).ok()?, *count))).collect();
        let compat = backend.counters().map_or(0, |all| all.iter().map(|cpu| cpu.compat).sum());
        let (left_out, unwritten) = (self.left_out, self.unwritten);
        let report = self.close();
        let reason = end_of(reason, report.stop)?;
        // What came after the end of a trace that is as large as it may be is not part of the recording.
        let unwritten = if reason == EndReason::MaxSize { 0 } else { unwritten + report.unwritten };
        let written = report.written;
        Ok(Summary {
            reason,
            events: written.events,
            bytes: written.bytes,
            traces: written.traces,
            removed: written.removed,
            last: report.last,
            drops,
            unwritten,
            left_out,
            forgotten: report.forgotten,
            compat,
            cut_bytes: written.cut_bytes,
            duration,
            passed,
            ..Summary::default()
        })
    }

    /// Removes the trace: it came to nothing.
    pub(super) fn discard(self) {
        self.scribe.discard();
        drop(self.close());
    }

    /// Closes the trace as it stands.
    pub(super) fn abandon(self) {
        // There is an error to report already.
        drop(self.close());
    }

    /// Waits for the output to take what was ordered, unless a signal came and it takes nothing any more.
    fn close(mut self) -> Report {
        self.cut();
        self.scribe.close();
        loop {
            if self.scribe.is_done() {
                return self.scribe.report(true);
            }
            if self.signals.lost_patience(self.scribe.progress(), PATIENCE) {
                return self.scribe.report(false);
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    fn event(&mut self, event: &Event<'_>) {
        if self.is_recorders_own(event) {
            return;
        }
        let Some(before) = self.aside.admit(event) else {
            self.left_out += 1;
            return;
        };
        if let Some(before) = before {
            self.told(&[before]);
        }
        self.write(event);
    }

    fn write(&mut self, event: &Event<'_>) {
        let Seen { keep, fired } = self.watch.event(event);
        if keep {
            self.take(event, fired);
        } else {
            self.left_out += 1;
        }
    }

    fn take(&mut self, event: &Event<'_>, fired: Option<String>) {
        if event.ts >= self.notices.due {
            self.note_drops();
        }
        self.batch.event(event);
        self.events += 1;
        if fired.is_some() {
            self.fired = fired;
            self.cut();
        } else if self.batch.len() >= self.frame_bytes {
            self.cut();
        }
    }

    /// Whether the event is of the child that waits to become the command: waiting, and looking for the program
    /// along `PATH`. It becomes the command with its first `execve` that works.
    fn is_recorders_own(&mut self, event: &Event<'_>) -> bool {
        if self.held != Some(event.tid) {
            return false;
        }
        let becomes = event.code == code::SYSCALL_EXECVE_19_X && event.i64(0) == Some(0);
        if becomes {
            self.held = None;
        }
        !becomes
    }

    /// Ends the frame being filled and orders it to be written. Waits for room in the queue, while the kernel's buffers
    /// take what happens; gives the frame up if there is none and the session is to end.
    fn cut(&mut self) {
        self.flushed = Instant::now();
        if self.batch.is_empty() {
            return;
        }
        let mut batch = self.scribe.spare();
        batch.restart(self.batch.last_ts());
        std::mem::swap(&mut batch, &mut self.batch);
        let events = batch.events();
        let mut order = Order {
            batch,
            moment: self.moment.take(),
            fired: self.fired.take(),
            next: std::mem::take(&mut self.next),
            left_out: self.left_out - self.left_out_told,
        };
        self.left_out_told = self.left_out;
        self.moment = if self.wants_moments { self.watch.moment() } else { None };
        while let Some(back) = self.scribe.order(order) {
            if self.signals.lost_patience(self.scribe.progress(), PATIENCE) {
                self.unwritten += events;
                return;
            }
            order = back;
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    fn in_time(&mut self) {
        let due = self.aside.due();
        self.told(&due);
        if self.wants_moments && self.signals.wants_next() {
            self.next = true;
            self.cut();
        } else if self.flushed.elapsed() >= FRAME_TIME && self.scribe.has_room() {
            self.cut();
        }
    }

    /// Until when the backend may wait for events.
    fn wait(&self) -> Duration {
        let left = self.options.duration.map(|limit| limit.saturating_sub(self.began.elapsed()));
        left.unwrap_or(TICK).min(TICK)
    }

    fn drops(&mut self, backend: &dyn Backend) -> Result<(), CaptureError> {
        self.drops_of(backend.counters()?);
        Ok(())
    }

    /// Counts what was dropped since the last time. Those events are newer than all that the kernel's buffers held, so
    /// that they are noted once everything up to now has come.
    fn drops_of(&mut self, counters: Vec<crate::CpuCounters>) {
        if self.dropped.len() < counters.len() {
            self.dropped.resize(counters.len(), 0);
        }
        for (cpu, (known, now)) in self.dropped.iter_mut().zip(&counters).enumerate() {
            let more = now.dropped().saturating_sub(*known);
            *known += more;
            if more > 0 {
                self.notices.add(u16::try_from(cpu).unwrap_or(u16::MAX), more);
            }
        }
    }

    /// Writes the notices that are due, behind the events that came before.
    fn note_drops(&mut self) {
        for (cpu, count) in self.notices.take() {
            self.events += 1;
            self.batch.drops(cpu, count);
        }
    }

    fn progress(&self) -> Progress {
        let written = self.scribe.written();
        Progress {
            elapsed: self.began.elapsed(),
            events: self.events,
            dropped: self.dropped.iter().sum(),
            left_out: self.left_out,
            bytes: written.bytes,
            traces: written.traces,
        }
    }
}

/// Drops that were counted and wait for their place among the events.
struct Notices {
    by_cpu: Vec<(u16, u64)>,
    /// Time of the last event before them, ns since the epoch; `u64::MAX` without any.
    due: u64,
    since: Instant,
}

impl Default for Notices {
    fn default() -> Self {
        Self { by_cpu: Vec::new(), due: u64::MAX, since: Instant::now() }
    }
}

impl Notices {
    fn add(&mut self, cpu: u16, count: u64) {
        if self.by_cpu.is_empty() {
            self.since = Instant::now();
            self.due = crate::snapshot::wall_clock();
        }
        match self.by_cpu.iter_mut().find(|(known, _)| *known == cpu) {
            Some((_, sum)) => *sum += count,
            None => self.by_cpu.push((cpu, count)),
        }
    }

    /// Whether they waited for so long that their time will not come: the clock was set.
    fn are_late(&self) -> bool {
        !self.by_cpu.is_empty() && self.since.elapsed() >= FRAME_TIME
    }

    fn take(&mut self) -> Vec<(u16, u64)> {
        self.due = u64::MAX;
        std::mem::take(&mut self.by_cpu)
    }
}

/// Frames of a recording that may not become large are smaller, so that its limits are met closely.
fn frame_bytes(options: &SessionOptions) -> usize {
    let rotate = match options.keeping {
        super::Keeping::Series(rotation) => rotation.size,
        _ => None,
    };
    let limit = options.max_size.into_iter().chain(rotate).min().unwrap_or(u64::MAX);
    usize::try_from((limit / 16).clamp(64 << 10, FRAME_BYTES)).unwrap_or(1 << 20)
}

/// Why a session ended whose output may have stopped it. A full disk and a reader that went away end a recording;
/// anything else breaks it.
fn end_of(reason: EndReason, stop: Option<Stop>) -> Result<EndReason, SessionError> {
    let failure = match stop {
        None => return Ok(reason),
        Some(Stop::MaxSize) => return Ok(EndReason::MaxSize),
        Some(Stop::Failed(failure)) => failure,
    };
    if let WriteError::Io { source, .. } = &failure {
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                return Ok(EndReason::DiskFull);
            }
            io::ErrorKind::BrokenPipe => return Ok(EndReason::OutputClosed),
            _ => {}
        }
    }
    Err(failure.into())
}
