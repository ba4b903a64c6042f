//! What any zstd decoder makes of a trace is a `.scap` with the same events.
#![allow(clippy::print_stdout, reason = "a skipped test is said there")]

use std::path::Path;
use std::process::Command;

/// Work of many processes, files and pipes.
const BUSY: &str = "i=0; while [ $i -lt 150 ]; do i=$((i+1)); ls -l /etc /usr/bin >/dev/null; \
                    cat /etc/passwd | sort | uniq >/dev/null; done; find /usr/share -name '*.gz' >/dev/null 2>&1; \
                    dd if=/dev/zero of=/dev/null bs=1 count=100000 status=none";

fn scap(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scap"));
    command.args(args);
    command
}

/// What `scap read` prints of each event.
fn read(trace: &Path) -> String {
    let shown = "%evt.num %evt.rawtime %evt.cpu %thread.tid %evt.type %evt.args";
    let output = scap(&["read", "-p", shown]).arg(trace).output().expect("scap runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("it prints text")
}

#[test]
fn a_busy_recording_decompressed_by_zstd_reads_as_the_same_events() {
    let dir = tempfile::tempdir().expect("a folder");
    let (trace, plain) = (dir.path().join("t.zst"), dir.path().join("t.scap"));
    let mut record = scap(&["record", "--backend", "auto", "-o"]);
    let output = record.arg(&trace).args(["--", "sh", "-c", BUSY]).output().expect("scap runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let unpacked = Command::new("zstd").args(["-dqo"]).arg(&plain).arg(&trace).status();
    if unpacked.is_err() {
        println!("skipped: there is no zstd");
        return;
    }
    let (native, foreign) = (read(&trace), read(&plain));
    assert!(native.lines().count() > 50_000, "{} events", native.lines().count());
    assert!(native == foreign, "the events differ");
}
