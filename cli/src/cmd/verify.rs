//! `scap verify`: is a trace whole, and is it what the recorder wrote?

use crate::exit::{Outcome, printable, say};
use crate::input::{self, Opened};
use crate::keys;
use crate::units::counted;
use anyhow::{Context, Result};
use scap_format::native::{self, PublicKey, SeriesPart, Signature, Verdict, VerdictState};
use scap_format::{Item, TraceReader};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Check that a trace is whole and unaltered.
///
/// A native trace is checked byte by byte against its checksums, its hash chain and its signature. A foreign
/// capture has no hashes; of it only what cannot be read is named. Of the files of a series, those that are missing
/// between others are named.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  scap verify t.zst\n  scap verify t.zst --key recorder.pub    signed, and by this key\n\n\
    Exit codes: 0 whole; 1 damaged, altered, unfinished or signed by another key; 2 could not be read."
)]
pub(crate) struct Args {
    /// Traces, or folders of traces; `-` for standard input.
    #[arg(required = true)]
    traces: Vec<PathBuf>,
    /// Public key (OpenSSH, Ed25519) that must have signed it.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
}

/// Checks each trace, prints one line for each and one for each finding.
pub(crate) fn run(args: &Args) -> Result<Outcome> {
    let key = args.key.as_deref().map(keys::public).transpose()?;
    let mut outcome = Outcome::Done;
    let mut series: BTreeMap<String, BTreeSet<u64>> = BTreeMap::new();
    let mut out = std::io::stdout().lock();
    for path in &input::files(&args.traces)? {
        let mut report = Vec::new();
        let sound = check(&mut report, path, key.as_ref());
        // A part of a report would be no verdict.
        let Some(sound) = input::or_next(sound, &mut outcome) else { continue };
        out.write_all(printable(&String::from_utf8_lossy(&report)).as_bytes())?;
        if !sound {
            outcome = outcome.max(Outcome::Against);
        }
        if let Some(part) = part(path) {
            series.entry(part.series).or_default().insert(part.part);
        }
    }
    for (name, parts) in &series {
        let missing = missing(parts);
        if !missing.is_empty() {
            let missing: Vec<String> = missing.iter().map(u64::to_string).collect();
            writeln!(out, "series {}: part {} is missing", printable(name), missing.join(", "))?;
            outcome = outcome.max(Outcome::Against);
        }
    }
    Ok(outcome)
}

/// Which part of a series a file is; `None` if it is none.
fn part(path: &Path) -> Option<SeriesPart> {
    if input::is_stdin(path) {
        return None;
    }
    SeriesPart::of(&native::manifest(input::file(path).ok()?).ok()??)
}

/// The first few ordinals that are missing between others; the first parts of a series may have been removed by the
/// recorder itself.
fn missing(parts: &BTreeSet<u64>) -> Vec<u64> {
    const MOST: usize = 20;
    let gaps = parts.iter().zip(parts.iter().skip(1)).flat_map(|(&before, &after)| before + 1..after);
    gaps.take(MOST).collect()
}

/// Writes what is found about the trace; whether it is as it should be.
///
/// # Errors
/// If it cannot be read.
pub(crate) fn check(out: &mut impl Write, path: &Path, key: Option<&PublicKey>) -> Result<bool> {
    let opened = Opened::new(path)?;
    if opened.native {
        let verdict = native::verify(opened.bytes(), key)
            .with_context(|| format!("cannot read {}", input::name(path)))?;
        print(out, path, &verdict)?;
        return Ok(verdict.is_whole() && (key.is_none() || matches!(verdict.signature, Signature::Valid(_))));
    }
    if key.is_some() {
        say(&format!("scap: {}: a foreign capture carries no signature", input::name(path)));
    }
    Ok(foreign(out, path, opened)? && key.is_none())
}

fn print(out: &mut impl Write, path: &Path, verdict: &Verdict) -> std::io::Result<()> {
    let word = match verdict.state {
        VerdictState::Whole => "whole",
        VerdictState::WholeUnsigned => "whole but unsigned",
        VerdictState::Unfinished => {
            "unfinished: the recorder stopped without a footer, or the end is cut off"
        }
        VerdictState::Damaged => "damaged",
        VerdictState::Altered => "altered",
    };
    writeln!(
        out,
        "{}: {word} ({}, {}, {})",
        input::name(path),
        counted(verdict.bytes, "byte"),
        counted(verdict.frames, "frame"),
        counted(verdict.events, "event")
    )?;
    match &verdict.signature {
        Signature::Absent => {}
        Signature::Valid(key) => writeln!(out, "  signed by {}", key)?,
        Signature::Invalid(key) => writeln!(out, "  the signature of {} does not fit", key)?,
        Signature::OtherKey(key) => writeln!(out, "  signed by another key: {}", key)?,
    }
    verdict.findings.iter().try_for_each(|finding| writeln!(out, "  {}", input::damage_line(finding)))
}

/// Reads a foreign capture to its end; whether nothing in it is damaged.
fn foreign(out: &mut impl Write, path: &Path, opened: Opened) -> Result<bool> {
    let name = input::name(path);
    let mut trace = TraceReader::from_reader(opened.bytes(), &name)?;
    let mut findings = Vec::new();
    while let Some(item) = trace.next()? {
        if let Item::Damage(damage) = item {
            findings.push(input::damage_line(damage));
        }
    }
    let word =
        if findings.is_empty() { "whole as far as can be told: no hashes, unsigned" } else { "damaged" };
    writeln!(out, "{name}: {word} ({})", counted(trace.totals().events, "event"))?;
    findings.iter().try_for_each(|line| writeln!(out, "  {line}"))?;
    Ok(findings.is_empty())
}
