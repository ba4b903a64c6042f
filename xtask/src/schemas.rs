//! Exports of `scap export` against the schemas of others.
//!
//! Takes the list of fields of the Elastic Common Schema (`generated/csv/fields.csv` of its repository) and compiled OCSF schemas
//! (what `schema.ocsf.io/export/schema` gives, or `python -m ocsf.compile`), whoever's runs this; exports traces in both schemas, events and
//! alerts, and checks every record: names, types, required members, enumerations, constraints. What is not given is skipped by name.

use anyhow::{Context, Result, ensure};
use serde_json::{Map, Value as Json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use crate::tools::{Folder, workspace};

/// Most faults that are told.
const MOST_TOLD: usize = 30;

/// Checks exports of the traces among `args` (the intruder sample without any) by the schemas among them.
///
/// # Errors
/// If a record breaks its schema.
pub(crate) fn check(args: &[String]) -> Result<String> {
    let is = |name: &str, end: &str| Path::new(name).extension().is_some_and(|e| e == end);
    let mut traces: Vec<&String> = args.iter().filter(|name| !is(name, "csv") && !is(name, "json")).collect();
    let sample = workspace()?.join("samples/traces/intruder.zst").display().to_string();
    if traces.is_empty() {
        traces.push(&sample);
    }
    let mut said = Vec::new();
    for (schema, end) in [("ecs", "csv"), ("ocsf", "json")] {
        let files: Vec<&String> = args.iter().filter(|name| is(name, end)).collect();
        if files.is_empty() {
            said.push(format!("{schema}: skipped, no .{end} file is given"));
        }
        for file in files {
            let text = std::fs::read_to_string(file).with_context(|| file.clone())?;
            let checker: Box<dyn Checker> = match schema {
                "ecs" => Box::new(Ecs::new(&text)),
                _ => Box::new(Ocsf(serde_json::from_str(&text).with_context(|| file.clone())?)),
            };
            let records = check_traces(checker.as_ref(), schema, &traces)?;
            said.push(format!("{schema}: {records} records fulfil {file}"));
        }
    }
    Ok(said.join("\n"))
}

/// Exports `traces` and checks every record; how many there were.
fn check_traces(checker: &dyn Checker, schema: &str, traces: &[&String]) -> Result<u64> {
    let folder = Folder::new("schemas")?;
    let scap = workspace()?.join("target/debug/scap");
    let (mut records, mut faults) = (0, BTreeSet::new());
    for trace in traces {
        for what in ["events", "alerts"] {
            let to = folder.at("records.jsonl");
            let status = Command::new(&scap)
                .args(["export", trace, "--quiet", "--force", "--schema", schema, "--what", what, "--to"])
                .arg(&to)
                .status()
                .context("target/debug/scap: build it first")?;
            ensure!(status.success(), "scap export {trace}: {status}");
            for line in std::fs::read_to_string(&to)?.lines() {
                records += 1;
                checker.check(&serde_json::from_str(line)?, &mut faults);
            }
        }
    }
    let told: Vec<&str> = faults.iter().take(MOST_TOLD).map(String::as_str).collect();
    ensure!(faults.is_empty(), "{schema}: {} sorts of faults\n{}", faults.len(), told.join("\n"));
    Ok(records)
}

/// Finds what is wrong with a record.
trait Checker {
    fn check(&self, record: &Json, faults: &mut BTreeSet<String>);
}

/// Types of fields by name, and whether they hold several values.
struct Ecs(BTreeMap<String, (String, bool)>);

impl Ecs {
    fn new(text: &str) -> Self {
        // Only the last columns are quoted: the first seven can be split by hand.
        let row = |line: &str| -> Option<(String, (String, bool))> {
            let mut cells = line.split(',').skip(3);
            let (name, ty) = (cells.next()?, cells.next()?);
            Some((name.to_owned(), (ty.to_owned(), cells.nth(1) == Some("array"))))
        };
        Self(text.lines().skip(1).filter_map(row).collect())
    }

    fn leaf(&self, path: &str, value: &Json, faults: &mut BTreeSet<String>) {
        let Some((ty, several)) = self.0.get(path) else {
            faults.insert(format!("{path}: no field of ECS"));
            return;
        };
        let values = match value {
            Json::Array(values) if *several => values.as_slice(),
            one => std::slice::from_ref(one),
        };
        let fits = values.iter().all(|value| match ty.as_str() {
            "long" => value.is_i64(),
            "date" => value.as_str().is_some_and(|text| text.len() == 30 && text.ends_with('Z')),
            "ip" => value.as_str().is_some_and(|text| text.parse::<std::net::IpAddr>().is_ok()),
            _ => value.is_string(),
        });
        if !fits || (*several != value.is_array()) {
            faults.insert(format!("{path}: is not {ty}{}", if *several { ", several" } else { "" }));
        }
    }

    fn object(&self, prefix: &str, object: &Map<String, Json>, faults: &mut BTreeSet<String>) {
        for (name, value) in object {
            let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
            match value {
                _ if path == "scap" => {}
                Json::Object(inner) => self.object(&path, inner, faults),
                value => self.leaf(&path, value, faults),
            }
        }
    }
}

impl Checker for Ecs {
    fn check(&self, record: &Json, faults: &mut BTreeSet<String>) {
        match record.as_object() {
            Some(object) => self.object("", object, faults),
            None => _ = faults.insert("a record is no object".to_owned()),
        }
    }
}

/// A compiled schema.
struct Ocsf(Json);

impl Checker for Ocsf {
    fn check(&self, record: &Json, faults: &mut BTreeSet<String>) {
        let Some(classes) = self.0["classes"].as_object() else {
            faults.insert("the schema has no classes".to_owned());
            return;
        };
        let class = classes
            .values()
            .find(|class| !record["class_uid"].is_null() && class["uid"] == record["class_uid"]);
        let (Some(class), Some(object)) = (class, record.as_object()) else {
            faults.insert(format!("there is no class {}", record["class_uid"]));
            return;
        };
        let number = |name: &str| record[name].as_u64().unwrap_or(0);
        if number("type_uid") != number("class_uid") * 100 + number("activity_id") {
            faults.insert("type_uid is not class_uid and activity_id".to_owned());
        }
        let profiles: Vec<&str> = record["metadata"]["profiles"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Json::as_str)
            .collect();
        let name = class["name"].as_str().unwrap_or("class");
        self.object(name, class, object, &profiles, faults);
    }
}

impl Ocsf {
    /// Checks `object` by the class or object `kind`, which faults call `place`.
    fn object(
        &self,
        place: &str,
        kind: &Json,
        object: &Map<String, Json>,
        profiles: &[&str],
        faults: &mut BTreeSet<String>,
    ) {
        let Some(attributes) = kind["attributes"].as_object() else { return };
        for (name, attribute) in attributes {
            let applies = attribute["profile"].as_str().is_none_or(|profile| profiles.contains(&profile));
            if applies && attribute["requirement"] == "required" && !object.contains_key(name) {
                faults.insert(format!("{place}.{name}: required, not there"));
            }
        }
        if let Some(some) = kind["constraints"]["at_least_one"].as_array()
            && !some.iter().filter_map(Json::as_str).any(|name| object.contains_key(name))
        {
            faults.insert(format!("{place}: none of {}", kind["constraints"]["at_least_one"]));
        }
        for (name, value) in object {
            let place = format!("{place}.{name}");
            let Some(attribute) = attributes.get(name) else {
                faults.insert(format!("{place}: not in the schema"));
                continue;
            };
            if attribute["profile"].as_str().is_some_and(|profile| !profiles.contains(&profile)) {
                faults.insert(format!("{place}: of profile {}, which is not declared", attribute["profile"]));
            }
            match (attribute["is_array"] == true, value) {
                (true, Json::Array(values)) => {
                    values.iter().for_each(|one| self.value(&place, attribute, one, profiles, faults));
                }
                (true, _) => _ = faults.insert(format!("{place}: is no array")),
                (false, one) => self.value(&place, attribute, one, profiles, faults),
            }
        }
    }

    fn value(
        &self,
        place: &str,
        attribute: &Json,
        value: &Json,
        profiles: &[&str],
        faults: &mut BTreeSet<String>,
    ) {
        let ty = attribute["object_type"].as_str().or(attribute["type"].as_str()).unwrap_or_default();
        if let Some(values) = attribute["enum"].as_object()
            && !values.contains_key(&value.as_str().map_or_else(|| value.to_string(), str::to_owned))
        {
            faults.insert(format!("{place}: {value} is not among its values"));
        }
        let fits = match ty {
            "object" | "json_t" => true,
            "integer_t" | "long_t" | "timestamp_t" | "port_t" => value.is_i64() || value.is_u64(),
            "boolean_t" => value.is_boolean(),
            "float_t" => value.is_number(),
            "ip_t" => value.as_str().is_some_and(|text| text.parse::<std::net::IpAddr>().is_ok()),
            scalar if scalar.ends_with("_t") => value.is_string(),
            name => match value.as_object() {
                Some(inner) => {
                    // Processes hold their parents: a fault of one is a fault of all.
                    self.object(name, &self.0["objects"][name], inner, profiles, faults);
                    true
                }
                None => false,
            },
        };
        if !fits {
            faults.insert(format!("{place}: {value} is not {ty}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn faults(checker: &dyn Checker, record: &Json) -> Vec<String> {
        let mut faults = BTreeSet::new();
        checker.check(record, &mut faults);
        faults.into_iter().collect()
    }

    #[test]
    fn an_unknown_or_mistyped_field_is_a_fault() {
        let ecs = Ecs::new(
            "h\n8,true,event,event.sequence,long,core,,1,x\n8,true,base,tags,keyword,core,array,x,y",
        );
        assert_eq!(
            faults(&ecs, &json!({"event": {"sequence": 1}, "tags": ["a"], "scap": {"x": 1}})),
            [""; 0]
        );
        let wrong = json!({"event": {"sequence": "1", "x": 1}, "tags": "a"});
        assert_eq!(
            faults(&ecs, &wrong),
            ["event.sequence: is not long", "event.x: no field of ECS", "tags: is not keyword, several"]
        );
    }

    #[test]
    fn a_missing_or_unknown_member_is_a_fault() {
        let schema = json!({
            "classes": {"c": {"name": "c", "uid": 7, "attributes": {
                "class_uid": {"type": "integer_t", "requirement": "required", "enum": {"7": {}}},
                "activity_id": {"type": "integer_t"}, "type_uid": {"type": "long_t"},
                "file": {"type": "file", "requirement": "required"},
                "cloud": {"type": "cloud", "requirement": "required", "profile": "cloud"},
            }}},
            "objects": {"file": {"constraints": {"at_least_one": ["name", "uid"]},
                "attributes": {"name": {"type": "string_t"}}}},
        });
        let ocsf = Ocsf(schema);
        let right = json!({"class_uid": 7, "activity_id": 1, "type_uid": 701, "file": {"name": "a"}});
        assert_eq!(faults(&ocsf, &right), [""; 0]);
        let wrong = json!({"class_uid": 7, "activity_id": "1", "type_uid": 702, "file": {"nam": 1}});
        assert_eq!(faults(&ocsf, &wrong).len(), 4);
        assert_eq!(faults(&ocsf, &json!({"class_uid": 8})).len(), 1);
        assert_eq!(faults(&ocsf, &json!({"class_uid": 7, "type_uid": 700})), ["c.file: required, not there"]);
    }
}
