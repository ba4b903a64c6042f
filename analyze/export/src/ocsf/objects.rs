//! The objects that records are made of: device, process, user, file, endpoint, container.
//!
//! Each holds what its object must have in OCSF 1.3 and in every later version so far, and nothing that one of them does not know.

use serde_json::{Map, Value as Json, json};

use super::{milliseconds, put_known};
use crate::facts::{Account, Container, End, Facts, Net, Process, directory, file_name};

/// What a host without a name is called.
const NAMELESS: &str = "unknown";

/// The host that was recorded.
pub(super) fn device(facts: &Facts<'_>) -> Json {
    let name = facts.host.as_deref().unwrap_or(NAMELESS);
    json!({ "type_id": 0, "name": name, "hostname": name, "os": { "name": "Linux", "type_id": 200 } })
}

/// Who did it.
pub(super) fn actor(facts: &Facts<'_>) -> Json {
    let mut actor = Map::new();
    actor.insert("process".to_owned(), process(facts));
    if let Some(user) = user(facts) {
        actor.insert("user".to_owned(), user);
    }
    actor.into()
}

/// The process that did it; one of which nothing is known has its thread's number.
pub(super) fn process(facts: &Facts<'_>) -> Json {
    let Some(process) = &facts.process else {
        let tid = facts.tid.unwrap_or(0);
        return json!({ "name": NAMELESS, "pid": tid, "uid": tid.to_string() });
    };
    let mut object = described(process);
    let mut put = |name: &str, value| put_known(&mut object, name, value);
    put("tid", facts.tid.map(Json::from));
    put("namespace_pid", process.vpid.map(Json::from));
    put("user", user(facts));
    put("container", facts.container.as_ref().map(container));
    put("parent_process", parent(facts));
    // From the eldest down to the process itself.
    let line = facts.ancestors.iter().rev().chain([process]);
    let lineage: Vec<&str> = line.filter_map(|one| one.exe.as_deref()).collect();
    put("lineage", (!lineage.is_empty()).then(|| lineage.into()));
    Json::Object(object)
}

/// The process that started it.
pub(super) fn parent(facts: &Facts<'_>) -> Option<Json> {
    let known = facts.ancestors.first().map(|parent| Json::Object(described(parent)));
    let pid = || facts.process.as_ref()?.ppid.filter(|pid| *pid > 0);
    known.or_else(|| {
        let pid = pid()?;
        Some(json!({ "name": NAMELESS, "pid": pid, "uid": pid.to_string() }))
    })
}

fn described(process: &Process<'_>) -> Map<String, Json> {
    let mut object = Map::new();
    let mut put = |name: &str, value| put_known(&mut object, name, value);
    put("pid", Some(process.pid.into()));
    put("uid", Some(process.id().into()));
    put("name", Some(process.name.as_deref().unwrap_or(NAMELESS).into()));
    put("cmd_line", process.cmdline.as_deref().map(Json::from));
    put("created_time", process.start.map(milliseconds));
    put("file", process.exe.as_deref().map(|path| file(path, 1)));
    object
}

/// The effective user, with the effective group.
fn user(facts: &Facts<'_>) -> Option<Json> {
    let mut user = account(&facts.user)?;
    if let (Some(group), Some(members)) = (account(&facts.group), user.as_object_mut()) {
        members.insert("groups".to_owned(), json!([group]));
    }
    Some(user)
}

/// A user or group.
fn account(account: &Account<'_>) -> Option<Json> {
    let id = account.id?;
    let mut object = json!({ "uid": id.to_string() });
    if let (Some(name), Some(members)) = (&account.name, object.as_object_mut()) {
        members.insert("name".to_owned(), (**name).into());
    }
    Some(object)
}

/// The file at `path`, of OCSF's type number `type_id`.
pub(super) fn file(path: &str, type_id: u64) -> Json {
    let mut object = json!({ "name": file_name(path), "path": path, "type_id": type_id });
    if let (Some(folder), Some(members)) = (directory(path), object.as_object_mut()) {
        members.insert("parent_folder".to_owned(), folder.into());
    }
    object
}

/// One end of a connection.
pub(super) fn endpoint(end: End) -> Json {
    json!({ "ip": end.ip.to_string(), "port": end.port })
}

/// How the ends are connected.
pub(super) fn connection(net: &Net) -> Json {
    let direction = match net.is_server {
        Some(true) => 1,
        Some(false) => 2,
        None => 0,
    };
    let version = net.server.or(net.client).map_or(0, |end| if end.ip.is_ipv4() { 4 } else { 6 });
    let mut object = json!({ "direction_id": direction, "protocol_ver_id": version });
    let number = match net.transport {
        Some("tcp") => Some(6),
        Some("udp") => Some(17),
        Some("icmp") => Some(1),
        _ => None,
    };
    if let Some(members) = object.as_object_mut() {
        if let Some(name) = net.transport {
            members.insert("protocol_name".to_owned(), name.into());
        }
        if let Some(number) = number {
            members.insert("protocol_num".to_owned(), number.into());
        }
    }
    object
}

/// A container.
pub(super) fn container(container: &Container<'_>) -> Json {
    let mut object = Map::new();
    let mut put = |name: &str, value| put_known(&mut object, name, value);
    put("uid", Some((*container.id).into()));
    put("name", container.name.as_deref().map(Json::from));
    put("runtime", container.runtime.as_deref().map(Json::from));
    let image = container.image.as_deref().or(container.image_repository.as_deref());
    if let Some(id) = container.image_id.as_deref().or(container.image_digest.as_deref()).or(image) {
        let mut object = json!({ "uid": id });
        if let Some(members) = object.as_object_mut() {
            for (name, value) in [("name", image), ("tag", container.image_tag.as_deref())] {
                if let Some(value) = value {
                    members.insert(name.to_owned(), value.into());
                }
            }
        }
        put("image", Some(object));
    }
    Json::Object(object)
}
