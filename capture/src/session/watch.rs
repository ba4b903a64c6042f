//! The contract between a session and whoever judges what it records.
//!
//! A session knows neither rules nor the state of processes. What needs them (a capture filter, the rules that make a
//! flight recorder write, the description of the machine at the start of the second file of a series) it asks a
//! [`Watch`]: that one sees the snapshot and every event, in their order, and keeps the state.

use scap_format::block::Block;
use scap_format::{Event, EventBuf};

/// Sees everything that is recorded before it is written.
pub trait Watch {
    /// Takes in a block of the snapshot, before the first event.
    fn load(&mut self, block: &Block<'_>);

    /// Takes in the next event, and judges it. Called for every event: has to be quick.
    fn event(&mut self, event: &Event<'_>) -> Seen;

    /// The state right now, between two events, for a trace that may start here; `None` if none is kept. Called
    /// several times a second: has to be cheap.
    fn moment(&self) -> Option<Box<dyn Moment>>;
}

/// What a [`Watch`] says of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Whether it goes into the trace.
    pub keep: bool,
    /// Why a flight recorder writes out now, e.g. the rule that fired.
    pub fired: Option<String>,
}

impl Seen {
    /// It goes into the trace, and that is all.
    pub const KEPT: Self = Self { keep: true, fired: None };
}

/// The state as of a moment, kept to be told later and in another thread.
pub trait Moment: Send {
    /// What a trace has to say before the first event after that moment.
    fn prelude(&self) -> Prelude;
}

/// What stands in a trace before the first event of its own.
#[derive(Debug, Default)]
pub struct Prelude {
    /// Machine, interfaces, users, threads, fds.
    pub blocks: Vec<Block<'static>>,
    /// Events that describe the machine: its containers.
    pub events: Vec<EventBuf>,
}

impl Prelude {
    /// All of it, in order.
    pub fn all(&self) -> impl Iterator<Item = Block<'_>> {
        let events = self.events.iter().map(|event| Block::Event(event.as_event()));
        self.blocks.iter().cloned().chain(events)
    }
}

/// Keeps everything and no state.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unwatched;

impl Watch for Unwatched {
    fn load(&mut self, _block: &Block<'_>) {}

    fn event(&mut self, _event: &Event<'_>) -> Seen {
        Seen::KEPT
    }

    fn moment(&self) -> Option<Box<dyn Moment>> {
        None
    }
}
