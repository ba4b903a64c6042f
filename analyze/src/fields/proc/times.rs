//! `proc.duration`, `proc.pid.ts` and kin: since when it runs.

use scap_rules::{FieldArg, Value};

use super::ancestry::parent_thread;
use crate::fields::thread::limits::fdopencount;
use crate::fields::{Fields, nonzero, uint};

/// Time from `start` to the event; `None` if the start is not known.
fn since(f: &Fields<'_>, start: u64) -> Option<u64> {
    (start != 0).then(|| f.event.ts.wrapping_sub(start))
}

pub(crate) fn duration<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    uint(since(f, f.thread?.clone_ts)?)
}

/// Where the start of the parent is not known, Falco gives the number of the process' open descriptors, and
/// conditions written against Falco rely on getting a small number; so does this.
pub(crate) fn ppid_duration<'s>(f: &'s Fields<'_>, arg: &FieldArg) -> Option<Value<'s>> {
    match since(f, f.state.ancestor(f.thread?, 1)?.clone_ts) {
        Some(duration) => uint(duration),
        None => fdopencount(f, arg),
    }
}

pub(crate) fn pid_ts<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    nonzero(f.thread?.clone_ts)
}

pub(crate) fn ppid_ts<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    uint(parent_thread(f)?.clone_ts)
}
