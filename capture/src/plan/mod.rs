//! The fetch plan, made ready for a backend: what to capture, and how captures become parameters.
//!
//! [`scap_schema::fetch`] says per parameter what to take. [`compile`] turns a row into a [`Program`]: a
//! short list of [`Op`]s, each of which captures some bytes while the call is at its exit, and the steps
//! that [`Finisher`] follows afterwards to write the event. Backends differ in how they run the ops (a
//! kernel program, or reads through ptrace) and in nothing else.

mod compile;
mod finish;
mod kernel;
mod lifecycle;
mod op;
mod socket;
mod special;
mod table;

pub use compile::{Flavor, Program, compile};
pub use finish::{Captures, Finisher, Raw};
pub use op::{Kind, MAX_OPS, NO_SLOT, Op, RET_SLOT};
pub use table::{COMPAT, EXEC, EXIT, PROGRAMS, SIGNAL, UNKNOWN, programs};
