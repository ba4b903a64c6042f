//! `evt.is_io`, `evt.buflen` and kin: what was read and written.

use scap_rules::{FieldArg, Value};
use scap_schema::{Category, EventFlags};
use scap_state::FdType;

use crate::fields::{Fields, bytes, flag, uint, word};

const READS_OR_WRITES: EventFlags = EventFlags(EventFlags::READS_FD.0 | EventFlags::WRITES_FD.0);

pub(crate) fn is_io<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    flag(f.has(READS_OR_WRITES))
}

pub(crate) fn is_io_read<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    flag(f.has(EventFlags::READS_FD))
}

pub(crate) fn is_io_write<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    flag(f.has(EventFlags::WRITES_FD))
}

pub(crate) fn io_dir<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    if f.has(EventFlags::WRITES_FD) {
        word("write")
    } else if f.has(EventFlags::READS_FD) {
        word("read")
    } else {
        None
    }
}

pub(crate) fn is_wait<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    flag(f.has(EventFlags::WAITS))
}

pub(crate) fn is_syslog<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    const LOG: &[u8] = b"/dev/log";
    let is_log = |name: &[u8]| name.windows(LOG.len()).any(|part| part == LOG);
    flag(f.has(EventFlags::WRITES_FD) && f.any_fd().is_some_and(|fd| is_log(&fd.name)))
}

pub(crate) fn buffer<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    bytes(f.event.param(f.param_index("data")?)?)
}

/// Bytes moved, if the event does I/O in the direction of `category` on an fd that is `wanted`.
fn moved<'s>(f: &Fields<'_>, category: Option<Category>, wanted: fn(FdType) -> bool) -> Option<Value<'s>> {
    let info = f.info?;
    let fits = match category {
        Some(category) => info.category == category,
        None => matches!(info.category, Category::IoRead | Category::IoWrite | Category::IoOther),
    };
    if !fits || info.is_enter() || !f.any_fd().is_some_and(|fd| wanted(fd.ty)) {
        return None;
    }
    uint(u64::try_from(f.returned()?).ok()?)
}

fn any(_: FdType) -> bool {
    true
}

fn file(ty: FdType) -> bool {
    ty.is_file()
}

fn net(ty: FdType) -> bool {
    ty.is_inet() || matches!(ty, FdType::Ipv4Server | FdType::Ipv6Server)
}

pub(crate) fn buflen<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    moved(f, None, any)
}

pub(crate) fn buflen_in<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    moved(f, Some(Category::IoRead), any)
}

pub(crate) fn buflen_out<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    moved(f, Some(Category::IoWrite), any)
}

pub(crate) fn buflen_file<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    moved(f, None, file)
}

pub(crate) fn buflen_file_in<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    moved(f, Some(Category::IoRead), file)
}

pub(crate) fn buflen_file_out<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    moved(f, Some(Category::IoWrite), file)
}

pub(crate) fn buflen_net<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    moved(f, None, net)
}

pub(crate) fn buflen_net_in<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    moved(f, Some(Category::IoRead), net)
}

pub(crate) fn buflen_net_out<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    moved(f, Some(Category::IoWrite), net)
}
