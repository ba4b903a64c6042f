//! What `scap tree`, `timeline` and `summary` share: which traces and rules, and how evidence is shown.

pub(crate) mod entry;
pub(crate) mod forest;
pub(crate) mod json;
pub(crate) mod lineage;
pub(crate) mod overview;
pub(crate) mod paint;
pub(crate) mod text;
pub(crate) mod words;

use crate::cmd::analyze::RuleMatching;
use crate::exit::{Outcome, say};
use crate::range::{self, RangeArgs};
use crate::rules::RuleArgs;
use crate::{input, open};
use anyhow::Result;
use paint::Paint;
use scap_account::{Account, Limits, Options, account};
use scap_analyze::alert::AlertTime;
use scap_analyze::replay::{self, WalkError};
use scap_analyze::sink::TerminalSafe;
use scap_format::source::Input;
use std::io::{BufWriter, IsTerminal, Write};
use std::path::PathBuf;

/// Which traces to look at, and with which rules.
#[derive(clap::Args)]
pub(crate) struct LookArgs {
    /// Traces, or folders of traces; `-` for standard input.
    #[arg(required = true)]
    traces: Vec<PathBuf>,
    #[command(flatten)]
    rules: RuleArgs,
    /// Ask no rules: faster, and without alerts.
    #[arg(long, conflicts_with = "rules")]
    no_rules: bool,
    /// Whether the first matching rule of an event hides the others.
    #[arg(long, value_enum, default_value = "first", value_name = "WHICH")]
    rule_matching: RuleMatching,
    #[command(flatten)]
    range: RangeArgs,
    /// Only events that fulfil this condition; processes are followed through all of them.
    #[arg(long, value_name = "CONDITION")]
    filter: Option<String>,
}

/// How text is shown.
#[derive(clap::Args)]
pub(crate) struct ShownArgs {
    /// Show lines whole, even on a terminal.
    #[arg(long)]
    pub(crate) wide: bool,
    /// No colours, even on a terminal.
    #[arg(long)]
    no_color: bool,
}

impl ShownArgs {
    /// What paints text for standard output.
    pub(crate) fn paint(&self) -> Paint {
        Paint::new(self.no_color)
    }

    /// Columns that a line may take; `None` for as many as it wants.
    pub(crate) fn columns(&self) -> Option<usize> {
        if self.wide { None } else { text::columns() }
    }
}

/// The account of one trace.
pub(crate) struct Looked {
    /// What to call the trace.
    pub(crate) name: String,
    /// What is in it.
    pub(crate) account: Account,
}

impl LookArgs {
    /// Accounts for every trace in turn and hands it to `show`. Damage and drops are said on standard error.
    ///
    /// # Errors
    /// If rules or filter do not load, or with what `show` returns. A trace that cannot be read does not keep the others
    /// back; the outcome tells.
    pub(crate) fn each(&self, mut show: impl FnMut(Looked) -> Result<()>) -> Result<Outcome> {
        let rules = if self.no_rules { None } else { Some(self.rules.load_bare()?) };
        let filter = self.filter.as_deref().map(range::filter).transpose()?;
        let mut outcome = Outcome::Done;
        for input in open::inputs(&self.traces)? {
            let range = self.range.of(&input, filter.as_ref())?;
            let matching = self.rule_matching.into();
            let options = Options {
                limits: Limits::default(),
                replay: replay::Options { range, matching, time: AlertTime::Clock },
            };
            let name = open::name(&input);
            let Some(mut trace) = input::or_next(open::trace(&input), &mut outcome) else { continue };
            match account(&mut trace, rules.as_ref(), options) {
                Ok(account) => {
                    if tell(&input, &account) {
                        outcome = Outcome::Damaged;
                    }
                    show(Looked { name, account })?;
                }
                Err(WalkError::Read(error)) => {
                    input::or_next::<()>(Err(error.into()), &mut outcome);
                }
                Err(WalkError::Visit(never)) => match never {},
            }
        }
        Ok(outcome)
    }
}

/// Says what limits an account. Gives whether the trace was damaged.
fn tell(input: &Input, account: &Account) -> bool {
    let name = open::name(input);
    let summary = &account.summary;
    if let Some(first) = summary.damage.first() {
        let more = summary.damaged.saturating_sub(1);
        let rest = if more == 0 { String::new() } else { format!(" (and {more} more: scap verify)") };
        say(&format!("scap: {name}: {}{rest}", input::damage_line(first)));
    }
    if summary.passed.dropped > 0 {
        let dropped = summary.passed.dropped;
        say(&format!(
            "scap: {name}: {dropped} events were dropped while recording: what they did is missing"
        ));
    }
    let left_out = &account.left_out;
    let parts = [
        (left_out.processes, "processes"),
        (left_out.files, "uses of files"),
        (left_out.connections, "connections"),
        (left_out.acts, "acts"),
        (left_out.alerts, "alerts"),
        (left_out.images, "programs of processes"),
    ];
    let parts: Vec<String> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    if !parts.is_empty() {
        say(&format!("scap: {name}: too much to show all: {} are left out", parts.join(", ")));
    }
    summary.damaged > 0
}

/// Standard output for machines: control characters are escaped on a terminal.
pub(crate) fn output() -> Box<dyn Write> {
    let out = std::io::stdout();
    if out.is_terminal() {
        Box::new(TerminalSafe::new(out))
    } else {
        Box::new(BufWriter::with_capacity(1 << 16, out))
    }
}

/// Standard output for text that was made safe piece by piece.
pub(crate) fn text_output() -> BufWriter<std::io::Stdout> {
    BufWriter::with_capacity(1 << 16, std::io::stdout())
}
