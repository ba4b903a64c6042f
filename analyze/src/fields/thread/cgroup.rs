//! `thread.cgroups` and `thread.cgroup`: control groups.

use scap_rules::{FieldArg, Value};

use crate::fields::{Fields, bytes, owned};

pub(crate) fn cgroups<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    let list = &f.thread?.cgroups.list;
    if list.is_empty() {
        return None;
    }
    let mut out = Vec::new();
    for (i, (subsystem, path)) in list.iter().enumerate() {
        if i > 0 {
            out.push(b' ');
        }
        out.extend_from_slice(subsystem);
        out.push(b'=');
        out.extend_from_slice(path);
    }
    owned(out)
}

pub(crate) fn cgroup<'s>(f: &'s Fields<'_>, arg: &FieldArg) -> Option<Value<'s>> {
    let FieldArg::Key(subsystem) = arg else { return None };
    bytes(f.thread?.cgroups.of(subsystem.as_bytes())?)
}
