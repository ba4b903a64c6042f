//! A native trace cut into stretches that can be replayed apart.
//!
//! A stretch begins at a checkpoint of the trace or, where there is none in reach, where the stretch before it ends.
//! How a trace is cut depends on the trace and on what is asked of it, never on how many threads replay it, so that
//! the answer cannot either. Frames at the end of a stretch of which nobody asks anything are left out if a checkpoint
//! behind them tells what they amount to; where the trace can be moved about in, they are not even read.
//!
//! A checkpoint that does not decode is reported as damage and replay goes on from before it; one of another version of
//! the tool is passed over.

use std::io;

use scap_format::damage::{Damage, DamageKind};
use scap_format::native::{Checkpoint, Frame, Frames, IndexRecord, Info, Part, Stored};
use scap_format::source::Feed;
use scap_state::Anomalies;

use super::checkpoint::Unfit;
use super::cursor::{Cursor, Passed};
use super::wanted::Wanted;

/// Decompressed bytes after which a stretch ends where checkpoints may still come.
const LONG: usize = 64 << 20;
/// The same where there are none: what a thread gets to do at once.
const SHORT: usize = 8 << 20;

/// What went by up to some point.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) passed: Passed,
    pub(super) anomalies: Anomalies,
}

impl Counts {
    pub(super) fn of(cursor: &Cursor) -> Self {
        Self { passed: cursor.passed(), anomalies: cursor.state().anomalies().clone() }
    }
}

/// A stretch of a trace.
#[derive(Debug)]
pub(super) struct Stretch {
    /// Where replay stands before it; `None` for where it stood behind the stretch before.
    pub(super) start: Option<Box<Cursor>>,
    /// Frames, and damage between them.
    pub(super) parts: Vec<Part>,
    /// Number of its first event.
    pub(super) first_event: u64,
    /// Counts behind it as a checkpoint has them, if frames were left out.
    pub(super) left_out: Option<LeftOut>,
    /// Whether the next stretch goes on where this one ends.
    pub(super) goes_on: bool,
}

impl Stretch {
    /// Events in it, as far as the trace tells.
    pub(super) fn events(&self) -> u64 {
        let events = |part: &Part| if let Part::Frame(frame) = part { frame.events } else { 0 };
        self.parts.iter().map(events).fold(0, u64::saturating_add)
    }
}

/// What is known of frames that were left out.
#[derive(Debug, Default)]
pub(super) struct LeftOut {
    /// Counts behind them.
    pub(super) counts: Counts,
    /// Times of their earliest and latest event, ns since the epoch; `None` without events.
    pub(super) span: Option<(u64, u64)>,
    /// How many frames.
    pub(super) frames: u64,
}

impl LeftOut {
    fn notice(&mut self, frame: &IndexRecord) {
        self.frames += 1;
        if frame.events > 0 {
            let (first, last) = self.span.unwrap_or((frame.first_ts, frame.last_ts));
            self.span = Some((first.min(frame.first_ts), last.max(frame.last_ts)));
        }
    }
}

/// See the module.
pub(super) struct Stretches<'w> {
    frames: Box<Frames<Feed>>,
    wanted: &'w Wanted,
    plan: Option<Plan>,
    /// Where the stretch being gathered begins, if that is a checkpoint.
    start: Option<Box<Cursor>>,
    parts: Vec<Part>,
    raw: usize,
    first_event: u64,
    /// Frames until here.
    position: u64,
    /// Frames passed over since the last part.
    passed_over: LeftOut,
    /// Whether no checkpoint was met since the last stretch ended by length.
    barren: bool,
    ended: bool,
}

/// What the trace's own index says of what is to come.
struct Plan {
    frames: Vec<IndexRecord>,
    /// Behind each frame, the place of the next one that is asked about.
    next_wanted: Vec<usize>,
    checkpoints: Vec<Checkpoint>,
}

impl<'w> Stretches<'w> {
    pub(super) fn new(frames: Box<Frames<Feed>>, about: Option<Box<Info>>, wanted: &'w Wanted) -> Self {
        let barren = about.as_ref().is_some_and(|about| about.checkpoints.is_empty());
        Self {
            frames,
            wanted,
            plan: about.map(|about| Plan::new(*about, wanted)),
            start: Some(Box::default()),
            parts: Vec::new(),
            raw: 0,
            first_event: 1,
            position: 0,
            passed_over: LeftOut::default(),
            barren,
            ended: false,
        }
    }

    /// The next stretch; `None` at the end.
    ///
    /// # Errors
    /// If the trace cannot be read.
    pub(super) fn next(&mut self) -> io::Result<Option<Stretch>> {
        while !self.ended {
            if let Some(there) = self.pass_over()? {
                return Ok(Some(self.cut_at(there)));
            }
            match self.frames.step()? {
                Some(Part::Frame(frame)) => self.take(frame),
                Some(Part::Damage(damage)) => self.parts.push(Part::Damage(damage)),
                Some(Part::Checkpoint(stored)) => {
                    if let Some(there) = self.open(&stored) {
                        return Ok(Some(self.cut_at(there)));
                    }
                }
                None => self.ended = true,
            }
            if self.raw >= if self.barren { SHORT } else { LONG } {
                self.barren = true;
                return Ok(Some(self.cut()));
            }
        }
        Ok((!self.parts.is_empty()).then(|| self.cut()))
    }

    /// Offset in the file up to which parts have been read.
    pub(super) fn at(&self) -> u64 {
        self.frames.at()
    }

    fn take(&mut self, frame: Frame) {
        if !self.parts.iter().any(|part| matches!(part, Part::Frame(_))) {
            self.first_event = frame.first_event;
        }
        if let Some(index) = &frame.index {
            self.position = index.frame.saturating_add(1);
        } else {
            self.position = self.position.saturating_add(1);
        }
        self.raw = self.raw.saturating_add(frame.raw_len);
        self.parts.push(Part::Frame(frame));
    }

    /// The point that a checkpoint stores. What is wrong with it becomes damage.
    fn open(&mut self, stored: &Stored) -> Option<Box<Cursor>> {
        match Cursor::thaw(&stored.state) {
            Ok(cursor) => Some(Box::new(cursor)),
            Err(Unfit::Foreign) => None,
            Err(Unfit::Broken(why)) => {
                self.parts.push(Part::Damage(Damage {
                    kind: DamageKind::Index,
                    start: stored.offset,
                    end: Some(stored.offset.saturating_add(stored.len)),
                    events_lost: Some(0),
                    detail: format!("checkpoint: {why}"),
                }));
                None
            }
        }
    }

    /// Ends the stretch at a checkpoint, at which the next one begins.
    fn cut_at(&mut self, there: Box<Cursor>) -> Stretch {
        self.barren = false;
        let mut left_out = std::mem::take(&mut self.passed_over);
        let whole = self.parts.iter().all(|part| matches!(part, Part::Frame(_)));
        while let Some(Part::Frame(Frame { index: Some(index), .. })) = self.parts.last().filter(|_| whole)
            && !self.wanted.is_in(index)
        {
            left_out.notice(index);
            self.parts.pop();
        }
        let mut stretch = self.cut();
        stretch.goes_on = false;
        left_out.counts = Counts::of(&there);
        stretch.left_out = (left_out.frames > 0).then_some(left_out);
        self.start = Some(there);
        stretch
    }

    /// Ends the stretch here.
    fn cut(&mut self) -> Stretch {
        self.raw = 0;
        Stretch {
            start: self.start.take(),
            parts: std::mem::take(&mut self.parts),
            first_event: self.first_event,
            left_out: None,
            goes_on: !self.ended,
        }
    }

    /// Passes over frames that nobody asks about, up to the last checkpoint behind them. Gives the point that it
    /// stores.
    fn pass_over(&mut self) -> io::Result<Option<Box<Cursor>>> {
        loop {
            let Some(plan) = &self.plan else { return Ok(None) };
            let Some((n, target)) = plan.target(self.position) else { return Ok(None) };
            // Damage is told where it is met, so that nothing is passed over behind it.
            let whole = self.parts.iter().all(|part| matches!(part, Part::Frame(_)));
            let back = Checkpoint {
                offset: self.frames.at(),
                frames: self.position,
                next_event: self.next_event(),
                ..target.clone()
            };
            if !whole || !self.frames.pass_to(&target)? {
                return Ok(None);
            }
            if let Some(Part::Checkpoint(stored)) = self.frames.step()?
                && stored.offset == target.offset
                && let Ok(cursor) = Cursor::thaw(&stored.state)
            {
                if let Some(plan) = &self.plan {
                    plan.between(self.position, target.frames)
                        .for_each(|frame| self.passed_over.notice(frame));
                }
                self.position = target.frames;
                return Ok(Some(Box::new(cursor)));
            }
            // What is wrong with it is told when reading comes there.
            self.frames.pass_back(&back)?;
            if let Some(plan) = &mut self.plan {
                plan.checkpoints.remove(n);
            }
        }
    }

    /// Number that the next event has.
    fn next_event(&self) -> u64 {
        match self.parts.last() {
            Some(Part::Frame(frame)) => frame.first_event.saturating_add(frame.events),
            _ => self.plan.as_ref().and_then(|plan| plan.event_of(self.position)).unwrap_or(1),
        }
    }
}

impl Plan {
    fn new(about: Info, wanted: &Wanted) -> Self {
        let Info { frames, checkpoints, .. } = about;
        let mut next = frames.len();
        let mut next_wanted: Vec<usize> = frames
            .iter()
            .enumerate()
            .rev()
            .map(|(n, frame)| {
                next = if wanted.is_in(frame) { n } else { next };
                next
            })
            .collect();
        next_wanted.reverse();
        Self { frames, next_wanted, checkpoints }
    }

    /// The last checkpoint up to which no frame from `position` on is asked about, and its place in the list; `None`
    /// if nothing can be passed over.
    fn target(&self, position: u64) -> Option<(usize, Checkpoint)> {
        let end = *self.next_wanted.get(usize::try_from(position).ok()?)? as u64;
        let n = self.checkpoints.partition_point(|one| one.frames <= end).checked_sub(1)?;
        let found = self.checkpoints.get(n).filter(|one| one.frames > position)?;
        Some((n, found.clone()))
    }

    fn between(&self, from: u64, to: u64) -> impl Iterator<Item = &IndexRecord> {
        self.frames.iter().filter(move |frame| (from..to).contains(&frame.frame))
    }

    fn event_of(&self, frame: u64) -> Option<u64> {
        self.frames.get(usize::try_from(frame).ok()?).map(|frame| frame.first_event)
    }
}
