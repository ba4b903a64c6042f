//! The account of a trace: which processes there were, what they read, wrote and talked to, and what of it matters.
//!
//! Takes a trace, with rules if alerts are asked for; gives one [`Account`] that trees, timelines, summaries, reports and
//! tables are made of: [`account`] for a whole trace, [`Observer`] for who walks through one anyway. It is bounded
//! ([`Limits`]): of what there is too much of, the rest is counted ([`LeftOut`]).
//!
//! Deliberately knows nothing of how it is shown, nor of command lines. Bytes stay as the kernel gave them.
#![forbid(unsafe_code)]

pub mod digest;
mod limits;
mod model;
mod observe;
pub mod places;
mod plan;
mod run;

pub use limits::Limits;
pub use model::{
    Account, Act, ActKind, AlertMark, Connection, Direction, Ending, FileUse, Host, Image, LeftOut, Moment,
    Process, ProcessId,
};
pub use observe::Observer;
pub use run::{Options, account};
