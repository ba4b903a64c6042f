//! `scap summary`: what an analyst looks at first.

use crate::exit::Outcome;
use crate::look::paint::Paint;
use crate::look::text::{self, fit, named, safe};
use crate::look::words::{failure, verb};
use crate::look::{self, LookArgs, ShownArgs, overview};
use anyhow::Result;
use scap_account::digest::{Digest, Listener, Peer, Program, Top, Touched};
use scap_account::{Account, Act, Moment, ProcessId};
use scap_analyze::print::{clock_time, counted, grouped, iso8601_utc, shown_bytes};
use scap_rules::Priority;
use scap_state::Endpoint;
use std::io::Write;
use std::net::IpAddr;
use std::time::Duration;

/// Show what is in traces at a glance.
///
/// Host, span, what the recorder lost; alerts by priority and rule; users and containers; programs that are new here, who
/// listens, who talks to whom; system files written, secrets read, and whatever else is grave; the busiest processes.
///
/// Exit codes: 0 done; 2 a trace was damaged or unreadable, or nothing could be done.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    look: LookArgs,
    /// How many lines of each list.
    #[arg(long, value_name = "N", default_value_t = 10)]
    top: usize,
    #[command(flatten)]
    shown: ShownArgs,
    /// Text, or one JSON object a line for each trace.
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

const EXAMPLES: &str = "\
Examples:
  scap summary t.zst
  scap summary captures/ --top 3
  scap summary t.zst --from +10s --to +20s
  scap summary t.zst --format json | jq .outgoing";

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Text,
    Json,
}

/// Sums up every trace.
pub(crate) fn run(args: &Args) -> Result<Outcome> {
    let mut first = true;
    args.look.each(|looked| {
        let digest = Digest::of(&looked.account, args.top);
        if args.format == Format::Json {
            let mut out = look::output();
            serde_json::to_writer(&mut out, &overview::document(&looked, &digest))?;
            writeln!(out)?;
            return Ok(out.flush()?);
        }
        let mut out = look::text_output();
        if !std::mem::take(&mut first) {
            writeln!(out)?;
        }
        let (paint, room) = (args.shown.paint(), args.shown.columns());
        let mut page = Page { out: &mut out, account: &looked.account, paint, room };
        page.write(&looked.name, &digest)?;
        Ok(out.flush()?)
    })
}

/// Columns of the names of the sections.
const NAMES: usize = 14;

/// Processes that are named with one thing.
const FEW: usize = 3;

struct Page<'a, W> {
    out: &'a mut W,
    account: &'a Account,
    paint: Paint,
    room: Option<usize>,
}

impl<W: Write> Page<'_, W> {
    fn write(&mut self, name: &str, digest: &Digest) -> Result<()> {
        self.head(name, digest)?;
        self.alerts(digest)?;
        let account = self.account;
        let users: Vec<String> = digest
            .users
            .list
            .iter()
            .map(|user| {
                format!("{} ({})", text::user(user.uid, &user.name), counted(user.processes, "process"))
            })
            .collect();
        self.joined("users", &users, digest.users.more)?;
        let containers: Vec<String> = account
            .containers
            .iter()
            .take(FEW * 3)
            .map(|one| {
                let image = if one.image.is_empty() {
                    String::new()
                } else {
                    format!(" of {}", safe(one.image.as_bytes()))
                };
                let name = if one.name.is_empty() { &one.id } else { &one.name };
                format!("{}{image}", safe(name.as_bytes()))
            })
            .collect();
        self.joined("containers", &containers, account.containers.len().saturating_sub(FEW * 3))?;
        self.list("new programs", &digest.programs, |one| program(account, one))?;
        self.list("listening", &digest.listeners, |one| listener(account, one))?;
        self.list("connected to", &digest.outgoing, |one| peer(account, one))?;
        self.list("called by", &digest.incoming, |one| peer(account, one))?;
        self.list("secrets read", &digest.secrets, |one| touched(account, one, ""))?;
        self.list("system files", &digest.changed, |one| touched(account, one, verb(one.kind)))?;
        self.list("other acts", &digest.others, |one| act(account, one))?;
        self.list("busiest", &digest.busiest, |&id| busiest(account, id))
    }

    fn head(&mut self, name: &str, digest: &Digest) -> Result<()> {
        let summary = &self.account.summary;
        let host = &self.account.host;
        let title = self.room.map_or_else(|| safe(name.as_bytes()), |room| fit(&safe(name.as_bytes()), room));
        let title = self.paint.bold(&title);
        writeln!(self.out, "{title}")?;
        let addresses: Vec<String> =
            host.addresses.iter().filter(|ip| !ip.is_loopback()).map(IpAddr::to_string).collect();
        let addresses =
            if addresses.is_empty() { String::new() } else { format!(", {}", addresses.join(" ")) };
        let host = format!("{}, {}{addresses}", safe(&host.name), counted(host.cpus.into(), "processor"));
        self.section("host", &self.fitted(&host))?;
        if let (Some(first), Some(last)) = (summary.first_ts, summary.last_ts) {
            let seconds = Duration::from_nanos(last.saturating_sub(first)).as_secs_f64();
            let span = format!("{} to {} ({seconds:.1} s)", iso8601_utc(first), iso8601_utc(last));
            self.section("span", &self.fitted(&span))?;
        }
        let processes = counted(self.account.processes.len() as u64, "process");
        let programs = counted(digest.executed, "program");
        let events = format!(
            "{} by {processes}: {} started, {} ended, {programs} run",
            counted(summary.passed.events, "event"),
            grouped(digest.started),
            grouped(digest.ended),
        );
        self.section("events", &self.fitted(&events))?;
        self.section("recorder", &self.fitted(&lost(self.account)))
    }

    fn alerts(&mut self, digest: &Digest) -> Result<()> {
        let tally = &self.account.summary.tally;
        let priorities: Vec<String> = Priority::ALL
            .iter()
            .zip(tally.by_priority)
            .filter(|(_, count)| *count > 0)
            .map(|(priority, count)| {
                self.paint.priority(*priority, &format!("{} {}", grouped(count), priority.name()))
            })
            .collect();
        let all = grouped(tally.alerts());
        let colon = if priorities.is_empty() { "" } else { ": " };
        self.section("alerts", &format!("{all}{colon}{}", priorities.join(", ")))?;
        for spoke in &digest.rules {
            let count = grouped(spoke.count);
            let priority = spoke.rule.priority.name();
            let rule = safe(spoke.rule.name.as_bytes());
            let line = format!("{count:>6}  {priority:<13} {rule} (event {})", spoke.first);
            let line = self.paint.priority(spoke.rule.priority, &self.fitted(&line));
            self.section("", &line)?;
        }
        Ok(())
    }

    /// One section with a line for each thing; nothing if there is none.
    fn list<T>(&mut self, name: &str, list: &Top<T>, line: impl Fn(&T) -> String) -> Result<()> {
        for (n, one) in list.list.iter().enumerate() {
            let line = self.fitted(&line(one));
            self.section(if n == 0 { name } else { "" }, &line)?;
        }
        if list.more > 0 {
            let more = format!("… and {} more (--top)", grouped(list.more as u64));
            let name = if list.list.is_empty() { name } else { "" };
            self.section(name, &self.paint.dim(&more))?;
        }
        Ok(())
    }

    /// One section in one line.
    fn joined(&mut self, name: &str, parts: &[String], more: usize) -> Result<()> {
        if parts.is_empty() {
            return Ok(());
        }
        let more = if more > 0 { format!(", and {} more", grouped(more as u64)) } else { String::new() };
        let line = self.fitted(&format!("{}{more}", parts.join(", ")));
        self.section(name, &line)
    }

    fn section(&mut self, name: &str, line: &str) -> Result<()> {
        writeln!(self.out, "  {}{line}", self.paint.dim(&format!("{name:<NAMES$}")))?;
        Ok(())
    }

    fn fitted(&self, line: &str) -> String {
        self.room.map_or_else(|| line.to_owned(), |room| fit(line, room.saturating_sub(NAMES + 2).max(8)))
    }
}

/// What the recorder lost and what cannot be read.
fn lost(account: &Account) -> String {
    let summary = &account.summary;
    let mut parts = Vec::new();
    match summary.passed.dropped {
        0 => parts.push("no drops".to_owned()),
        dropped => {
            let gaps = summary.tally.gaps.drops.len() as u64;
            parts.push(format!("{} DROPPED in {}", counted(dropped, "event"), counted(gaps, "gap")));
        }
    }
    match summary.damaged {
        0 => parts.push("no damage".to_owned()),
        damaged => parts.push(format!(
            "{} DAMAGED, {} lost in them",
            counted(damaged, "stretch"),
            counted(summary.lost, "event")
        )),
    }
    parts.join(", ")
}

/// `a(1), b(2), c(3) and 4 more`, as they were called then.
fn names(account: &Account, ids: &[(ProcessId, Moment)]) -> String {
    let shown: Vec<String> = ids.iter().take(FEW).map(|&(id, at)| text::who(account, Some(id), at)).collect();
    let more = ids.len().saturating_sub(FEW);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", shown.join(", "))
}

fn program(account: &Account, one: &Program) -> String {
    let parent = account.process(one.process).and_then(|process| account.process(process.parent?));
    let by = parent.map(|parent| format!(", by {}", named(parent, one.first))).unwrap_or_default();
    let hash = one.hash.as_deref().map(|hash| format!("  {}", safe(hash))).unwrap_or_default();
    let runs = if one.runs > 1 { format!(", {} times", grouped(one.runs)) } else { String::new() };
    format!("{}  (event {}{by}{runs}){hash}", safe(&one.path), one.first.event)
}

fn endpoint(end: Endpoint) -> String {
    match end.ip {
        IpAddr::V6(ip) => format!("[{ip}]:{}", end.port),
        IpAddr::V4(ip) => format!("{ip}:{}", end.port),
    }
}

fn listener(account: &Account, one: &Listener) -> String {
    let place = match one.local {
        Some(local) => format!("{} {}", endpoint(local), text::proto(one.proto)),
        None if one.path.is_empty() => format!("an unknown port {}", text::proto(one.proto)),
        None => safe(&one.path),
    };
    let since = if one.since.event == 0 {
        ", since before".to_owned()
    } else {
        format!(", event {}", one.since.event)
    };
    format!("{place}  {}{since}", names(account, &one.processes))
}

fn peer(account: &Account, one: &Peer) -> String {
    let end = endpoint(Endpoint { ip: one.ip, port: one.port });
    let failed = if one.failed > 0 { format!(", {} failed", grouped(one.failed)) } else { String::new() };
    format!(
        "{end} {}  {}{failed}, {} in, {} out  {}",
        text::proto(one.proto),
        counted(one.connections, "connection"),
        shown_bytes(one.bytes_in),
        shown_bytes(one.bytes_out),
        names(account, &one.processes),
    )
}

fn touched(account: &Account, one: &Touched, verb: &str) -> String {
    let (path, failed) = (safe(&one.path), failure(one.error));
    let text =
        format!("{verb} {path}{failed}  {}, event {}", names(account, &one.processes), one.first.event);
    text.trim_start().to_owned()
}

fn act(account: &Account, one: &Act) -> String {
    let who = text::who(account, one.process, one.at);
    let time = clock_time(one.at.ts, false);
    format!(
        "{time} {who} {} {}{}, event {}",
        verb(one.kind),
        safe(&one.object),
        failure(one.error),
        one.at.event
    )
}

fn busiest(account: &Account, id: ProcessId) -> String {
    let Some(process) = account.process(id) else { return String::new() };
    let command = process.image().map(|image| safe(&image.cmdline)).unwrap_or_default();
    format!("{:>9} events  {}  {command}", grouped(process.events), named(process, process.last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_their_plural() {
        let all = [counted(1, "process"), counted(2, "process"), counted(1000, "event")];
        assert_eq!(all, ["1 process", "2 processes", "1,000 events"]);
    }
}
