//! `group.*`: the group that the process runs in.

use scap_rules::{FieldArg, Value};

use super::{Fields, bytes, uint, word};

pub(crate) fn gid<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    uint(f.thread?.gid)
}

pub(crate) fn name<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    let thread = f.thread?;
    match f.state.group(thread, thread.gid) {
        Some(group) => bytes(&group.name),
        None => word(if thread.gid == 0 { "root" } else { "<NA>" }),
    }
}
