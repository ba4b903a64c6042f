//! Records with the library alone, without the `scap` command: a check of sessions on a live kernel.
//!
//!     record record [--backend ebpf|ptrace] [--snapshot all|tree|none] [--users-from DIR] [--duration SECONDS]
//!         [-o FILE|-] [--force] [-- COMMAND…]
#![allow(clippy::print_stderr, reason = "it is a program")]

use scap_capture::session::{self, CommandEnd, Output, SessionOptions};
use scap_capture::snapshot::{Root, SnapshotScope};
use scap_capture::{Backend, EbpfBackend, Options, PtraceBackend, Scope};
use std::ffi::OsString;
use std::process::ExitCode;
use std::time::Duration;

type Anything = Box<dyn std::error::Error>;

struct Arguments {
    session: SessionOptions,
    backend: String,
    output: OsString,
    force: bool,
}

fn main() -> ExitCode {
    match arguments().and_then(|arguments| record(&arguments)) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("record: {error}");
            ExitCode::from(2)
        }
    }
}

fn arguments() -> Result<Arguments, Anything> {
    let session = SessionOptions::default();
    let mut all = Arguments { session, backend: "ebpf".into(), output: "trace.zst".into(), force: false };
    let mut words = std::env::args_os().skip(2);
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{} needs a value", word.display()));
        match word.to_str() {
            Some("--backend") => all.backend = value()?.to_string_lossy().into_owned(),
            Some("--snapshot") => {
                all.session.snapshot = match value()?.to_str() {
                    Some("all") => SnapshotScope::All,
                    Some("tree") => SnapshotScope::Trees(Vec::new()),
                    Some("none") => SnapshotScope::None,
                    _ => return Err("--snapshot is all, tree or none".into()),
                }
            }
            Some("--users-from") => all.session.users = Some(Root::new(value()?)),
            Some("--duration") => {
                let seconds: f64 = value()?.to_string_lossy().parse()?;
                all.session.duration = Some(Duration::try_from_secs_f64(seconds)?);
            }
            Some("-o") => all.output = value()?,
            Some("--force") => all.force = true,
            Some("--") => {
                all.session.command = words.collect();
                break;
            }
            _ => return Err(format!("unknown argument {}", word.display()).into()),
        }
    }
    Ok(all)
}

fn record(arguments: &Arguments) -> Result<u8, Anything> {
    let options = &arguments.session;
    let scope = if options.command.is_empty() { Scope::Everything } else { Scope::Trees };
    let capture = Options { scope, ..Options::default() };
    let mut backend: Box<dyn Backend> = match arguments.backend.as_str() {
        "ebpf" => Box::new(EbpfBackend::new(&capture)?),
        "ptrace" => Box::new(PtraceBackend::new(&capture)?),
        other => return Err(format!("no backend is called {other}").into()),
    };
    let output = if arguments.output == "-" {
        Output::stdout()?
    } else {
        Output::file(arguments.output.as_ref(), arguments.force)?
    };
    let summary = session::run(options, backend.as_mut(), output, &mut |_| {})?;
    eprintln!("{summary:?}");
    Ok(match summary.command {
        Some(CommandEnd::Exited(code)) => u8::try_from(code).unwrap_or(255),
        Some(CommandEnd::Killed(signal)) => u8::try_from(128 + signal).unwrap_or(255),
        Some(CommandEnd::Running) | None => 0,
    })
}
