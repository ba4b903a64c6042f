//! Replay of a trace on as many threads as there are; the same answer for any number.
//!
//! A stretch of a native trace that begins at a checkpoint is decompressed, decoded and evaluated by whoever is free; who
//! finds no stretch left decompresses ahead for the others.
//! Everything else is read by the one who hands out the work: it follows the state through and hands out batches of
//! events, each with a copy of the state before it, while others have time for them. That costs a part of what evaluating
//! does. Alone, nothing is done twice.

use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use scap_format::chunk::Buffers;
use scap_format::native::{Frames, Info, PartsSource, Shelf};
use scap_format::source::Feed;
use scap_format::{Error, TraceReader};

use super::apart::Apart;
use super::batch::Batch;
use super::cursor::Cursor;
use super::evaluator::Evaluator;
use super::leader::{Leader, Led};
use super::line::{Line, Pool};
use super::outcome::{Outcome, Sum};
use super::scratches::Scratches;
use super::stretches::{Counts, Stretch, Stretches};
use super::summary::Summary;
use super::{WalkError, walk_wanted};
use crate::alert::Alert;
use crate::sink::Sink;

/// Chunks that a foreign capture is read ahead.
const AHEAD: usize = 16;
/// Frames that a native trace is decompressed ahead; they are larger.
const FRAMES_AHEAD: usize = 2;

type Failure = WalkError<io::Error>;

/// Memory that one stretch leaves to the next.
#[derive(Default)]
struct Spare {
    buffers: Buffers,
    scratches: Scratches,
    /// Frames of the stretches that somebody replays at the moment.
    shelves: Mutex<Vec<Shelf>>,
}

impl Spare {
    /// Decompresses a frame for somebody who will need it; `false` if there is none.
    fn help(&self) -> bool {
        let shelves = self.shelves().clone();
        shelves.iter().any(|shelf| shelf.help(&self.buffers))
    }

    fn shelves(&self) -> MutexGuard<'_, Vec<Shelf>> {
        self.shelves.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Work on its way.
enum Job {
    Stretch(Box<(Cursor, Stretch)>),
    Batch(Box<Batch>),
}

impl Job {
    /// How long it takes, compared with others of its kind.
    fn length(&self) -> u64 {
        match self {
            Self::Stretch(job) => job.1.events(),
            Self::Batch(_) => 0,
        }
    }
}

/// Replays a native trace; writes alerts to `sink` in event order. `name` is for messages.
pub(super) fn native(
    evaluator: &Evaluator<'_>,
    frames: Box<Frames<Feed>>,
    about: Option<Box<Info>>,
    name: &str,
    pool: &Pool,
    sink: &mut dyn Sink,
) -> Result<Summary, Failure> {
    let wanted = evaluator.wanted();
    let mut stretches = Stretches::new(frames, about, &wanted);
    let (mut sum, spare) = (Sum::default(), Spare::default());
    if pool.threads() == 1 {
        let mut cursor = Cursor::new();
        while let Some(stretch) = next(&mut stretches, name)? {
            let outcome = alone(evaluator, &mut cursor, stretch, &spare, sink);
            sum.add(outcome, sink).map_err(WalkError::Visit)?;
        }
        return Ok(sum.summary());
    }
    let apart = Apart::new(evaluator, &spare.scratches);
    pool.line(
        |job| work(evaluator, &apart, &spare, job),
        || spare.help(),
        |line| {
            let mut leader = Leader::new(&wanted, &apart);
            let mut upcoming = prepare(&mut stretches, &spare.buffers, name);
            let led = loop {
                let Prepared { start, work } = match upcoming {
                    Ok(Some(prepared)) => prepared,
                    Ok(None) => break Ok(()),
                    Err(error) => break Err(error),
                };
                // Decompressed while this one is followed.
                upcoming = prepare(&mut stretches, &spare.buffers, name);
                if matches!(upcoming, Ok(None)) {
                    line.ends();
                }
                if let Some(start) = start {
                    leader.move_to(*start);
                }
                let done = match work {
                    Work::Follow(mut trace) => lead(&mut leader, &mut trace, line, &mut sum, sink),
                    Work::HandOut(stretch) => {
                        let job = Job::Stretch(Box::new((std::mem::take(&mut leader.cursor), *stretch)));
                        hand_out(line, job, &mut sum, sink)
                    }
                };
                if done.is_err() {
                    break done;
                }
            };
            end(led, line, &mut sum, sink)
        },
    )?;
    Ok(sum.summary())
}

/// Replays any other trace, on several threads.
pub(super) fn other(
    evaluator: &Evaluator<'_>,
    mut trace: TraceReader,
    pool: &Pool,
    sink: &mut dyn Sink,
) -> Result<Summary, Failure> {
    let wanted = evaluator.wanted();
    let mut sum = Sum::default();
    trace.read_ahead(AHEAD);
    let spare = Spare::default();
    let apart = Apart::new(evaluator, &spare.scratches);
    pool.line(
        |job| work(evaluator, &apart, &spare, job),
        || false,
        |line| {
            let led = lead(&mut Leader::new(&wanted, &apart), &mut trace, line, &mut sum, sink);
            end(led, line, &mut sum, sink)
        },
    )?;
    Ok(sum.summary())
}

/// A stretch about to be replayed.
struct Prepared {
    start: Option<Box<Cursor>>,
    work: Work,
}

enum Work {
    /// By the one who hands out work.
    Follow(Box<TraceReader>),
    /// By anybody.
    HandOut(Box<Stretch>),
}

/// The next stretch. If nobody else can start behind it, it is decompressed from here on.
fn prepare(
    stretches: &mut Stretches<'_>,
    buffers: &Buffers,
    name: &str,
) -> Result<Option<Prepared>, Failure> {
    let Some(mut stretch) = next(stretches, name)? else { return Ok(None) };
    let start = stretch.start.take();
    if !stretch.goes_on {
        return Ok(Some(Prepared { start, work: Work::HandOut(Box::new(stretch)) }));
    }
    let source = PartsSource::new(stretch.parts, stretch.first_event, buffers);
    let source = source.map_err(|error| unreadable(name, 0, error))?;
    let mut trace = TraceReader::of_chunks(Box::new(source), stretch.first_event);
    trace.read_ahead(FRAMES_AHEAD);
    Ok(Some(Prepared { start, work: Work::Follow(Box::new(trace)) }))
}

/// Follows `trace` and hands out what is asked about it.
fn lead(
    leader: &mut Leader<'_>,
    trace: &mut TraceReader,
    line: &mut Line<'_, Job, Outcome>,
    sum: &mut Sum,
    sink: &mut dyn Sink,
) -> Result<(), Failure> {
    let told = leader.lead(trace, &line.is_long(), |led| match led {
        Led::Batch(batch) => hand_out(line, Job::Batch(batch), sum, sink),
        Led::Told(told) => tell(line, *told, sum, sink),
    })?;
    tell(line, told, sum, sink)
}

/// Takes back everything that was handed out, however that ended: what was read before an error is told as one thread
/// would. A sink that failed gets no more.
fn end(
    led: Result<(), Failure>,
    line: &mut Line<'_, Job, Outcome>,
    sum: &mut Sum,
    sink: &mut dyn Sink,
) -> Result<(), Failure> {
    if let Err(WalkError::Visit(_)) = led {
        return led;
    }
    take_back(line, sum, sink)?;
    led
}

fn unreadable(name: &str, offset: u64, source: io::Error) -> Failure {
    WalkError::Read(Error::Read { name: name.to_owned(), offset, source })
}

fn next(stretches: &mut Stretches<'_>, name: &str) -> Result<Option<Stretch>, Failure> {
    stretches.next().map_err(|error| unreadable(name, stretches.at(), error))
}

/// Hands out work and takes back what is due.
fn hand_out(
    line: &mut Line<'_, Job, Outcome>,
    job: Job,
    sum: &mut Sum,
    sink: &mut dyn Sink,
) -> Result<(), Failure> {
    let length = job.length();
    line.give(job, length);
    take_due(line, sum, sink)
}

/// Tells `outcome` behind that of all work handed out, and takes back what is due.
fn tell(
    line: &mut Line<'_, Job, Outcome>,
    outcome: Outcome,
    sum: &mut Sum,
    sink: &mut dyn Sink,
) -> Result<(), Failure> {
    line.put(outcome);
    take_due(line, sum, sink)
}

fn take_due(line: &mut Line<'_, Job, Outcome>, sum: &mut Sum, sink: &mut dyn Sink) -> Result<(), Failure> {
    // Of stretches some take much longer than others; of batches not even as many are made while the queue is long.
    let more = line.threads() + 1;
    while let Some(outcome) = line.due(more) {
        sum.add(outcome, sink).map_err(WalkError::Visit)?;
    }
    Ok(())
}

/// Takes back everything.
fn take_back(line: &mut Line<'_, Job, Outcome>, sum: &mut Sum, sink: &mut dyn Sink) -> Result<(), Failure> {
    while let Some(outcome) = line.next() {
        sum.add(outcome, sink).map_err(WalkError::Visit)?;
    }
    Ok(())
}

/// Does a piece of work; alerts are kept for whoever writes them.
fn work(evaluator: &Evaluator<'_>, apart: &Apart<'_>, spare: &Spare, job: Job) -> Outcome {
    let mut alerts = Vec::new();
    let say = |alert| {
        alerts.push(alert);
        Ok(())
    };
    let (mut cursor, stretch) = match job {
        Job::Batch(batch) => return apart.ask(*batch),
        Job::Stretch(job) => *job,
    };
    let outcome = run(evaluator, &mut cursor, stretch, spare, say);
    Outcome { alerts, ..outcome }
}

/// Replays a stretch from `cursor`, or from where it starts, and writes its alerts as they come.
fn alone(
    evaluator: &Evaluator<'_>,
    cursor: &mut Cursor,
    mut stretch: Stretch,
    spare: &Spare,
    sink: &mut dyn Sink,
) -> Outcome {
    if let Some(start) = stretch.start.take() {
        *cursor = *start;
    }
    run(evaluator, cursor, stretch, spare, |alert| sink.alert(&alert))
}

/// Replays a stretch from `cursor`, which it moves, and hands alerts to `say` until that fails.
fn run(
    evaluator: &Evaluator<'_>,
    cursor: &mut Cursor,
    stretch: Stretch,
    spare: &Spare,
    mut say: impl FnMut(Alert) -> io::Result<()>,
) -> Outcome {
    let Stretch { parts, first_event, left_out, .. } = stretch;
    let (mut outcome, before) = (Outcome::default(), Counts::of(cursor));
    if !parts.is_empty() {
        let shelf = Shelf::new(parts);
        match PartsSource::of_shelf(shelf.clone(), first_event, &spare.buffers) {
            Ok(source) => {
                spare.shelves().push(shelf.clone());
                let mut trace = TraceReader::of_chunks(Box::new(source), first_event);
                outcome.failed = go(evaluator, cursor, &mut trace, &mut outcome, spare, &mut say);
                outcome.read(trace.totals());
                spare.shelves().retain(|other| !other.is(&shelf));
            }
            Err(error) => outcome.failed = Some(error),
        }
    }
    outcome.count(&before, cursor, left_out.as_ref());
    outcome
}

/// The way through the blocks of a stretch. Gives what it failed at.
fn go(
    evaluator: &Evaluator<'_>,
    cursor: &mut Cursor,
    trace: &mut TraceReader,
    outcome: &mut Outcome,
    spare: &Spare,
    say: &mut impl FnMut(Alert) -> io::Result<()>,
) -> Option<io::Error> {
    let (mut scratch, mut damaged) = (spare.scratches.take(evaluator, None), Outcome::default());
    let tally = &mut outcome.tally;
    let walked = walk_wanted(
        trace,
        cursor,
        &evaluator.wanted(),
        |damage| damaged.damage(damage),
        |event, state| evaluator.ask(event, state, &mut scratch, tally, &mut *say),
    );
    spare.scratches.give(None, scratch);
    (outcome.damage, outcome.damaged, outcome.lost) = (damaged.damage, damaged.damaged, damaged.lost);
    match walked {
        Ok(()) => None,
        Err(WalkError::Visit(error)) => Some(error),
        Err(WalkError::Read(error)) => Some(io::Error::other(error)),
    }
}
