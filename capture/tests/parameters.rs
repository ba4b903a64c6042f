//! Every parameter of every system call, as both backends record it: a program makes all calls with known arguments and
//! writes down what a recording of them must hold.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "its helpers are part of the tests")]

mod common;
mod exercise;

use common::check::{Coverage, check};
use common::{Recorded, ebpf, ebpf_by, ptrace, record};
use scap_capture::{Attach, Backend};
use scap_schema::fetch::fetches;
use scap_schema::{code, event, syscalls};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

const DIR: &str = "SCAP_EXERCISE_DIR";
const RESULT: &str = "SCAP_EXERCISE_RESULT";

/// Recordings of one command after the other: each follows children of this process.
static ALONE: Mutex<()> = Mutex::new(());

/// Not a test of its own: the process that is recorded.
#[test]
fn exerciser() {
    if let (Some(dir), Some(result)) = (std::env::var_os(DIR), std::env::var_os(RESULT)) {
        std::fs::write(result, exercise::all(&PathBuf::from(dir))).unwrap();
    }
}

/// What the exerciser expects, and what was recorded.
fn exercised(backend: &mut dyn Backend) -> (String, Vec<Recorded>) {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
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
    let (summary, events) = record(backend, &command);
    assert_eq!(summary.dropped(), 0, "events lost");
    (std::fs::read_to_string(&result).expect("the exerciser ran to its end"), events)
}

#[test]
fn ebpf_records_what_was_passed() {
    let Some(mut backend) = ebpf() else { return };
    let (expected, events) = exercised(backend.as_mut());
    report("ebpf", &check(&expected, &events));
}

#[test]
fn ebpf_on_raw_tracepoints_records_what_was_passed() {
    let Some(mut backend) = ebpf_by(Attach::Raw) else { return };
    let (expected, events) = exercised(backend.as_mut());
    report("ebpf, raw", &check(&expected, &events));
}

#[test]
fn ptrace_records_what_was_passed() {
    let (expected, events) = exercised(ptrace().as_mut());
    report("ptrace", &check(&expected, &events));
}

/// Event types that x86-64 has no system call for.
fn is_foreign(event: u16) -> bool {
    let mut calls = syscalls().iter().filter(|call| call.exit == event).peekable();
    calls.peek().is_some() && calls.all(|call| call.x86_64.is_none())
}

/// Parameters whose value nobody outside the kernel knows.
const UNKNOWABLE: [(u16, &str); 2] =
    [(code::SOCKET_SOCKETPAIR_X, "source"), (code::SOCKET_SOCKETPAIR_X, "peer")];

/// Prints what was checked, and fails if anything differs or was not.
fn report(backend: &str, coverage: &Coverage) {
    println!("{:<34} {:>10} {:>9}   {backend}", "event type", "parameters", "checked");
    let (mut types, mut all, mut checked) = (0, 0, 0);
    let (mut left, mut elsewhere) = (Vec::new(), Vec::new());
    for info in fetches().iter().filter_map(|(code, _)| event(*code)) {
        if is_foreign(info.code) {
            elsewhere.push(info.name);
            continue;
        }
        let unchecked = coverage.unchecked(info);
        let (known, unknowable): (Vec<_>, Vec<_>) =
            unchecked.into_iter().partition(|name| !UNKNOWABLE.contains(&(info.code, *name)));
        let remark = if unknowable.is_empty() {
            String::new()
        } else {
            format!("addresses in the kernel: {unknowable:?}")
        };
        println!("{:<34} {:>10} {:>9}   {remark}", info.id, info.params.len(), coverage.checked(info));
        types += 1;
        all += info.params.len();
        checked += coverage.checked(info);
        if !coverage.has(info) || !known.is_empty() {
            left.push(format!("{}: {known:?}", info.id));
        }
    }
    let own = |event: u16| event == code::GENERIC_X;
    let native: Vec<_> = syscalls().iter().filter(|call| call.x86_64.is_some()).collect();
    let generic: Vec<_> = native.iter().filter(|call| own(call.exit)).collect();
    let unseen: Vec<&str> =
        generic.iter().filter(|call| !coverage.generic.contains(&call.sc)).map(|call| call.name).collect();
    let foreign: Vec<&str> =
        syscalls().iter().filter(|call| call.x86_64.is_none()).map(|call| call.name).collect();
    println!(
        "{backend}: {} of {} system calls of x86-64 made and found",
        native.len() - unseen.len(),
        native.len()
    );
    println!(
        "  with an event type of their own: {}; as generic events: {}",
        native.len() - generic.len(),
        generic.len() - unseen.len()
    );
    println!("  never return, and leave their process's end: {}", unseen.join(", "));
    println!("  of other machines than x86-64: {}", foreign.join(", "));
    println!("  event types only of those: {}", elsewhere.join(", "));
    println!(
        "{backend}: {types} event types, {checked} of {all} parameters, {} events with {} values compared, {} differ",
        coverage.events,
        coverage.params,
        coverage.missing.len()
    );
    assert!(coverage.missing.is_empty(), "{}", coverage.missing.join("\n"));
    assert!(left.is_empty(), "not checked: {}", left.join("\n"));
    assert_eq!(unseen, exercise::NEVER_RETURN);
}
