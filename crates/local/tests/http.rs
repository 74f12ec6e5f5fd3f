//! The embedded store over real connections: what the service is documented or observed to answer,
//! garbage, faults, concurrency, durability, and the service's own Rust client.

#[path = "http/client.rs"]
mod client;
#[path = "http/durable.rs"]
mod durable;
#[path = "http/faulty.rs"]
mod faulty;
#[path = "http/garbage.rs"]
mod garbage;
#[path = "http/sdk.rs"]
mod sdk;

use std::collections::BTreeMap;

use client::{Client, encode, start};
use serde_json::json;

use routesync_local::{LocalOptions, LocalStore, Operation};

#[tokio::test]
async fn describe_shows_etag_counts_and_state() {
    let store = start("{}").await;
    store.put_raw(store.arn(), "kéy", Some("value")).unwrap();
    let answer = Client::to(&store).await.describe().await;
    assert_eq!(answer.status, 200);
    assert!(answer.header("etag").unwrap().starts_with("KV"));
    assert!(answer.header("x-amzn-requestid").is_some());
    assert_eq!((&answer.json["ItemCount"], &answer.json["TotalSizeInBytes"]), (&json!(1), &json!(9)));
    assert_eq!((&answer.json["KvsARN"], &answer.json["Status"]), (&json!(store.arn()), &json!("READY")));
    assert!(answer.json["LastModified"].as_f64().unwrap() >= answer.json["Created"].as_f64().unwrap());
}

#[tokio::test]
async fn writes_chain_by_the_etag_each_answers() {
    let store = start("{}").await;
    let mut client = Client::to(&store).await;
    let first = client.describe().await.etag();
    let put = client.put("a:b/c", &first, "1").await;
    assert_eq!((put.status, &put.json), (200, &json!({"ItemCount": 1, "TotalSizeInBytes": 6})));
    let update = client
        .update(&put.etag(), &json!({"Puts":[{"Key":"d","Value":"é"}],"Deletes":[{"Key":"a:b/c"}]}))
        .await;
    assert_eq!((update.status, &update.json), (200, &json!({"ItemCount": 1, "TotalSizeInBytes": 3})));
    let got = client.get("d").await;
    assert_eq!(got.json, json!({"Key":"d","Value":"é","ItemCount":1,"TotalSizeInBytes":3}));
    assert!(got.header("etag").is_none());
    let deleted = client.delete("d", &update.etag()).await;
    assert_eq!((deleted.status, &deleted.json), (200, &json!({"ItemCount": 0, "TotalSizeInBytes": 0})));
    assert_eq!(client.describe().await.etag(), deleted.etag());
    let stats = store.stats();
    assert_eq!((stats.writes_accepted, stats.keys_put, stats.keys_deleted), (3, 2, 2));
    assert_eq!((stats.connections, stats.max_keys_per_update), (1, 2));
    assert_eq!(stats.requests[&Operation::DescribeKeyValueStore], 2);
}

#[tokio::test]
async fn every_row_of_the_error_table() {
    let store = start("{}").await;
    let mut client = Client::to(&store).await;
    let etag = client.describe().await.etag();
    let put = json!({"Puts":[{"Key":"a","Value":"1"}]});

    client.update("KVSTALE", &put).await.is(400, "ValidationException", "Pre-Condition failed");
    client.update_without_etag(&put).await.is(400, "ValidationException", "If-Match");
    client.get("missing").await.is(404, "ResourceNotFoundException", "missing");
    let both = json!({"Puts":[{"Key":"a","Value":"1"}],"Deletes":[{"Key":"a"}]});
    client.update(&etag, &both).await.is(400, "ValidationException", "more than once");
    let twice = json!({"Puts":[{"Key":"a","Value":"1"},{"Key":"a","Value":"1"}]});
    client.update(&etag, &twice).await.is(400, "ValidationException", "more than once");
    client.update(&etag, &json!({})).await.is(400, "ValidationException", "at least one");
    let value = "Limit exceeded: Maximum size of the value in a key value pair";
    client.put("a", &etag, &"é".repeat(513)).await.is(402, "ServiceQuotaExceededException", value);
    let many: Vec<_> = (0..51).map(|n| json!({"Key": format!("k{n}")})).collect();
    let keys = "Limit exceeded: Maximum key values pairs that you can update in a single API request";
    client.update(&etag, &json!({"Deletes": many})).await.is(402, "ServiceQuotaExceededException", keys);
    client.put(&"k".repeat(513), &etag, "").await.is(402, "ServiceQuotaExceededException", "key");
    let huge = json!({"Puts":[{"Key":"a","Value":"x".repeat(3_200_000)}]});
    client.update(&etag, &huge).await.is(402, "ServiceQuotaExceededException", "single API request");
    assert_eq!(client.describe().await.etag(), etag, "none of these changed anything");

    let nothing = client.update(&etag, &json!({"Deletes":[{"Key":"missing"}]})).await;
    assert_eq!((nothing.status, nothing.etag()), (200, etag.clone()));

    let other = store.arn().replace("123456789012", "210987654321");
    client.send("GET", &format!("/key-value-stores/{}", encode(&other)), &[], b"").await.is(
        404,
        "ResourceNotFoundException",
        &other,
    );
    store.delete_store(store.arn()).unwrap();
    let gone = "Key-Value-Store was not in expected state";
    client.describe().await.is(409, "ConflictException", gone);
    client.get("a").await.is(409, "ConflictException", gone);
    client.list("").await.is(409, "ConflictException", gone);
    client.update(&etag, &put).await.is(409, "ConflictException", gone);
    assert_eq!(store.stats().conflicts, 1);
}

#[tokio::test]
async fn requests_not_signed_as_the_service_wants_are_refused() {
    let store = start("{}").await;
    let mut client = Client::to(&store).await;
    client.authorization.clear();
    client.describe().await.is(403, "MissingAuthenticationTokenException", "");
    client.authorization = "AWS4-HMAC-SHA256 Credential=A/20260101/us-east-1/cloudfront-keyvaluestore/aws4_request, SignedHeaders=host, Signature=00".into();
    client.describe().await.is(403, "InvalidSignatureException", "SigV4A");
    assert_eq!(store.stats().malformed, 2);
}

#[tokio::test]
async fn pages_list_all_keys_once_and_a_bad_token_is_refused() {
    let store = start("{}").await;
    let all: BTreeMap<String, String> = (0..120).map(|n| (format!("k{n:03}"), n.to_string())).collect();
    store.set_entries(store.arn(), all.clone()).unwrap();
    let mut client = Client::to(&store).await;
    assert_eq!(client.list("").await.json["Items"].as_array().unwrap().len(), 10);
    let (mut seen, mut query, mut pages) = (BTreeMap::new(), "?MaxResults=50".to_owned(), 0);
    loop {
        let page = client.list(&query).await;
        for item in page.json["Items"].as_array().unwrap() {
            let text = |name: &str| item[name].as_str().unwrap().to_owned();
            assert!(seen.insert(text("Key"), text("Value")).is_none());
        }
        pages += 1;
        let Some(token) = page.json["NextToken"].as_str() else { break };
        query = format!("?MaxResults=50&NextToken={token}");
    }
    assert_eq!((seen, pages), (all, 3));
    client.list("?NextToken=made-up").await.is(400, "ValidationException", "NextToken");
    client.list("?MaxResults=51").await.is(400, "ValidationException", "MaxResults");
}

#[tokio::test]
async fn stores_of_one_server_are_apart() {
    let store = start("{}").await;
    let (a, b) = (store.create_store(Some("a")).unwrap(), store.create_store(None).unwrap());
    assert_eq!(store.create_store(Some("a")).unwrap(), a);
    assert_eq!(store.create_store(Some("default")).unwrap(), store.arn());
    let mut client = Client::to(&store).await;
    client.arn.clone_from(&a);
    let etag = client.describe().await.etag();
    assert_eq!(client.put("k", &etag, "v").await.status, 200);
    assert_eq!(store.entries(&a).unwrap().len(), 1);
    assert!(store.entries(&b).unwrap().is_empty() && store.entries(store.arn()).unwrap().is_empty());
    client.arn = b;
    assert!(client.put("k", &etag, "v").await.json["Message"].as_str().unwrap().contains("Pre-Condition"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_hundred_connections_write_at_once_and_one_wins() {
    let store = start("{}").await;
    let etag = Client::to(&store).await.describe().await.etag();
    let mut clients = Vec::new();
    for n in 0..500 {
        let (mut client, etag) = (Client::to(&store).await, etag.clone());
        clients.push(tokio::spawn(async move { client.put(&format!("key-{n}"), &etag, "v").await.status }));
    }
    let mut won = 0;
    for client in clients {
        won += usize::from(client.await.unwrap() == 200);
    }
    let stats = store.stats();
    assert_eq!((won, stats.writes_accepted, stats.conflicts), (1, 1, 499));
    assert_eq!((stats.connections, stats.in_flight), (501, 0));
}

#[tokio::test]
async fn an_observer_sees_the_entries_after_every_write() {
    let store = start("{}").await;
    let seen = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let sink = seen.clone();
    store.observe(move |_, entries| sink.lock().unwrap().push(entries.len()));
    let mut client = Client::to(&store).await;
    let mut etag = client.describe().await.etag();
    for key in ["a", "b", "c"] {
        etag = client.put(key, &etag, "").await.etag();
    }
    client.update(&etag, &json!({"Deletes":[{"Key":"z"}]})).await;
    assert_eq!(*seen.lock().unwrap(), [1, 2, 3]);
}

#[tokio::test]
async fn closing_frees_the_port_and_dropping_ends_the_server() {
    let store = start("{}").await;
    let endpoint = store.endpoint();
    let mut idle = Client::to(&store).await;
    idle.describe().await;
    let began = std::time::Instant::now();
    store.close().await;
    store.close().await;
    assert!(began.elapsed() < std::time::Duration::from_millis(500), "an idle connection holds nothing up");
    assert_eq!(store.stats().open_connections, 0);
    let port: u16 = endpoint.rsplit(':').next().unwrap().parse().unwrap();
    let again = LocalStore::start(LocalOptions { port, ..LocalOptions::default() }).await.unwrap();
    let taken = LocalStore::start(LocalOptions { port, ..LocalOptions::default() }).await.unwrap_err();
    assert_eq!(taken.details.path.as_deref(), Some("port"));
    let mut client = Client::to(&again).await;
    client.describe().await;
    drop(again);
    assert!(client.try_send("GET", "/", &[], b"").await.is_none());
}

#[tokio::test]
async fn unknown_options_are_named() {
    for (json, word) in [
        (r#"{"latency":1}"#, "latency"),
        (r#"{"faults":{"lags":{}}}"#, "lags"),
        (r#"{"port":70000}"#, "70000"),
        (r#"{"faults":{"script":[{"how":"explode"}]}}"#, "explode"),
    ] {
        let error = LocalOptions::from_json(json).unwrap_err();
        assert_eq!(error.code, routesync_core::error::Code::InvalidOption);
        assert!(error.message.contains(word), "{error}");
    }
    let bad = LocalOptions::from_json(r#"{"faults":{"throttle":{"fraction":2}}}"#).unwrap();
    let error = LocalStore::start(bad).await.unwrap_err();
    assert_eq!(error.details.path.as_deref(), Some("faults.throttle.fraction"));
}
