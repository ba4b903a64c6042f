//! The page that describes the schemas lists the columns that there are. `BLESS=1 cargo test -p scap-export` rewrites it.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use scap_export::{Kind, Schema, columns};

fn listed(schema: Schema) -> String {
    let mut text = "| column | type | |\n|---|---|---|\n".to_owned();
    for column in columns(schema) {
        let kind = match column.kind {
            Kind::Text => "text",
            Kind::Integer => "integer",
            Kind::Time => "time",
            Kind::Ip => "address",
            Kind::List => "list",
            Kind::Object => "object",
        };
        let alerts = if column.of_alerts { "alerts: " } else { "" };
        text += &format!("| `{}` | {kind} | {alerts}{} |\n", column.name, column.about.replace('|', "\\|"));
    }
    text
}

#[test]
fn the_page_lists_every_column() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/EXPORT.md");
    let found = std::fs::read_to_string(path).unwrap();
    let mut wanted = String::new();
    let mut rest = found.as_str();
    for (name, schema) in [("scap", Schema::Scap), ("ecs", Schema::Ecs), ("timesketch", Schema::Timesketch)] {
        let mark = format!("<!-- columns: {name} -->\n");
        let (before, after) = rest.split_once(&mark).unwrap();
        let (_, after) = after.split_once("<!-- end -->").unwrap();
        wanted += &format!("{before}{mark}{}<!-- end -->", listed(schema));
        rest = after;
    }
    wanted += rest;
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(path, &wanted).unwrap();
    }
    assert!(found == wanted || std::env::var_os("BLESS").is_some(), "run with BLESS=1");
}
