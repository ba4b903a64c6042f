//! `proc.pname`, `proc.aname` and kin: the processes above.
//!
//! With an index, an ancestor is a process: its main thread. Without, conditions ask every thread in the line
//! of parents, and outputs join what they say.

use std::borrow::Cow;
use std::iter::Take;

use scap_rules::{FieldArg, Value};
use scap_state::{Ancestors, Thread};

use super::exec::joined_args;
use crate::fields::{Fields, bytes, int, owned};

/// The ancestor that `arg` counts to.
fn ancestor<'s>(f: &'s Fields<'_>, at: u64) -> Option<&'s Thread> {
    let at = u32::try_from(at).ok().filter(|_| at <= MAX_ANCESTORS as u64)?;
    f.state.ancestor(f.thread?, at)
}

/// Ancestors that are looked at. No machine has such a line of processes, but a forged trace may.
pub(super) const MAX_ANCESTORS: usize = 1024;

/// All threads above the process.
pub(super) fn above<'s>(f: &'s Fields<'_>) -> Option<Take<Ancestors<'s>>> {
    Some(f.state.ancestors(f.state.main_thread(f.thread?)?).take(MAX_ANCESTORS))
}

/// Joins what `text` says of all ancestors by blanks; `None` if that is nothing.
fn all_in_one<'s>(f: &'s Fields<'_>, text: impl Fn(&'s Thread) -> Cow<'s, [u8]>) -> Option<Value<'s>> {
    let mut out = Vec::new();
    for thread in above(f)? {
        if !out.is_empty() {
            out.push(b' ');
        }
        out.extend_from_slice(&text(thread));
    }
    if out.is_empty() { None } else { owned(out) }
}

fn push_all<'s>(
    f: &'s Fields<'_>,
    out: &mut Vec<Value<'s>>,
    value: impl Fn(&'s Thread) -> Option<Value<'s>>,
) -> bool {
    let before = out.len();
    out.extend(above(f).into_iter().flatten().filter_map(value));
    out.len() > before
}

/// A field of the parent, of one ancestor, and of all of them.
macro_rules! ancestor_text {
    ($($(#[$doc:meta])* $parent:ident, $one:ident, $all:ident: $text:expr;)*) => {$(
        $(#[$doc])*
        pub(crate) fn $parent<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
            let text: fn(&Thread) -> &[u8] = $text;
            bytes(text(ancestor(f, 1)?))
        }

        $(#[$doc])*
        pub(crate) fn $one<'s>(f: &'s Fields<'_>, arg: &FieldArg) -> Option<Value<'s>> {
            let text: fn(&Thread) -> &[u8] = $text;
            match arg {
                FieldArg::Index(at) => bytes(text(ancestor(f, *at)?)),
                _ => all_in_one(f, |thread| Cow::Borrowed(text(thread))),
            }
        }

        $(#[$doc])*
        pub(crate) fn $all<'s>(f: &'s Fields<'_>, arg: &FieldArg, out: &mut Vec<Value<'s>>) -> bool {
            let text: fn(&Thread) -> &[u8] = $text;
            if let FieldArg::Index(_) = arg {
                return push_one($one(f, arg), out);
            }
            push_all(f, out, |thread| bytes(text(thread)))
        }
    )*};
}

ancestor_text! {
    /// Command name.
    pname, aname, all_name: |thread| &thread.exec.comm;
    /// First argument.
    pexe, aexe, all_exe: |thread| &thread.exec.exe;
    /// Executable.
    pexepath, aexepath, all_exepath: |thread| &thread.exepath;
    /// Command line.
    pcmdline, acmdline, all_cmdline: |thread| &thread.exec.cmdline;
}

/// Appends a single value, if there is one.
pub(super) fn push_one<'s>(value: Option<Value<'s>>, out: &mut Vec<Value<'s>>) -> bool {
    let there = value.is_some();
    out.extend(value);
    there
}

pub(crate) fn aargs<'s>(f: &'s Fields<'_>, arg: &FieldArg) -> Option<Value<'s>> {
    match arg {
        FieldArg::Index(at) => owned(joined_args(ancestor(f, *at)?)),
        _ => all_in_one(f, |thread| Cow::Owned(joined_args(thread))),
    }
}

pub(crate) fn ppid<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    int(ancestor(f, 1)?.pid)
}

pub(crate) fn apid<'s>(f: &'s Fields<'_>, arg: &FieldArg) -> Option<Value<'s>> {
    let at = if let FieldArg::Index(at) = arg { *at } else { 0 };
    int(ancestor(f, at)?.pid)
}

pub(crate) fn all_pid<'s>(f: &'s Fields<'_>, arg: &FieldArg, out: &mut Vec<Value<'s>>) -> bool {
    if let FieldArg::Index(_) = arg {
        return push_one(apid(f, arg), out);
    }
    push_all(f, out, |thread| int(thread.pid))
}

/// The parent as a thread, whether or not it is the main one of its process.
pub(super) fn parent_thread<'s>(f: &'s Fields<'_>) -> Option<&'s Thread> {
    f.state.find(f.thread?.ptid)
}

pub(crate) fn pvpid<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    int(parent_thread(f)?.vpid)
}

pub(crate) fn loginshellid<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    let main = f.state.main_thread(f.thread?)?;
    let line = std::iter::once(main).chain(above(f)?);
    int(line.filter(|thread| thread.exec.comm.ends_with(b"sh")).last()?.pid)
}
