//! `fd.type`, `fd.typechar`, `fd.types`: what descriptors refer to.

use std::borrow::Cow;

use scap_rules::{FieldArg, Value};
use scap_schema::code;

use crate::fields::context::type_char;
use crate::fields::{Fields, bytes, word};

pub(crate) fn fd_type<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    word(f.fd()?.ty.name())
}

pub(crate) fn typechar<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    f.fd_thread()?;
    let letter = f.fd().map_or_else(|| letter_of_event(f.event.code), |fd| type_char(fd.ty));
    // All letters are ASCII, so that a table of single bytes can be borrowed from.
    bytes(ASCII.get(usize::from(letter)).map_or(b"?", std::slice::from_ref))
}

static ASCII: [u8; 128] = {
    let mut table = [0; 128];
    let mut i = 0u8;
    while i < 128 {
        table[i as usize] = i;
        i += 1;
    }
    table
};

/// What an event would have created, had it succeeded.
fn letter_of_event(event: u16) -> u8 {
    match event {
        code::SYSCALL_OPENAT_2_X | code::SYSCALL_OPENAT2_X | code::SYSCALL_CREAT_X => b'f',
        code::SOCKET_SOCKET_X | code::SOCKET_ACCEPT_5_X | code::SOCKET_ACCEPT4_6_X => b'4',
        code::SYSCALL_PIPE_X | code::SYSCALL_PIPE2_X => b'p',
        code::SYSCALL_EVENTFD_X | code::SYSCALL_EVENTFD2_X => b'e',
        code::SYSCALL_SIGNALFD_X | code::SYSCALL_SIGNALFD4_X => b's',
        code::SYSCALL_TIMERFD_CREATE_X => b't',
        code::SYSCALL_INOTIFY_INIT_X | code::SYSCALL_INOTIFY_INIT1_X => b'i',
        _ => b'o',
    }
}

/// The type of the descriptor in the argument, or of the event's own.
pub(crate) fn own_type<'s>(f: &'s Fields<'_>, arg: &FieldArg) -> Option<Value<'s>> {
    let thread = f.fd_thread()?;
    let fd = match arg {
        FieldArg::Index(num) => f.state.fd_of(thread, i64::try_from(*num).ok()?),
        _ => f.fd(),
    };
    word(fd?.ty.name())
}

/// Types of all open descriptors, each once, by number of the first descriptor that has it.
pub(crate) fn all_types<'s>(f: &'s Fields<'_>, arg: &FieldArg, out: &mut Vec<Value<'s>>) -> bool {
    if matches!(arg, FieldArg::Index(_)) {
        let found = own_type(f, arg);
        let there = found.is_some();
        out.extend(found);
        return there;
    }
    let Some(thread) = f.fd_thread() else { return false };
    for (_, fd) in f.state.fds(thread).into_iter().flat_map(|table| table.iter()) {
        let name = Value::Bytes(Cow::Borrowed(fd.ty.name().as_bytes()));
        if !out.contains(&name) {
            out.push(name);
        }
    }
    true
}
