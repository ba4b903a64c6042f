//! Where a replay stands: everything that the past of a trace means for its next block.
//!
//! Takes blocks in file order, brings old events up to date, applies them to the state and hands each to a
//! visitor together with the state right after it. Cloning a cursor is cheap, so that a replay can start from
//! any point that one has been at; it does not know where blocks come from or what is asked of events.
//! Hot path: nothing is allocated per event.

use scap_format::block::Block;
use scap_format::Event;
use scap_format::upgrade::{Upgraded, Upgrader};
use scap_state::State;

use crate::fields::Fields;

/// What was passed on while blocks went by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Passed {
    /// Events of the trace, whatever became of them.
    pub events: u64,
    /// Events that were shown to the visitor.
    pub shown: u64,
    /// Events of old versions that could not be brought up to date; they were shown as they are.
    pub unconverted: u64,
}

impl Passed {
    /// Adds what was passed on elsewhere.
    pub fn add(&mut self, other: Passed) {
        self.events += other.events;
        self.shown += other.shown;
        self.unconverted += other.unconverted;
    }
}

/// A point in a replay.
#[derive(Debug, Clone, Default)]
pub struct Cursor {
    upgrader: Upgrader,
    state: State,
    passed: Passed,
}

impl Cursor {
    /// The beginning of a trace.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
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

    /// Takes in one block; if it is an event that exists for rules and outputs, shows it to `visit`.
    ///
    /// # Errors
    /// Only what `visit` returns.
    pub fn feed<E>(
        &mut self,
        block: &Block<'_>,
        visit: impl FnOnce(&Fields<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let Block::Event(event) = block else {
            self.state.load(block);
            return Ok(());
        };
        self.passed.events += 1;
        let event: Event<'_> = match self.upgrader.push(event) {
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
        self.state.apply(&event);
        self.passed.shown += 1;
        visit(&Fields::new(event, &self.state))
    }
}
