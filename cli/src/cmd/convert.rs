//! `scap convert`: traces to another format, to a part of themselves, to one that may be handed on.

use crate::exit::{Outcome, say};
use crate::output::Output;
use crate::range::{self, RangeArgs};
use crate::{input, open, units};
use anyhow::{Context, Result, anyhow, bail};
use scap_analyze::convert::{
    Converted, Converter, JsonLines, Material, Merge, Redaction, Selection, host_of,
};
use scap_analyze::replay::Keeper;
use scap_format::native::{ClockInfo, Info, Manifest, WriterOptions};
use scap_format::save::{BlockSink, NativeSink, ScapSink};
use scap_format::source::Input;
use scap_format::{Item, TraceReader};
use std::io::{BufWriter, IsTerminal};
use std::path::{Path, PathBuf};

/// Convert traces: to another format, to a slice, to one blanked for others.
///
/// Events stay as they were recorded, in their order; the numbers of events start at 1 again. Damaged input is
/// converted as far as it can be read and past the damage, which is reported; the exit code then is 2.
///
/// A slice (--from, --to, --events) starts with the state of all processes as of its first event, so that it
/// replays like the whole. With --filter, events that change state (of processes, files, sockets, users,
/// containers) are kept whether they match or not, for the same reason.
///
/// Several inputs from one host become one trace in the order of time; rotated files are joined.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Traces (or folders of them, or `-`) and last the output. Its name tells the format: .zst native, .scap, .scap.gz, .jsonl one JSON object per event; `-` is standard output.
    #[arg(required = true, num_args = 2.., value_names = ["IN", "OUT"])]
    paths: Vec<PathBuf>,
    /// Format of the output, whatever its name.
    #[arg(long, value_enum)]
    format: Option<Format>,
    #[command(flatten)]
    range: RangeArgs,
    /// Only events with these numbers, both included: 100..200, 100.., ..200.
    #[arg(long, value_name = "A..B", value_parser = numbers)]
    events: Option<(Option<u64>, Option<u64>)>,
    /// Only events that fulfil this condition, and those that change state.
    #[arg(long, value_name = "CONDITION")]
    filter: Option<String>,
    /// Blank these everywhere, in the description of processes at the start too: args, env (values), buffers, hostname, users (lists of users and groups), paths=GLOB (`*` also matches /). Repeatable.
    #[arg(long, value_name = "WHAT", value_delimiter = ',')]
    redact: Vec<String>,
    /// Level of compression: 1 to 19 for native traces, 1 to 9 for .scap.gz.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=19))]
    level: Option<u8>,
    /// Write the trace this many times over, to make captures of any size: each time with times that go on where the last ended and process ids of its own, as a section that replays like the first.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..),
          conflicts_with_all = ["from", "to", "events", "filter"])]
    repeat: Option<u32>,
    /// Overwrite the output.
    #[arg(long)]
    force: bool,
}

const EXAMPLES: &str = "\
Examples:
  scap convert t.zst t.scap                               for sysdig, Falco, Stratoshark
  scap convert old.scap t.zst --level 19                  small, seekable, checked
  scap convert t.zst part.zst --from +10m --to +20m       ten minutes, with all they need to replay
  scap convert t.zst big.zst --repeat 100                 a hundred times as long
  scap convert t.zst out.zst --redact args,env,buffers --redact 'paths=/home/*'
  scap convert t.zst - --format jsonl | jq 'select(.type == \"execve\") | .args'";

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// The native trace.
    Native,
    /// Plain .scap.
    Scap,
    /// .scap, gzip.
    Gzip,
    /// One JSON object per event.
    Jsonl,
}

/// Converts.
pub(crate) fn run(args: &Args) -> Result<Outcome> {
    let (target, paths) = args.paths.split_last().context("nothing to convert")?;
    let format = match args.format {
        Some(format) => format,
        None => format_of(target)?,
    };
    if target.as_os_str() == "-" && format != Format::Jsonl && std::io::stdout().is_terminal() {
        bail!("a trace is binary: redirect standard output, e.g. `scap convert t.scap - > t.zst`");
    }
    let level = level(format, args.level)?;
    let mut redaction = Redaction::default();
    for rule in &args.redact {
        redaction.add(rule).map_err(|error| anyhow!("--redact: {error}"))?;
    }
    let inputs = open::inputs(paths)?;
    let spans = spans(&inputs, args)?;
    let start = spans.iter().map(|span| span.0).min().unwrap_or(0);
    let selection = selection(args, start)?;
    let source = match args.repeat {
        Some(times) => Source::repeated(&inputs, times)?,
        None => Source::open(&inputs, &spans)?,
    };
    let (output, writer) = Output::create(target, args.force)?;
    let writer = BufWriter::with_capacity(1 << 18, writer);
    let sink: Box<dyn BlockSink> = match format {
        Format::Native => {
            let mut manifest = manifest(&inputs, &redaction)?;
            if let Some(times) = args.repeat.filter(|times| *times > 1) {
                manifest.options.push(("repeated".into(), format!("{times} times, which nobody recorded")));
            }
            let options = WriterOptions::at_level(i32::try_from(level)?);
            let options = WriterOptions { follower: Some(Keeper::boxed), ..options };
            Box::new(NativeSink::new(writer, options, manifest))
        }
        Format::Scap => Box::new(ScapSink::plain(writer)),
        Format::Gzip => Box::new(ScapSink::gzip(writer, level)),
        Format::Jsonl => Box::new(JsonLines::new(writer)),
    };
    let renumbered = !selection.is_everything() || inputs.len() > 1;
    let mut converter = Converter::new(selection, redaction, sink);
    let outcome = source.feed(&mut converter)?;
    let converted = converter.finish()?;
    output.keep()?;
    report(&converted, target, renumbered && format != Format::Jsonl);
    Ok(outcome)
}

fn format_of(target: &Path) -> Result<Format> {
    let name = target.file_name().unwrap_or(target.as_os_str()).to_string_lossy().to_lowercase();
    let endings = [
        (".zst", Format::Native),
        (".scap", Format::Scap),
        (".gz", Format::Gzip),
        (".jsonl", Format::Jsonl),
        (".ndjson", Format::Jsonl),
    ];
    if name == "-" {
        return Ok(Format::Native);
    }
    endings.iter().find(|(ending, _)| name.ends_with(ending)).map(|(_, format)| *format).with_context(|| {
        format!(
            "{}: the name of the output does not tell its format: let it end with .zst, .scap, .scap.gz or \
             .jsonl, or say --format",
            target.display()
        )
    })
}

fn level(format: Format, asked: Option<u8>) -> Result<u32> {
    match (format, asked) {
        (Format::Native, asked) => Ok(asked.unwrap_or(3).into()),
        (Format::Gzip, Some(level)) if level > 9 => bail!("--level: gzip has levels 1 to 9"),
        (Format::Gzip, asked) => Ok(asked.unwrap_or(6).into()),
        (_, Some(_)) => bail!("--level: this format is not compressed"),
        (_, None) => Ok(0),
    }
}

fn numbers(text: &str) -> Result<(Option<u64>, Option<u64>), String> {
    let wrong = || "expected numbers of events such as 100..200, 100.. or ..200".to_owned();
    let (first, last) = text.split_once("..").ok_or_else(wrong)?;
    let number = |text: &str| match text {
        "" => Ok(None),
        _ => text.parse().map(Some).map_err(|_| wrong()),
    };
    let (first, last) = (number(first)?, number(last)?);
    match (first, last) {
        (Some(first), Some(last)) if last < first => Err("the last event is before the first".into()),
        range => Ok(range),
    }
}

/// Earliest and latest event of each input, where something depends on it: the order of several, and times given
/// from the first event on.
fn spans(inputs: &[Input], args: &Args) -> Result<Vec<(u64, u64)>> {
    if inputs.len() < 2 && !args.range.is_relative() {
        return Ok(vec![(0, 0)]);
    }
    if inputs.iter().flat_map(|input| &input.files).any(|file| file.as_os_str() == "-") {
        bail!(
            "several inputs, and times relative to the first event, need files: standard input can be read \
             only once"
        );
    }
    inputs.iter().map(|input| span(input, inputs.len() < 2)).collect()
}

fn span(input: &Input, first_is_enough: bool) -> Result<(u64, u64)> {
    let mut trace = TraceReader::open_series(&input.files)?;
    if first_is_enough {
        return Ok((range::first_ts(input)?, 0));
    }
    while trace.next()?.is_some() {}
    let totals = trace.totals();
    Ok((totals.first_ts.unwrap_or(0), totals.last_ts.unwrap_or(0)))
}

fn selection(args: &Args, start: u64) -> Result<Selection> {
    let (from, to) = args.range.times(start)?;
    let (first, last) = args.events.unwrap_or_default();
    Ok(Selection { from, to, first, last, filter: args.filter.as_deref().map(range::filter).transpose()? })
}

/// Where blocks come from. One trace is never held back for others.
enum Source {
    One(Box<TraceReader>, String),
    Many(Merge),
    Repeated { input: Input, material: Material, times: u32 },
}

impl Source {
    fn open(inputs: &[Input], spans: &[(u64, u64)]) -> Result<Self> {
        if let [input] = inputs {
            return Ok(Self::One(Box::new(open::trace(input)?), open::name(input)));
        }
        let mut traces = Vec::new();
        for (input, (first, last)) in inputs.iter().zip(spans) {
            traces.push((open::trace(input)?, *first, *last));
        }
        Ok(Self::Many(Merge::new(traces)?))
    }

    /// One trace, several times.
    fn repeated(inputs: &[Input], times: u32) -> Result<Self> {
        let [input] = inputs else {
            bail!("--repeat takes one trace: merge several first, in a conversion of its own");
        };
        if input.files.iter().any(|file| file.as_os_str() == "-") {
            bail!("--repeat needs a file: standard input can be read only once");
        }
        let material = Material::measure(&mut open::trace(input)?)?;
        if material.repetition(times - 1).is_none() {
            bail!("--repeat {times}: process ids would grow past what the format holds");
        }
        Ok(Self::Repeated { input: input.clone(), material, times })
    }

    fn feed(self, converter: &mut Converter) -> Result<Outcome> {
        let mut outcome = Outcome::Done;
        let mut damaged = |name: &str, damage: &scap_format::damage::Damage| {
            say(&format!("scap: {name}: {}", input::damage_line(damage)));
            outcome = Outcome::Damaged;
        };
        match self {
            Self::One(mut trace, name) => {
                while let Some(item) = trace.next()? {
                    match item {
                        Item::Block(block) => converter.block(&block)?,
                        Item::Damage(damage) => damaged(&name, damage),
                    }
                }
            }
            Self::Many(merge) => merge.run(&mut damaged, |block| converter.block(block))?,
            Self::Repeated { input, material, times } => {
                for nth in 0..times {
                    let Some(mut repetition) = material.repetition(nth) else { break };
                    let mut trace = open::trace(&input)?;
                    while let Some(item) = trace.next()? {
                        match item {
                            Item::Block(block) => repetition.pass(&block, |block| converter.block(block))?,
                            // The same each time.
                            Item::Damage(damage) if nth == 0 => damaged(&open::name(&input), damage),
                            Item::Damage(_) => {}
                        }
                    }
                }
            }
        }
        Ok(outcome)
    }
}

/// What the new trace says of itself: where it is from by the old one's word, how it came to be by ours.
fn manifest(inputs: &[Input], redaction: &Redaction) -> Result<Manifest> {
    let first = inputs.first().and_then(|input| input.files.first());
    let old = first.and_then(|file| old_manifest(file));
    let mut host = old.as_ref().map(|old| old.host.clone()).unwrap_or_default();
    if let (true, Some(file)) = (host.is_empty(), first.filter(|file| file.as_os_str() != "-")) {
        let machine = TraceReader::open(file)?.snapshot()?.machine;
        host = String::from_utf8_lossy(&host_of(machine.as_ref()).0).into_owned();
    }
    let words = std::env::args_os().map(|word| word.to_string_lossy().into_owned());
    // Of a host whose name is not known yet, no word can be trusted not to tell it.
    let words: Vec<String> =
        if host.is_empty() && redaction.hides_host() { words.take(2).collect() } else { words.collect() };
    let name = host.clone().into_bytes();
    let shown = |text: &str| redaction.of_text(&name, text);
    let mut manifest = old.clone().unwrap_or_default();
    manifest.options = manifest.options.iter().map(|(key, value)| (key.clone(), shown(value))).collect();
    if let Some(old) = &old {
        let command = redaction.of_command(&name, &old.command_line).join(" ");
        manifest.options.push(("source backend".into(), old.backend.clone()));
        manifest.options.push(("source tool".into(), old.tool.clone()));
        manifest.options.push(("source command line".into(), command));
    } else {
        let source = "the converted capture".into();
        manifest.clock = ClockInfo { source, ..ClockInfo::default() };
    }
    manifest.tool = concat!("scap ", env!("CARGO_PKG_VERSION")).into();
    manifest.tool_hash = None;
    manifest.backend = "convert".into();
    manifest.command_line = words.iter().map(|word| without_patterns(&shown(word))).collect();
    manifest.case = manifest.case.as_deref().map(shown);
    manifest.note = manifest.note.as_deref().map(shown);
    manifest.filter = manifest.filter.as_deref().map(shown);
    manifest.host = if redaction.hides_host() { "*".repeat(host.len()) } else { host };
    let said = [manifest.redaction.take(), redaction.summary()];
    let said: Vec<String> = said.into_iter().flatten().collect();
    manifest.redaction = (!said.is_empty()).then(|| said.join("; "));
    Ok(manifest)
}

/// Patterns of paths may tell what they hide.
fn without_patterns(word: &str) -> String {
    let blank = |part: &str| match part.split_once("paths=") {
        Some((before, glob)) => format!("{before}paths={}", "*".repeat(glob.len())),
        None => part.to_owned(),
    };
    word.split(',').map(blank).collect::<Vec<_>>().join(",")
}

/// The manifest of a native trace; `None` for others and where it is lost.
fn old_manifest(file: &Path) -> Option<Manifest> {
    if file.as_os_str() == "-" || !input::is_native(file).ok()? {
        return None;
    }
    Info::open(&mut input::file(file).ok()?).ok()?.manifest
}

fn report(converted: &Converted, target: &Path, renumbered: bool) {
    let to = if target.as_os_str() == "-" { "standard output".into() } else { target.display().to_string() };
    let size =
        target.metadata().map(|about| format!(", {}", units::shown_bytes(about.len()))).unwrap_or_default();
    let saved = converted.saved;
    let again = if renumbered { "; their numbers start at 1 again" } else { "" };
    say(&format!("scap: {} of {} events to {to}{size}{again}", saved.events, converted.events));
    if saved.left_out > 0 {
        say(&format!("scap: {} blocks of unknown types, or too large, were left out", saved.left_out));
    }
    if saved.cut_bytes > 0 {
        say(&format!("scap: {} bytes were cut off arguments too long for the format", saved.cut_bytes));
    }
}
