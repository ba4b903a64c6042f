//! What following events costs: `cargo bench -p scap-state`.
//!
//! `follow` applies events that change nothing (most of any trace are such), `clone` takes a copy of the state and
//! follows on, `lookup` compares the map of threads with the persistent one it could have been.
#![allow(missing_docs, reason = "criterion's macros make items without them")]

use std::hint::black_box;
use std::sync::Arc;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use scap_format::EventBuf;
use scap_format::snapshot::{FdEntry, FdKind, ThreadEntry};
use scap_schema::code;
use scap_state::State;

const PROCESSES: i64 = 400;
const FDS: i64 = 12;

/// A machine of some size; all processes are children of init.
fn machine() -> State {
    let mut state = State::new();
    let process = |pid: i64| ThreadEntry {
        tid: pid,
        pid,
        ptid: i64::from(pid > 1),
        comm: b"worker".to_vec(),
        cwd: b"/".to_vec(),
        ..ThreadEntry::default()
    };
    let tids: Vec<i64> = (0..PROCESSES).map(|n| 1 + n * 37).collect();
    state.load_threads(&tids.iter().map(|&t| process(t)).collect::<Vec<_>>());
    for &tid in &tids {
        let file = |fd| FdEntry {
            fd,
            ino: 1,
            kind: FdKind::Regular { flags: 1, name: format!("/var/{fd}").into(), mount_id: 0, dev: 0 },
        };
        state.load_fds(tid, &(0..FDS).map(file).collect::<Vec<_>>());
    }
    state
}

/// Reads by `PROCESSES` threads, each of `run` in a row.
fn reads(run: usize) -> Vec<EventBuf> {
    let mut events = Vec::new();
    for n in 0..800usize {
        let tid = 1 + i64::try_from(n / run * 7).unwrap_or(0) % PROCESSES * 37;
        let mut event = EventBuf::new(code::SYSCALL_READ_X, 1000 + n as u64, tid);
        let fd = i64::try_from(n).unwrap_or(0) % FDS;
        event.push(&5i64.to_le_bytes()).push(b"hello").push(&fd.to_le_bytes()).push(&5u32.to_le_bytes());
        events.push(event);
    }
    events
}

fn follow(c: &mut Criterion) {
    let mut group = c.benchmark_group("follow");
    for run in [1, 8] {
        let events = reads(run);
        group.throughput(criterion::Throughput::Elements(events.len() as u64));
        let mut state = machine();
        group.bench_function(format!("read, {run} per thread"), |b| {
            b.iter(|| {
                for event in &events {
                    black_box(state.apply(&event.as_event()));
                }
            });
        });
    }
    group.finish();
}

fn clone(c: &mut Criterion) {
    let mut state = machine();
    let mut close = EventBuf::new(code::SYSCALL_CHDIR_X, 5, 1);
    close.push(&0i64.to_le_bytes()).push_text(b"/tmp");
    state.apply(&close.as_event());
    c.bench_function("clone/state", |b| b.iter(|| black_box(state.clone())));
    let mut flip = false;
    c.bench_function("clone/state and first write", |b| {
        b.iter_batched(
            || state.clone(),
            |mut copy| {
                flip = !flip;
                let mut event = EventBuf::new(code::SYSCALL_CHDIR_X, 6, 1);
                event.push(&0i64.to_le_bytes()).push_text(if flip { b"/a" } else { b"/b" });
                black_box(copy.apply(&event.as_event()));
                copy
            },
            BatchSize::SmallInput,
        );
    });
}

fn lookup(c: &mut Criterion) {
    let state = machine();
    let persistent: imbl::HashMap<i64, Arc<i64>> =
        (0..PROCESSES).map(|n| (1 + n * 37, Arc::new(n))).collect();
    let tids: Vec<i64> = (0..PROCESSES).map(|n| 1 + (n * 7 % PROCESSES) * 37).collect();
    let mut group = c.benchmark_group("lookup");
    group.throughput(criterion::Throughput::Elements(tids.len() as u64));
    group.bench_function("sharded", |b| {
        b.iter(|| tids.iter().filter_map(|&tid| state.find(tid)).map(|t| t.pid).sum::<i64>());
    });
    group.bench_function("imbl", |b| {
        b.iter(|| tids.iter().filter_map(|&tid| persistent.get(&tid)).map(|n| **n).sum::<i64>());
    });
    group.finish();
}

criterion_group!(benches, follow, clone, lookup);
criterion_main!(benches);
