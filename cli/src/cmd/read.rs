//! `scap read`: the events of a trace, a line each.

use crate::exit::{Outcome, say};
use crate::range::{self, RangeArgs};
use crate::{input, open};
use anyhow::{Result, anyhow};
use scap_analyze::catalogue::Scheme;
use scap_analyze::read::{DEFAULT_LINE, EventPrinter};
use scap_analyze::replay::{Cursor, WalkError, walk};
use scap_analyze::sink::TerminalSafe;
use scap_rules::Template;
use std::io::{BufWriter, IsTerminal, Write};
use std::path::PathBuf;

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
    let text = args.format.as_deref().unwrap_or(DEFAULT_LINE);
    let template = Template::parse(text, &Scheme).map_err(|error| {
        let meant =
            error.suggestion.as_ref().map(|name| format!("; did you mean {name}?")).unwrap_or_default();
        anyhow!("-p: {error} (at character {} of the format){meant}", error.offset + 1)
    })?;
    let mut printer = EventPrinter::new(template, args.json);
    let mut outcome = Outcome::Done;
    let mut left = args.limit;
    let stdout = std::io::stdout();
    let safe = stdout.is_terminal();
    let buffered = BufWriter::with_capacity(1 << 16, stdout.lock());
    let mut out: Box<dyn Write> =
        if safe { Box::new(TerminalSafe::new(buffered)) } else { Box::new(buffered) };
    for input in open::inputs(std::slice::from_ref(&args.trace))? {
        let range = args.range.of(&input, filter.as_ref())?;
        let name = open::name(&input);
        let Some(mut trace) = input::or_next(open::trace(&input), &mut outcome) else { continue };
        let ended = walk(
            &mut trace,
            &mut Cursor::new(),
            |damage| {
                say(&format!("scap: {name}: {}", input::damage_line(damage)));
                outcome = Outcome::Damaged;
            },
            |fields| {
                if left == Some(0) {
                    return Err(Stop::Enough);
                }
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
