//! The generated documentation pages say what the program says. `BLESS=1 cargo test -p scap` rewrites them.

use std::path::Path;
use std::process::Command;

fn printed(args: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_scap")).args(args).output().expect("scap runs");
    assert!(output.status.success(), "scap {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("catalogues are UTF-8")
}

fn page_equals(page: &str, intro: &str, args: &[&str]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(page);
    let wanted = format!("{intro}\n{}", printed(args));
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &wanted).expect("docs can be written");
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == wanted, "docs/{page} is not what `scap {}` prints: run with BLESS=1", args.join(" "));
}

#[test]
fn the_page_of_fields_is_the_catalogue() {
    page_equals(
        "FIELDS.md",
        "# Fields\n\nGenerated from the catalogue by `scap fields --format markdown`: what conditions, outputs, filters and \
         formats may name. An argument in brackets may be left out.\n",
        &["fields", "--format", "markdown"],
    );
}

#[test]
fn the_page_of_event_types_is_the_catalogue() {
    page_equals(
        "EVENTS.md",
        "# Event types\n\nGenerated from the schema by `scap events --all --format markdown`. `>` are enter events, \
         `<` exit events; a name in italics is the flag set that names the values of a parameter.\n",
        &["events", "--all", "--format", "markdown"],
    );
}
