//! Records real processes through eBPF and checks what comes out.
//!
//! Needs root and a kernel with BTF; without, each test says so and passes. Only the processes that
//! the tests make are recorded.
#![allow(clippy::unwrap_used, reason = "a test that meets what it did not expect is to fail there")]
#![allow(clippy::print_stdout, reason = "skipped tests and the table of counts are said there")]

mod exercise;

use scap_capture::{Backend, CaptureError, EbpfBackend, Options, Scope, SyscallSet};
use scap_format::Event;
use scap_schema::{code, syscall, syscall_by_name};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

/// Tests spawn children and follow them by their parent, which all tests share: one at a time.
static ALONE: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// One recorded event, owned.
struct Seen {
    name: &'static str,
    code: u16,
    ts: u64,
    tid: i64,
    params: Vec<(&'static str, Vec<u8>)>,
}

impl Seen {
    fn of(event: &Event<'_>) -> Self {
        let info = event.info().unwrap();
        let params = info.params.iter().zip(event.params.iter()).map(|(p, v)| (p.name, v.to_vec())).collect();
        assert_eq!(event.params.len(), info.params.len(), "{}", info.id);
        for (param, value) in info.params.iter().zip(event.params.iter()) {
            if let Some(len) = param.ty.fixed_len() {
                assert!(
                    value.is_empty() || value.len() == len,
                    "{} of {} has {} bytes",
                    param.name,
                    info.id,
                    value.len()
                );
            }
        }
        Self { name: info.name, code: event.code, ts: event.ts, tid: event.tid, params }
    }

    fn param(&self, name: &str) -> &[u8] {
        self.params.iter().find(|p| p.0 == name).map_or(&[], |p| &p.1)
    }

    /// Name of the call, also of a generic event.
    fn call(&self) -> &'static str {
        if self.code != code::GENERIC_X {
            return self.name;
        }
        let id = self.param("ID");
        syscall(u16::from_le_bytes([id[0], id[1]])).map_or("unknown", |call| call.name)
    }
}

/// Records `command` and everything it starts; `None`, with a line saying why, where that is impossible.
fn record(test: &str, options: Options, mut command: Command) -> Option<(Vec<Seen>, u64)> {
    let options = Options { scope: Scope::Trees, ..options };
    let mut backend = match EbpfBackend::new(&options) {
        Ok(backend) => backend,
        Err(
            e @ (CaptureError::Privileges { .. }
            | CaptureError::NoBtf { .. }
            | CaptureError::KernelTooOld { .. }
            | CaptureError::Lockdown),
        ) => {
            println!("skipped {test}: {e}");
            return None;
        }
        Err(e) => panic!("{e}"),
    };
    backend.follow(std::process::id()).unwrap();
    backend.start().unwrap();
    let mut seen = Vec::new();
    let mut take = |event: &Event<'_>| seen.push(Seen::of(event));
    let mut child = command.spawn().unwrap();
    while child.try_wait().unwrap().is_none() {
        backend.poll(Duration::from_millis(20), &mut take).unwrap();
    }
    backend.stop(&mut take).unwrap();
    let lost = backend.counters().unwrap().iter().map(scap_capture::CpuCounters::dropped).sum();
    Some((seen, lost))
}

fn temporary(name: &str) -> PathBuf {
    let dir = std::env::temp_dir().join(format!("scap-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(&dir).unwrap();
    dir
}

const DIR: &str = "SCAP_EXERCISE_DIR";
const RESULT: &str = "SCAP_EXERCISE_RESULT";

/// Not a test of its own: the process that `counts_agree_with_strace` records.
#[test]
fn exerciser() {
    if let (Some(dir), Some(result)) = (std::env::var_os(DIR), std::env::var_os(RESULT)) {
        let lines = exercise::all(&PathBuf::from(dir));
        std::fs::write(result, lines).unwrap();
    }
}

#[test]
fn times_never_go_back_and_are_those_of_the_recording() {
    let _alone = alone();
    let epoch = || std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos();
    let before = epoch();
    let mut command = Command::new("sh");
    command.args(["-c", "for i in 1 2 3 4 5 6 7 8; do /bin/true & done; wait"]);
    let Some((seen, _)) = record("times_never_go_back", Options::default(), command) else { return };
    let after = epoch();
    assert!(seen.windows(2).all(|pair| pair[0].ts <= pair[1].ts));
    let (first, last) = (u128::from(seen[0].ts), u128::from(seen.last().unwrap().ts));
    assert!(before <= first && last <= after, "{before} {first} {last} {after}");
    let execs = seen.iter().filter(|e| e.name == "execve" && e.param("res") == [0; 8]).count();
    assert_eq!(execs, 9);
}

#[test]
fn only_the_calls_asked_for_and_the_snaplen_asked_for_are_recorded() {
    let _alone = alone();
    let mut syscalls = SyscallSet::none();
    syscalls.insert(syscall_by_name("write").unwrap().sc);
    let options = Options { snaplen: 5, syscalls, ..Options::default() };
    let mut command = Command::new("sh");
    command.args(["-c", "echo a longer line"]).stdout(std::process::Stdio::null());
    let Some((seen, _)) = record("only_the_calls_asked_for", options, command) else { return };
    let writes: Vec<_> = seen.iter().filter(|e| e.name == "write").collect();
    assert_eq!(writes.len(), 1);
    assert_eq!(writes[0].param("data"), b"a lon");
    assert_eq!(writes[0].param("res"), 14i64.to_le_bytes());
    let others = |e: &&Seen| !matches!(e.name, "write" | "execve" | "procexit" | "signaldeliver");
    assert_eq!(seen.iter().find(others).map(|e| e.call()), None);
}

#[test]
fn a_buffer_that_is_too_small_drops_events_and_counts_every_one() {
    let _alone = alone();
    const CALLS: u64 = 200_000;
    let mut command = Command::new("dd");
    command.args(["if=/dev/zero", "of=/dev/null", "bs=1", &format!("count={CALLS}"), "status=none"]);
    let options = Options { buffer: 1 << 16, scope: Scope::Trees, ..Options::default() };
    let mut backend = match EbpfBackend::new(&options) {
        Ok(backend) => backend,
        Err(e) => return println!("skipped a_buffer_that_is_too_small: {e}"),
    };
    backend.follow(std::process::id()).unwrap();
    backend.start().unwrap();
    // Nobody reads while it runs.
    assert!(command.status().unwrap().success());
    let mut reads_and_writes = 0u64;
    let mut all = 0u64;
    backend
        .stop(&mut |event| {
            all += 1;
            reads_and_writes += u64::from(matches!(event.code, code::SYSCALL_READ_X | code::SYSCALL_WRITE_X));
        })
        .unwrap();
    let counters = backend.counters().unwrap();
    let (events, lost) = counters.iter().fold((0, 0), |(e, l), c| (e + c.events, l + c.dropped()));
    assert_eq!(all, events, "every event the kernel handed over arrives");
    assert!(lost > CALLS, "{lost}");
    assert!(events + lost >= 2 * CALLS && events + lost < 2 * CALLS + 1000, "{events} + {lost}");
    assert!(reads_and_writes > 0);
}

#[test]
fn a_small_buffer_that_is_read_again_and_again_gives_every_event_whole() {
    let _alone = alone();
    const CALLS: usize = 150_000;
    let mut command = Command::new("dd");
    command.args(["if=/dev/zero", "of=/dev/null", "bs=1", &format!("count={CALLS}"), "status=none"]);
    // Filled many times over; what is not read in time is counted.
    let options = Options { buffer: 1 << 16, ..Options::default() };
    let Some((seen, lost)) = record("a_small_buffer_that_is_read_again", options, command) else { return };
    let moved: Vec<&Seen> = seen
        .iter()
        .filter(|e| e.name == "read" || e.name == "write")
        .filter(|e| e.param("data") == [0])
        .collect();
    assert!(moved.len() as u64 + lost >= 2 * CALLS as u64, "{} + {lost}", moved.len());
    assert!(moved.iter().all(|e| e.param("res") == 1i64.to_le_bytes() && e.param("size") == [1, 0, 0, 0]));
    assert!(seen.windows(2).all(|pair| pair[0].ts <= pair[1].ts));
}

#[test]
fn a_recorder_in_a_pid_namespace_says_that_it_cannot_follow() {
    let _alone = alone();
    if std::env::var_os(INSIDE).is_some() {
        let options = Options { scope: Scope::Trees, ..Options::default() };
        let error = EbpfBackend::new(&options).unwrap().start().unwrap_err();
        assert!(matches!(error, CaptureError::PidNamespace { inside: 1, .. }), "{error}");
        return;
    }
    if let Err(e) = EbpfBackend::new(&Options::default()) {
        return println!("skipped a_recorder_in_a_pid_namespace: {e}");
    }
    let mut command = Command::new("unshare");
    command.args(["--pid", "--fork", "--mount-proc"]).arg(std::env::current_exe().unwrap());
    command.args(["--exact", "a_recorder_in_a_pid_namespace_says_that_it_cannot_follow"]).env(INSIDE, "1");
    match command.output() {
        Ok(output) => assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout)),
        Err(e) => println!("skipped a_recorder_in_a_pid_namespace: unshare: {e}"),
    }
}

const INSIDE: &str = "SCAP_TEST_INSIDE_NAMESPACE";

/// Calls whose counts are compared with strace's.
const COMPARED: &str = "execve execveat clone clone3 fork vfork open openat openat2 creat close dup dup2 dup3 fcntl \
    read write readv writev pread64 pwrite64 preadv pwritev socket connect bind listen accept accept4 socketpair pipe pipe2 \
    unlink unlinkat rename renameat renameat2 mkdir mkdirat rmdir chmod fchmod fchmodat chown lchown fchown fchownat link linkat symlink \
    symlinkat chdir fchdir chroot setuid setgid setresuid setresgid setsid setpgid kill tkill tgkill ptrace mount umount2 setns \
    unshare memfd_create bpf init_module finit_module mmap mprotect prctl sendto recvfrom sendmsg recvmsg";

/// How often each compared call was made, by strace's count of whole calls: unlike `-c` the full output
/// also tells calls that never returned apart.
fn traced(log: &str) -> BTreeMap<&str, u64> {
    let mut counts = BTreeMap::new();
    for line in log.lines() {
        // "PID name(args…) = ret"; an interrupted call comes in two lines, of which the second has the result.
        let Some((_, call)) = line.split_once(' ') else { continue };
        let call = call.trim_start();
        let name = match call.strip_prefix("<... ") {
            Some(resumed) => resumed.split(' ').next(),
            None if call.contains("<unfinished ...>") => None,
            None => call.split_once('(').map(|(name, _)| name),
        };
        if let Some(name) = name.filter(|name| COMPARED.split_whitespace().any(|c| c == *name)) {
            *counts.entry(name).or_default() += 1;
        }
    }
    counts
}

/// How often each compared call was recorded, as far as strace saw it too.
fn recorded_as_traced<'a>(seen: &[Seen], log: &'a str) -> BTreeMap<&'a str, u64> {
    let tracees: BTreeSet<i64> =
        log.lines().filter_map(|line| line.split(' ').next()?.parse().ok()).collect();
    // strace prepares its first child itself and only then begins to write: from that child's exec on.
    let ours = |e: &Seen| tracees.contains(&e.tid);
    let first = seen.iter().position(|e| ours(e) && e.name == "execve" && e.param("res") == [0; 8]).unwrap();
    let mut recorded: BTreeMap<&str, u64> = BTreeMap::new();
    for event in seen[first..].iter().filter(|e| ours(e)) {
        // The child's side of a clone is an event of ours, but no call of strace's.
        let child =
            matches!(event.name, "clone" | "clone3" | "fork" | "vfork") && event.param("res") == [0; 8];
        if !child {
            *recorded.entry(as_call(event.call())).or_default() += 1;
        }
    }
    recorded
}

/// The names under which events of calls appear that have no event of their own name.
fn as_call(name: &'static str) -> &'static str {
    match name {
        "pread" => "pread64",
        "pwrite" => "pwrite64",
        other => other,
    }
}

#[test]
fn counts_agree_with_strace() {
    let _alone = alone();
    if Command::new("strace").arg("-V").output().is_err() {
        return println!("skipped counts_agree_with_strace: strace is not installed");
    }
    let dir = temporary("strace");
    let log = dir.join("log");
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "-o"]).arg(&log).args(["-e", "trace=all", "--"]);
    command.arg(std::env::current_exe().unwrap()).args(["--exact", "exerciser", "--test-threads=1"]);
    let work = dir.join("work");
    std::fs::create_dir(&work).unwrap();
    command.env(DIR, &work).env(RESULT, dir.join("expected")).stdout(std::process::Stdio::null());
    let Some((seen, lost)) = record("counts_agree_with_strace", Options::default(), command) else { return };
    assert_eq!(lost, 0);
    let log = std::fs::read_to_string(&log).unwrap();
    let _ = std::fs::remove_dir_all(&dir);

    let recorded = recorded_as_traced(&seen, &log);
    let traced = traced(&log);
    println!("{:<14} {:>8} {:>8}", "call", "strace", "scap");
    let mut different = Vec::new();
    for name in COMPARED.split_whitespace() {
        let (theirs, ours) =
            (traced.get(name).copied().unwrap_or(0), recorded.get(name).copied().unwrap_or(0));
        println!("{name:<14} {theirs:>8} {ours:>8}");
        if theirs != ours {
            different.push((name, theirs, ours));
        }
    }
    // A successful execveat is recorded as execve, as libscap does: two of the exerciser's three.
    let execs = traced.get("execve").copied().unwrap_or(0);
    assert_eq!(different, [("execve", execs, execs + 2), ("execveat", 3, 1)]);
}
