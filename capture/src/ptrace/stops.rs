//! What a traced thread stopped for, and the event that comes of it.
//!
//! Takes stops one by one, keeps book of threads and the calls they are in, gives events to the sink and lets threads go on.
//! Source: ptrace(2).

use super::memory::Memory;
use super::ops::Call;
use super::programs::{Programs, exec_path};
use super::sys::{self, SyscallStop, Tid};
use super::{Entry, PtraceBackend, Sink, Tracee, opens};
use crate::plan::{Program, Raw};
use crate::snapshot::wall_clock;
use nix::libc;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

/// Longest path given to `execve`, its NUL included.
const PATH_MAX: usize = 4096;

impl PtraceBackend {
    /// Handles one stop or end.
    pub(super) fn stopped(&mut self, tid: Tid, status: i32, sink: &mut Sink<'_>) {
        if !libc::WIFSTOPPED(status) {
            // Killed, a thread may go without the stop before its end.
            if self.tracees.remove(&tid).is_some_and(|tracee| !tracee.has_ended) {
                self.has_ended(tid, i64::from(status), sink);
            }
            self.early.remove(&tid);
            if let Some(end) = u32::try_from(tid).ok().and_then(|pid| self.followed.get_mut(&pid)) {
                *end = Some(ExitStatus::from_raw(status));
            }
            return;
        }
        let (signal, event) = (libc::WSTOPSIG(status), status >> 16);
        if !self.tracees.contains_key(&tid) && event != libc::PTRACE_EVENT_EXEC {
            // Its parent's stop, which tells what it is, is still to come: it waits.
            self.early.insert(tid, Instant::now());
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
        self.tracees.insert(child, Tracee { birth, ..Tracee::default() });
        if self.early.remove(&child).is_some() {
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
        let Ok(status) = sys::event_message(tid) else { return };
        if let Some(tracee) = self.tracees.get_mut(&tid) {
            tracee.has_ended = true;
        }
        self.has_ended(tid, status.cast_signed(), sink);
    }

    /// Records the end of a thread; `status` is as wait(2) gives it.
    fn has_ended(&mut self, tid: Tid, status: i64, sink: &mut Sink<'_>) {
        if status & 0x7f == i64::from(libc::SIGKILL) {
            // It kills without a stop of its own, and tells nobody who sent it.
            self.happening(Programs::signal, tid, i64::from(libc::SIGKILL), 0, sink);
        }
        self.happening(Programs::exit, tid, status & 0xffff, 0, sink);
    }

    /// Lets new threads go on whose parent was killed before it could tell of them.
    pub(super) fn adopt_orphans(&mut self, waited: Duration) {
        let orphans: Vec<Tid> =
            self.early.iter().filter(|(_, since)| since.elapsed() >= waited).map(|(tid, _)| *tid).collect();
        for tid in orphans {
            self.early.remove(&tid);
            self.tracees.insert(tid, Tracee::default());
            let _ = sys::resume(tid, 0);
        }
    }

    /// Ends tracing a stopped thread; what it was about to tell is still recorded.
    pub(super) fn let_go(&mut self, tid: Tid, status: i32, sink: &mut Sink<'_>) {
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
