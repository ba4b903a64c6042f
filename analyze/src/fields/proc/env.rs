//! `proc.env` and `proc.aenv`: environments.

use scap_rules::{FieldArg, Value};
use scap_state::Thread;

use super::ancestry::{MAX_ANCESTORS, above};
use crate::fields::{Fields, bytes, owned, word};

/// How far up a variable is looked for.
const MAX_LEVELS: usize = 20;

/// All variables, separated by blanks.
fn joined(f: &Fields<'_>, thread: &Thread) -> Vec<u8> {
    f.state.env(thread).as_joined().iter().map(|&b| if b == 0 { b' ' } else { b }).collect()
}

pub(crate) fn env<'s>(f: &'s Fields<'_>, arg: &FieldArg) -> Option<Value<'s>> {
    let thread = f.thread?;
    match arg {
        FieldArg::Key(name) if !name.is_empty() => bytes(f.state.env_var(thread, name.as_bytes())),
        _ => owned(joined(f, thread)),
    }
}

/// The thread's parents: threads, whatever their processes.
fn parents<'s>(f: &'s Fields<'_>) -> impl Iterator<Item = &'s Thread> {
    let main = f.thread.and_then(|thread| f.state.main_thread(thread));
    std::iter::successors(main, |thread| f.state.find(thread.ptid)).skip(1)
}

pub(crate) fn aenv<'s>(f: &'s Fields<'_>, arg: &FieldArg) -> Option<Value<'s>> {
    let thread = f.thread?;
    match arg {
        FieldArg::Key(name) if !name.is_empty() => {
            let values = parents(f).take(MAX_LEVELS).map(|t| f.state.env_var(t, name.as_bytes()));
            let mut set = values.filter(|value| !value.is_empty());
            set.next().map_or_else(|| word(""), bytes)
        }
        FieldArg::Index(at) if *at > 0 => {
            if f.state.main_thread(thread).is_none() {
                return word("");
            }
            let at = usize::try_from(*at).ok().filter(|at| *at <= MAX_ANCESTORS)?;
            owned(joined(f, parents(f).nth(at - 1)?))
        }
        _ => owned(joined(f, thread)),
    }
}

/// Without a name, conditions ask the environment of every ancestor, as Falco does even with an index.
pub(crate) fn all_env<'s>(f: &'s Fields<'_>, arg: &FieldArg, out: &mut Vec<Value<'s>>) -> bool {
    if matches!(arg, FieldArg::Key(name) if !name.is_empty()) {
        return super::ancestry::push_one(aenv(f, arg), out);
    }
    let before = out.len();
    out.extend(above(f).into_iter().flatten().filter_map(|thread| owned(joined(f, thread))));
    out.len() > before
}
