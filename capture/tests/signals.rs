//! A signal ends a recording cleanly. Alone in its file, because signals come to whole processes.

mod common;

use common::{ptrace, record};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use scap_capture::session::{CommandEnd, EndReason};
use scap_schema::code;
use std::time::{Duration, Instant};

#[test]
fn a_signal_ends_recording_and_command_and_both_are_in_the_trace() {
    std::thread::spawn(|| {
        std::thread::sleep(Duration::from_millis(400));
        kill(Pid::this(), Signal::SIGTERM).unwrap();
    });
    let began = Instant::now();
    let (summary, events) = record(ptrace().as_mut(), &["/bin/sleep", "1000"]);
    assert!(began.elapsed() < Duration::from_secs(20));
    assert_eq!(summary.reason, EndReason::Signal(15));
    assert_eq!(summary.command, Some(CommandEnd::Killed(15)));
    assert_eq!(summary.events, events.len() as u64);
    let last = events.iter().rev().find(|event| event.code == code::PROCEXIT_1_E).unwrap();
    assert_eq!(last.number("sig"), 15);
}
