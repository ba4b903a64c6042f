//! Suites made for a test, over the samples that ship with the project.
#![allow(dead_code, reason = "no test file uses all of it")]

use std::path::{Path, PathBuf};

use scap_suite::{Options, Report, RuleFile, Suite};

/// A file or folder of the project.
pub(crate) fn project(below: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(below)
}

/// A folder that goes when the test ends.
pub(crate) fn dir() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

/// The suite of these tests, in which `INTRUDER` and `CALM` stand for the samples.
pub(crate) fn suite(dir: &tempfile::TempDir, tests: &str) -> Suite {
    let path = |name: &str| project("samples/traces").join(name).display().to_string();
    let text = tests.replace("INTRUDER", &path("intruder.zst")).replace("CALM", &path("calm.zst"));
    let file = dir.path().join("suite.yaml");
    std::fs::write(&file, text).expect("a suite can be written");
    match scap_suite::read(&file) {
        Ok(suite) => suite,
        Err(broken) => panic!("{}", broken.render(scap_rules::Color::Never)),
    }
}

/// The built-in rules with one thing changed, as a file.
pub(crate) fn changed_rules(dir: &tempfile::TempDir, from: &str, to: &str) -> RuleFile {
    let changed = scap_rules::builtin().replacen(from, to, 1);
    assert_ne!(changed, scap_rules::builtin(), "`{from}` is not in the built-in rules");
    let file = dir.path().join("rules.yaml");
    std::fs::write(&file, changed).expect("rules can be written");
    RuleFile::Path(file)
}

/// What comes of `suite` with `rules`, or with those it names if there are none.
pub(crate) fn run(suite: &Suite, rules: Vec<RuleFile>) -> Report {
    let options = Options { rules, ..Options::default() };
    match scap_suite::run(std::slice::from_ref(suite), &options) {
        Ok(report) => report,
        Err(broken) => panic!("{}", broken.render(scap_rules::Color::Never)),
    }
}

/// The report as text, without the line of figures.
pub(crate) fn told(report: &Report) -> String {
    let text = scap_suite::output::pretty(report, std::time::Duration::ZERO);
    let lines: Vec<&str> = text.lines().collect();
    lines.split_last().map(|(_, lines)| lines.join("\n")).unwrap_or_default()
}
