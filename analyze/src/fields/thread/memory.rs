//! `proc.vmsize`, `thread.pfmajor` and kin: memory, as of the last event that told.

use scap_rules::{FieldArg, Value};
use scap_state::Thread;

use crate::fields::{Fields, uint};

pub(crate) fn vmsize<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    uint(f.thread?.vmsize_kb)
}

pub(crate) fn vmrss<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    uint(f.thread?.vmrss_kb)
}

pub(crate) fn vmswap<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    uint(f.thread?.vmswap_kb)
}

pub(crate) fn pfmajor<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    uint(f.thread?.pfmajor)
}

pub(crate) fn pfminor<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    uint(f.thread?.pfminor)
}

/// Memory belongs to the process, so threads other than the main one have none.
fn of_main(f: &Fields<'_>, kib: fn(&Thread) -> u32) -> Option<u64> {
    let thread = f.thread?;
    Some(if thread.is_main() { kib(thread).into() } else { 0 })
}

pub(crate) fn thread_vmsize<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    uint(of_main(f, |thread| thread.vmsize_kb)?)
}

pub(crate) fn thread_vmrss<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    uint(of_main(f, |thread| thread.vmrss_kb)?)
}

pub(crate) fn thread_vmsize_bytes<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    uint(of_main(f, |thread| thread.vmsize_kb)? * 1024)
}

pub(crate) fn thread_vmrss_bytes<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    uint(of_main(f, |thread| thread.vmrss_kb)? * 1024)
}
