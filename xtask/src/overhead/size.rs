//! A busy recording beside gzip of the same bytes: size, and CPU time of making it.

use super::workload::children_cpu;
use anyhow::{Context, Result, bail};
use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};

/// Everyday work that keeps the machine busy.
const BUSY: &str = "for i in 1 2 3; do find /usr -xdev -type f -name '*.h' -exec cat {} + | sort | uniq -c | wc -l; \
    for f in /etc/*; do test -f $f && cksum <$f >/dev/null; done; ls -lR /usr/share/doc /usr/lib >/dev/null; done";

/// Records, compresses, prints.
pub(super) fn compare(program: &Path, folder: &Path) -> Result<()> {
    let (trace, plain) = (folder.join("busy.zst"), folder.join("busy.scap"));
    // The command's own CPU time, so that the recorder's is what is left.
    let timed = format!("{{ {BUSY}; }} >/dev/null 2>&1; times >{}", folder.join("times").display());
    let mut record = Command::new(program);
    record
        .args(["record", "--force", "--backend", "ebpf", "-o"])
        .arg(&trace)
        .args(["--", "bash", "-c", &timed]);
    let (recorded, told) = cpu_of(&mut record)?;
    let recorder = recorded - shell_times(&std::fs::read_to_string(folder.join("times"))?);
    let events = events_of(&told).with_context(|| told.clone())?;
    cpu_of(Command::new("zstd").args(["-dqfo"]).arg(&plain).arg(&trace))?;
    let gzip = |level: &str| -> Result<(f64, u64)> {
        let out = folder.join("busy.gz");
        let to = File::create(&out)?;
        let (cpu, _) = cpu_of(Command::new("gzip").args([level, "-c"]).arg(&plain).stdout(to))?;
        Ok((cpu, out.metadata()?.len()))
    };
    let (size, raw) = (trace.metadata()?.len(), plain.metadata()?.len());
    let (gzip_cpu, gzip_size) = gzip("-6")?;
    let (compress_cpu, _) =
        cpu_of(Command::new("zstd").args(["-3", "-qfo"]).arg(folder.join("again.zst")).arg(&plain))?;
    println!("\nbusy recording: {events} events, {raw} bytes of .scap");
    #[allow(clippy::cast_precision_loss, reason = "figures for people")]
    let line = |name: &str, bytes: u64, cpu: f64| {
        println!(
            "{name:<32} {:>6.2} bytes/event, {:>5.2} of gzip's size; {cpu:>6.2} s of CPU, {:>5.2} of gzip's",
            bytes as f64 / events as f64,
            bytes as f64 / gzip_size as f64,
            cpu / gzip_cpu
        );
    };
    line("gzip -6 of it", gzip_size, gzip_cpu);
    line("trace, the recorder as a whole", size, recorder);
    line("trace, its compression (zstd -3)", size, compress_cpu);
    Ok(())
}

/// Runs `command`; CPU seconds of it and its children, and what it said on standard error.
fn cpu_of(command: &mut Command) -> Result<(f64, String)> {
    let before = children_cpu()?;
    let output = command.stderr(Stdio::piped()).spawn()?.wait_with_output()?;
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    if !output.status.success() {
        bail!("{told}");
    }
    Ok(((children_cpu()? - before) / 1e9, told))
}

/// Seconds in what bash's `times` prints: minutes and seconds, of the shell and its children, user and system.
fn shell_times(text: &str) -> f64 {
    let one = |word: &str| {
        let (minutes, seconds) = word.strip_suffix('s')?.split_once('m')?;
        Some(minutes.parse::<f64>().ok()? * 60.0 + seconds.parse::<f64>().ok()?)
    };
    text.split_whitespace().filter_map(one).sum()
}

/// The number of events in the recorder's report: `scap: 1,234 events in …`.
fn events_of(report: &str) -> Option<u64> {
    let line = report.lines().find(|line| line.contains(" events in "))?;
    let digits: String = line.split(" events").next()?.chars().filter(char::is_ascii_digit).collect();
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_reports_are_read() {
        assert!((shell_times("0m0.5s 0m1.25s\n1m2.0s 0m0.25s\n") - 64.0).abs() < 1e-9);
        assert_eq!(
            events_of("scap: 1000034 events in 0.5 s, 1.8 MiB to t.zst: the command ended\n"),
            Some(1_000_034)
        );
        assert_eq!(events_of("nothing"), None);
    }
}
