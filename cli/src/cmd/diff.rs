//! `scap rules diff`: what a change of rules changes.

use crate::cmd::explain::load;
use crate::cmd::test::print;
use crate::exit::{Outcome, say};
use crate::input;
use anyhow::Result;
use scap_rules::Matching;
use scap_suite::{diff, output};
use std::path::PathBuf;

/// Tell what differs between two versions of rules: in the rules, and in the alerts over a corpus of traces.
///
/// Exit codes: 0 done, whatever differs; 1 alerts differ and --fail was given; 2 rules do not load, or a trace could
/// not be read (the others were compared).
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  scap rules diff old_rules.yaml new_rules.yaml samples/ captures/\n  git show HEAD~1:rules.yaml > /tmp/old.yaml; scap rules diff /tmp/old.yaml rules.yaml samples/ --fail"
)]
pub(crate) struct Args {
    /// Rule file, or folder of rule files, as they were.
    old: PathBuf,
    /// Rule file, or folder of rule files, as they are.
    new: PathBuf,
    /// Traces, or folders of traces.
    traces: Vec<PathBuf>,
    /// Whether the first matching rule of an event hides the others.
    #[arg(long, value_enum, default_value = "first", value_name = "WHICH")]
    rule_matching: super::analyze::RuleMatching,
    /// Exit with 1 if any alert appears, vanishes or changes.
    #[arg(long)]
    fail: bool,
    /// Output format.
    #[arg(long, value_enum, default_value = "text")]
    format: super::rules::Format,
}

/// Compares.
pub(crate) fn run(args: &Args) -> Result<Outcome> {
    let old = load(std::slice::from_ref(&args.old))?;
    let new = load(std::slice::from_ref(&args.new))?;
    let traces = input::files(&args.traces)?;
    let matching: Matching = args.rule_matching.into();
    let difference = diff::diff(&old, &new, &traces, matching);
    match args.format {
        super::rules::Format::Json => print(&format!("{:#}\n", output::difference_json(&difference)))?,
        super::rules::Format::Text => print(&output::difference_text(&difference))?,
    }
    for error in &difference.unreadable {
        say(&format!("scap: {error}"));
    }
    Ok(if !difference.unreadable.is_empty() {
        Outcome::Damaged
    } else if args.fail && !difference.alerts.is_empty() {
        Outcome::Against
    } else {
        Outcome::Done
    })
}
