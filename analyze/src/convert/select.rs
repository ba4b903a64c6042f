//! Which events go on: by time, by number, by condition.
//!
//! Takes every block of a trace, gives those of the slice. Where a slice starts, it gives the state of the
//! machine as a snapshot, containers first among the events as recorders have them. Events that fail the filter
//! go on if they change the state, see [`keeps_state_right`].

use scap_format::block::Block;
use scap_format::native::WriteError;
use scap_format::{Event, EventBuf};
use scap_rules::Filter;
use scap_schema::{EventFlags, Origin, ParamType, code};
use scap_state::State;

use super::waiting::Waiting;
use crate::fields::Fields;
use crate::replay::Cursor;

/// Which events.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Earliest time, ns since the epoch.
    pub from: Option<u64>,
    /// Latest time, ns since the epoch.
    pub to: Option<u64>,
    /// Number of the first event, from 1.
    pub first: Option<u64>,
    /// Number of the last event.
    pub last: Option<u64>,
    /// Condition that events have to fulfil, except those that change the state.
    pub filter: Option<Filter>,
}

impl Selection {
    /// Whether nothing is left out.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        let Self { from, to, first, last, filter } = self;
        from.is_none() && to.is_none() && first.is_none() && last.is_none() && filter.is_none()
    }

    fn starts_late(&self) -> bool {
        self.from.is_some() || self.first.is_some_and(|first| first > 1)
    }

    /// Whether it is not over before `event`. Events without a time of their own are in time.
    fn reaches(&self, event: &Event<'_>) -> bool {
        let in_time = event.ts == u64::MAX || self.to.is_none_or(|to| event.ts <= to);
        in_time && self.last.is_none_or(|last| event.num <= last)
    }

    fn has_begun(&self, event: &Event<'_>) -> bool {
        let in_time = self.from.is_none_or(|from| event.ts >= from && event.ts != u64::MAX);
        in_time && self.first.is_none_or(|first| event.num >= first)
    }
}

/// Where blocks go.
pub(super) type Put<'p> = &'p mut dyn FnMut(&Block<'_>) -> Result<(), WriteError>;

/// See the module.
pub(super) struct Selector {
    selection: Selection,
    cursor: Cursor,
    waiting: Waiting,
    /// Whether the state has to be told before the next event.
    owes_state: bool,
    /// Whether the last event came after the end.
    over: bool,
    /// Time of the last event that had one.
    now: u64,
}

impl Selector {
    pub(super) fn new(selection: Selection) -> Self {
        let owes_state = selection.starts_late();
        let (cursor, waiting) = (Cursor::new(), Waiting::default());
        Self { selection, cursor, waiting, owes_state, over: false, now: 0 }
    }

    /// Takes a block, puts it if it belongs to the selection, and before it what it needs.
    pub(super) fn take(&mut self, block: &Block<'_>, put: Put<'_>) -> Result<(), WriteError> {
        let Block::Event(event) = block else { return self.take_other(block, put) };
        if event.ts != u64::MAX {
            self.now = event.ts;
        }
        self.over = !self.selection.reaches(event);
        let begun = self.selection.has_begun(event);
        if self.over || (self.owes_state && !begun) {
            self.waiting.note(event);
            self.feed(block, |_| false);
            return Ok(());
        }
        if self.owes_state {
            self.tell_state(put)?;
        }
        self.choose(event, begun, put)
    }

    /// Ends the trace: a slice without events still tells the state.
    pub(super) fn finish(&mut self, put: Put<'_>) -> Result<(), WriteError> {
        if self.owes_state { self.tell_state(put) } else { Ok(()) }
    }

    fn take_other(&mut self, block: &Block<'_>, put: Put<'_>) -> Result<(), WriteError> {
        if matches!(block, Block::Section(_)) {
            self.waiting = Waiting::default();
            // Another machine's past is told only if there is an event of it.
            self.owes_state |= self.over;
        }
        self.feed(block, |_| false);
        if self.owes_state || self.over { Ok(()) } else { put(block) }
    }

    /// Puts an event of the slice if it passes the filter or changes the state. An event that is late, from before
    /// the slice, counts as one that does not pass.
    fn choose(&mut self, event: &Event<'_>, begun: bool, put: Put<'_>) -> Result<(), WriteError> {
        let epoch = self.cursor.state().epoch();
        let filter = self.selection.filter.take();
        let passes =
            self.feed(&Block::Event(*event), |fields| filter.as_ref().is_none_or(|f| f.matches(fields)));
        self.selection.filter = filter;
        let asked = begun && (passes || self.selection.filter.is_none());
        if asked || keeps_state_right(event) || self.cursor.state().epoch() != epoch {
            if let Some(enter) = self.waiting.take(event) {
                put(&Block::Event(enter.as_event()))?;
            }
            return put(&Block::Event(*event));
        }
        self.waiting.note(event);
        Ok(())
    }

    /// Brings the state past `block`; gives what `ask` says of the event, `false` if it is none that exists for
    /// conditions.
    fn feed(&mut self, block: &Block<'_>, ask: impl FnOnce(&Fields<'_>) -> bool) -> bool {
        let mut answer = false;
        let visited = self.cursor.feed(block, |event: Event<'_>, state: &State| {
            answer = ask(&Fields::new(event, state));
            Ok::<(), std::convert::Infallible>(())
        });
        match visited {
            Ok(()) => answer,
        }
    }

    fn tell_state(&mut self, put: Put<'_>) -> Result<(), WriteError> {
        self.owes_state = false;
        let export = self.cursor.state().export();
        for block in export.snapshot.into_blocks() {
            put(&block)?;
        }
        for json in &export.containers {
            let mut event = EventBuf::new(code::CONTAINER_JSON_2_E, self.now, -1);
            event.push_text(json);
            put(&Block::Event(event.as_event()))?;
        }
        for enter in self.waiting.take_all() {
            put(&Block::Event(enter.as_event()))?;
        }
        Ok(())
    }
}

/// Whether replay goes wrong without the event, by its row in the schema: it changes state, makes or ends an fd,
/// tells of users or containers, or names the ends of a socket. An enter event follows its exit event.
fn keeps_state_right(event: &Event<'_>) -> bool {
    changes_state(event.code) || (Waiting::is_enter(event) && changes_state(event.code | 1))
}

/// Whether events with this code change what later ones mean, by their row in the schema: the state of a process, its
/// fds, users, containers, or the ends of a socket.
#[must_use]
pub fn changes_state(code: u16) -> bool {
    scap_schema::event(code).is_some_and(|row| {
        let flags = EventFlags(EventFlags::STATE.0 | EventFlags::CREATES_FD.0 | EventFlags::DESTROYS_FD.0);
        row.flags.0 & flags.0 != 0
            || matches!(row.origin, Origin::Meta | Origin::Iter)
            || row.params.iter().any(|param| param.ty == ParamType::SockTuple)
    })
}
