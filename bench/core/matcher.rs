//! Matches URLs against tables of several sizes: `cargo bench -p routesync-bench --bench matcher`.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};

use routesync_core::route::matcher::{Line, Matcher, Reader};

/// A table as in a router of many apps. A tenth of the routes have their own host, and `wildcards` percent have a wildcard for all hosts
/// below a domain.
fn table(routes: usize, wildcards: usize) -> Vec<(String, String)> {
    (0..routes)
        .map(|n| match n % 100 {
            tens if tens >= 100 - wildcards => {
                (format!(r".*\.team-{n}\.example\.com"), format!("/v{}", n % 7))
            }
            0..10 => (format!(r"app-{n}\.example\.com"), format!("/v{}", n % 7)),
            _ => (String::new(), format!("/service-{n}/api")),
        })
        .collect()
}

fn bench(criterion: &mut Criterion) {
    routesync_bench::reference(criterion, "matcher");
    let mut group = criterion.benchmark_group("matcher");
    for (routes, wildcards) in [(100, 1), (1_000, 1), (1_000, 50), (10_000, 10)] {
        let table = table(routes, wildcards);
        let lines = table.iter().map(|(host, path)| Line { host, path }).collect();
        let matcher = Matcher::new(lines, Reader::default());
        let urls: Vec<(String, String)> = (0..1_000)
            .map(|n| match n % 10 {
                0 => (format!("app-{}.example.com", n % routes), format!("/v{}/users", n % 7)),
                1 => ("none.example.org".to_owned(), "/nothing/here".to_owned()),
                2 => (format!("a.team-{}.example.com", n * 37 % routes), format!("/v{}/users", n % 7)),
                _ => {
                    ("d111.cloudfront.net".to_owned(), format!("/service-{}/api/users/7", (n * 37) % routes))
                }
            })
            .collect();
        group.throughput(Throughput::Elements(urls.len() as u64));
        group.bench_function(format!("{routes} routes, {wildcards} % wildcards"), |bencher| {
            bencher.iter(|| {
                urls.iter().filter(|(host, uri)| matches!(matcher.winner(host, uri), Ok(Some(_)))).count()
            });
        });
    }
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
