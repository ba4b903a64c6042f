//! `scap info`: what is in a trace.

use crate::exit::{Outcome, printable};
use crate::input::{self, Opened};
use crate::units::{self, counted};
use anyhow::{Context, Result};
use scap_analyze::print::{iso8601_utc, repaired};
use scap_format::block::Block;
use scap_format::damage::Damage;
use scap_format::native::{Info, Manifest};
use scap_format::snapshot::Snapshot;
use scap_format::{Item, TraceReader};
use scap_schema::code;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Show what is in a trace: host, time span, events, drops, damage.
///
/// A finished native trace is known from its footer at once; --full reads any trace through and counts its
/// events by type. Each trace has its own section, each JSON document its own line.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  scap info t.zst\n  scap info t.zst --full\n  zstd -dc t.zst | scap info -\n\n\
    Exit codes: 0 whole as far as it was read; 2 damaged, unfinished or not readable."
)]
pub(crate) struct Args {
    /// Traces, or folders of traces; `-` for standard input.
    #[arg(required = true)]
    traces: Vec<PathBuf>,
    /// Read the trace through, even if its footer tells enough.
    #[arg(long)]
    full: bool,
    /// Also list the native trace's frames.
    #[arg(long)]
    frames: bool,
    /// Output format.
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Text,
    Json,
}

/// Prints a section for each trace.
pub(crate) fn run(args: &Args) -> Result<Outcome> {
    let mut outcome = Outcome::Done;
    let mut out = std::io::stdout().lock();
    let mut first = true;
    for path in &input::files(&args.traces)? {
        let Some(about) = input::or_next(About::of(path, args.full), &mut outcome) else { continue };
        if !about.is_whole() {
            outcome = Outcome::Damaged;
        }
        match args.format {
            Format::Text => {
                if !std::mem::take(&mut first) {
                    writeln!(out)?;
                }
                about.text(&mut out, args.frames)?;
            }
            Format::Json => writeln!(out, "{}", about.json())?,
        }
    }
    Ok(outcome)
}

/// What is known of a trace.
struct About {
    name: String,
    native: Option<Info>,
    read: Option<Read>,
}

/// What reading a trace through tells.
struct Read {
    container: String,
    snapshot: Snapshot,
    events: u64,
    first_ts: Option<u64>,
    last_ts: Option<u64>,
    types: BTreeMap<&'static str, u64>,
    /// Operations submitted through io_uring, by their names.
    uring: BTreeMap<String, u64>,
    damage: Vec<Damage>,
}

impl About {
    fn of(path: &Path, full: bool) -> Result<Self> {
        let opened = Opened::new(path)?;
        let name = input::name(path);
        let unreadable = || format!("cannot read {name}");
        let (native, read) = match (opened.native, input::is_stdin(path)) {
            (true, false) => {
                let info = Info::open(&mut input::file(path)?).with_context(unreadable)?;
                let read = if full { Some(Read::through(opened, &name)?) } else { None };
                (Some(info), read)
            }
            // Standard input can be read only once.
            (true, true) if !full => (Some(Info::scan(opened.bytes()).with_context(unreadable)?), None),
            _ => (None, Some(Read::through(opened, &name)?)),
        };
        Ok(Self { name, native, read })
    }

    fn is_whole(&self) -> bool {
        self.damage().is_empty() && self.native.as_ref().is_none_or(|info| info.finished)
    }

    fn damage(&self) -> &[Damage] {
        match (&self.native, &self.read) {
            (Some(info), _) if info.read_through => &info.damage,
            (_, Some(read)) => &read.damage,
            (Some(info), None) => &info.damage,
            (None, None) => &[],
        }
    }

    fn text(&self, out: &mut impl Write, frames: bool) -> std::io::Result<()> {
        let mut rows = vec![("trace", self.name.clone())];
        if let Some(info) = &self.native {
            rows.extend(native_rows(info));
            if self.read.is_some() {
                // The counts by type say more.
                rows.retain(|(label, _)| *label != "types");
            }
        }
        if let Some(read) = &self.read {
            rows.extend(read.rows(self.native.is_some()));
        }
        for (label, value) in &rows {
            writeln!(out, "{label:<11} {}", printable(value).replace('\n', "\u{fffd}"))?;
        }
        let (found, label) = (self.damage(), "damage");
        if found.is_empty() {
            writeln!(out, "{label:<11} none found")?;
        }
        for (at, damage) in found.iter().enumerate() {
            let label = if at == 0 { label } else { "" };
            writeln!(out, "{label:<11} {}", printable(&input::damage_line(damage)))?;
        }
        if let Some(info) = self.native.as_ref().filter(|_| frames) {
            print_frames(out, info)?;
        }
        Ok(())
    }

    fn json(&self) -> Value {
        let damage: Vec<Value> = self.damage().iter().map(damage_json).collect();
        let mut doc = json!({ "trace": self.name, "damage": damage });
        if let Some(info) = &self.native {
            doc["native"] = native_json(info);
        }
        if let Some(read) = &self.read {
            doc["read"] = json!({
                "container": read.container,
                "host": read.host(),
                "events": read.events,
                "first_ts": read.first_ts,
                "last_ts": read.last_ts,
                "threads": read.snapshot.threads.len(),
                "types": read.types,
                "io_uring": read.uring,
            });
        }
        doc
    }
}

impl Read {
    fn through(opened: Opened, name: &str) -> Result<Self> {
        let mut trace = TraceReader::from_reader(opened.bytes(), name)?;
        let snapshot = trace.snapshot()?;
        let mut types: BTreeMap<&'static str, u64> = BTreeMap::new();
        let mut uring = BTreeMap::new();
        while let Some(item) = trace.next()? {
            if let Item::Block(Block::Event(event)) = item {
                *types.entry(event.info().map_or("unknown", |info| info.name)).or_default() += 1;
                if event.code == code::NOTIFICATION_E && event.text(0) == Some(b"scap.io_uring") {
                    add_submissions(event.text(1).unwrap_or_default(), &mut uring);
                }
            }
        }
        let container = format!("{:?}", trace.container()).to_lowercase();
        let totals = trace.totals();
        Ok(Self {
            container,
            snapshot,
            events: totals.events,
            first_ts: totals.first_ts,
            last_ts: totals.last_ts,
            types,
            uring,
            damage: totals.damage.clone(),
        })
    }

    fn host(&self) -> Option<String> {
        self.snapshot.machine.as_ref().map(|machine| repaired(&machine.hostname).into_owned())
    }

    fn rows(&self, native: bool) -> Vec<(&'static str, String)> {
        let mut rows = Vec::new();
        if !native {
            rows.push(("container", format!("{} .scap", self.container)));
            rows.push(("host", self.host().unwrap_or_else(|| "unknown".into())));
            rows.push(("events", self.events.to_string()));
            rows.push(("span", span(self.first_ts, self.last_ts)));
        }
        let snapshot = &self.snapshot;
        let fds: usize = snapshot.fds.iter().map(|(_, fds)| fds.len()).sum();
        rows.push((
            "snapshot",
            format!(
                "{}, {}, {}",
                counted(snapshot.threads.len() as u64, "thread"),
                counted(fds as u64, "fd"),
                counted(snapshot.users.len() as u64, "user")
            ),
        ));
        let mut types: Vec<_> = self.types.iter().collect();
        types.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        let types: Vec<String> = types.iter().map(|(name, count)| format!("{name} {count}")).collect();
        rows.push(("types", types.join(", ")));
        if !self.uring.is_empty() {
            let kinds: Vec<String> =
                self.uring.iter().map(|(name, count)| format!("{name} {count}")).collect();
            rows.push(("io_uring", format!("{}, not recorded one by one", kinds.join(", "))));
        }
        rows
    }
}

/// Adds what a notice counts: `pid=4711 openat=2 read=17`.
fn add_submissions(notice: &[u8], counts: &mut BTreeMap<String, u64>) {
    for word in String::from_utf8_lossy(notice).split(' ').skip(1) {
        if let Some((name, Ok(count))) =
            word.split_once('=').map(|(name, count)| (name, count.parse::<u64>()))
        {
            let sum = counts.entry(name.to_owned()).or_default();
            *sum = sum.saturating_add(count);
        }
    }
}

/// What a native trace tells of itself, as labels and values; nothing for other captures, which have to be read through.
///
/// # Errors
/// If it cannot be read.
pub(crate) fn known(path: &Path) -> Result<Vec<(&'static str, String)>> {
    if !input::is_native(path)? {
        return Ok(Vec::new());
    }
    let info =
        Info::open(&mut input::file(path)?).with_context(|| format!("cannot read {}", input::name(path)))?;
    Ok(native_rows(&info))
}

fn native_rows(info: &Info) -> Vec<(&'static str, String)> {
    let totals = &info.totals;
    let ratio = info.ratio();
    let mut rows = vec![(
        "container",
        format!(
            "native, {} in {}, packed {ratio:.1} : 1, {}",
            units::shown_bytes(info.file_bytes),
            counted(info.frames.len() as u64, "frame"),
            counted(info.checkpoints.len() as u64, "checkpoint")
        ),
    )];
    let state = match (&info.signer, info.finished) {
        (Some(key), true) => format!("finished, signed by {}", key.fingerprint()),
        (None, true) => "finished, unsigned".into(),
        (_, false) => {
            "UNFINISHED: the recorder was stopped before it could end the trace, or the end of the file \
                       is missing; all whole frames are readable"
                .into()
        }
    };
    rows.push(("state", state));
    match &info.manifest {
        None => rows.push(("manifest", "LOST: host, kernel and how it was recorded are not known".into())),
        Some(manifest) => {
            rows.push(("host", format!("{}, {} {}", manifest.host, manifest.kernel, manifest.arch)));
            rows.push(("recorded by", format!("{} ({})", manifest.tool, manifest.backend)));
            rows.push(("command", manifest.command_line.join(" ")));
            if let Some(hash) = &manifest.tool_hash {
                let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
                rows.push(("executable", format!("BLAKE3 {hex}")));
            }
            if manifest.clock.boottime_ns > 0 {
                rows.push(("clock", clock(manifest)));
            }
            if let (Some(series), Some(part)) = (option(manifest, "series"), option(manifest, "part")) {
                rows.push(("series", format!("part {part} of {series}")));
            }
            rows.extend(option(manifest, "trigger").map(|why| ("trigger", why.to_owned())));
            let optional =
                [("case", &manifest.case), ("note", &manifest.note), ("redacted", &manifest.redaction)];
            if let Some(filter) = &manifest.filter {
                rows.push(("filter", filter.clone()));
                let left_out = match info.finished {
                    true => format!("{} by the filter", counted(info.left_out, "event")),
                    false => "not known: the trace is unfinished".to_owned(),
                };
                rows.push(("left out", left_out));
            }
            rows.extend(optional.into_iter().filter_map(|(label, value)| Some((label, value.clone()?))));
        }
    }
    rows.push(("events", totals.events.to_string()));
    rows.push(("span", span(Some(totals.first_ts), Some(totals.last_ts))));
    let drops: Vec<String> = totals.drops.iter().map(|d| format!("{} on CPU {}", d.count, d.cpu)).collect();
    rows.push(("drops", if drops.is_empty() { "none".into() } else { drops.join(", ") }));
    let names: std::collections::BTreeSet<&str> =
        totals.types.iter().filter_map(scap_schema::event).map(|row| row.name).collect();
    rows.push(("types", names.into_iter().collect::<Vec<_>>().join(" ")));
    rows
}

/// When recording began by the wall clock and since boot, and of which boot.
fn clock(manifest: &Manifest) -> String {
    let clock = &manifest.clock;
    let since = std::time::Duration::from_nanos(clock.boottime_ns).as_secs_f64();
    let boot = if manifest.boot_id.is_empty() { "unknown" } else { &manifest.boot_id };
    format!("{}, {since:.3} s after boot {boot}", iso8601_utc(clock.realtime_ns))
}

fn option<'m>(manifest: &'m Manifest, name: &str) -> Option<&'m str> {
    manifest.options.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

fn span(first: Option<u64>, last: Option<u64>) -> String {
    match (first, last) {
        (Some(first), Some(last)) if last > 0 => {
            let seconds = std::time::Duration::from_nanos(last.saturating_sub(first)).as_secs_f64();
            format!("{} to {} ({seconds:.3} s)", iso8601_utc(first), iso8601_utc(last))
        }
        _ => "no events".into(),
    }
}

fn print_frames(out: &mut impl Write, info: &Info) -> std::io::Result<()> {
    writeln!(
        out,
        "\n{:>6} {:>12} {:>10} {:>10} {:>10} {:>9} {:>7}  from",
        "frame", "offset", "packed", "raw", "event", "events", "drops"
    )?;
    info.frames.iter().try_for_each(|frame| {
        writeln!(
            out,
            "{:>6} {:>12} {:>10} {:>10} {:>10} {:>9} {:>7}  {}",
            frame.frame,
            frame.offset,
            frame.packed_len,
            frame.raw_len,
            frame.first_event,
            frame.events,
            frame.drops.iter().map(|d| d.count).sum::<u64>(),
            if frame.events == 0 { String::new() } else { iso8601_utc(frame.first_ts) }
        )
    })
}

fn native_json(info: &Info) -> Value {
    let manifest = info.manifest.as_ref().map(|m| {
        json!({
            "tool": m.tool, "host": m.host, "kernel": m.kernel, "arch": m.arch, "boot_id": m.boot_id,
            "backend": m.backend, "command_line": m.command_line, "filter": m.filter, "snaplen": m.snaplen,
            "case": m.case, "note": m.note, "redaction": m.redaction, "started_ns": m.clock.realtime_ns,
            "boottime_ns": m.clock.boottime_ns, "utc_offset_minutes": m.clock.utc_offset_minutes,
            "tool_hash": m.tool_hash.map(|hash| hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>()),
            "options": m.options.iter().cloned().collect::<BTreeMap<String, String>>(),
        })
    });
    json!({
        "manifest": manifest,
        "finished": info.finished,
        "signer": info.signer.as_ref().map(|key| key.fingerprint()),
        "bytes": info.file_bytes,
        "frames": info.frames.len(),
        "checkpoints": info.checkpoints.len(),
        "events": info.totals.events,
        "left_out": info.left_out,
        "first_ts": info.totals.first_ts,
        "last_ts": info.totals.last_ts,
        "drops": info.totals.drops.iter().map(|d| json!({"cpu": d.cpu, "count": d.count})).collect::<Vec<_>>(),
    })
}

fn damage_json(damage: &Damage) -> Value {
    json!({
        "kind": format!("{:?}", damage.kind).to_lowercase(),
        "start": damage.start,
        "end": damage.end,
        "events_lost": damage.events_lost,
        "detail": damage.detail,
    })
}
