//! Each fault as a client meets it.

use std::time::{Duration, Instant};

use serde_json::json;

use super::client::{Client, start};
use routesync_local::{Faults, How, LocalStore};

fn set(store: &LocalStore, faults: &str) {
    store.set_faults(Faults::from_json(faults).unwrap()).unwrap();
}

#[tokio::test]
async fn failures_before_leave_the_store_and_failures_after_change_it() {
    let store = start("{}").await;
    for (how, status) in [
        ("500", 500),
        ("502", 502),
        ("503", 503),
        ("504", 504),
        ("notJson", 200),
        ("throttle", 400),
        ("reset", 0),
    ] {
        for after in [false, true] {
            store.set_entries(store.arn(), [].into()).unwrap();
            let mut client = Client::to(&store).await;
            let etag = client.describe().await.etag();
            let line = json!([{"on":"PutKey","key":"k","how":how,"after":after}]);
            store.script(serde_json::from_value(line).unwrap());
            let path = client.path("/keys/k");
            let answer = client.try_send("PUT", &path, &[("If-Match", &etag)], br#"{"Value":"v"}"#).await;
            assert_eq!(answer.map_or(0, |it| it.status), status, "{how}");
            assert_eq!(store.entries(store.arn()).unwrap().len(), usize::from(after), "{how}");
            let last = store.log().pop().unwrap();
            assert_eq!((last.status, last.applied), (status, after));
            assert_eq!(serde_json::to_value(last.fault).unwrap(), how);
        }
    }
    let stats = store.stats();
    assert_eq!((stats.faults, stats.throttled, stats.writes_accepted), (14, 2, 7));
}

#[tokio::test]
async fn a_reset_is_a_reset_and_a_truncated_answer_breaks_off() {
    let store = start("{}").await;
    set(&store, r#"{"script":[{"how":"reset"},{"how":"truncate","after":true}]}"#);
    let mut client = Client::to(&store).await;
    let path = client.path("");
    tokio::io::AsyncWriteExt::write_all(
        &mut client.stream,
        format!(
            "GET {path} HTTP/1.1\r\nhost: x\r\nauthorization: {}\r\nx-amz-region-set: *\r\n\r\n",
            client.authorization
        )
        .as_bytes(),
    )
    .await
    .unwrap();
    let error = tokio::io::AsyncReadExt::read(&mut client.stream, &mut [0; 64]).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    let cut = Client::to(&store).await.describe().await;
    assert_eq!((cut.status, cut.whole), (200, false));
    assert!(cut.header("etag").is_some());
}

#[tokio::test]
async fn a_hanging_request_ends_with_the_server_and_its_write_stands() {
    let store = start("{}").await;
    let mut client = Client::to(&store).await;
    let etag = client.describe().await.etag();
    set(&store, r#"{"script":[{"on":"PutKey","how":"hang","after":true}]}"#);
    let path = client.path("/keys/k");
    let body = br#"{"Value":"v"}"#;
    let headers = [("If-Match", etag.as_str())];
    let send = client.try_send("PUT", &path, &headers, body);
    assert!(tokio::time::timeout(Duration::from_millis(100), send).await.is_err());
    assert_eq!(store.entries(store.arn()).unwrap()["k"], "v");
    let began = Instant::now();
    store.close().await;
    assert!(began.elapsed() < Duration::from_millis(900));
    assert!(client.read().await.is_none());
}

#[tokio::test]
async fn a_write_lands_after_its_client_gave_up() {
    let store = start("{}").await;
    let mut client = Client::to(&store).await;
    let etag = client.describe().await.etag();
    set(&store, r#"{"script":[{"on":"PutKey","how":"none","delayMs":200}]}"#);
    let path = client.path("/keys/k");
    let headers = [("If-Match", etag.as_str())];
    let send = client.try_send("PUT", &path, &headers, br#"{"Value":"v"}"#);
    assert!(tokio::time::timeout(Duration::from_millis(50), send).await.is_err());
    drop(client);
    assert!(store.entries(store.arn()).unwrap().is_empty());
    let began = Instant::now();
    while store.entries(store.arn()).unwrap().is_empty() {
        assert!(began.elapsed() < Duration::from_secs(10));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn lagging_reads_show_an_old_state_with_its_own_counts_and_etag() {
    let store = start(r#"{"faults":{"lag":{"versions":2}}}"#).await;
    let mut client = Client::to(&store).await;
    let mut etags = vec![client.describe().await.etag()];
    for n in 1..=3 {
        let etag = client.put("k", etags.last().unwrap(), &"v".repeat(n)).await.etag();
        etags.push(etag);
    }
    let described = client.describe().await;
    assert_eq!((described.etag(), &described.json["TotalSizeInBytes"]), (etags[1].clone(), &json!(2)));
    let got = client.get("k").await.json;
    assert_eq!((&got["Value"], &got["TotalSizeInBytes"]), (&json!("v"), &json!(2)));
    set(&store, r#"{"lag":{"versions":1,"on":["GetKey"]}}"#);
    assert_eq!(client.describe().await.etag(), etags[3]);
    assert_eq!(client.get("k").await.json["Value"], "vv");
    set(&store, r#"{"lag":{"versions":1,"forMs":1}}"#);
    tokio::time::sleep(Duration::from_millis(5)).await;
    assert_eq!(client.get("k").await.json["Value"], "vvv");
}

#[tokio::test]
async fn scripted_lag_hits_one_read() {
    let store = start(r#"{"faults":{"script":[{"on":"GetKey","how":"lag"}]}}"#).await;
    let mut client = Client::to(&store).await;
    let etag = client.describe().await.etag();
    client.put("k", &etag, "v").await;
    assert_eq!(client.get("k").await.status, 404);
    assert_eq!(client.get("k").await.status, 200);
    let faults: Vec<Option<How>> = store.log().iter().map(|it| it.fault).collect();
    assert_eq!(faults, [None, None, Some(How::Lag), None]);
}

#[tokio::test]
async fn counts_can_be_off_and_stale_can_be_a_conflict() {
    let store =
        start(r#"{"faults":{"miscount":{"items":5,"bytes":-9,"on":["GetKey"]},"staleAs409":true}}"#).await;
    store.put_raw(store.arn(), "key", Some("value")).unwrap();
    let mut client = Client::to(&store).await;
    let got = client.get("key").await.json;
    assert_eq!((&got["ItemCount"], &got["TotalSizeInBytes"]), (&json!(6), &json!(0)));
    assert_eq!(client.describe().await.json["ItemCount"], 1);
    client.put("k", "old", "v").await.is(409, "ConflictException", "If-Match");
    assert_eq!(store.stats().conflicts, 1);
}

#[tokio::test]
async fn a_store_can_be_provisioning_for_its_first_describes() {
    let store = start(r#"{"faults":{"provisioning":2}}"#).await;
    let mut client = Client::to(&store).await;
    assert_eq!(client.describe().await.json["Status"], "PROVISIONING");
    client.get("k").await.is(409, "ConflictException", "not in expected state");
    assert_eq!(client.describe().await.json["Status"], "PROVISIONING");
    assert_eq!(client.describe().await.json["Status"], "READY");
    client.get("k").await.is(404, "ResourceNotFoundException", "");
}

#[tokio::test]
async fn throttling_and_refusals_have_the_services_forms() {
    let store = start("{}").await;
    let mut client = Client::to(&store).await;
    set(&store, r#"{"throttle":{"fraction":1}}"#);
    client.list("").await.is(400, "ThrottlingException", "Rate exceeded");
    set(&store, r#"{"throttle":{"fraction":1,"bare":true}}"#);
    let bare = client.list("").await;
    assert_eq!((bare.status, bare.header("x-amzn-errortype"), &bare.json), (429, None, &json!(null)));
    set(&store, r#"{"script":[{"how":"denied"},{"how":"stale"},{"how":"notReady"},{"how":"notFound"}]}"#);
    client.describe().await.is(403, "AccessDeniedException", "");
    client.describe().await.is(400, "ValidationException", "Pre-Condition failed");
    client.describe().await.is(409, "ConflictException", "not in expected state");
    client.describe().await.is(404, "ResourceNotFoundException", "");
    assert_eq!(client.describe().await.status, 200);
}

#[tokio::test]
async fn latency_is_added_to_every_request() {
    let store = start(r#"{"latencyMs":60}"#).await;
    let mut client = Client::to(&store).await;
    let began = Instant::now();
    client.describe().await;
    assert!(began.elapsed() >= Duration::from_millis(60));
}
