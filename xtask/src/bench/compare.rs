//! The comparisons: what runs beside what, and what the ratio should be.

use super::measure::{Line, Run, interleaved};
use super::report::{About, Comparison, Ratio, Row, Target};
use super::{Options, foreign, rules};
use crate::dist;
use crate::tools::{Folder, program, threads};
use anyhow::{Context, Result, ensure};
use scap_format::TraceReader;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Events whose size is compared at the highest level, which is slow.
const SOME_EVENTS: &str = "..700000";
/// Rounds of what takes milliseconds.
const QUICK_ROUNDS: usize = 30;

/// Everything that comparisons need.
pub(super) struct Bench {
    about: About,
    scap: PathBuf,
    naive: Option<PathBuf>,
    trace: PathBuf,
    rule_files: Vec<PathBuf>,
    rounds: usize,
    folder: Folder,
}

impl Bench {
    /// Builds programs, makes the trace.
    pub(super) fn prepare(root: &Path, options: &Options) -> Result<Self> {
        let scap = program(|| dist::build(root))?;
        let folder = Folder::new("bench")?;
        let trace = PathBuf::from(folder.at("trace.zst"));
        match &options.trace {
            // Older recordings have no checkpoints, from which threads start and which let frames be left out.
            Some(own) => convert(&scap, own, &trace, &[])?,
            None => {
                let sample = root.join("samples/traces/intruder.zst");
                convert(&scap, &sample, &trace, &["--repeat", &options.repeat.to_string()])?;
            }
        }
        let shipped = [root.join("rules/sets")];
        let paths = if options.rules.is_empty() { &shipped[..] } else { &options.rules };
        let rule_files = rules::files(paths)?;
        let naive = if options.wants("naive") {
            let naive = ["--package=scap-benches", "--bin=scap-naive"];
            Some(dist::build_like_it(root, &naive)?.join("scap-naive"))
        } else {
            None
        };
        let mut about = About::here(root)?;
        about.trace = match &options.trace {
            Some(_) => "a trace of one's own, converted".into(),
            None => format!("samples/traces/intruder.zst {} times over", options.repeat),
        };
        about.events = events(&trace)?;
        about.trace_bytes = trace.metadata()?.len();
        about.rules = rules::count(&rule_files)?;
        about.rounds = options.rounds;
        Ok(Self { about, scap, naive, trace, rule_files, rounds: options.rounds, folder })
    }

    pub(super) fn about(&self) -> &About {
        &self.about
    }

    /// All comparisons that are wanted.
    pub(super) fn all(&self, options: &Options) -> Result<Vec<Comparison>> {
        type Compare = fn(&Bench) -> Result<Vec<Comparison>>;
        let all: [(&str, Compare); 9] = [
            ("zstd", Self::zstd),
            ("sysdig", Self::sysdig),
            ("naive", Self::naive),
            ("threads", Self::threads),
            ("doubled", Self::doubled),
            ("rare", Self::rare),
            ("start-up", Self::start_up),
            ("memory", Self::memory),
            ("size", Self::size),
        ];
        let mut results = Vec::new();
        for (name, compare) in all.into_iter().filter(|(name, _)| options.wants(name)) {
            eprintln!("{name}:");
            results.extend(compare(self).with_context(|| name.to_owned())?);
        }
        Ok(results)
    }

    /// `scap analyze` of `trace` with the rules and `more`, on `count` threads if it can choose.
    fn analyze(&self, name: &str, trace: &Path, count: usize, more: &[String]) -> Result<Line> {
        let trace = trace.display().to_string();
        let files = self.rule_files.iter().flat_map(|file| ["--rules".into(), file.display().to_string()]);
        let line = Line::new(name, &self.scap, &["analyze", &trace, "--format", "json", "--quiet"]);
        let threads = threads(&self.scap, count)?;
        Ok(line.with(files).with(threads.into_iter().flatten()).with(more.iter().cloned()))
    }

    fn rows(&self, lines: &[Line], runs: &[Run], events: u64) -> Vec<Row> {
        let row =
            |(line, run): (&Line, &Run)| Row { name: line.name.clone(), run: *run, events, bytes: None };
        lines.iter().zip(runs).map(row).collect()
    }

    fn zstd(&self) -> Result<Vec<Comparison>> {
        if !is_there("zstd") {
            return Ok(vec![skipped("zstd", "there is no zstd")]);
        }
        let trace = self.trace.display().to_string();
        let lines = [
            Line::new("zstd -dc, native trace", "zstd", &["-dc", &trace]),
            self.analyze("scap analyze, native trace, 1 thread", &self.trace, 1, &[])?,
        ];
        let runs = interleaved(&lines, self.rounds)?;
        let value = over(&runs, 1, 0, |run| run.cpu);
        let of = "cpu of scap analyze / cpu of zstd -dc".into();
        let mut rows = self.rows(&lines, &runs, self.about.events);
        // It knows no events.
        rows.iter_mut().take(1).for_each(|zstd| zstd.events = 0);
        Ok(vec![measured("zstd", rows, of, value, Target::AtMost(2.0), "")])
    }

    fn sysdig(&self) -> Result<Vec<Comparison>> {
        if !is_there("sysdig") {
            return Ok(vec![skipped("sysdig", "there is no sysdig")]);
        }
        let file = PathBuf::from(self.folder.at("foreign.scap"));
        let changed = foreign::write(&self.trace, &file)?;
        let path = file.display().to_string();
        let lines = [
            Line::new("sysdig -r, .scap, no rules", "sysdig", &["-r", &path, "proc.name = no-such-process"]),
            self.analyze("scap analyze, .scap, 1 thread", &file, 1, &[])?,
        ];
        let runs = interleaved(&lines, self.rounds)?;
        std::fs::remove_file(file)?;
        let value = over(&runs, 0, 1, |run| run.cpu);
        let note = format!(
            "with enter events {} events; {} of types that sysdig does not know are plain system calls; {} fds left out",
            changed.written, changed.events, changed.fds
        );
        let of = "cpu of sysdig -r / cpu of scap analyze".into();
        let rows = self.rows(&lines, &runs, changed.written);
        Ok(vec![measured("sysdig", rows, of, value, Target::AtLeast(2.0), &note)])
    }

    fn naive(&self) -> Result<Vec<Comparison>> {
        let Some(naive) = &self.naive else { return Ok(Vec::new()) };
        let trace = self.trace.display().to_string();
        let files = self.rule_files.iter().map(|file| file.display().to_string());
        let lines = [
            Line::new("naive evaluator, native trace", naive, &[&trace]).with(files),
            self.analyze("scap analyze, native trace, 1 thread", &self.trace, 1, &[])?,
        ];
        // It is slow, and its figure need not be exact.
        let runs = interleaved(&lines, self.rounds.min(2))?;
        let value = over(&runs, 0, 1, |run| run.cpu);
        let rows = self.rows(&lines, &runs, self.about.events);
        let of = "cpu of the naive evaluator / cpu of scap analyze".into();
        Ok(vec![measured("naive", rows, of, value, Target::AtLeast(1.0), "")])
    }

    fn threads(&self) -> Result<Vec<Comparison>> {
        if threads(&self.scap, 2)?.is_none() {
            return Ok(vec![skipped("threads", "scap analyze has no --threads")]);
        }
        let foreign = PathBuf::from(self.folder.at("plain.scap"));
        convert(&self.scap, &self.trace, &foreign, &[])?;
        let mut results = Vec::new();
        for (kind, trace, least) in [("native trace", &self.trace, 1.8), (".scap", &foreign, 1.5)] {
            let lines = [
                self.analyze(&format!("scap analyze, {kind}, 1 thread"), trace, 1, &[])?,
                self.analyze(&format!("scap analyze, {kind}, 2 threads"), trace, 2, &[])?,
            ];
            let runs = interleaved(&lines, self.rounds)?;
            let value = over(&runs, 0, 1, |run| run.wall);
            let rows = self.rows(&lines, &runs, self.about.events);
            let (name, of) = (format!("threads, {kind}"), "wall of 1 / wall of 2".into());
            results.push(measured(&name, rows, of, value, Target::AtLeast(least), ""));
        }
        std::fs::remove_file(foreign)?;
        Ok(results)
    }

    fn doubled(&self) -> Result<Vec<Comparison>> {
        let twins = PathBuf::from(self.folder.at("twins.yaml"));
        let count = rules::write_duplicates(&self.rule_files, &twins)?;
        let more = ["--rules".to_owned(), twins.display().to_string()];
        let lines = [
            self.analyze("scap analyze, the rules", &self.trace, 1, &[])?,
            self.analyze("scap analyze, and as many more", &self.trace, 1, &more)?,
        ];
        let runs = interleaved(&lines, self.rounds)?;
        let value = over(&runs, 1, 0, |run| run.cpu);
        let rows = self.rows(&lines, &runs, self.about.events);
        let note = format!("{count} rules added");
        let of = "cpu of twice the rules / cpu".into();
        Ok(vec![measured("doubled rules", rows, of, value, Target::AtMost(1.25), &note)])
    }

    fn rare(&self) -> Result<Vec<Comparison>> {
        let file = PathBuf::from(self.folder.at("rare.yaml"));
        let rule = "- {rule: rare, desc: rare, condition: evt.type = ptrace, output: rare, priority: INFO}\n";
        std::fs::write(&file, rule)?;
        let trace = self.trace.display().to_string();
        let one = Line::new("scap analyze, one rule for ptrace", &self.scap, &["analyze", &trace, "--quiet"])
            .with(["--rules".to_owned(), file.display().to_string()])
            .with(threads(&self.scap, 1)?.into_iter().flatten());
        let lines = [
            self.analyze("scap analyze, all rules", &self.trace, 1, &[])?,
            one,
            Line::new("scap read, filter for ptrace", &self.scap, &["read", &trace, "evt.type = ptrace"]),
        ];
        let runs = interleaved(&lines, self.rounds)?;
        let rows = self.rows(&lines, &runs, self.about.events);
        let (rule, filter) = (over(&runs, 0, 1, |run| run.cpu), over(&runs, 0, 2, |run| run.cpu));
        let of = |what: &str| format!("cpu of a full replay / cpu of {what}");
        let target = Target::AtLeast(10.0);
        Ok(vec![
            measured("rare, a rule", rows, of("one rule for ptrace"), rule, target, ""),
            measured("rare, a filter", Vec::new(), of("a filter for ptrace"), filter, target, ""),
        ])
    }

    fn start_up(&self) -> Result<Vec<Comparison>> {
        let small = PathBuf::from(self.folder.at("small.zst"));
        convert(&self.scap, &self.trace, &small, &["--events", "..100"])?;
        let lines =
            [Line::new("true", "true", &[]), self.analyze("scap analyze, 100 events", &small, 1, &[])?];
        let runs = interleaved(&lines, QUICK_ROUNDS)?;
        let wall = |at: usize| runs.get(at).map_or(0.0, |run| run.wall * 1e3);
        let note = format!("true takes {:.2} ms", wall(0));
        let of = "wall of 100 events with all rules, ms".into();
        let mut rows = self.rows(&lines, &runs, 100);
        rows.iter_mut().take(1).for_each(|nothing| nothing.events = 0);
        Ok(vec![measured("start-up", rows, of, wall(1), Target::AtMost(30.0), &note)])
    }

    fn memory(&self) -> Result<Vec<Comparison>> {
        let large = PathBuf::from(self.folder.at("large.zst"));
        convert(&self.scap, &self.trace, &large, &["--repeat", "10"])?;
        let on = |count: usize| {
            let (one, ten) =
                (format!("the trace, {count} threads"), format!("10 times the trace, {count} threads"));
            let lines = [
                self.analyze(&format!("scap analyze, {one}"), &self.trace, count, &[])?,
                self.analyze(&format!("scap analyze, {ten}"), &large, count, &[])?,
            ];
            let runs = interleaved(&lines, 1)?;
            #[expect(clippy::cast_precision_loss, reason = "a ratio")]
            let value = over(&runs, 1, 0, |run| run.peak_kib as f64);
            let mut rows = self.rows(&lines, &runs, self.about.events);
            rows.iter_mut().skip(1).for_each(|row| row.events *= 10);
            let of = "peak memory of 10 times the events / peak memory".into();
            let name = format!("memory, {count} threads");
            Ok(measured(&name, rows, of, value, Target::AtMost(1.2), ""))
        };
        let measured: Result<Vec<_>> = [1, 2].into_iter().map(on).collect();
        std::fs::remove_file(&large)?;
        measured
    }

    fn size(&self) -> Result<Vec<Comparison>> {
        let plain = PathBuf::from(self.folder.at("some.scap"));
        convert(&self.scap, &self.trace, &plain, &["--events", SOME_EVENTS])?;
        let path = plain.display().to_string();
        let packed = |name: &str, file: &str, level: &[&str]| {
            let (out, level) = (self.folder.at(file), level.iter().map(|word| (*word).to_owned()));
            Line::new(name, &self.scap, &["convert", &path, &out, "--force"]).with(level)
        };
        let lines = [
            Line::new("gzip -6 of .scap", "gzip", &["-6", "--keep", "--force", &path]),
            packed("scap convert, default level", "default.zst", &[]),
            packed("scap convert --level 19", "small.zst", &["--level", "19"]),
        ];
        let runs = interleaved(&lines, 1)?;
        let mut rows = self.rows(&lines, &runs, events(&plain)?);
        for (row, file) in rows.iter_mut().zip(["some.scap.gz", "default.zst", "small.zst"]) {
            row.bytes = Some(Path::new(&self.folder.at(file)).metadata()?.len());
        }
        let bytes: Vec<u64> = rows.iter().filter_map(|row| row.bytes).collect();
        #[expect(clippy::cast_precision_loss, reason = "a ratio")]
        let of_gzip = |at: usize| match (bytes.first(), bytes.get(at)) {
            (Some(gzip), Some(own)) => *own as f64 / *gzip as f64,
            _ => f64::NAN,
        };
        let of = "bytes / bytes of gzip -6".to_owned();
        Ok(vec![
            measured("size", rows, of.clone(), of_gzip(1), Target::AtMost(1.0), ""),
            measured("size, level 19", Vec::new(), of, of_gzip(2), Target::AtMost(0.7), ""),
        ])
    }
}

fn over(runs: &[Run], above: usize, below: usize, figure: impl Fn(&Run) -> f64) -> f64 {
    match (runs.get(above), runs.get(below)) {
        (Some(above), Some(below)) => figure(above) / figure(below),
        _ => f64::NAN,
    }
}

fn measured(name: &str, runs: Vec<Row>, of: String, value: f64, target: Target, note: &str) -> Comparison {
    Comparison { name: name.into(), runs, ratio: Some(Ratio { of, value, target }), note: note.into() }
}

fn skipped(name: &str, why: &str) -> Comparison {
    Comparison { name: name.into(), runs: Vec::new(), ratio: None, note: format!("skipped: {why}") }
}

fn is_there(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok()
}

fn convert(scap: &Path, from: &Path, to: &Path, options: &[&str]) -> Result<()> {
    let output = Command::new(scap).arg("convert").args([from, to]).args(options).output()?;
    ensure!(output.status.success(), "scap convert: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

fn events(trace: &Path) -> Result<u64> {
    let mut trace = TraceReader::open(trace)?;
    trace.for_each(|_| ControlFlow::Continue(()))?;
    Ok(trace.totals().events)
}
