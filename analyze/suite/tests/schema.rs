//! The schema that is committed for editors, and what it makes of right and wrong suites.

use std::path::Path;

use serde_json::Value as Json;

fn folder(below: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(below)
}

#[test]
fn the_committed_schema_is_that_of_the_types() {
    let path = folder("docs/suite.schema.json");
    let wanted =
        serde_json::to_string_pretty(&scap_suite::schema::schema()).expect("a schema is JSON") + "\n";
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &wanted).expect("docs can be written");
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == wanted, "docs/suite.schema.json is not what the types say: run with BLESS=1");
}

#[test]
fn every_key_of_the_schema_is_described() {
    fn described(schema: &Json, missing: &mut Vec<String>) {
        if let Some(properties) = schema.get("properties").and_then(Json::as_object) {
            let bare = properties.iter().filter(|(_, inner)| inner.get("description").is_none());
            missing.extend(bare.map(|(name, _)| name.clone()));
        }
        match schema {
            Json::Object(entries) => entries.values().for_each(|inner| described(inner, missing)),
            Json::Array(items) => items.iter().for_each(|inner| described(inner, missing)),
            _ => {}
        }
    }
    let mut missing = Vec::new();
    described(&scap_suite::schema::schema(), &mut missing);
    assert_eq!(missing, Vec::<String>::new());
}

#[test]
fn the_shipped_suites_are_read() {
    let files = scap_suite::find(&folder("samples")).expect("suites");
    for file in files {
        if let Err(broken) = scap_suite::read(&file) {
            panic!("{}", broken.render(scap_rules::Color::Never));
        }
    }
}

#[test]
fn every_mistake_of_a_suite_is_told_with_its_place() {
    let Err(broken) = scap_suite::read(&folder("analyze/suite/tests/fixtures/broken.suite.yaml")) else {
        panic!("a broken suite was read")
    };
    let told: Vec<String> = broken
        .problems
        .iter()
        .map(|p| {
            let near = p.near.as_ref().map(|near| format!(" ({near}?)")).unwrap_or_default();
            let message = p.message.replace(env!("CARGO_MANIFEST_DIR"), "");
            format!("{}:{} {message}{near}", p.location.line, p.location.column)
        })
        .collect();
    let told = told.join("\n") + "\n";
    let golden = folder("analyze/suite/tests/fixtures/broken.txt");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&golden, &told).expect("fixtures can be written");
    }
    assert_eq!(
        told,
        std::fs::read_to_string(&golden).unwrap_or_default(),
        "run with BLESS=1 if this is better"
    );
}
