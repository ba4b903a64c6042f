//! Follows the state through what no checkpoint helps with, and makes batches of it for others to evaluate.
//!
//! Everything but evaluating is done here, once: reading, counting, damage. A batch begins with the first event that
//! somebody may ask about, so that stretches of which nobody does cost nothing more.

use std::io;
use std::ops::ControlFlow;

use scap_format::block::Block;
use scap_format::damage::Damage;
use scap_format::{Error, Item, TraceReader};

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
        let (mut outcome, before) = (Outcome::default(), Counts::of(&self.cursor));
        let mut failed = None;
        let read: Result<(), Error> = trace.for_each(|item| {
            let full = match item {
                Item::Block(block) => self.take(&block),
                Item::Damage(damage) => {
                    note(&mut outcome, damage);
                    None
                }
            };
            match full.map(&mut give) {
                Some(Err(error)) => {
                    failed = Some(error);
                    ControlFlow::Break(())
                }
                _ => ControlFlow::Continue(()),
            }
        });
        read?;
        if let Some(error) = failed {
            return Err(error);
        }
        self.batch.take().map(give).transpose()?;
        outcome.read(trace.totals());
        outcome.count(&before, &self.cursor, None);
        Ok(outcome)
    }

    /// Takes in a block. Gives a batch that it ends.
    fn take(&mut self, block: &Block<'_>) -> Option<Batch> {
        let Block::Event(event) = block else {
            let ended = self.batch.take();
            self.cursor.follow(block);
            return ended;
        };
        if self.batch.is_none() && self.wanted.has(event.code) {
            self.batch = Some(Batch::new(self.cursor.clone()));
        }
        if let Some(batch) = &mut self.batch {
            batch.push(event);
        }
        self.cursor.follow(block);
        self.batch.take_if(|batch| batch.is_full())
    }
}

#[cold]
fn note(outcome: &mut Outcome, damage: &Damage) {
    outcome.damage(damage);
}
