//! Follows the state through what no checkpoint helps with, and makes batches of it for others to evaluate.
//!
//! Everything but evaluating is done here, once: reading, counting, damage, state. A batch begins with the first event that
//! somebody may ask about. It holds on to the chunks that its events were read into, so that an event of which nobody asks
//! costs what it costs on one thread. What those who evaluate have to know of the state goes with the batch.

use std::convert::Infallible;
use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;

use scap_format::block::Block;
use scap_format::chunk::Held;
use scap_format::upgrade::is_current;
use scap_format::{Event, Item, TraceReader, Visitor};

use super::WalkError;
use super::apart::Apart;
use super::batch::{Batch, Lists};
use super::cursor::Cursor;
use super::outcome::Outcome;
use super::recorded::Spot;
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
    /// The chunk in which events are being shown.
    chunk: Arc<Held>,
}

impl<'w> Leader<'w> {
    pub(super) fn new(wanted: &Wanted, apart: &'w Apart<'w>) -> Self {
        let (wanted, chunk) = (Codes::of(wanted), Arc::default());
        Self { cursor: Cursor::new(), line: 0, wanted, apart, batch: None, chunk }
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

    /// Takes note of the row of events in `chunk` from `at` on, which begins with number `num`. Gives a batch that it ends.
    fn row(&mut self, chunk: &Arc<Held>, at: usize, num: u64) -> Option<Batch> {
        let goes_on = Arc::ptr_eq(&self.chunk, chunk);
        let end = if goes_on { at } else { self.chunk.bytes().len() };
        let full = self.batch.take_if(|batch| batch.lists.is_full(end));
        if !goes_on {
            self.chunk = Arc::clone(chunk);
        }
        if let Some(batch) = &mut self.batch {
            batch.lists.recorded.row(chunk, at, num);
        }
        full
    }

    /// Takes in an event that stands at `at` in the chunk, or in none that lasts. Gives a batch that it ends.
    fn take(&mut self, event: &Event<'_>, at: Option<usize>) -> Option<Batch> {
        let wanted = self.wanted.has(event.code);
        if self.batch.is_none() {
            if !wanted {
                self.cursor.follow_event(event);
                return None;
            }
            self.begin(event, at);
        }
        let Batch { start, lists, .. } = self.batch.as_mut()?;
        let spot = match at {
            Some(at) => lists.recorded.spot(at),
            None => lists.recorded.copy(event),
        };
        if wanted {
            let (is_old, mut is_asked) = (!is_current(event), false);
            let Ok(()) = self.cursor.feed_event(event, |shown, _| {
                is_asked = self.wanted.has(shown.code);
                if is_asked && is_old {
                    lists.renewed.push(&shown);
                }
                Ok::<_, Infallible>(())
            });
            if is_asked {
                Self::ask(&mut self.cursor, start, lists, event, is_old, spot);
            }
        } else {
            self.cursor.follow_event(event);
        }
        self.batch.take_if(|batch| batch.lists.is_full(at.unwrap_or(0)))
    }

    /// Begins a batch with `event`.
    #[cold]
    fn begin(&mut self, event: &Event<'_>, at: Option<usize>) {
        let mut batch = self.apart.batch(self.line, self.cursor.share());
        if let Some(at) = at {
            batch.lists.recorded.row(&self.chunk, at, event.num);
        }
        self.batch = Some(batch);
        self.cursor.state.begin_trail();
    }

    /// Notes that `event`, recorded at `spot`, is asked about, or what was made of it if it is old, and what is to be told
    /// for that.
    #[inline]
    fn ask(
        cursor: &mut Cursor,
        start: &Cursor,
        lists: &mut Lists,
        event: &Event<'_>,
        is_old: bool,
        spot: Spot,
    ) {
        let untold = lists.is_untold();
        let renewed = if is_old { lists.renewed.last() } else { None };
        if !untold {
            cursor.state.tell(renewed.as_ref().unwrap_or(event), start.state(), &mut lists.trail);
        }
        if is_old {
            lists.ask_renewed(event.num);
        } else {
            lists.ask(event.num, spot);
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
    fn fully(&mut self, event: &Event<'_>, at: Option<usize>) -> ControlFlow<()> {
        let full = self.leader.take(event, at);
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
        self.fully(event, None)
    }

    fn row(&mut self, bytes: &Arc<Held>, at: usize, num: u64) -> ControlFlow<()> {
        let full = self.leader.row(bytes, at, num);
        self.give(full)
    }

    #[inline]
    fn usual(&mut self, event: Event<'_>, at: usize) -> ControlFlow<()> {
        if !self.leader.wanted.has(event.code) && self.leader.cursor.follow_unasked(&event) {
            return ControlFlow::Continue(());
        }
        self.fully(&event, Some(at))
    }

    fn item(&mut self, item: Item<'_>) -> ControlFlow<()> {
        let full = match item {
            Item::Block(Block::Event(event)) => self.leader.take(&event, None),
            Item::Block(block) => self.leader.load(&block),
            Item::Damage(damage) => {
                self.outcome.damage(damage);
                None
            }
        };
        self.give(full)
    }
}
