//! Plans against tables of 1,000 to 50,000 routes. Planning must stay linear, and take less than 100 ms for the largest.

use std::collections::BTreeMap;
use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

use routesync_core::kvs::{Counts, ETag};
use routesync_core::options::{Call, OwnerName, RouterId};
use routesync_core::plan::{Snapshot, plan};
use routesync_core::route::{OriginUrl, Route, Target, UrlTarget};
use routesync_core::table::id::OwnerId;

const OWNER: &str = "app/stage";
const ROUTER: &str = "f2de";

/// `routes` routes, in which every second one is a wildcard that takes the requests of the route before it. The lint rules find the most
/// in such a table.
fn shadowed(routes: usize) -> Call {
    let url = OriginUrl::parse("https://h.example.com", "url").expect("a url");
    let target = Target::url(&UrlTarget::new(url), "target").expect("a target");
    let routes = (0..routes).map(|i| {
        let host = if i % 2 == 0 { "a" } else { "*" };
        Route::new(&format!("{host}.example.com/path-{}", i / 2), target.clone(), "routes")
            .expect("a route")
            .0
    });
    let router = RouterId::parse(ROUTER).expect("a router");
    Call::new(router, OwnerName::parse(OWNER).expect("an owner"), routes.collect()).expect("a set")
}

/// `routes` routes to 100 targets. Each `changed`th route leads to another target.
fn call(routes: usize, changed: usize) -> Call {
    let target = |name: String| {
        let url = OriginUrl::parse(&format!("https://{name}.example.com"), "url").expect("a url");
        Target::url(&UrlTarget::new(url), "target").expect("a target")
    };
    let targets: Vec<Target> = (0..100).map(|i| target(format!("h{i}"))).collect();
    let other = target("other".to_owned());
    let routes = (0..routes).map(|i| {
        let target = if changed > 0 && i % changed == 0 { &other } else { &targets[i % 100] };
        Route::new(&format!("/area-{}/path-{i}", i % 7), target.clone(), "routes").expect("a route").0
    });
    let router = RouterId::parse(ROUTER).expect("a router");
    Call::new(router, OwnerName::parse(OWNER).expect("an owner"), routes.collect()).expect("a set")
}

fn snapshot(store: &BTreeMap<String, String>) -> Snapshot {
    let mut snapshot = Snapshot::new(ETag::new("E"), Counts::default());
    let owner = OwnerId::of(OWNER);
    loop {
        let missing = snapshot.missing([(ROUTER, &owner)].into_iter());
        if missing.is_empty() {
            return snapshot;
        }
        for key in missing {
            let value = store.get(&key).cloned();
            snapshot.set(key, value);
        }
    }
}

/// The store after `call` was deployed.
fn live(call: &Call) -> Snapshot {
    let mut store = BTreeMap::new();
    for staged in plan(&snapshot(&store), &[call], 1_000, "c").batches {
        for key in staged.batch.deletes {
            store.remove(&key);
        }
        store.extend(staged.batch.puts);
    }
    snapshot(&store)
}

fn planning(criterion: &mut Criterion) {
    routesync_bench::reference(criterion, "plan");
    let mut group = criterion.benchmark_group("plan");
    group.sample_size(10);
    for routes in [1_000, 10_000, 50_000] {
        group.throughput(Throughput::Elements(routes as u64));
        let standing = live(&call(routes, 0));
        for (name, changed) in [("unchanged", 0), ("one in a hundred changed", 100), ("all changed", 1)] {
            let wanted = call(routes, changed);
            group.bench_with_input(BenchmarkId::new(name, routes), &wanted, |bencher, wanted| {
                bencher.iter(|| plan(black_box(&standing), &[wanted], 2_000, "d"));
            });
        }
        let empty = snapshot(&BTreeMap::new());
        let wanted = call(routes, 0);
        group.bench_with_input(BenchmarkId::new("fresh", routes), &wanted, |bencher, wanted| {
            bencher.iter(|| plan(black_box(&empty), &[wanted], 2_000, "d"));
        });
        let wanted = shadowed(routes);
        group.bench_with_input(
            BenchmarkId::new("fresh, all of it odd", routes),
            &wanted,
            |bencher, wanted| {
                bencher.iter(|| plan(black_box(&empty), &[wanted], 2_000, "d"));
            },
        );
    }
    group.finish();
}

criterion_group!(benches, planning);
criterion_main!(benches);
