//! Records of an account as JSON.
//!
//! Bytes that are no UTF-8 become U+FFFD; everything else stays as it was. Times are ISO 8601 in UTC, unknown values null.

use scap_account::{Account, Image, Moment, Process, ProcessId};
use scap_analyze::print::iso8601_utc;
use serde_json::{Value, json};

/// Text of evidence.
pub(crate) fn text(bytes: &[u8]) -> Value {
    Value::from(String::from_utf8_lossy(bytes))
}

/// Text that may be unknown.
pub(crate) fn known(bytes: &[u8]) -> Value {
    if bytes.is_empty() { Value::Null } else { text(bytes) }
}

/// A time.
pub(crate) fn time(ts: u64) -> Value {
    Value::from(iso8601_utc(ts))
}

/// A moment: time and number of the event.
pub(crate) fn moment(moment: Moment) -> Value {
    json!({"time": iso8601_utc(moment.ts), "event": moment.event})
}

/// A user's id; null if unknown.
pub(crate) fn uid(uid: u32) -> Value {
    if uid == u32::MAX { Value::Null } else { Value::from(uid) }
}

/// Who did something at `at`: id in the account, pid, and name and command line at that time.
pub(crate) fn who(account: &Account, id: Option<ProcessId>, at: Moment) -> Value {
    let Some(process) = id.and_then(|id| account.process(id)) else { return Value::Null };
    let image = process.image_at(at);
    json!({
        "id": process.id.0,
        "pid": process.pid,
        "name": image.map(|image| text(&image.name)),
        "cmdline": image.map(|image| text(&image.cmdline)),
    })
}

/// Everything of a process.
pub(crate) fn process(account: &Account, process: &Process) -> Value {
    let users = process
        .users
        .iter()
        .map(|(since, id, name)| json!({"since": moment(*since), "uid": uid(*id), "name": known(name)}));
    let alerts = process.alerts.iter().filter_map(|&at| {
        let alert = &account.alerts.get(at as usize)?.alert;
        Some(json!({
            "event": alert.event,
            "time": iso8601_utc(alert.ts),
            "priority": alert.rule.priority.name(),
            "rule": alert.rule.name,
        }))
    });
    let container = account.container_of(process);
    json!({
        "id": process.id.0,
        "parent": process.parent.map(|id| id.0),
        "pid": process.pid,
        "ppid": process.ppid,
        "vpid": process.vpid,
        "start": process.start.map(moment),
        "first": moment(process.first),
        "last": moment(process.last),
        "end": process.end.map(|end| json!({
            "time": iso8601_utc(end.at.ts),
            "event": end.at.event,
            "code": end.code,
            "signal": end.signal.map(|signal| scap_schema::signal_name(signal).map_or_else(|| signal.to_string(), str::to_owned)),
        })),
        "images": process.images.iter().map(image).collect::<Vec<_>>(),
        "users": users.collect::<Vec<_>>(),
        "loginuid": uid(process.loginuid),
        "container": container.map(|container| json!({"id": container.id, "name": container.name, "image": container.image})),
        "threads": process.threads,
        "events": process.events,
        "alerts": alerts.collect::<Vec<_>>(),
    })
}

fn image(image: &Image) -> Value {
    json!({
        "since": moment(image.since),
        "name": text(&image.name),
        "exe": text(&image.exe),
        "cmdline": text(&image.cmdline),
        "cwd": known(&image.cwd),
        "hash": image.hash.as_deref().map(text),
        "fresh": image.fresh,
    })
}
