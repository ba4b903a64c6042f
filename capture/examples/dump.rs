//! Records a command with the eBPF backend and prints its events, one a line.
//!
//! `sudo cargo run -p scap-capture --example dump -- [--summary] COMMAND [ARGUMENT…]`; with `--summary` it prints
//! how many events of each type there were, and how many were lost.

use scap_capture::{Backend, EbpfBackend, Options, Scope};
use scap_format::Event;
use scap_schema::{ParamInfo, ParamType};
use std::collections::BTreeMap;
use std::io::Write;
use std::process::Command;
use std::time::Duration;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args: Vec<String> = std::env::args().skip(1).collect();
    let summary = args.first().is_some_and(|a| a == "--summary");
    if summary {
        args.remove(0);
    }
    let Some((program, rest)) = args.split_first() else { return Err("which command?".into()) };

    let mut backend = EbpfBackend::new(&Options { scope: Scope::Trees, ..Options::default() })?;
    backend.follow(std::process::id())?;
    backend.start()?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    let mut show = |event: &Event<'_>| {
        if summary {
            *counts.entry(name(event)).or_default() += 1;
        } else {
            // A closed pipe ends the output, not the recording.
            let _ = print(&mut out, event);
        }
    };
    let mut child = Command::new(program).args(rest).spawn()?;
    while child.try_wait()?.is_none() {
        backend.poll(Duration::from_millis(100), &mut show)?;
    }
    backend.stop(&mut show)?;
    for (name, count) in counts {
        writeln!(out, "{count:8} {name}")?;
    }
    for (cpu, c) in backend.counters()?.iter().enumerate() {
        writeln!(out, "# cpu {cpu}: {} events, {} dropped, {} 32-bit", c.events, c.dropped(), c.compat)?;
    }
    Ok(())
}

/// Name of the event, or of the system call behind a generic one.
fn name(event: &Event<'_>) -> String {
    let call = (event.code == scap_schema::code::GENERIC_X)
        .then(|| event.u16(0).and_then(scap_schema::syscall))
        .flatten();
    match (call, event.info()) {
        (Some(call), _) => call.name.to_owned(),
        (None, Some(info)) => info.name.to_owned(),
        (None, None) => event.code.to_string(),
    }
}

fn print(out: &mut impl Write, event: &Event<'_>) -> std::io::Result<()> {
    write!(out, "{} {} {} {}", event.ts, event.cpu, event.tid, name(event))?;
    let params = event.info().map_or(&[][..], |info| info.params);
    for (param, value) in params.iter().zip(event.params.iter()) {
        write!(out, " {}={}", param.name, shown(param, value))?;
    }
    writeln!(out)
}

fn shown(param: &ParamInfo, value: &[u8]) -> String {
    let number = value.iter().rev().fold(0u64, |n, b| n << 8 | u64::from(*b));
    match (param.ty.fixed_len(), param.ty) {
        _ if value.is_empty() => "-".into(),
        (Some(8), ParamType::Uint64) if number > 1 << 40 => format!("{number:#x}"),
        (Some(8), _) => number.cast_signed().to_string(),
        (Some(4), ParamType::Int32) => i32::from_le_bytes(value.try_into().unwrap_or_default()).to_string(),
        (Some(_), ParamType::Flags32 | ParamType::Flags16) => format!("{number:#x}"),
        (Some(_), _) => number.to_string(),
        (None, _) => value.escape_ascii().to_string(),
    }
}
