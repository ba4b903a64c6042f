//! What a traced thread stopped for, and the event that comes of it.
//!
//! Takes stops one by one, keeps book of threads and the calls they are in, gives events to the sink and lets threads go on.
//! Source: ptrace(2).

use super::filter::MARK;
use super::memory::Memory;
use super::ops::Call;
use super::programs::{Programs, exec_path, is_exit};
use super::signals::{Fate, fate};
use super::sys::{self, SyscallStop, Tid};
use super::{Entry, PtraceBackend, Sink, Tracee, opens, task};
use crate::plan::{Program, Raw};
use crate::snapshot::wall_clock;
use crate::uring;
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
            if let Some(tracee) = self.tracees.remove(&tid).filter(|tracee| !tracee.has_ended) {
                match tracee.ending {
                    Some((status, child)) => {
                        let reaper = task::parent_of(child).unwrap_or(0);
                        self.exited(tid, status, reaper, sink);
                    }
                    None => self.has_ended(tid, &tracee, i64::from(status), 0, sink),
                }
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
                self.resume(tid, 0)
            }
            libc::PTRACE_EVENT_SECCOMP => {
                self.at_call(tid, sink);
                self.resume(tid, 0)
            }
            0 => {
                self.at_signal(tid, signal, sink);
                self.resume(tid, signal)
            }
            libc::PTRACE_EVENT_FORK | libc::PTRACE_EVENT_VFORK | libc::PTRACE_EVENT_CLONE => {
                self.has_child(tid, sink);
                self.resume(tid, 0)
            }
            libc::PTRACE_EVENT_EXEC => {
                self.becomes(tid);
                self.resume(tid, 0)
            }
            libc::PTRACE_EVENT_EXIT => {
                self.ends(tid, sink);
                self.resume(tid, 0)
            }
            sys::EVENT_STOP if is_group_stop(signal) => sys::listen(tid),
            _ => {
                self.begins(tid, sink);
                self.resume(tid, 0)
            }
        };
        // A thread killed meanwhile tells so by its end.
        let _ = resumed;
    }

    /// Lets a stopped thread go on: to the end of the call it is in, to the next call, or with the filter on to the next
    /// listed one.
    fn resume(&self, tid: Tid, signal: i32) -> std::io::Result<()> {
        let free = self.tracees.get(&tid).is_some_and(|tracee| tracee.filtered && tracee.inside.is_none());
        if free { sys::run(tid, signal) } else { sys::resume(tid, signal) }
    }

    fn at_call(&mut self, tid: Tid, sink: &mut Sink<'_>) {
        match sys::syscall_stop(tid) {
            Ok(SyscallStop::Filtered { mark, .. }) if mark != MARK => {}
            Ok(
                stop @ (SyscallStop::Entry { nr, args, foreign }
                | SyscallStop::Filtered { nr, args, foreign, .. }),
            ) => {
                if matches!(stop, SyscallStop::Filtered { .. }) {
                    self.has_filter(tid);
                }
                let path = if foreign { None } else { exec_path(nr).and_then(|arg| args.get(arg).copied()) };
                let filename = path.map(|at| Memory(tid).text(at, PATH_MAX)).unwrap_or_default();
                let clone_flags = if foreign { 0 } else { clone_flags(tid, nr, &args) };
                let makes_file = !foreign && opens::makes_file(tid, nr, &args);
                if let Some(tracee) = self.tracees.get_mut(&tid) {
                    tracee.inside = Some(Entry { nr, args, foreign, filename, makes_file, clone_flags });
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

    /// The filter has stopped `tid`: from now on it is left alone otherwise.
    fn has_filter(&mut self, tid: Tid) {
        if let Some(tracee) = self.tracees.get_mut(&tid).filter(|tracee| !tracee.filtered) {
            tracee.filtered = true;
            let _ = sys::end_with_tracer(tid);
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
        if !entry.foreign && i64::try_from(entry.nr) == Ok(libc::SYS_io_uring_enter) && ret > 0 {
            let pid = task::process_of(tid).unwrap_or(tid);
            self.uring.add(unsigned(pid), uring::UNKNOWN, ret.unsigned_abs());
        }
        let Some(program) = program else { return };
        let [a, b, c, d, e, f] = entry.args;
        let slots = [a, b, c, d, e, f, ret.cast_unsigned(), 0];
        let snaplen = self.options.snaplen;
        let Entry { filename, makes_file, .. } = entry;
        let parent = self.tracees.get(&tid).map_or(0, |tracee| tracee.parent);
        let parent = self.tracees.get(&parent).filter(|parent| !parent.has_ended).map(|_| parent);
        let mut call = Call { tid, slots, snaplen, filename, made_file: *makes_file, parent };
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
        let fate = fate(tid, signal);
        if let Some(tracee) = self.tracees.get_mut(&tid) {
            tracee.signal = signal;
        }
        match fate {
            Fate::Ignored => {}
            Fate::Ends => self.killed(tid, sink),
            Fate::Delivered => self.happening(Programs::signal, tid, i64::from(signal), sender, sink),
        }
    }

    /// Records what the kernel delivers to each thread of a process that has to end: a SIGKILL from nobody.
    fn killed(&mut self, tid: Tid, sink: &mut Sink<'_>) {
        self.happening(Programs::signal, tid, i64::from(libc::SIGKILL), 0, sink);
    }

    /// A thread has made another one.
    fn has_child(&mut self, tid: Tid, sink: &mut Sink<'_>) {
        let Ok(child) = sys::event_message(tid).map(|child| Tid::try_from(child).unwrap_or(0)) else {
            return;
        };
        let maker = self.tracees.get(&tid);
        let birth = maker.and_then(|maker| maker.inside.clone());
        let parent =
            if birth.as_ref().is_some_and(is_sibling) { maker.map_or(0, |maker| maker.parent) } else { tid };
        let filtered = maker.is_some_and(|maker| maker.filtered);
        self.tracees.insert(child, Tracee { birth, parent, filtered, ..Tracee::default() });
        if self.early.remove(&child).is_some() {
            self.begins(child, sink);
            let _ = self.resume(child, 0);
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
            let children = self.tracees.values_mut().filter(|child| Some(child.parent) == former);
            children.for_each(|child| child.parent = tid);
        }
    }

    fn ends(&mut self, tid: Tid, sink: &mut Sink<'_>) {
        let Ok(status) = sys::event_message(tid) else { return };
        let status = status.cast_signed();
        self.was_cut_short(tid, sink);
        let Some(mut tracee) = self.tracees.remove(&tid) else { return };
        let reaper = match task::child_of(tid) {
            None => 0,
            Some(child) => match task::other_threads(tid).into_iter().find(|other| self.is_alive(*other)) {
                Some(other) => other,
                None => {
                    // Somebody outside; who, shows only afterwards.
                    self.signal_before_end(tid, &tracee, status, sink);
                    tracee.ending = Some((status, child));
                    self.tracees.insert(tid, tracee);
                    return;
                }
            },
        };
        self.has_ended(tid, &tracee, status, reaper, sink);
        tracee.has_ended = true;
        self.tracees.insert(tid, tracee);
    }

    /// Records the call that a killed thread was in: it has returned, but without a stop for that.
    fn was_cut_short(&mut self, tid: Tid, sink: &mut Sink<'_>) {
        let Some(tracee) = self.tracees.get_mut(&tid) else { return };
        let Some(entry) = tracee.inside.take_if(|entry| entry.foreign || !is_exit(entry.nr)) else { return };
        if let Some(ret) = sys::last_result(tid).filter(|ret| *ret != 0 || exec_path(entry.nr).is_none()) {
            self.record(tid, &entry, ret, sink);
        }
    }

    fn is_alive(&self, tid: Tid) -> bool {
        self.tracees.get(&tid).is_some_and(|tracee| !tracee.has_ended && tracee.ending.is_none())
    }

    /// Records the end of a thread; `status` is as wait(2) gives it.
    fn has_ended(&mut self, tid: Tid, tracee: &Tracee, status: i64, reaper: Tid, sink: &mut Sink<'_>) {
        self.signal_before_end(tid, tracee, status, sink);
        self.exited(tid, status, reaper, sink);
    }

    fn exited(&mut self, tid: Tid, status: i64, reaper: Tid, sink: &mut Sink<'_>) {
        self.happening(Programs::exit, tid, status & 0xffff, u64::from(unsigned(reaper)), sink);
    }

    /// A thread that neither ended itself nor got a signal that did was killed, without a stop for that: by SIGKILL, or with
    /// its process by another thread.
    fn signal_before_end(&mut self, tid: Tid, tracee: &Tracee, status: i64, sink: &mut Sink<'_>) {
        let by_itself = tracee.inside.as_ref().is_some_and(|entry| !entry.foreign && is_exit(entry.nr));
        let by_signal = tracee.signal != 0 && status & 0x7f == i64::from(tracee.signal);
        if !by_itself && !by_signal {
            self.killed(tid, sink);
        }
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

    /// Lets a stopped thread of no recording go on.
    pub(super) fn pass(&mut self, tid: Tid, status: i32) {
        let (signal, event) = (libc::WSTOPSIG(status), status >> 16);
        if !libc::WIFSTOPPED(status) {
            self.tracees.remove(&tid);
            return;
        }
        self.tracees.entry(tid).or_insert_with(|| Tracee { filtered: true, ..Tracee::default() });
        // One that fails belongs to a thread killed meanwhile, which tells so by its end.
        let _ = match event {
            0 if signal != libc::SIGTRAP | 0x80 => sys::run(tid, signal),
            sys::EVENT_STOP if is_group_stop(signal) => sys::listen(tid),
            _ => sys::run(tid, 0),
        };
    }

    /// Ends tracing a stopped thread; what it was about to tell is still recorded.
    pub(super) fn let_go(&mut self, tid: Tid, status: i32, sink: &mut Sink<'_>) {
        if self.tracees.get(&tid).is_some_and(|tracee| tracee.filtered) {
            return self.pass(tid, status);
        }
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

/// Flags of a call that makes a thread; 0 for others.
fn clone_flags(tid: Tid, nr: u64, args: &[u64; 6]) -> u64 {
    let is = |known: libc::c_long| u64::try_from(known) == Ok(nr);
    if is(libc::SYS_clone) {
        args[0]
    } else if is(libc::SYS_clone3) {
        Memory(tid).word(args[0]).unwrap_or(0)
    } else {
        0
    }
}

/// Whether what the call `entry` makes has the same parent as its maker.
fn is_sibling(entry: &Entry) -> bool {
    const SIBLING: u64 = (libc::CLONE_PARENT | libc::CLONE_THREAD) as u64;
    entry.clone_flags & SIBLING != 0
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
