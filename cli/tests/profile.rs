//! `scap analyze --profile`: what it counts is what the replay did, and the same each time.
#![allow(clippy::unwrap_used, reason = "a test panics where it fails")]

use serde_json::Value;
use std::collections::BTreeMap;
use std::process::Command;

fn sample() -> String {
    format!("{}/../samples/traces/intruder.zst", env!("CARGO_MANIFEST_DIR"))
}

/// Runs `scap analyze` on the sample; gives standard output and error.
fn analyze(args: &[&str]) -> (String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_scap"))
        .args(["analyze", &sample(), "--quiet", "--rule-matching", "all"])
        .args(args)
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr))
}

fn profile() -> Value {
    serde_json::from_str(&analyze(&["--profile=json"]).1).unwrap()
}

#[test]
fn rules_match_in_the_profile_as_often_as_they_alert() {
    let alerts = analyze(&["--format", "json"]).0;
    let mut expected = BTreeMap::<String, u64>::new();
    for alert in alerts.lines() {
        let alert: Value = serde_json::from_str(alert).unwrap();
        *expected.entry(alert["rule"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    assert!(expected.len() > 5);
    let profile = profile();
    let mut matches = BTreeMap::<String, u64>::new();
    for rule in profile["rules"].as_array().unwrap() {
        let (tried, matched) = (rule["tried"].as_u64().unwrap(), rule["matches"].as_u64().unwrap());
        assert!(matched <= tried, "{rule}");
        if matched > 0 {
            matches.insert(rule["rule"].as_str().unwrap().to_owned(), matched);
        }
    }
    assert_eq!(matches, expected);
}

#[test]
fn counts_are_the_same_each_time_and_shares_add_up() {
    let (one, other) = (profile(), profile());
    assert_eq!(one["rules"], other["rules"]);
    assert_eq!(one["events"], 23428);
    let shares = |of: &str, key: &str| -> f64 {
        one[of].as_array().unwrap().iter().map(|row| row[key].as_f64().unwrap()).sum()
    };
    let shared = one["shared"]["cost_share"].as_f64().unwrap();
    assert!((shares("rules", "cost_share") + shared - 1.0).abs() < 1e-6);
    assert!((shares("stages", "share") - 1.0).abs() < 1e-6);
    let stages: Vec<_> =
        one["stages"].as_array().unwrap().iter().map(|stage| stage["stage"].as_str().unwrap()).collect();
    assert_eq!(stages, ["decompress", "decode", "state", "rules", "output"]);
}

#[test]
fn alerts_stay_as_they_are_beside_a_profile() {
    let (with, table) = analyze(&["--profile"]);
    assert_eq!(with, analyze(&[]).0);
    for words in ["profile of ", "23428 events", "decompress", "System log wiped"] {
        assert!(table.contains(words), "{words} is missing:\n{table}");
    }
}

#[test]
fn standard_input_cannot_be_profiled() {
    let output = Command::new(env!("CARGO_BIN_EXE_scap"))
        .args(["analyze", "-", "--profile"])
        .stdin(std::fs::File::open(sample()).unwrap())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("use a file"));
}
