//! Every parameter of every call that the exerciser makes, as ptrace records it.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "its helpers are part of the tests")]

mod common;
mod exercise;

use common::{Recorded, ptrace, record};
use std::path::PathBuf;

const DIR: &str = "SCAP_EXERCISE_DIR";
const RESULT: &str = "SCAP_EXERCISE_RESULT";

/// Not a test of its own: the process that is recorded.
#[test]
fn exerciser() {
    if let (Some(dir), Some(result)) = (std::env::var_os(DIR), std::env::var_os(RESULT)) {
        std::fs::write(result, exercise::all(&PathBuf::from(dir))).unwrap();
    }
}

#[test]
fn every_parameter_is_what_was_passed() {
    let dir = tempfile::tempdir().unwrap();
    let (inside, result) = (dir.path().join("inside"), dir.path().join("expected"));
    std::fs::create_dir(&inside).unwrap();
    let exe = std::env::current_exe().unwrap();
    let settings = [format!("{DIR}={}", inside.display()), format!("{RESULT}={}", result.display())];
    let command = [
        "env",
        &settings[0],
        &settings[1],
        exe.to_str().unwrap(),
        "--exact",
        "exerciser",
        "--test-threads=1",
    ];
    let (_, events) = record(ptrace().as_mut(), &command);
    let expected = std::fs::read_to_string(&result).expect("the exerciser ran to its end");
    let mut used = vec![false; events.len()];
    let (mut params, mut missing) = (0, Vec::new());
    for line in expected.lines() {
        let (name, wanted) = expectation(line);
        // Of a traced process the kernel does not turn a fatal signal into a SIGKILL from nobody: the signal itself comes.
        if name == "signaldeliver" && wanted.iter().any(|(p, v)| *p == "sig" && v == &[9]) {
            continue;
        }
        params += wanted.len();
        let fits = |event: &Recorded| title(event) == name && wanted.iter().all(|(p, v)| event.param(p) == v);
        match (0..events.len()).find(|&at| !used[at] && fits(&events[at])) {
            Some(at) => used[at] = true,
            None => missing.push(nearest(&events, name, &wanted)),
        }
    }
    println!("{} events, {params} parameters checked, {} missing", expected.lines().count(), missing.len());
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

fn title(event: &Recorded) -> &'static str {
    scap_schema::event(event.code).map_or("?", |info| info.name)
}

/// Name of an expected event, and the parameters that are known.
fn expectation(line: &str) -> (&str, Vec<(&str, Vec<u8>)>) {
    let mut words = line.split(' ');
    let name = words.next().unwrap_or_default();
    let params = words.filter_map(|word| word.split_once('='));
    (name, params.map(|(param, value)| (param, unhex(value))).collect())
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len() / 2).map(|at| u8::from_str_radix(&text[at * 2..at * 2 + 2], 16).unwrap()).collect()
}

/// What was expected, and what the recorded event that comes nearest has instead.
fn nearest(events: &[Recorded], name: &str, wanted: &[(&str, Vec<u8>)]) -> String {
    let wrong = |event: &&Recorded| wanted.iter().filter(|(p, v)| event.param(p) != v).count();
    let Some(best) = events.iter().filter(|event| title(event) == name).min_by_key(wrong) else {
        return format!("{name}: no such event");
    };
    let differing = wanted.iter().filter(|(p, v)| best.param(p) != v).map(|(p, v)| {
        format!("{p}: expected {} recorded {}", v.escape_ascii(), best.param(p).escape_ascii())
    });
    format!("{name}: {}", differing.collect::<Vec<_>>().join("; "))
}
