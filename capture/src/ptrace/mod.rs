//! Records by ptrace: slowly, but without privileges and without eBPF.
//!
//! Takes processes to follow, gives the same events as the eBPF backend, because both run the same fetch plan
//! ([`crate::plan`]); only timing differs. Every call of a followed thread stops it twice; at the second stop its
//! memory and /proc are read, and the event is made. Nothing is ever dropped: a thread waits until it has been looked at.
//!
//! Where not all calls are to be recorded, a command gets a seccomp filter ([`SyscallFilter`]), so that only those stop
//! which are. A filtered process cannot go on without its tracer: it ends when the recorder is killed, and a recorder whose
//! recording has ended stays for those that are left ([`Backend::see_out`]). A call that a filter of the command's own
//! refuses does not stop, and is not recorded.
//!
//! What cannot be seen from outside stays empty: the kernel's addresses of Unix sockets, queues of listening Unix sockets,
//! layers of overlays whose upper directory the recorder does not see. Calls of other threads while a thread is stopped go on.
//! All of it runs in the thread that calls [`Backend::start`], which has to be the one that calls the others.

mod filter;
mod memory;
mod opens;
mod ops;
mod programs;
mod signals;
mod sockets;
mod stops;
mod sys;
mod task;
mod tick;

pub use filter::SyscallFilter;

use crate::plan::{Captures, Finisher};
use crate::uring::UringCounts;
use crate::{Backend, Capability, CaptureError, CpuCounters, Options, Scope, WaitsFor};
use nix::libc;
use programs::Programs;
use scap_format::Event;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use std::collections::HashMap;
use std::io;
use std::process::ExitStatus;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};
use sys::Tid;
use task::TaskReader;
use tick::Tick;

/// Stops handled before the session gets its turn.
const STOPS_PER_POLL: usize = 4096;

/// How often a wait is interrupted to look at the time.
const TICK: Duration = Duration::from_millis(20);

/// How long a new thread waits for its parent's word.
const ORPHAN_TIME: Duration = Duration::from_millis(200);

/// Longest time that ending the recording may take.
const DETACH_TIME: Duration = Duration::from_secs(2);

type Sink<'a> = dyn FnMut(&Event<'_>) + 'a;

/// See the module.
pub struct PtraceBackend {
    options: Options,
    programs: Programs,
    tasks: TaskReader,
    captures: Captures,
    finisher: Finisher,
    tracees: HashMap<Tid, Tracee>,
    /// New threads that stopped before their parent told of them, and since when they wait.
    early: HashMap<Tid, Instant>,
    /// Processes given to [`Backend::follow`], and how they ended.
    followed: HashMap<u32, Option<ExitStatus>>,
    started: bool,
    counters: CpuCounters,
    last: u64,
    uring: UringCounts,
}

/// A traced thread.
#[derive(Debug, Default)]
struct Tracee {
    /// The call it is in.
    inside: Option<Entry>,
    /// The call that made it, until it has been recorded as its first.
    birth: Option<Entry>,
    /// The thread that made it; 0 if unknown.
    parent: Tid,
    /// It has the filter on.
    filtered: bool,
    /// The signal it got last; 0 for none.
    signal: i32,
    /// Its status, and a child of it: its end is recorded when the kernel has found that child another parent.
    ending: Option<(i64, Tid)>,
    /// Its end has been recorded.
    has_ended: bool,
}

#[derive(Debug, Clone, Default)]
struct Entry {
    nr: u64,
    args: [u64; 6],
    /// Made by the 32-bit interface.
    foreign: bool,
    /// Path given to `execve`, which is gone when that has worked.
    filename: Vec<u8>,
    /// An open that makes its file, if it works.
    makes_file: bool,
    /// Of a call that makes a thread.
    clone_flags: u64,
}

impl std::fmt::Debug for PtraceBackend {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PtraceBackend").field("tracees", &self.tracees).finish_non_exhaustive()
    }
}

impl PtraceBackend {
    /// Makes one; nothing is traced yet.
    ///
    /// # Errors
    /// If `options` ask for every process of the machine, which ptrace cannot follow.
    pub fn new(options: &Options) -> Result<Self, CaptureError> {
        if options.scope == Scope::Everything {
            let what = "ptrace records only processes it is given: a command (scap record -- CMD) or --pid";
            return Err(CaptureError::io(what, io::Error::from(io::ErrorKind::Unsupported)));
        }
        let programs = Programs::new(&options.syscalls);
        Ok(Self {
            options: options.clone(),
            programs,
            tasks: TaskReader::new(),
            captures: Captures::default(),
            finisher: Finisher::default(),
            tracees: HashMap::new(),
            early: HashMap::new(),
            followed: HashMap::new(),
            started: false,
            counters: CpuCounters::default(),
            last: 0,
            uring: UringCounts::default(),
        })
    }

    /// Begins to trace all threads of process `pid`.
    fn seize(&mut self, pid: u32) -> Result<(), CaptureError> {
        let refused = |source| {
            CaptureError::io(
                format!("cannot trace process {pid} (already traced, or another user's)"),
                source,
            )
        };
        let mut found = false;
        // Threads made meanwhile are found by looking again; those of threads traced already come by themselves.
        loop {
            let new: Vec<Tid> =
                threads_of(pid).into_iter().filter(|tid| !self.tracees.contains_key(tid)).collect();
            if new.is_empty() {
                break;
            }
            for tid in new {
                match sys::seize(tid) {
                    Ok(()) => found = true,
                    Err(error) if error.raw_os_error() == Some(libc::ESRCH) => {}
                    Err(error) => return Err(refused(error)),
                }
                self.tracees.insert(tid, Tracee::default());
                if self.started {
                    let _ = sys::interrupt(tid);
                }
            }
        }
        if found { Ok(()) } else { Err(refused(io::Error::from_raw_os_error(libc::ESRCH))) }
    }
}

impl Backend for PtraceBackend {
    fn name(&self) -> &'static str {
        "ptrace"
    }

    fn start(&mut self) -> Result<(), CaptureError> {
        self.started = true;
        for tid in self.tracees.keys() {
            // One that has ended tells so when waited for.
            let _ = sys::interrupt(*tid);
        }
        Ok(())
    }

    fn follow(&mut self, pid: u32) -> Result<(), CaptureError> {
        if self.options.exclude.contains(&pid) {
            return Ok(());
        }
        self.seize(pid)?;
        self.followed.insert(pid, None);
        Ok(())
    }

    fn exclude(&mut self, pid: u32) -> Result<(), CaptureError> {
        self.options.exclude.push(pid);
        Ok(())
    }

    fn poll(&mut self, timeout: Duration, sink: &mut dyn FnMut(&Event<'_>)) -> Result<usize, CaptureError> {
        let (began, before) = (Instant::now(), self.counters.events);
        self.adopt_orphans(ORPHAN_TIME);
        let tick = Tick::every(TICK.min(timeout.max(Duration::from_millis(1))));
        let _tick = tick.map_err(|error| CaptureError::io("cannot make a timer", error))?;
        for _ in 0..STOPS_PER_POLL {
            match sys::wait(true) {
                Ok(Some((tid, status))) => self.stopped(tid, status, sink),
                Ok(None) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // Nobody is left to be traced.
                Err(error) if error.raw_os_error() == Some(libc::ECHILD) => {
                    std::thread::sleep(timeout.saturating_sub(began.elapsed()).min(TICK));
                    break;
                }
                Err(error) => return Err(CaptureError::io("cannot wait for traced processes", error)),
            }
            if began.elapsed() >= timeout {
                break;
            }
        }
        if self.uring.is_due() {
            self.tell_uring(sink);
        }
        Ok(usize::try_from(self.counters.events - before).unwrap_or(usize::MAX))
    }

    fn stop(&mut self, sink: &mut dyn FnMut(&Event<'_>)) -> Result<usize, CaptureError> {
        let (began, before) = (Instant::now(), self.counters.events);
        self.adopt_orphans(Duration::ZERO);
        for (tid, _) in self.tracees.iter().filter(|(_, tracee)| !tracee.filtered) {
            let _ = sys::interrupt(*tid);
        }
        // What has the filter on cannot be let go; see_out is for that.
        let free = |tracee: &Tracee| !tracee.filtered;
        while self.tracees.values().any(free) && began.elapsed() < DETACH_TIME {
            match sys::wait(false) {
                Ok(Some((tid, status))) if libc::WIFSTOPPED(status) => self.let_go(tid, status, sink),
                Ok(Some((tid, status))) => self.stopped(tid, status, sink),
                Ok(None) => std::thread::sleep(Duration::from_micros(200)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        self.tell_uring(sink);
        Ok(usize::try_from(self.counters.events - before).unwrap_or(usize::MAX))
    }

    fn waits_for(&self, pid: u32) -> WaitsFor {
        match self.followed.get(&pid) {
            None => WaitsFor::Nobody,
            Some(None) if self.started && self.has_threads_of(pid) => WaitsFor::Running,
            Some(None) if !self.started => WaitsFor::Running,
            // Let go while it ran: its parent waits again.
            Some(None) => WaitsFor::Nobody,
            Some(Some(status)) => WaitsFor::Ended(*status),
        }
    }

    /// A traced program may become another user's, with setuid(2) or by its file.
    fn keeps(&self) -> Vec<Capability> {
        vec![Capability::SysPtrace]
    }

    fn filter(&self) -> Option<SyscallFilter> {
        self.programs.filter()
    }

    fn dependents(&self) -> usize {
        self.tracees.values().filter(|tracee| tracee.filtered).count()
    }

    fn see_out(&mut self) {
        // A signal ends this process, and with it those it stays for.
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            let always = Arc::new(AtomicBool::new(true));
            let _ = signal_hook::flag::register_conditional_shutdown(signal, 128 + signal, always);
        }
        while self.dependents() > 0 {
            match sys::wait(true) {
                Ok(Some((tid, status))) => self.pass(tid, status),
                Ok(None) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return,
            }
        }
    }

    fn notes(&self) -> Vec<String> {
        self.uring.note().into_iter().collect()
    }

    fn counters(&self) -> Result<Vec<CpuCounters>, CaptureError> {
        Ok(vec![self.counters])
    }
}

impl PtraceBackend {
    fn tell_uring(&mut self, sink: &mut Sink<'_>) {
        self.counters.events += self.uring.tell(self.last, sink) as u64;
    }

    fn has_threads_of(&self, pid: u32) -> bool {
        Tid::try_from(pid).is_ok_and(|pid| self.tracees.contains_key(&pid))
    }
}

/// Threads of process `pid`; empty if it has gone.
fn threads_of(pid: u32) -> Vec<Tid> {
    let Ok(entries) = std::fs::read_dir(format!("/proc/{pid}/task")) else { return Vec::new() };
    entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect()
}

#[cfg(test)]
mod tests;
