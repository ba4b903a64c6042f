//! `scap rules`: check rule files, list what they hold; explain and compare them.

use crate::exit::Outcome;
use crate::rules::{self, RuleArgs};
use anyhow::Result;
use scap_rules::Rule;
use serde_json::{Value, json};
use std::io::Write;
use std::path::PathBuf;

/// Check, list, explain or compare rules.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    Check(CheckArgs),
    List(ListArgs),
    Explain(super::explain::Args),
    Diff(super::diff::Args),
}

/// Validate rule files: every problem at once, with file, line, column and what to do.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  scap rules check my_rules.yaml\n  scap rules check falco_rules.yaml local.yaml --format json\n\n\
    Exit codes: 0 valid (perhaps with warnings); 1 errors."
)]
pub(crate) struct CheckArgs {
    /// Rule files or folders of them (*.yaml, *.yml, by name), in loading order.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// json prints Falco's falco_load_results document.
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

/// List the rules of files, or the built-in ones.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  scap rules list\n  scap rules list --rules falco_rules.yaml --tags mitre_persistence --conditions"
)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    rules: RuleArgs,
    /// Also the final condition, with macros, lists and exceptions spelled out.
    #[arg(long)]
    conditions: bool,
    /// Output format.
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

/// Output formats.
#[derive(Clone, Copy, clap::ValueEnum)]
pub(crate) enum Format {
    Text,
    Json,
}

/// Runs the subcommand.
pub(crate) fn run(command: &Command) -> Result<Outcome> {
    match command {
        Command::Check(args) => check(args),
        Command::List(args) => list(args),
        Command::Explain(args) => super::explain::run(args),
        Command::Diff(args) => super::diff::run(args),
    }
}

fn check(args: &CheckArgs) -> Result<Outcome> {
    let (report, _) = rules::load(&args.files, &[])?;
    let mut out = std::io::stdout().lock();
    match args.format {
        Format::Json => writeln!(out, "{}", report.to_json())?,
        Format::Text => write!(out, "{}", report.render(rules::color(&out)))?,
    }
    Ok(if report.is_ok() { Outcome::Done } else { Outcome::Against })
}

fn list(args: &ListArgs) -> Result<Outcome> {
    let set = args.rules.load()?;
    let mut out = std::io::stdout().lock();
    match args.format {
        Format::Json => {
            let rules: Vec<Value> = set.active().map(|rule| as_json(rule, args.conditions)).collect();
            writeln!(out, "{}", serde_json::to_string_pretty(&rules)?)?;
        }
        Format::Text => {
            for rule in set.active() {
                let tags: Vec<&str> = rule.tags.iter().map(String::as_str).collect();
                writeln!(out, "{:<13} {}  [{}]", rule.priority.name(), rule.name, tags.join(" "))?;
                if args.conditions {
                    writeln!(out, "              {}", rule.condition)?;
                }
            }
        }
    }
    Ok(Outcome::Done)
}

fn as_json(rule: &Rule, conditions: bool) -> Value {
    let mut listed = json!({
        "rule": rule.name,
        "description": rule.description,
        "priority": rule.priority.name(),
        "source": rule.source,
        "tags": rule.tags,
        "output": rule.output_text,
        "file": rule.location.as_ref().map(|at| json!({ "name": at.file, "line": at.line })),
    });
    if conditions {
        listed["condition"] = rule.condition.to_string().into();
    }
    listed
}
