//! The page of built-in rules names each with its tactics, its techniques and the samples on which it fires.
//! `BLESS=1 cargo test -p scap --test builtin_page` rewrites it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// How often each rule fires on each sample, by name of the rule and of the sample.
type Fired = BTreeMap<String, BTreeMap<String, usize>>;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn scap(args: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_scap")).args(args).output().expect("scap runs");
    assert!(output.status.success(), "scap {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("output is UTF-8")
}

fn samples() -> Vec<PathBuf> {
    let folder = std::fs::read_dir(root().join("samples/traces")).expect("there are samples");
    let mut traces: Vec<PathBuf> = folder.map(|entry| entry.expect("a readable folder").path()).collect();
    traces.retain(|path| path.extension().is_some_and(|kind| kind == "zst"));
    traces.sort();
    traces
}

fn fired() -> Fired {
    let mut fired = Fired::new();
    for trace in samples() {
        let sample = trace.file_stem().expect("a name").to_string_lossy().into_owned();
        let path = trace.to_str().expect("a plain path");
        for line in scap(&["analyze", path, "-q", "--format", "json", "--rule-matching", "all"]).lines() {
            let alert: Value = serde_json::from_str(line).expect("JSON lines");
            let rule = alert["rule"].as_str().expect("a name").to_owned();
            *fired.entry(rule).or_default().entry(sample.clone()).or_default() += 1;
        }
    }
    fired
}

/// A row of `scap rules list`: priority, name, and tags in brackets.
fn row(line: &str, fired: &Fired) -> String {
    let (priority, rest) = line.split_once(' ').expect("a priority and a name");
    let (name, tags) = rest.trim_start().rsplit_once("  [").expect("tags");
    let tags: Vec<&str> = tags.trim_end_matches(']').split(' ').collect();
    let tactics: Vec<String> =
        tags.iter().filter_map(|tag| tag.strip_prefix("mitre_")).map(|tag| tag.replace('_', " ")).collect();
    let techniques: Vec<&str> = tags.iter().copied().filter(|tag| tag.starts_with('T')).collect();
    let on: Vec<String> = fired
        .get(name)
        .into_iter()
        .flatten()
        .map(|(sample, count)| format!("[{sample}](../samples/scenarios/{sample}.sh) {count}"))
        .collect();
    assert!(!on.is_empty(), "no sample makes `{name}` fire");
    format!(
        "| {name} | {priority} | {} | {} | {} |\n",
        tactics.join(", "),
        techniques.join(", "),
        on.join(", ")
    )
}

#[test]
fn the_page_of_built_in_rules_is_what_they_say_of_the_samples() {
    let fired = fired();
    let list = scap(&["rules", "list"]);
    let mut page = format!(
        "# Rules that come with scap\n\nGenerated from [rules/sets](../rules/sets) and the [samples](../samples/README.md): \
         {} rules, with the tactics and techniques of ATT&CK that they stand for, and the samples on which they fire, how \
         often. The suites beside the samples say what must fire there and what must not; each scenario NAME has a \
         NAME-calm with work that resembles it and is none.\n\n\
         | rule | priority | tactics | techniques | fires on |\n|---|---|---|---|---|\n",
        list.lines().count()
    );
    for line in list.lines() {
        page.push_str(&row(line, &fired));
    }
    let path = root().join("docs/BUILTIN.md");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &page).expect("docs can be written");
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == page,
        "docs/BUILTIN.md is not what the rules say: run BLESS=1 cargo test -p scap --test builtin_page"
    );
}
