//! Follows the state through what no checkpoint helps with, and makes batches of it for others to evaluate.
//!
//! Everything but evaluating is done here, once: reading, counting, damage, state. A batch begins with the first event that
//! somebody may ask about. It holds on to the chunks that its events were read into, so that an event of which nobody asks
//! costs what it costs on one thread. What those who evaluate have to know of the state goes with the batch. Where sections
//! stand one behind the other, all but the first are handed out whole as long as they are short.

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
use super::parallel::Job;
use super::recorded::Spot;
use super::section::Section;
use super::stretches::Counts;
use super::walk::{Codes, Passable};
use super::wanted::Wanted;

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
    /// A section that began after others, as long as it is short; it is not followed.
    section: Option<Section>,
    /// What had gone by when counting began.
    before: Counts,
}

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
            section: None,
            before: Counts::default(),
        }
    }

    /// Goes on at `start`.
    pub(super) fn move_to(&mut self, start: Cursor) {
        self.cursor = start;
        self.line += 1;
    }

    /// Follows `trace` to its end and hands work to `give`. Gives what came of everything but that.
    ///
    /// # Errors
    /// If the trace cannot be read, or with what `give` returns.
    pub(super) fn lead(
        &mut self,
        trace: &mut TraceReader,
        mut give: impl FnMut(Job) -> Result<(), WalkError<io::Error>>,
    ) -> Result<Outcome, WalkError<io::Error>> {
        self.before = Counts::of(&self.cursor);
        let (outcome, chunk) = (Outcome::default(), Arc::default());
        let mut way = Way { leader: self, chunk, outcome, give: &mut give, failed: None };
        let read = trace.visit(&mut way);
        let Way { mut outcome, failed, .. } = way;
        if let Some(error) = failed {
            return Err(error);
        }
        // What came before the end is asked about, whatever that was.
        let rest = self.follow_section().or_else(|| self.batch.take().map(Job::batch));
        rest.map(give).transpose()?;
        read?;
        outcome.read(trace.totals());
        outcome.count(&self.before, &self.cursor, None);
        Ok(outcome)
    }

    /// Takes note of the row of events in `chunk` from `at` on, which begins with number `num`. The row before it ended at
    /// `end`. Gives work that is complete with that.
    fn row(&mut self, chunk: &Arc<Held>, at: usize, num: u64, end: usize) -> Option<Job> {
        if self.section.as_ref().is_some_and(|section| section.is_long(end)) {
            return self.follow_section();
        }
        if let Some(section) = &mut self.section {
            section.row(chunk, at, num);
        }
        let full = self.batch.take_if(|batch| batch.lists.is_full(end));
        if let Some(batch) = &mut self.batch {
            batch.lists.recorded.row(chunk, at, num);
        }
        full.map(Job::batch)
    }

    /// Takes in an event that stands at `at`, or nowhere for long. Gives work that is complete with that.
    fn take(&mut self, event: &Event<'_>, at: Option<Stand<'_>>) -> Option<Job> {
        if let Some(section) = &mut self.section {
            section.event(event, at.map(|(_, at)| at));
            return if at.is_none() && section.is_long(0) { self.follow_section() } else { None };
        }
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
            Some((_, at)) => lists.recorded.spot(at),
            None => lists.recorded.copy(event),
        };
        if !wanted {
            self.cursor.follow_event(event);
            // What is in a chunk is counted with its end.
            return self.batch.take_if(|batch| at.is_none() && batch.lists.is_full(0)).map(Job::batch);
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
        self.batch.take_if(|batch| batch.lists.is_full(at.map_or(0, |(_, at)| at))).map(Job::batch)
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
    fn load(&mut self, block: Block<'_>) -> Option<Job> {
        let is_section = matches!(block, Block::Section(_));
        if let Some(section) = &mut self.section {
            if !is_section {
                section.block(block);
                return None;
            }
            if section.is_settled() {
                return Some(Job::Section(Box::new(std::mem::replace(section, Section::of(block)))));
            }
            let done = self.follow_section();
            self.cursor.follow(&block);
            return done;
        }
        let ended = self.batch.take().map(Job::batch);
        if is_section && self.cursor.state().is_settled() {
            self.section = Some(Section::of(block));
            self.passable = Passable::NOTHING;
        } else {
            self.cursor.follow(&block);
        }
        ended
    }

    /// Goes through the section that was not followed so far, if there is one. Gives what came of it, and of what went before.
    #[cold]
    fn follow_section(&mut self) -> Option<Job> {
        let section = self.section.take()?;
        self.passable = Passable::of(&self.wanted);
        let mut before = Outcome::default();
        before.count(&self.before, &self.cursor, None);
        self.move_to(Cursor::new());
        self.before = Counts::default();
        let outcome = self.apart.replay(section, &mut self.cursor);
        Some(Job::Done(Box::new(Outcome { counts: before.counts, ..outcome })))
    }
}

/// A walk through a trace.
struct Way<'l, 'w, G> {
    leader: &'l mut Leader<'w>,
    /// The chunk in which events are being shown.
    chunk: Arc<Held>,
    outcome: Outcome,
    give: &'l mut G,
    failed: Option<WalkError<io::Error>>,
}

impl<G: FnMut(Job) -> Result<(), WalkError<io::Error>>> Way<'_, '_, G> {
    /// What [`Visitor::event`] does, apart from the loop over events that are passed over. Told where the event stands, it
    /// reads it anew: were it lent, it would have to exist in memory, as would all those.
    #[inline(never)]
    fn fully(&mut self, at: usize, num: u64) -> ControlFlow<()> {
        let Some((_, event)) = self.chunk.event(at) else { return ControlFlow::Continue(()) };
        let full = self.leader.take(&Event { num, ..event }, Some((&self.chunk, at)));
        self.give(full)
    }

    #[inline]
    fn give(&mut self, full: Option<Job>) -> ControlFlow<()> {
        match full.map(&mut *self.give) {
            Some(Err(error)) => {
                self.failed = Some(error);
                ControlFlow::Break(())
            }
            _ => ControlFlow::Continue(()),
        }
    }
}

impl<G: FnMut(Job) -> Result<(), WalkError<io::Error>>> Visitor for Way<'_, '_, G> {
    fn event(&mut self, event: &Event<'_>) -> ControlFlow<()> {
        let full = self.leader.take(event, None);
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
    fn usual(&mut self, event: Event<'_>, at: usize) -> ControlFlow<()> {
        if self.leader.cursor.follow_quiet(&event, self.leader.passable.quiet(&event)) {
            return ControlFlow::Continue(());
        }
        self.fully(at, event.num)
    }

    fn item(&mut self, item: Item<'_>) -> ControlFlow<()> {
        let full = match item {
            Item::Block(Block::Event(event)) => self.leader.take(&event, None),
            Item::Block(block) => self.leader.load(block),
            Item::Damage(damage) => {
                self.outcome.damage(damage);
                None
            }
        };
        self.give(full)
    }
}
