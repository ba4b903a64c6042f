//! `evt.res`, `evt.failed`, `evt.count.*`: how it went.

use scap_rules::{FieldArg, Value};
use scap_schema::{Category, ParamType, code};
use scap_state::FdType;

use crate::fields::{Fields, flag, int, uint, word};

pub(crate) fn rawres<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    int(f.returned()?)
}

pub(crate) fn res<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    let returned = f.returned()?;
    if returned >= 0 {
        return word("SUCCESS");
    }
    if let Some(name) = error_name(f, returned) {
        return word(name);
    }
    super::args::arg(f, &FieldArg::Index(0))
}

/// Printed by this name where a descriptor is expected, not by that of the error of the same number.
const AT_FDCWD: i64 = -100;

/// What [`super::args::arg`] says of a result in the usual case, without putting it together.
fn error_name(f: &Fields<'_>, returned: i64) -> Option<&'static str> {
    let names_errors = match f.param_type(0)? {
        ParamType::Errno => true,
        ParamType::Fd => f.thread().is_some() && returned != AT_FDCWD,
        _ => false,
    };
    let is_whole = f.event.i64(0) == Some(returned);
    let errno = u32::try_from(returned.unsigned_abs()).ok().filter(|_| names_errors && is_whole)?;
    scap_schema::errno_name(errno)
}

pub(crate) fn failed<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    flag(f.returned()? < 0)
}

pub(crate) fn count<'s>(_: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    uint(1u32)
}

pub(crate) fn count_exit<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    if f.info?.is_enter() { None } else { uint(1u32) }
}

pub(crate) fn count_error<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    uint(u32::from(f.returned()? < 0))
}

/// What an event that returns something is about, for counting its errors.
#[derive(Clone, Copy, PartialEq, Eq)]
enum About {
    File,
    Net,
    Other,
}

/// By its descriptor, or by its type if it has none.
fn about(f: &Fields<'_>) -> About {
    match f.any_fd().map(|fd| fd.ty) {
        Some(FdType::File | FdType::FileV2 | FdType::Directory) => About::File,
        Some(
            FdType::Ipv4Socket | FdType::Ipv6Socket | FdType::Ipv4Server | FdType::Ipv6Server | FdType::Unix,
        ) => About::Net,
        Some(_) => About::Other,
        None => match f.event.code {
            code::SYSCALL_OPEN_X
            | code::SYSCALL_CREAT_X
            | code::SYSCALL_OPENAT_2_X
            | code::SYSCALL_OPENAT2_X
            | code::SYSCALL_OPEN_BY_HANDLE_AT_X => About::File,
            code::SOCKET_ACCEPT_5_X | code::SOCKET_ACCEPT4_6_X | code::SOCKET_CONNECT_X => About::Net,
            _ => About::Other,
        },
    }
}

fn is_memory(f: &Fields<'_>) -> bool {
    f.info.is_some_and(|info| info.category == Category::Memory)
}

pub(crate) fn count_error_file<'s>(f: &'s Fields<'_>, arg: &FieldArg) -> Option<Value<'s>> {
    if about(f) == About::File { count_error(f, arg) } else { None }
}

pub(crate) fn count_error_net<'s>(f: &'s Fields<'_>, arg: &FieldArg) -> Option<Value<'s>> {
    if about(f) == About::Net { count_error(f, arg) } else { None }
}

pub(crate) fn count_error_memory<'s>(f: &'s Fields<'_>, arg: &FieldArg) -> Option<Value<'s>> {
    if is_memory(f) { count_error(f, arg) } else { None }
}

pub(crate) fn count_error_other<'s>(f: &'s Fields<'_>, arg: &FieldArg) -> Option<Value<'s>> {
    let counted = match f.any_fd() {
        Some(_) => about(f) == About::Other,
        None => about(f) == About::Other && !is_memory(f),
    };
    if counted { count_error(f, arg) } else { None }
}
