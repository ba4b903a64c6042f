//! What a session tells while it runs and when it has ended.

use crate::snapshot::PassedOver;
use std::path::PathBuf;
use std::time::Duration;

/// How far a recording is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Since the backend started.
    pub elapsed: Duration,
    /// Events so far.
    pub events: u64,
    /// Events dropped so far.
    pub dropped: u64,
    /// Events left out so far.
    pub left_out: u64,
    /// Bytes of all traces so far.
    pub bytes: u64,
    /// Traces begun so far.
    pub traces: u64,
}

/// Why a recording ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EndReason {
    /// The command ended.
    #[default]
    CommandEnded,
    /// This signal came.
    Signal(i32),
    /// The time was up.
    Duration,
    /// The trace was as large as it may become.
    MaxSize,
    /// The disk was full; what was written until then is whole.
    DiskFull,
    /// The reader of the output went away.
    OutputClosed,
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommandEnd {
    /// With this exit code.
    Exited(i32),
    /// By this signal.
    Killed(i32),
    /// Not at all: the recording ended first.
    Running,
}

/// What a recording came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Why it ended.
    pub reason: EndReason,
    /// Events in the traces.
    pub events: u64,
    /// Bytes of the traces.
    pub bytes: u64,
    /// How many traces were written.
    pub traces: u64,
    /// How many of them were removed, because there were enough later ones.
    pub removed: u64,
    /// The last trace of a series.
    pub last: Option<PathBuf>,
    /// Events the backend dropped, by CPU; CPUs without any are left out.
    pub drops: Vec<(u16, u64)>,
    /// Events that came but are not in the trace, because the output would take no more.
    pub unwritten: u64,
    /// Events that came and were left out, as the [`Watch`](super::Watch) said.
    pub left_out: u64,
    /// Events that a flight recorder let go, because nothing fired in time.
    pub forgotten: u64,
    /// Calls of 32-bit programs, which carry no typed parameters.
    pub compat: u64,
    /// Bytes cut off parameters that were too long for the format.
    pub cut_bytes: u64,
    /// From the backend's start to the end.
    pub duration: Duration,
    /// How the command ended; `None` without one.
    pub command: Option<CommandEnd>,
    /// What the snapshot could not read.
    pub passed: PassedOver,
}

impl Summary {
    /// Events the backend dropped on all CPUs.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.drops.iter().map(|(_, count)| count).sum()
    }
}
