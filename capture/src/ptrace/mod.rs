//! Records by ptrace: slowly, but without privileges and without eBPF.
//!
//! Takes processes to follow, gives the same events as the eBPF backend, because both run the same fetch plan
//! ([`crate::plan`]); only timing differs. Every call of a followed thread stops it twice; at the second stop its
//! memory and /proc are read, and the event is made. Nothing is ever dropped: a thread waits until it has been looked at.
//!
//! What cannot be seen from outside stays empty: the kernel's addresses of Unix sockets, queues of listening Unix sockets,
//! the reaper of a process that ends. Calls of other threads while a thread is stopped go on.
//! All of it runs in the thread that calls [`Backend::start`], which has to be the one that calls the others.

mod memory;
mod opens;
mod ops;
mod programs;
mod sockets;
mod sys;
mod task;
mod tick;

use crate::plan::{Captures, Finisher, Program, Raw};
use crate::snapshot::wall_clock;
use crate::{Backend, CaptureError, CpuCounters, Options, Scope, WaitsFor};
use memory::Memory;
use nix::libc;
use ops::Call;
use programs::{Programs, exec_path};
use scap_format::Event;
use std::collections::{HashMap, HashSet};
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::{Duration, Instant};
use sys::{SyscallStop, Tid};
use task::TaskReader;
use tick::Tick;

/// Stops handled before the session gets its turn.
const STOPS_PER_POLL: usize = 4096;

/// How often a wait is interrupted to look at the time.
const TICK: Duration = Duration::from_millis(20);

/// Longest time that ending the recording may take.
const DETACH_TIME: Duration = Duration::from_secs(2);

/// Longest path given to `execve`, its NUL included.
const PATH_MAX: usize = 4096;

type Sink<'a> = dyn FnMut(&Event<'_>) + 'a;

/// See the module.
pub struct PtraceBackend {
    options: Options,
    programs: Programs,
    tasks: TaskReader,
    captures: Captures,
    finisher: Finisher,
    tracees: HashMap<Tid, Tracee>,
    /// New threads that stopped before their parent told of them.
    early: HashSet<Tid>,
    /// Processes given to [`Backend::follow`], and how they ended.
    followed: HashMap<u32, Option<ExitStatus>>,
    started: bool,
    counters: CpuCounters,
    last: u64,
}

/// A traced thread.
#[derive(Debug, Default)]
struct Tracee {
    /// The call it is in.
    inside: Option<Entry>,
    /// The call that made it, until it has been recorded as its first.
    birth: Option<Entry>,
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
            early: HashSet::new(),
            followed: HashMap::new(),
            started: false,
            counters: CpuCounters::default(),
            last: 0,
        })
    }

    /// Handles one stop or end.
    fn stopped(&mut self, tid: Tid, status: i32, sink: &mut Sink<'_>) {
        if !libc::WIFSTOPPED(status) {
            self.tracees.remove(&tid);
            self.early.remove(&tid);
            if let Some(end) = u32::try_from(tid).ok().and_then(|pid| self.followed.get_mut(&pid)) {
                *end = Some(ExitStatus::from_raw(status));
            }
            return;
        }
        let (signal, event) = (libc::WSTOPSIG(status), status >> 16);
        if !self.tracees.contains_key(&tid) && event != libc::PTRACE_EVENT_EXEC {
            // Its parent's stop, which tells what it is, is still to come: it waits.
            self.early.insert(tid);
            return;
        }
        let resumed = match event {
            0 if signal == libc::SIGTRAP | 0x80 => {
                self.at_call(tid, sink);
                sys::resume(tid, 0)
            }
            0 => {
                self.at_signal(tid, signal, sink);
                sys::resume(tid, signal)
            }
            libc::PTRACE_EVENT_FORK | libc::PTRACE_EVENT_VFORK | libc::PTRACE_EVENT_CLONE => {
                self.has_child(tid, sink);
                sys::resume(tid, 0)
            }
            libc::PTRACE_EVENT_EXEC => {
                self.becomes(tid);
                sys::resume(tid, 0)
            }
            libc::PTRACE_EVENT_EXIT => {
                self.ends(tid, sink);
                sys::resume(tid, 0)
            }
            sys::EVENT_STOP if is_group_stop(signal) => sys::listen(tid),
            _ => {
                self.begins(tid, sink);
                sys::resume(tid, 0)
            }
        };
        // A thread killed meanwhile tells so by its end.
        let _ = resumed;
    }

    fn at_call(&mut self, tid: Tid, sink: &mut Sink<'_>) {
        match sys::syscall_stop(tid) {
            Ok(SyscallStop::Entry { nr, args, foreign }) => {
                let path = if foreign { None } else { exec_path(nr).and_then(|arg| args.get(arg).copied()) };
                let filename = path.map(|at| Memory(tid).text(at, PATH_MAX)).unwrap_or_default();
                let makes_file = !foreign && opens::makes_file(tid, nr, &args);
                if let Some(tracee) = self.tracees.get_mut(&tid) {
                    tracee.inside = Some(Entry { nr, args, foreign, filename, makes_file });
                }
            }
            Ok(SyscallStop::Exit { ret }) => {
                let entry = self.tracees.get_mut(&tid).and_then(|tracee| tracee.inside.take());
                if let Some(entry) = entry {
                    self.record(tid, &entry, ret, sink);
                }
            }
            Ok(SyscallStop::Other) | Err(_) => {}
        }
    }

    /// Records a call at its exit.
    fn record(&mut self, tid: Tid, entry: &Entry, ret: i64, sink: &mut Sink<'_>) {
        let program = if entry.foreign {
            self.counters.compat += 1;
            self.programs.foreign()
        } else if ret == 0 && exec_path(entry.nr).is_some() {
            self.programs.exec()
        } else {
            self.programs.call(entry.nr)
        };
        let Some(program) = program else { return };
        let [a, b, c, d, e, f] = entry.args;
        let slots = [a, b, c, d, e, f, ret.cast_unsigned(), 0];
        let snaplen = self.options.snaplen;
        let Entry { filename, makes_file, .. } = entry;
        let mut call = Call { tid, slots, snaplen, filename, made_file: *makes_file };
        call.capture(&program.ops, &mut self.tasks, &mut self.captures);
        let nr = u32::try_from(entry.nr).unwrap_or(u32::MAX);
        let raw = Raw { tid: unsigned(tid), nr, ret, args: entry.args, captures: self.captures.view() };
        let ts = later(&mut self.last);
        let made = self.finisher.finish(program, &raw, ts, 0, sink);
        self.counters.events += made as u64;
    }

    /// Records something that is no call: `ret` and the first argument carry its numbers.
    fn happening(
        &mut self,
        which: fn(&Programs) -> Option<&Program>,
        tid: Tid,
        ret: i64,
        arg: u64,
        sink: &mut Sink<'_>,
    ) {
        let Some(program) = which(&self.programs) else { return };
        self.captures.clear();
        let args = [arg, 0, 0, 0, 0, 0];
        let raw = Raw { tid: unsigned(tid), nr: 0, ret, args, captures: self.captures.view() };
        let ts = later(&mut self.last);
        let made = self.finisher.finish(program, &raw, ts, 0, sink);
        self.counters.events += made as u64;
    }

    fn at_signal(&mut self, tid: Tid, signal: i32, sink: &mut Sink<'_>) {
        let (code, pid) = sys::signal_info(tid).unwrap_or((0, 0));
        // Who sent it is told only by signals that somebody sent, and by those of children.
        let told = match signal {
            libc::SIGTERM | libc::SIGHUP | libc::SIGINT | libc::SIGTSTP | libc::SIGQUIT => code <= 0,
            libc::SIGKILL | libc::SIGCHLD => true,
            other => other >= 32,
        };
        let sender = if told { u64::from(unsigned(pid)) } else { 0 };
        self.happening(Programs::signal, tid, i64::from(signal), sender, sink);
    }

    /// A thread has made another one.
    fn has_child(&mut self, tid: Tid, sink: &mut Sink<'_>) {
        let Ok(child) = sys::event_message(tid).map(|child| Tid::try_from(child).unwrap_or(0)) else {
            return;
        };
        let birth = self.tracees.get(&tid).and_then(|tracee| tracee.inside.clone());
        self.tracees.insert(child, Tracee { inside: None, birth });
        if self.early.remove(&child) {
            self.begins(child, sink);
            let _ = sys::resume(child, 0);
        }
    }

    /// A new thread returns from the call that made it, which it does without a stop of its own for that.
    fn begins(&mut self, tid: Tid, sink: &mut Sink<'_>) {
        let birth = self.tracees.get_mut(&tid).and_then(|tracee| tracee.birth.take());
        if let Some(entry) = birth {
            self.record(tid, &entry, 0, sink);
        }
    }

    /// A thread runs a new program, and has its process' first thread's id from now on.
    fn becomes(&mut self, tid: Tid) {
        let former = sys::event_message(tid).ok().and_then(|former| Tid::try_from(former).ok());
        if let Some(tracee) =
            former.filter(|former| *former != tid).and_then(|former| self.tracees.remove(&former))
        {
            self.tracees.insert(tid, tracee);
        }
    }

    fn ends(&mut self, tid: Tid, sink: &mut Sink<'_>) {
        let status = sys::event_message(tid).unwrap_or(0);
        self.happening(
            Programs::exit,
            tid,
            i64::from(status.to_le_bytes()[0]) | (status & 0xff00).cast_signed(),
            0,
            sink,
        );
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
        Ok(usize::try_from(self.counters.events - before).unwrap_or(usize::MAX))
    }

    fn stop(&mut self, sink: &mut dyn FnMut(&Event<'_>)) -> Result<usize, CaptureError> {
        let (began, before) = (Instant::now(), self.counters.events);
        for tid in self.tracees.keys() {
            let _ = sys::interrupt(*tid);
        }
        while !self.tracees.is_empty() && began.elapsed() < DETACH_TIME {
            match sys::wait(false) {
                Ok(Some((tid, status))) if libc::WIFSTOPPED(status) => self.let_go(tid, status, sink),
                Ok(Some((tid, status))) => self.stopped(tid, status, sink),
                Ok(None) => std::thread::sleep(Duration::from_micros(200)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
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

    fn counters(&self) -> Result<Vec<CpuCounters>, CaptureError> {
        Ok(vec![self.counters])
    }
}

impl PtraceBackend {
    /// Ends tracing a stopped thread; what it was about to tell is still recorded.
    fn let_go(&mut self, tid: Tid, status: i32, sink: &mut Sink<'_>) {
        let (signal, event) = (libc::WSTOPSIG(status), status >> 16);
        let mut deliver = 0;
        match event {
            0 if signal == libc::SIGTRAP | 0x80 => self.at_call(tid, sink),
            0 => {
                self.at_signal(tid, signal, sink);
                deliver = signal;
            }
            libc::PTRACE_EVENT_FORK | libc::PTRACE_EVENT_VFORK | libc::PTRACE_EVENT_CLONE => {
                self.has_child(tid, sink);
            }
            libc::PTRACE_EVENT_EXIT => self.ends(tid, sink),
            _ => {}
        }
        let _ = sys::detach(tid, deliver);
        self.tracees.remove(&tid);
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

const fn is_group_stop(signal: i32) -> bool {
    matches!(signal, libc::SIGSTOP | libc::SIGTSTP | libc::SIGTTIN | libc::SIGTTOU)
}

fn unsigned(tid: Tid) -> u32 {
    u32::try_from(tid).unwrap_or(0)
}

/// Now, but never before `last`: a wall clock that is set back must not turn events round.
fn later(last: &mut u64) -> u64 {
    *last = wall_clock().max(*last);
    *last
}

#[cfg(test)]
mod tests;
