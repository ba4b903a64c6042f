//! Records through eBPF: programs on tracepoints fill memory that is read and finished here.
//!
//! Needs root (or `CAP_BPF` and `CAP_PERFMON`), a kernel from 5.8 with BTF, x86-64. Only exits of system calls
//! are recorded, each with everything about the call, as in the current schema; a call that never
//! returns (`exit`, or one cut short by the end of its process) leaves only its process's end, and the return
//! from a signal handler, formally a call, leaves nothing.
//!
//! Limits: paths and strings 4 KiB; arguments and environment 20 KiB each (of a failed exec 256 strings); 64 entries of
//! an `iovec`; 16 messages of a `sendmmsg` or `recvmmsg`, the rest being counted as lost; 16 polled fds; control data 4 KiB;
//! paths of 96 components; cgroups 12 deep.
//!
//! What a call's pointers point to is read at the exit. A program with a second thread can change it
//! between the kernel's reading and this one; fds, flags and other numbers, what the kernel itself knows of opened files and
//! sockets, and everything about a successful exec are beyond its reach.

mod clock;
mod lanes;
mod layout;
mod load;
mod memory;
mod record;

use crate::CaptureError;
use crate::backend::{Backend, Capability, CpuCounters, Options, Scope};
use crate::plan::{Captures, Finisher, Program, Raw, programs};
use crate::uring::{self, UringCounts};
use aya::Ebpf;
use aya::maps::{Array, HashMap, MapData, MapError};
use lanes::{Lanes, WINDOW};
use layout::{Counters, LEARNING, OFF, Plan, RECORDING, Settings};
use load::{Loaded, refused};
use record::Record;
use scap_format::Event;
use scap_schema::{Arch, code};
use std::time::{Duration, Instant};

/// Most events that one poll gives, so that whoever polls comes to look at other things.
const BATCH: usize = 1 << 16;
/// The kernel side wakes the reader only when memory fills up; until then it looks by itself this often.
const NAP: Duration = Duration::from_millis(5);

/// The eBPF backend.
pub struct EbpfBackend {
    loaded: Loaded,
    lanes: Lanes,
    settings: Settings,
    programs: Vec<Option<Program>>,
    cpus: u32,
    /// Submissions to io_uring that the reader knows of, by process and operation.
    submitted: std::collections::HashMap<[u32; 2], u64>,
    reader: Reader,
}

/// What finishing records needs, apart from the memory they are in.
struct Reader {
    finisher: Finisher,
    captures: Captures,
    boot_to_epoch: u64,
    /// Time of the last event, ns since the epoch.
    last: u64,
    uring: UringCounts,
    /// Submissions are counted by the results of `io_uring_enter`, for want of something better.
    counts_enters: bool,
}

impl std::fmt::Debug for EbpfBackend {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EbpfBackend")
            .field("typed", &self.loaded.is_typed())
            .field("cpus", &self.cpus)
            .field("settings", &self.settings)
            .finish()
    }
}

impl EbpfBackend {
    /// Loads the programs, without attaching them yet.
    ///
    /// # Errors
    /// What this machine lacks, and how to go on without.
    pub fn new(options: &Options) -> Result<Self, CaptureError> {
        let cpus = aya::util::nr_cpus()
            .map_err(|(what, e)| CaptureError::io(format!("cannot count CPUs: {what}"), e))?;
        let cpus = u32::try_from(cpus).unwrap_or(u32::MAX);
        let plan = lanes::Plan::new(cpus, options.buffer)?;
        let mut loaded = load::load(cpus, plan.all_chunks(), options.attach)?;
        let wake = plan.wake();
        let lanes = Lanes::new(&mut loaded.ebpf, plan)?;
        let settings = Settings {
            trees: u32::from(options.scope == Scope::Trees),
            snaplen: options.snaplen.min(MAX_SNAPLEN),
            wake,
            ..Settings::default()
        };
        let programs = programs(&options.syscalls, Arch::X86_64);
        let reader = Reader {
            finisher: Finisher::default(),
            captures: Captures::default(),
            boot_to_epoch: 0,
            last: 0,
            uring: UringCounts::default(),
            counts_enters: false,
        };
        let mut backend = Self {
            loaded,
            lanes,
            settings,
            programs,
            cpus,
            submitted: std::collections::HashMap::new(),
            reader,
        };
        backend.send_plans()?;
        for pid in &options.exclude {
            backend.exclude(*pid)?;
        }
        Ok(backend)
    }

    fn send_plans(&mut self) -> Result<(), CaptureError> {
        let mut plans: Array<&mut MapData, Plan> = Array::try_from(map_mut(&mut self.loaded.ebpf, "plans")?)
            .map_err(|e: MapError| refused("cannot use the map of plans", &e))?;
        for (index, program) in self.programs.iter().enumerate() {
            let plan = program.as_ref().map_or_else(Plan::default, Plan::new);
            let index = u32::try_from(index).unwrap_or(u32::MAX);
            plans.set(index, plan, 0).map_err(|e| refused("cannot hand over the plan", &e))?;
        }
        Ok(())
    }

    fn send_settings(&mut self) -> Result<(), CaptureError> {
        let settings = self.settings;
        let mut map: Array<&mut MapData, Settings> =
            Array::try_from(map_mut(&mut self.loaded.ebpf, "settings")?)
                .map_err(|e: MapError| refused("cannot use the map of settings", &e))?;
        map.set(0, settings, 0).map_err(|e| refused("cannot hand over the settings", &e))
    }

    /// Lets the kernel side find out the number this process has in the initial pid namespace, which
    /// in a container is not the one it knows itself.
    fn learn_own_pid(&mut self) -> Result<(), CaptureError> {
        // Larger than any pid, so that the call fails and means nothing to anybody else.
        let nonce = 0x4000_0000 | u32::try_from(clock::since_boot() & 0x3fff_ffff).unwrap_or(0);
        (self.settings.state, self.settings.nonce) = (LEARNING, nonce);
        self.send_settings()?;
        let _ = nix::unistd::getsid(Some(nix::unistd::Pid::from_raw(nonce.cast_signed())));
        let map: Array<&mut MapData, Settings> = Array::try_from(map_mut(&mut self.loaded.ebpf, "settings")?)
            .map_err(|e: MapError| refused("cannot use the map of settings", &e))?;
        let told = map.get(&0, 0).map_err(|e| refused("cannot read the settings back", &e))?;
        if told.own == 0 {
            return Err(CaptureError::Ebpf {
                what: "the programs are attached but do not see system calls".into(),
                detail: "the recorder would record itself".into(),
            });
        }
        self.settings.own = told.own;
        let inside = std::process::id();
        if self.settings.trees != 0 && told.own != inside {
            return Err(CaptureError::PidNamespace { inside, outside: told.own });
        }
        Ok(())
    }

    /// Writes what was submitted to io_uring since the last time.
    fn tell_uring(&mut self, sink: &mut dyn FnMut(&Event<'_>)) -> usize {
        self.lanes.look_for_cpus();
        // What cannot be read now is read the next time.
        let _ = self.count_uring();
        let now = clock::since_boot().saturating_sub(WINDOW).wrapping_add(self.reader.boot_to_epoch);
        let ts = if self.reader.last == 0 { now } else { self.reader.last };
        self.reader.uring.tell(ts, sink)
    }

    fn count_uring(&mut self) -> Result<(), CaptureError> {
        let mut map: HashMap<&mut MapData, [u32; 2], u64> =
            HashMap::try_from(map_mut(&mut self.loaded.ebpf, "urings")?)
                .map_err(|e: MapError| refused("cannot use the map of io_uring counts", &e))?;
        for (key, count) in map.iter().filter_map(Result::ok).collect::<Vec<_>>() {
            let known = self.submitted.insert(key, count).unwrap_or(0);
            self.reader.uring.add(key[0], key[1], count.saturating_sub(known));
            // Of a process that is gone nothing more will come, and its number may come again.
            if known == count && !std::path::Path::new(&format!("/proc/{}", key[0])).exists() {
                let _ = map.remove(&key);
                self.submitted.remove(&key);
            }
        }
        Ok(())
    }

    fn drain(&mut self, horizon: u64, sink: &mut dyn FnMut(&Event<'_>)) -> usize {
        let Self { lanes, programs, reader, .. } = self;
        let mut events = 0;
        lanes.drain(horizon, BATCH, |bytes| events += reader.record(programs, bytes, sink));
        events
    }
}

impl Reader {
    /// Finishes one record; returns how many events came of it.
    fn record(
        &mut self,
        programs: &[Option<Program>],
        bytes: &[u8],
        sink: &mut dyn FnMut(&Event<'_>),
    ) -> usize {
        let Some(record) = Record::parse(bytes) else { return 0 };
        let Some(Some(program)) = programs.get(usize::from(record.plan)) else { return 0 };
        let raw = Raw {
            tid: record.tid,
            nr: record.nr.into(),
            ret: record.ret,
            args: record.args,
            captures: self.captures.parse(record.captures),
        };
        let ts = record.time.wrapping_add(self.boot_to_epoch);
        self.last = ts;
        if self.counts_enters && program.code == code::SYSCALL_IO_URING_ENTER_X {
            self.uring.add(record.pid, uring::UNKNOWN, u64::try_from(record.ret).unwrap_or(0));
        }
        self.finisher.finish(program, &raw, ts, record.cpu, sink)
    }
}

impl Backend for EbpfBackend {
    fn name(&self) -> &'static str {
        "ebpf"
    }

    fn start(&mut self) -> Result<(), CaptureError> {
        self.reader.boot_to_epoch = clock::boot_to_epoch();
        self.send_settings()?;
        self.loaded.attach()?;
        self.reader.counts_enters = !self.loaded.counts_uring();
        self.learn_own_pid()?;
        self.settings.state = RECORDING;
        self.send_settings()
    }

    fn follow(&mut self, pid: u32) -> Result<(), CaptureError> {
        insert(&mut self.loaded.ebpf, "followed", pid)
    }

    fn exclude(&mut self, pid: u32) -> Result<(), CaptureError> {
        insert(&mut self.loaded.ebpf, "skipped", pid)?;
        self.settings.skips += 1;
        self.send_settings()
    }

    fn poll(&mut self, timeout: Duration, sink: &mut dyn FnMut(&Event<'_>)) -> Result<usize, CaptureError> {
        let end = Instant::now() + timeout;
        loop {
            let events = self.drain(clock::since_boot().saturating_sub(WINDOW), sink);
            let left = end.saturating_duration_since(Instant::now());
            let events = events + if self.reader.uring.is_due() { self.tell_uring(sink) } else { 0 };
            if events > 0 || left.is_zero() {
                return Ok(events);
            }
            self.lanes.wait(left.min(NAP))?;
        }
    }

    fn stop(&mut self, sink: &mut dyn FnMut(&Event<'_>)) -> Result<usize, CaptureError> {
        self.settings.state = OFF;
        self.send_settings()?;
        self.loaded.detach();
        let mut total = 0;
        loop {
            match self.drain(u64::MAX, sink) {
                0 => return Ok(total + self.tell_uring(sink)),
                events => total += events,
            }
        }
    }

    fn notes(&self) -> Vec<String> {
        self.reader.uring.note().into_iter().collect()
    }

    /// Until 5.19 reading a map of one's own took the right to make one, where the unprivileged may not.
    fn keeps(&self) -> Vec<Capability> {
        if load::maps_are_free() { Vec::new() } else { vec![Capability::Bpf] }
    }

    fn counters(&self) -> Result<Vec<CpuCounters>, CaptureError> {
        let map = self.loaded.ebpf.map("counts").ok_or_else(|| missing("counts"))?;
        let counts: Array<&MapData, Counters> =
            Array::try_from(map).map_err(|e: MapError| refused("cannot use the map of counters", &e))?;
        (0..self.cpus)
            .map(|cpu| {
                let c = counts.get(&cpu, 0).map_err(|e| refused("cannot read the counters", &e))?;
                Ok(CpuCounters {
                    events: c.events,
                    dropped_buffer: c.full,
                    dropped_other: c.other,
                    compat: c.compat,
                })
            })
            .collect()
    }
}

/// Leaves room for the rest of an event below the 64 KiB that one may have.
const MAX_SNAPLEN: u32 = 50_000;

fn missing(name: &str) -> CaptureError {
    CaptureError::Ebpf { what: format!("map {name}"), detail: "is not in the recorder's object file".into() }
}

fn map_mut<'a>(ebpf: &'a mut Ebpf, name: &str) -> Result<&'a mut aya::maps::Map, CaptureError> {
    ebpf.map_mut(name).ok_or_else(|| missing(name))
}

/// Adds `pid` to a set of processes in the kernel.
fn insert(ebpf: &mut Ebpf, name: &str, pid: u32) -> Result<(), CaptureError> {
    let mut set: HashMap<&mut MapData, u32, u8> = HashMap::try_from(map_mut(ebpf, name)?)
        .map_err(|e: MapError| refused("cannot use a set of processes", &e))?;
    set.insert(pid, 1, 0).map_err(|e| refused("cannot add a process to a set", &e))
}
