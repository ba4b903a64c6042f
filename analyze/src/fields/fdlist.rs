//! `fdlist.*`: the descriptors that a poll waits for.
//!
//! Layout of the parameter: u16 count, then for each descriptor i64 number and i16 flags.

use scap_rules::{FieldArg, Value};
use scap_schema::code;
use scap_state::{Fd, Tuple};

use super::{Fields, owned};
use crate::print::ip_text;

/// Joins what `text` makes of every descriptor by commas; `None` if there is nothing to join.
fn joined<'s>(f: &Fields<'_>, text: impl Fn(i64, Option<&Fd>) -> Option<Vec<u8>>) -> Option<Value<'s>> {
    if !matches!(f.event.code, code::SYSCALL_POLL_X | code::SYSCALL_PPOLL_X) {
        return None;
    }
    let (count, entries) = f.event.param(1)?.split_at_checked(2)?;
    let count = u16::from_le_bytes(count.try_into().ok()?);
    let thread = f.thread?;
    let mut parts = Vec::new();
    for entry in entries.chunks_exact(10).take(count.into()) {
        let num = i64::from_le_bytes(entry.get(..8)?.try_into().ok()?);
        parts.extend(text(num, f.state.fd_of(thread, num)));
    }
    let all = parts.join(&b","[..]);
    if all.is_empty() { None } else { owned(all) }
}

fn tuple(fd: Option<&Fd>) -> Option<Tuple> {
    let fd = fd?;
    fd.sock.tuple(fd.ty)
}

pub(crate) fn nums<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    joined(f, |num, _| Some(num.to_string().into_bytes()))
}

pub(crate) fn names<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    joined(f, |_, fd| {
        Some(fd.filter(|fd| !fd.name.is_empty()).map_or_else(|| b"<NA>".to_vec(), |fd| fd.name.to_vec()))
    })
}

pub(crate) fn cips<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    joined(f, |_, fd| Some(ip_text(tuple(fd)?.source.ip).into_bytes()))
}

pub(crate) fn sips<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    joined(f, |_, fd| {
        let server = fd.and_then(|fd| fd.sock.server(fd.ty)).map(|server| server.ip);
        let ip = server.or_else(|| Some(tuple(fd)?.dest.ip));
        Some(ip_text(ip?).into_bytes())
    })
}

pub(crate) fn cports<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    joined(f, |_, fd| Some(tuple(fd)?.source.port.to_string().into_bytes()))
}

pub(crate) fn sports<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    joined(f, |_, fd| Some(tuple(fd)?.dest.port.to_string().into_bytes()))
}
