//! `cargo xtask parquet`: what `scap export --format parquet` writes, opened by others.
//!
//! Needs Python with `duckdb` and `pyarrow` (PyPI). Exports events and alerts of samples, and has types and every value
//! compared with what is documented and with the same rows as JSON lines.

use crate::tools::{Folder, cargo, workspace};
use anyhow::{Context, Result, ensure};
use std::path::Path;
use std::process::Command;

const SAMPLES: [&str; 2] = ["samples/traces/escape.zst", "samples/traces/intruder.zst"];

/// Checks both tables.
///
/// # Errors
/// If something differs, or Python or its packages are missing.
pub(crate) fn check() -> Result<String> {
    let (root, folder) = (workspace()?, Folder::new("parquet")?);
    let built = cargo(&root).args(["build", "--locked", "--package=scap", "--features=tables"]).status()?;
    ensure!(built.success(), "cargo build failed");
    let scap = root.join("target/debug/scap");
    let page = folder.path().join("tables.md");
    std::fs::write(&page, run(&root, &scap, &["query", "--tables", "--format", "markdown"])?)?;
    let mut said = Vec::new();
    for (table, order) in [("events", "trace, num"), ("alerts", "trace, num, rule")] {
        let (place, lines) = (folder.path().join(table), folder.path().join(format!("{table}.jsonl")));
        let to = format!("{}/", place.display());
        let what = ["--what", table, "--format", "parquet", "--to", &to];
        run(&root, &scap, &[&["export"], &SAMPLES[..], &what].concat())?;
        let all = format!("SELECT * FROM {table} ORDER BY {order}");
        let rows = run(&root, &scap, &[&["query"], &SAMPLES[..], &[&all, "--format", "jsonl"]].concat())?;
        std::fs::write(&lines, rows)?;
        let checked = Command::new("python3")
            .arg(root.join("xtask/src/parquet.py"))
            .args([page.as_path(), Path::new(table), &place, &lines])
            .output()
            .context("python3")?;
        let failed = String::from_utf8_lossy(&checked.stderr);
        ensure!(checked.status.success(), "{}", failed.trim());
        said.push(String::from_utf8_lossy(&checked.stdout).trim().to_owned());
    }
    Ok(said.join("\n"))
}

fn run(root: &Path, scap: &Path, args: &[&str]) -> Result<Vec<u8>> {
    let output = Command::new(scap).current_dir(root).args(args).output()?;
    ensure!(output.status.success(), "scap {args:?}: {}", String::from_utf8_lossy(&output.stderr).trim());
    Ok(output.stdout)
}
