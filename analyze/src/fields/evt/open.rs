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

fn flags(f: &Fields<'_>) -> u32 {
    places(f).and_then(|places| f.event.u32(places.flags)).unwrap_or(0)
}

/// For what the event opens a file, all in one look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Uses {
    pub(crate) read: bool,
    pub(crate) write: bool,
    pub(crate) create: bool,
    pub(crate) exec: bool,
}

impl Uses {
    /// Of an event, whatever its type.
    pub(crate) fn of(f: &Fields<'_>) -> Uses {
        let flags = flags(f);
        let succeeded = || f.returned().is_some_and(|returned| returned >= 0);
        let mode = match places(f) {
            Some(places) if flags & (TMPFILE | CREATE) != 0 => places.mode.and_then(|mode| f.event.u32(mode)),
            Some(_) => None,
            None if f.event.code == code::SYSCALL_CREAT_X => f.event.u32(2),
            None => None,
        };
        Uses {
            read: flags & READ != 0,
            write: flags & WRITE != 0,
            create: flags & CREATED != 0 || (flags & TMPFILE != 0 && succeeded()),
            exec: mode.is_some_and(|mode| mode & ANY_EXECUTE != 0),
        }
    }
}

pub(crate) fn is_open_read<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    flag(flags(f) & READ != 0)
}

pub(crate) fn is_open_write<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    flag(flags(f) & WRITE != 0)
}

pub(crate) fn is_open_create<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    flag(Uses::of(f).create)
}

pub(crate) fn is_open_exec<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    flag(Uses::of(f).exec)
}
