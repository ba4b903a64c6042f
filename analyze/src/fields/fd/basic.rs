//! `fd.num`, `fd.uid` and what is known of every descriptor.

use scap_rules::{FieldArg, Value};

use crate::fields::{Fields, flag, int, owned};

pub(crate) fn num<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    f.fd_thread()?;
    int(f.state.fd_num())
}

pub(crate) fn uid<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    let thread = f.fd_thread()?;
    owned(format!("{}{}", thread.tid, f.state.fd_num()))
}

pub(crate) fn connected<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    flag(f.fd()?.connected)
}

pub(crate) fn name_changed<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    f.fd()?;
    flag(f.state.fd_name_changed())
}

/// Fields that stand for both ends have no single value to print.
pub(crate) fn both_ends_print_nothing<'s>(_: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    None
}

pub(crate) fn known(f: &Fields<'_>, _: &FieldArg) -> bool {
    f.fd().is_some()
}
