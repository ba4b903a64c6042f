//! A recorder killed with -9 in the middle of writing leaves all but the frame being written.

#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]
#![cfg(unix)]

mod support;

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

use scap_format::native::{Writer, WriterOptions, verify};
use support::{manifest, open_event, prelude, read_all};

const OUTPUT: &str = "SCAP_TEST_KILLED_OUTPUT";

/// Writes until it is killed, and says after every frame how many events are safe.
#[test]
#[ignore = "the other test runs it as a child"]
fn child_that_writes_until_killed() {
    let path = std::env::var_os(OUTPUT).unwrap();
    let options = WriterOptions { frame_bytes: 40_000, ..WriterOptions::default() };
    let mut writer = Writer::new(File::create(path).unwrap(), options, &manifest(), &prelude()).unwrap();
    let mut said = writer.written();
    for i in 1.. {
        writer.event(&open_event(i).as_event()).unwrap();
        if writer.written() != said {
            said = writer.written();
            println!("safe {i}");
            std::io::stdout().flush().unwrap();
        }
    }
}

#[test]
fn killed_at_any_moment_every_frame_that_was_written_is_read() {
    let output = tempfile::NamedTempFile::new().unwrap();
    for moment in 1..=8u64 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "--nocapture", "child_that_writes_until_killed"])
            .env(OUTPUT, output.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let is_safe = |line: &String| line.contains("safe ");
        lines.by_ref().find(is_safe).unwrap();
        std::thread::sleep(Duration::from_micros(moment * 7300));
        child.kill().unwrap();
        let safe = lines.filter(|l| l.starts_with("safe ")).last();
        child.wait().unwrap();
        let safe: u64 = safe.and_then(|l| l.strip_prefix("safe ")?.parse().ok()).unwrap_or(1);

        let trace = std::fs::read(output.path()).unwrap();
        let seen = read_all(&trace);
        let opens = seen.opens();
        assert!(opens.len() as u64 >= safe, "{} events read, {safe} were safe", opens.len());
        assert!(opens.iter().zip(1..).all(|(a, b)| *a == b), "in order and without gap");
        assert_eq!(seen.damage.len(), 1, "{:?}", seen.damage);
        assert!(seen.damage[0].end.is_none());
        assert!(!verify(&trace[..], None).unwrap().is_whole());
    }
}
