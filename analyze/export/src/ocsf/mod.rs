//! The Open Cybersecurity Schema Framework, version 1.3.
//!
//! Source: the classes and objects of the OCSF schema. An alert becomes a Detection Finding; an event the File System or Network Activity
//! that it is, and otherwise a Process Activity of the process that did it. What OCSF has no place for stands in `unmapped`.

mod activity;
mod finding;
mod objects;

use serde_json::{Map, Value as Json, json};

use crate::exporter::Record;
use crate::facts::Facts;

/// Version that records declare.
const VERSION: &str = "1.3.0";

/// The object of `record`.
pub(crate) fn object(record: &Record<'_>) -> Map<String, Json> {
    match record.alert {
        Some(alert) => finding::object(record.facts, alert),
        None => activity::object(record.facts),
    }
}

/// A class of records.
struct Class {
    uid: u64,
    name: &'static str,
    category_uid: u64,
    category: &'static str,
}

/// What was done, in the words of a class.
struct Activity {
    id: u64,
    name: String,
}

/// Gives `object` the member `name`, if its value is known.
fn put_known(object: &mut Map<String, Json>, name: &str, value: Option<Json>) {
    if let Some(value) = value {
        object.insert(name.to_owned(), value);
    }
}

/// What every record has.
fn base(facts: &Facts<'_>, class: &Class, activity: Activity) -> Map<String, Json> {
    let mut object = Map::new();
    let mut put = |name: &str, value: Json| object.insert(name.to_owned(), value);
    put("activity_id", activity.id.into());
    put("type_name", format!("{}: {}", class.name, activity.name).into());
    put("activity_name", activity.name.into());
    put("category_uid", class.category_uid.into());
    put("category_name", class.category.into());
    put("class_uid", class.uid.into());
    put("class_name", class.name.into());
    put("type_uid", (class.uid * 100 + activity.id).into());
    put("time", milliseconds(facts.time));
    put("timezone_offset", 0.into());
    put("device", objects::device(facts));
    let unmapped = unmapped(facts);
    if !unmapped.is_empty() {
        put("unmapped", unmapped.into());
    }
    object
}

/// Who tells it.
fn metadata(facts: &Facts<'_>, labels: &[String]) -> Json {
    let mut metadata = json!({
        "version": VERSION,
        "product": { "name": "scap", "vendor_name": "scap", "version": env!("CARGO_PKG_VERSION") },
        "profiles": ["host", "container"],
        "event_code": facts.kind,
        "sequence": facts.num,
        "original_time": scap_analyze::print::iso8601_utc(facts.time),
    });
    if let (false, Some(members)) = (labels.is_empty(), metadata.as_object_mut()) {
        members.insert("labels".to_owned(), labels.into());
    }
    metadata
}

/// What OCSF has no place for.
fn unmapped(facts: &Facts<'_>) -> Map<String, Json> {
    let mut unmapped = Map::new();
    let mut put = |name: &str, value| put_known(&mut unmapped, name, value);
    put("args", facts.args.as_deref().map(Json::from));
    put("category", facts.category.as_deref().map(Json::from));
    put("cpu", facts.cpu.map(Json::from));
    put("result", facts.result.map(Json::from));
    put("target_pid", facts.target_pid.map(Json::from));
    put("login_uid", facts.login.id.map(Json::from));
    put("login_name", facts.login.name.as_deref().map(Json::from));
    if let Some(fd) = &facts.fd {
        put("fd", Some(fd.num.into()));
        put("fd_type", fd.ty.as_deref().map(Json::from));
        put("fd_name", fd.name.as_deref().map(Json::from));
    }
    let undecoded: Map<String, Json> =
        facts.undecoded.iter().map(|(column, hex)| ((*column).to_owned(), hex.as_str().into())).collect();
    put("undecoded", (!undecoded.is_empty()).then(|| undecoded.into()));
    unmapped
}

/// Ms since the epoch.
fn milliseconds(ts: u64) -> Json {
    (ts / 1_000_000).into()
}
