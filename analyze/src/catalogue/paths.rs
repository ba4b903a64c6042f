//! Rows of `fs.path.*` and `fdlist.*`: paths that events act on, and the descriptors of poll.

use scap_rules::FieldType::CharBuf;

use super::row::{Row, field};
use crate::fields::{fdlist, fspath};

/// The rows of paths.
#[rustfmt::skip]
pub(super) const FSPATH: &[Row] = &[
    field("fs.path.name", CharBuf, fspath::name, "Absolute path that a successful event acts on, for events with one path."),
    field("fs.path.nameraw", CharBuf, fspath::nameraw, "That path as the process gave it."),
    field("fs.path.source", CharBuf, fspath::source, "Absolute source path of a successful event with two paths (rename, link, symlink, mount)."),
    field("fs.path.sourceraw", CharBuf, fspath::sourceraw, "That path as the process gave it."),
    field("fs.path.target", CharBuf, fspath::target, "Absolute target path of a successful event with two paths."),
    field("fs.path.targetraw", CharBuf, fspath::targetraw, "That path as the process gave it."),
];

/// The rows of poll.
#[rustfmt::skip]
pub(super) const FDLIST: &[Row] = &[
    field("fdlist.nums", CharBuf, fdlist::nums, "Descriptors of a poll, separated by commas."),
    field("fdlist.names", CharBuf, fdlist::names, "fd.name of the descriptors of a poll, separated by commas."),
    field("fdlist.cips", CharBuf, fdlist::cips, "Client addresses of the descriptors of a poll, separated by commas."),
    field("fdlist.sips", CharBuf, fdlist::sips, "Server addresses of the descriptors of a poll, separated by commas."),
    field("fdlist.cports", CharBuf, fdlist::cports, "Client ports of the descriptors of a poll, separated by commas."),
    field("fdlist.sports", CharBuf, fdlist::sports, "Server ports of the descriptors of a poll, separated by commas."),
];
