//! Whether every event is either in the trace or counted as dropped, at the highest rate that the machine can make.
//!
//! `cargo xtask drops [SCAP] [SECONDS] [PROCESSES]` (as root) records processes that do nothing but call getppid(2) and count
//! their calls, once with the smallest buffer and once with the default one. What they counted, with the execs and ends that
//! a recorder never leaves out, must be what is in the trace and what its drop notices say, to the last event.
//! SCAP is by default `target/release/scap`.

use anyhow::{Context, Result, bail, ensure};
use scap_format::block::Block;
use scap_format::{Item, TraceReader};
use scap_schema::code;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const BUFFERS: [&str; 2] = ["64KiB", "8MiB"];

/// Records and compares.
///
/// # Errors
/// If a program cannot be run, or a single event is missing or too many.
pub(crate) fn check(args: &[String]) -> Result<String> {
    let mut args = args.iter();
    let program = args.next().map_or_else(|| PathBuf::from("target/release/scap"), PathBuf::from);
    let program = program
        .canonicalize()
        .with_context(|| format!("{}: build it with `cargo build --release -p scap`", program.display()))?;
    let seconds: u64 = args.next().map_or(Ok(30), |text| text.parse()).context("how many seconds?")?;
    let processes: u64 = args.next().map_or(Ok(2), |text| text.parse()).context("how many processes?")?;
    let folder = std::env::temp_dir().join(format!("scap-drops-{}", std::process::id()));
    std::fs::create_dir(&folder).with_context(|| folder.display().to_string())?;
    let outcome = BUFFERS.iter().try_for_each(|buffer| round(&program, &folder, buffer, seconds, processes));
    std::fs::remove_dir_all(&folder)?;
    outcome?;
    Ok("drops: every event is in the trace or counted as dropped".to_owned())
}

fn round(program: &Path, folder: &Path, buffer: &str, seconds: u64, processes: u64) -> Result<()> {
    let trace = folder.join(format!("{buffer}.zst"));
    let recorded = Command::new(program)
        .args(["record", "--snapshot", "tree", "--syscalls", "getppid", "--buffer", buffer, "-o"])
        .arg(&trace)
        .arg("--")
        .arg(std::env::current_exe()?)
        .args(["calls", &seconds.to_string(), &processes.to_string()])
        .output()
        .with_context(|| program.display().to_string())?;
    let said = String::from_utf8_lossy(&recorded.stderr).into_owned();
    ensure!(recorded.status.success(), "scap record: {said}");
    let calls: u64 = String::from_utf8_lossy(&recorded.stdout).trim().parse().context("no count of calls")?;
    // Each process runs a program and ends.
    let made = calls + 2 * (processes + 1);
    let found = Found::of(&trace)?;
    let written = found.events.values().sum::<u64>();
    println!(
        "{buffer:>6}: {made} events made in {seconds} s ({:.0}/s), {written} written, {} dropped in {} notices, {:.1} MiB",
        made as f64 / seconds as f64,
        found.dropped,
        found.notices,
        std::fs::metadata(&trace)?.len() as f64 / (1 << 20) as f64
    );
    for (cpu, dropped) in &found.by_cpu {
        println!("        CPU {cpu}: {dropped} dropped");
    }
    if written + found.dropped != made {
        let kinds = &found.events;
        bail!("{made} made, but {written} written and {} dropped: {kinds:?}\n{said}", found.dropped);
    }
    ensure!(found.dropped == 0 || said.contains(&format!("{} events DROPPED", found.dropped)), "{said}");
    ensure!(found.dropped == found.in_footer, "the footer says {}", found.in_footer);
    ensure!(found.dropped == 0 || found.first_notice < written / 2, "drops are told at the end only");
    Ok(())
}

/// What a trace holds.
#[derive(Default)]
struct Found {
    /// Events by type, but for notices and what describes the machine.
    events: BTreeMap<&'static str, u64>,
    dropped: u64,
    by_cpu: BTreeMap<u16, u64>,
    notices: u64,
    in_footer: u64,
    /// Events before the first notice.
    first_notice: u64,
}

impl Found {
    fn of(path: &Path) -> Result<Self> {
        let mut found = Self::default();
        let info = scap_format::native::Info::open(&mut std::fs::File::open(path)?)?;
        found.in_footer = info.totals.dropped();
        let mut trace = TraceReader::open(path)?;
        while let Some(item) = trace.next()? {
            match item {
                Item::Damage(damage) => bail!("{}", damage.detail),
                Item::Block(Block::Event(event)) => match event.code {
                    code::NOTIFICATION_E => {
                        let text = String::from_utf8_lossy(event.text(1).unwrap_or_default()).into_owned();
                        let count = text
                            .split(' ')
                            .find_map(|word| word.strip_prefix("dropped=")?.parse::<u64>().ok());
                        let count = count.with_context(|| format!("a notice without a count: {text}"))?;
                        found.dropped += count;
                        *found.by_cpu.entry(event.cpu).or_default() += count;
                        if found.notices == 0 {
                            found.first_notice = found.events.values().sum();
                        }
                        found.notices += 1;
                    }
                    code::CONTAINER_JSON_2_E => {}
                    _ => {
                        *found.events.entry(event.info().map_or("unknown", |row| row.name)).or_default() += 1
                    }
                },
                Item::Block(_) => {}
            }
        }
        Ok(found)
    }
}

/// Calls getppid(2) for some seconds, in as many processes as asked for, and prints how often.
///
/// # Errors
/// If a process cannot be run.
pub(crate) fn calls(args: &[String]) -> Result<String> {
    let number = |at: usize| args.get(at).and_then(|text| text.parse::<u64>().ok());
    let seconds = number(0).context("for how many seconds?")?;
    let processes = number(1).context("by how many processes?")?;
    if processes == 0 {
        return Ok(count(Duration::from_secs(seconds)).to_string());
    }
    let program = std::env::current_exe()?;
    let children = (0..processes)
        .map(|_| {
            Command::new(&program).args(["calls", &seconds.to_string(), "0"]).stdout(Stdio::piped()).spawn()
        })
        .collect::<std::io::Result<Vec<_>>>()?;
    let mut sum = 0;
    for child in children {
        let out = child.wait_with_output()?.stdout;
        sum += String::from_utf8_lossy(&out).trim().parse::<u64>().context("a process did not count")?;
    }
    Ok(sum.to_string())
}

fn count(time: Duration) -> u64 {
    let (since, mut calls) = (Instant::now(), 0);
    while since.elapsed() < time {
        for _ in 0..1000 {
            nix::unistd::getppid();
        }
        calls += 1000;
    }
    calls
}
