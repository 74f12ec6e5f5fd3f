//! Hashes owners and targets to ids, and recognizes these ids: `cargo bench -p routesync-bench --bench ids`.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};

use routesync_core::table::id::{OwnerId, RouteId};

const OWNER: &str = "shop/production";
const ROUTER: &str = "678a";
const METADATA: &str =
    r#"{"host":"abc123.lambda-url.us-east-1.on.aws","origin":{"timeouts":{"readTimeout":60}}}"#;

fn ids(criterion: &mut Criterion) {
    routesync_bench::reference(criterion, "ids");
    let mut group = criterion.benchmark_group("ids");
    group.throughput(Throughput::Elements(1));
    let owner = OwnerId::of(OWNER);
    group.bench_function("owner", |bencher| bencher.iter(|| OwnerId::of(black_box(OWNER))));
    group.bench_function("target", |bencher| {
        bencher.iter(|| RouteId::under(&owner, ROUTER, OWNER, None, black_box(METADATA)));
    });
    let id = RouteId::under(&owner, ROUTER, OWNER, None, METADATA);
    group.bench_function("known again", |bencher| {
        bencher.iter(|| owner.made(black_box(id.as_str())));
    });
    group.finish();
}

criterion_group!(benches, ids);
criterion_main!(benches);
