//! `container.id`, `container.name` and kin.

use scap_rules::{FieldArg, Value};

use super::described;
use crate::fields::{Fields, bytes, flag, nonzero, uint, word};

pub(crate) fn id<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    match described(f) {
        Some(container) => bytes(container.id.as_bytes()),
        None => bytes(&f.thread?.container),
    }
}

pub(crate) fn full_id<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    bytes(described(f)?.full_id.as_bytes())
}

pub(crate) fn name<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    bytes(described(f)?.name.as_bytes())
}

pub(crate) fn container_type<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    word(described(f)?.kind.name())
}

pub(crate) fn privileged<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    flag(described(f)?.privileged)
}

/// The start of the pid namespace; a container event has none.
fn started(f: &Fields<'_>) -> Option<u64> {
    if f.state.event_container().is_some() {
        return None;
    }
    Some(f.thread?.pidns_init_start_ts).filter(|&ts| ts != 0)
}

pub(crate) fn start_ts<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    nonzero(started(f)?)
}

pub(crate) fn duration<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    uint(f.event.ts.wrapping_sub(started(f)?))
}

pub(crate) fn ip<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    bytes(described(f)?.ip.as_bytes())
}

pub(crate) fn cni_json<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    bytes(described(f)?.cni_json.as_bytes())
}

pub(crate) fn host_pid<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    flag(described(f)?.host_pid)
}

pub(crate) fn host_network<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    flag(described(f)?.host_network)
}

pub(crate) fn host_ipc<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    flag(described(f)?.host_ipc)
}
