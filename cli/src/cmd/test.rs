//! `scap test`: rule regression suites.

use crate::exit::{Outcome, say, say_styled};
use crate::rules;
use crate::units::counted;
use anyhow::{Context, Result};
use scap_analyze::sink::TerminalSafe;
use scap_suite::mutate::{self, Mutation};
use scap_suite::output::{self, Run};
use scap_suite::{Broken, Options, Report, Suite, schema};
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::time::{Instant, SystemTime};

/// Run rule regression suites: recorded traces, and what must and must not fire on them.
///
/// A suite is a YAML file (`suite.yaml`, `*.suite.yaml`) beside its traces; docs/TESTING.md tells what it may say.
/// Every trace is replayed once for all that is asked of it.
///
/// Exit codes: 0 everything as expected; 1 something was not; 2 a suite, its rules or a trace is broken.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Suites, or folders of suites.
    #[arg(required_unless_present = "schema", value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Rule file, or folder of rule files, instead of those that the suites name; repeat for several.
    #[arg(short, long, value_name = "FILE|DIR")]
    rules: Vec<PathBuf>,
    /// Only tests whose name, or that of their suite, matches (`*` stands for anything).
    #[arg(long, value_name = "NAME")]
    filter: Option<String>,
    /// Traces replayed side by side; 0: as many as there are processors.
    #[arg(short, long, value_name = "N", default_value_t = 0)]
    jobs: usize,
    /// Write what happened into the suites, comments and order kept. What a suite forbids stays forbidden.
    #[arg(long)]
    bless: bool,
    /// Format of the report.
    #[arg(long, value_enum, default_value = "pretty")]
    format: Format,
    /// Write the report to this file, and a pretty one to standard error.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Tell what the suites leave untested: rules without a firing or a silent test, comparisons that were never true
    /// or never false.
    #[arg(long)]
    coverage: bool,
    /// Exit with 1 unless so much is covered.
    #[arg(long, value_name = "PCT")]
    coverage_min: Option<f64>,
    /// Change the rules, one thing at a time, and tell the changes that no test notices.
    #[arg(long)]
    mutate: bool,
    /// Exit with 1 unless so many changes are noticed.
    #[arg(long, value_name = "PCT")]
    mutate_min: Option<f64>,
    /// Count every item of a list as a change of its own; otherwise, a list is tested if one of its items is.
    #[arg(long)]
    each_item: bool,
    /// Print the JSON schema of suite files, for editors, and do nothing else.
    #[arg(long)]
    schema: bool,
}

const EXAMPLES: &str = "\
Examples:
  scap test samples/                             every suite in the folder
  scap test samples/ --rules my_rules.yaml       against other rules than the suites name
  scap test samples/ --coverage --mutate         what the suites leave untested
  scap test samples/ --bless                     what happens is what is expected from now on
  scap test samples/ --format junit -o report.xml
  scap test samples/ --filter 'ssh*'             only some of the tests";

/// Runs the suites.
pub(crate) fn run(args: &Args) -> Result<Outcome> {
    if args.schema {
        print(&(serde_json::to_string_pretty(&schema::schema())? + "\n"))?;
        return Ok(Outcome::Done);
    }
    let (began, since) = (SystemTime::now(), Instant::now());
    let suites = match args.suites() {
        Ok(suites) => suites,
        Err(broken) => return Ok(say_broken(&broken)),
    };
    let mutates = args.mutate || args.mutate_min.is_some() || args.each_item;
    let options = Options {
        rules: rules::files(&args.rules)?,
        filter: args.filter.clone(),
        jobs: args.jobs,
        coverage: args.coverage || args.coverage_min.is_some(),
        mutate: mutates.then_some(mutate::Options { each_item: args.each_item }),
    };
    let report = match scap_suite::run(&suites, &options) {
        Ok(report) => report,
        Err(broken) => return Ok(say_broken(&broken)),
    };
    args.write(&report, Run { began, took: since.elapsed() })?;
    if args.bless {
        return bless(&report);
    }
    Ok(if report.broken().next().is_some() {
        Outcome::Damaged
    } else if report.failed().next().is_some() || args.falls_short(&report) {
        Outcome::Against
    } else {
        Outcome::Done
    })
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Format {
    Pretty,
    Json,
    /// XML as CI services read it.
    Junit,
    /// Test Anything Protocol 13.
    Tap,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Annotations of GitHub's actions.
    Github,
}

impl Args {
    /// Whether less is covered or noticed than was asked for.
    fn falls_short(&self, report: &Report) -> bool {
        let covered = report.coverage.as_ref().map(|coverage| coverage.figures().percent());
        let noticed = report.mutation.as_ref().map(Mutation::percent);
        let short = |share: Option<f64>, least: Option<f64>, what: &str| {
            let (Some(share), Some(least)) = (share, least) else { return false };
            if share < least {
                say(&format!("scap: {what} is {share:.1} %, less than {least} %"));
            }
            share < least
        };
        let uncovered = short(covered, self.coverage_min, "coverage");
        short(noticed, self.mutate_min, "mutation") || uncovered
    }

    fn write(&self, report: &Report, run: Run) -> Result<()> {
        let format = match self.format {
            Format::Pretty => output::Format::Pretty,
            Format::Json => output::Format::Json,
            Format::Junit => output::Format::Junit,
            Format::Tap => output::Format::Tap,
            Format::Sarif => output::Format::Sarif,
            Format::Github => output::Format::Github,
        };
        let text = output::write(report, format, run);
        if let Some(path) = &self.output {
            std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
            say(output::pretty(report, run.took).trim_end());
            return Ok(());
        }
        print(&text)
    }

    fn suites(&self) -> Result<Vec<Suite>, Broken> {
        let (mut suites, mut broken) = (Vec::new(), Broken::default());
        for path in &self.paths {
            let files = scap_suite::find(path).unwrap_or_else(|error| {
                broken.unreadable.push(error);
                Vec::new()
            });
            for file in files {
                match scap_suite::read(&file) {
                    Ok(suite) => suites.push(suite),
                    Err(more) => broken.add(more),
                }
            }
        }
        if broken.is_empty() { Ok(suites) } else { Err(broken) }
    }
}

fn bless(report: &Report) -> Result<Outcome> {
    let blessed = scap_suite::bless(report).map_err(anyhow::Error::msg)?;
    for (file, changes) in &blessed.files {
        say(&format!("scap: {}: {} blessed", file.display(), counted(*changes as u64, "change")));
    }
    for left in &blessed.left {
        say(&format!("scap: not blessed: {left}"));
    }
    Ok(if blessed.left.is_empty() { Outcome::Done } else { Outcome::Against })
}

fn say_broken(broken: &Broken) -> Outcome {
    say_styled(broken.render(rules::color(&std::io::stderr())).trim_end());
    Outcome::Damaged
}

/// Prints `text`; to a terminal, without what could steer it.
///
/// # Errors
/// If it cannot be written.
pub(crate) fn print(text: &str) -> Result<()> {
    let out = std::io::stdout();
    let written = match out.is_terminal() {
        true => {
            let mut safe = TerminalSafe::new(out.lock());
            safe.write_all(text.as_bytes()).and_then(|()| safe.flush())
        }
        false => out.lock().write_all(text.as_bytes()),
    };
    Ok(written?)
}
