//! Whatever comes in is answered with a refusal, and the server lives on.

use std::time::Duration;

use tokio::io::AsyncWriteExt;

use super::client::{Client, start};

#[tokio::test]
async fn bytes_that_are_not_http_are_a_bad_request() {
    let store = start("{}").await;
    let mut random = fastrand::Rng::with_seed(1);
    let noise: Vec<u8> = (0..5_000).map(|_| random.u8(..)).chain(*b"\r\n\r\n").collect();
    for bytes in [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 a TLS hello\r\n\r\n".as_slice(),
        b"hello?\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /\xFF\xFE HTTP/1.1\r\nhost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nbad header\r\n\r\n",
        b"POST / HTTP/1.1\r\ncontent-length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
        &noise,
    ] {
        let mut client = Client::to(&store).await;
        let status = client.raw(bytes).await.map(|answer| answer.status);
        assert_eq!(status, Some(400), "{:?}", String::from_utf8_lossy(bytes));
    }
    assert_eq!(Client::to(&store).await.describe().await.status, 200);
}

#[tokio::test]
async fn what_is_too_large_is_refused_with_an_answer_the_client_can_read() {
    let store = start("{}").await;
    let mut client = Client::to(&store).await;
    let header = "x".repeat(200_000);
    let head = client.try_send("GET", "/", &[("x-long", &header)], b"").await.map(|it| it.status);
    assert_eq!(head, Some(431));
    let mut client = Client::to(&store).await;
    let path = format!("/{}", "x".repeat(65_000));
    assert!(matches!(client.send("GET", &path, &[], b"").await.status, 400..=431));
    let mut client = Client::to(&store).await;
    let body = vec![b' '; 6_000_000];
    let path = client.path("/keys");
    client.send("POST", &path, &[("If-Match", "x")], &body).await.is(
        413,
        "RequestEntityTooLargeException",
        "",
    );
    assert_eq!(client.describe().await.status, 200, "on the same connection");
}

#[tokio::test]
async fn malformed_requests_are_400_and_keep_the_connection() {
    let store = start("{}").await;
    let mut client = Client::to(&store).await;
    let deep = "[".repeat(200_000);
    let deep_inside = format!("{{\"Puts\":{deep}");
    for (method, rest, body) in [
        ("GET", "/keys/%", b"".as_slice()),
        ("GET", "/keys/%zz", b""),
        ("GET", "/keys/%FF%FE", b""),
        ("GET", "/keys/", b""),
        ("GET", "/keys?NextToken=%", b""),
        ("GET", "/keys?MaxResults=-1", b""),
        ("PUT", "/keys/a", b"not json"),
        ("PUT", "/keys/a", b"{\"Value\":1}"),
        ("PUT", "/keys/a", b"{\"Value\":\"\xFF\"}"),
        ("PUT", "/keys/a", b"{\"Value\":\"\\ud800\"}"),
        ("POST", "/keys", b""),
        ("POST", "/keys", deep.as_bytes()),
        ("POST", "/keys", deep_inside.as_bytes()),
    ] {
        let path = client.path(rest);
        let answer = client.send(method, &path, &[("If-Match", "x")], body).await;
        assert_eq!(answer.status, 400, "{method} {rest}: {answer:?}");
        assert!(answer.header("x-amzn-errortype").is_some());
    }
    for (method, path) in
        [("GET", "/"), ("OPTIONS", "*"), ("DELETE", "/key-value-stores"), ("BREW", "/a/b/c")]
    {
        client.send(method, path, &[], b"").await.is(404, "UnknownOperationException", "");
    }
    client.send("GET", "/key-value-stores/arn%3Aaws%3As3", &[], b"").await.is(
        400,
        "ValidationException",
        "ARN",
    );
    assert_eq!(store.stats().connections, 1);
}

#[tokio::test]
async fn half_a_body_is_no_request() {
    let store = start("{}").await;
    let mut client = Client::to(&store).await;
    let head = format!("POST {} HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{{", client.path("/keys"));
    client.stream.write_all(head.as_bytes()).await.unwrap();
    client.stream.shutdown().await.unwrap();
    let _ = client.read().await;
    assert_eq!(store.stats().writes_accepted, 0);
    assert_eq!(Client::to(&store).await.describe().await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn half_a_head_is_not_waited_for_for_ever() {
    let store = start("{}").await;
    let mut client = Client::to(&store).await;
    client.stream.write_all(b"GET / HT").await.unwrap();
    // The clock is virtual: it jumps as soon as everyone waits.
    let mut end = [0; 1];
    let read = tokio::io::AsyncReadExt::read(&mut client.stream, &mut end);
    assert!(tokio::time::timeout(Duration::from_mins(5), read).await.is_ok());
}
