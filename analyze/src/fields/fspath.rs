//! `fs.path.*`: the paths that a successful event acts on.
//!
//! Which parameter holds which path is a table; how a relative path is completed depends on whether the
//! call takes a directory descriptor.

use std::borrow::Cow;

use scap_rules::{FieldArg, Value};
use scap_schema::code;
use scap_state::{FdType, concatenate};

use super::{Fields, fd, owned};

/// Where an event keeps its path.
#[derive(Clone, Copy)]
enum Path {
    /// In the parameter of this name.
    Param(&'static str),
    /// In the descriptor it acts on.
    FdName,
}

/// The paths of an event.
#[derive(Clone, Copy)]
enum Paths {
    /// One path.
    One(Path),
    /// Source and target.
    Two(&'static str, &'static str),
}

use Path::{FdName, Param};
use Paths::{One, Two};

/// The paths of `event`, and whether it returns a descriptor instead of 0.
#[rustfmt::skip]
fn paths(event: u16) -> Option<(Paths, bool)> {
    Some(match event {
        code::SYSCALL_MKDIR_2_X | code::SYSCALL_MKDIRAT_X | code::SYSCALL_RMDIR_2_X
        | code::SYSCALL_UNLINK_2_X | code::SYSCALL_CHOWN_X | code::SYSCALL_LCHOWN_X => (One(Param("path")), false),
        code::SYSCALL_UNLINKAT_2_X | code::SYSCALL_UMOUNT_1_X
        | code::SYSCALL_UMOUNT2_X                                  => (One(Param("name")), false),
        code::SYSCALL_OPEN_X | code::SYSCALL_OPENAT_2_X
        | code::SYSCALL_OPENAT2_X                                  => (One(Param("name")), true),
        code::SYSCALL_CHMOD_X | code::SYSCALL_FCHMODAT_X           => (One(Param("filename")), false),
        code::SYSCALL_FCHOWNAT_X                                   => (One(Param("pathname")), false),
        code::SYSCALL_QUOTACTL_X                                   => (One(Param("special")), false),
        code::SYSCALL_FCHMOD_X | code::SYSCALL_FCHOWN_X            => (One(FdName), false),
        code::SYSCALL_RENAME_X | code::SYSCALL_RENAMEAT_X
        | code::SYSCALL_RENAMEAT2_X                                => (Two("oldpath", "newpath"), false),
        code::SYSCALL_LINK_2_X | code::SYSCALL_LINKAT_2_X          => (Two("newpath", "oldpath"), false),
        code::SYSCALL_SYMLINK_X | code::SYSCALL_SYMLINKAT_X        => (Two("linkpath", "target"), false),
        code::SYSCALL_MOUNT_X                                      => (Two("dev", "dir"), false),
        _ => return None,
    })
}

/// Which of the paths a field is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    Only,
    Source,
    Target,
}

/// The path as the process gave it, if the event succeeded.
fn raw<'s>(f: &'s Fields<'_>, which: Which) -> Option<Cow<'s, [u8]>> {
    let (paths, returns_fd) = paths(f.event.code)?;
    // Falco takes every descriptor but -1 for success, so that opens that fail with other errors than EPERM
    // count as well.
    let succeeded = if returns_fd {
        f.event.i64(f.param_index("fd")?)? != -1
    } else {
        f.event.i64(f.param_index("res")?)? == 0
    };
    let path = match (paths, which) {
        (One(path), Which::Only) => path,
        (Two(source, _), Which::Source) => Param(source),
        (Two(_, target), Which::Target) => Param(target),
        _ => return None,
    };
    match path {
        _ if !succeeded => None,
        Param(name) => f.text_param(f.param_index(name)?).map(Cow::Borrowed),
        FdName => match fd::name::name(f, &FieldArg::None)? {
            Value::Bytes(name) => Some(name),
            _ => None,
        },
    }
}

fn full<'s>(f: &'s Fields<'_>, which: Which) -> Option<Value<'s>> {
    let path = raw(f, which)?;
    let thread = f.thread?;
    if path.first() == Some(&b'/') {
        return owned(concatenate(b"", &path));
    }
    let mut base = Vec::new();
    match f.event.code {
        code::SYSCALL_OPENAT_2_X | code::SYSCALL_OPENAT2_X => {
            let name = f.fd().map_or(&b"<UNKNOWN>"[..], |fd| &fd.name);
            return owned(concatenate(b"", name));
        }
        code::SYSCALL_FCHOWNAT_X
        | code::SYSCALL_FCHMODAT_X
        | code::SYSCALL_MKDIRAT_X
        | code::SYSCALL_UNLINKAT_2_X => directory(f, &mut base),
        code::SYSCALL_SYMLINKAT_X if which == Which::Source => directory(f, &mut base),
        code::SYSCALL_SYMLINKAT_X => base.extend_from_slice(b"<UNKNOWN>"),
        code::SYSCALL_RENAMEAT2_X => {
            let dirfd = f.event.i64(if which == Which::Target { 3 } else { 1 })?;
            f.state.base_of(Some(thread), dirfd, &path, &mut base);
        }
        _ => base.extend_from_slice(f.state.cwd(thread)),
    }
    owned(concatenate(&base, &path))
}

/// The directory that the event's descriptor names.
fn directory(f: &Fields<'_>, out: &mut Vec<u8>) {
    match f.fd().filter(|fd| fd.ty == FdType::Directory) {
        Some(fd) => {
            out.extend_from_slice(&fd.name);
            if !fd.name.is_empty() && !fd.name.ends_with(b"/") {
                out.push(b'/');
            }
        }
        None => out.extend_from_slice(b"<UNKNOWN>"),
    }
}

pub(crate) fn name<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    full(f, Which::Only)
}

pub(crate) fn nameraw<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    raw(f, Which::Only).map(Value::Bytes)
}

pub(crate) fn source<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    full(f, Which::Source)
}

pub(crate) fn sourceraw<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    raw(f, Which::Source).map(Value::Bytes)
}

pub(crate) fn target<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    full(f, Which::Target)
}

pub(crate) fn targetraw<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    raw(f, Which::Target).map(Value::Bytes)
}
