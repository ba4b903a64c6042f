//! `proc.exe_ino*`, `proc.is_exe_*`: the file that the process executes.

use scap_rules::{FieldArg, Value};

use crate::fields::{Fields, flag, int, nonzero};

pub(crate) fn writable<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    flag(f.thread?.exe_file.writable)
}

pub(crate) fn upper_layer<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    flag(f.thread?.exe_file.upper_layer)
}

pub(crate) fn lower_layer<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    flag(f.thread?.exe_file.lower_layer)
}

pub(crate) fn from_memfd<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    flag(f.thread?.exe_file.from_memfd)
}

pub(crate) fn ino<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    let ino = f.thread?.exe_file.ino;
    if ino == 0 { None } else { int(ino.cast_signed()) }
}

pub(crate) fn ctime<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    nonzero(f.thread?.exe_file.ctime)
}

pub(crate) fn mtime<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    nonzero(f.thread?.exe_file.mtime)
}

pub(crate) fn ctime_to_start<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    nonzero(f.thread?.exe_file.ctime_to_clone)
}

pub(crate) fn ctime_since_pidns<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    nonzero(f.thread?.exe_file.pidns_start_to_ctime)
}

pub(crate) fn pidns_init_start<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    nonzero(f.thread?.pidns_init_start_ts)
}
