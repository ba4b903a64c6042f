//! The subcommands, one file each: an `Args` and a `run`.

pub(crate) mod analyze;
pub(crate) mod convert;
pub(crate) mod diff;
pub(crate) mod events;
pub(crate) mod explain;
pub(crate) mod export;
pub(crate) mod fields;
pub(crate) mod info;
pub(crate) mod query;
pub(crate) mod read;
pub(crate) mod record;
pub(crate) mod report;
pub(crate) mod rules;
pub(crate) mod summary;
pub(crate) mod test;
pub(crate) mod timeline;
pub(crate) mod tree;
pub(crate) mod verify;
