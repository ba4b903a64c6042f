//! `evt.type`, `evt.category` and kin: what sort of event it is.

use scap_rules::{FieldArg, Value};
use scap_schema::{Category, Origin, code};
use scap_state::FdType;

use crate::fields::{Fields, bytes, flag, int, uint, word};

/// Number that stands for "no such call" in generic events.
const UNKNOWN_CALL: u16 = 0;

pub(crate) fn num<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    uint(f.event.num)
}

pub(crate) fn source<'s>(_: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    word("syscall")
}

fn is_meta(f: &Fields<'_>) -> bool {
    f.info.is_some_and(|info| info.origin == Origin::Meta)
}

pub(crate) fn is_async<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    flag(is_meta(f))
}

pub(crate) fn asynctype<'s>(f: &'s Fields<'_>, arg: &FieldArg) -> Option<Value<'s>> {
    if is_meta(f) { evt_type(f, arg) } else { None }
}

pub(crate) fn hostname<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    bytes(&f.state.machine().hostname)
}

pub(crate) fn dir<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    word(if f.info?.is_enter() { ">" } else { "<" })
}

/// Name of the call that a generic event stands for.
fn generic_name(f: &Fields<'_>) -> Option<&'static str> {
    let mut call = scap_schema::syscall(f.event.u16(0)?);
    // A recorder that does not know the call writes its number on the machine that was recorded.
    if f.event.u16(0) == Some(UNKNOWN_CALL)
        && let Some(number) = f.event.u16(1)
    {
        call = scap_schema::syscall_by_number(scap_schema::Arch::X86_64, number).or(call);
    }
    call.map(|call| call.name)
}

pub(crate) fn evt_type<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    match f.event.code {
        code::GENERIC_X => word(generic_name(f)?),
        code::ASYNCEVENT_E => bytes(f.text_param(1)?),
        _ => word(f.info?.name),
    }
}

pub(crate) fn type_is<'s>(f: &'s Fields<'_>, arg: &FieldArg) -> Option<Value<'s>> {
    let FieldArg::Key(name) = arg else { return None };
    uint(u32::from(f.info?.name == name))
}

pub(crate) fn syscall_type<'s>(f: &'s Fields<'_>, arg: &FieldArg) -> Option<Value<'s>> {
    if f.info?.origin == Origin::Syscall { evt_type(f, arg) } else { None }
}

pub(crate) fn cpu<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    int(i64::from(f.event.cpu.cast_signed()))
}

pub(crate) fn category<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    word(category_name(f)?)
}

/// What the event is about, as a word; `None` for events that the schema does not know.
pub(crate) fn category_name(f: &Fields<'_>) -> Option<&'static str> {
    Some(match f.info?.category {
        Category::Unknown => "unknown",
        Category::Other => "other",
        Category::File => "file",
        Category::Net => "net",
        Category::Ipc => "IPC",
        Category::Memory => "memory",
        Category::Process => "process",
        Category::Sleep => "sleep",
        Category::System => "system",
        Category::Signal => "signal",
        Category::User => "user",
        Category::Time => "time",
        Category::Processing => "processing",
        Category::IoRead | Category::IoWrite | Category::IoOther => io_category(f),
        Category::Wait => "wait",
        Category::Scheduler => "scheduler",
        Category::Internal => "internal",
    })
}

/// Reading and writing are about what their descriptor is.
fn io_category(f: &Fields<'_>) -> &'static str {
    match f.any_fd().map(|fd| fd.ty) {
        Some(FdType::File | FdType::FileV2 | FdType::Directory) => "file",
        Some(FdType::Ipv4Socket | FdType::Ipv6Socket | FdType::Ipv4Server | FdType::Ipv6Server) => "net",
        Some(
            FdType::Fifo
            | FdType::Unix
            | FdType::Event
            | FdType::Signal
            | FdType::Inotify
            | FdType::UserFault,
        ) => "ipc",
        _ => "unknown",
    }
}
