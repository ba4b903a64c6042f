//! `scap read`: the events of a trace, a line each.

use crate::exit::{Outcome, say};
use crate::range::{self, RangeArgs};
use crate::{input, open, units};
use anyhow::{Result, anyhow};
use scap_analyze::catalogue::Scheme;
use scap_analyze::read::{DEFAULT_LINE, EventPrinter};
use scap_analyze::render::BufferFormat;
use scap_analyze::replay::{Range, WalkError, walk_parts};
use scap_analyze::sink::TerminalSafe;
use scap_rules::Template;
use std::io::{BufWriter, IsTerminal, Write};
use std::path::PathBuf;
use std::time::Duration;

/// Print the events of traces, one line each.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Trace, or folder of traces; `-` for standard input.
    trace: PathBuf,
    /// Condition in the rule language; only events that fulfil it.
    filter: Option<String>,
    /// What to print per event: text with %fields. A `*` in front keeps events that lack some of them.
    #[arg(short = 'p', long = "print", value_name = "FORMAT")]
    format: Option<String>,
    /// Print each event as a JSON object of the format's fields.
    #[arg(short, long)]
    json: bool,
    /// Stop after this many events.
    #[arg(short = 'n', long, value_name = "COUNT")]
    limit: Option<u64>,
    /// Stop this long after the first event, in the trace's own time, e.g. 2s.
    #[arg(short = 'M', long, value_name = "TIME", value_parser = units::duration)]
    max_time: Option<Duration>,
    /// How the default line tells the time.
    #[arg(short, long, value_enum, default_value = "clock", conflicts_with = "format")]
    time: TimeFormat,
    /// Show data buffers in hexadecimal.
    #[arg(short = 'x', long, group = "buffers")]
    hex: bool,
    /// Show data buffers in hexadecimal and as text beside.
    #[arg(short = 'X', long, group = "buffers")]
    hex_ascii: bool,
    /// Show of data buffers only the text, with its line ends.
    #[arg(short = 'a', long, group = "buffers")]
    ascii: bool,
    /// Show data buffers in base64.
    #[arg(short = 'b', long, group = "buffers")]
    base64: bool,
    #[command(flatten)]
    range: RangeArgs,
}

const EXAMPLES: &str = "\
Examples:
  scap read t.zst
  scap read t.zst 'evt.type = execve and proc.pname = nginx'
  scap read t.zst -p '%evt.time %proc.name %fd.name' fd.typechar=4
  scap read t.zst --json -n 10
`scap fields` lists the fields.";

#[derive(Clone, Copy, clap::ValueEnum)]
enum TimeFormat {
    /// HH:MM:SS.nnnnnnnnn in UTC.
    Clock,
    /// Date and time in UTC.
    Date,
    /// Seconds since 1970.
    Absolute,
    /// Seconds since the first event.
    Relative,
    /// Seconds since the event before.
    Delta,
}

impl TimeFormat {
    /// The fields that say it.
    fn fields(self) -> &'static str {
        match self {
            TimeFormat::Clock => "%evt.outputtime",
            TimeFormat::Date => "%evt.time.iso8601",
            TimeFormat::Absolute => "%evt.rawtime.s.%evt.rawtime.ns",
            TimeFormat::Relative => "%evt.reltime.s.%evt.reltime.ns",
            TimeFormat::Delta => "%evt.deltatime.s.%evt.deltatime.ns",
        }
    }
}

impl Args {
    fn line(&self) -> String {
        match &self.format {
            Some(format) => format.clone(),
            None => DEFAULT_LINE.replace(TimeFormat::Clock.fields(), self.time.fields()),
        }
    }

    fn buffers(&self) -> BufferFormat {
        match (self.hex, self.hex_ascii, self.ascii, self.base64) {
            (true, ..) => BufferFormat::Hex,
            (_, true, ..) => BufferFormat::HexAscii,
            (_, _, true, _) => BufferFormat::Lines,
            (_, _, _, true) => BufferFormat::Base64,
            _ => BufferFormat::Dots,
        }
    }
}

/// Why printing ends before the trace does.
enum Stop {
    Enough,
    Failed(std::io::Error),
}

impl std::fmt::Display for Stop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Stop::Enough => f.write_str("enough"),
            Stop::Failed(error) => write!(f, "{error}"),
        }
    }
}

/// Prints until the trace, the limit or the reader of the output ends.
pub(crate) fn run(args: &Args) -> Result<Outcome> {
    let filter = args.filter.as_deref().map(range::filter).transpose()?;
    let template = Template::parse(&args.line(), &Scheme).map_err(|error| {
        let meant =
            error.suggestion.as_ref().map(|name| format!("; did you mean {name}?")).unwrap_or_default();
        anyhow!("-p: {error} (at character {} of the format){meant}", error.offset + 1)
    })?;
    let mut printer = EventPrinter::new(template, args.json);
    let mut outcome = Outcome::Done;
    let (mut left, buffers) = (args.limit, args.buffers());
    let max_ns = args.max_time.map(|time| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
    let mut until = None;
    let stdout = std::io::stdout();
    let safe = stdout.is_terminal();
    let buffered = BufWriter::with_capacity(1 << 16, stdout.lock());
    let mut out: Box<dyn Write> =
        if safe { Box::new(TerminalSafe::new(buffered)) } else { Box::new(buffered) };
    for input in open::inputs(std::slice::from_ref(&args.trace))? {
        let range = args.range.of(&input, filter.as_ref())?;
        let name = open::name(&input);
        let Some(trace) = input::or_next(open::parts(&input), &mut outcome) else { continue };
        // A time limit counts from the first event, whether it is printed or not.
        let wanted =
            if max_ns.is_some() { Range::default().wanted(|_| true) } else { range.wanted(|_| true) };
        let ended = walk_parts(
            trace,
            &name,
            &wanted,
            |damage| {
                say(&format!("scap: {name}: {}", input::damage_line(damage)));
                outcome = Outcome::Damaged;
            },
            |fields| {
                let ts = fields.event().ts;
                let end = *until.get_or_insert(max_ns.map(|max| ts.saturating_add(max)));
                if left == Some(0) || end.is_some_and(|end| ts > end) {
                    return Err(Stop::Enough);
                }
                let fields = &fields.with_buffers(buffers);
                if range.contains(fields) && printer.print(fields, &mut out).map_err(Stop::Failed)? {
                    left = left.map(|n| n - 1);
                }
                Ok(())
            },
        );
        match ended {
            Ok(()) | Err(WalkError::Visit(Stop::Enough)) => {}
            Err(WalkError::Visit(Stop::Failed(error))) => return Err(error.into()),
            Err(WalkError::Read(error)) => {
                input::or_next::<()>(Err(error.into()), &mut outcome);
            }
        }
    }
    out.flush()?;
    Ok(outcome)
}
