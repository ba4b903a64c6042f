//! Size and time of native traces by zstd level and frame size, beside `gzip -6` of the same bytes.
//!
//! `cargo run --release -p scap-format --example native_levels -- FILE…` with plain, little-endian `.scap`
//! files, which are packed as one trace. Times are the best of five runs, so that other load matters little;
//! compare them within one run only. The default level of `WriterOptions` comes from this table.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a table for people")]

use std::io::{Read, Write};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use scap_format::native::{Manifest, WriteError, Writer, WriterOptions};
use scap_format::scap::parse::{Frame, frame};

fn main() -> ExitCode {
    let mut raw = Vec::new();
    for path in std::env::args_os().skip(1) {
        match std::fs::read(&path) {
            Ok(bytes) => raw.extend(bytes),
            Err(e) => {
                eprintln!("{}: {e}", path.display());
                return ExitCode::from(2);
            }
        }
    }
    if raw.is_empty() {
        eprintln!("usage: native_levels FILE.scap…");
        return ExitCode::from(2);
    }
    println!("{:>14} {:>10} {:>10} {:>8} {:>8} {:>8}", "", "bytes", "of raw", "of gzip", "ms", "of gzip");
    let Some((gzip_len, gzip_time)) = best(|| gzip(&raw)) else {
        eprintln!("gzip did not run, or the files are not whole little-endian .scap");
        return ExitCode::from(2);
    };
    row("gzip -6", raw.len(), gzip_len, gzip_time, gzip_len, gzip_time);
    for frame_kib in [512, 1024, 2048, 4096] {
        for level in [-3, -1, 1, 2, 3, 4, 6, 19] {
            let options = WriterOptions { level, frame_bytes: frame_kib << 10, ..WriterOptions::default() };
            let Some((len, time)) = best(|| pack(&raw, options.clone()).ok()) else {
                eprintln!("the files are not whole little-endian .scap");
                return ExitCode::from(2);
            };
            row(&format!("{frame_kib} KiB, {level}"), raw.len(), len, time, gzip_len, gzip_time);
        }
    }
    ExitCode::SUCCESS
}

#[allow(clippy::cast_precision_loss, reason = "ratios for people")]
fn row(name: &str, raw: usize, len: usize, time: Duration, gzip_len: usize, gzip_time: Duration) {
    let (of_raw, of_gzip) = (len as f64 / raw as f64, len as f64 / gzip_len as f64);
    let (ms, of_time) = (time.as_secs_f64() * 1e3, time.as_secs_f64() / gzip_time.as_secs_f64());
    println!("{name:>14} {len:>10} {of_raw:>10.4} {of_gzip:>8.3} {ms:>8.1} {of_time:>8.3}");
}

/// Shortest of five runs.
fn best(mut run: impl FnMut() -> Option<usize>) -> Option<(usize, Duration)> {
    let mut best = None;
    for _ in 0..5 {
        let start = Instant::now();
        let len = run()?;
        let time = start.elapsed();
        best = best.filter(|b: &(usize, Duration)| b.1 < time).or(Some((len, time)));
    }
    best
}

/// The stream as a native trace; its length.
fn pack(raw: &[u8], options: WriterOptions) -> Result<usize, WriteError> {
    let mut out = Vec::with_capacity(raw.len());
    let mut writer = Writer::new(&mut out, options, &Manifest::default(), &[])?;
    let mut rest = raw;
    while let Frame::Whole(block) = frame(rest, false) {
        let (one, after) = rest.split_at(block.len as usize);
        writer.raw_block(one)?;
        rest = after;
    }
    writer.finish()?;
    Ok(out.len())
}

fn gzip(raw: &[u8]) -> Option<usize> {
    let mut child =
        Command::new("gzip").args(["-6", "-c"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().ok()?;
    let (mut stdin, mut stdout) = (child.stdin.take()?, child.stdout.take()?);
    let mut packed = Vec::new();
    std::thread::scope(|scope| {
        scope.spawn(move || stdin.write_all(raw));
        stdout.read_to_end(&mut packed)
    })
    .ok()?;
    child.wait().ok()?.success().then_some(packed.len())
}
