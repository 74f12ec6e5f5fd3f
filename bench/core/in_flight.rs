//! Finds the number of requests in flight that reads a table the fastest: `cargo bench -p routesync-bench --bench in_flight`.
//!
//! The client that deploys use reads the 784 chunks of a table of 20,000 routes from the embedded store, over TLS, on new connections.
//! The store waits before each answer, and a new connection waits the same time for each of the two round trips of TCP and TLS.
//! `IN_FLIGHT` in crates/core/src/kvs/mod.rs is chosen by the result.

#[path = "../../crates/aws/tests/support/tls.rs"]
mod tls;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use futures_util::{StreamExt, TryStreamExt, stream};
use tls::{Tls, tls};

use routesync_aws::client::PERMITS;
use routesync_aws::cloudfront::CloudFrontStore;
use routesync_aws::shared_config::AwsEnv;
use routesync_core::kvs::IN_FLIGHT;
use routesync_core::kvs::Store;
use routesync_core::options::parse_sync;
use routesync_local::{Faults, LocalOptions, LocalStore};

const CHUNKS: usize = 784;
const CHUNK_BYTES: usize = 900;
const LATENCIES_MS: [u64; 3] = [5, 20, 80];
const NUMBERS: [usize; 7] = [4, 8, 16, 32, 64, 128, 256];
const RUNS: usize = 3;
/// The round trips of a connection: one for TCP, and one for TLS 1.3.
const TRIPS_TO_CONNECT: u32 = 2;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        PERMITS.add_permits(NUMBERS.iter().max().unwrap().saturating_sub(IN_FLIGHT));
        let store = LocalStore::start(LocalOptions::default()).await.unwrap();
        let keys: Vec<String> = (0..CHUNKS).map(|n| format!("f2de:routes:{n}")).collect();
        let entries: BTreeMap<_, _> = keys.iter().map(|key| (key.clone(), "x".repeat(CHUNK_BYTES))).collect();
        store.set_entries(store.arn(), entries).unwrap();
        println!(
            "{CHUNKS} chunks, best of {RUNS}; in round trips, and as a multiple of {IN_FLIGHT} in flight"
        );
        for latency_ms in LATENCIES_MS {
            store.set_faults(Faults { latency_ms, ..Faults::default() }).unwrap();
            let mut found = Vec::new();
            for number in NUMBERS {
                let mut best = Duration::MAX;
                for _ in 0..RUNS {
                    best = best.min(read(&store, &keys, number, Duration::from_millis(latency_ms)).await);
                }
                found.push((number, best));
            }
            let chosen = found.iter().find(|(number, _)| *number == IN_FLIGHT).unwrap().1;
            for (number, took) in found {
                let trips = took.as_secs_f64() * 1_000.0 / f64::from(u32::try_from(latency_ms).unwrap());
                println!(
                    "{latency_ms:>3} ms  {number:>4} in flight  {:>7.1} ms  {trips:>6.1} trips  {:.2}",
                    took.as_secs_f64() * 1_000.0,
                    took.as_secs_f64() / chosen.as_secs_f64()
                );
            }
        }
        store.close().await;
    });
}

async fn read(store: &LocalStore, keys: &[String], number: usize, latency: Duration) -> Duration {
    let Tls { port, ca } = tls(&store.endpoint(), "localhost", latency * TRIPS_TO_CONNECT).await;
    let options = serde_json::json!({
        "store": store.arn(), "router": "f2de", "owner": "bench/in-flight", "routes": {},
        "client": {
            "endpoint": format!("https://localhost:{port}"),
            "credentials": { "accessKeyId": "AKIAEXAMPLE", "secretAccessKey": "not-a-secret" },
            "caBundle": ca,
        },
    });
    let reach = parse_sync(&options.to_string()).unwrap().reach;
    let remote = CloudFrontStore::new(reach.store, reach.client, reach.retry, AwsEnv::of_process());
    // As in a deploy, one connection is open before the chunks are requested.
    remote.describe().await.unwrap();
    let start = Instant::now();
    let got: Vec<_> =
        stream::iter(keys).map(|key| remote.get(key)).buffer_unordered(number).try_collect().await.unwrap();
    let took = start.elapsed();
    assert!(got.len() == CHUNKS && got.iter().all(Option::is_some));
    took
}
