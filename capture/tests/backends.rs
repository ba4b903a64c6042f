//! ptrace and eBPF record the same program as the same events.

mod common;

use common::{Recorded, ebpf, ptrace, record};
use scap_schema::code;
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpListener;

/// Parameters that no two runs of one program have alike: sizes that the kernel estimates, faults that the page cache
/// decides, times, inodes of new files.
const VARYING: [&str; 5] = ["vm_rss", "pgft_min", "pgft_maj", "pidns_init_start_ts", "ino"];

/// Parameters that hold thread and process ids.
const IDS: [&str; 7] = ["tid", "pid", "ptid", "vtid", "vpid", "pgid", "vpgid"];

#[test]
fn files_processes_and_pipes_are_recorded_alike() {
    let dir = tempfile::tempdir().unwrap();
    let script = format!(
        "cd {} && mkdir -p a/b && echo text >a/b/f && cat a/b/f | tr a-z A-Z >g && ln -s g h && mv g i && \
         chmod 600 i && cp /bin/true x && ./x; ./none; (exit 3); exec 4<>i; read y <&4; mkdir a/b; rmdir none; rm -r a h i x",
        dir.path().display()
    );
    same(&["sh"], &script, 0);
}

#[test]
fn signals_and_the_calls_they_cut_short_are_recorded_alike() {
    let script = "trap ': caught' USR1; kill -USR1 $$; sh -c 'kill -TERM $$'; sh -c 'kill -KILL $$'; \
                  sh -c 'kill -SEGV $$'; sh -c 'trap \"\" TERM; kill -TERM $$'; true";
    same(&["sh"], script, 0);
}

#[test]
fn connections_are_recorded_alike() {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = server.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for client in server.incoming() {
            let mut client = client.unwrap();
            client.write_all(b"hello\n").unwrap();
            client.read_to_end(&mut Vec::new()).ok();
        }
    });
    let script = format!("exec 3<>/dev/tcp/127.0.0.1/{port}; read line <&3; echo \"$line\" >&3");
    same(&["bash", "--norc"], &script, port);
}

/// Records `script` by both and compares, thread by thread.
fn same(shell: &[&str], script: &str, port: u16) {
    let Some(mut kernel) = ebpf() else { return };
    // Without address randomization, so that addresses agree.
    let command = [&["setarch", "-R"], shell, &["-c", script]].concat();
    let (summary, from_kernel) = record(kernel.as_mut(), &command);
    assert_eq!(summary.dropped(), 0);
    let (_, from_ptrace) = record(ptrace().as_mut(), &command);
    assert_eq!(signals(&from_kernel), signals(&from_ptrace));
    let (kernel, ptrace) = (by_thread(&from_kernel), by_thread(&from_ptrace));
    assert_eq!(kernel.len(), ptrace.len());
    let mut differences = Vec::new();
    for (n, (a, b)) in kernel.iter().zip(&ptrace).enumerate() {
        for (event, twin) in a.iter().zip(b) {
            if event.code != twin.code {
                differences.push(format!("thread {n}: {} / {}", event.name(), twin.name()));
                break;
            }
            differences.extend(compare(event, twin, port).map(|what| format!("thread {n}: {what}")));
        }
        if a.len() != b.len() {
            differences.push(format!("thread {n}: {} / {} events", a.len(), b.len()));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

fn compare(event: &Recorded, twin: &Recorded, port: u16) -> impl Iterator<Item = String> {
    let params = scap_schema::event(event.code).map_or(&[][..], |info| info.params);
    let pairs = params.iter().zip(event.params.iter().zip(&twin.params));
    let returns_id = [code::SYSCALL_CLONE_20_X, code::SYSCALL_VFORK_20_X, code::SYSCALL_CLONE3_X];
    let differing = pairs.filter(|(param, (a, b))| {
        let id = IDS.contains(&param.name) || (param.name == "res" && returns_id.contains(&event.code));
        let (a, b) =
            if param.name == "tuple" { (ends(a, port), ends(b, port)) } else { ((*a).clone(), (*b).clone()) };
        // Which ids there are is up to the kernel; that they are none is not.
        let equal = a == b || (id && (number(&a) > 0) == (number(&b) > 0));
        let of_new_file =
            param.name.starts_with("exe_ino") && !event.text("trusted_exepath").starts_with("/usr");
        !equal && !of_new_file && !VARYING.contains(&param.name)
    });
    let name = event.name();
    let told: Vec<String> = differing
        .map(|(p, (a, b))| {
            format!(
                "{name} {}: {:?} / {:?}",
                p.name,
                a.escape_ascii().to_string(),
                b.escape_ascii().to_string()
            )
        })
        .collect();
    told.into_iter()
}

fn number(bytes: &[u8]) -> i64 {
    bytes.try_into().map_or(0, i64::from_le_bytes)
}

/// A tuple without the port that the kernel chose.
fn ends(tuple: &[u8], port: u16) -> Vec<u8> {
    let mut out = tuple.to_vec();
    if tuple.len() == 13 {
        for at in [5, 11] {
            if tuple[at..at + 2] != port.to_le_bytes() {
                out[at..at + 2].fill(0);
            }
        }
    }
    out
}

/// How many signals of each kind were delivered; those of children, which may come together, only whether.
fn signals(events: &[Recorded]) -> BTreeMap<i64, usize> {
    const OF_CHILDREN: i64 = 17;
    let mut counts = BTreeMap::new();
    for signal in events.iter().filter(|e| e.code == code::SIGNALDELIVER_E).map(|e| e.number("sig")) {
        let count = counts.entry(signal).or_insert(0);
        *count = if signal == OF_CHILDREN { 1 } else { *count + 1 };
    }
    counts
}

/// Events of each thread in their order. Signals come at a moment of their own and are counted only, and the return from
/// their handlers is left out.
fn by_thread(events: &[Recorded]) -> Vec<Vec<Recorded>> {
    let mut threads: BTreeMap<i64, Vec<Recorded>> = BTreeMap::new();
    // Only from there on is nothing random.
    let begins = |event: &&Recorded| {
        event.code != code::SYSCALL_EXECVE_19_X
            || event.number("res") != 0
            || event.text("args").starts_with("-R")
    };
    // The return from a handler has the number 15 while it is made and -1 afterwards.
    let timely = |event: &&Recorded| {
        event.code != code::SIGNALDELIVER_E
            && !(event.code == code::GENERIC_X && [15, -1].contains(&event.number("nativeID")))
    };
    for event in events.iter().skip_while(begins).filter(timely) {
        threads.entry(event.tid).or_default().push(event.clone());
    }
    threads.into_values().collect()
}
