//! `cargo xtask instructions`: how many instructions `scap` takes for fixed inputs, compared with committed figures.
//!
//! Instructions in user space vary by less than a tenth of a percent from run to run, whatever else the
//! machine does, so that a loss of a few percent shows where times would not. They depend on the compiler, and on
//! what the processor can do (libraries choose their code by that): where those differ from the committed
//! figures' the comparison is skipped, and says so. Counted by `perf stat` where it works, else by valgrind.
//! `--bless` writes the figures measured. What is measured is the binary of `cargo xtask dist`, or the one that `$SCAP`
//! names.

use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// Where the figures are, from the top of the workspace.
const FIGURES: &str = "benches/instructions.json";
/// How much more a figure may be than the committed one, percent.
const TOLERANCE: f64 = 5.0;
/// Times that each count is taken; the least counts.
const RUNS: usize = 3;
/// What libraries look for in a processor to choose their code.
const FEATURES: &[&str] = &["avx2", "avx512f", "avx512vl", "avx512bw", "bmi2", "erms", "fsrm", "sha_ni"];
/// Repetitions of the sample that make some 200,000 events.
const REPEAT: &str = "9";

/// The committed figures.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
struct Figures {
    /// What `rustc --version` says.
    compiler: String,
    /// Those of [`FEATURES`] that the processor has.
    processor: Vec<String>,
    /// Instructions by input, then by what counted them.
    instructions: BTreeMap<String, BTreeMap<Counter, u64>>,
}

/// What counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Counter {
    Perf,
    Callgrind,
}

/// Measures and compares, or blesses.
///
/// # Errors
/// If something cannot be run, or a count is too high.
pub(crate) fn run(args: &[String]) -> Result<String> {
    let bless = match args {
        [] => false,
        [flag] if flag == "--bless" => true,
        other => bail!("instructions takes --bless or nothing, not {}", other.join(" ")),
    };
    let root = crate::tools::workspace()?;
    let counters = Counter::working();
    let Some(first) = counters.first() else {
        return Ok(
            "instructions: skipped: neither `perf stat -e instructions:u` nor valgrind works here".into()
        );
    };
    let scap = crate::tools::program(|| crate::dist::build(&root))?;
    let folder = crate::tools::Folder::new("instructions")?;
    let inputs = inputs(&root, &scap, &folder)?;
    // Whoever blesses does so for both, whoever compares needs one.
    let counters = if bless { &counters[..] } else { std::slice::from_ref(first) };
    let mut measured = Figures { compiler: compiler()?, processor: processor()?, ..Figures::default() };
    for (name, args) in &inputs {
        let counts = measured.instructions.entry(name.clone()).or_default();
        for counter in counters {
            counts.insert(*counter, counter.count(&scap, args)?);
        }
    }
    let file = root.join(FIGURES);
    if bless {
        std::fs::write(&file, serde_json::to_string_pretty(&measured)? + "\n")?;
        return Ok(format!("instructions: wrote {FIGURES}"));
    }
    let text = std::fs::read_to_string(&file).with_context(|| FIGURES.to_owned())?;
    let committed: Figures = serde_json::from_str(&text).with_context(|| FIGURES.to_owned())?;
    compare(&committed, &measured, *first)
}

/// Name and arguments of each input.
fn inputs(root: &Path, scap: &Path, folder: &crate::tools::Folder) -> Result<Vec<(String, Vec<String>)>> {
    let sample = |name: &str| root.join("samples/traces").join(name).display().to_string();
    let many = folder.at("many.zst");
    let status = Command::new(scap)
        .args(["convert", &sample("intruder.zst"), &many, "--repeat", REPEAT])
        .stderr(Stdio::null())
        .status()?;
    ensure!(status.success(), "scap convert --repeat failed");
    let threads = crate::tools::threads(scap, 1)?;
    let analyze = |trace: String| {
        let words = ["analyze", &trace, "--format", "json", "--quiet"];
        words.into_iter().map(str::to_owned).chain(threads.iter().flatten().cloned()).collect()
    };
    Ok(vec![
        ("analyze intruder".to_owned(), analyze(sample("intruder.zst"))),
        ("analyze intruder, 9 times".to_owned(), analyze(many)),
        ("read calm".to_owned(), vec!["read".to_owned(), sample("calm.zst")]),
    ])
}

impl Counter {
    /// Those that work here, the quickest first.
    fn working() -> Vec<Counter> {
        let works = |counter: &Counter| counter.count(Path::new("true"), &[]).is_ok();
        [Counter::Perf, Counter::Callgrind].into_iter().filter(works).collect()
    }

    /// Instructions in user space that `program` takes.
    fn count(self, program: &Path, args: &[String]) -> Result<u64> {
        match self {
            Counter::Perf => {
                let counts: Result<Vec<u64>> = (0..RUNS).map(|_| Self::perf(program, args)).collect();
                counts?.into_iter().min().context("no run")
            }
            // Not disturbed by anything, and slow.
            Counter::Callgrind => Self::callgrind(program, args),
        }
    }

    fn perf(program: &Path, args: &[String]) -> Result<u64> {
        let mut command = Command::new("perf");
        command.args(["stat", "--field-separator=,", "--event=instructions:u"]).arg(program).args(args);
        let text = said(command)?;
        let line = text.lines().find(|line| line.contains("instructions")).context("perf counted nothing")?;
        line.split(',').next().unwrap_or_default().parse().with_context(|| format!("perf said: {line}"))
    }

    fn callgrind(program: &Path, args: &[String]) -> Result<u64> {
        let mut command = Command::new("valgrind");
        command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(program).args(args);
        let text = said(command)?;
        let line = text.lines().find_map(|line| line.split_once("Collected :"));
        line.context("valgrind counted nothing")?.1.trim().parse().context("valgrind counted no number")
    }
}

/// What `command`, which must succeed, says on standard error.
fn said(mut command: Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).output()?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(output.status.success(), "{command:?}: {}: {}", output.status, text.trim());
    Ok(text)
}

fn compiler() -> Result<String> {
    let output = Command::new("rustc").arg("--version").output().context("rustc")?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn processor() -> Result<Vec<String>> {
    let text = std::fs::read_to_string("/proc/cpuinfo").context("/proc/cpuinfo")?;
    let flags: Vec<&str> =
        text.lines().find(|line| line.starts_with("flags")).unwrap_or_default().split(' ').collect();
    Ok(FEATURES.iter().filter(|name| flags.contains(name)).map(|name| (*name).to_owned()).collect())
}

/// The table, or why there is nothing to compare.
fn compare(committed: &Figures, measured: &Figures, counter: Counter) -> Result<String> {
    let what = [
        ("compiler", &committed.compiler, &measured.compiler),
        ("processor", &committed.processor.join(" "), &measured.processor.join(" ")),
    ];
    for (name, theirs, ours) in what {
        if theirs != ours {
            return Ok(format!(
                "instructions: skipped: the figures are for {name} `{theirs}`, this is `{ours}`: \
                 `cargo xtask instructions --bless` on the commit before, then compare"
            ));
        }
    }
    let mut table = format!("{:<28} {:>14} {:>14} {:>8}\n", "input", "committed", "now", "change");
    let (mut worse, mut better) = (false, false);
    for (input, counts) in &measured.instructions {
        let now = counts.get(&counter).copied().unwrap_or(0);
        let Some(before) = committed.instructions.get(input).and_then(|counts| counts.get(&counter)) else {
            bail!("{FIGURES} has no figure for {input}: `cargo xtask instructions --bless`");
        };
        let change = change(*before, now);
        worse |= change > TOLERANCE;
        better |= change < -TOLERANCE;
        writeln!(table, "{input:<28} {before:>14} {now:>14} {change:>+7.2}%")?;
    }
    if worse {
        bail!(
            "more than {TOLERANCE} % more instructions than committed:\n{table}\
             If that is worth it: `cargo xtask instructions --bless`, and say why in the commit."
        );
    }
    let hint = if better { "much better: `cargo xtask instructions --bless` keeps it so\n" } else { "" };
    Ok(format!("{table}{hint}instructions: no input takes more than {TOLERANCE} % more than committed"))
}

/// In percent.
#[expect(clippy::cast_precision_loss, reason = "a ratio of counts far below 2^52")]
fn change(before: u64, now: u64) -> f64 {
    (now as f64 / before.max(1) as f64 - 1.0) * 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(count: u64) -> Figures {
        let counts = BTreeMap::from([(Counter::Perf, count)]);
        let instructions = BTreeMap::from([("read".to_owned(), counts)]);
        Figures { compiler: "1".into(), processor: vec!["avx2".into()], instructions }
    }

    #[test]
    fn more_than_five_percent_more_fails_with_the_table() {
        assert!(compare(&figures(1000), &figures(1049), Counter::Perf).is_ok());
        let error = compare(&figures(1000), &figures(1051), Counter::Perf).unwrap_err().to_string();
        assert!(error.contains("1051") && error.contains("+5.10%"), "{error}");
        let said = compare(&figures(1000), &figures(900), Counter::Perf).unwrap();
        assert!(said.contains("much better"), "{said}");
    }

    #[test]
    fn another_compiler_or_processor_is_not_compared() {
        let other = Figures { compiler: "2".into(), ..figures(9999) };
        assert!(compare(&figures(1), &other, Counter::Perf).unwrap().contains("skipped"));
        let other = Figures { processor: Vec::new(), ..figures(9999) };
        assert!(compare(&figures(1), &other, Counter::Perf).unwrap().contains("skipped"));
    }

    #[test]
    fn an_input_without_a_figure_fails() {
        assert!(
            compare(&Figures { instructions: BTreeMap::new(), ..figures(1) }, &figures(1), Counter::Perf)
                .is_err()
        );
    }
}
