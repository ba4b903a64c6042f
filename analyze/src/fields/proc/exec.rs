//! `proc.name`, `proc.args`, `proc.cmdline` and kin: which program it runs.

use scap_rules::{FieldArg, Value};
use scap_state::Thread;

use crate::fields::{Fields, bytes, owned, uint, word};

pub(crate) fn exe<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    bytes(&f.thread?.exec.exe)
}

pub(crate) fn exepath<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    bytes(&f.thread?.exepath)
}

pub(crate) fn name<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    bytes(&f.thread?.exec.comm)
}

pub(crate) fn cmdline<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    bytes(&f.thread?.exec.cmdline)
}

/// Arguments separated by blanks.
pub(super) fn joined_args(thread: &Thread) -> Vec<u8> {
    // The state keeps them with NUL between.
    thread.exec.args.as_joined().iter().map(|&b| if b == 0 { b' ' } else { b }).collect()
}

pub(crate) fn args<'s>(f: &'s Fields<'_>, arg: &FieldArg) -> Option<Value<'s>> {
    let thread = f.thread?;
    match arg {
        // An argument that is not there is empty, not missing.
        FieldArg::Index(at) => match usize::try_from(*at).ok().and_then(|at| thread.exec.args.at(at)) {
            Some(one) => bytes(one),
            None => word(""),
        },
        _ => owned(joined_args(thread)),
    }
}

pub(crate) fn exeline<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    let thread = f.thread?;
    let mut line = thread.exec.exe.to_vec();
    line.push(b' ');
    line.extend(joined_args(thread));
    owned(line)
}

pub(crate) fn cmdnargs<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    uint(u64::try_from(f.thread?.exec.args.len()).ok()?)
}

pub(crate) fn cmdlenargs<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    let len: usize = f.thread?.exec.args.iter().map(<[u8]>::len).sum();
    uint(u64::try_from(len).ok()?)
}

pub(crate) fn cwd<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    bytes(f.state.cwd(f.thread?))
}
