use super::*;
use scap_format::snapshot::FdKind;
use std::process::{Child, Command, Stdio};

struct Sleeper(Child);

impl Sleeper {
    /// A shell that waits for its input to close, with a child of its own.
    fn start() -> Self {
        let script = "exec 7</etc/passwd; sleep 1000 & echo ready; read x; kill $!";
        let mut child = Command::new("/bin/sh")
            .args(["-c", script])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = [0; 6];
        io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut line).unwrap();
        let sleeper = Self(child);
        while !take(SnapshotScope::Trees(vec![sleeper.pid()])).threads.iter().any(|t| t.comm == b"sleep") {
            std::thread::yield_now();
        }
        sleeper
    }

    fn pid(&self) -> i64 {
        i64::from(self.0.id())
    }
}

impl Drop for Sleeper {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        self.0.wait().ok();
    }
}

fn take(scope: SnapshotScope) -> Snapshot {
    Snapshot::take(&SnapshotOptions { scope, ..SnapshotOptions::default() }).unwrap()
}

#[test]
fn everything_holds_own_process_with_threads_and_fds() {
    let sleeper = Sleeper::start();
    let snapshot = take(SnapshotScope::All);
    let own = i64::from(std::process::id());
    let mine: Vec<_> = snapshot.threads.iter().filter(|thread| thread.pid == own).collect();
    // The test harness runs each test in a thread of its own.
    assert!(mine.len() >= 2 && mine[0].tid == own);
    let shell = snapshot.threads.iter().find(|thread| thread.tid == sleeper.pid()).unwrap();
    assert_eq!((shell.comm.as_slice(), shell.ptid), (&b"sh"[..], own));
    let (_, fds) = snapshot.fds.iter().find(|(tid, _)| *tid == sleeper.pid()).unwrap();
    let seven = fds.iter().find(|entry| entry.fd == 7).unwrap();
    assert!(matches!(&seven.kind, FdKind::Regular { name, flags: 1 | 0x801, .. } if name == b"/etc/passwd"));
    assert!(!snapshot.users.is_empty() && snapshot.machine.num_cpus > 0);
    assert!(snapshot.begun <= snapshot.ended);
}

#[test]
fn every_listed_process_is_accounted_for() {
    let snapshot = take(SnapshotScope::All);
    let counted = snapshot.threads.iter().filter(|thread| thread.pid == thread.tid).count() as u64;
    let passed = snapshot.passed;
    let sum = counted + passed.kernel + passed.dead + passed.vanished;
    let listed = tree::pids(&Root::default()).unwrap().len() as u64;
    // Processes come and go; the bulk must be there.
    assert!(sum.abs_diff(listed) < 200, "{sum} of {listed}");
}

#[test]
fn a_tree_holds_descendants_whole_and_ancestors_by_name() {
    let sleeper = Sleeper::start();
    let snapshot = take(SnapshotScope::Trees(vec![sleeper.pid()]));
    let own = i64::from(std::process::id());
    let find = |tid| snapshot.threads.iter().find(|thread| thread.tid == tid);
    let shell = find(sleeper.pid()).unwrap();
    assert!(shell.args.starts_with(b"-c\0") && !shell.env.is_empty());
    assert!(snapshot.threads.iter().any(|thread| thread.ptid == sleeper.pid() && thread.comm == b"sleep"));
    let parent = find(own).unwrap();
    assert!(!parent.comm.is_empty());
    let given = [&parent.exe, &parent.exepath, &parent.args, &parent.env, &parent.cwd, &parent.cgroups];
    assert!(given.iter().all(|text| text.is_empty()));
    assert!(snapshot.fds.iter().all(|(tid, _)| *tid != own));
    assert!(find(1).is_none() && snapshot.threads.iter().all(|thread| thread.pid == thread.tid));
    assert!(snapshot.users.iter().all(|user| user.uid == shell.uid));
    assert!(snapshot.interfaces.iter().all(machine::is_loopback));
}

#[test]
fn none_holds_only_the_machine() {
    let snapshot = take(SnapshotScope::None);
    assert!(snapshot.threads.is_empty() && snapshot.fds.is_empty() && snapshot.users.is_empty());
    assert!(snapshot.machine.boot_ts_epoch > 0);
}

#[test]
fn blocks_come_in_the_order_of_a_trace() {
    let snapshot = take(SnapshotScope::All);
    let (threads, fds) = (snapshot.threads.len(), snapshot.fds.len());
    let blocks: Vec<_> = snapshot.blocks().collect();
    assert!(matches!(blocks[..3], [Block::Machine(_), Block::Interfaces(_), Block::Users { .. }]));
    let in_blocks: usize = blocks.iter().map(|b| if let Block::Threads(t) = b { t.len() } else { 0 }).sum();
    assert_eq!(in_blocks, threads);
    assert_eq!(blocks.iter().filter(|block| matches!(block, Block::Fds { .. })).count(), fds);
}

#[test]
fn a_process_in_its_own_pid_namespace_knows_its_inner_ids_and_its_init() {
    if !nix::unistd::geteuid().is_root() {
        println!("skipped: needs root to make a pid namespace");
        return;
    }
    let mut child = Command::new("unshare")
        .args(["--pid", "--fork", "--kill-child", "sh", "-c", "echo ready; read x"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = [0; 6];
    io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut line).unwrap();
    let snapshot = take(SnapshotScope::All);
    drop(child.stdin.take());
    let outer = i64::from(child.id());
    child.wait().unwrap();
    let inner = snapshot.threads.iter().find(|thread| thread.ptid == outer).unwrap();
    assert_eq!((inner.vtid, inner.vpid, inner.comm.as_slice()), (1, 1, &b"sh"[..]));
    assert_eq!(inner.pidns_init_start_ts, inner.clone_ts);
    let parent = snapshot.threads.iter().find(|thread| thread.tid == outer).unwrap();
    let init = process::stat(&Root::default().process(1)).unwrap();
    let start = BootClock::now().at_ticks(init.start);
    assert_eq!(parent.vtid, outer);
    assert!(parent.pidns_init_start_ts.abs_diff(start) < 1_000_000_000);
}
