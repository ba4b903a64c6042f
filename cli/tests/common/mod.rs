//! Runs the built `scap` and keeps what it said.
#![allow(dead_code, reason = "no test file uses all of it")]
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test may fail, and says what it skips")]

use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// How a run ended.
pub(crate) struct Done {
    /// Exit code; -1 if a signal ended it.
    pub(crate) code: i32,
    /// Standard output.
    pub(crate) out: String,
    /// Standard error.
    pub(crate) err: String,
}

impl From<Output> for Done {
    fn from(output: Output) -> Self {
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!err.contains("panicked"), "{err}");
        let out = String::from_utf8_lossy(&output.stdout).into_owned();
        Self { code: output.status.code().unwrap_or(-1), out, err }
    }
}

/// The command, to be completed.
pub(crate) fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scap"));
    command.args(args).stdin(Stdio::null());
    command
}

/// Runs it to its end.
pub(crate) fn scap(args: &[&str]) -> Done {
    command(args).output().expect("scap runs").into()
}

/// Runs it with `input` as its standard input.
pub(crate) fn scap_with_input(args: &[&str], input: &[u8]) -> Done {
    let mut command = command(args);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("scap runs");
    let mut stdin = child.stdin.take().expect("piped");
    std::thread::scope(|scope| {
        // It may have enough before the end.
        scope.spawn(move || stdin.write_all(input));
        child.wait_with_output().expect("scap ends").into()
    })
}

/// A folder that goes when the test ends.
pub(crate) fn dir() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

/// Whether this machine and user allow eBPF; says so if not.
pub(crate) fn ebpf(test: &str) -> bool {
    let root = std::fs::metadata("/proc/self").is_ok_and(|about| about.uid() == 0);
    let btf = Path::new("/sys/kernel/btf/vmlinux").exists();
    if !(root && btf) {
        println!("skipped {test}: needs root and a kernel with BTF");
    }
    root && btf
}

/// The path of `name` in a folder.
pub(crate) fn path(dir: &tempfile::TempDir, name: &str) -> String {
    dir.path().join(name).to_str().unwrap().to_owned()
}
