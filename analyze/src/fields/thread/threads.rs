//! `thread.tid`, `proc.nthreads` and kin: the thread among those of its process.

use scap_rules::{FieldArg, Value};

use crate::fields::proc::ids::plausible;
use crate::fields::{Fields, flag, int, owned, uint};

pub(crate) fn tid<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    int(plausible(f.event.tid)?)
}

pub(crate) fn ismain<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    flag(f.thread?.is_main())
}

pub(crate) fn vtid<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    int(Some(f.thread?.vtid).filter(|&id| id != -1)?)
}

pub(crate) fn nthreads<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    uint(f.state.live_threads(f.thread?))
}

pub(crate) fn nchilds<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    uint(f.state.live_secondary_threads(f.thread?))
}

pub(crate) fn exectime<'s>(_: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    uint(0u32)
}

pub(crate) fn totexectime<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    f.thread?;
    uint(0u32)
}

pub(crate) fn nametid<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    let mut out = f.thread?.exec.comm.to_vec();
    out.extend_from_slice(f.event.tid.to_string().as_bytes());
    owned(out)
}
