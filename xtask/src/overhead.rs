//! What recording costs: each of five workloads alone, recorded by eBPF, recorded by ptrace, and under `strace -f`.
//!
//! `cargo xtask overhead [SCAP] [ROUNDS]` (as root) runs them in turn, several rounds in one run, and prints the medians as
//! ratios to the unrecorded workload: of the time on the clock, and of the CPU time of the workload itself, to which other work
//! on the machine adds little. eBPF writes a real trace. Then it makes a busy recording and compares the
//! trace and the recorder's CPU time with gzip of the same `.scap` bytes. SCAP is the program to measure, by default
//! `target/release/scap`.

mod size;
mod workload;

use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub(crate) use workload::run as workload;

/// Who looks on while a workload runs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Witness {
    Nobody,
    Ebpf,
    Ptrace,
    /// ptrace, for calls that the workloads do not make often.
    FewCalls,
    Strace,
}

const WITNESSES: [(Witness, &str); 5] = [
    (Witness::Nobody, "alone"),
    (Witness::Ebpf, "ebpf"),
    (Witness::Ptrace, "ptrace"),
    (Witness::FewCalls, "ptrace, few"),
    (Witness::Strace, "strace -f"),
];

/// Workloads, and how often they are done: by those that cost little, and by those that stop every call.
const WORKLOADS: [(&str, u64, u64); 5] = [
    ("getppid", 300_000, 3_000),
    ("read", 300_000, 3_000),
    ("open", 150_000, 2_000),
    ("find", 1, 1),
    ("compile", 1, 1),
];

/// What eBPF may cost at most: ratios of the three loops.
const TARGETS: [(&str, f64); 3] = [("getppid", 2.5), ("read", 2.8), ("open", 1.8)];

/// Nanoseconds for one turn of a workload.
#[derive(Clone, Copy, Default)]
pub(crate) struct Cost {
    pub(crate) wall: f64,
    pub(crate) cpu: f64,
}

/// Measures and prints.
///
/// # Errors
/// If a program cannot be run, or eBPF costs more CPU time than the targets say.
pub(crate) fn measure(program: Option<String>, rounds: Option<String>) -> Result<String> {
    let program = program.map_or_else(|| PathBuf::from("target/release/scap"), PathBuf::from);
    let program = program
        .canonicalize()
        .with_context(|| format!("{}: build it with `cargo build --release -p scap`", program.display()))?;
    let rounds: usize = rounds.as_deref().unwrap_or("5").parse().context("how many rounds?")?;
    let folder = std::env::temp_dir().join(format!("scap-overhead-{}", std::process::id()));
    std::fs::create_dir(&folder).with_context(|| folder.display().to_string())?;
    let outcome = all(&program, &folder, rounds);
    std::fs::remove_dir_all(&folder)?;
    outcome
}

fn all(program: &Path, folder: &Path, rounds: usize) -> Result<String> {
    println!("{:<9} {:<12} {:>13} {:>7} {:>13} {:>7}", "", "", "wall", "ratio", "CPU", "ratio");
    let mut above = Vec::new();
    for (name, many, few) in WORKLOADS {
        let mut costs: Vec<Vec<Cost>> = vec![Vec::new(); WITNESSES.len()];
        for round in 0..rounds {
            for (of, (witness, title)) in costs.iter_mut().zip(WITNESSES) {
                let stops = matches!(witness, Witness::Ptrace | Witness::Strace);
                // Those that stop every call take long over a whole file system and a compiler.
                if stops && many == 1 && round >= 2 {
                    continue;
                }
                let turns = if stops { few } else { many };
                of.push(
                    cost(program, folder, witness, name, turns)
                        .with_context(|| format!("{name}, {title}"))?,
                );
            }
        }
        let medians: Vec<Cost> = costs.iter().map(|all| median(all)).collect();
        let alone = medians.first().copied().unwrap_or_default();
        for ((witness, title), cost) in WITNESSES.iter().zip(&medians) {
            let (wall, cpu) = (cost.wall / alone.wall, cost.cpu / alone.cpu);
            println!(
                "{name:<9} {title:<12} {:>10.0} ns {wall:>7.2} {:>10.0} ns {cpu:>7.2}",
                cost.wall, cost.cpu
            );
            let target =
                TARGETS.iter().find(|(of, _)| *of == name).map_or(f64::INFINITY, |(_, limit)| *limit);
            if *witness == Witness::Ebpf && cpu > target {
                above.push(format!("{name}: {cpu:.2} is above {target}"));
            }
        }
    }
    println!(
        "(CPU: of the workload with what the kernel does in its name; a tracer's own is only in the time on the clock)"
    );
    size::compare(program, folder)?;
    if !above.is_empty() {
        bail!("eBPF costs too much: {}", above.join("; "));
    }
    Ok(format!("overhead: medians of {rounds} rounds, eBPF within {TARGETS:?}"))
}

fn median(costs: &[Cost]) -> Cost {
    let middle = |of: fn(&Cost) -> f64| {
        let mut all: Vec<f64> = costs.iter().map(of).collect();
        all.sort_by(f64::total_cmp);
        all.get(all.len() / 2).copied().unwrap_or(f64::NAN)
    };
    Cost { wall: middle(|cost| cost.wall), cpu: middle(|cost| cost.cpu) }
}

/// Runs a workload once, which measures itself.
fn cost(program: &Path, folder: &Path, witness: Witness, workload: &str, turns: u64) -> Result<Cost> {
    let trace = folder.join("t.zst");
    let scap = |backend: &str| {
        let mut command = Command::new(program);
        command.args(["record", "--force", "--backend", backend, "-o"]).arg(&trace);
        command
    };
    let mut command = match witness {
        Witness::Nobody => {
            let mut command = Command::new("env");
            command.arg("--");
            command
        }
        Witness::Ebpf => scap("ebpf"),
        Witness::Ptrace => scap("ptrace"),
        Witness::FewCalls => {
            let mut command = scap("ptrace");
            command.args(["--syscalls", "connect,setuid"]);
            command
        }
        Witness::Strace => {
            let mut command = Command::new("strace");
            command.args(["-f", "-o", "/dev/null"]);
            command
        }
    };
    if matches!(witness, Witness::Ebpf | Witness::Ptrace | Witness::FewCalls) {
        command.arg("--");
    }
    let result = folder.join("cost");
    command.arg(std::env::current_exe()?).args(["workload", workload, &turns.to_string()]).arg(&result);
    command.current_dir(folder).stdout(Stdio::null());
    let output = command.stderr(Stdio::piped()).output()?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr));
    }
    let text = std::fs::read_to_string(&result)?;
    let mut numbers = text.split_whitespace().map(str::parse::<f64>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(wall)), Some(Ok(cpu))) => Ok(Cost { wall, cpu }),
        _ => bail!("the workload told {text:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_taken_of_each_number_by_itself() {
        let costs = [(3.0, 10.0), (1.0, 30.0), (2.0, 20.0)].map(|(wall, cpu)| Cost { wall, cpu });
        let median = median(&costs);
        assert!((median.wall - 2.0).abs() < 1e-9 && (median.cpu - 20.0).abs() < 1e-9);
    }
}
