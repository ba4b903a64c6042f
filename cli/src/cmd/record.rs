//! `scap record`: live system calls into a trace.

use crate::exit::{Outcome, say};
use crate::{keys, units};
use anyhow::{Context, Result, bail};
use scap_capture::session::{self, CommandEnd, EndReason, Output, Progress, SessionOptions, Summary};
use scap_capture::snapshot::{Root, SnapshotScope};
use scap_capture::{Backend, EbpfBackend, Options, PtraceBackend, Scope, SyscallSet};
use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Record system calls into a trace.
///
/// With a command: it and everything it starts, until it ends. With --pid: those processes and what they
/// start. Otherwise the whole machine. Ctrl-C ends a recording cleanly; a recorder that is killed loses at most the last second.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Where the trace goes; `-` for standard output. Never overwrites without --force.
    #[arg(short, long, value_name = "FILE", default_value = "trace.zst")]
    output: PathBuf,
    /// Overwrite the output if it exists.
    #[arg(long)]
    force: bool,
    /// What fetches events from the kernel.
    #[arg(long, value_enum, default_value = "auto")]
    backend: BackendName,
    /// Stop after this time, e.g. 30s, 5m, 1h.
    #[arg(long, value_parser = units::duration, value_name = "TIME")]
    duration: Option<Duration>,
    /// Stop before the trace grows beyond this, e.g. 500MiB.
    #[arg(long, value_parser = units::bytes, value_name = "SIZE")]
    max_size: Option<u64>,
    /// Bytes kept of each data buffer (read, write, send …).
    #[arg(long, default_value_t = 80, value_parser = clap::value_parser!(u32).range(0..=65000), value_name = "BYTES")]
    snaplen: u32,
    /// Buffer between kernel and recorder, per CPU; a larger one drops less.
    #[arg(long, default_value = "8MiB", value_parser = units::bytes, value_name = "SIZE")]
    buffer: u64,
    /// Only these system calls, by their names in syscalls(2), e.g. openat,execve. With ptrace, all others then run at full speed.
    #[arg(long, value_delimiter = ',', value_name = "NAME,…")]
    syscalls: Vec<String>,
    /// Only these processes and their descendants.
    #[arg(long, value_name = "PID")]
    pid: Vec<u32>,
    /// Which processes of the machine the trace describes as they were when recording began.
    #[arg(long, value_enum, default_value = "all")]
    snapshot: Snapshot,
    /// Sign the trace with this key (OpenSSH, Ed25519, no passphrase).
    #[arg(long, value_name = "KEY")]
    sign: Option<PathBuf>,
    /// Case number, kept in the trace's manifest.
    #[arg(long)]
    case: Option<String>,
    /// Note, kept in the trace's manifest.
    #[arg(long)]
    note: Option<String>,
    /// Command to run and record.
    #[arg(last = true, value_name = "CMD")]
    command: Vec<OsString>,
}

const EXAMPLES: &str = "\
Examples:
  sudo scap record -o t.zst -- sh -c 'cat /etc/shadow'    a command and all it starts
  sudo scap record -o t.zst --duration 30s                the whole machine for half a minute
  ssh host sudo scap record -o - > host.zst               nothing is written on the host's disk
  sudo scap record --pid 4711 --sign key -o t.zst         a running process, signed";

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum BackendName {
    /// The best that this machine and user allow.
    Auto,
    /// In the kernel: needs root, and a kernel with BTF (/sys/kernel/btf/vmlinux).
    Ebpf,
    /// From outside: needs no privileges, but a command or --pid; slows the recorded processes down.
    Ptrace,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Snapshot {
    /// All processes.
    All,
    /// Only the recorded processes, and their ancestors by name.
    Tree,
    /// No process.
    None,
}

/// Records until the command ends, the time is up or a signal comes.
pub(crate) fn run(args: &Args) -> Result<Outcome> {
    let to_stdout = args.output.as_os_str() == "-";
    if to_stdout && std::io::stdout().is_terminal() {
        bail!("a trace is binary: redirect standard output, e.g. `scap record -o - > t.zst`");
    }
    let options = session_options(args)?;
    let mut backend = backend(args.backend, &backend_options(args)?)?;
    let output = if to_stdout { Output::stdout()? } else { Output::file(&args.output, args.force)? };
    let shows = std::io::stderr().is_terminal() && args.command.is_empty();
    let mut begins = (!to_stdout && args.command.is_empty()).then(|| {
        format!("scap: recording to {} with {}; Ctrl-C ends it", args.output.display(), backend.name())
    });
    let mut status = |progress: &Progress| {
        // Not before: what keeps a recording from beginning is told instead.
        if let Some(begins) = begins.take() {
            say(&begins);
        }
        if shows {
            show(progress);
        }
    };
    let summary = session::run(&options, backend.as_mut(), output, &mut status);
    if shows {
        clear();
    }
    let summary = summary?;
    report(&summary, &args.output);
    for note in backend.notes() {
        say(&format!("scap: {note}"));
    }
    see_out(backend.as_mut(), &summary);
    Ok(if summary.reason == EndReason::DiskFull { Outcome::Damaged } else { Outcome::Done })
}

/// The backend that was asked for; by default eBPF, and ptrace where eBPF may not be used and ptrace can.
fn backend(name: BackendName, options: &Options) -> Result<Box<dyn Backend>> {
    let ebpf = match name {
        BackendName::Ptrace => return Ok(Box::new(PtraceBackend::new(options)?)),
        BackendName::Ebpf | BackendName::Auto => EbpfBackend::new(options),
    };
    match ebpf {
        Ok(backend) => {
            if matches!(name, BackendName::Auto) {
                say("scap: recording with ebpf: this user may, and the kernel describes its types");
            }
            Ok(Box::new(backend))
        }
        Err(why) if matches!(name, BackendName::Auto) && options.scope == Scope::Trees => {
            say(&format!("scap: recording with ptrace, which is slower: {why}"));
            Ok(Box::new(PtraceBackend::new(options)?))
        }
        Err(why) => Err(why.into()),
    }
}

fn session_options(args: &Args) -> Result<SessionOptions> {
    let trees = args.pid.iter().map(|pid| i64::from(*pid)).collect();
    Ok(SessionOptions {
        command: args.command.clone(),
        pids: args.pid.clone(),
        snapshot: match args.snapshot {
            Snapshot::All => SnapshotScope::All,
            Snapshot::Tree => SnapshotScope::Trees(trees),
            Snapshot::None => SnapshotScope::None,
        },
        root: Root::default(),
        duration: args.duration,
        max_size: args.max_size,
        sign: args.sign.as_deref().map(keys::secret).transpose()?,
        snaplen: args.snaplen,
        case: args.case.clone(),
        note: args.note.clone(),
        ..SessionOptions::default()
    })
}

fn backend_options(args: &Args) -> Result<Options> {
    let whole_machine = args.command.is_empty() && args.pid.is_empty();
    let mut syscalls = if args.syscalls.is_empty() { SyscallSet::all() } else { SyscallSet::none() };
    for name in &args.syscalls {
        let call = scap_schema::syscall_by_name(name).with_context(|| {
            format!(
                "--syscalls: there is no system call {name:?}; names are those in syscalls(2), such as openat"
            )
        })?;
        syscalls.insert(call.sc);
    }
    Ok(Options {
        snaplen: args.snaplen,
        buffer: usize::try_from(args.buffer).unwrap_or(usize::MAX),
        scope: if whole_machine { Scope::Everything } else { Scope::Trees },
        syscalls,
        ..Options::default()
    })
}

/// Stays for processes that cannot go on without the backend, unless a signal has asked to end.
fn see_out(backend: &mut dyn Backend, summary: &Summary) {
    let left = backend.dependents();
    if left == 0 {
        return;
    }
    let left = units::counted(u64::try_from(left).unwrap_or(u64::MAX), "thread");
    if matches!(summary.reason, EndReason::Signal(_)) {
        say(&format!(
            "scap: {left} of the command still running end with the recorder (--syscalls with ptrace)"
        ));
        return;
    }
    say(&format!(
        "scap: {left} of the command still running cannot go on alone (--syscalls with ptrace); \
         scap stays until they end, Ctrl-C kills them"
    ));
    backend.see_out();
}

/// One line that is written over and over.
fn show(progress: &Progress) {
    use std::io::Write;
    let seconds = progress.elapsed.as_secs_f64().max(0.001);
    #[allow(clippy::cast_precision_loss, reason = "a rate for people")]
    let rate = progress.events as f64 / seconds;
    let _ = write!(
        std::io::stderr(),
        "\r\x1b[K{:.0}s  {} events ({rate:.0}/s)  {}  {} dropped",
        seconds,
        progress.events,
        units::shown_bytes(progress.bytes),
        progress.dropped
    );
}

/// Makes room for other lines where [`show`] wrote.
fn clear() {
    use std::io::Write;
    let _ = write!(std::io::stderr(), "\r\x1b[K");
}

fn report(summary: &Summary, output: &Path) {
    let ended = match summary.reason {
        EndReason::CommandEnded => "the command ended",
        EndReason::Signal(_) => "stopped by signal",
        EndReason::Duration => "the time is up",
        EndReason::MaxSize => "the trace is as large as allowed",
        EndReason::DiskFull => "THE DISK IS FULL; everything written until then is readable",
        EndReason::OutputClosed => "the reader of the output went away",
    };
    let to = if output.as_os_str() == "-" { "standard output".into() } else { output.display().to_string() };
    say(&format!(
        "scap: {} in {:.1} s, {} to {to}: {ended}",
        units::counted(summary.events, "event"),
        summary.duration.as_secs_f64(),
        units::shown_bytes(summary.bytes)
    ));
    let drops: Vec<String> = summary.drops.iter().map(|(cpu, n)| format!("{n} on CPU {cpu}")).collect();
    if !drops.is_empty() {
        say(&format!(
            "scap: {} events DROPPED ({}); the trace says where. A larger --buffer or fewer --syscalls help.",
            summary.dropped(),
            drops.join(", ")
        ));
    }
    for (count, what) in [
        (summary.unwritten, "events came but could not be written"),
        (summary.compat, "calls of 32-bit programs were recorded without their arguments"),
        (summary.cut_bytes, "bytes were cut off arguments too long for the format"),
    ] {
        if count > 0 {
            say(&format!("scap: {count} {what}"));
        }
    }
    match summary.command {
        Some(CommandEnd::Exited(code)) if code != 0 => say(&format!("scap: the command exited with {code}")),
        Some(CommandEnd::Killed(signal)) => say(&format!("scap: the command was killed by signal {signal}")),
        Some(CommandEnd::Running) => say("scap: the command is still running, no longer recorded"),
        _ => {}
    }
}
