//! Rule files as published load without an error.
//!
//! The files are not part of this repository: the test looks for them in the directory named by
//! `SCAP_RULE_FILES` (files whose names begin alike, up to the last `-`, are loaded together as well) and for
//! the list of fields in `$SCAP_ORACLE/catalogue.json`, and says so if they are not there.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test may panic and says what it skipped")]

mod common;

use std::path::PathBuf;

use common::Scheme;
use scap_rules::{ArgKind, Color, Compare, FieldType, Loader};

fn leak(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

/// The fields of Falco's own list, with those that older files use.
fn catalogue(json: &str) -> Scheme {
    let mut scheme = Scheme::new();
    scheme.event_names = std::fs::read_to_string(std::env::var("SCAP_EVENT_NAMES").unwrap_or_default())
        .map(|names| names.lines().map(leak).collect())
        .unwrap_or_else(|_| scheme.event_names.clone());
    let fields: serde_json::Value = serde_json::from_str(json).unwrap();
    for field in fields.as_array().unwrap() {
        let name = leak(field["name"].as_str().unwrap());
        let ty = match field["type"].as_str().unwrap() {
            "UINT64" => FieldType::Uint64,
            "UINT32" => FieldType::Uint32,
            "INT64" => FieldType::Int64,
            "INT32" => FieldType::Int32,
            "INT16" => FieldType::Int16,
            "BOOL" => FieldType::Bool,
            "RELTIME" => FieldType::RelTime,
            "ABSTIME" => FieldType::AbsTime,
            "PORT" => FieldType::Port,
            "IPADDR" => FieldType::IpAddr,
            "IPNET" => FieldType::IpNet,
            "DOUBLE" => FieldType::Double,
            "BYTEBUF" => FieldType::ByteBuf,
            _ => FieldType::CharBuf,
        };
        scheme.add(name, ty, |def| {
            def.list = field["list"].as_bool().unwrap();
            def.arg = match name {
                "evt.arg" | "evt.rawarg" => ArgKind::RequiredIndexOrKey,
                "proc.aname" | "proc.aexe" | "proc.aexepath" | "proc.acmdline" | "proc.apid"
                | "proc.args" | "proc.aargs" | "fd.types" => ArgKind::OptionalIndex,
                "proc.env" | "proc.aenv" => ArgKind::OptionalIndexOrKey,
                _ if name.starts_with("container.mount") => ArgKind::OptionalIndexOrKey,
                "thread.cgroup" => ArgKind::RequiredKey,
                "evt.around" => ArgKind::RequiredIndex,
                _ => ArgKind::None,
            };
            if matches!(name, "fd.ip" | "fd.net" | "fd.port" | "fd.proto") {
                def.compare = Compare::AnyOrNone;
            }
        });
    }
    for (name, ty) in [("evt.dir", FieldType::CharBuf), ("evt.latency", FieldType::RelTime)] {
        scheme.add(name, ty, |def| def.deprecated = Some("events have no direction any more"));
    }
    for name in ["k8s.pod.id", "k8s.pod.ip", "syscall.type"] {
        scheme.add(name, FieldType::CharBuf, |_| {});
    }
    scheme
}

#[test]
fn published_rule_files_load_without_an_error() {
    let oracle = std::env::var("SCAP_ORACLE").unwrap_or_else(|_| "../../shared/oracle".into());
    let Ok(json) = std::fs::read_to_string(PathBuf::from(oracle).join("catalogue.json")) else {
        return println!(
            "skipped published_rule_files_load_without_an_error: no catalogue.json in SCAP_ORACLE"
        );
    };
    let Some(dir) = std::env::var_os("SCAP_RULE_FILES") else {
        return println!("skipped published_rule_files_load_without_an_error: SCAP_RULE_FILES is not set");
    };
    let scheme = catalogue(&json);
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let mut failures = String::new();
    for path in &paths {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let (report, rules) = Loader::new(&scheme).file(&name, std::fs::read_to_string(path).unwrap()).load();
        let counts = report.files[0].counts;
        println!(
            "{name}: {} rules, {} macros, {} lists; {} compiled, {} comparisons, {} errors, {} warnings",
            counts.rules,
            counts.macros,
            counts.lists,
            rules.rules().len(),
            rules.comparisons(),
            report.errors().count(),
            report.warnings().count(),
        );
        if std::env::var_os("SCAP_SHOW").is_some() {
            println!("{}", report.render(Color::Never));
        }
        for error in report.errors() {
            failures.push_str(&error.render(Color::Never));
        }
        for rule in rules.rules() {
            let text = rule.condition.to_string();
            if let Err(errors) = scap_rules::Filter::compile(&text, &scheme) {
                failures.push_str(&format!("{}: {}\n", rule.name, errors[0].render(&text)));
            }
        }
    }
    assert!(failures.is_empty(), "{failures}");
}
