//! Rows of `user.*` and `group.*`: as whom the process runs.

use scap_rules::FieldType::{CharBuf, Int64, Uint32};

use super::row::{Row, field};
use crate::fields::{group, user};

/// The rows of users.
#[rustfmt::skip]
pub(super) const USER: &[Row] = &[
    field("user.uid", Uint32, user::uid, "User id.").process(),
    field("user.name", CharBuf, user::name, "Name of the user; `<NA>` if the trace does not know it.").around(),
    field("user.homedir", CharBuf, user::homedir, "Home directory of the user; `<NA>` if the trace does not know it.").around(),
    field("user.shell", CharBuf, user::shell, "Login shell of the user; `<NA>` if the trace does not know it.").around(),
    field("user.loginuid", Int64, user::loginuid, "Id of the user who logged in (audit uid), which su and sudo do not change; -1 for none.").process(),
    field("user.loginname", CharBuf, user::loginname, "Name of the user who logged in; `<NA>` if the trace does not know it.").around(),
];

/// The rows of groups.
#[rustfmt::skip]
pub(super) const GROUP: &[Row] = &[
    field("group.gid", Uint32, group::gid, "Group id.").process(),
    field("group.name", CharBuf, group::name, "Name of the group; `<NA>` if the trace does not know it.").around(),
];
