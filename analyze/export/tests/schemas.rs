//! What is written has the names, types and members that its schema asks for.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod common;

use std::collections::BTreeMap;

use common::{alert, cells, intruder, object};
use scap_export::{Kind, Schema, columns};
use serde_json::Value as Json;

/// Name, type and whether there may be several, of the fields of ECS 8.17 that are used.
const ECS: &str = include_str!("ecs-8.17.txt");

/// Members that OCSF 1.3 requires of a class, without those of profiles that are not declared.
const OCSF: &[(u64, u64, &[&str])] = &[
    (
        2004,
        2,
        &[
            "activity_id",
            "category_uid",
            "class_uid",
            "finding_info",
            "metadata",
            "severity_id",
            "time",
            "type_uid",
        ],
    ),
    (
        1007,
        1,
        &[
            "activity_id",
            "actor",
            "category_uid",
            "class_uid",
            "device",
            "metadata",
            "process",
            "severity_id",
            "time",
            "type_uid",
        ],
    ),
    (
        1001,
        1,
        &[
            "activity_id",
            "actor",
            "category_uid",
            "class_uid",
            "device",
            "file",
            "metadata",
            "severity_id",
            "time",
            "type_uid",
        ],
    ),
    (
        4001,
        4,
        &[
            "activity_id",
            "category_uid",
            "class_uid",
            "dst_endpoint",
            "metadata",
            "severity_id",
            "time",
            "type_uid",
        ],
    ),
];

#[test]
fn every_ecs_column_is_a_field_of_ecs_or_below_scap() {
    let known: BTreeMap<&str, (&str, bool)> = ECS
        .lines()
        .map(|line| {
            let mut words = line.split(' ');
            let (name, ty, several) = (words.next().unwrap(), words.next().unwrap(), words.next().unwrap());
            (name, (ty, several == "array"))
        })
        .collect();
    let mut used = 0;
    for column in columns(Schema::Ecs).filter(|column| !column.name.starts_with("scap.")) {
        let &(ty, several) = known.get(column.name).unwrap_or_else(|| panic!("{} is no field", column.name));
        let fits = match column.kind {
            Kind::List => several && ty == "keyword",
            Kind::Text => !several && matches!(ty, "keyword" | "wildcard" | "match_only_text"),
            Kind::Integer => ty == "long",
            Kind::Time => ty == "date",
            Kind::Ip => ty == "ip",
            Kind::Object => false,
        };
        assert!(fits, "{} is {ty} in ECS", column.name);
        used += 1;
    }
    assert_eq!(used, known.len(), "the list holds what is used and nothing else");
}

/// The type of a value as its column declares it.
fn fits(kind: Kind, value: &Json) -> bool {
    match kind {
        Kind::Text => value.is_string(),
        Kind::Integer => value.is_i64() || value.is_u64(),
        Kind::Time => value.as_str().is_some_and(|text| text.len() == 30 && text.ends_with('Z')),
        Kind::Ip => value.as_str().is_some_and(|text| text.parse::<std::net::IpAddr>().is_ok()),
        Kind::List => value.as_array().is_some_and(|all| all.iter().all(Json::is_string)),
        Kind::Object => value.is_object(),
    }
}

#[test]
fn every_value_is_of_the_kind_that_its_column_declares() {
    let alert = alert("said");
    let mut seen = BTreeMap::new();
    for (nth, schema) in [Schema::Scap, Schema::Timesketch, Schema::Ecs].into_iter().enumerate() {
        let mut events = 0_usize;
        intruder(|facts| {
            events += 1;
            if events % 7 != nth {
                return;
            }
            let record = object(schema, facts, Some(&alert));
            for column in columns(schema) {
                let pointer = match schema {
                    Schema::Ecs => format!("/{}", column.name.replace('.', "/")),
                    _ => format!("/{}", column.name),
                };
                if let Some(value) = record.pointer(&pointer) {
                    assert!(fits(column.kind, value), "{}: {value}", column.name);
                    *seen.entry((nth, column.name)).or_insert(0) += 1;
                }
            }
        });
    }
    for column in ["path", "peer_ip", "exit_code", "error", "ancestors", "rule", "output_fields"] {
        assert!(seen.contains_key(&(0, column)), "the sample has no {column}");
    }
}

#[test]
fn ocsf_records_have_what_their_class_requires() {
    let alert = alert("said");
    let mut classes = BTreeMap::new();
    let mut check = |record: &Json| {
        let number = |name: &str| record[name].as_u64().unwrap();
        let (class, activity) = (number("class_uid"), number("activity_id"));
        let (_, category, required) = OCSF.iter().find(|(uid, ..)| *uid == class).unwrap();
        for member in *required {
            assert!(!record[member].is_null(), "{member} of {record}");
        }
        assert_eq!((number("category_uid"), number("type_uid")), (*category, class * 100 + activity));
        assert_eq!(record["metadata"]["version"], "1.3.0");
        assert!(record["metadata"]["product"]["vendor_name"].is_string());
        assert!(record["device"]["type_id"].is_u64() && record["device"]["name"].is_string());
        assert!((0..=6).contains(&number("severity_id")));
        if activity == 99 {
            assert_ne!(record["activity_name"], "", "what is other says what it is");
        }
        match class {
            1001 => {
                assert!(record["file"]["name"].is_string() && record["file"]["type_id"].is_u64(), "{record}");
            }
            1007 => assert!(record["process"]["uid"].is_string() && record["process"]["name"].is_string()),
            4001 => {
                let end = &record["dst_endpoint"];
                assert!(end["ip"].is_string() || end["name"].is_string(), "{record}");
                assert!(record["connection_info"]["direction_id"].is_u64());
            }
            _ => {
                let info = &record["finding_info"];
                assert!(info["uid"].is_string() && info["title"].is_string());
                assert!(record["evidences"][0]["actor"]["process"].is_object());
            }
        }
        *classes.entry(class * 100 + activity).or_insert(0) += 1;
    };
    intruder(|facts| check(&object(Schema::Ocsf, facts, None)));
    let mut events = 0;
    intruder(|facts| {
        events += 1;
        if events % 50 == 0 {
            check(&object(Schema::Ocsf, facts, Some(&alert)));
        }
    });
    // Launch, terminate, create, read, update, delete, rename, set security, open, connect, accept, listen, finding.
    for ty in [
        100_701, 100_702, 100_101, 100_102, 100_103, 100_104, 100_105, 100_107, 100_114, 400_101, 400_107,
        200_401,
    ] {
        assert!(classes.contains_key(&ty), "none of type {ty}: {classes:?}");
    }
}

#[test]
fn attacks_and_severity_come_from_the_rule() {
    let alert = alert("said");
    let mut done = false;
    intruder(|facts| {
        if std::mem::replace(&mut done, true) {
            return;
        }
        let record = object(Schema::Ocsf, facts, Some(&alert));
        assert_eq!((&record["severity_id"], &record["message"]), (&3.into(), &"said".into()));
        let attacks = &record["finding_info"]["attacks"];
        assert_eq!(attacks[0]["tactic"]["uid"], "TA0006");
        assert_eq!(attacks[1]["sub_technique"]["uid"], "T1003.008");
        let record = object(Schema::Ecs, facts, Some(&alert));
        assert_eq!(record["threat"]["tactic"]["name"][0], "Credential Access");
        assert_eq!(record["threat"]["technique"]["id"], serde_json::json!(["T1003"]));
        assert_eq!((&record["event"]["kind"], &record["event"]["severity"]), (&"alert".into(), &3.into()));
    });
    assert!(done);
}

#[test]
fn timesketch_gets_the_columns_that_it_requires() {
    let names: Vec<&str> = columns(Schema::Timesketch).map(|column| column.name).collect();
    assert_eq!(names[..3], ["message", "datetime", "timestamp_desc"]);
    let mut events = 0;
    intruder(|facts| {
        events += 1;
        if events % 500 != 0 {
            return;
        }
        let cells: BTreeMap<String, String> = cells(Schema::Timesketch, facts, None).into_iter().collect();
        let (time, zone) = cells["datetime"].split_at(26);
        assert!(time.starts_with("2026-11-21T22:27:57.") && zone == "+00:00", "{time}{zone}");
        assert!(!cells["message"].is_empty() && cells["timestamp_desc"] == "Event Logged");
        let micros = time[20..].parse::<u64>().unwrap();
        assert_eq!(cells["timestamp"].parse::<u64>().unwrap() % 1_000_000, micros);
    });
    assert!(events > 20_000);
}

#[test]
fn the_reverse_shell_is_told_in_full() {
    let mut told = 0;
    intruder(|facts| {
        if &*facts.kind != "dup2"
            || facts.net.as_ref().and_then(|net| net.server).map(|end| end.port) != Some(4444)
        {
            return;
        }
        told += 1;
        let record = object(Schema::Scap, facts, None);
        assert_eq!(
            (&record["peer_ip"], &record["peer_port"]),
            (&"127.0.0.1".into(), &4444.into()),
            "{record}"
        );
        assert_eq!((&record["transport"], &record["proc_name"]), (&"tcp".into(), &"bash".into()));
        assert_eq!(record["ancestors"], serde_json::json!(["bash", "intruder", "unshare", "scap", "sh"]));
    });
    assert!(told >= 3, "{told}");
}

#[test]
fn a_socket_in_the_file_system_is_told_by_its_path() {
    let mut told = 0;
    intruder(|facts| {
        if &*facts.kind == "connect" && facts.fd.as_ref().and_then(|fd| fd.ty.as_deref()) == Some("unix") {
            told += 1;
            let record = object(Schema::Ocsf, facts, None);
            assert_eq!((&record["class_uid"], &record["activity_name"]), (&4001.into(), &"Fail".into()));
            assert_eq!(record["dst_endpoint"]["name"], "/var/run/nscd/socket");
            assert_eq!(record["status_code"], "ENOENT");
        }
    });
    assert!(told > 5, "{told}");
}

#[test]
fn a_failed_call_is_told_with_the_path_that_was_asked_for() {
    let (mut told, mut started) = (0, 0);
    intruder(|facts| {
        if facts.error.is_some() && facts.kind.starts_with("openat") {
            told += 1;
            assert!(facts.path.as_deref().is_some_and(|path| path.starts_with('/')), "{:?}", facts.path);
        }
        if &*facts.kind == "execve" {
            started += 1;
            assert!(!facts.message().contains("cap_effective"), "{}", facts.message());
        }
    });
    assert!(told > 10 && started > 30, "{told} {started}");
}
