//! Bytes to blocks to events, and back.
//!
//! Takes bytes of any container (`.scap` plain, gzip or zstd; the native trace), gives blocks
//! ([`block`]) and events ([`Event`]) with a full account of damage. Upgrades events of old versions to
//! the current one. Deliberately does not know what an event means: that is the business of the state.
#![forbid(unsafe_code)]

pub mod block;
pub mod chunk;
pub mod damage;
mod error;
mod event;
pub mod native;
mod read;
pub mod save;
pub mod scap;
pub mod snapshot;
pub mod source;
mod totals;
pub mod upgrade;

pub use error::Error;
pub use event::{Event, EventBuf, Params};
pub use read::{Item, TraceReader, Visitor};
pub use scap::list::{FdList, List, ThreadList};
pub use totals::{MAX_DAMAGE, Totals};
