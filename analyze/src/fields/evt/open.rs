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
struct Places {
    flags: usize,
    mode: Option<usize>,
}

fn places(f: &Fields<'_>) -> Option<Places> {
    Some(match f.event.code {
        code::SYSCALL_OPEN_X => Places { flags: 2, mode: Some(3) },
        code::SYSCALL_OPENAT_2_X | code::SYSCALL_OPENAT2_X => Places { flags: 3, mode: Some(4) },
        code::SYSCALL_OPEN_BY_HANDLE_AT_X => Places { flags: 2, mode: None },
        _ => return None,
    })
}

fn flags_at(f: &Fields<'_>, places: &Places) -> u32 {
    f.event.u32(places.flags).unwrap_or(0)
}

fn opened_with(f: &Fields<'_>, bits: u32) -> bool {
    places(f).is_some_and(|places| flags_at(f, &places) & bits != 0)
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
    let mode = match places(f) {
        Some(places) if flags_at(f, &places) & (TMPFILE | CREATE) != 0 => {
            places.mode.and_then(|mode| f.event.u32(mode))
        }
        Some(_) => None,
        None if f.event.code == code::SYSCALL_CREAT_X => f.event.u32(2),
        None => None,
    };
    flag(mode.is_some_and(|mode| mode & ANY_EXECUTE != 0))
}
