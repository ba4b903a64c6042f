//! Makes every system call with known arguments, records that by eBPF and by ptrace, compares every parameter of every event
//! with what was passed, and prints the tables.
//!
//! `cargo xtask exercise` (as root) runs `capture/tests/parameters.rs`, which does all of it, and shows what it says.

use anyhow::{Context, Result, bail};
use std::process::Command;

/// Runs and prints.
///
/// # Errors
/// If a parameter differs, or a call or parameter is left out without a reason.
pub(crate) fn run() -> Result<String> {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args([
        "test",
        "-q",
        "-p",
        "scap-capture",
        "--test",
        "parameters",
        "--",
        "--nocapture",
        "--test-threads=1",
    ]);
    let output = command.output().context("cannot run cargo")?;
    let said = String::from_utf8_lossy(&output.stdout);
    let of_the_tests = ["running ", "test ", ".", "ok", "\n"];
    for line in said
        .lines()
        .filter(|line| !line.is_empty() && !of_the_tests.iter().any(|start| line.starts_with(start)))
    {
        println!("{line}");
    }
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr));
    }
    let totals: Vec<&str> = said.lines().filter(|line| line.contains(" values compared")).collect();
    Ok(format!("exercise: {}", totals.join("; ")))
}
