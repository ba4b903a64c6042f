//! `container.mounts` and `container.mount*`.
//!
//! A mount is asked for by number or by a pattern of its source (for `container.mount.source`: of its
//! destination), the first that matches.

use scap_rules::{FieldArg, Value};
use scap_state::Mount;

use super::described;
use crate::fields::{Fields, bytes, owned, word};

fn text(mount: &Mount) -> String {
    format!("{}:{}:{}:{}:{}", mount.source, mount.dest, mount.mode, mount.rdwr, mount.propagation)
}

pub(crate) fn mounts<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    let all: Vec<String> = described(f)?.mounts.iter().map(text).collect();
    owned(all.join(","))
}

fn by<'s>(f: &'s Fields<'_>, arg: &FieldArg, side: fn(&Mount) -> &str) -> Option<&'s Mount> {
    let mounts = &described(f)?.mounts;
    match arg {
        FieldArg::Index(at) => mounts.get(usize::try_from(*at).ok()?),
        FieldArg::Key(pattern) => {
            let pattern = regex::Regex::new(pattern).ok()?;
            mounts.iter().find(|mount| pattern.is_match(side(mount)))
        }
        FieldArg::None => None,
    }
}

fn by_source<'s>(f: &'s Fields<'_>, arg: &FieldArg) -> Option<&'s Mount> {
    by(f, arg, |mount| &mount.source)
}

pub(crate) fn mount<'s>(f: &'s Fields<'_>, arg: &FieldArg) -> Option<Value<'s>> {
    owned(text(by_source(f, arg)?))
}

pub(crate) fn source<'s>(f: &'s Fields<'_>, arg: &FieldArg) -> Option<Value<'s>> {
    bytes(by(f, arg, |mount| &mount.dest)?.source.as_bytes())
}

pub(crate) fn dest<'s>(f: &'s Fields<'_>, arg: &FieldArg) -> Option<Value<'s>> {
    bytes(by_source(f, arg)?.dest.as_bytes())
}

pub(crate) fn mode<'s>(f: &'s Fields<'_>, arg: &FieldArg) -> Option<Value<'s>> {
    bytes(by_source(f, arg)?.mode.as_bytes())
}

pub(crate) fn rdwr<'s>(f: &'s Fields<'_>, arg: &FieldArg) -> Option<Value<'s>> {
    word(if by_source(f, arg)?.rdwr { "true" } else { "false" })
}

pub(crate) fn propagation<'s>(f: &'s Fields<'_>, arg: &FieldArg) -> Option<Value<'s>> {
    bytes(by_source(f, arg)?.propagation.as_bytes())
}
