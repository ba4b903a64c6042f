//! The `scap` command: arguments in, exit code out.
//!
//! One file per subcommand under [`cmd`]; everything they do is done by the libraries. Results go to
//! stdout, everything said to a person goes to stderr.
#![forbid(unsafe_code)]

mod cmd;
mod exit;
mod export;
mod input;
mod keys;
mod live;
mod look;
mod open;
mod output;
mod post;
mod profile;
mod pushdown;
mod range;
mod replays;
mod rules;
mod status;
mod summary;
mod units;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Event by event nothing is allocated; what state changes, batches and snapshots allocate often ends on another thread.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Records Linux system calls and replays the recording against Falco rules, offline.
#[derive(Parser)]
#[command(name = "scap", version, max_term_width = 100, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  sudo scap record -o t.zst -- sh -c 'cat /etc/shadow'    record a command and all it starts
  scap analyze t.zst                                      replay against the built-in rules
  scap analyze t.zst --rules falco_rules.yaml             replay against Falco's rules
  scap read t.zst 'proc.name=sh and evt.type=execve'      print the events that match
  scap report t.zst -o report.html                        one page to look at and hand over
  scap test samples/                                      run rule regression suites
  scap info t.zst                                         what is in it, what was dropped or damaged

Exit codes: 0 done; 1 a verdict against (a failed test, verify or --fail-on); 2 could not do it, or
the input was damaged (what could be read was read).";

#[derive(Subcommand)]
enum Command {
    Record(cmd::record::Args),
    Analyze(cmd::analyze::Args),
    Read(cmd::read::Args),
    Tree(cmd::tree::Args),
    Timeline(cmd::timeline::Args),
    Summary(cmd::summary::Args),
    Query(cmd::query::Args),
    Info(cmd::info::Args),
    Verify(cmd::verify::Args),
    Convert(cmd::convert::Args),
    Export(cmd::export::Args),
    #[command(subcommand)]
    Rules(cmd::rules::Command),
    Test(cmd::test::Args),
    Report(cmd::report::Args),
    Fields(cmd::fields::Args),
    Events(cmd::events::Args),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let outcome = match cli.command {
        Command::Record(args) => cmd::record::run(&args),
        Command::Analyze(args) => cmd::analyze::run(&args),
        Command::Read(args) => cmd::read::run(&args),
        Command::Tree(args) => cmd::tree::run(&args),
        Command::Timeline(args) => cmd::timeline::run(&args),
        Command::Summary(args) => cmd::summary::run(&args),
        Command::Query(args) => cmd::query::run(&args),
        Command::Info(args) => cmd::info::run(&args),
        Command::Verify(args) => cmd::verify::run(&args),
        Command::Convert(args) => cmd::convert::run(&args),
        Command::Export(args) => cmd::export::run(&args),
        Command::Rules(command) => cmd::rules::run(&command),
        Command::Test(args) => cmd::test::run(&args),
        Command::Report(args) => cmd::report::run(&args),
        Command::Fields(args) => cmd::fields::run(&args),
        Command::Events(args) => cmd::events::run(&args),
    };
    exit::code(outcome)
}
