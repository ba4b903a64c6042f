//! Compresses and writes in a thread of its own, so that whoever empties the kernel's buffers never waits for a disk.
//!
//! Takes [`Order`]s (whole blocks gathered for a frame, at most [`QUEUE`] of them waiting, each at most a frame long), gives
//! traces. When the output is slower than the events, the queue is full, the kernel's buffers fill, and what they
//! lose is counted and written where it happened: memory stays bounded. Deliberately knows neither events nor rules.

use super::SessionError;
use super::keeping::{Keeping, Rotation};
use super::output::Output;
use super::privileges::{self, Owner};
use super::ring::Recorder;
use super::traces::{Start, Stop, Terms, Traces, Written};
use super::watch::{Moment, Prelude};
use crate::CaptureError;
use scap_format::native::{Batch, BatchPacker, WriteError};
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, TrySendError, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

/// Most frames that wait to be written. With 2 MiB each, a slow output is caught up with over 32 MiB of events.
pub(super) const QUEUE: usize = 16;

/// Events for one frame, and what is to become of them.
pub(super) struct Order {
    /// The events.
    pub(super) batch: Batch,
    /// The state before the first of them, if a trace may begin here.
    pub(super) moment: Option<Box<dyn Moment>>,
    /// Why a flight recorder writes out now.
    pub(super) fired: Option<String>,
    /// Whether the next trace begins here, whatever its limits say.
    pub(super) next: bool,
    /// Events left out since the last order.
    pub(super) left_out: u64,
}

/// How frames become traces.
pub(super) enum Desk {
    /// One trace.
    One,
    /// The next trace when the current one is large or long enough.
    Series(Rotation),
    /// Frames wait in memory until something fires.
    Ring(Recorder),
}

impl Desk {
    pub(super) fn new(keeping: &Keeping) -> Self {
        match keeping {
            Keeping::One => Self::One,
            Keeping::Series(rotation) => Self::Series(*rotation),
            Keeping::Ring(ring) => Self::Ring(Recorder::new(*ring)),
        }
    }
}

/// What the writing thread tells while it works.
#[derive(Debug, Default)]
struct Shared {
    /// Bytes written, of a frame that is being written too.
    progress: Arc<AtomicU64>,
    /// Orders that wait.
    waiting: AtomicUsize,
    /// Whether it takes no more.
    stopped: AtomicBool,
    /// Whether what was written is to be removed.
    discards: AtomicBool,
    written: Mutex<Written>,
}

/// What the writing thread came to.
pub(super) struct Report {
    pub(super) written: Written,
    /// Events that were ordered and not written.
    pub(super) unwritten: u64,
    /// Events that a flight recorder forgot, because nothing fired.
    pub(super) forgotten: u64,
    /// Why it stopped before its end.
    pub(super) stop: Option<Stop>,
    /// The last trace, if it has a name.
    pub(super) last: Option<std::path::PathBuf>,
}

/// The writing thread, as seen by the others.
pub(super) struct Scribe {
    orders: Option<SyncSender<Order>>,
    spare: Receiver<Batch>,
    shared: Arc<Shared>,
    thread: JoinHandle<Report>,
    ordered: u64,
}

impl Scribe {
    /// Starts the thread, which begins the first trace with `first`, if there is to be one before anything is ordered. With
    /// `gives_up` it gives up all privileges before that.
    ///
    /// # Errors
    /// If there can be no thread or no compressor, or the first trace cannot be begun.
    pub(super) fn start(
        desk: Desk,
        output: Output,
        terms: Terms,
        first: Option<Prelude>,
        gives_up: bool,
    ) -> Result<Self, SessionError> {
        let Output { place, owner } = output;
        let shared = Arc::new(Shared::default());
        let packer = BatchPacker::new(terms.level)?;
        let traces = Traces::new(place, terms, Arc::clone(&shared.progress));
        let (orders, received) = sync_channel(QUEUE);
        let (back, spare) = channel();
        let (ready, begun) = channel();
        let told = Arc::clone(&shared);
        let worker = Worker { desk, traces, packer, unwritten: 0, stop: None, shared: told, back };
        let thread = std::thread::Builder::new()
            .name("scap-write".to_owned())
            .spawn(move || worker.run(first, gives_up.then_some(owner), &ready, &received))
            .map_err(|source| CaptureError::io("cannot start the thread that writes", source))?;
        let scribe = Self { orders: Some(orders), spare, shared, thread, ordered: 0 };
        match begun.recv() {
            Ok(Err(error)) => Err(error),
            // A worker that is gone says why in its report.
            Ok(Ok(())) | Err(_) => Ok(scribe),
        }
    }

    /// A batch that has been written, or a new one.
    pub(super) fn spare(&self) -> Batch {
        self.spare.try_recv().unwrap_or_default()
    }

    /// Hands over an order; gives it back if the queue is full.
    pub(super) fn order(&mut self, order: Order) -> Option<Order> {
        let events = order.batch.events();
        let sender = self.orders.as_ref()?;
        match sender.try_send(order) {
            Ok(()) | Err(TrySendError::Disconnected(_)) => {
                self.ordered += events;
                self.shared.waiting.fetch_add(1, Ordering::Relaxed);
                None
            }
            Err(TrySendError::Full(order)) => Some(order),
        }
    }

    /// Whether an order would be taken at once.
    pub(super) fn has_room(&self) -> bool {
        self.shared.waiting.load(Ordering::Relaxed) < QUEUE
    }

    /// Bytes of frames and parts of frames that have left. Grows as long as the output takes something.
    pub(super) fn progress(&self) -> u64 {
        self.shared.progress.load(Ordering::Relaxed)
    }

    /// What was written so far.
    pub(super) fn written(&self) -> Written {
        *lock(&self.shared.written)
    }

    /// Whether no more is taken.
    pub(super) fn has_stopped(&self) -> bool {
        self.shared.stopped.load(Ordering::Acquire)
    }

    /// Says that no more orders come.
    pub(super) fn close(&mut self) {
        self.orders = None;
    }

    /// Removes what was written once everything that was ordered is done.
    pub(super) fn discard(&self) {
        self.shared.discards.store(true, Ordering::Release);
    }

    /// Whether everything that was ordered is done.
    pub(super) fn is_done(&self) -> bool {
        self.thread.is_finished()
    }

    /// What it came to. If `patient`, waits for the output; else what is still to be written counts as unwritten.
    pub(super) fn report(mut self, patient: bool) -> Report {
        self.close();
        if patient || self.is_done() {
            let broken = Written::default;
            return self.thread.join().unwrap_or_else(|_| Report {
                written: broken(),
                unwritten: self.ordered,
                forgotten: 0,
                stop: Some(Stop::Failed(WriteError::Io {
                    at: 0,
                    source: io::Error::other("the writer panicked"),
                })),
                last: None,
            });
        }
        let written = *lock(&self.shared.written);
        Report {
            written,
            unwritten: self.ordered.saturating_sub(written.events),
            forgotten: 0,
            stop: None,
            last: None,
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Worker {
    desk: Desk,
    traces: Traces,
    packer: BatchPacker,
    unwritten: u64,
    stop: Option<Stop>,
    shared: Arc<Shared>,
    back: Sender<Batch>,
}

impl Worker {
    fn run(
        mut self,
        first: Option<Prelude>,
        become_it: Option<Owner>,
        ready: &Sender<Result<(), SessionError>>,
        orders: &Receiver<Order>,
    ) -> Report {
        // Whoever started this thread waits for the answer.
        let _ = ready.send(self.prepare(first, become_it));
        for mut order in orders {
            self.shared.waiting.fetch_sub(1, Ordering::Relaxed);
            let events = order.batch.events();
            if self.stop.is_none() {
                match self.take(&mut order) {
                    Ok(()) => {}
                    Err(stop) => {
                        self.unwritten += events;
                        self.stop(stop);
                    }
                }
                self.tell();
            } else {
                self.unwritten += events;
            }
            let last_ts = order.batch.last_ts();
            order.batch.restart(last_ts);
            // Nobody may be there to fill it again.
            let _ = self.back.send(order.batch);
        }
        if self.shared.discards.load(Ordering::Acquire) {
            self.traces.discard();
        }
        // A stop in the middle ends the trace as well as can be.
        if let Err(stop) = self.traces.end() {
            self.stop(stop);
        }
        let forgotten = match &self.desk {
            Desk::Ring(recorder) => recorder.forgotten(),
            _ => 0,
        };
        self.tell();
        let last = self.traces.path();
        Report { written: self.traces.written, unwritten: self.unwritten, forgotten, stop: self.stop, last }
    }

    fn prepare(&mut self, first: Option<Prelude>, become_it: Option<Owner>) -> Result<(), SessionError> {
        if let Some(owner) = become_it {
            owner.become_it();
            privileges::give_up(&[]).map_err(SessionError::Privileges)?;
        }
        match first.map(|prelude| self.traces.begin(&prelude, Start::default(), &[])) {
            None | Some(Ok(())) => {
                self.tell();
                Ok(())
            }
            Some(Err(Stop::Failed(error))) => Err(error.into()),
            Some(Err(Stop::MaxSize)) => Ok(()),
        }
    }

    fn take(&mut self, order: &mut Order) -> Result<(), Stop> {
        let frame = self.packer.pack(&order.batch)?;
        let Self { desk, traces, .. } = self;
        match desk {
            Desk::One => {
                traces.leave_out(order.left_out);
                traces.put(&frame)
            }
            Desk::Series(rotation) => {
                if traces.has_begun() && (order.next || is_over(rotation, traces, &frame)) {
                    let prelude =
                        order.moment.take().map_or_else(Prelude::default, |moment| moment.prelude());
                    traces.begin(&prelude, Start { from: frame.span().0, goes_on: true }, &[])?;
                }
                traces.leave_out(order.left_out);
                traces.put(&frame)
            }
            Desk::Ring(recorder) => recorder.take(frame, order, traces),
        }
    }

    fn stop(&mut self, stop: Stop) {
        self.stop.get_or_insert(stop);
        self.shared.stopped.store(true, Ordering::Release);
    }

    fn tell(&self) {
        *lock(&self.shared.written) = Written { bytes: self.traces.bytes(), ..self.traces.written };
    }
}

/// Whether the trace being written is over before `frame`.
fn is_over(rotation: &Rotation, traces: &Traces, frame: &scap_format::native::PackedBatch) -> bool {
    let long = rotation.time.is_some_and(|time| {
        u128::from(frame.span().0.saturating_sub(traces.first_ts())) >= time.as_nanos() && frame.events() > 0
    });
    long || rotation.size.is_some_and(|limit| traces.would_exceed(frame, limit))
}
