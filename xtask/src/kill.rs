//! What a recorder that is killed leaves behind.
//!
//! `cargo xtask kill [SCAP] [ROUNDS]` (as root) records the whole machine under load and kills the recorder with SIGKILL at a random
//! moment, again and again. Each trace has to be readable to its last whole frame, with nothing wrong but its end, and the
//! last event in it must have happened within the last second. SCAP is by default `target/release/scap`.

use anyhow::{Context, Result, ensure};
use scap_format::block::Block;
use scap_format::native::Info;
use scap_format::{Item, TraceReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

/// What may be missing at the end: a frame that waits a second at most, and what the kernel and the queue hold then.
const MOST_LOST: Duration = Duration::from_millis(1000);

/// Records, kills and looks.
///
/// # Errors
/// If a program cannot be run, or a trace has lost more than it may.
pub(crate) fn check(args: &[String]) -> Result<String> {
    let mut args = args.iter();
    let program = args.next().map_or_else(|| PathBuf::from("target/release/scap"), PathBuf::from);
    let program = program
        .canonicalize()
        .with_context(|| format!("{}: build it with `cargo build --release -p scap`", program.display()))?;
    let rounds: u32 = args.next().map_or(Ok(20), |text| text.parse()).context("how many rounds?")?;
    let folder = std::env::temp_dir().join(format!("scap-kill-{}", std::process::id()));
    std::fs::create_dir(&folder).with_context(|| folder.display().to_string())?;
    let outcome = all(&program, &folder, rounds);
    std::fs::remove_dir_all(&folder)?;
    let worst = outcome?;
    Ok(format!("kill: {rounds} traces readable, at most {} ms of events missing", worst.as_millis()))
}

fn all(program: &Path, folder: &Path, rounds: u32) -> Result<Duration> {
    let shell = |line: &str| {
        Command::new("sh").args(["-c", line]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().map(Ended)
    };
    let _find = shell("while :; do find /usr /etc -xdev; done")?;
    let _execs = shell("while :; do /bin/true; done")?;
    let _writes = shell("while :; do dd if=/dev/zero of=/dev/null bs=1 count=200000; done")?;
    let mut random = u64::try_from(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_nanos())? | 1;
    let mut worst = Duration::ZERO;
    for round in 1..=rounds {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let trace = folder.join(format!("{round}.zst"));
        let mut recorder = Ended(
            Command::new(program)
                .args(["record", "-o"])
                .arg(&trace)
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .with_context(|| program.display().to_string())?,
        );
        let since = Instant::now();
        while std::fs::metadata(&trace).map_or(0, |about| about.len()) < 100_000 {
            ensure!(since.elapsed() < Duration::from_secs(60), "round {round}: nothing was written");
            std::thread::sleep(Duration::from_millis(5));
        }
        std::thread::sleep(Duration::from_millis((random >> 33) % 3000));
        let killed = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
        recorder.0.kill()?;
        recorder.0.wait()?;
        let left = Left::of(&trace).with_context(|| format!("round {round}"))?;
        let lost = killed.saturating_sub(Duration::from_nanos(left.last_ts));
        println!(
            "round {round:>2}: {:>5.1} s, {:>9} events, {} frames, {:>4} ms missing, {}",
            since.elapsed().as_secs_f64(),
            left.events,
            left.frames,
            lost.as_millis(),
            if left.cut { "one frame unfinished" } else { "no frame unfinished" }
        );
        ensure!(lost <= MOST_LOST, "round {round}: more than {} ms are missing", MOST_LOST.as_millis());
        worst = worst.max(lost);
        std::fs::remove_file(&trace)?;
    }
    Ok(worst)
}

/// What can be read of a trace.
struct Left {
    events: u64,
    frames: usize,
    last_ts: u64,
    /// Whether its end is damaged.
    cut: bool,
}

impl Left {
    fn of(path: &Path) -> Result<Self> {
        let len = std::fs::metadata(path)?.len();
        let info = Info::open(&mut std::fs::File::open(path)?)?;
        ensure!(!info.finished && info.manifest.is_some(), "it has an end, or no manifest");
        ensure!(info.damage.len() <= 1, "damaged: {:?}", info.damage);
        if let Some(damage) = info.damage.first() {
            ensure!(damage.end.is_none_or(|end| end >= len), "damaged before its end: {}", damage.detail);
        }
        let (mut events, mut last_ts) = (0, 0);
        let mut trace = TraceReader::open(path)?;
        while let Some(item) = trace.next()? {
            if let Item::Block(Block::Event(event)) = item {
                events += 1;
                last_ts = last_ts.max(event.ts);
            }
        }
        ensure!(events == info.totals.events, "{events} read, {} known", info.totals.events);
        Ok(Self { events, frames: info.frames.len(), last_ts, cut: !info.damage.is_empty() })
    }
}

/// Ends what it holds.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
