//! Recordings by ptrace, whose events can be foretold because nothing is ever dropped.

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
    let signal = events.iter().find(|event| event.code == code::SIGNALDELIVER_E).unwrap();
    assert_eq!(signal.number("sig"), 15);
    assert_eq!(signal.number("spid"), signal.number("dpid"));
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
