//! Replays a trace with the naive evaluator: every comparison of every rule that can match an event's type.
//!
//! `scap-naive TRACE RULES…` prints how many events a rule matched. The yardstick of `cargo xtask bench`.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool")]

use scap_analyze::catalogue::Scheme;
use scap_analyze::fields::Fields;
use scap_analyze::replay::{Cursor, walk_events};
use scap_format::TraceReader;
use scap_rules::{Loader, Matching};
use std::convert::Infallible;
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let Some((trace, files)) = words.split_first().filter(|(_, files)| !files.is_empty()) else {
        eprintln!("usage: scap-naive TRACE RULES…");
        return ExitCode::from(2);
    };
    let mut loader = Loader::new(&Scheme);
    for file in files {
        match std::fs::read_to_string(file) {
            Ok(text) => loader = loader.file(file, text),
            Err(error) => {
                eprintln!("{file}: {error}");
                return ExitCode::from(2);
            }
        }
    }
    let (_, rules) = loader.load();
    let mut matched = 0u64;
    let walked = TraceReader::open(Path::new(trace)).map(|mut trace| {
        walk_events(
            &mut trace,
            &mut Cursor::new(),
            |_| {},
            |event, state| {
                if rules.wants(event.code) {
                    let fields = Fields::new(event, state);
                    matched += u64::from(!rules.evaluate_naively(&fields, Matching::First).is_empty());
                }
                Ok::<(), Infallible>(())
            },
        )
    });
    match walked {
        Ok(Ok(())) => {
            println!("{matched} events matched");
            ExitCode::SUCCESS
        }
        Ok(Err(error)) => {
            eprintln!("{trace}: {error}");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
