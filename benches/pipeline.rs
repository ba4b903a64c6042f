//! The whole way from the bytes of a trace to alerts, by the compiled evaluator and by the naive one.
#![allow(missing_docs, reason = "what criterion's macros make")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use scap_analyze::replay::{Cursor, Options, Replay, walk};
use scap_analyze::sink::Format;
use scap_rules::Matching;
use std::convert::Infallible;
use std::hint::black_box;
use std::time::Duration;

fn pipeline(c: &mut Criterion) {
    let native = scap_benches::trace();
    let plain = scap_benches::plain(&native);
    let rules = scap_benches::rules();
    let mut group = c.benchmark_group("pipeline");
    group.throughput(Throughput::Elements(scap_benches::events(&native).len() as u64));
    group.measurement_time(Duration::from_secs(3)).sample_size(20);
    for (name, bytes) in [("native", &native), ("plain", &plain)] {
        group.bench_function(name, |b| {
            b.iter(|| {
                let mut sink = Format::Json.sink(std::io::sink());
                let mut trace = scap_benches::reader(bytes);
                let found =
                    Replay::new(&rules, Options::default()).run(&mut trace, &mut Cursor::new(), &mut *sink);
                assert!(found.is_ok_and(|found| found.tally.alerts() > 10));
            });
        });
    }
    group.bench_function("naive", |b| {
        b.iter(|| {
            let (mut trace, mut cursor) = (scap_benches::reader(&native), Cursor::new());
            let walked = walk(
                &mut trace,
                &mut cursor,
                |_| {},
                |fields| {
                    black_box(rules.evaluate_naively(fields, Matching::First));
                    Ok::<(), Infallible>(())
                },
            );
            assert!(walked.is_ok());
        });
    });
    group.finish();
}

criterion_group!(benches, pipeline);
criterion_main!(benches);
