//! `proc.fdopencount`, `proc.fdlimit`, `proc.fdusage`: how many descriptors it has and may have.

use scap_rules::{FieldArg, Value};

use crate::fields::{Fields, int, uint};

pub(crate) fn fdopencount<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    uint(u64::try_from(f.state.fd_count(f.thread?)).ok()?)
}

pub(crate) fn fdlimit<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    int(f.state.fd_limit(f.thread?))
}

pub(crate) fn fdusage<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    let thread = f.thread?;
    let open = u32::try_from(f.state.fd_count(thread)).unwrap_or(u32::MAX);
    let limit = u32::try_from(f.state.fd_limit(thread).max(0)).unwrap_or(u32::MAX);
    Some(Value::Double(match limit {
        0 => 0.0,
        _ if open > limit => 100.0,
        _ => f64::from(open) * 100.0 / f64::from(limit),
    }))
}
