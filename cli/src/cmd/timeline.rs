//! `scap timeline`: alerts and the significant acts around them, in order.

use crate::exit::{Outcome, say};
use crate::look::entry::{AlertOf, Entry, Trace, What, of_act, of_alert, write_csv, write_json};
use crate::look::lineage::Lineage;
use crate::look::paint::Paint;
use crate::look::text::{Times, fit, safe, width};
use crate::look::words::failure;
use crate::look::{self, LookArgs, Looked, ShownArgs};
use crate::units;
use anyhow::Result;
use scap_account::Act;
use std::io::Write;
use std::time::Duration;

/// Show alerts and the significant acts around them in the order of their time.
///
/// Acts are what an analyst would want to see even where no rule matches: programs run, system files written, secrets read,
/// connections, listeners, changes of user, and what gets hold of other processes or of the kernel. Shown are those of the
/// processes above and below an alert shortly before and after it, and the grave ones wherever they are; --all shows all.
/// Several traces are told together.
///
/// Exit codes: 0 done; 2 a trace was damaged or unreadable, or nothing could be done.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    look: LookArgs,
    /// Show every act.
    #[arg(long)]
    all: bool,
    /// How far from an alert the acts of its processes belong to it.
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = units::duration)]
    window: Duration,
    /// Do not fold acts that repeat.
    #[arg(long)]
    no_fold: bool,
    #[command(flatten)]
    shown: ShownArgs,
    /// Text, one JSON object a line, or CSV; the latter two fold nothing.
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

const EXAMPLES: &str = "\
Examples:
  scap timeline t.zst                               alerts of the built-in rules and what happened around them
  scap timeline t.zst --window 5s --from +10s
  scap timeline captures/ --format csv > timeline.csv   several hosts, one order
  scap timeline t.zst --no-rules --all --filter 'proc.pid = 4711'";

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Text,
    Json,
    Csv,
}

/// Shows the timeline of all traces together.
pub(crate) fn run(args: &Args) -> Result<Outcome> {
    let (mut entries, mut traces, mut left_out) = (Vec::new(), Vec::new(), 0);
    let outcome = args.look.each(|looked| {
        left_out += args.gather(&looked, traces.len(), &mut entries);
        let host = safe(&looked.account.host.name);
        traces.push(Trace { name: looked.name, host });
        Ok(())
    })?;
    // Alerts stand behind what their event did.
    entries.sort_by_key(|entry: &Entry| (entry.at.ts, entry.trace, entry.at.event, entry.alert().is_some()));
    match args.format {
        Format::Text => args.write_text(&entries, &traces)?,
        Format::Json => write_json(&entries, &traces, &mut look::output())?,
        Format::Csv => write_csv(&entries, &traces, look::output())?,
    }
    if left_out > 0 && args.format == Format::Text {
        say(&format!("scap: {left_out} more acts have nothing to do with an alert: --all shows them"));
    }
    Ok(outcome)
}

impl Args {
    /// Adds what of a trace is to be shown; gives how many acts are not.
    fn gather(&self, looked: &Looked, trace: usize, entries: &mut Vec<Entry>) -> u64 {
        let account = &looked.account;
        let window = u64::try_from(self.window.as_nanos()).unwrap_or(u64::MAX);
        let lineage = Lineage::of(account, window);
        entries.extend(account.alerts.iter().map(|mark| of_alert(account, mark, trace)));
        let is_shown = |act: &&Act| {
            self.all
                || act.kind.is_grave()
                || account.alerts.is_empty() && !act.kind.is_common()
                || act.process.is_some_and(|id| lineage.has(id, act.at.ts))
        };
        let before = entries.len();
        entries.extend(account.acts.iter().filter(is_shown).map(|act| of_act(account, act, trace)));
        (account.acts.len() - (entries.len() - before)) as u64
    }

    fn write_text(&self, entries: &[Entry], traces: &[Trace]) -> Result<()> {
        let ts = |entry: Option<&Entry>| entry.map_or(0, |entry| entry.at.ts);
        let times = Times::between(ts(entries.first()), ts(entries.last()));
        let widest =
            |of: fn(&Entry) -> usize, most: usize| entries.iter().map(of).max().unwrap_or(0).min(most);
        let page = Page {
            paint: self.shown.paint(),
            columns: self.shown.columns(),
            times,
            labels: labels(traces),
            event: widest(|entry| entry.at.event.to_string().len(), 20),
            who: widest(|entry| width(&entry.who), 24),
            user: widest(|entry| width(&entry.user), 12),
        };
        let mut out = look::text_output();
        let mut rest = entries;
        while let Some(first) = rest.first() {
            let alike =
                if self.no_fold { 1 } else { rest.iter().take_while(|entry| first.is_like(entry)).count() };
            let (run, after) = rest.split_at(alike);
            // Few enough can be read.
            let fold = run.len() > FEW;
            for entry in run.iter().take(if fold { 1 } else { run.len() }) {
                let last = run.last().filter(|_| fold);
                writeln!(out, "{}", page.line(entry, last.map(|last| (run.len(), last.at.ts))))?;
            }
            rest = after;
        }
        Ok(out.flush()?)
    }
}

/// So many entries that are alike stand one beneath the other.
const FEW: usize = 3;

/// What to call each trace in a line: its host, or its file where that is not enough; nothing if there is only one.
fn labels(traces: &[Trace]) -> Vec<String> {
    if traces.len() < 2 {
        return vec![String::new(); traces.len()];
    }
    let is_alone = |host: &str| traces.iter().filter(|trace| trace.host == host).count() == 1;
    let label = |trace: &Trace| {
        if !trace.host.is_empty() && is_alone(&trace.host) {
            trace.host.clone()
        } else {
            safe(trace.name.as_bytes())
        }
    };
    traces.iter().map(label).collect()
}

/// How lines are laid out.
struct Page {
    paint: Paint,
    columns: Option<usize>,
    times: Times,
    labels: Vec<String>,
    event: usize,
    who: usize,
    user: usize,
}

/// Digits behind the second.
const DIGITS: usize = 6;

impl Page {
    /// One line; `folded` are how many entries it stands for and the time of the last one.
    fn line(&self, entry: &Entry, folded: Option<(usize, u64)>) -> String {
        let time = self.times.text(entry.at.ts, DIGITS);
        let label = self.labels.get(entry.trace).map_or("", String::as_str);
        let label_width = self.labels.iter().map(|label| width(label)).max().unwrap_or(0).min(40);
        let label = if label_width == 0 { String::new() } else { format!("{} ", padded(label, label_width)) };
        let lead = format!(
            "{label}{:>event$} {} {} ",
            entry.at.event,
            padded(&entry.who, self.who),
            padded(&entry.user, self.user),
            event = self.event,
        );
        let times = folded.map_or_else(String::new, |(count, last)| {
            format!("  (×{count} until {})", self.times.text(last, DIGITS))
        });
        let used = width(&time) + 1 + width(&lead) + width(&times);
        let room = |text: String| match self.columns {
            Some(columns) => fit(&text, columns.saturating_sub(used).max(8)),
            None => text,
        };
        let what = match &entry.what {
            What::Alert(AlertOf { priority, rule, output, .. }) => {
                let text = format!("! {} {rule}: {}", priority.name(), safe(output.as_bytes()));
                self.paint.priority(*priority, &room(text))
            }
            What::Act { verb } => room(format!("{verb} {}{}", entry.object, failure(entry.error))),
        };
        format!("{} {lead}{what}{}", self.paint.dim(&time), self.paint.dim(&times))
    }
}

fn padded(text: &str, room: usize) -> String {
    let text = fit(text, room);
    let blanks = room.saturating_sub(width(&text));
    format!("{text}{}", " ".repeat(blanks))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traces_are_called_by_their_hosts_where_those_differ() {
        let trace = |name: &str, host: &str| Trace { name: name.into(), host: host.into() };
        assert_eq!(labels(&[trace("a.zst", "web")]), [""]);
        let three = [trace("a.zst", "web"), trace("b.zst", "db"), trace("c.zst", "db")];
        assert_eq!(labels(&three), ["web", "b.zst", "c.zst"]);
    }
}
