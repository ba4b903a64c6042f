//! The flight recorder: the last while in memory, a trace of it when something fires.
//!
//! Takes compressed frames, keeps those of the last [`Ring::span`] within [`Ring::memory`]; when one fires, writes all of
//! them as a trace that begins with the state before the first, goes on writing until [`Ring::after`] has passed, then
//! keeps again. A trace begins where the one before ended or later, so that no event is written twice.
//!
//! The state is kept for at most [`MOMENTS`] frames of the ring, and the oldest frame is always one of those, so that
//! frames go in groups: that bounds the memory for states, which share what did not change between them.

use super::keeping::Ring;
use super::scribe::Order;
use super::traces::{Start, Stop, Traces};
use super::watch::{Moment, Prelude};
use scap_format::native::PackedBatch;
use std::collections::VecDeque;

/// Into how many groups the ring is divided.
const MOMENTS: u64 = 16;

/// See the module.
pub(super) struct Recorder {
    ring: Ring,
    frames: VecDeque<Kept>,
    /// Bytes of `frames`.
    bytes: u64,
    /// Bytes and earliest time of the newest group.
    group: (u64, u64),
    /// Time up to which a trace is being written, ns since the epoch.
    writing_to: Option<u64>,
    /// Events that were let go.
    forgotten: u64,
}

struct Kept {
    frame: PackedBatch,
    moment: Option<Box<dyn Moment>>,
    left_out: u64,
}

impl Recorder {
    pub(super) const fn new(ring: Ring) -> Self {
        Self { ring, frames: VecDeque::new(), bytes: 0, group: (0, 0), writing_to: None, forgotten: 0 }
    }

    /// Events that were let go so far, and those that wait for nothing now.
    pub(super) fn forgotten(&self) -> u64 {
        self.forgotten + self.frames.iter().map(|kept| kept.frame.events()).sum::<u64>()
    }

    /// Takes the next frame.
    pub(super) fn take(
        &mut self,
        frame: PackedBatch,
        order: &mut Order,
        traces: &mut Traces,
    ) -> Result<(), Stop> {
        let (first_ts, last_ts) = frame.span();
        if self.writing_to.is_some_and(|end| first_ts > end) {
            self.writing_to = None;
            traces.end()?;
        }
        let fired = order.fired.take().or_else(|| order.next.then(|| "asked for by signal".to_owned()));
        if self.writing_to.is_some() {
            if fired.is_some() {
                self.writing_to = Some(self.end_after(last_ts));
            }
            traces.leave_out(order.left_out);
            return traces.put(&frame);
        }
        self.keep(Kept { frame, moment: order.moment.take(), left_out: order.left_out });
        match fired {
            None => Ok(()),
            Some(why) => {
                self.writing_to = Some(self.end_after(last_ts));
                self.write_out(why, traces)
            }
        }
    }

    fn end_after(&self, ts: u64) -> u64 {
        ts.saturating_add(u64::try_from(self.ring.after.as_nanos()).unwrap_or(u64::MAX))
    }

    fn keep(&mut self, mut kept: Kept) {
        let (first_ts, last_ts) = kept.frame.span();
        let (group_bytes, group_from) = self.group;
        let span = u64::try_from(self.ring.span.as_nanos()).unwrap_or(u64::MAX);
        let starts_group = self.frames.is_empty()
            || group_bytes >= self.ring.memory / MOMENTS
            || first_ts.saturating_sub(group_from) >= span / MOMENTS;
        if starts_group {
            self.group = (0, first_ts);
        } else {
            kept.moment = None;
        }
        self.group.0 += kept.frame.len() as u64;
        self.bytes += kept.frame.len() as u64;
        self.frames.push_back(kept);
        // A group goes when all of it is older than the span, or does not fit into memory.
        while let Some(next) = self.second_group() {
            let newest = self.frames.get(next - 1).map_or(0, |kept| kept.frame.span().1);
            if last_ts.saturating_sub(newest) <= span && self.bytes <= self.ring.memory {
                break;
            }
            for kept in self.frames.drain(..next) {
                self.bytes -= kept.frame.len() as u64;
                self.forgotten += kept.frame.events();
            }
        }
    }

    /// Where the second group begins.
    fn second_group(&self) -> Option<usize> {
        self.frames.iter().enumerate().skip(1).find(|(_, kept)| kept.moment.is_some()).map(|(at, _)| at)
    }

    fn write_out(&mut self, why: String, traces: &mut Traces) -> Result<(), Stop> {
        let first = self.frames.front();
        let prelude =
            first.and_then(|kept| kept.moment.as_ref()).map_or_else(Prelude::default, |m| m.prelude());
        let from = first.map_or(0, |kept| kept.frame.span().0);
        traces.begin(&prelude, Start { from, goes_on: false }, &[("trigger", why)])?;
        while let Some(kept) = self.frames.pop_front() {
            self.bytes -= kept.frame.len() as u64;
            traces.leave_out(kept.left_out);
            traces.put(&kept.frame)?;
        }
        self.group = (0, 0);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::watch::Prelude;
    use scap_format::EventBuf;
    use scap_format::native::{Batch, BatchPacker};
    use scap_schema::code;
    use std::time::Duration;

    struct Here;

    impl Moment for Here {
        fn prelude(&self) -> Prelude {
            Prelude::default()
        }
    }

    /// A second of events.
    fn frame(second: u64) -> PackedBatch {
        let mut batch = Batch::default();
        for i in 0..10 {
            let mut event = EventBuf::new(code::SYSCALL_OPEN_X, (second * 10 + i) * 100_000_000, 7);
            event.push(&3i64.to_le_bytes()).push_text(format!("/{second}/{i}").as_bytes());
            batch.event(&event.as_event());
        }
        BatchPacker::new(1).unwrap().pack(&batch).unwrap()
    }

    fn recorder(seconds: u64, memory: u64) -> Recorder {
        Recorder::new(Ring { span: Duration::from_secs(seconds), after: Duration::ZERO, memory, keep: None })
    }

    #[test]
    fn the_ring_covers_its_span_and_little_more_and_starts_with_a_state() {
        let mut ring = recorder(32, u64::MAX);
        for second in 0..500 {
            ring.keep(Kept { frame: frame(second), moment: Some(Box::new(Here)), left_out: 0 });
            let first = ring.frames.front().unwrap();
            assert!(first.moment.is_some());
            let covers = second - first.frame.span().0 / 1_000_000_000;
            assert!(second < 32 || (32..=36).contains(&(covers + 1)), "{covers} at {second}");
            assert!(ring.frames.iter().filter(|kept| kept.moment.is_some()).count() <= 18);
        }
        assert_eq!(ring.forgotten(), 5000);
    }

    #[test]
    fn the_ring_never_takes_more_memory_than_it_may() {
        let one = frame(3).len() as u64;
        let mut ring = recorder(3600, one * 40);
        for second in 0..500 {
            ring.keep(Kept { frame: frame(second), moment: Some(Box::new(Here)), left_out: 0 });
            assert!(ring.bytes <= one * 40 && ring.frames.len() <= 45, "{} bytes", ring.bytes);
            assert_eq!(ring.bytes, ring.frames.iter().map(|kept| kept.frame.len() as u64).sum::<u64>());
        }
        assert!(ring.frames.len() > 30);
    }
}
