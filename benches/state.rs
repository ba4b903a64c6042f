//! Events applied to the state, and what a clone of it costs.
#![allow(missing_docs, reason = "what criterion's macros make")]

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use scap_format::block::Block;
use std::convert::Infallible;
use std::hint::black_box;
use std::time::Duration;

fn state(c: &mut Criterion) {
    let trace = scap_benches::trace();
    let events = scap_benches::events(&trace);
    let beginning = scap_benches::beginning(&trace);
    let mut end = beginning.clone();
    let mut group = c.benchmark_group("state");
    group.measurement_time(Duration::from_secs(2)).sample_size(30);
    group.throughput(Throughput::Elements(events.len() as u64));
    group.bench_function("apply", |b| {
        b.iter_batched(
            || beginning.clone(),
            |mut cursor| {
                for event in &events {
                    let fed = cursor.feed(&Block::Event(event.as_event()), |event, state| {
                        black_box((&event, state));
                        Ok::<(), Infallible>(())
                    });
                    match fed {
                        Ok(()) => {}
                    }
                }
                end = cursor;
            },
            BatchSize::SmallInput,
        );
    });
    group.throughput(Throughput::Elements(1));
    group.bench_function("clone", |b| b.iter(|| black_box(end.state().clone())));
    group.finish();
}

criterion_group!(benches, state);
criterion_main!(benches);
