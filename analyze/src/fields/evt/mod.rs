//! `evt.*`: what the event itself says.

pub(crate) mod abspath;
pub(crate) mod args;
pub(crate) mod io;
pub(crate) mod kind;
pub(crate) mod open;
pub(crate) mod outcome;
pub(crate) mod time;
