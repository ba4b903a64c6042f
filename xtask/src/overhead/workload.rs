//! The workloads, and their own watch.
//!
//! Runs in a process of its own, which is what is recorded: `xtask workload NAME TURNS RESULT` writes nanoseconds for
//! one turn, on the clock and of CPU time (its own and its children's), into the file RESULT.

use super::Cost;
use anyhow::{Context, Result, bail};
use nix::sys::resource::{UsageWho, getrusage};
use nix::time::{ClockId, clock_gettime};
use std::fmt::Write as _;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

/// Runs the workload that `args` name.
///
/// # Errors
/// If it is not known or fails.
pub(crate) fn run(args: &[String]) -> Result<String> {
    let [name, turns, result] = args else { bail!("workload NAME TURNS RESULT") };
    let turns: u32 = turns.parse().context("how many turns?")?;
    let cost = match name.as_str() {
        "getppid" => {
            let watch = Watch::start()?;
            for _ in 0..turns {
                std::hint::black_box(std::os::unix::process::parent_id());
            }
            watch.stop(turns)?
        }
        "read" => {
            let (mut zero, mut byte) = (File::open("/dev/zero")?, [0]);
            let watch = Watch::start()?;
            for _ in 0..turns {
                zero.read_exact(&mut byte)?;
            }
            watch.stop(turns)?
        }
        "open" => {
            let watch = Watch::start()?;
            for _ in 0..turns {
                drop(File::open("/etc/passwd")?);
            }
            watch.stop(turns)?
        }
        "find" => command(turns, "find", &["/usr", "-xdev", "-newer", "/etc/passwd"])?,
        "compile" => compile(turns)?,
        _ => bail!("{name} is no workload"),
    };
    std::fs::write(result, format!("{} {}\n", cost.wall, cost.cpu))?;
    Ok(format!("{name}: {:.0} ns, {:.0} ns of CPU", cost.wall, cost.cpu))
}

fn compile(turns: u32) -> Result<Cost> {
    let mut source =
        String::from("#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n#include <unistd.h>\n");
    for n in 0..300 {
        writeln!(
            source,
            "int f{n}(int a, char *b) {{ return a * {n} + (int)strlen(b) + printf(\"%d%s\", a, b); }}"
        )?;
    }
    let folder = std::env::temp_dir().join(format!("scap-compile-{}", std::process::id()));
    std::fs::create_dir(&folder)?;
    let (from, to) = (folder.join("a.c"), folder.join("a.o"));
    std::fs::write(&from, source)?;
    let cost = command(turns, "cc", &["-O1", "-c", "-o", &text(&to), &text(&from)]);
    std::fs::remove_dir_all(&folder)?;
    cost
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn command(turns: u32, program: &str, args: &[&str]) -> Result<Cost> {
    let watch = Watch::start()?;
    for _ in 0..turns {
        let mut command = Command::new(program);
        let status = command.args(args).stdout(Stdio::null()).stderr(Stdio::null()).status();
        // `find` also fails for what it may not look into.
        if status.with_context(|| program.to_owned())?.code().is_none_or(|code| code > 1) {
            bail!("{program} failed");
        }
    }
    watch.stop(turns)
}

struct Watch {
    wall: Instant,
    cpu: f64,
}

impl Watch {
    fn start() -> Result<Self> {
        Ok(Self { cpu: cpu()?, wall: Instant::now() })
    }

    fn stop(self, turns: u32) -> Result<Cost> {
        let (turns, cpu) = (f64::from(turns), cpu()?);
        Ok(Cost { wall: self.wall.elapsed().as_secs_f64() * 1e9 / turns, cpu: (cpu - self.cpu) / turns })
    }
}

/// CPU time of this process and its ended children, ns.
fn cpu() -> Result<f64> {
    let own = clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID)?;
    Ok(children_cpu()? + seconds(own.tv_sec(), own.tv_nsec()) * 1e9)
}

/// CPU time of ended children, ns.
pub(super) fn children_cpu() -> Result<f64> {
    let children = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let times = [children.user_time(), children.system_time()];
    Ok(times.iter().map(|time| seconds(time.tv_sec(), time.tv_usec() * 1000)).sum::<f64>() * 1e9)
}

#[allow(clippy::cast_precision_loss, reason = "times of minutes, measured to the microsecond")]
fn seconds(seconds: i64, nanos: i64) -> f64 {
    seconds as f64 + nanos as f64 / 1e9
}
