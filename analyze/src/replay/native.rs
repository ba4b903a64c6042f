//! Replay of a native trace: its stretches apart, on as many threads as there are.
//!
//! A stretch that begins at a checkpoint is decompressed, decoded and evaluated by whoever is free. Where none is in
//! reach, whoever hands out the stretches follows the state through them first and hands out a copy of it with each;
//! that costs a part of what evaluating does. Alone, nothing is done twice.

use std::io;
use std::ops::ControlFlow;

use scap_format::native::{Frames, Info, Part, PartsSource, Unpacker};
use scap_format::source::Feed;
use scap_format::{Error, Item, TraceReader};

use super::WalkError;
use super::cursor::Cursor;
use super::evaluator::Evaluator;
use super::line::{Line, Pool};
use super::outcome::{Outcome, Sum};
use super::stretches::{Counts, LeftOut, Stretch, Stretches};
use super::summary::Summary;
use crate::alert::Alert;
use crate::sink::Sink;

/// Decompressed bytes of a stretch that is handed out with a copy of the state.
const SHARE: usize = 8 << 20;

/// A stretch on its way.
struct Job {
    start: Cursor,
    parts: Vec<Part>,
    first_event: u64,
    left_out: Option<LeftOut>,
}

/// Replays a whole native trace; writes alerts to `sink` in event order.
pub(super) fn replay(
    evaluator: &Evaluator<'_>,
    frames: Box<Frames<Feed>>,
    about: Option<Box<Info>>,
    name: &str,
    pool: &Pool,
    sink: &mut dyn Sink,
) -> Result<Summary, WalkError<io::Error>> {
    let wanted = evaluator.wanted();
    let mut stretches = Stretches::new(frames, about, &wanted);
    let mut sum = Sum::default();
    if pool.threads() == 1 {
        let mut cursor = Cursor::new();
        while let Some(mut stretch) = next(&mut stretches, name)? {
            if let Some(start) = stretch.start.take() {
                cursor = *start;
            }
            let mut failed = None;
            let job = Job {
                start: cursor,
                parts: stretch.parts,
                first_event: stretch.first_event,
                left_out: stretch.left_out,
            };
            let (outcome, after) = run(evaluator, job, |alert| {
                let written = sink.alert(&alert);
                written.inspect_err(|error| failed = Some(io::Error::from(error.kind()))).is_ok()
            });
            cursor = after;
            if let Some(error) = failed {
                return Err(WalkError::Visit(error));
            }
            sum.add(outcome, sink).map_err(WalkError::Visit)?;
        }
        return Ok(sum.summary());
    }
    let work = |job: Job| {
        let mut alerts = Vec::new();
        let (mut outcome, _) = run(evaluator, job, |alert| {
            alerts.push(alert);
            true
        });
        outcome.alerts = alerts;
        outcome
    };
    pool.line(work, |line| {
        let mut leader = Cursor::new();
        let mut unpacker = Unpacker::new().map_err(|error| unreadable(name, error))?;
        while let Some(mut stretch) = next(&mut stretches, name)? {
            if let Some(start) = stretch.start.take() {
                leader = *start;
            }
            if stretch.goes_on {
                for job in lead(&mut leader, stretch, &mut unpacker) {
                    hand_out(line, job, &mut sum, sink)?;
                }
            } else {
                let Stretch { parts, first_event, left_out, .. } = stretch;
                let job = Job { start: std::mem::take(&mut leader), parts, first_event, left_out };
                hand_out(line, job, &mut sum, sink)?;
            }
        }
        while let Some(outcome) = line.next() {
            sum.add(outcome, sink).map_err(WalkError::Visit)?;
        }
        Ok::<_, WalkError<io::Error>>(())
    })?;
    Ok(sum.summary())
}

fn unreadable(name: &str, source: io::Error) -> WalkError<io::Error> {
    WalkError::Read(Error::Read { name: name.to_owned(), offset: 0, source })
}

fn next(stretches: &mut Stretches<'_>, name: &str) -> Result<Option<Stretch>, WalkError<io::Error>> {
    stretches.next().map_err(|source| {
        let offset = stretches.at();
        WalkError::Read(Error::Read { name: name.to_owned(), offset, source })
    })
}

/// Hands out a job and takes back what is due.
fn hand_out(
    line: &mut Line<'_, Job, Outcome>,
    job: Job,
    sum: &mut Sum,
    sink: &mut dyn Sink,
) -> Result<(), WalkError<io::Error>> {
    line.give(job);
    while let Some(outcome) = line.due() {
        sum.add(outcome, sink).map_err(WalkError::Visit)?;
    }
    Ok(())
}

/// Follows the state through a stretch that no checkpoint ends; gives it in pieces, each with the state before it.
fn lead<'l>(
    leader: &'l mut Cursor,
    stretch: Stretch,
    unpacker: &'l mut Unpacker,
) -> impl Iterator<Item = Job> + use<'l> {
    let mut parts = stretch.parts.into_iter();
    let mut first_event = stretch.first_event;
    std::iter::from_fn(move || {
        let (mut own, mut raw, mut events) = (Vec::new(), 0, None);
        let mut job = Job { start: leader.clone(), parts: Vec::new(), first_event, left_out: None };
        for part in parts.by_ref() {
            match part {
                Part::Frame(frame) => match frame.unpacked(unpacker) {
                    Ok(frame) => {
                        events.get_or_insert(frame.first_event);
                        raw += frame.raw_len;
                        own.push(Part::Frame(frame.copied()));
                        job.parts.push(Part::Frame(frame));
                    }
                    Err(damage) => {
                        own.push(Part::Damage((*damage).clone()));
                        job.parts.push(Part::Damage(*damage));
                    }
                },
                Part::Damage(damage) => {
                    own.push(Part::Damage(damage.clone()));
                    job.parts.push(Part::Damage(damage));
                }
                Part::Checkpoint(_) => {}
            }
            if raw >= SHARE {
                break;
            }
        }
        if job.parts.is_empty() {
            return None;
        }
        first_event = events.unwrap_or(first_event);
        job.first_event = first_event;
        follow(leader, own, first_event);
        Some(job)
    })
}

/// Follows the state through `parts`.
fn follow(cursor: &mut Cursor, parts: Vec<Part>, first_event: u64) {
    let Ok(source) = PartsSource::new(parts, first_event) else { return };
    let mut trace = TraceReader::of_chunks(Box::new(source), first_event);
    // Frames in memory can always be read.
    let _ = trace.for_each(|item| {
        if let Item::Block(block) = item {
            cursor.follow(&block);
        }
        ControlFlow::Continue(())
    });
}

/// Replays one stretch and hands alerts to `say`, until that gives `false`. Gives what came of it, and the point
/// behind it.
fn run(evaluator: &Evaluator<'_>, job: Job, mut say: impl FnMut(Alert) -> bool) -> (Outcome, Cursor) {
    let Job { start: mut cursor, parts, first_event, left_out } = job;
    let (mut outcome, before) = (Outcome::default(), Counts::of(&cursor));
    if !parts.is_empty()
        && let Ok(source) = PartsSource::new(parts, first_event)
    {
        let mut scratch = evaluator.scratch();
        let mut trace = TraceReader::of_chunks(Box::new(source), first_event);
        // Frames in memory can always be read.
        let _ = trace.for_each(|item| {
            let block = match item {
                Item::Block(block) => block,
                Item::Damage(damage) => {
                    outcome.damage(damage);
                    return ControlFlow::Continue(());
                }
            };
            let asked = cursor.feed(&block, |event, state| {
                evaluator.ask(event, state, &mut scratch, &mut outcome.tally, |alert| {
                    if say(alert) { Ok(()) } else { Err(()) }
                })
            });
            if asked.is_err() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        outcome.read(trace.totals());
    }
    outcome.count(&before, &cursor, left_out.as_ref());
    (outcome, cursor)
}
