//! Events: File System Activity, Network Activity, or else Process Activity.

use serde_json::{Map, Value as Json, json};

use super::{Activity, Class, base, metadata, objects};
use crate::facts::{Act, Facts, Topic};

const PROCESS: Class =
    Class { uid: 1007, name: "Process Activity", category_uid: 1, category: "System Activity" };
const FILE: Class =
    Class { uid: 1001, name: "File System Activity", category_uid: 1, category: "System Activity" };
const NETWORK: Class =
    Class { uid: 4001, name: "Network Activity", category_uid: 4, category: "Network Activity" };

/// Events say what happened, not how grave it is.
const INFORMATIONAL: u64 = 1;

/// The object of an event.
pub(super) fn object(facts: &Facts<'_>) -> Map<String, Json> {
    let mut object = match (facts.topic, &facts.path) {
        (Topic::File, Some(path)) => of_file(facts, path),
        (Topic::Network, _) => of_network(facts).unwrap_or_else(|| of_process(facts)),
        _ => of_process(facts),
    };
    let mut put = |name: &str, value: Json| object.insert(name.to_owned(), value);
    put("metadata", metadata(facts, &[]));
    put("severity_id", INFORMATIONAL.into());
    put("severity", "Informational".into());
    put("message", facts.message().into());
    let (id, name) = match facts.succeeded() {
        Some(true) => (1, "Success"),
        Some(false) => (2, "Failure"),
        None => (0, "Unknown"),
    };
    put("status_id", id.into());
    put("status", name.into());
    if let Some(error) = &facts.error {
        put("status_code", (**error).into());
    }
    object
}

fn of_process(facts: &Facts<'_>) -> Map<String, Json> {
    let (id, name) = match facts.act {
        Act::Executed => (1, "Launch"),
        Act::Ended => (2, "Terminate"),
        Act::Traced => (3, "Open"),
        Act::Injected => (4, "Inject"),
        Act::ChangedUser => (5, "Set User ID"),
        _ => (99, &*facts.kind),
    };
    let mut object = base(facts, &PROCESS, Activity { id, name: name.to_owned() });
    // A program that was launched was so by its parent; another process that is acted upon is known by its number.
    let other =
        facts.target_pid.filter(|_| matches!(facts.act, Act::Traced | Act::Injected | Act::Signalled));
    let target = match other {
        Some(pid) => json!({ "pid": pid, "uid": pid.to_string(), "name": "unknown" }),
        None => objects::process(facts),
    };
    let launcher = (facts.act == Act::Executed).then(|| objects::parent(facts)).flatten();
    let actor = launcher.map_or_else(|| objects::actor(facts), |parent| json!({ "process": parent }));
    object.insert("process".to_owned(), target);
    object.insert("actor".to_owned(), actor);
    if let Some(code) = facts.exit_code {
        object.insert("exit_code".to_owned(), code.into());
    }
    object
}

fn of_file(facts: &Facts<'_>, path: &str) -> Map<String, Json> {
    let (id, name) = match facts.act {
        Act::Created => (1, "Create"),
        Act::Read => (2, "Read"),
        Act::Wrote => (3, "Update"),
        Act::Deleted => (4, "Delete"),
        Act::Renamed => (5, "Rename"),
        Act::ChangedAttributes => (6, "Set Attributes"),
        Act::Secured => (7, "Set Security"),
        Act::Looked => (8, "Get Attributes"),
        Act::Mounted => (12, "Mount"),
        Act::Unmounted => (13, "Unmount"),
        Act::Opened => (14, "Open"),
        _ => (99, &*facts.kind),
    };
    let mut object = base(facts, &FILE, Activity { id, name: name.to_owned() });
    object.insert("actor".to_owned(), objects::actor(facts));
    let now = objects::file(path, file_type(facts));
    match (facts.act, &facts.path_from) {
        // The file is what it was before, the result what it is now.
        (Act::Renamed, Some(from)) => {
            object.insert("file".to_owned(), objects::file(from, file_type(facts)));
            object.insert("file_result".to_owned(), now);
        }
        _ => {
            object.insert("file".to_owned(), now);
        }
    }
    object
}

/// OCSF's number of the type of the file that an event acts on.
pub(super) fn file_type(facts: &Facts<'_>) -> u64 {
    match (&*facts.kind, facts.fd.as_ref().and_then(|fd| fd.ty.as_deref())) {
        ("mkdir" | "mkdirat" | "rmdir" | "mount" | "umount" | "umount2", _) | (_, Some("directory")) => 2,
        ("symlink" | "symlinkat", _) => 7,
        ("execve" | "execveat", _) => 1,
        (_, Some("file")) => 1,
        (_, Some("unix")) => 5,
        (_, Some("pipe")) => 6,
        _ => 0,
    }
}

/// `None` if nothing is known of the ends.
fn of_network(facts: &Facts<'_>) -> Option<Map<String, Json>> {
    let refused = facts.error.as_deref() == Some("ECONNREFUSED");
    let pending = facts.error.as_deref() == Some("EINPROGRESS");
    let failed = facts.succeeded() == Some(false) && !pending;
    let (id, name) = match facts.act {
        Act::Connected if refused => (5, "Refuse"),
        Act::Connected if failed => (4, "Fail"),
        Act::Connected | Act::Accepted => (1, "Open"),
        Act::Disconnected => (2, "Close"),
        Act::Transferred => (6, "Traffic"),
        Act::Listened => (7, "Listen"),
        _ => (99, &*facts.kind),
    };
    let (source, destination, connection) = match (&facts.net, unix(facts)) {
        (Some(net), _) => {
            let (client, server) = (net.client.map(objects::endpoint), net.server.map(objects::endpoint));
            // One end has to stand where the other cannot: OCSF 1.3 knows no connection without a destination.
            let destination = server.or_else(|| client.clone())?;
            (client, destination, objects::connection(net))
        }
        (None, Some(path)) => {
            let connection = json!({ "direction_id": 3, "protocol_name": "unix", "protocol_ver_id": 0 });
            (None, json!({ "name": path }), connection)
        }
        (None, None) => return None,
    };
    let mut object = base(facts, &NETWORK, Activity { id, name: name.to_owned() });
    object.insert("actor".to_owned(), objects::actor(facts));
    object.insert("dst_endpoint".to_owned(), destination);
    object.insert("connection_info".to_owned(), connection);
    if let Some(source) = source {
        object.insert("src_endpoint".to_owned(), source);
    }
    Some(object)
}

/// Path of the unix socket that an event is about.
fn unix<'f>(facts: &'f Facts<'_>) -> Option<&'f str> {
    let fd = facts.fd.as_ref().filter(|fd| fd.ty.as_deref() == Some("unix"))?;
    facts.path.as_deref().or(fd.name.as_deref())
}
