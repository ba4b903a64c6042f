//! One run of a program: processor time, time on the clock, peak memory.
//!
//! The kernel tells these of all children of a process together; so each run has a process of its own in between,
//! this program under the name of [`ALONE`], which starts it, waits for it, and reports.

use anyhow::{Context, Result, ensure};
use nix::sys::resource::{UsageWho, getrusage};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

/// The command of this program that runs another.
pub(crate) const ALONE: &str = "run-alone";

/// What a run took.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Run {
    /// User and system time, s.
    pub(crate) cpu: f64,
    /// Time on the clock, s.
    pub(crate) wall: f64,
    /// Most memory resident at a time, KiB.
    pub(crate) peak_kib: u64,
}

/// A command line to be measured. Its output goes nowhere.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    /// For the table.
    pub(crate) name: String,
    /// Program and arguments.
    pub(crate) words: Vec<String>,
}

impl Line {
    pub(crate) fn new(name: impl Into<String>, program: impl AsRef<Path>, args: &[&str]) -> Self {
        let program = program.as_ref().display().to_string();
        let words = std::iter::once(program).chain(args.iter().map(|word| (*word).to_owned())).collect();
        Self { name: name.into(), words }
    }

    /// With more arguments.
    pub(crate) fn with(mut self, more: impl IntoIterator<Item = String>) -> Self {
        self.words.extend(more);
        self
    }

    /// Runs it once.
    pub(crate) fn run(&self) -> Result<Run> {
        let output = Command::new(std::env::current_exe()?)
            .arg(ALONE)
            .args(&self.words)
            .stdin(Stdio::null())
            .output()
            .with_context(|| self.name.clone())?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        ensure!(output.status.success(), "{}: {}", self.name, said.trim());
        serde_json::from_slice(&output.stdout).with_context(|| format!("{}: {said}", self.name))
    }
}

/// Runs the program that `words` name and prints what it took.
///
/// # Errors
/// If it cannot be run or fails.
pub(crate) fn alone(words: &[String]) -> Result<()> {
    let (program, args) = words.split_first().context("run-alone takes a command")?;
    let start = Instant::now();
    let status = Command::new(program)
        .args(args)
        .stdout(File::options().write(true).open("/dev/null")?)
        .status()
        .with_context(|| program.clone())?;
    let wall = start.elapsed().as_secs_f64();
    ensure!(status.success(), "{program}: {status}");
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let [user, system] = [usage.user_time(), usage.system_time()].map(|time| {
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
        let seconds = time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
        seconds
    });
    let peak_kib = u64::try_from(usage.max_rss()).unwrap_or(0);
    let run = serde_json::to_string(&Run { cpu: user + system, wall, peak_kib })?;
    Ok(std::io::stdout().write_all(run.as_bytes())?)
}

/// Runs `lines` in turn, `rounds` times, so that what disturbs one disturbs its neighbours; gives the least of each
/// figure by line, which is what is left when nothing disturbs.
pub(crate) fn interleaved(lines: &[Line], rounds: usize) -> Result<Vec<Run>> {
    let mut least: Vec<Option<Run>> = vec![None; lines.len()];
    for round in 1..=rounds {
        for (line, least) in lines.iter().zip(&mut least) {
            let run = line.run()?;
            eprintln!("  {round}/{rounds} {:<44} {:>8.3} s cpu {:>8.3} s wall", line.name, run.cpu, run.wall);
            *least = Some(least.map_or(run, |so_far| Run {
                cpu: so_far.cpu.min(run.cpu),
                wall: so_far.wall.min(run.wall),
                peak_kib: so_far.peak_kib.max(run.peak_kib),
            }));
        }
    }
    Ok(least.into_iter().flatten().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_follow_the_program() {
        let line = Line::new("x", "prog", &["a"]).with(["b".to_owned()]);
        assert_eq!(line.words, ["prog", "a", "b"]);
    }
}
