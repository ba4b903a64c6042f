//! `fd.dev`, `fd.ino` and overlay layers: where a file lies.

use scap_rules::{FieldArg, Value};

use crate::fields::{Fields, flag, int};

pub(crate) fn dev<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    int(i64::from(f.fd()?.dev.cast_signed()))
}

/// The kernel's encoding of device numbers keeps the low byte of the minor number apart from the rest.
pub(crate) fn major<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    int(i64::from((f.fd()?.dev >> 8) & 0xfff))
}

pub(crate) fn minor<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    let dev = f.fd()?.dev;
    int(i64::from((dev & 0xff) | ((dev >> 12) & 0xf_ff00)))
}

pub(crate) fn ino<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    int(f.fd()?.ino.cast_signed())
}

pub(crate) fn upper_layer<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    flag(f.fd()?.upper_layer)
}

pub(crate) fn lower_layer<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    flag(f.fd()?.lower_layer)
}
