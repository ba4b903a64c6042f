//! `scap record`: live system calls into a trace.

use crate::exit::{Outcome, say};
use crate::live::{Live, Trigger};
use crate::status::Status;
use crate::{keys, pushdown, range, rules, units};
use anyhow::{Context, Result, bail};
use scap_analyze::replay::Keeper;
use scap_capture::session::{
    self, CommandEnd, EndReason, Keeping, Output, Ring, Rotation, SessionOptions, Summary,
};
use scap_capture::snapshot::{Root, SnapshotScope};
use scap_capture::{Backend, EbpfBackend, Options, PtraceBackend, Scope, SyscallSet};
use scap_rules::{Filter, Priority};
use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Record system calls into a trace.
///
/// With a command: it and everything it starts, until it ends. With --pid: those processes and what they
/// start. Otherwise the whole machine. Ctrl-C, SIGTERM and SIGHUP end a recording cleanly; a recorder that is killed loses at
/// most the last second.
///
/// With --rotate-size or --rotate-time, -o t.zst writes t.0001.zst, t.0002.zst and so on. Each can be read alone, and all of
/// them together as one trace. SIGUSR1 begins the next one.
///
/// With --ring, the last while is kept in memory and written out, numbered likewise, when a rule fires; then recording goes
/// on. SIGUSR1 writes out at once.
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
    /// Stop before the trace, or all traces of a series together, grow beyond this, e.g. 500MiB.
    #[arg(long, value_parser = units::bytes, value_name = "SIZE")]
    max_size: Option<u64>,
    /// Begin the next trace before this one grows beyond this.
    #[arg(long, value_parser = units::bytes, value_name = "SIZE")]
    rotate_size: Option<u64>,
    /// Begin the next trace when this one covers this time.
    #[arg(long, value_parser = units::duration, value_name = "TIME")]
    rotate_time: Option<Duration>,
    /// Keep only this many traces of a series: remove the oldest when one more begins.
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..))]
    keep: Option<u64>,
    /// Keep the last events, over this time, in memory; write them out when a rule fires.
    #[arg(long, value_parser = units::duration, value_name = "TIME", conflicts_with_all = ["rotate_size", "rotate_time"])]
    ring: Option<Duration>,
    /// Rule file, or folder of rule files, that make --ring write; repeatable. Without it: the built-in set.
    #[arg(long, value_name = "FILE|DIR", requires = "ring")]
    trigger: Vec<PathBuf>,
    /// Only rules at least this grave make --ring write.
    #[arg(long, value_name = "PRIORITY", value_parser = rules::priority, requires = "ring")]
    trigger_priority: Option<Priority>,
    /// How long --ring goes on writing after a rule fired last.
    #[arg(long, value_parser = units::duration, value_name = "TIME", default_value = "10s", requires = "ring")]
    after: Duration,
    /// Memory for the compressed events of --ring; the oldest go first.
    #[arg(long, value_parser = units::bytes, value_name = "SIZE", default_value = "256MiB", requires = "ring")]
    ring_memory: u64,
    /// Only events that fulfil this condition, and those that change the state of processes, files or sockets, without
    /// which the others could not be read.
    #[arg(long, value_name = "CONDITION")]
    filter: Option<String>,
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
    /// Only processes of this container, by its name or the start of its id: those that run, those that start in it later, and
    /// whatever they start, even if it leaves the container.
    #[arg(long, value_name = "ID|NAME")]
    container: Option<String>,
    /// Write the SHA-256 of every executed file into the trace, once for each version of it (files up to 1 GiB; see
    /// `scap read TRACE evt.type=notification`).
    #[arg(long)]
    hash_exes: bool,
    /// Where the host's file system is, if not at `/`: in a container that has it mounted, say at /host.
    #[arg(long, value_name = "DIR", default_value = "/", hide_default_value = true)]
    root: PathBuf,
    /// Which processes of the machine the trace describes as they were when recording began.
    #[arg(long, value_enum, default_value = "all")]
    snapshot: Snapshot,
    /// Store checkpoints, from which replay can start in the middle; costs this host about half as much again as writing
    /// the trace. `scap convert` adds them later, elsewhere.
    #[arg(long, conflicts_with_all = ["max_size", "rotate_size"])]
    checkpoints: bool,
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
  sudo scap record -o t.zst --rotate-time 1h --keep 24    the last day, an hour a file
  sudo scap record -o t.zst --ring 60s --trigger my.yaml  the minute before something happened
  sudo scap record --pid 4711 --sign key -o t.zst         a running process, signed
  sudo scap record --container web --hash-exes -o t.zst   a container, with hashes of what it runs";

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
    let filter = args.filter.as_deref().map(range::filter).transpose()?;
    let (trigger, alerts) = match args.ring {
        Some(_) => {
            let (trigger, alerts) = Trigger::new(rules::trigger(&args.trigger, args.trigger_priority)?);
            (Some(trigger), Some(alerts))
        }
        None => (None, None),
    };
    let mut options = session_options(args)?;
    let mut wanted = backend_options(args)?;
    let pushed = filter.as_ref().is_some_and(|filter| push_down(filter, &mut options, &mut wanted));
    let (mut backend, why) = backend(args, &wanted)?;
    let series = options.keeping != Keeping::One;
    let output = match (to_stdout, series) {
        (true, true) => bail!("several traces cannot go to standard output: name a file with -o"),
        (true, false) => Output::stdout()?,
        (false, true) => Output::series(&args.output, args.force)?,
        (false, false) => Output::file(&args.output, args.force)?,
    };
    let shows = std::io::stderr().is_terminal() && args.command.is_empty();
    let begins = (!to_stdout && args.command.is_empty()).then(|| {
        format!("scap: recording to {} with {}; Ctrl-C ends it", args.output.display(), backend.name())
    });
    if let Some(why) = why {
        say(&why);
    }
    let mut status = Status::new(begins, shows, alerts);
    let mut live = Live::new(filter, trigger, series);
    let summary = session::run(&options, backend.as_mut(), output, &mut live, &mut |progress| {
        // Not before: what keeps a recording from beginning is told instead.
        status.tell(progress);
    });
    status.clear();
    let summary = summary?;
    report(&summary, args, pushed);
    for note in backend.notes() {
        say(&format!("scap: {note}"));
    }
    see_out(backend.as_mut(), &summary);
    Ok(if summary.reason == EndReason::DiskFull { Outcome::Damaged } else { Outcome::Done })
}

/// Has the kernel leave out what `filter` can be told to leave out there; whether that is anything.
fn push_down(filter: &Filter, options: &mut SessionOptions, wanted: &mut Options) -> bool {
    let syscalls = pushdown::syscalls(filter, &wanted.syscalls);
    let fewer = syscalls != pushdown::existing(&wanted.syscalls);
    wanted.syscalls = syscalls;
    if wanted.scope != Scope::Everything || options.container.is_some() {
        return fewer;
    }
    let processes = pushdown::threads(filter)
        .and_then(|tids| tids.into_iter().map(pushdown::process_of).collect::<Option<Vec<u32>>>());
    // Those that do not exist yet, only the filter can tell.
    if let Some(processes) = processes.filter(|processes| !processes.is_empty()) {
        (options.pids, wanted.scope) = (processes, Scope::Trees);
        return true;
    }
    fewer
}

/// The backend that was asked for; by default eBPF, and ptrace where eBPF may not be used and ptrace can, with
/// which it is and why.
fn backend(args: &Args, options: &Options) -> Result<(Box<dyn Backend>, Option<String>)> {
    let name = args.backend;
    // From outside, the processes that a container has now can be followed, and what they start.
    let traced = if args.container.is_some() { Scope::Trees } else { options.scope };
    let ptrace = Options { scope: traced, ..options.clone() };
    let ebpf = match name {
        BackendName::Ptrace => return Ok((Box::new(PtraceBackend::new(&ptrace)?), None)),
        BackendName::Ebpf | BackendName::Auto => EbpfBackend::new(options),
    };
    match ebpf {
        Ok(backend) => {
            let why = "scap: recording with ebpf: this user may, and the kernel describes its types";
            Ok((Box::new(backend), matches!(name, BackendName::Auto).then(|| why.to_owned())))
        }
        Err(why) if matches!(name, BackendName::Auto) && traced == Scope::Trees => {
            let why = format!("scap: recording with ptrace, which is slower: {why}");
            Ok((Box::new(PtraceBackend::new(&ptrace)?), Some(why)))
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
        container: args.container.clone(),
        hash_exes: args.hash_exes,
        root: Root::new(&args.root),
        duration: args.duration,
        max_size: args.max_size,
        keeping: keeping(args)?,
        gives_up: true,
        follower: if args.checkpoints { Some(Keeper::boxed) } else { None },
        filter: args.filter.clone(),
        noted: noted(args),
        sign: args.sign.as_deref().map(keys::secret).transpose()?,
        snaplen: args.snaplen,
        case: args.case.clone(),
        note: args.note.clone(),
        ..SessionOptions::default()
    })
}

/// One trace, a series, or a flight recorder's.
fn keeping(args: &Args) -> Result<Keeping> {
    let rotation = Rotation { size: args.rotate_size, time: args.rotate_time, keep: args.keep };
    Ok(match args.ring {
        Some(span) => {
            Keeping::Ring(Ring { span, after: args.after, memory: args.ring_memory, keep: args.keep })
        }
        None if rotation.size.is_some() || rotation.time.is_some() => Keeping::Series(rotation),
        None if args.keep.is_some() => {
            bail!("--keep is for series: with --rotate-size, --rotate-time or --ring")
        }
        None => Keeping::One,
    })
}

/// What the manifest says beyond what the session knows.
fn noted(args: &Args) -> Vec<(String, String)> {
    let time = |time: Duration| format!("{}s", time.as_secs_f64());
    let mut noted = vec![("buffer".to_owned(), args.buffer.to_string())];
    let mut note = |name: &str, value: Option<String>| {
        noted.extend(value.map(|value| (name.to_owned(), value)));
    };
    note("syscalls", (!args.syscalls.is_empty()).then(|| args.syscalls.join(",")));
    note("rotate_size", args.rotate_size.map(|size| size.to_string()));
    note("rotate_time", args.rotate_time.map(time));
    note("keep", args.keep.map(|count| count.to_string()));
    note("ring", args.ring.map(time));
    note("after", args.ring.map(|_| time(args.after)));
    noted
}

fn backend_options(args: &Args) -> Result<Options> {
    // Later processes of a container do not descend from those that run now.
    let whole_machine = args.container.is_some() || (args.command.is_empty() && args.pid.is_empty());
    let mut syscalls = if args.syscalls.is_empty() { SyscallSet::all() } else { SyscallSet::none() };
    for name in &args.syscalls {
        let call = scap_schema::syscall_by_name(name).with_context(|| {
            format!(
                "--syscalls: there is no system call {name:?}; names are those in syscalls(2), such as openat"
            )
        })?;
        syscalls.insert(call.sc);
    }
    if args.container.is_some() {
        // Which process is in the container is told by those that start processes.
        for call in ["clone", "clone3", "fork", "vfork"].into_iter().filter_map(scap_schema::syscall_by_name)
        {
            syscalls.insert(call.sc);
        }
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

fn report(summary: &Summary, args: &Args, pushed: bool) {
    let ended = match summary.reason {
        EndReason::CommandEnded => "the command ended",
        EndReason::Signal(_) => "stopped by signal",
        EndReason::Duration => "the time is up",
        EndReason::MaxSize => "the trace is as large as allowed",
        EndReason::DiskFull => "THE DISK IS FULL; everything written until then is readable",
        EndReason::OutputClosed => "the reader of the output went away",
    };
    say(&format!(
        "scap: {} in {:.1} s, {} to {}: {ended}",
        units::counted(summary.events, "event"),
        summary.duration.as_secs_f64(),
        units::shown_bytes(summary.bytes),
        target(summary, &args.output)
    ));
    if args.ring.is_some() && summary.traces == 0 {
        say("scap: no rule fired, so nothing was written");
    }
    let drops: Vec<String> = summary.drops.iter().map(|(cpu, n)| format!("{n} on CPU {cpu}")).collect();
    if !drops.is_empty() {
        say(&format!(
            "scap: {} events DROPPED ({}); the trace says where. A larger --buffer or fewer --syscalls help.",
            summary.dropped(),
            drops.join(", ")
        ));
    }
    if args.filter.is_some() {
        say(&format!(
            "scap: the filter left out {}{}",
            units::counted(summary.left_out, "event"),
            if pushed { ", beside those that the kernel was not asked for" } else { "" }
        ));
    }
    for (count, what) in [
        (summary.unwritten, "events came but could not be written"),
        (summary.forgotten, "events were let go because no rule fired in time"),
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

/// Where the traces are.
fn target(summary: &Summary, output: &Path) -> String {
    if output.as_os_str() == "-" {
        return "standard output".into();
    }
    let Some(last) = &summary.last else { return output.display().to_string() };
    let removed = match summary.removed {
        0 => String::new(),
        count => format!(", the first {count} of them removed"),
    };
    match summary.traces {
        1 => format!("{}{removed}", last.display()),
        count => format!("{} (the last of {count} traces{removed})", last.display()),
    }
}
