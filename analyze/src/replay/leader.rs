//! Follows the state through what no checkpoint helps with, and makes batches of it for others to evaluate.
//!
//! Everything but evaluating is done here, once: reading, counting, damage, state. A batch begins with the first event that
//! somebody may ask about. It holds on to the chunks that its events were read into, so that an event of which nobody asks
//! costs what it costs on one thread. What those who evaluate have to know of the state goes with the batch. While they have
//! enough to do, events are asked about at once instead, which spares telling of them. Where sections stand one behind the
//! other, the first events of all but the first are, too.

use std::convert::Infallible;
use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;

use scap_format::block::Block;
use scap_format::chunk::Held;
use scap_format::upgrade::is_current;
use scap_format::{Event, Item, List, TraceReader, Visitor};

use super::WalkError;
use super::apart::Apart;
use super::batch::{Batch, Lists};
use super::cursor::Cursor;
use super::outcome::Outcome;
use super::recorded::Spot;
use super::stretches::Counts;
use super::walk::{Codes, Passable};
use super::wanted::Wanted;
use scap_rules::Scratch;

/// See the module.
pub(super) struct Leader<'w> {
    /// Where it stands.
    pub(super) cursor: Cursor,
    /// Counts up when it goes on elsewhere.
    line: u64,
    wanted: Codes,
    /// What nobody asks about.
    passable: Passable,
    /// Who lends batches.
    apart: &'w Apart<'w>,
    batch: Option<Batch>,
    /// Events that are still asked about at once, before the next batch begins.
    at_once: usize,
    /// Room to do that in.
    scratch: Option<Scratch>,
    /// What came of it and is not told yet.
    said: Option<Outcome>,
}

/// What comes of leading.
pub(super) enum Led {
    /// Work for anybody.
    Batch(Box<Batch>),
    /// What was said to everything since the last batch.
    Told(Box<Outcome>),
}

impl Led {
    fn batch(batch: Batch) -> Self {
        Self::Batch(Box::new(batch))
    }
}

/// Events that are asked about at once where a section follows another: copying the state of one whose snapshot is most of it
/// takes longer than asking about all that a short one holds.
const AT_ONCE: usize = 8 << 10;

/// Events that are asked about at once where others have enough to do, before they are looked at again.
const PIECE: usize = 256;

/// Where an event stands that is held on to.
type Stand<'c> = (&'c Arc<Held>, usize);

impl<'w> Leader<'w> {
    pub(super) fn new(wanted: &Wanted, apart: &'w Apart<'w>) -> Self {
        let wanted = Codes::of(wanted);
        let passable = Passable::of(&wanted);
        Self {
            cursor: Cursor::new(),
            line: 0,
            wanted,
            passable,
            apart,
            batch: None,
            at_once: 0,
            scratch: None,
            said: None,
        }
    }

    /// Goes on at `start`.
    pub(super) fn move_to(&mut self, start: Cursor) {
        self.cursor = start;
        self.line += 1;
        self.scratch = None;
    }

    /// Follows `trace` to its end and hands to `give` what comes of it; while everybody `is_busy`, no work. Gives what came of
    /// everything else.
    ///
    /// # Errors
    /// If the trace cannot be read, or with what `give` returns.
    pub(super) fn lead(
        &mut self,
        trace: &mut TraceReader,
        is_busy: &dyn Fn() -> bool,
        mut give: impl FnMut(Led) -> Result<(), WalkError<io::Error>>,
    ) -> Result<Outcome, WalkError<io::Error>> {
        let before = Counts::of(&self.cursor);
        let (outcome, chunk) = (Outcome::default(), Arc::default());
        let mut way = Way { leader: self, chunk, outcome, is_busy, give: &mut give, failed: None };
        let read = trace.visit(&mut way);
        let Way { mut outcome, failed, .. } = way;
        if let Some(error) = failed {
            return Err(error);
        }
        // What came before the end is asked about, whatever that was.
        let rest = self.say().or_else(|| self.batch.take().map(Led::batch));
        rest.map(give).transpose()?;
        read?;
        outcome.read(trace.totals());
        outcome.count(&before, &self.cursor, None);
        Ok(outcome)
    }

    /// Takes note of the row of events in `chunk` from `at` on, which begins with number `num`. The row before it ended at
    /// `end`. Gives work that is complete with that.
    fn row(&mut self, chunk: &Arc<Held>, at: usize, num: u64, end: usize) -> Option<Led> {
        let full = self.batch.take_if(|batch| batch.lists.is_full(end));
        if let Some(batch) = &mut self.batch {
            batch.lists.recorded.row(chunk, at, num);
        }
        full.map(Led::batch)
    }

    /// Takes in an event that stands at `at`, or nowhere for long. Gives work that is complete with that.
    fn take(&mut self, event: &Event<'_>, at: Option<Stand<'_>>, is_busy: &dyn Fn() -> bool) -> Option<Led> {
        let wanted = self.wanted.has(event.code);
        if self.batch.is_none() {
            if !wanted {
                self.cursor.follow_event(event);
                return None;
            }
            if self.at_once == 0 && is_busy() {
                self.at_once = PIECE;
            }
            if self.at_once > 0 {
                return self.ask_at_once(event, is_busy);
            }
            self.begin(event, at);
        }
        let Batch { start, lists, .. } = self.batch.as_mut()?;
        let spot = match at {
            Some((_, at)) => lists.recorded.spot(at),
            None => lists.recorded.copy(event),
        };
        if !wanted {
            self.cursor.follow_event(event);
            // What is in a chunk is counted with its end.
            return self.batch.take_if(|batch| at.is_none() && batch.lists.is_full(0)).map(Led::batch);
        }
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
        self.batch.take_if(|batch| batch.lists.is_full(at.map_or(0, |(_, at)| at))).map(Led::batch)
    }

    /// Asks about `event` here and now. Gives what came of all that was asked that way if that is enough.
    fn ask_at_once(&mut self, event: &Event<'_>, is_busy: &dyn Fn() -> bool) -> Option<Led> {
        let said = self.said.get_or_insert_default();
        self.apart.ask_at_once(event, &mut self.cursor, &mut self.scratch, said);
        self.at_once -= 1;
        if self.at_once == 0 {
            if !is_busy() {
                // Before a batch begins, whose alerts come later.
                return self.say();
            }
            self.at_once = PIECE;
        }
        None
    }

    /// Begins a batch with `event`.
    #[cold]
    fn begin(&mut self, event: &Event<'_>, at: Option<Stand<'_>>) {
        let mut batch = self.apart.batch(self.line, self.cursor.share());
        if let Some((chunk, at)) = at {
            batch.lists.recorded.row(chunk, at, event.num);
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

    /// Takes in anything else. Gives work that is complete with that.
    fn load(&mut self, block: &Block<'_>) -> Option<Led> {
        let ended = self.batch.take().map(Led::batch).or_else(|| self.say());
        if matches!(block, Block::Section(_)) && self.cursor.state().is_settled() {
            self.at_once = AT_ONCE;
        }
        self.cursor.follow(block);
        ended
    }

    /// What came of events that were asked about at once, if that is not told yet.
    fn say(&mut self) -> Option<Led> {
        self.said.take().map(|said| Led::Told(Box::new(said)))
    }
}

/// A walk through a trace.
struct Way<'l, 'w, G> {
    leader: &'l mut Leader<'w>,
    /// The chunk in which events are being shown.
    chunk: Arc<Held>,
    outcome: Outcome,
    is_busy: &'l dyn Fn() -> bool,
    give: &'l mut G,
    failed: Option<WalkError<io::Error>>,
}

impl<G: FnMut(Led) -> Result<(), WalkError<io::Error>>> Way<'_, '_, G> {
    /// What [`Visitor::event`] does, apart from the loop over events that are passed over. Given where the event lies, and
    /// reads it anew: were it lent, all of those would have to exist in memory.
    #[inline(never)]
    fn fully(&mut self, block: &[u8], at: usize, num: u64) -> ControlFlow<()> {
        let Some(event) = Event::of_usual(block, num) else { return ControlFlow::Continue(()) };
        let full = self.leader.take(&event, Some((&self.chunk, at)), self.is_busy);
        self.give(full)
    }

    #[inline]
    fn give(&mut self, full: Option<Led>) -> ControlFlow<()> {
        match full.map(&mut *self.give) {
            Some(Err(error)) => {
                self.failed = Some(error);
                ControlFlow::Break(())
            }
            _ => ControlFlow::Continue(()),
        }
    }
}

impl<G: FnMut(Led) -> Result<(), WalkError<io::Error>>> Visitor for Way<'_, '_, G> {
    fn event(&mut self, event: &Event<'_>) -> ControlFlow<()> {
        let full = self.leader.take(event, None, self.is_busy);
        self.give(full)
    }

    fn row(&mut self, bytes: &Arc<Held>, at: usize, num: u64) -> ControlFlow<()> {
        let goes_on = Arc::ptr_eq(&self.chunk, bytes);
        let end = if goes_on { at } else { self.chunk.bytes().len() };
        let full = self.leader.row(bytes, at, num, end);
        if !goes_on {
            self.chunk = Arc::clone(bytes);
        }
        self.give(full)
    }

    #[inline]
    fn usual_in(&mut self, event: Event<'_>, block: &[u8], at: usize) -> ControlFlow<()> {
        if self.leader.cursor.follow_quiet(&event, self.leader.passable.quiet(&event)) {
            return ControlFlow::Continue(());
        }
        self.fully(block, at, event.num)
    }

    fn list(&mut self, list: &mut List<'_>) -> bool {
        // What is complete is handed on with a block; that of a section came before.
        let is_complete = self.leader.batch.is_some() || self.leader.said.is_some();
        if !is_complete {
            self.leader.cursor.follow_list(list);
        }
        !is_complete
    }

    fn item(&mut self, item: Item<'_>) -> ControlFlow<()> {
        let full = match item {
            Item::Block(Block::Event(event)) => self.leader.take(&event, None, self.is_busy),
            Item::Block(block) => self.leader.load(&block),
            Item::Damage(damage) => {
                self.outcome.damage(damage);
                None
            }
        };
        self.give(full)
    }
}
