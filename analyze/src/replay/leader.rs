//! Follows the state through what no checkpoint helps with, and makes batches of it for others to evaluate.
//!
//! Everything but evaluating is done here, once: reading, counting, damage. A batch begins with the first event that
//! somebody may ask about, and holds only those and events that change the state, which is about half of them: what
//! nobody asks about costs nothing more.

use std::io;
use std::ops::ControlFlow;

use scap_format::block::Block;
use scap_format::{Event, Item, TraceReader, Visitor};

use super::WalkError;
use super::batch::Batch;
use super::cursor::Cursor;
use super::outcome::Outcome;
use super::stretches::Counts;
use super::wanted::Wanted;

/// See the module.
pub(super) struct Leader<'w> {
    /// Where it stands.
    pub(super) cursor: Cursor,
    wanted: &'w Wanted,
    batch: Option<Batch>,
}

impl<'w> Leader<'w> {
    pub(super) fn new(wanted: &'w Wanted) -> Self {
        Self { cursor: Cursor::new(), wanted, batch: None }
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
        trace.visit(&mut way)?;
        let Way { mut outcome, failed, .. } = way;
        if let Some(error) = failed {
            return Err(error);
        }
        self.batch.take().map(give).transpose()?;
        outcome.read(trace.totals());
        outcome.count(&before, &self.cursor, None);
        Ok(outcome)
    }

    /// Takes in an event. Gives a batch that it ends.
    #[inline]
    fn take(&mut self, event: &Event<'_>) -> Option<Batch> {
        let wanted = self.wanted.has(event.code);
        match &mut self.batch {
            Some(batch) if wanted || !self.cursor.is_inert(event) => batch.push(event),
            Some(batch) => batch.let_by(event),
            None if wanted => {
                let mut batch = Batch::new(self.cursor.share());
                batch.push(event);
                self.batch = Some(batch);
            }
            None => {}
        }
        self.cursor.follow_event(event);
        self.batch.take_if(|batch| batch.is_full())
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
    #[inline]
    fn event(&mut self, event: &Event<'_>) -> ControlFlow<()> {
        let full = self.leader.take(event);
        self.give(full)
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
