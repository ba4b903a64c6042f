//! Follows the state through what no checkpoint helps with, and makes batches of it for others to evaluate.
//!
//! Everything but evaluating is done here, once: reading, counting, damage, state. A batch begins with the first event that
//! somebody may ask about, and holds only those and events that change the state, which is about half of them: what
//! nobody asks about costs nothing more. What those who evaluate have to know of the state goes with the batch.

use std::convert::Infallible;
use std::io;
use std::ops::ControlFlow;

use scap_format::block::Block;
use scap_format::upgrade::is_current;
use scap_format::{Event, Item, TraceReader, Visitor};

use super::WalkError;
use super::apart::Apart;
use super::batch::Batch;
use super::cursor::Cursor;
use super::outcome::Outcome;
use super::stretches::Counts;
use super::walk::Codes;
use super::wanted::Wanted;

/// See the module.
pub(super) struct Leader<'w> {
    /// Where it stands.
    pub(super) cursor: Cursor,
    /// Counts up when it goes on elsewhere.
    line: u64,
    wanted: Codes,
    /// Who lends batches.
    apart: &'w Apart<'w>,
    batch: Option<Batch>,
}

impl<'w> Leader<'w> {
    pub(super) fn new(wanted: &Wanted, apart: &'w Apart<'w>) -> Self {
        Self { cursor: Cursor::new(), line: 0, wanted: Codes::of(wanted), apart, batch: None }
    }

    /// Goes on at `start`.
    pub(super) fn move_to(&mut self, start: Cursor) {
        self.cursor = start;
        self.line += 1;
    }

    /// Follows `trace` to its end and hands batches to `give`. Gives what came of everything but evaluating.
    ///
    /// # Errors
    /// If the trace cannot be read, or with what `give` returns.
    pub(super) fn lead(
        &mut self,
        trace: &mut TraceReader,
        mut give: impl FnMut(Batch) -> Result<(), WalkError<io::Error>>,
    ) -> Result<Outcome, WalkError<io::Error>> {
        let before = Counts::of(&self.cursor);
        let mut way = Way { leader: self, outcome: Outcome::default(), give: &mut give, failed: None };
        let read = trace.visit(&mut way);
        let Way { mut outcome, failed, .. } = way;
        if let Some(error) = failed {
            return Err(error);
        }
        // What came before the end is asked about, whatever that was.
        self.batch.take().map(give).transpose()?;
        read?;
        outcome.read(trace.totals());
        outcome.count(&before, &self.cursor, None);
        Ok(outcome)
    }

    /// Takes in an event of which nobody asks anything, if that is next to nothing to do; `false` if it is more.
    #[inline(always)]
    fn pass(&mut self, event: &Event<'_>) -> bool {
        if self.wanted.has(event.code) || self.cursor.state.has_to_bury() || !self.cursor.pass(event) {
            return false;
        }
        if let Some(batch) = &mut self.batch {
            batch.recorded.let_by(event);
        }
        true
    }

    /// Takes in an event. Gives a batch that it ends.
    fn take(&mut self, event: &Event<'_>) -> Option<Batch> {
        let wanted = self.wanted.has(event.code);
        if self.batch.is_none() {
            if !wanted {
                self.cursor.follow_event(event);
                return None;
            }
            self.batch = Some(self.apart.batch(self.line, self.cursor.share()));
            self.cursor.state.begin_trail();
        }
        let batch = self.batch.as_mut()?;
        batch.recorded.push(event);
        if !wanted {
            self.cursor.follow_event(event);
            return self.batch.take_if(|batch| batch.is_full());
        }
        let (is_old, mut is_asked) = (!is_current(event), false);
        let Ok(()) = self.cursor.feed_event(event, |shown, _| {
            is_asked = self.wanted.has(shown.code);
            if is_asked && is_old {
                batch.renewed.push(&shown);
            }
            Ok::<_, Infallible>(())
        });
        if is_asked {
            Self::ask(&mut self.cursor, batch, event, is_old);
        }
        self.batch.take_if(|batch| batch.is_full())
    }

    /// Notes that `event` is asked about, or what was made of it if it is old, and what is to be told for that.
    fn ask(cursor: &mut Cursor, batch: &mut Batch, event: &Event<'_>, is_old: bool) {
        let untold = batch.is_untold();
        batch.ask(is_old);
        let renewed = if is_old { batch.renewed.last() } else { None };
        let event = renewed.as_ref().unwrap_or(event);
        if !untold {
            cursor.state.tell(event, batch.start.state(), &mut batch.trail);
        }
    }

    /// Takes in anything else. Gives the batch that it ends.
    fn load(&mut self, block: &Block<'_>) -> Option<Batch> {
        let ended = self.batch.take();
        self.cursor.follow(block);
        ended
    }
}

/// A walk through a trace.
struct Way<'l, 'w, G> {
    leader: &'l mut Leader<'w>,
    outcome: Outcome,
    give: &'l mut G,
    failed: Option<WalkError<io::Error>>,
}

impl<G: FnMut(Batch) -> Result<(), WalkError<io::Error>>> Way<'_, '_, G> {
    /// What [`Visitor::event`] does, apart from the loop over events that are passed over.
    #[inline(never)]
    fn fully(&mut self, event: &Event<'_>) -> ControlFlow<()> {
        let full = self.leader.take(event);
        self.give(full)
    }

    #[inline]
    fn give(&mut self, full: Option<Batch>) -> ControlFlow<()> {
        match full.map(&mut *self.give) {
            Some(Err(error)) => {
                self.failed = Some(error);
                ControlFlow::Break(())
            }
            _ => ControlFlow::Continue(()),
        }
    }
}

impl<G: FnMut(Batch) -> Result<(), WalkError<io::Error>>> Visitor for Way<'_, '_, G> {
    fn event(&mut self, event: &Event<'_>) -> ControlFlow<()> {
        self.fully(event)
    }

    #[inline]
    fn usual(&mut self, event: Event<'_>) -> ControlFlow<()> {
        if self.leader.pass(&event) { ControlFlow::Continue(()) } else { self.fully(&event) }
    }

    fn item(&mut self, item: Item<'_>) -> ControlFlow<()> {
        let full = match item {
            Item::Block(Block::Event(event)) => self.leader.take(&event),
            Item::Block(block) => self.leader.load(&block),
            Item::Damage(damage) => {
                self.outcome.damage(damage);
                None
            }
        };
        self.give(full)
    }
}
