//! Makes system calls with known arguments and writes down what a recording of them must hold.
//!
//! Runs in a process of its own. One line is one expected event: its name, then `parameter=hex` for each
//! parameter that is known exactly, or `parameter~from..to` for one that is known roughly.
#![allow(dead_code, unused_imports, reason = "each test uses its part")]

mod files;
mod generic;
mod kernel;
mod overlay;
mod processes;
mod sockets;
mod task;

pub(crate) use generic::NEVER_RETURN;

use std::ffi::CString;
use std::fmt::Write;
use std::path::Path;

/// Makes all calls, working in `dir`, which exists and is empty; returns the expectations.
pub(crate) fn all(dir: &Path) -> String {
    let mut script = Script::default();
    std::env::set_current_dir(dir).unwrap();
    files::exercise(&mut script, dir);
    sockets::exercise(&mut script);
    processes::exercise(&mut script);
    kernel::exercise(&mut script);
    overlay::exercise(&mut script);
    generic::exercise(&mut script);
    script.lines
}

#[derive(Default)]
pub(crate) struct Script {
    lines: String,
}

impl Script {
    /// An event that must be there.
    pub(crate) fn expect(&mut self, event: &str, params: &[(&str, Vec<u8>)]) {
        self.expect_about(event, params, &[]);
    }

    /// An event that must be there, with numbers of which only the range is known.
    pub(crate) fn expect_about(
        &mut self,
        event: &str,
        params: &[(&str, Vec<u8>)],
        ranges: &[(&str, i64, i64)],
    ) {
        self.lines.push_str(event);
        for (name, value) in params {
            write!(self.lines, " {name}=").unwrap();
            for byte in value {
                write!(self.lines, "{byte:02x}").unwrap();
            }
        }
        for (name, from, to) in ranges {
            write!(self.lines, " {name}~{from}..{to}").unwrap();
        }
        self.lines.push('\n');
    }
}

/// 64-bit number.
pub(crate) fn n(value: i64) -> Vec<u8> {
    value.to_le_bytes().to_vec()
}

/// 32-bit number.
pub(crate) fn w(value: u32) -> Vec<u8> {
    value.to_le_bytes().to_vec()
}

/// 16-bit number.
pub(crate) fn h(value: u16) -> Vec<u8> {
    value.to_le_bytes().to_vec()
}

/// 8-bit number.
pub(crate) fn c(value: u8) -> Vec<u8> {
    vec![value]
}

/// String with its NUL.
pub(crate) fn t(text: &str) -> Vec<u8> {
    cstr(text).into_bytes_with_nul()
}

/// Bytes.
pub(crate) fn b(bytes: &[u8]) -> Vec<u8> {
    bytes.to_vec()
}

pub(crate) fn cstr(text: &str) -> CString {
    CString::new(text).unwrap()
}

/// Anything that goes into a register.
pub(crate) trait Word {
    fn word(self) -> libc::c_long;
}
impl Word for i32 {
    fn word(self) -> libc::c_long {
        libc::c_long::from(self)
    }
}
impl Word for i64 {
    fn word(self) -> libc::c_long {
        self
    }
}
impl Word for u32 {
    fn word(self) -> libc::c_long {
        libc::c_long::from(self)
    }
}
impl Word for usize {
    fn word(self) -> libc::c_long {
        libc::c_long::try_from(self).unwrap()
    }
}
impl<T> Word for *const T {
    fn word(self) -> libc::c_long {
        self.addr().cast_signed() as libc::c_long
    }
}
impl<T> Word for *mut T {
    fn word(self) -> libc::c_long {
        self.addr().cast_signed() as libc::c_long
    }
}
impl Word for &CString {
    fn word(self) -> libc::c_long {
        self.as_ptr().word()
    }
}

/// Makes system call `number` with up to six arguments; failures are `-errno`.
pub(crate) fn raw(number: libc::c_long, args: &[libc::c_long]) -> i64 {
    let arg = |at: usize| args.get(at).copied().unwrap_or(0);
    // SAFETY: the arguments are numbers, or addresses of live buffers as large as the call wants them (the
    // callers here), or deliberately wrong ones which the kernel refuses.
    let ret = unsafe { libc::syscall(number, arg(0), arg(1), arg(2), arg(3), arg(4), arg(5)) };
    if ret == -1 { -i64::from(std::io::Error::last_os_error().raw_os_error().unwrap()) } else { ret }
}

/// `call!(SYS_open, &path, flags)`: one expression, so that what the arguments point to lives until the call is over.
macro_rules! call {
    ($nr:ident $(, $arg:expr)*) => {
        $crate::exercise::raw(libc::$nr, &[$($crate::exercise::Word::word($arg)),*])
    };
}
pub(crate) use call;
