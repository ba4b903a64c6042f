//! `proc.pid`, `proc.sid`, `proc.tty` and kin: numbers of the process.

use scap_rules::{FieldArg, Value};

use crate::fields::{Fields, flag, int, uint};

/// Ids outside of what the kernel hands out stand for processes of other machines.
pub(crate) fn plausible(id: i64) -> Option<i64> {
    (-1..=i64::from(u32::MAX)).contains(&id).then_some(id)
}

pub(crate) fn pid<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    int(plausible(f.thread?.pid)?)
}

pub(crate) fn vpid<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    int(Some(f.thread?.vpid).filter(|&id| id != -1)?)
}

pub(crate) fn sid<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    int(f.thread?.sid)
}

pub(crate) fn pgid<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    int(f.thread?.pgid)
}

pub(crate) fn vpgid<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    int(f.thread?.vpgid)
}

pub(crate) fn tty<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    uint(f.thread?.tty)
}

pub(crate) fn is_sid_leader<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    let thread = f.thread?;
    flag(thread.sid == thread.vpid)
}

pub(crate) fn is_vpgid_leader<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    let thread = f.thread?;
    flag(thread.vpgid == thread.vpid)
}

pub(crate) fn is_pgid_leader<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    let thread = f.thread?;
    flag(thread.pgid == thread.pid)
}
