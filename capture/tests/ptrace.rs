//! Recordings by ptrace, whose events can be foretold because nothing is ever dropped.
#![allow(clippy::unwrap_used, reason = "a test that meets what it did not expect is to fail there")]

mod common;

use common::{ptrace, record};
use scap_capture::session::{CommandEnd, EndReason};
use scap_schema::code;

#[test]
fn a_command_is_recorded_from_its_first_program_to_its_exit() {
    let (summary, events) =
        record(ptrace().as_mut(), &["/bin/sh", "-c", "cat /etc/hostname >/dev/null; exit 7"]);
    assert_eq!((summary.reason, summary.command), (EndReason::CommandEnded, Some(CommandEnd::Exited(7))));
    let execs: Vec<String> = events
        .iter()
        .filter(|event| event.code == code::SYSCALL_EXECVE_19_X && event.number("res") == 0)
        .map(|event| event.text("comm"))
        .collect();
    assert_eq!(execs, ["sh", "cat"]);
    let exec = events.iter().find(|event| event.code == code::SYSCALL_EXECVE_19_X).unwrap();
    assert_eq!((exec.text("exe").as_str(), exec.text("filename").as_str()), ("/bin/sh", "/bin/sh"));
    assert_eq!(exec.param("args"), b"-c\0cat /etc/hostname >/dev/null; exit 7\0");
    let exits: Vec<i64> = events
        .iter()
        .filter(|event| event.code == code::PROCEXIT_1_E)
        .map(|event| event.number("ret"))
        .collect();
    assert_eq!(exits, [0, 7]);
    let opened: Vec<String> = events
        .iter()
        .filter(|event| event.code == code::SYSCALL_OPENAT_2_X)
        .map(|event| event.text("name"))
        .collect();
    assert!(
        opened.iter().any(|name| name == "/etc/hostname") && opened.iter().any(|name| name == "/dev/null")
    );
}

#[test]
fn a_command_killed_by_a_signal_says_which() {
    let (summary, events) = record(ptrace().as_mut(), &["/bin/sh", "-c", "kill -TERM $$"]);
    assert_eq!(summary.command, Some(CommandEnd::Killed(15)));
    // As the kernel delivers it to an untraced process: a SIGKILL from nobody; who sent what, the call tells.
    let signal = events.iter().find(|event| event.code == code::SIGNALDELIVER_E).unwrap();
    assert_eq!((signal.number("sig"), signal.number("spid")), (9, 0));
    assert!(events.iter().any(|event| event.code == code::SYSCALL_KILL_X && event.number("sig") == 15));
    let end = events.iter().find(|event| event.code == code::PROCEXIT_1_E).unwrap();
    assert_eq!(end.number("sig"), 15);
}

#[test]
fn a_program_that_is_none_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let options = scap_capture::session::SessionOptions {
        command: vec!["/no/such".into()],
        snapshot: scap_capture::snapshot::SnapshotScope::None,
        ..Default::default()
    };
    let output = scap_capture::session::Output::file(&dir.path().join("t"), false).unwrap();
    let mut watch = scap_capture::session::Unwatched;
    let run = scap_capture::session::run(&options, ptrace().as_mut(), output, &mut watch, &mut |_| {});
    let error = run.unwrap_err();
    assert!(error.to_string().contains("/no/such"), "{error}");
}

#[test]
fn threads_and_their_exec_are_followed() {
    // Perl forks, and its child runs another program: three generations.
    let script = "if (my $p = fork) { waitpid $p, 0 } else { exec '/bin/sh', '-c', '/bin/true; exit 4' }";
    let (summary, events) = record(ptrace().as_mut(), &["perl", "-e", script]);
    assert_eq!(summary.command, Some(CommandEnd::Exited(0)));
    let exits: Vec<i64> = events
        .iter()
        .filter(|event| event.code == code::PROCEXIT_1_E)
        .map(|event| event.number("ret"))
        .collect();
    assert_eq!(exits, [0, 4, 0]);
}

/// A backend that records only the calls with these names.
fn few(names: &[&str]) -> scap_capture::PtraceBackend {
    let mut syscalls = scap_capture::SyscallSet::none();
    names.iter().for_each(|name| syscalls.insert(scap_schema::syscall_by_name(name).unwrap().sc));
    let options = scap_capture::Options {
        scope: scap_capture::Scope::Trees,
        syscalls,
        ..scap_capture::Options::default()
    };
    scap_capture::PtraceBackend::new(&options).unwrap()
}

#[test]
fn with_few_calls_asked_for_the_command_has_a_filter_and_gives_the_same_events() {
    let names = ["openat", "write", "kill"];
    let script = "exec 2>/dev/null; echo text >/dev/null; (exit 3); cat /etc/hostname >/dev/null; \
                  perl -Mthreads -e 'threads->create(sub { open my $f, \"<\", \"/etc/passwd\" })->join' ; \
                  grep ^Seccomp: /proc/self/status; kill -TERM $$";
    let (summary, filtered) = record(&mut few(&names), &["sh", "-c", script]);
    assert_eq!(summary.command, Some(CommandEnd::Killed(15)));
    let (_, whole) = record(ptrace().as_mut(), &["sh", "-c", script]);
    let wanted = ["execve", "execveat", "procexit", "signaldeliver"];
    let of = |events: &[common::Recorded]| -> Vec<(&'static str, String)> {
        let seen = events.iter().filter(|e| names.contains(&e.title()) || wanted.contains(&e.title()));
        // A failed exec is a call that was not asked for.
        let seen = seen.filter(|e| e.title() != "execve" || e.number("res") == 0);
        seen.map(|e| (e.title(), e.text("name") + &e.text("comm"))).collect()
    };
    let (mut filtered_events, mut whole_events) = (of(&filtered), of(&whole));
    filtered_events.sort();
    whole_events.sort();
    assert_eq!(filtered_events, whole_events);
    let told =
        filtered.iter().find(|e| e.title() == "write" && e.text("data").starts_with("Seccomp:")).unwrap();
    assert_eq!(told.text("data").trim(), "Seccomp:\t2");
    assert_eq!(filtered.iter().find(|e| !names.contains(&e.title()) && !wanted.contains(&e.title())), None);
}

#[test]
fn a_filtered_process_left_behind_can_be_seen_out() {
    let mut backend = few(&["kill"]);
    let (summary, _) =
        record(&mut backend, &["sh", "-c", "(sleep 0.3; kill -0 $$; exit 0) >/dev/null 2>&1 &"]);
    assert_eq!(summary.command, Some(CommandEnd::Exited(0)));
    use scap_capture::Backend;
    assert!(backend.dependents() > 0);
    backend.see_out();
    assert_eq!(backend.dependents(), 0);
}
