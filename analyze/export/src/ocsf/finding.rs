//! Alerts: Detection Finding.

use scap_analyze::alert::Alert;
use scap_analyze::attack;
use scap_rules::Priority;
use serde_json::{Map, Value as Json, json};

use super::activity::file_type;
use super::{Activity, Class, base, metadata, milliseconds, objects, put_known};
use crate::facts::Facts;

const FINDING: Class = Class { uid: 2004, name: "Detection Finding", category_uid: 2, category: "Findings" };

/// The object of an alert.
pub(super) fn object(facts: &Facts<'_>, alert: &Alert) -> Map<String, Json> {
    let mut object = base(facts, &FINDING, Activity { id: 1, name: "Create".to_owned() });
    let mut put = |name: &str, value: Json| object.insert(name.to_owned(), value);
    put("metadata", metadata(facts, &alert.rule.tags));
    let (id, name) = severity(alert.rule.priority);
    put("severity_id", id.into());
    put("severity", name.into());
    put("status_id", 1.into());
    put("status", "New".into());
    put("message", alert.output.as_str().into());
    put("finding_info", finding_info(facts, alert));
    put("evidences", json!([evidence(facts, alert)]));
    object
}

/// OCSF's number and word for a priority.
fn severity(priority: Priority) -> (u64, &'static str) {
    match priority {
        Priority::Emergency => (6, "Fatal"),
        Priority::Alert | Priority::Critical => (5, "Critical"),
        Priority::Error => (4, "High"),
        Priority::Warning => (3, "Medium"),
        Priority::Notice => (2, "Low"),
        Priority::Informational | Priority::Debug => (1, "Informational"),
    }
}

fn finding_info(facts: &Facts<'_>, alert: &Alert) -> Json {
    let name = alert.rule.name.as_str();
    // The same alert of the same trace is the same finding, however often it is exported.
    let uid = format!("{}/{}/{}/{name}", facts.host.as_deref().unwrap_or_default(), facts.time, facts.num);
    let mut info = json!({
        "uid": uid,
        "title": name,
        "desc": alert.output,
        "created_time": milliseconds(facts.time),
        "data_sources": [alert.rule.source],
        "analytic": { "type_id": 1, "type": "Rule", "name": name, "uid": name },
    });
    let attacks = attacks(&alert.rule.tags);
    if let (false, Some(members)) = (attacks.is_empty(), info.as_object_mut()) {
        members.insert("attacks".to_owned(), attacks.into());
    }
    info
}

/// Tags do not say which technique is of which tactic: each stands alone.
fn attacks(tags: &[String]) -> Vec<Json> {
    let tactics = attack::tactics(tags).into_iter();
    let tactics = tactics.map(|tactic| json!({ "tactic": { "uid": tactic.id, "name": tactic.name } }));
    let techniques = attack::techniques(tags).into_iter().map(|technique| {
        let url = technique.url();
        match technique.sub {
            None => json!({ "technique": { "uid": technique.id, "src_url": url } }),
            Some(sub) => {
                json!({ "technique": { "uid": technique.id }, "sub_technique": { "uid": sub, "src_url": url } })
            }
        }
    });
    tactics.chain(techniques).collect()
}

fn evidence(facts: &Facts<'_>, alert: &Alert) -> Json {
    let mut evidence = Map::new();
    let mut put = |name: &str, value| put_known(&mut evidence, name, value);
    put("actor", Some(objects::actor(facts)));
    put("file", facts.path.as_deref().map(|path| objects::file(path, file_type(facts))));
    put("container", facts.container.as_ref().map(objects::container));
    if let Some(net) = &facts.net {
        put("src_endpoint", net.client.map(objects::endpoint));
        put("dst_endpoint", net.server.map(objects::endpoint));
        put("connection_info", Some(objects::connection(net)));
    }
    let fields: Map<String, Json> = alert.output_fields.clone().into_iter().collect();
    put("data", Some(fields.into()));
    Json::Object(evidence)
}
