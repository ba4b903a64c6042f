//! Results as a table for people and as JSON for the next comparison.

use super::measure::Run;
use anyhow::{Context, Result};
use serde::Serialize;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

/// Where results go, from the top of the workspace.
const RESULTS: &str = "benches/results";

/// One comparison.
#[derive(Debug, Serialize)]
pub(super) struct Comparison {
    pub(super) name: String,
    /// What was run, and what it took.
    pub(super) runs: Vec<Row>,
    /// What was to be known.
    pub(super) ratio: Option<Ratio>,
    /// Why there is no ratio, or what has to be known about it.
    pub(super) note: String,
}

/// A program's figures.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    pub(super) name: String,
    #[serde(flatten)]
    pub(super) run: Run,
    /// Events of the trace that it went through; 0 where that is not what it does.
    pub(super) events: u64,
    /// Size of what it wrote.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) bytes: Option<u64>,
}

/// A figure and what it should be.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Ratio {
    /// What of what.
    pub(super) of: String,
    pub(super) value: f64,
    /// What it should be.
    pub(super) target: Target,
}

/// A bound.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Target {
    AtLeast(f64),
    AtMost(f64),
}

impl Target {
    fn met(self, value: f64) -> bool {
        match self {
            Target::AtLeast(least) => value >= least,
            Target::AtMost(most) => value <= most,
        }
    }
}

/// What was measured, and on what.
#[derive(Debug, Serialize)]
pub(super) struct About {
    pub(super) commit: String,
    pub(super) processor: String,
    pub(super) cores: usize,
    pub(super) kernel: String,
    pub(super) compiler: String,
    /// What else the machine had to do when it began, processes over the last minute: over 1, walls mean little.
    pub(super) load: String,
    pub(super) trace: String,
    pub(super) events: u64,
    pub(super) trace_bytes: u64,
    pub(super) rules: usize,
    pub(super) rounds: usize,
}

impl About {
    /// Of this machine and checkout.
    pub(super) fn here(root: &Path) -> Result<Self> {
        let said = |program: &str, args: &[&str]| -> Result<String> {
            let output = Command::new(program).args(args).current_dir(root).output()?;
            Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
        };
        let cpuinfo = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
        let changed = !said("git", &["status", "--porcelain", "--untracked-files=no"])?.is_empty();
        let commit = said("git", &["rev-parse", "--short=10", "HEAD"])?;
        Ok(Self {
            commit: if changed { format!("{commit}-changed") } else { commit },
            processor: model.map_or("unknown", |(_, name)| name).to_owned(),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            kernel: said("uname", &["-sr"])?,
            compiler: said("rustc", &["--version"])?,
            load: load(),
            trace: String::new(),
            events: 0,
            trace_bytes: 0,
            rules: 0,
            rounds: 0,
        })
    }
}

fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or_default().to_owned()
}

/// All of it.
#[derive(Debug, Serialize)]
pub(super) struct Report<'a> {
    about: &'a About,
    comparisons: Vec<Comparison>,
}

impl<'a> Report<'a> {
    pub(super) fn new(about: &'a About, comparisons: Vec<Comparison>) -> Self {
        Self { about, comparisons }
    }

    /// The table.
    pub(super) fn markdown(&self) -> String {
        let mut out = String::new();
        // Writing to a string cannot fail.
        let _ = self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) -> std::fmt::Result {
        let about = self.about;
        writeln!(out, "# Commit {}\n", about.commit)?;
        writeln!(out, "{}, {} cores, {}, {}.", about.processor, about.cores, about.kernel, about.compiler)?;
        writeln!(out, "Load when it began: {} (over 1, times on the clock mean little).", about.load)?;
        writeln!(
            out,
            "{}: {} events, {} bytes; {} rules; least of {} rounds, run in turn.\n",
            about.trace, about.events, about.trace_bytes, about.rules, about.rounds
        )?;
        writeln!(out, "| comparison | ratio | should be | |\n|---|---|---|---|")?;
        for one in &self.comparisons {
            match &one.ratio {
                Some(Ratio { of, value, target }) => {
                    let (bound, met) = match target {
                        Target::AtLeast(least) => (format!("≥ {least}"), target.met(*value)),
                        Target::AtMost(most) => (format!("≤ {most}"), target.met(*value)),
                    };
                    let verdict = if met { "met" } else { "**not met**" };
                    let note = if one.note.is_empty() { String::new() } else { format!("; {}", one.note) };
                    writeln!(out, "| {}: {of} | {value:.3} | {bound} | {verdict}{note} |", one.name)?;
                }
                None => writeln!(out, "| {} | | | {} |", one.name, one.note)?,
            }
        }
        writeln!(out, "\n| run | cpu s | wall s | cpu ns/event | events/s (wall) | peak MiB | bytes |")?;
        writeln!(out, "|---|---|---|---|---|---|---|")?;
        for row in self.comparisons.iter().flat_map(|one| &one.runs) {
            write_row(out, row)?;
        }
        Ok(())
    }

    /// Writes both to the folder of results; says where.
    pub(super) fn store(&self, root: &Path) -> Result<String> {
        let folder = root.join(RESULTS);
        std::fs::create_dir_all(&folder).with_context(|| RESULTS.to_owned())?;
        let name = |ending: &str| format!("{}.{ending}", self.about.commit);
        std::fs::write(folder.join(name("json")), serde_json::to_string_pretty(self)? + "\n")?;
        std::fs::write(folder.join(name("md")), self.markdown())?;
        Ok(format!("bench: stored in {RESULTS}/{}", name("md")))
    }
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn write_row(out: &mut String, row: &Row) -> std::fmt::Result {
    let Row { name, run, events, bytes } = row;
    let events = *events as f64;
    let (each, rate) = if events > 0.0 {
        (format!("{:.1}", run.cpu * 1e9 / events), format!("{:.0}", events / run.wall))
    } else {
        (String::new(), String::new())
    };
    let bytes = bytes.map_or_else(String::new, |bytes| bytes.to_string());
    let mib = run.peak_kib as f64 / 1024.0;
    writeln!(out, "| {name} | {:.3} | {:.3} | {each} | {rate} | {mib:.1} | {bytes} |", run.cpu, run.wall)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_tells_what_was_met_and_what_was_skipped() {
        let about = About::here(Path::new(env!("CARGO_MANIFEST_DIR"))).expect("this machine");
        let run = Run { cpu: 1.0, wall: 2.0, peak_kib: 2048 };
        let row = Row { name: "scap".into(), run, events: 1_000_000, bytes: None };
        let ratio = Ratio { of: "cpu / cpu".into(), value: 2.5, target: Target::AtMost(2.0) };
        let one =
            Comparison { name: "zstd".into(), runs: vec![row], ratio: Some(ratio), note: String::new() };
        let other =
            Comparison { name: "sysdig".into(), runs: Vec::new(), ratio: None, note: "skipped: none".into() };
        let table = Report::new(&about, vec![one, other]).markdown();
        assert!(table.contains("| zstd: cpu / cpu | 2.500 | ≤ 2 | **not met** |"), "{table}");
        assert!(table.contains("| sysdig | | | skipped: none |"), "{table}");
        assert!(table.contains("| scap | 1.000 | 2.000 | 1000.0 | 500000 | 2.0 |  |"), "{table}");
    }
}
