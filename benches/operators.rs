//! Each operator of the rule language, compiled and naive: one rule with one comparison, asked about the same events.
//!
//! Throughput is in events. Part of each figure is the same for all: the lookup of the event's type and of
//! the field's value.
#![allow(missing_docs, reason = "what criterion's macros make")]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use scap_analyze::fields::Fields;
use scap_rules::Matching;
use scap_schema::code;
use std::hint::black_box;
use std::time::Duration;

fn operators(c: &mut Criterion) {
    let trace = scap_benches::trace();
    let opens = scap_benches::moments(&trace, 1000, |event| event.code == code::SYSCALL_OPENAT_2_X);
    let reads = scap_benches::moments(&trace, 1000, |event| event.code == code::SYSCALL_READ_X);
    let mut group = c.benchmark_group("operators");
    group.warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1)).sample_size(20);
    for &(name, condition) in scap_benches::OPERATORS {
        let moments = if condition.starts_with("evt.buffer") { &reads } else { &opens };
        let events: Vec<_> =
            moments.iter().map(|(event, state)| Fields::new(event.as_event(), state)).collect();
        let rules = scap_benches::rule(condition);
        group.throughput(Throughput::Elements(events.len() as u64));
        group.bench_with_input(BenchmarkId::new("compiled", name), &events, |b, events| {
            let mut scratch = rules.scratch();
            b.iter(|| {
                for event in events {
                    black_box(rules.evaluate(&mut scratch, event, Matching::All));
                }
            });
        });
        group.bench_with_input(BenchmarkId::new("naive", name), &events, |b, events| {
            b.iter(|| {
                for event in events {
                    black_box(rules.evaluate_naively(event, Matching::All));
                }
            });
        });
    }
    group.finish();
}

criterion_group!(benches, operators);
criterion_main!(benches);
