//! `scap analyze`: traces against rules, alerts out.

use crate::exit::{Outcome, in_words, say};
use crate::post::{Everywhere, PostArgs, Sending};
use crate::profile::{self, Measured, Shown};
use crate::range::{self, RangeArgs};
use crate::replays::{self, Replays};
use crate::rules::{self, RuleArgs};
use crate::{input, open, summary};
use anyhow::{Context, Result, bail};
use scap_analyze::alert::AlertTime;
use scap_analyze::replay::{Pool, Summary};
use scap_analyze::sink::{self, Omit, Sink, TerminalSafe};
use scap_format::native::{EventTypes, Info};
use scap_format::source::Input;
use scap_rules::{Matching, Priority, RuleSet};
use std::fs::File;
use std::io::{BufWriter, IsTerminal, Write};
use std::path::PathBuf;

/// Replay traces against Falco rules.
///
/// Alerts go to standard output (or -o), everything else to standard error. Damaged traces are replayed as far
/// as they can be read, and past the damage; of several traces, one that cannot be read does not keep the others back.
///
/// Exit codes: 0 done, alerts or not; 1 --fail-on was met; 2 a trace was damaged or unreadable, alerts could not be delivered
/// (--http-output), or nothing could be done.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Traces, or folders of traces; `-` for standard input.
    #[arg(required = true)]
    traces: Vec<PathBuf>,
    #[command(flatten)]
    rules: RuleArgs,
    #[command(flatten)]
    range: RangeArgs,
    /// Ask the rules only about events that fulfil this condition; processes are followed through all of them.
    #[arg(long, value_name = "CONDITION")]
    filter: Option<String>,
    /// Format of the alerts; json is one object a line, as Falco's.
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// Write the alerts to this file instead, overwriting it.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Whether the first matching rule of an event hides the others.
    #[arg(long, value_enum, default_value = "first", value_name = "WHICH")]
    rule_matching: RuleMatching,
    /// How alerts tell their time.
    #[arg(long, value_enum, default_value = "clock")]
    time_format: TimeFormat,
    /// Leave these keys out of JSON alerts, those that are sent too.
    #[arg(long, value_enum, value_delimiter = ',', value_name = "KEY,…")]
    json_omit: Vec<JsonKey>,
    /// Threads to replay with; by default as many as the machine has processors. The result is the same for any number.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Exit with 1 if there is an alert at least this grave.
    #[arg(long, value_name = "PRIORITY", value_parser = rules::priority)]
    fail_on: Option<Priority>,
    /// Tell at the end where the time goes, by stage and by rule. Replays the trace some sixteen times over for that.
    #[arg(long, value_enum, value_name = "HOW", num_args = 0..=1, require_equals = true, default_missing_value = "table")]
    profile: Option<Shown>,
    /// No summary at the end; damage is said all the same.
    #[arg(short, long)]
    quiet: bool,
    #[command(flatten)]
    post: PostArgs,
}

const EXAMPLES: &str = "\
Examples:
  scap analyze t.zst                                    the built-in rules
  scap analyze t.zst --rules falco_rules.yaml           Falco's rules, unmodified
  scap analyze captures/ --format json -o alerts.jsonl
  scap analyze captures/ --append-output 'host=%evt.hostname'
  scap analyze t.zst --rules my_rules.yaml --profile    which rules cost what
  scap analyze t.zst --http-output http://localhost:2801/    to falcosidekick, too
  ssh host sudo scap record -o - | scap analyze - --fail-on warning";

#[derive(Clone, Copy, clap::ValueEnum)]
enum Format {
    Text,
    Json,
    Csv,
}

impl Format {
    /// A sink that writes it to `out`, JSON without the keys of `omit`.
    fn sink(self, omit: Omit, out: Box<dyn Write>) -> Box<dyn Sink> {
        match self {
            Format::Text => sink::Format::Text.sink(out),
            Format::Csv => sink::Format::Csv.sink(out),
            Format::Json => Box::new(sink::JsonSink::new(out).without(omit)),
        }
    }
}

/// Which of the rules that match an event count.
#[derive(Clone, Copy, clap::ValueEnum)]
pub(crate) enum RuleMatching {
    First,
    All,
}

impl From<RuleMatching> for Matching {
    fn from(which: RuleMatching) -> Matching {
        match which {
            RuleMatching::First => Matching::First,
            RuleMatching::All => Matching::All,
        }
    }
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum TimeFormat {
    /// HH:MM:SS.nnnnnnnnn, as Falco's default.
    Clock,
    /// Date and time, as Falco's time_format_iso_8601.
    Iso8601,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum JsonKey {
    Output,
    OutputFields,
    Tags,
}

/// Replays every trace, one after the other.
pub(crate) fn run(args: &Args) -> Result<Outcome> {
    // Rules take some milliseconds to load, which the other threads need not wait for.
    let pool = Pool::new(args.threads.map_or(0, usize::from));
    let inputs = open::inputs(&args.traces);
    let begun = match (&inputs, &pool) {
        (Ok(inputs), Ok(pool)) => replays::begin(inputs, pool),
        _ => None,
    };
    let rules = args.rules.load()?;
    let filter = args.filter.as_deref().map(range::filter).transpose()?;
    let inputs = inputs?;
    args.spare(&inputs)?;
    if args.profile.is_some() {
        profile::check(&inputs)?;
    }
    let receiver = args.post.receiver()?;
    let written = args.sink()?;
    let pool = pool?;
    let mut sending = receiver.map(|receiver| Sending::start(receiver, args.omit())).transpose()?;
    let mut sink = Everywhere { written, sent: sending.as_mut() };
    let replays = Replays {
        rules: &rules,
        filter: filter.as_ref(),
        range: &args.range,
        matching: match args.rule_matching {
            RuleMatching::First => Matching::First,
            RuleMatching::All => Matching::All,
        },
        time: match args.time_format {
            TimeFormat::Clock => AlertTime::Clock,
            TimeFormat::Iso8601 => AlertTime::Iso8601,
        },
        announces: inputs.len() > 1 && !args.quiet,
    };
    let mut outcome = Outcome::Done;
    let read = replays.run(
        &inputs,
        begun,
        &pool,
        &mut sink,
        |error| anyhow::Error::from(error).context(args.unwritable()),
        |input, found, sink| {
            outcome = outcome.max(args.outcome(found));
            // The summary stands behind the alerts that it counts.
            sink.finish().with_context(|| args.unwritable())?;
            args.sum_up(input, found, &rules);
            if let Some(shown) = args.profile {
                let sink = || args.format.sink(args.omit(), Box::new(std::io::sink()));
                say(&Measured::new(input, &rules, &replays.options(input)?, &sink)?.text(shown));
            }
            Ok(())
        },
    );
    // What was found goes out whatever ended the replay.
    let sends = sending.is_some();
    let sent = sending.map_or(Outcome::Done, |sending| sending.end(args.quiet));
    let read = match read {
        // Even where it is only that nobody reads the output any more.
        Err(error) if sends => {
            say(&format!("scap: {}: alerts from here on were not sent either", in_words(error.as_ref())));
            Outcome::Damaged
        }
        read => read?,
    };
    outcome = outcome.max(read).max(sent);
    warn_if_idle(&rules);
    // The process ends now: giving the rules back piece by piece would only take time.
    std::mem::forget(rules);
    Ok(outcome)
}

impl Args {
    /// Refuses an output that would overwrite one of the traces.
    fn spare(&self, inputs: &[Input]) -> Result<()> {
        let Some(output) = self.output.as_ref().and_then(|path| path.canonicalize().ok()) else {
            return Ok(());
        };
        let mut files = inputs.iter().flat_map(|input| &input.files);
        match files.find(|file| file.canonicalize().is_ok_and(|file| file == output)) {
            Some(file) => {
                bail!("-o {} is one of the traces: choose another name for the alerts", file.display())
            }
            None => Ok(()),
        }
    }

    /// Says what was found.
    fn sum_up(&self, input: &Input, found: &Summary, rules: &RuleSet) {
        let name = open::name(input);
        if !self.quiet {
            let recorded = (found.passed.dropped > 0).then(|| recorded_types(input)).flatten();
            say(summary::text(&name, found, &found.damage, rules, recorded.as_ref()).trim_end());
            return;
        }
        if found.passed.dropped > 0 {
            say(&format!(
                "scap: {name}: {} events were dropped while recording: what they did is missing from every verdict",
                found.passed.dropped
            ));
        }
        if let Some(first) = found.damage.first() {
            // Quiet is not silent: what could not be read is said, whatever else is not.
            let more = found.damage.len() - 1;
            let rest = if more == 0 { String::new() } else { format!(" (and {more} more: scap verify)") };
            say(&format!("scap: {name}: {}{rest}", input::damage_line(first)));
        }
    }

    fn omit(&self) -> Omit {
        let leave_out = |key| self.json_omit.contains(&key);
        Omit {
            output: leave_out(JsonKey::Output),
            output_fields: leave_out(JsonKey::OutputFields),
            tags: leave_out(JsonKey::Tags),
        }
    }

    fn unwritable(&self) -> String {
        match &self.output {
            Some(path) => format!("cannot write the alerts to {}", path.display()),
            None => "cannot write the alerts".into(),
        }
    }

    fn sink(&self) -> Result<Box<dyn Sink>> {
        let (out, terminal): (Box<dyn Write>, bool) = match &self.output {
            Some(path) => {
                let file = File::create(path).with_context(|| self.unwritable())?;
                (Box::new(file), false)
            }
            None => (Box::new(std::io::stdout()), std::io::stdout().is_terminal()),
        };
        let out: Box<dyn Write> = if terminal {
            Box::new(TerminalSafe::new(out))
        } else {
            Box::new(BufWriter::with_capacity(1 << 16, out))
        };
        Ok(self.format.sink(self.omit(), out))
    }

    fn outcome(&self, found: &Summary) -> Outcome {
        let grave = self.fail_on.is_some_and(|least| {
            let counts = Priority::ALL.iter().zip(found.tally.by_priority);
            counts.filter(|(priority, _)| **priority <= least).any(|(_, count)| count > 0)
        });
        match (found.damaged > 0, grave) {
            (true, _) => Outcome::Damaged,
            (false, true) => Outcome::Against,
            (false, false) => Outcome::Done,
        }
    }
}

/// The types of events that the files of `input` hold, by their own index; `None` if they have none.
fn recorded_types(input: &Input) -> Option<EventTypes> {
    let mut all = EventTypes::default();
    for file in &input.files {
        if file.as_os_str() == "-" || !input::is_native(file).ok()? {
            return None;
        }
        all.merge(&Info::open(&mut File::open(file).ok()?).ok()?.totals.types);
    }
    Some(all)
}

fn warn_if_idle(rules: &RuleSet) {
    if rules.active().next().is_none() {
        say("scap: no rule was active: --tags, --only-rules or --min-priority left none over");
    }
}
