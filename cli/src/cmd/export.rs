//! `scap export`: events or alerts in the schemas of other tools.

use crate::exit::{Outcome, say};
use crate::export::Target;
use crate::range::{self, Moment, RangeArgs};
use crate::rules::RuleArgs;
use crate::{input, open, units};
use anyhow::{Context, Result, bail};
use scap_analyze::alert::{AlertMaker, AlertTime};
use scap_analyze::fields::Fields;
use scap_analyze::replay::{Range, WalkError, walk_parts};
use scap_export::facts::Collector;
use scap_export::{Record, Schema, What};
use scap_format::source::Input;
use scap_rules::{Matching, RuleSet, Scratch};
use std::path::PathBuf;

use super::analyze::RuleMatching;

/// Export events or alerts as a plain table, or for Elastic (ECS), OCSF and Timesketch.
///
/// Into a folder, records are laid out as `host=NAME/date=YYYY-MM-DD/part-0.jsonl`, which query engines read as one table.
/// docs/EXPORT.md describes the schemas.
///
/// Exit codes: 0 done; 2 a trace was damaged or unreadable (what could be read was exported), or nothing could be done.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Traces, or folders of traces; `-` for standard input.
    #[arg(required = true)]
    traces: Vec<PathBuf>,
    /// Where to: a folder (one that is there, or a name that ends in `/`), a file, or `-` for standard output.
    #[arg(long, value_name = "DIR|FILE")]
    to: PathBuf,
    /// What fields are called and how they are grouped.
    #[arg(long, value_enum, default_value = "scap")]
    schema: SchemaArg,
    /// How records are written; csv not for ocsf, parquet only for scap.
    #[arg(long, value_enum, default_value = "jsonl")]
    format: FormatArg,
    /// What to export.
    #[arg(long, value_enum, default_value = "events")]
    what: WhatArg,
    /// Only events from this time on (UTC), e.g. 2026-11-21T20:42:14Z or +30s.
    #[arg(long, value_name = "TIME", value_parser = range::moment)]
    from: Option<Moment>,
    /// Only events up to this time; elsewhere `--to`.
    #[arg(long, value_name = "TIME", value_parser = range::moment)]
    until: Option<Moment>,
    /// Only events that fulfil this condition, or alerts of such.
    #[arg(long, value_name = "CONDITION")]
    filter: Option<String>,
    /// Overwrite files that are there already.
    #[arg(long)]
    force: bool,
    /// Say nothing at the end; damage is said all the same.
    #[arg(short, long)]
    quiet: bool,
    /// Whether the first matching rule of an event hides the others.
    #[arg(long, value_enum, default_value = "first", value_name = "WHICH", help_heading = ALERTS)]
    rule_matching: RuleMatching,
    #[command(flatten, next_help_heading = ALERTS)]
    rules: RuleArgs,
}

const ALERTS: &str = "Alerts";

const EXAMPLES: &str = "\
Examples:
  scap export t.zst --to out/                                         every event, by host and date
  scap export t.zst --to - --schema ecs --what alerts                 the alerts for Elastic
  scap export captures/ --to findings.jsonl --schema ocsf --what alerts --rules my_rules.yaml
  scap export t.zst --to t.csv --schema timesketch --format csv --filter evt.type=execve";

#[derive(Clone, Copy, clap::ValueEnum)]
enum SchemaArg {
    /// A flat table of scap's own.
    Scap,
    /// Elastic Common Schema 8.17.
    Ecs,
    /// Open Cybersecurity Schema Framework 1.3.
    Ocsf,
    /// What Timesketch imports.
    Timesketch,
}

impl From<SchemaArg> for Schema {
    fn from(schema: SchemaArg) -> Self {
        match schema {
            SchemaArg::Scap => Self::Scap,
            SchemaArg::Ecs => Self::Ecs,
            SchemaArg::Ocsf => Self::Ocsf,
            SchemaArg::Timesketch => Self::Timesketch,
        }
    }
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum FormatArg {
    /// A JSON object a line.
    Jsonl,
    /// Comma-separated values with a header; texts that a spreadsheet would compute are quoted by a `'`.
    Csv,
    /// Parquet, with the columns that `scap query --tables` describes.
    Parquet,
}

impl FormatArg {
    /// As records are written; `None` if they are rows of tables.
    const fn of_records(self) -> Option<scap_export::Format> {
        match self {
            Self::Jsonl => Some(scap_export::Format::JsonLines),
            Self::Csv => Some(scap_export::Format::Csv),
            Self::Parquet => None,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum WhatArg {
    /// Events.
    Events,
    /// Alerts of rules, with the events that they are of.
    Alerts,
}

/// What is asked of events.
enum Asked<'r> {
    Events,
    Alerts { rules: &'r RuleSet, maker: AlertMaker, scratch: Box<Scratch>, matching: Matching },
}

/// Exports every trace, one after the other.
pub(crate) fn run(args: &Args) -> Result<Outcome> {
    let filter = args.filter.as_deref().map(range::filter).transpose()?;
    let inputs = open::inputs(&args.traces)?;
    args.spare(&inputs)?;
    let Some(format) = args.format.of_records() else { return args.tables(&inputs, filter.as_ref()) };
    let (rules, what) = match args.what {
        WhatArg::Events if !args.rules.rules.is_empty() => {
            bail!("--rules make alerts: add --what alerts")
        }
        WhatArg::Events => (None, What::Events),
        WhatArg::Alerts => (Some(args.rules.load()?), What::Alerts),
    };
    let mut asked = rules.as_ref().map_or(Asked::Events, |rules| Asked::Alerts {
        rules,
        maker: AlertMaker::new(rules.active(), AlertTime::Clock),
        scratch: Box::new(rules.scratch()),
        matching: args.rule_matching.into(),
    });
    let mut target = Target::create(&args.to, args.force, args.schema.into(), format, what)?;
    let (collector, mut outcome) = (Collector::new(), Outcome::Done);
    for input in &inputs {
        let range = RangeArgs::between(args.from, args.until).of(input, filter.as_ref())?;
        one(input, &range, &mut asked, &collector, &mut target, &mut outcome)?;
    }
    let (records, files) = target.keep()?;
    if !args.quiet {
        let of = units::counted(records, if what == What::Events { "event" } else { "alert" });
        let into = if files > 0 { format!(" to {}", units::counted(files, "file")) } else { String::new() };
        say(&format!("scap: {of} exported{into}"));
    }
    Ok(outcome)
}

/// Exports what one trace tells.
fn one(
    input: &Input,
    range: &Range,
    asked: &mut Asked<'_>,
    collector: &Collector,
    target: &mut Target,
    outcome: &mut Outcome,
) -> Result<()> {
    let name = open::name(input);
    let Some(trace) = input::or_next(open::parts(input), outcome) else { return Ok(()) };
    let wanted = match asked {
        Asked::Events => range.wanted(|_| true),
        Asked::Alerts { rules, .. } => range.wanted(|code| rules.wants(code)),
    };
    let mut damaged = false;
    let walked = walk_parts(
        trace,
        &name,
        &wanted,
        |damage| {
            say(&format!("scap: {name}: {}", input::damage_line(damage)));
            damaged = true;
        },
        |fields| asked.tell(fields, range, collector, target),
    );
    if damaged {
        *outcome = Outcome::Damaged;
    }
    match walked {
        Ok(()) => Ok(()),
        Err(WalkError::Visit(error)) => Err(error),
        Err(WalkError::Read(error)) => {
            input::or_next::<()>(Err(error.into()), outcome);
            Ok(())
        }
    }
}

impl Asked<'_> {
    /// Writes what is asked for of an event.
    fn tell(
        &mut self,
        fields: &Fields<'_>,
        range: &Range,
        collector: &Collector,
        target: &mut Target,
    ) -> Result<()> {
        match self {
            Self::Events => {
                if range.contains(fields) {
                    target.write(Record { facts: &collector.facts(fields), alert: None })?;
                }
            }
            Self::Alerts { rules, maker, scratch, matching } => {
                if !rules.wants(fields.event().code) || !range.contains(fields) {
                    return Ok(());
                }
                for rule in rules.evaluate(scratch, fields, *matching).iter().filter_map(|&id| rules.rule(id))
                {
                    let alert = maker.make(rule, fields);
                    target.write(Record { facts: &collector.facts(fields), alert: Some(&alert) })?;
                }
            }
        }
        Ok(())
    }
}

impl Args {
    /// Exports rows of tables.
    #[cfg(feature = "tables")]
    fn tables(&self, inputs: &[Input], filter: Option<&scap_rules::Filter>) -> Result<Outcome> {
        use super::query::traces;
        use crate::export::parquet::ParquetTarget;
        use scap_tables::{Question, Table};
        if !matches!(self.schema, SchemaArg::Scap) {
            bail!("Parquet has columns, and the other schemas have none: use jsonl, or leave --schema away");
        }
        let (table, of) = match self.what {
            WhatArg::Events => (Table::Events, "event"),
            WhatArg::Alerts => (Table::Alerts, "alert"),
        };
        let rules = (table == Table::Alerts).then(|| self.rules.load()).transpose()?;
        let named = traces::Named::each(inputs);
        let traces = traces::all(&named, &RangeArgs::between(self.from, self.until), filter)?;
        let question = Question { traces: &traces, rules: rules.as_ref(), memory: usize::MAX };
        let mut target = ParquetTarget::create(&self.to, self.force, table)?;
        let mut outcome = Outcome::Done;
        let rows = question
            .export(table, &mut |name, note| traces::tell(name, &note, &mut outcome), &mut target)
            .map_err(|error| anyhow::anyhow!("{error}"))?;
        let files = target.keep()?;
        if !self.quiet {
            say(&format!("scap: {} exported to {}", units::counted(rows, of), units::counted(files, "file")));
        }
        Ok(outcome)
    }

    /// Says what is missing.
    #[cfg(not(feature = "tables"))]
    fn tables(&self, _: &[Input], _: Option<&scap_rules::Filter>) -> Result<Outcome> {
        bail!(super::query::WITHOUT)
    }

    /// Refuses a file that is one of the traces.
    fn spare(&self, inputs: &[Input]) -> Result<()> {
        let Ok(output) = self.to.canonicalize() else { return Ok(()) };
        let mut files = inputs.iter().flat_map(|input| &input.files);
        match files.find(|file| file.canonicalize().is_ok_and(|file| file == output)) {
            Some(file) => Err(anyhow::anyhow!("it is one of the traces"))
                .with_context(|| format!("cannot export to {}", file.display())),
            None => Ok(()),
        }
    }
}
