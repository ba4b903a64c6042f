//! `user.*`: as whom the process runs, and who logged in.

use scap_rules::{FieldArg, Value};
use scap_schema::code;
use scap_state::UserRecord;

use super::{Fields, bytes, int, uint, word};

const UNKNOWN: &str = "<NA>";

fn record<'s>(f: &'s Fields<'_>) -> Option<&'s UserRecord> {
    let thread = f.thread?;
    f.state.user(thread, thread.uid)
}

pub(crate) fn uid<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    uint(f.thread?.uid)
}

/// Container events tell which user the container runs as.
fn user_of_container<'s>(f: &'s Fields<'_>) -> Option<&'s str> {
    let about_container = match f.event.code {
        code::CONTAINER_JSON_2_E => true,
        code::ASYNCEVENT_E => f.event.text(1) == Some(b"container"),
        _ => false,
    };
    let container = f.state.container(f.thread?).filter(|_| about_container)?;
    Some(container.user.as_str()).filter(|user| !user.is_empty())
}

pub(crate) fn name<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    let thread = f.thread?;
    if let Some(user) = user_of_container(f) {
        return bytes(user.as_bytes());
    }
    match record(f) {
        Some(user) => bytes(&user.name),
        None => word(if thread.uid == 0 { "root" } else { UNKNOWN }),
    }
}

pub(crate) fn homedir<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    let thread = f.thread?;
    match record(f) {
        Some(user) => bytes(&user.home),
        None => word(if thread.uid == 0 { "/root" } else { UNKNOWN }),
    }
}

pub(crate) fn shell<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    f.thread?;
    match record(f) {
        Some(user) => bytes(&user.shell),
        None => word(UNKNOWN),
    }
}

/// -1 for processes that nobody logged in for.
pub(crate) fn loginuid<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    let uid = f.thread?.loginuid;
    int(if uid == u32::MAX { -1 } else { uid.into() })
}

pub(crate) fn loginname<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    let thread = f.thread?;
    match f.state.user(thread, thread.loginuid) {
        Some(user) => bytes(&user.name),
        None => word(if thread.loginuid == 0 { "root" } else { UNKNOWN }),
    }
}
