//! `scap export`: what is written where, and what is refused.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod common;

use common::{dir, path, scap};
use std::os::unix::fs::PermissionsExt;

const INTRUDER: &str = "../samples/traces/intruder.zst";
const STARTS: &str = "evt.type = execve and evt.res = SUCCESS";

fn lines(text: &str) -> Vec<serde_json::Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn events_are_those_that_scap_read_prints() {
    let exported = scap(&["export", INTRUDER, "--to", "-", "--filter", STARTS]);
    assert_eq!((exported.code, exported.err.as_str()), (0, "scap: 33 events exported\n"));
    let read = scap(&["read", INTRUDER, "-p", "%evt.num %proc.pid %proc.name %proc.exepath", STARTS]);
    let exported: Vec<String> = lines(&exported.out)
        .iter()
        .map(|event| {
            let text = |name: &str| event[name].as_str().unwrap().to_owned();
            format!("{} {} {} {}", event["num"], event["pid"], text("proc_name"), text("proc_exe"))
        })
        .collect();
    assert_eq!(exported, read.out.lines().collect::<Vec<_>>());
}

#[test]
fn alerts_are_those_that_scap_analyze_makes() {
    for matching in ["first", "all"] {
        let args = ["--rule-matching", matching, "--min-priority", "warning"];
        let exported = scap(&[&["export", INTRUDER, "--to", "-", "--what", "alerts"], &args[..]].concat());
        let analyzed = scap(&[&["analyze", INTRUDER, "--format", "json"], &args[..]].concat());
        let (exported, analyzed) = (lines(&exported.out), lines(&analyzed.out));
        assert_eq!(exported.len(), analyzed.len());
        assert!(exported.len() > 15);
        for (exported, analyzed) in exported.iter().zip(&analyzed) {
            for key in ["output", "rule", "priority", "tags", "output_fields", "time"] {
                assert_eq!(exported[key], analyzed[key]);
            }
        }
    }
}

#[test]
fn a_folder_is_partitioned_by_host_and_date() {
    let dir = dir();
    let to = path(&dir, "out/");
    let args = ["export", INTRUDER, "--to", &to, "--what", "alerts", "--schema", "ocsf"];
    let done = scap(&args);
    assert_eq!((done.code, done.err.as_str()), (0, "scap: 22 alerts exported to 1 file\n"));
    let part = dir.path().join("out/host=web-1/date=2026-11-21/part-0.jsonl");
    assert_eq!(lines(&std::fs::read_to_string(&part).unwrap()).len(), 22);
    assert_eq!(part.metadata().unwrap().permissions().mode() & 0o777, 0o600);

    let again = scap(&args);
    assert_eq!(again.code, 2);
    assert!(again.err.contains("part-0.jsonl is there already; --force overwrites it"), "{}", again.err);
    let forced = scap(&[&args[..], &["--force", "-q"]].concat());
    assert_eq!((forced.code, forced.err.as_str()), (0, ""));
    let files = std::fs::read_dir(part.parent().unwrap()).unwrap().count();
    assert_eq!(files, 1, "nothing else is left behind");
}

#[test]
fn several_traces_go_to_one_file_in_order() {
    let dir = dir();
    let to = path(&dir, "all.csv");
    let filter = ["--filter", STARTS, "--format", "csv", "--schema", "timesketch"];
    let done =
        scap(&[&["export", INTRUDER, "../samples/traces/calm.zst", "--to", &to], &filter[..]].concat());
    assert_eq!(done.code, 0, "{}", done.err);
    let text = std::fs::read_to_string(&to).unwrap();
    assert!(text.starts_with("message,datetime,timestamp_desc,"));
    assert_eq!(text.matches("message,datetime").count(), 1);
    assert!(text.lines().count() > 45);
}

#[test]
fn a_range_of_time_is_kept() {
    let all = scap(&["export", INTRUDER, "--to", "-", "-q"]).out.lines().count();
    let head = scap(&["export", INTRUDER, "--to", "-", "-q", "--until", "+100ms"]).out.lines().count();
    let tail = scap(&["export", INTRUDER, "--to", "-", "-q", "--from", "+100ms"]).out.lines().count();
    assert!(head > 0 && tail > 0 && (head + tail).abs_diff(all) <= 1, "{head} + {tail} of {all}");
}

#[test]
fn damage_is_said_and_what_could_be_read_is_exported() {
    let dir = dir();
    let cut = path(&dir, "cut.scap");
    assert_eq!(scap(&["convert", INTRUDER, &cut]).code, 0);
    let whole = std::fs::read(&cut).unwrap();
    std::fs::write(&cut, &whole[..whole.len() * 2 / 3]).unwrap();
    let done = scap(&["export", &cut, "--to", "-"]);
    assert_eq!(done.code, 2);
    assert!(lines(&done.out).len() > 1000 && done.err.contains("cut.scap"), "{}", done.err);
}

#[test]
fn what_makes_no_sense_is_refused_before_anything_is_written() {
    let dir = dir();
    let to = path(&dir, "out");
    for (args, told) in [
        (&["--schema", "ocsf", "--format", "csv"][..], "OCSF is made of objects in objects"),
        (&["--rules", "x.yaml"], "--rules make alerts: add --what alerts"),
        (&["--filter", "evt.typ = open"], "evt.type"),
        (&["--from", "+2s", "--until", "+1s"], "no event is in between"),
        (&["--format", "parqet"], "invalid value"),
    ] {
        let done = scap(&[&["export", INTRUDER, "--to", &to], args].concat());
        assert_eq!(done.code, 2, "{args:?}");
        assert!(done.err.contains(told), "{args:?}: {}", done.err);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "{args:?}");
    }
    let trace = path(&dir, "t.zst");
    std::fs::copy(INTRUDER, &trace).unwrap();
    let done = scap(&["export", &trace, "--to", &trace, "--force"]);
    assert!(done.code == 2 && done.err.contains("it is one of the traces"), "{}", done.err);
    assert_eq!(std::fs::read(&trace).unwrap(), std::fs::read(INTRUDER).unwrap());
}
