//! `scap report`: traces as one HTML page to look at and to hand over.
//!
//! Each trace is read three times: for the account of it, for the numbers of the events around its alerts, and for those
//! events. Standard input is therefore kept in a temporary file meanwhile.

use crate::cmd::analyze::RuleMatching;
use crate::cmd::{info, verify};
use crate::exit::{Outcome, say};
use crate::input;
use crate::output::Output;
use crate::range::{self, RangeArgs};
use crate::rules::RuleArgs;
use crate::units::{counted, shown_bytes};
use crate::{keys, open};
use anyhow::{Context, Result, bail};
use scap_account::Account;
use scap_analyze::alert::AlertTime;
use scap_analyze::replay::{Options, WalkError};
use scap_format::native::PublicKey;
use scap_format::source::Input;
use scap_report::{Check, Limits, Part, Report, Survey, Wish};
use scap_rules::{Filter, RuleSet};
use sha2::{Digest, Sha256};
use std::io::Write;
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// Write a report: one HTML file with everything about traces that one looks at first.
///
/// Alerts by priority and ATT&CK tactic with the events before and after each, activity over time, the process tree,
/// a timeline, files, connections, users, containers, and how far all of it can be trusted. The file needs nothing
/// else: no network, no other file; without scripts it can be read, with them it can be filtered and enlarged. Several
/// traces become sections of one report. What there is too much of is counted, so that a browser can open it.
///
/// The report shows what programs were given: arguments, paths, data. It is written for you alone (mode 0600).
///
/// Exit codes: 0 written, alerts or not; 2 a trace was damaged, altered or unreadable (the report says so of what could
/// be read), or nothing could be written.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Traces, or folders of traces; `-` for standard input, which is kept in a temporary file meanwhile.
    #[arg(required = true)]
    traces: Vec<PathBuf>,
    /// Where the report goes; `-` for standard output. Never overwrites without --force.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Overwrite the output if it is there already.
    #[arg(long)]
    force: bool,
    /// Title of the report; by default the names of the hosts.
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// Events of its process to show before each alert, and as many after it.
    #[arg(long, value_name = "N", default_value_t = 12, value_parser = clap::value_parser!(u16).range(0..=500))]
    around: u16,
    /// Public key (OpenSSH, Ed25519) that must have signed the traces.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    #[command(flatten)]
    rules: RuleArgs,
    #[command(flatten)]
    range: RangeArgs,
    /// Only events that fulfil this condition; processes are followed through all of them.
    #[arg(long, value_name = "CONDITION")]
    filter: Option<String>,
    /// Whether the first matching rule of an event hides the others.
    #[arg(long, value_enum, default_value = "first", value_name = "WHICH")]
    rule_matching: RuleMatching,
}

const EXAMPLES: &str = "\
Examples:
  scap report t.zst -o report.html                          the built-in rules
  scap report t.zst --rules falco_rules.yaml -o report.html
  scap report host1.zst host2.zst --title 'Case 4711' -o case.html
  scap report t.zst --from +5m --to +15m --around 50 -o part.html
  ssh host sudo scap record --duration 30s -o - | scap report - -o now.html";

/// One trace given on the command line.
struct Given {
    input: Input,
    /// Holds what came from standard input until the report is written.
    spool: Option<NamedTempFile>,
}

/// Reads the traces and writes the report.
pub(crate) fn run(args: &Args) -> Result<Outcome> {
    let rules = args.rules.load()?;
    let filter = args.filter.as_deref().map(range::filter).transpose()?;
    let key = args.key.as_deref().map(keys::public).transpose()?;
    let given = given(&args.traces)?;
    let (output, mut writer) = Output::create(&args.output, args.force)?;
    let limits = Limits::default();
    let asking = Asking { args, rules: &rules, filter: filter.as_ref(), key: key.as_ref(), limits };
    let mut outcome = Outcome::Done;
    let mut parts = Vec::new();
    for each in &given {
        let Some(part) = input::or_next(asking.part(each, given.len()), &mut outcome) else { continue };
        for damage in part.account.summary.damage.iter().take(1) {
            say(&format!("scap: {}: {} (the report lists all)", part.name, input::damage_line(damage)));
        }
        if part.account.summary.damaged > 0 || part.checks.iter().any(|check| !check.sound) {
            outcome = Outcome::Damaged;
        }
        parts.push(part);
    }
    if parts.is_empty() {
        bail!("none of the traces could be read: there is nothing to report");
    }
    let report = Report {
        title: args.title.clone().unwrap_or_else(|| title(&parts)),
        made_by: concat!("scap ", env!("CARGO_PKG_VERSION")).to_owned(),
        asked: args.asked(&rules),
        parts,
        limits,
    };
    let page = report.page();
    let unwritable = || format!("cannot write {}", args.output.display());
    writer.write_all(page.as_bytes()).with_context(unwritable)?;
    writer.flush().with_context(unwritable)?;
    drop(writer);
    output.keep()?;
    let alerts = report.parts.iter().map(|part| part.account.summary.tally.alerts()).sum();
    let events = report.parts.iter().map(|part| part.account.summary.passed.events).sum();
    say(&format!(
        "scap: {} from {} of {}, {} to {}",
        counted(alerts, "alert"),
        counted(events, "event"),
        counted(report.parts.len() as u64, "trace"),
        shown_bytes(page.len() as u64),
        args.output.display()
    ));
    Ok(outcome)
}

/// The traces; what comes from standard input is put into a file that only its owner can read.
fn given(paths: &[PathBuf]) -> Result<Vec<Given>> {
    let (stdin, files): (Vec<&PathBuf>, Vec<&PathBuf>) = paths.iter().partition(|path| input::is_stdin(path));
    let mut given = Vec::new();
    if !stdin.is_empty() {
        let mut spool = NamedTempFile::new().context("cannot make a temporary file for standard input")?;
        std::io::copy(&mut std::io::stdin().lock(), &mut spool)
            .with_context(|| format!("cannot keep standard input in {}", spool.path().display()))?;
        given.push(Given { input: Input { files: vec![spool.path().to_owned()] }, spool: Some(spool) });
    }
    if !files.is_empty() {
        let files: Vec<PathBuf> = files.into_iter().cloned().collect();
        given.extend(open::inputs(&files)?.into_iter().map(|input| Given { input, spool: None }));
    }
    Ok(given)
}

/// Names of the hosts, of which several traces may be.
fn title(parts: &[Part<'_>]) -> String {
    const MOST: usize = 4;
    let mut hosts: Vec<String> = Vec::new();
    for part in parts {
        let name = String::from_utf8_lossy(&part.account.host.name).into_owned();
        let name = if name.is_empty() { part.name.clone() } else { name };
        if !hosts.contains(&name) {
            hosts.push(name);
        }
    }
    let more = hosts.len().saturating_sub(MOST);
    hosts.truncate(MOST);
    if more > 0 {
        hosts.push(format!("{more} more"));
    }
    hosts.join(", ")
}

/// What is asked of each trace.
struct Asking<'a> {
    args: &'a Args,
    rules: &'a RuleSet,
    filter: Option<&'a Filter>,
    key: Option<&'a PublicKey>,
    limits: Limits,
}

impl<'a> Asking<'a> {
    /// Everything that the report tells of `given`, one of `several`.
    fn part(&self, given: &Given, several: usize) -> Result<Part<'a>> {
        let name = match &given.spool {
            Some(_) => "standard input".to_owned(),
            None => open::name(&given.input),
        };
        let input = &given.input;
        let range = self.args.range.of(input, self.filter)?;
        let options = Options {
            range: range.clone(),
            matching: self.args.rule_matching.into(),
            time: AlertTime::Clock,
        };
        let mut trace = open::trace(input)?;
        let account = self.account(&mut trace, options, several)?;
        let container = format!("{:?}", trace.container()).to_lowercase();
        drop(trace);
        let wish = Wish { around: usize::from(self.args.around), range, limits: self.limits };
        let survey = Survey::take(open::parts(input)?, &name, &account, &wish)?;
        let evidence = survey.evidence(open::parts(input)?, &name)?;
        let (mut facts, mut checks) = (Vec::new(), Vec::new());
        for path in &input.files {
            facts.extend(about(path, given.spool.is_some())?);
            checks.push(check(path, given.spool.is_some(), self.key)?);
        }
        if facts.iter().all(|(label, _)| label != "container") {
            facts.push(("container".to_owned(), format!("{container} .scap")));
        }
        Ok(Part { name, account, rules: self.rules, evidence, facts, checks })
    }

    fn account(
        &self,
        trace: &mut scap_format::TraceReader,
        replay: Options,
        several: usize,
    ) -> Result<Account> {
        // Several accounts are in memory at once.
        let all = scap_account::Limits::default();
        let share = |most: usize| (most / several).max(1000);
        let limits = scap_account::Limits {
            processes: share(all.processes),
            files: share(all.files),
            connections: share(all.connections),
            acts: share(all.acts),
            alerts: share(all.alerts),
            text: (all.text / several as u64).max(16 << 20),
            ..all
        };
        let options = scap_account::Options { limits, replay };
        scap_account::account(trace, Some(self.rules), options).map_err(|error| match error {
            WalkError::Read(error) => error.into(),
            WalkError::Visit(never) => match never {},
        })
    }
}

/// What is known of the file at `path`; one that came from standard input is called so.
fn about(path: &Path, spooled: bool) -> Result<Vec<(String, String)>> {
    let name = if spooled { "standard input".to_owned() } else { input::name(path) };
    let mut facts = vec![("file".to_owned(), name), ("SHA-256".to_owned(), sha256(path)?)];
    match info::known(path) {
        Ok(known) => facts.extend(known.into_iter().map(|(label, value)| (label.to_owned(), value))),
        Err(error) => facts.push(("index".to_owned(), crate::exit::in_words(error.as_ref()))),
    }
    Ok(facts)
}

/// What `scap verify` says of the file at `path`.
fn check(path: &Path, spooled: bool, key: Option<&PublicKey>) -> Result<Check> {
    let mut said = Vec::new();
    let sound = verify::check(&mut said, path, key)?;
    let mut said = String::from_utf8_lossy(&said).into_owned();
    if spooled {
        said = said.replacen(&input::name(path), "standard input", 1);
    }
    Ok(Check { sound, lines: said.lines().map(|line| line.trim().to_owned()).collect() })
}

/// The hash by which a file is named when it is handed over.
fn sha256(path: &Path) -> Result<String> {
    let mut hash = Sha256::new();
    std::io::copy(&mut input::file(path)?, &mut hash)
        .with_context(|| format!("cannot read {}", input::name(path)))?;
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

impl Args {
    /// What was asked, for whoever reads the report.
    fn asked(&self, rules: &RuleSet) -> Vec<String> {
        let files: Vec<String> = self.rules.rules.iter().map(|path| path.display().to_string()).collect();
        let from = if files.is_empty() { "the built-in set".to_owned() } else { files.join(", ") };
        let active = rules.active().count() as u64;
        let mut asked = vec![format!("Rules: {} of {from}.", counted(active, "active rule"))];
        if let Some(span) = self.range.in_words() {
            asked.push(format!("Only events {span}."));
        }
        if let Some(filter) = &self.filter {
            asked.push(format!("Only events that fulfil: {filter}"));
        }
        asked
    }
}
