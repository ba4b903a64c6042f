//! `scap query`: traces asked by SQL.
//!
//! Built without tables, it says how to get them.

use crate::exit::Outcome;
use crate::range::RangeArgs;
use crate::rules::RuleArgs;
use anyhow::Result;
use std::ffi::OsString;
use std::path::PathBuf;

#[cfg(feature = "tables")]
mod ask;
#[cfg(feature = "tables")]
mod listing;
#[cfg(feature = "tables")]
pub(crate) mod traces;

/// Ask traces by SQL.
///
/// The tables are events, processes, files, connections and alerts; --tables describes them. Only SELECT is possible, and
/// nothing is read but the traces.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES, override_usage = "scap query [OPTIONS] <TRACE>... <SQL|@NAME>")]
#[cfg_attr(not(feature = "tables"), allow(dead_code, reason = "said to be missing, whatever is asked"))]
pub(crate) struct Args {
    /// Traces or folders of traces (`-` for standard input), and last the question: SQL, or @NAME of one that --queries lists.
    #[arg(value_name = "TRACE… SQL")]
    items: Vec<OsString>,
    /// Describe the tables and their columns.
    #[arg(long, conflicts_with = "items")]
    tables: bool,
    /// List the questions that have a name, with their SQL.
    #[arg(long, conflicts_with_all = ["items", "tables"])]
    queries: bool,
    /// Format of the rows.
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
    /// Write the rows to this file instead.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Overwrite that file.
    #[arg(long, requires = "output")]
    force: bool,
    /// Columns that a table is fitted to; by default those of the terminal.
    #[arg(long, value_name = "COLUMNS")]
    width: Option<u16>,
    /// MiB that rows may take which have to be held at once.
    #[arg(long, value_name = "MIB", default_value = "1024", value_parser = clap::value_parser!(u32).range(1..))]
    memory: u32,
    /// Condition in the rule language; only events that fulfil it.
    #[arg(long, value_name = "CONDITION")]
    filter: Option<String>,
    #[command(flatten)]
    range: RangeArgs,
    #[command(flatten)]
    rules: RuleArgs,
}

const EXAMPLES: &str = "\
Examples:
  scap query t.zst 'SELECT proc_name, count(*) AS n FROM events GROUP BY proc_name ORDER BY n DESC LIMIT 10'
  scap query t.zst @exec-from-tmp
  scap query captures/ 'SELECT trace, rule, count(*) FROM alerts GROUP BY trace, rule' --rules falco_rules.yaml
  scap query t.zst 'SELECT * FROM events' --filter 'proc.name = sh' --format parquet -o sh.parquet
  scap query --tables";

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
#[cfg_attr(not(feature = "tables"), allow(dead_code, reason = "said to be missing, whatever is asked"))]
enum Format {
    /// For people, fitted to the terminal.
    Table,
    /// Comma-separated values; formulas are defused.
    Csv,
    /// One JSON object a line.
    Jsonl,
    /// Parquet; needs -o.
    Parquet,
    /// A Markdown table.
    Markdown,
}

/// Answers, or describes what can be asked.
#[cfg(feature = "tables")]
pub(crate) fn run(args: &Args) -> Result<Outcome> {
    if args.tables {
        return listing::tables(args.format);
    }
    if args.queries {
        return listing::queries(args.format);
    }
    ask::run(args)
}

/// Says what is missing.
#[cfg(not(feature = "tables"))]
pub(crate) fn run(_: &Args) -> Result<Outcome> {
    anyhow::bail!(WITHOUT)
}

/// What is said where tables are missing.
#[cfg(not(feature = "tables"))]
pub(crate) const WITHOUT: &str = "this scap was built without tables and Parquet, to be small; \
    `cargo install --path cli --features tables` builds one with them";
