//! Lays out entries over chunks: `cargo bench -p routesync-bench --bench chunks`.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

use routesync_core::plan::layout::{Fragments, Shape, layout};

/// A typical entry with its separator.
const TEXT: &str = r#","url,cMqCe9.vWDRmqW,,/service/12345""#;
/// A longer entry, of which fewer fit one chunk.
const GROWN: &str = r#","url,cMqCe9.vWDRmqW,,/service/12345/and/so/on/and/on""#;

fn fresh(entries: usize) -> Vec<Shape<'static>> {
    (0..entries).map(|_| Shape { old: Fragments::new(), text: TEXT, kept: false }).collect()
}

/// The laid out entries, and their number of chunks.
fn standing(entries: usize) -> (Vec<Shape<'static>>, usize) {
    let laid = layout(&fresh(entries), 0, false);
    let shapes = laid.places.into_iter().map(|old| Shape { old, text: TEXT, kept: true }).collect();
    (shapes, laid.parts)
}

fn chunks(criterion: &mut Criterion) {
    routesync_bench::reference(criterion, "chunks");
    let mut group = criterion.benchmark_group("chunks");
    group.sample_size(20);
    for entries in [1_000, 50_000] {
        group.throughput(Throughput::Elements(entries as u64));
        let new = fresh(entries);
        group.bench_with_input(BenchmarkId::new("fresh", entries), &new, |bencher, shapes| {
            bencher.iter(|| layout(black_box(shapes), 0, false));
        });
        let (kept, parts) = standing(entries);
        group.bench_with_input(BenchmarkId::new("unchanged", entries), &kept, |bencher, shapes| {
            bencher.iter(|| layout(black_box(shapes), parts, false));
        });
        let mut grown = kept.clone();
        for shape in grown.iter_mut().step_by(100) {
            *shape = Shape { text: GROWN, kept: false, ..shape.clone() };
        }
        group.bench_with_input(
            BenchmarkId::new("one in a hundred grown", entries),
            &grown,
            |bencher, shapes| {
                bencher.iter(|| layout(black_box(shapes), parts, false));
            },
        );
    }
    group.finish();
}

criterion_group!(benches, chunks);
criterion_main!(benches);
