//! `scap tree`: the processes of a trace, who started whom, and the alerts about them.

use crate::exit::{Outcome, say};
use crate::look::forest::{self, Choice, Row, What};
use crate::look::paint::Paint;
use crate::look::text::{self, Times, fit, safe, width};
use crate::look::{self, LookArgs, Looked, ShownArgs, json};
use anyhow::Result;
use scap_account::{Account, Ending, Process, ProcessId};
use scap_analyze::print::noun;
use serde_json::json;
use std::io::Write;

/// Show the processes of traces as a tree.
///
/// Each line tells start and end, pid, user, container, what was executed one after the other, and how it ended; alerts stand
/// beneath the process that they are about. Processes that did nothing are folded into a count; of the programs of a process, only
/// the last has its arguments unless --wide asks for all.
///
/// Exit codes: 0 done; 2 a trace was damaged or unreadable, or nothing could be done.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    look: LookArgs,
    /// Only what is above and below this process: its pid, its name, or `event:NUMBER` of an alert or another significant
    /// act. Repeat for several.
    #[arg(long, value_name = "PID|NAME|event:N")]
    around: Vec<String>,
    /// Show processes that did nothing, too.
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    shown: ShownArgs,
    /// Text, or one JSON object a line for each process.
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

const EXAMPLES: &str = "\
Examples:
  scap tree t.zst                            who started whom, with the alerts of the built-in rules
  scap tree t.zst --around 4711              the processes above and below pid 4711
  scap tree t.zst --around event:21028       around the process of the alert at that event
  scap tree t.zst --rules my_rules.yaml --all --wide
  scap tree t.zst --no-rules --format json | jq -r 'select(.images[].fresh) | .pid'";

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Text,
    Json,
}

/// Shows the tree of every trace.
pub(crate) fn run(args: &Args) -> Result<Outcome> {
    let (paint, columns) = (args.shown.paint(), args.shown.columns());
    let mut found = args.around.is_empty();
    let mut first = true;
    let mut outcome = args.look.each(|looked| {
        let choice = args.choice(&looked.account);
        found |= !matches!(&choice, Choice::Around(ids) if ids.is_empty());
        if args.format == Format::Json {
            return write_json(&looked, &choice);
        }
        let mut out = look::text_output();
        if !std::mem::take(&mut first) {
            writeln!(out)?;
        }
        let (account, wide) = (&looked.account, args.shown.wide);
        Tree { account, paint, columns, wide, times: Times::of(account) }.write(
            &looked.name,
            &choice,
            &mut out,
        )?;
        Ok(out.flush()?)
    })?;
    if !found {
        say(&format!("scap: nobody in the traces is {}", args.around.join(" or ")));
        outcome = outcome.max(Outcome::Damaged);
    }
    Ok(outcome)
}

impl Args {
    fn choice(&self, account: &Account) -> Choice {
        if !self.around.is_empty() {
            return Choice::Around(self.around.iter().flat_map(|what| meant(account, what)).collect());
        }
        if self.all { Choice::All } else { Choice::Active }
    }
}

/// The processes that `what` stands for: of a pid, of a name, or of an event.
fn meant(account: &Account, what: &str) -> Vec<ProcessId> {
    if let Some(event) = what.strip_prefix("event:").and_then(|event| event.parse::<u64>().ok()) {
        let alerts =
            account.alerts.iter().filter(|mark| mark.alert.event == event).filter_map(|mark| mark.process);
        let acts = account.acts.iter().filter(|act| act.at.event == event).filter_map(|act| act.process);
        let mut ids: Vec<ProcessId> = alerts.chain(acts).collect();
        ids.dedup();
        return ids;
    }
    let pid = what.strip_prefix("pid:").unwrap_or(what).parse::<i64>().ok();
    let is_it = |process: &&Process| match pid {
        Some(pid) => process.pid == pid,
        None => process.images.iter().any(|image| *image.name == *what.as_bytes()),
    };
    account.processes.iter().filter(is_it).map(|process| process.id).collect()
}

fn write_json(looked: &Looked, choice: &Choice) -> Result<()> {
    let account = &looked.account;
    let mut out = look::output();
    for row in forest::rows(account, choice) {
        let What::Process(id) = row.what else { continue };
        let Some(process) = account.process(id) else { continue };
        let mut value = json::process(account, process);
        value["trace"] = json!(looked.name);
        value["host"] = json::known(&account.host.name);
        serde_json::to_writer(&mut out, &value)?;
        writeln!(out)?;
    }
    Ok(out.flush()?)
}

/// Digits behind the second.
const DIGITS: usize = 3;

struct Tree<'a> {
    account: &'a Account,
    paint: Paint,
    /// Room; `None` for as much as it takes.
    columns: Option<usize>,
    wide: bool,
    times: Times,
}

impl Tree<'_> {
    fn write(&self, name: &str, choice: &Choice, out: &mut impl Write) -> Result<()> {
        let summary = &self.account.summary;
        let times = Times::between(0, u64::MAX);
        let span = match (summary.first_ts, summary.last_ts) {
            (Some(first), Some(last)) => {
                format!(", {} to {}", times.text(first, DIGITS), self.times.text(last, DIGITS))
            }
            _ => String::new(),
        };
        let host = safe(&self.account.host.name);
        let line = format!("{}: {host}{span}", safe(name.as_bytes()));
        writeln!(out, "{}", self.paint.bold(&self.fitted(&line, 0)))?;
        for row in forest::rows(self.account, choice) {
            self.row(&row, out)?;
        }
        Ok(())
    }

    fn fitted(&self, text: &str, used: usize) -> String {
        match self.columns {
            Some(columns) => fit(text, columns.saturating_sub(used).max(8)),
            None => text.to_owned(),
        }
    }

    fn row(&self, row: &Row, out: &mut impl Write) -> Result<()> {
        let blank = " ".repeat(self.times.width(DIGITS) * 2 + 1);
        let id = match row.what {
            What::Process(id) => id,
            What::Folded(count) => {
                let text = format!("… {count} more {}", noun(count, "process"));
                writeln!(out, "{blank} {}{}", row.lead, self.paint.dim(&text))?;
                return Ok(());
            }
        };
        let Some(process) = self.account.process(id) else { return Ok(()) };
        let span = self.span(process);
        let used = width(&span) + 1 + width(&row.lead);
        let ending = ending(process.end);
        let room = used + width(&ending);
        let text = self.fitted(&self.described(process), room);
        writeln!(out, "{} {}{text}{}", self.paint.dim(&span), row.lead, self.paint.dim(&ending))?;
        for (mark, count) in self.alerts(process) {
            let alert = &mark.alert;
            let times = if count > 1 { format!(", {count} times") } else { String::new() };
            let priority = alert.rule.priority;
            let text = format!(
                "! {} {} (event {}{times})",
                priority.name(),
                safe(alert.rule.name.as_bytes()),
                alert.event
            );
            let text = self.fitted(&text, width(&blank) + 1 + width(&row.below));
            writeln!(out, "{blank} {}{}", row.below, self.paint.priority(priority, &text))?;
        }
        Ok(())
    }

    /// Start and end.
    fn span(&self, process: &Process) -> String {
        let blank = || " ".repeat(self.times.width(DIGITS));
        let start = process.start.map_or_else(blank, |at| self.times.text(at.ts, DIGITS));
        let end = process.end.map_or_else(blank, |end| self.times.text(end.at.ts, DIGITS));
        let dash = if process.start.is_none() && process.end.is_none() { ' ' } else { '-' };
        format!("{start}{dash}{end}")
    }

    /// Pid, user, container, programs.
    fn described(&self, process: &Process) -> String {
        let mut text = process.pid.to_string();
        let mut users: Vec<String> = Vec::new();
        // Of a process that nobody announced, the user is known only later.
        for (_, uid, name) in process.users.iter().filter(|(_, uid, _)| *uid != u32::MAX) {
            let user = text::user(*uid, name);
            // Some go back and forth between two of them.
            if self.wide || !users.contains(&user) {
                users.push(user);
            }
        }
        for (n, user) in users.iter().enumerate() {
            text.push_str(if n == 0 { " " } else { "→" });
            text.push_str(user);
        }
        if let Some(container) = self.account.container_of(process) {
            let name = if container.name.is_empty() { &container.id } else { &container.name };
            text.push_str(&format!(" [{}]", safe(name.as_bytes())));
        }
        text.push(' ');
        text.push_str(&self.programs(process));
        text
    }

    /// What it executed, one after the other.
    fn programs(&self, process: &Process) -> String {
        let images = process.own_images();
        let last = images.len().saturating_sub(1);
        let mut parts: Vec<String> = Vec::new();
        for (n, image) in images.iter().enumerate() {
            let whole = n == last || self.wide;
            let arguments = image.cmdline.strip_prefix(&*image.name).filter(|_| whole).unwrap_or_default();
            // Of a program that is new here, where it lies matters more than what it calls itself.
            parts.push(if image.fresh || scap_account::places::is_temporary(&image.exe) {
                format!("*new* {}{}", safe(&image.exe), safe(arguments))
            } else {
                format!("{}{}", safe(&image.name), safe(arguments))
            });
        }
        let fork = if process.is_mere_fork() { "(fork) " } else { "" };
        format!("{fork}{}", parts.join(" → "))
    }

    /// The alerts about a process, each rule once: its first alert and how many there are.
    fn alerts(&self, process: &Process) -> Vec<(&scap_account::AlertMark, u64)> {
        let mut rules: Vec<(&scap_account::AlertMark, u64)> = Vec::new();
        for mark in process.alerts.iter().filter_map(|&at| self.account.alerts.get(at as usize)) {
            match rules.iter_mut().find(|(first, _)| first.alert.rule.id == mark.alert.rule.id) {
                Some((_, count)) => *count += 1,
                None => rules.push((mark, 1)),
            }
        }
        rules
    }
}

/// How it ended, with a blank in front.
fn ending(end: Option<Ending>) -> String {
    match end {
        None => String::new(),
        Some(Ending { signal: Some(signal), .. }) => {
            let name =
                scap_schema::signal_name(signal).map_or_else(|| format!("signal {signal}"), str::to_owned);
            format!("  killed by {name}")
        }
        Some(Ending { code: Some(code), .. }) => format!("  exit {code}"),
        Some(_) => "  exit ?".to_owned(),
    }
}
