//! What becomes of recorded events: one trace, a series of traces, or what a flight recorder kept when it mattered.

use std::time::Duration;

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Keeping {
    /// One trace, from the beginning to the end.
    #[default]
    One,
    /// Traces one after the other, each of which can be read alone.
    Series(Rotation),
    /// The last while in memory; a trace of it for each time that [`Seen::fired`](super::Seen::fired) says so.
    Ring(Ring),
}

/// When the next trace of a series begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rotation {
    /// Before the current one grows beyond this, bytes.
    pub size: Option<u64>,
    /// When the current one covers this time.
    pub time: Option<Duration>,
    /// How many to keep, the one being written included; `None` for all.
    pub keep: Option<u64>,
}

/// How a flight recorder works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ring {
    /// How far back it reaches.
    pub span: Duration,
    /// How long it goes on writing after it fired last.
    pub after: Duration,
    /// Most memory for compressed events, bytes. What is older goes first, even if `span` is not reached then.
    pub memory: u64,
    /// How many traces to keep; `None` for all.
    pub keep: Option<u64>,
}
