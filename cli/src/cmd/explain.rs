//! `scap rules explain`: why a rule fired on an event, or why not.

use crate::cmd::test::print;
use crate::exit::{Outcome, say_styled};
use crate::rules;
use anyhow::{Result, anyhow, bail};
use scap_rules::Rule;
use scap_suite::{Loaded, RuleFile, explain, output};
use std::path::PathBuf;

/// Tell why a rule fired on an event of a trace, or why not.
///
/// With --event, its condition part by part with the values seen. Without, how often it matched, which rules before
/// it take its events under first matching, and the events on which it almost fired.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Name of the rule.
    rule: String,
    /// The trace.
    trace: PathBuf,
    /// Number of the event (evt.num).
    #[arg(long, value_name = "N")]
    event: Option<u64>,
    /// Rule file, or folder of rule files; repeat for several, later ones override. Without it: the built-in set.
    #[arg(short, long, value_name = "FILE|DIR")]
    rules: Vec<PathBuf>,
    /// How many near misses to tell.
    #[arg(long, value_name = "N", default_value_t = 5)]
    most: usize,
    /// Output format.
    #[arg(long, value_enum, default_value = "text")]
    format: super::rules::Format,
}

const EXAMPLES: &str = "\
Examples:
  scap rules explain 'System log wiped' t.zst
  scap rules explain 'System log wiped' t.zst --event 22565 --rules my_rules.yaml";

/// Explains.
pub(crate) fn run(args: &Args) -> Result<Outcome> {
    let loaded = load(&args.rules)?;
    let rule = named(&loaded, &args.rule)?;
    let json = matches!(args.format, super::rules::Format::Json);
    let text = match args.event {
        Some(event) => {
            let story = explain::event(&args.trace, &loaded, rule.id, event).map_err(anyhow::Error::msg)?;
            match json {
                true => format!("{:#}\n", output::event_json(&story, rule, &loaded)),
                false => output::event_text(&story, rule, &loaded),
            }
        }
        None => {
            let story =
                explain::trace(&args.trace, &loaded, rule.id, args.most).map_err(anyhow::Error::msg)?;
            match json {
                true => format!("{:#}\n", output::trace_json(&story, rule)),
                false => output::trace_text(&story, rule),
            }
        }
    };
    print(&text)?;
    Ok(Outcome::Done)
}

fn named<'r>(loaded: &'r Loaded, name: &str) -> Result<&'r Rule> {
    if let Some(rule) = loaded.set.rules().iter().find(|rule| rule.name == name) {
        return Ok(rule);
    }
    let near = scap_suite::near(name, loaded.set.rules().iter().map(|rule| rule.name.as_str()));
    let near = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
    bail!("there is no rule `{name}`{near}")
}

/// Loads `paths`, or the built-in rules if there are none, and how they are written.
///
/// # Errors
/// If they do not load, after printing every problem.
pub(crate) fn load(paths: &[PathBuf]) -> Result<Loaded> {
    let files = if paths.is_empty() { vec![RuleFile::BuiltIn] } else { rules::files(paths)? };
    scap_suite::load(&files).map_err(|report| {
        say_styled(report.render(rules::color(&std::io::stderr())).trim_end());
        anyhow!("rules did not load")
    })
}
