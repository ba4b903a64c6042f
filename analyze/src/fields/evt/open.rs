//! `evt.is_open_*`: for what a file was opened.
//!
//! Flags are libscap's encoding, in which reading and writing are bits of their own.

use scap_rules::{FieldArg, Value};
use scap_schema::code;

use crate::fields::{Fields, flag};

const READ: u32 = 1;
const WRITE: u32 = 1 << 1;
const CREATE: u32 = 1 << 2;
const TMPFILE: u32 = 1 << 13;
const CREATED: u32 = 1 << 14;
const ANY_EXECUTE: u32 = 0o111;

/// Where the open calls keep flags and mode.
struct Opened {
    flags: u32,
    mode: Option<u32>,
}

fn opened(f: &Fields<'_>) -> Option<Opened> {
    let (flags, mode) = match f.event.code {
        code::SYSCALL_OPEN_X => (2, Some(3)),
        code::SYSCALL_OPENAT_2_X | code::SYSCALL_OPENAT2_X => (3, Some(4)),
        code::SYSCALL_OPEN_BY_HANDLE_AT_X => (2, None),
        _ => return None,
    };
    Some(Opened { flags: f.event.u32(flags).unwrap_or(0), mode: mode.and_then(|mode| f.event.u32(mode)) })
}

fn opened_with(f: &Fields<'_>, bits: u32) -> bool {
    opened(f).is_some_and(|opened| opened.flags & bits != 0)
}

pub(crate) fn is_open_read<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    flag(opened_with(f, READ))
}

pub(crate) fn is_open_write<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    flag(opened_with(f, WRITE))
}

pub(crate) fn is_open_create<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    let succeeded = f.returned().is_some_and(|returned| returned >= 0);
    flag(opened_with(f, CREATED) || (opened_with(f, TMPFILE) && succeeded))
}

pub(crate) fn is_open_exec<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    let mode = match opened(f) {
        Some(opened) if opened.flags & (TMPFILE | CREATE) != 0 => opened.mode,
        Some(_) => None,
        None if f.event.code == code::SYSCALL_CREAT_X => f.event.u32(2),
        None => None,
    };
    flag(mode.is_some_and(|mode| mode & ANY_EXECUTE != 0))
}
