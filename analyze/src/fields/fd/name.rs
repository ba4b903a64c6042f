//! `fd.name`, `fd.directory` and kin: what a descriptor is called.
//!
//! Events that fail to open something have no descriptor; their name comes from the event itself.

use std::borrow::Cow;

use scap_rules::{FieldArg, Value};
use scap_schema::code;
use scap_state::{Fd, FdType, concatenate_or_borrow};

use crate::fields::{Fields, bytes, evt, owned};

fn text<'s>(value: Cow<'s, [u8]>) -> Option<Value<'s>> {
    Some(Value::Bytes(value))
}

/// The name that the event gives where no descriptor does; empty for events that give none.
fn from_event<'s>(f: &'s Fields<'_>, raw: bool) -> Option<Cow<'s, [u8]>> {
    if f.info?.is_enter() {
        return None;
    }
    match f.event.code {
        code::SYSCALL_OPEN_X
        | code::SOCKET_ACCEPT_5_X
        | code::SOCKET_ACCEPT4_6_X
        | code::SYSCALL_CREAT_X
        | code::SOCKET_CONNECT_X => match evt::args::arg(f, &FieldArg::Index(1))? {
            Value::Bytes(name) => Some(name),
            _ => None,
        },
        code::SYSCALL_OPENAT_2_X | code::SYSCALL_OPENAT2_X => {
            let name = f.event.text(2)?;
            if raw {
                return Some(Cow::Borrowed(name));
            }
            let mut base = Vec::new();
            let dirfd = f.event.i64(1)?;
            if name.first() == Some(&b'/') {
                return Some(concatenate_or_borrow(b".", name));
            }
            f.state.base_of(f.thread, dirfd, name, &mut base);
            Some(concatenate_or_borrow(&base, name))
        }
        code::SYSCALL_OPEN_BY_HANDLE_AT_X => f.text_param(3).map(Cow::Borrowed),
        _ => Some(Cow::Borrowed(b"")),
    }
}

/// The name of the descriptor or, where there is none, the one that the event gives.
fn found<'s>(f: &'s Fields<'_>) -> Option<Cow<'s, [u8]>> {
    f.fd_thread()?;
    match f.fd() {
        Some(fd) => Some(Cow::Borrowed(&*fd.name)),
        None => from_event(f, false),
    }
}

pub(crate) fn name<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    // Made where it is returned: moving what was just written waits for it.
    match f.fd() {
        Some(fd) => bytes(&fd.name),
        None => text(found(f)?),
    }
}

fn has_double_slash(path: &[u8]) -> bool {
    let next = path.get(1..).unwrap_or(&[]);
    // All bytes in one sweep, which is faster for paths than to stop early.
    path.iter().zip(next).fold(false, |found, (&a, &b)| found | (a == b'/') & (b == b'/'))
}

/// The path as the process gave it, slashes in a row made one.
pub(crate) fn nameraw<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    f.fd_thread()?;
    let raw = match f.fd() {
        Some(fd) if !has_double_slash(fd.name.raw()) => return bytes(fd.name.raw()),
        Some(fd) => Cow::Borrowed(fd.name.raw()),
        None => from_event(f, true)?,
    };
    if !has_double_slash(&raw) {
        return text(raw);
    }
    let mut single = raw.into_owned();
    single.dedup_by(|next, kept| *next == b'/' && *kept == b'/');
    owned(single)
}

/// The part of `path` before its last slash; the whole path if that is its last character.
fn directory_of(path: &[u8]) -> &[u8] {
    match path.iter().rposition(|&b| b == b'/') {
        None | Some(0) => b"/",
        Some(at) if at + 1 < path.len() => path.get(..at).unwrap_or(path),
        Some(_) => path,
    }
}

/// The directory of a descriptor; `None` unless it is of a file or a directory.
fn directory_of_fd(fd: &Fd) -> Option<&[u8]> {
    match fd.ty {
        FdType::Directory => Some(&fd.name),
        ty if ty.is_file() => Some(directory_of(&fd.name)),
        _ => None,
    }
}

fn directory_name<'s>(f: &'s Fields<'_>) -> Option<Cow<'s, [u8]>> {
    f.fd_thread()?;
    match f.fd() {
        Some(fd) => directory_of_fd(fd).map(Cow::Borrowed),
        None => Some(match from_event(f, false)? {
            Cow::Borrowed(name) => Cow::Borrowed(directory_of(name)),
            Cow::Owned(name) => Cow::Owned(directory_of(&name).to_vec()),
        }),
    }
}

pub(crate) fn directory<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    match f.fd() {
        Some(fd) => bytes(directory_of_fd(fd)?),
        None => text(directory_name(f)?),
    }
}

pub(crate) fn filename<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    let fd = f.fd().filter(|fd| fd.ty.is_file())?;
    let name = &*fd.name;
    text(Cow::Borrowed(match name.iter().rposition(|&b| b == b'/') {
        None => b"/",
        Some(at) if at + 1 < name.len() => name.get(at + 1..).unwrap_or(name),
        Some(_) => name,
    }))
}

fn in_container<'s>(f: &Fields<'_>, name: &[u8]) -> Option<Value<'s>> {
    let mut out = f.thread?.container.to_vec();
    out.push(b':');
    out.extend_from_slice(name);
    owned(out)
}

pub(crate) fn containername<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    in_container(f, &found(f)?)
}

pub(crate) fn containerdirectory<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    in_container(f, &directory_name(f)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_ends_before_the_last_slash() {
        for (path, want) in
            [("/etc/passwd", "/etc"), ("/etc", "/"), ("passwd", "/"), ("/etc/", "/etc/"), ("", "/")]
        {
            assert_eq!(directory_of(path.as_bytes()), want.as_bytes(), "{path}");
        }
    }
}
