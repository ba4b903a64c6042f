//! `evt.abspath`: the path that a call with a directory descriptor means.

use scap_rules::{FieldArg, Value};
use scap_schema::code;
use scap_state::concatenate;

use crate::fields::{Fields, owned};

/// The descriptor that means the working directory.
const AT_FDCWD: i64 = -100;

/// Names of the directory's and the path's parameter; `second` asks for the destination.
fn parameters(event: u16, second: bool) -> Option<(&'static str, &'static str)> {
    Some(match (event, second) {
        (code::SYSCALL_RENAMEAT_X | code::SYSCALL_RENAMEAT2_X, false) => ("olddirfd", "oldpath"),
        (code::SYSCALL_RENAMEAT_X | code::SYSCALL_RENAMEAT2_X, true) => ("newdirfd", "newpath"),
        (code::SYSCALL_LINKAT_2_X, false) => ("olddir", "oldpath"),
        (code::SYSCALL_LINKAT_2_X, true) => ("newdir", "newpath"),
        (code::SYSCALL_SYMLINKAT_X, _) => ("linkdirfd", "linkpath"),
        (code::SYSCALL_OPENAT_2_X | code::SYSCALL_OPENAT2_X | code::SYSCALL_UNLINKAT_2_X, _) => {
            ("dirfd", "name")
        }
        (code::SYSCALL_MKDIRAT_X, _) => ("dirfd", "path"),
        (code::SYSCALL_FCHMODAT_X, _) => ("dirfd", "filename"),
        (code::SYSCALL_FCHOWNAT_X, _) => ("dirfd", "pathname"),
        _ => return None,
    })
}

pub(crate) fn abspath<'s>(f: &'s Fields<'_>, arg: &FieldArg) -> Option<Value<'s>> {
    let thread = f.thread?;
    if f.event.code == code::SYSCALL_OPEN_BY_HANDLE_AT_X {
        // The kernel tells the whole path, if the call succeeded.
        return if f.returned()? > 0 { owned(concatenate(b"", f.text_param(3)?)) } else { None };
    }
    let second = matches!(arg, FieldArg::Key(which) if which == "dst");
    let (dir, path) = parameters(f.event.code, second)?;
    let dirfd = f.event.i64(f.param_index(dir)?)?;
    let path = f.event.text(f.param_index(path)?)?;
    if path.first() == Some(&b'/') {
        return owned(concatenate(b".", path));
    }
    if dirfd == AT_FDCWD {
        return owned(concatenate(f.state.cwd(thread), path));
    }
    let mut base = f.state.fd_of(thread, dirfd).map_or(b"<UNKNOWN>".to_vec(), |dir| dir.name.to_vec());
    base.push(b'/');
    owned(concatenate(&base, path))
}
