//! Events of old captures brought up to date, beside current ones that only pass.
#![allow(missing_docs, reason = "what criterion's macros make")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use scap_format::EventBuf;
use scap_format::upgrade::{Upgraded, Upgrader};
use scap_schema::code;
use std::hint::black_box;
use std::time::Duration;

/// Enter and exit events as the oldest captures have them: type, and how many parameters it had.
const OLD: &[(u16, usize)] = &[
    (code::SYSCALL_OPEN_E, 0),
    (code::SYSCALL_OPEN_X, 4),
    (code::SYSCALL_FSTAT_E, 1),
    (code::SYSCALL_FSTAT_X, 1),
    (code::SYSCALL_MMAP_E, 6),
    (code::SYSCALL_MMAP_X, 4),
    (code::SYSCALL_READ_E, 2),
    (code::SYSCALL_READ_X, 2),
    (code::SYSCALL_CLOSE_E, 1),
    (code::SYSCALL_CLOSE_X, 1),
    (code::SYSCALL_OPENAT_E, 4),
    (code::SYSCALL_OPENAT_X, 1),
];

/// Many threads that do this one after the other.
fn old_events() -> Vec<EventBuf> {
    let mut events = Vec::new();
    for tid in 100..400 {
        for &(code, params) in OLD {
            let mut event = EventBuf::new(code, 1_000, tid);
            let row = scap_schema::event(code);
            for param in row.map_or(&[][..], |row| row.params).iter().take(params) {
                match param.ty.fixed_len() {
                    Some(len) => event.push(&vec![3; len]),
                    None => event.push_text(b"/etc/passwd"),
                };
            }
            events.push(event);
        }
    }
    events
}

fn upgrade(c: &mut Criterion) {
    let current = scap_benches::events(&scap_benches::trace());
    let mut group = c.benchmark_group("upgrade");
    group.measurement_time(Duration::from_secs(2)).sample_size(30);
    for (name, events, expected) in [("old", old_events(), 1_800), ("current", current, 23_428)] {
        group.throughput(Throughput::Elements(events.len() as u64));
        group.bench_function(name, |b| {
            b.iter(|| {
                let mut upgrader = Upgrader::new();
                let mut given = 0;
                for event in &events {
                    given +=
                        u32::from(matches!(black_box(upgrader.push(&event.as_event())), Upgraded::Event(_)));
                }
                assert_eq!(given, expected);
            });
        });
    }
    group.finish();
}

criterion_group!(benches, upgrade);
criterion_main!(benches);
