//! The subcommands, one file each: an `Args` and a `run`.

pub(crate) mod events;
