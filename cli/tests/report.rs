//! `scap report`: what is in the file that it writes, and when it writes none.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod common;

use common::{dir, path, scap, scap_with_input};
use std::os::unix::fs::PermissionsExt;

const INTRUDER: &str = "../samples/traces/intruder.zst";
const CALM: &str = "../samples/traces/calm.zst";

/// The page that a command line writes to standard output.
fn page(args: &[&str]) -> String {
    let done = scap(&[&["report", "-o", "-"], args].concat());
    assert_eq!(done.code, 0, "{}", done.err);
    done.out
}

#[test]
fn a_report_has_every_alert_with_its_evidence() {
    let page = page(&[INTRUDER]);
    for alert in 1..=22 {
        assert_eq!(page.matches(&format!("id=\"alert-{alert}\"")).count(), 1, "alert {alert}");
    }
    assert_eq!(page.matches("class=\"alert f ").count(), 22);
    // Each has the event that it is about among those it shows.
    assert_eq!(page.matches("<tr class=\"hit\">").count(), 22);
    for section in
        ["summary", "activity", "alerts", "processes", "timeline", "files", "network", "users", "integrity"]
    {
        assert!(page.contains(&format!("id=\"{section}\"")), "{section}");
    }
    assert!(page.contains("whole but unsigned") && page.contains("SHA-256"));
}

#[test]
fn the_report_of_a_trace_is_the_same_every_time_and_from_standard_input_too() {
    let once = page(&[INTRUDER]);
    assert_eq!(once, page(&[INTRUDER]));
    let bytes = std::fs::read(INTRUDER).unwrap();
    let piped = scap_with_input(&["report", "-", "-o", "-"], &bytes);
    assert_eq!(piped.code, 0, "{}", piped.err);
    assert_eq!(once.replace(INTRUDER, "standard input"), piped.out);
}

#[test]
fn a_report_is_for_its_owner_and_never_takes_the_place_of_a_file_unless_forced() {
    let dir = dir();
    let out = path(&dir, "report.html");
    let done = scap(&["report", CALM, "-o", &out]);
    assert_eq!(done.code, 0, "{}", done.err);
    assert_eq!(std::fs::metadata(&out).unwrap().permissions().mode() & 0o777, 0o600);
    let again = scap(&["report", CALM, "-o", &out]);
    assert!(again.code == 2 && again.err.contains("--force"), "{}", again.err);
    assert_eq!(scap(&["report", CALM, "-o", &out, "--force"]).code, 0);
}

#[test]
fn several_traces_are_sections_of_one_report_and_an_unreadable_one_keeps_none_back() {
    let dir = dir();
    let torn = path(&dir, "torn.zst");
    std::fs::write(&torn, b"no trace at all").unwrap();
    let done = scap(&["report", CALM, &torn, INTRUDER, "-o", "-", "--title", "Case <4711>"]);
    assert_eq!(done.code, 2, "{}", done.err);
    assert!(done.err.contains("torn.zst"), "{}", done.err);
    assert!(done.out.contains("id=\"t1-summary\"") && done.out.contains("id=\"t2-alert-22\""));
    assert!(done.out.contains("<title>Case &lt;4711&gt;</title>"));
    let alone = scap(&["report", &torn, "-o", &path(&dir, "none.html")]);
    assert!(alone.code == 2 && !dir.path().join("none.html").exists(), "{}", alone.err);
}

#[test]
fn of_a_damaged_trace_there_is_a_report_that_says_so() {
    let dir = dir();
    let cut = path(&dir, "cut.zst");
    let bytes = std::fs::read(INTRUDER).unwrap();
    std::fs::write(&cut, &bytes[..bytes.len() * 2 / 3]).unwrap();
    let done = scap(&["report", &cut, "-o", "-"]);
    assert_eq!(done.code, 2, "{}", done.err);
    assert!(done.out.contains("class=\"check unsound\""), "no verdict");
    assert!(done.err.contains("damage at bytes"), "{}", done.err);
}

#[test]
fn range_filter_and_number_of_events_are_minded() {
    let all = page(&[INTRUDER, "--around", "0"]);
    assert_eq!(all.matches("<tr class=\"hit\">").count(), 22);
    assert_eq!(all.matches("<tr class=\"other\">").count(), 0);
    let one = page(&[INTRUDER, "--filter", "proc.name = cat"]);
    assert!(one.matches("class=\"alert f ").count() < 22 && one.contains("fulfil"));
    let none = page(&[INTRUDER, "--to", "2026-01-01T00:00:00Z"]);
    assert_eq!(none.matches("class=\"alert f ").count(), 0);
}
