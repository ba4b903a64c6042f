//! The loop of a recording: events from the backend into the writer, drops where they happened, frames in time.
//!
//! Takes a backend and a writer, gives the reason for the end and the figures. Once the output refuses bytes, events are
//! only counted any more. Hot path: an event goes straight from the backend's buffer into the frame, without
//! allocation.

use super::aside::Aside;
use super::held::HeldCommand;
use super::signals::StopSignals;
use super::spool::Spool;
use super::summary::{EndReason, Progress, Summary};
use super::{SessionError, SessionOptions};
use crate::snapshot::PassedOver;
use crate::{Backend, CaptureError, WaitsFor};
use scap_format::Event;
use scap_format::EventBuf;
use scap_format::native::{WriteError, Writer};
use scap_schema::code;
use std::io::{self, Write};
use std::time::{Duration, Instant};

/// Longest time that events wait in memory.
const FRAME_TIME: Duration = Duration::from_millis(900);

/// Longest wait for events, so that signals, drops and the clock are looked at in time.
const TICK: Duration = Duration::from_millis(100);

/// How long a command that was asked to end is waited for.
const GRACE: Duration = Duration::from_secs(1);

/// What a size limit leaves for footer and seek table, bytes.
const FOOTER_ROOM: u64 = 64 << 10;

/// See the module.
pub(super) struct Recording<'a, W: Write> {
    writer: Writer<W>,
    options: &'a SessionOptions,
    began: Instant,
    flushed: Instant,
    reported: Instant,
    events: u64,
    /// Events in frames that have left.
    safe_events: u64,
    unwritten: u64,
    /// Drops written so far, by CPU.
    dropped: Vec<u64>,
    failure: Option<WriteError>,
    /// The command as long as it is still the recorder's own code, before its `execve`.
    held: Option<i64>,
    aside: Aside,
}

impl<'a, W: Write> Recording<'a, W> {
    /// `held` is the process that will become the command.
    pub(super) fn new(
        writer: Writer<W>,
        options: &'a SessionOptions,
        began: Instant,
        held: Option<u32>,
        aside: Aside,
    ) -> Self {
        let now = Instant::now();
        Self {
            writer,
            options,
            began,
            flushed: now,
            reported: now,
            events: 0,
            safe_events: 0,
            unwritten: 0,
            dropped: Vec::new(),
            failure: None,
            held: held.map(i64::from),
            aside,
        }
    }

    /// Writes what is told before all events.
    pub(super) fn told(&mut self, events: &[EventBuf]) {
        events.iter().for_each(|event| self.write(&event.as_event()));
    }

    /// Writes what came before the snapshot was ready.
    pub(super) fn spooled(&mut self, spool: &Spool) {
        for block in spool.blocks() {
            let result = self.writer.raw_block(block);
            self.took(result);
        }
    }

    /// Records until something ends the session.
    pub(super) fn until_end(
        &mut self,
        backend: &mut dyn Backend,
        signals: &StopSignals,
        mut command: Option<&mut HeldCommand>,
        progress: &mut dyn FnMut(&Progress),
    ) -> Result<EndReason, SessionError> {
        let mut asked_to_end: Option<Instant> = None;
        loop {
            backend.poll(self.wait(), &mut |event| self.event(event))?;
            self.drops(backend)?;
            self.in_time();
            if self.reported.elapsed() >= TICK {
                self.reported = Instant::now();
                progress(&self.progress());
            }
            if let Some(failure) = self.failure.take() {
                return ended_output(failure);
            }
            let waits = command.as_ref().map_or(WaitsFor::Nobody, |command| backend.waits_for(command.pid()));
            let ended = command.as_mut().is_some_and(|command| command.has_ended(waits));
            if let Some(signal) = signals.came() {
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
            if self.is_large() {
                return Ok(EndReason::MaxSize);
            }
        }
    }

    /// Fetches what the backend still holds and closes the trace. With the figures, but for size and end, comes the
    /// offset up to which the trace is whole, if the output would not take all of it.
    pub(super) fn finish(
        mut self,
        backend: &mut dyn Backend,
        passed: PassedOver,
    ) -> Result<(Summary, Option<u64>), SessionError> {
        let counters = backend.counters();
        backend.stop(&mut |event| self.event(event))?;
        let last = self.aside.finish();
        self.told(&last);
        self.drops_of(backend.counters().or(counters)?);
        let duration = self.began.elapsed();
        let drops = self.dropped.iter().enumerate().filter(|(_, count)| **count > 0);
        let drops = drops.filter_map(|(cpu, count)| Some((u16::try_from(cpu).ok()?, *count))).collect();
        let compat = backend.counters().map_or(0, |all| all.iter().map(|cpu| cpu.compat).sum());
        let cut_bytes = self.writer.cut_bytes();
        let (mut events, mut unwritten) = (self.events, self.unwritten);
        let whole_to = match self.writer.finish() {
            Ok(totals) => {
                events = totals.events;
                None
            }
            Err(WriteError::Io { at, .. } | WriteError::Broken { at }) => Some(at),
            Err(error) => return Err(error.into()),
        };
        if whole_to.is_some() {
            unwritten += events - self.safe_events;
            events = self.safe_events;
        }
        let summary =
            Summary { events, drops, unwritten, compat, cut_bytes, duration, passed, ..Summary::default() };
        Ok((summary, whole_to))
    }

    /// Closes the trace as it stands.
    pub(super) fn abandon(self) {
        // There is an error to report already.
        let _ = self.writer.finish();
    }

    fn event(&mut self, event: &Event<'_>) {
        if self.is_recorders_own(event) {
            return;
        }
        let Some(before) = self.aside.admit(event) else { return };
        if let Some(before) = before {
            self.write(&before.as_event());
        }
        self.write(event);
    }

    fn write(&mut self, event: &Event<'_>) {
        if self.failure.is_some() {
            self.unwritten += 1;
            return;
        }
        let result = self.writer.event(event);
        self.took(result);
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

    fn took(&mut self, result: Result<(), WriteError>) {
        self.events += 1;
        if let Err(error) = result {
            self.failure.get_or_insert(error);
        } else if self.writer.pending() == 0 {
            self.left();
        }
    }

    /// A frame has left: all events until here are safe.
    fn left(&mut self) {
        self.safe_events = self.events;
        self.flushed = Instant::now();
    }

    fn flush(&mut self) {
        match self.writer.flush_frame() {
            Ok(()) => self.left(),
            Err(error) => {
                self.failure.get_or_insert(error);
            }
        }
    }

    fn in_time(&mut self) {
        let due = self.aside.due();
        self.told(&due);
        if self.failure.is_none() && self.flushed.elapsed() >= FRAME_TIME {
            self.flush();
        }
    }

    /// Until when the backend may wait for events.
    fn wait(&self) -> Duration {
        let left = self.options.duration.map(|limit| limit.saturating_sub(self.began.elapsed()));
        left.unwrap_or(TICK).min(TICK)
    }

    /// Whether one more frame could make the trace larger than it may become.
    fn is_large(&mut self) -> bool {
        let Some(limit) = self.options.max_size else { return false };
        let limit = limit.saturating_sub(FOOTER_ROOM);
        // What waits is counted as if it did not compress; only if that matters is it compressed and counted again.
        if self.writer.written() + self.writer.pending() as u64 >= limit && self.writer.pending() > 0 {
            self.flush();
        }
        self.writer.written() + FOOTER_ROOM / 2 >= limit
    }

    fn drops(&mut self, backend: &dyn Backend) -> Result<(), CaptureError> {
        self.drops_of(backend.counters()?);
        Ok(())
    }

    /// Writes what was dropped since the last time, behind the events that came before.
    fn drops_of(&mut self, counters: Vec<crate::CpuCounters>) {
        if self.dropped.len() < counters.len() {
            self.dropped.resize(counters.len(), 0);
        }
        for (cpu, (known, now)) in self.dropped.iter_mut().zip(&counters).enumerate() {
            let more = now.dropped().saturating_sub(*known);
            *known += more;
            if more > 0 && self.failure.is_none() {
                let cpu = u16::try_from(cpu).unwrap_or(u16::MAX);
                self.events += 1;
                if let Err(error) = self.writer.drops(cpu, more) {
                    self.failure = Some(error);
                }
            }
        }
    }

    fn progress(&self) -> Progress {
        Progress {
            elapsed: self.began.elapsed(),
            events: self.events,
            dropped: self.dropped.iter().sum(),
            bytes: self.writer.written(),
        }
    }
}

/// A full disk and a reader that went away end a recording; anything else breaks it.
fn ended_output(failure: WriteError) -> Result<EndReason, SessionError> {
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
