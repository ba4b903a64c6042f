//! Chores of the workspace: `cargo xtask help` lists them.
#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool")]

mod bench;
mod damage;
mod deps;
mod dist;
mod drops;
mod exercise;
mod falco_suite;
mod instructions;
mod kill;
mod oracle;
mod overhead;
mod parquet;
mod purity;
mod reports;
mod schemas;
mod strace;
mod tools;
mod witness;

use std::process::ExitCode;

const HELP: &str = "\
cargo xtask COMMAND

  bench        measure scap beside zstd, sysdig, itself; `bench --help` tells more
  dist         build the one static binary, and try it in an empty root (as root); --tables builds the one with SQL and Parquet
  instructions count instructions for fixed inputs and fail where there are more than committed; --bless commits
  deps         fail on a crate dependency that ARCHITECTURE.md does not draw
  purity       fail where a crate touches what it must not know (files, clock, network)
  reports      check reports of `scap test` with prove, and with the JUnit XSDs and SARIF schema that are given
  schemas      check exports by the fields of ECS (fields.csv) and compiled OCSF schemas (.json) that are given
  parquet      open exported Parquet in DuckDB and pyarrow, and compare types and every value
  falco-suite  run Falco's own regression cases against `scap`
  strace       count system calls with strace and with `scap record` in one run, and compare
  exercise     make every system call with known arguments, record it by eBPF and ptrace, compare (as root)
  overhead     measure what recording costs, beside strace, and the trace beside gzip (as root)
  drops        count events at the highest rate: in the trace or dropped, none is missing (as root)
  kill         kill a recorder under load, again and again, and read what it left (as root)
  damage       cut captures at every length and flip every byte, and count what is still read
  oracle       compare every field that `scap analyze` prints with Falco's over a folder of captures
  witness      compare `scap read` with `sysdig -r` over a folder of captures
";

fn main() -> ExitCode {
    let command = std::env::args().nth(1);
    let outcome = match command.as_deref() {
        Some("deps") => deps::check(),
        Some("bench") => bench::run(&std::env::args().skip(2).collect::<Vec<_>>()),
        Some(bench::measure::ALONE) => return alone(),
        Some("dist") => dist::run(&std::env::args().skip(2).collect::<Vec<_>>()),
        Some("instructions") => instructions::run(&std::env::args().skip(2).collect::<Vec<_>>()),
        Some("reports") => reports::validate(&std::env::args().skip(2).collect::<Vec<_>>()),
        Some("schemas") => schemas::check(&std::env::args().skip(2).collect::<Vec<_>>()),
        Some("purity") => purity::check(),
        Some("parquet") => parquet::check(),
        Some("falco-suite") => falco_suite::run(std::env::args().nth(2)),
        Some("strace") => strace::compare(std::env::args().nth(2)),
        Some("damage") => damage::run(std::env::args().skip(2).collect()),
        Some("oracle") => oracle::compare(std::env::args().nth(2), std::env::args().nth(3)),
        Some("exercise") => exercise::run(),
        Some("overhead") => overhead::measure(std::env::args().nth(2), std::env::args().nth(3)),
        // What `overhead` records; not meant for people.
        Some("workload") => overhead::workload(&std::env::args().skip(2).collect::<Vec<_>>()),
        Some("drops") => drops::check(&std::env::args().skip(2).collect::<Vec<_>>()),
        // What `drops` records; not meant for people.
        Some("calls") => drops::calls(&std::env::args().skip(2).collect::<Vec<_>>()),
        Some("kill") => kill::check(&std::env::args().skip(2).collect::<Vec<_>>()),
        Some("witness") => witness::compare(std::env::args().nth(2)),
        Some("help" | "--help" | "-h") => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        other => {
            eprintln!("xtask: {} is no command\n\n{HELP}", other.unwrap_or("(nothing)"));
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(said) => {
            println!("{said}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// See [`bench::measure`]; its standard output is the measurement.
fn alone() -> ExitCode {
    match bench::measure::alone(&std::env::args().skip(2).collect::<Vec<_>>()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}
