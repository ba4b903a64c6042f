//! Replaying a trace: blocks to events to matches to alerts.
//!
//! [`Cursor`] is the past of a trace (old events waiting, state) and what a checkpoint stores, [`Evaluator`] the rules,
//! [`Tally`] the counts, [`walk`] the way through a reader and [`Replay`] all of them together, on the threads of a
//! [`Pool`]. A native trace is cut into stretches at its checkpoints, and what nobody asks about ([`Wanted`]) is left out;
//! of any other, one thread follows the state and hands batches of events to the others. The answer is the same either way.

mod apart;
mod batch;
mod checkpoint;
mod cursor;
mod evaluator;
mod gaps;
mod leader;
mod line;
mod outcome;
mod parallel;
mod profile;
mod recorded;
mod run;
mod scratches;
mod stretches;
mod summary;
mod walk;
mod wanted;

pub use checkpoint::{Keeper, Unfit};
pub use cursor::{Cursor, Passed, dropped};
pub use evaluator::{Evaluator, Options, Range};
pub use gaps::{Gap, Gaps};
pub use line::{NoThreads, Pool};
pub use profile::{Profiler, Stage, Stages};
pub use run::Replay;
pub use summary::{Summary, Tally};
pub use walk::{WalkError, walk, walk_events, walk_parts, walk_wanted};
pub use wanted::Wanted;
