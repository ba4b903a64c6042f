//! Bytes to events: decompression alone, then with decoding, from a native trace and from plain `.scap`.
#![allow(missing_docs, reason = "what criterion's macros make")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use std::ops::ControlFlow;
use std::time::Duration;

fn decode(c: &mut Criterion) {
    let native = scap_benches::trace();
    let plain = scap_benches::plain(&native);
    let events = scap_benches::events(&native).len() as u64;
    let mut group = c.benchmark_group("decode");
    group.throughput(Throughput::Elements(events)).measurement_time(Duration::from_secs(2)).sample_size(30);
    group.bench_function("decompress", |b| {
        b.iter(|| {
            let reader = Box::new(std::io::Cursor::new(native.clone()));
            let Ok((_, mut source)) = scap_format::source::open(reader, "memory") else { return };
            while let Ok(Some(chunk)) = source.next_chunk() {
                source.recycle(black_box(chunk).bytes);
            }
        });
    });
    for (name, bytes) in [("native", &native), ("plain", &plain)] {
        group.bench_function(name, |b| {
            b.iter(|| {
                let mut trace = scap_benches::reader(bytes);
                let read = trace.for_each(|item| {
                    black_box(&item);
                    ControlFlow::Continue(())
                });
                assert!(read.is_ok() && trace.totals().events == events);
            });
        });
    }
    group.finish();
}

criterion_group!(benches, decode);
criterion_main!(benches);
