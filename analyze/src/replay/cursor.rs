//! Where a replay stands: everything that the past of a trace means for its next block.
//!
//! Takes blocks in file order, brings old events up to date, applies them to the state and hands each to a
//! visitor together with the state right after it (of which [`Fields`](crate::fields::Fields) are made, for events
//! that somebody asks about). [Sharing](Cursor::share) a cursor is cheap, so that a replay can start from
//! any point that one has been at; it does not know where blocks come from or what is asked of events.
//! Hot path: nothing is allocated per event.

use scap_format::block::Block;
use scap_format::upgrade::{Upgraded, Upgrader, is_current};
use scap_format::{Event, List};
use scap_schema::code;
use scap_state::{Quiet, State};

/// What was passed on while blocks went by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Passed {
    /// Events of the trace, whatever became of them.
    pub events: u64,
    /// Events that were shown to the visitor.
    pub shown: u64,
    /// Events of old versions that could not be brought up to date; they were shown as they are.
    pub unconverted: u64,
    /// Events that the recorder lost, as it tells in the trace.
    pub dropped: u64,
}

impl Passed {
    /// Adds what was passed on elsewhere.
    pub fn add(&mut self, other: Passed) {
        self.events += other.events;
        self.shown += other.shown;
        self.unconverted += other.unconverted;
        self.dropped = self.dropped.saturating_add(other.dropped);
    }

    /// What went by since `before`, an earlier stand of the same count.
    #[must_use]
    pub fn since(&self, before: Passed) -> Passed {
        Passed {
            events: self.events.saturating_sub(before.events),
            shown: self.shown.saturating_sub(before.shown),
            unconverted: self.unconverted.saturating_sub(before.unconverted),
            dropped: self.dropped.saturating_sub(before.dropped),
        }
    }
}

/// A point in a replay.
#[derive(Debug, Clone, Default)]
pub struct Cursor {
    pub(super) upgrader: Upgrader,
    pub(super) state: State,
    pub(super) passed: Passed,
    /// Whether an event other than those that describe the machine went by.
    pub(super) begun: bool,
}

/// Name of the notifications in which a recorder tells of events it lost.
const DROPS: &[u8] = b"scap.drops";

/// How many events a notification says were lost, as in `cpu=1 dropped=77`; 0 if it says nothing of the kind.
#[cold]
#[must_use]
pub fn dropped(event: &Event<'_>) -> u64 {
    if event.text(0) != Some(DROPS) {
        return 0;
    }
    let text = String::from_utf8_lossy(event.text(1).unwrap_or_default());
    let count = text.split(' ').find_map(|word| word.strip_prefix("dropped=")?.parse().ok());
    count.unwrap_or(0)
}

/// Events that describe users, groups and containers. Recorders write those that they know from the start as
/// the first events of a trace, where they belong to its snapshot, as for Falco.
fn describes_the_machine(event: &Event<'_>) -> bool {
    matches!(
        event.code,
        code::CONTAINER_JSON_2_E
            | code::ASYNCEVENT_E
            | code::USER_ADDED_E
            | code::USER_DELETED_E
            | code::GROUP_ADDED_E
            | code::GROUP_DELETED_E
    )
}

impl Cursor {
    /// The beginning of a trace.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Another cursor at the same point: cheap, where a clone copies whatever changed since.
    #[must_use]
    pub fn share(&mut self) -> Self {
        let Self { upgrader, state, passed, begun } = self;
        Self { upgrader: upgrader.clone(), state: state.share(), passed: *passed, begun: *begun }
    }

    /// The state as of the last block.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// What went by so far.
    #[must_use]
    pub fn passed(&self) -> Passed {
        self.passed
    }

    /// Takes in one block that nobody asks about.
    pub fn follow(&mut self, block: &Block<'_>) {
        match block {
            Block::Event(event) => self.follow_event(event),
            _ => {
                let Ok(()) = self.feed(block, |_, _| Ok::<_, std::convert::Infallible>(()));
            }
        }
    }

    /// Takes in one list of a snapshot where it stands, as [`Self::follow`] does its block.
    pub(super) fn follow_list(&mut self, list: &mut List<'_>) {
        self.state.load_list(list);
    }

    /// Takes in one event that nobody asks about.
    #[inline]
    pub fn follow_event(&mut self, event: &Event<'_>) {
        if self.follow_unasked(event) {
            return;
        }
        let Ok(()) = self.feed_event(event, |_, _| Ok::<_, std::convert::Infallible>(()));
    }

    /// Takes in one event that nobody asks about if that changes at most fds or memory of its thread; `false` if it is more.
    #[inline(always)]
    pub(super) fn follow_unasked(&mut self, event: &Event<'_>) -> bool {
        is_current(event) && self.follow_quiet(event, Quiet::of(event.code))
    }

    /// The same for an event that is known to be current, and of whose type is known what is `quiet` about it.
    #[inline(always)]
    pub(super) fn follow_quiet(&mut self, event: &Event<'_>, quiet: Quiet) -> bool {
        // No thread is calm before it has begun.
        if !self.state.pass_over(quiet, event, self.begun) {
            return false;
        }
        self.passed.events += 1;
        self.passed.shown += 1;
        true
    }

    /// Takes in one block; if it is an event that exists for rules and outputs, shows it to `visit`.
    ///
    /// # Errors
    /// Only what `visit` returns.
    pub fn feed<E>(
        &mut self,
        block: &Block<'_>,
        visit: impl FnOnce(Event<'_>, &State) -> Result<(), E>,
    ) -> Result<(), E> {
        let Block::Event(event) = block else {
            if let Block::Section(_) = block {
                self.begun = false;
                self.upgrader.start_section();
            }
            self.state.load(block);
            return Ok(());
        };
        self.feed_event(event, visit)
    }

    /// Takes in one event, as [`Cursor::feed`].
    ///
    /// # Errors
    /// Only what `visit` returns.
    #[inline]
    pub fn feed_event<E>(
        &mut self,
        event: &Event<'_>,
        visit: impl FnOnce(Event<'_>, &State) -> Result<(), E>,
    ) -> Result<(), E> {
        self.passed.events += 1;
        // Asked before anything else, because events of newer traces hardly ever need more.
        if is_current(event) {
            self.upgrader.note_current(event);
            return follow(&mut self.state, &mut self.begun, &mut self.passed, event, visit);
        }
        let event = match self.upgrader.push(event) {
            Upgraded::Event(event) => event,
            Upgraded::Kept(event) => {
                self.passed.unconverted += 1;
                event
            }
            Upgraded::StateOnly(event) => {
                self.state.apply(&event);
                return Ok(());
            }
            Upgraded::Stored | Upgraded::Dropped => return Ok(()),
        };
        follow(&mut self.state, &mut self.begun, &mut self.passed, &event, visit)
    }
}

/// Applies an event that is up to date, and shows it.
#[inline]
fn follow<E>(
    state: &mut State,
    begun: &mut bool,
    passed: &mut Passed,
    event: &Event<'_>,
    visit: impl FnOnce(Event<'_>, &State) -> Result<(), E>,
) -> Result<(), E> {
    state.apply(event);
    if event.code == code::NOTIFICATION_E {
        passed.dropped = passed.dropped.saturating_add(dropped(event));
    }
    if !*begun {
        *begun = !describes_the_machine(event);
        if !*begun {
            return Ok(());
        }
    }
    passed.shown += 1;
    visit(*event, state)
}

#[cfg(test)]
mod tests {
    use super::*;
    use scap_format::EventBuf;

    #[test]
    fn drops_are_read_from_their_notice() {
        let notice = |id: &[u8], text: &[u8]| {
            let mut event = EventBuf::new(code::NOTIFICATION_E, 1, -1);
            event.push_text(id).push_text(text);
            dropped(&event.as_event())
        };
        assert_eq!(notice(b"scap.drops", b"cpu=1 dropped=77"), 77);
        assert_eq!(notice(b"scap.drops", b"dropped=none"), 0);
        assert_eq!(notice(b"scap.drops", b"\xff"), 0);
        assert_eq!(notice(b"other", b"cpu=1 dropped=77"), 0);
    }
}
