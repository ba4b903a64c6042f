//! The contract between a recording session and what fetches events from the kernel.
//!
//! Options in, events out. A backend knows nothing of files, formats or the command being recorded: the
//! session starts it, tells it which processes to watch, polls it, and asks it for its counters.
//!
//! The order of calls is: make the backend with [`Options`]; [`Backend::follow`] the processes to watch
//! if the scope is [`Scope::Trees`]; [`Backend::start`]; [`Backend::poll`] again and again;
//! [`Backend::stop`] once, which hands over what was still held back.

use crate::CaptureError;
use scap_format::Event;
use std::time::Duration;

/// What to record, and how much of it.
#[derive(Debug, Clone)]
pub struct Options {
    /// Bytes kept of a data buffer (`read`, `write`, `sendto` …). libscap's default is 80. At most 65,000.
    pub snaplen: u32,
    /// Bytes of the buffer between kernel and recorder, per CPU; rounded up to a power of two, 512 KiB at least and 1 GiB at
    /// most. A quarter more is allocated.
    pub buffer: usize,
    /// Whose events.
    pub scope: Scope,
    /// Which system calls. Successful execs, ends of threads and delivered signals always come: without them nobody
    /// could tell whose the rest is.
    pub syscalls: SyscallSet,
    /// By which kind of tracepoint eBPF is attached.
    pub attach: Attach,
    /// Process ids (tgids) never recorded, beside the recorder itself: e.g. the writer at the other end of a pipe.
    pub exclude: Vec<u32>,
}

impl Default for Options {
    /// Everything on the machine, 80 bytes of each buffer, 8 MiB per CPU.
    fn default() -> Self {
        Self {
            snaplen: 80,
            buffer: 8 << 20,
            scope: Scope::Everything,
            syscalls: SyscallSet::all(),
            attach: Attach::default(),
            exclude: Vec::new(),
        }
    }
}

/// Kind of tracepoint that eBPF programs are attached to. They record the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Attach {
    /// Typed ones, or raw ones where the kernel refuses those.
    #[default]
    Best,
    /// Typed ones (`tp_btf`), whose arguments cost less to read.
    Typed,
    /// Raw ones (`raw_tp`).
    Raw,
}

/// Whose events are recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scope {
    /// Every process on the machine but the recorder.
    #[default]
    Everything,
    /// The processes given to [`Backend::follow`], and all their descendants from then on.
    Trees,
}

/// A set of `ppm_sc` codes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyscallSet {
    bits: [u64; 16],
}

impl SyscallSet {
    /// Every system call.
    #[must_use]
    pub const fn all() -> Self {
        Self { bits: [u64::MAX; 16] }
    }

    /// No system call.
    #[must_use]
    pub const fn none() -> Self {
        Self { bits: [0; 16] }
    }

    /// Adds the call with `ppm_sc` code `sc`; codes from 1024 on do not exist and are ignored.
    pub fn insert(&mut self, sc: u16) {
        if let Some(word) = self.bits.get_mut(usize::from(sc / 64)) {
            *word |= 1 << (sc % 64);
        }
    }

    /// Takes the call with `ppm_sc` code `sc` out.
    pub fn remove(&mut self, sc: u16) {
        if let Some(word) = self.bits.get_mut(usize::from(sc / 64)) {
            *word &= !(1 << (sc % 64));
        }
    }

    /// Whether the call with `ppm_sc` code `sc` is in it.
    #[must_use]
    pub fn contains(&self, sc: u16) -> bool {
        self.bits.get(usize::from(sc / 64)).is_some_and(|word| word & (1 << (sc % 64)) != 0)
    }
}

/// What happened to the events of one CPU since the start. Counters only grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CpuCounters {
    /// Events the kernel side made and handed over.
    pub events: u64,
    /// Events lost because the buffer was full.
    pub dropped_buffer: u64,
    /// Events lost for any other reason: too large, too many messages in one call, too many processes to follow.
    pub dropped_other: u64,
    /// System calls of 32-bit programs; recorded as generic events without typed parameters.
    pub compat: u64,
}

impl CpuCounters {
    /// All events lost.
    #[must_use]
    pub const fn dropped(&self) -> u64 {
        self.dropped_buffer + self.dropped_other
    }
}

/// Who learns how a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaitsFor {
    /// Its parent; the backend waits for nobody.
    Nobody,
    /// The backend; it has not ended yet.
    Running,
    /// The backend; it ended so.
    Ended(std::process::ExitStatus),
}

/// A privilege that a recorder may still need once it records, see capabilities(7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Capability {
    /// To talk to eBPF programs that are loaded already.
    Bpf,
    /// To look into other users' processes.
    SysPtrace,
    /// To read other users' files.
    DacReadSearch,
}

/// Something that fetches events from a running kernel.
pub trait Backend {
    /// Short name for manifests and messages: `ebpf` or `ptrace`.
    fn name(&self) -> &'static str;

    /// Begins to record.
    ///
    /// # Errors
    /// What the kernel refused, with what is missing and how to go on.
    fn start(&mut self) -> Result<(), CaptureError>;

    /// Watches process `pid` (a tgid in the initial pid namespace) and every process it makes from now on.
    /// Only means something with [`Scope::Trees`]. May be called before and after [`start`](Self::start).
    /// To record a command whole, follow the recorder itself and start before spawning it: what the recorder
    /// does stays out all the same, what its children do from their first instruction on is recorded.
    ///
    /// # Errors
    /// If the kernel side cannot be told.
    fn follow(&mut self, pid: u32) -> Result<(), CaptureError>;

    /// Leaves process `pid` (a tgid) out from now on. The calling process is left out anyway.
    ///
    /// # Errors
    /// If the kernel side cannot be told.
    fn exclude(&mut self, pid: u32) -> Result<(), CaptureError>;

    /// Waits at most `timeout` for events and gives those that are due to `sink`, in the order of their
    /// times. An event is held back for a moment (some ms) in case another CPU's earlier one is still on
    /// its way, so that `sink` sees times that never go back, unless a CPU was stopped in the middle of an event for longer. Returns as soon as there was something; returns the number
    /// of events given, 0 at the end of `timeout` or if a signal came in between.
    ///
    /// The event lives as long as the call of `sink`. Events carry `num` 0; whoever writes them counts.
    ///
    /// # Errors
    /// Only if the kernel's buffers can no longer be read; lost events are not an error, see
    /// [`counters`](Self::counters).
    fn poll(&mut self, timeout: Duration, sink: &mut dyn FnMut(&Event<'_>)) -> Result<usize, CaptureError>;

    /// Ends the recording and gives everything still held back to `sink`. Returns how many that were.
    ///
    /// # Errors
    /// As [`poll`](Self::poll).
    fn stop(&mut self, sink: &mut dyn FnMut(&Event<'_>)) -> Result<usize, CaptureError>;

    /// Whether the backend waits for process `pid` in its parent's stead, as a tracer does: then nobody else may.
    fn waits_for(&self, _pid: u32) -> WaitsFor {
        WaitsFor::Nobody
    }

    /// What it cannot do without once it has started; a session gives up everything else.
    fn keeps(&self) -> Vec<Capability> {
        Vec::new()
    }

    /// What a command that is to be recorded should put on itself before its first program, if anything.
    fn filter(&self) -> Option<crate::SyscallFilter> {
        None
    }

    /// How many threads cannot go on without the backend, although the recording has ended.
    fn dependents(&self) -> usize {
        0
    }

    /// Stays until those have ended, without recording them. They are killed if this process ends first.
    fn see_out(&mut self) {}

    /// What to tell at the end of a recording, beside figures: a line each.
    fn notes(&self) -> Vec<String> {
        Vec::new()
    }

    /// Counters since the start, one per possible CPU.
    ///
    /// # Errors
    /// If the kernel side cannot be asked.
    fn counters(&self) -> Result<Vec<CpuCounters>, CaptureError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_syscall_set_holds_what_was_put_in() {
        let mut set = SyscallSet::none();
        set.insert(3);
        set.insert(470);
        set.insert(5000);
        assert!(set.contains(3) && set.contains(470));
        assert!(!set.contains(4) && !set.contains(5000));
        set.remove(3);
        assert!(!set.contains(3));
        assert!(SyscallSet::all().contains(0));
    }
}
