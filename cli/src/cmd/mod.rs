//! The subcommands, one file each: an `Args` and a `run`.

pub(crate) mod events;
pub(crate) mod info;
pub(crate) mod record;
pub(crate) mod verify;
