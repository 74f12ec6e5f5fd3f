//! How requests leave the process: private certificate authorities and proxies, each with a real TLS
//! server and a real proxy on loopback.
//!
//! What comes from the environment is tested in a child process: this executable, run again.

#[path = "support/proxy.rs"]
mod proxy;
#[path = "support/tls.rs"]
mod tls;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use proxy::{child, proxy};
use tls::tls;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use routesync_aws::registry;
use routesync_core::error::Code;
use routesync_core::options::parse_sync;
use routesync_core::report::Report;
use routesync_core::sync::Control;
use routesync_local::{LocalOptions, LocalStore};

/// A host that does not resolve: only a proxy can lead there.
const HOST: &str = "kvs.routesync.test";

fn options(arn: &str, endpoint: &str, ca: Option<&str>, deadline: f64) -> String {
    let mut client = serde_json::json!({
        "endpoint": endpoint,
        "credentials": { "accessKeyId": "AKIAEXAMPLE", "secretAccessKey": "not-a-secret" },
    });
    if let Some(ca) = ca {
        client["caBundle"] = ca.into();
    }
    serde_json::json!({
        "store": arn, "router": "f2de", "owner": "app/dev", "client": client, "deadline": deadline,
        "retry": { "firstWait": 0.01, "maxWait": 0.05 },
        "routes": { "/api": "https://api.example.com" },
    })
    .to_string()
}

async fn sync(options: &str) -> Result<Report, routesync_core::error::RouteSyncError> {
    let options = parse_sync(options)?;
    let engine = registry::engine(&options.reach);
    let deadline = options.reach.deadline;
    let control = Control { deadline, cancel: CancellationToken::default(), listener: None };
    engine.call(options.call, control).await
}

async fn store() -> LocalStore {
    LocalStore::start(LocalOptions::default()).await.unwrap()
}

#[tokio::test]
async fn a_private_authority_is_trusted_as_text_and_as_a_file() {
    let store = store().await;
    let tls = tls(&store.endpoint(), HOST, Duration::ZERO).await;
    let endpoint = format!("https://localhost:{}", tls.port);
    let report = sync(&options(store.arn(), &endpoint, Some(&tls.ca), 10.0)).await.unwrap();
    assert_eq!(report.added, ["/api"]);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &tls.ca).unwrap();
    let path = file.path().to_str().unwrap();
    let report = sync(&options(store.arn(), &endpoint, Some(path), 10.0)).await.unwrap();
    assert_eq!(report.unchanged, ["/api"]);
}

#[tokio::test]
async fn an_unknown_authority_is_unreachable_and_names_the_host_and_the_reason() {
    let store = store().await;
    let tls = tls(&store.endpoint(), HOST, Duration::ZERO).await;
    let endpoint = format!("https://localhost:{}", tls.port);
    let error = sync(&options(store.arn(), &endpoint, None, 10.0)).await.unwrap_err();
    assert_eq!(error.code, Code::Unreachable, "{error}");
    assert!(error.message.contains(&endpoint) && error.message.contains("certificate"), "{error}");
    assert_eq!(store.stats().total, 0);
}

#[tokio::test]
async fn a_bad_bundle_is_refused_before_anything_is_sent() {
    let store = store().await;
    for bad in ["/nowhere/ca.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        let error = sync(&options(store.arn(), "https://localhost:1", Some(bad), 10.0)).await.unwrap_err();
        assert_eq!(error.code, Code::InvalidOption, "{error}");
        assert!(error.message.contains("client.caBundle"), "{error}");
    }
}

#[tokio::test]
async fn a_refused_connection_is_unreachable_within_seconds() {
    let error = sync(&options(
        "arn:aws:cloudfront::123456789012:key-value-store/x",
        "http://127.0.0.1:9",
        None,
        60.0,
    ))
    .await
    .unwrap_err();
    assert_eq!(error.code, Code::Unreachable, "{error}");
    assert!(error.retryable && error.message.contains("127.0.0.1:9"), "{error}");
}

#[tokio::test]
async fn a_reset_after_the_request_is_no_failure_to_connect() {
    // Accepts, reads, closes: the write may have been applied.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 64]).await;
        }
    });
    let arn = "arn:aws:cloudfront::123456789012:key-value-store/y";
    let error = sync(&options(arn, &format!("http://127.0.0.1:{port}"), None, 1.0)).await.unwrap_err();
    assert_eq!(error.code, Code::DeadlineExceeded, "{error}");
    assert!(error.message.contains("broke"), "{error}");
}

#[tokio::test]
async fn an_answer_that_never_came_is_asked_for_again_and_a_write_is_recognized() {
    // Between us and the store somebody takes the answers of some requests and closes cleanly, as servers
    // and balancers do with connections they keep no longer.
    let store = store().await;
    let upstream = store.endpoint().trim_start_matches("http://").to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let lost = Arc::new(Mutex::new(vec!["GET", "POST", "GET"]));
    let taken = Arc::clone(&lost);
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let (upstream, taken) = (upstream.clone(), Arc::clone(&taken));
            tokio::spawn(async move {
                let mut server = TcpStream::connect(upstream).await?;
                let mut buffer = vec![0; 65_536];
                loop {
                    let read = client.read(&mut buffer).await?;
                    if read == 0 {
                        return Ok::<(), std::io::Error>(());
                    }
                    let request = String::from_utf8_lossy(&buffer[..read]).into_owned();
                    server.write_all(&buffer[..read]).await?;
                    // Requests and answers are small: each comes in one piece, or the body after its head.
                    if request.starts_with("POST") && request.ends_with("\r\n\r\n") {
                        let body = client.read(&mut buffer).await?;
                        server.write_all(&buffer[..body]).await?;
                    }
                    let answer = server.read(&mut buffer).await?;
                    let lose = |lost: &mut Vec<&str>| {
                        let next = lost.first().is_some_and(|method| request.starts_with(method));
                        next.then(|| lost.remove(0)).is_some()
                    };
                    if lose(&mut taken.lock().unwrap()) {
                        return Ok(());
                    }
                    client.write_all(&buffer[..answer]).await?;
                }
            });
        }
    });
    let report = sync(&options(store.arn(), &format!("http://127.0.0.1:{port}"), None, 20.0)).await.unwrap();
    assert_eq!(report.added, ["/api"]);
    assert!(lost.lock().unwrap().is_empty(), "{lost:?}");
    assert_eq!(store.stats().writes_accepted, 1, "the write was not sent twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_sts_that_cannot_be_reached_is_named() {
    let store = store().await;
    let env = vec![
        ("TEST_ARN", store.arn().to_owned()),
        ("TEST_ENDPOINT", store.endpoint()),
        ("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:9".to_owned()),
    ];
    child("with_a_role", env).await;
    assert_eq!(store.stats().total, 0);
}

#[tokio::test]
#[ignore = "runs in a child process, with an STS that refuses in its environment"]
async fn with_a_role() {
    let arn = std::env::var("TEST_ARN").unwrap();
    let endpoint = std::env::var("TEST_ENDPOINT").unwrap();
    let mut options: serde_json::Value = serde_json::from_str(&options(&arn, &endpoint, None, 20.0)).unwrap();
    options["client"]["assumeRole"] = serde_json::json!({ "arn": "arn:aws:iam::123456789012:role/x" });
    let error = sync(&options.to_string()).await.unwrap_err();
    assert_eq!(error.code, Code::Unreachable, "{error}");
    assert!(error.message.contains("http://127.0.0.1:9 could not be reached"), "{error}");
    assert!(!error.message.contains("not-a-secret"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn https_proxy_and_node_extra_ca_certs_are_honoured() {
    let store = store().await;
    let tls = tls(&store.endpoint(), HOST, Duration::ZERO).await;
    let (port, asked) = proxy(tls.port).await;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &tls.ca).unwrap();
    let env = vec![
        ("TEST_ARN", store.arn().to_owned()),
        ("HTTPS_PROXY", format!("http://127.0.0.1:{port}")),
        ("NODE_EXTRA_CA_CERTS", file.path().to_str().unwrap().to_owned()),
    ];
    child("through_the_proxy", env).await;
    let asked = asked.lock().unwrap();
    assert!(
        !asked.is_empty() && asked.iter().all(|line| line.starts_with(&format!("CONNECT {HOST}:443"))),
        "{asked:?}"
    );
    assert!(store.entries(store.arn()).unwrap().contains_key("f2de:routes"));
}

#[tokio::test]
#[ignore = "runs in a child process, with a proxy in its environment"]
async fn through_the_proxy() {
    let arn = std::env::var("TEST_ARN").unwrap();
    let report = sync(&options(&arn, &format!("https://{HOST}"), None, 10.0)).await.unwrap();
    assert_eq!(report.added, ["/api"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_proxy_and_loopback_go_around_the_proxy() {
    let store = store().await;
    let (port, asked) = proxy(9).await;
    let env = vec![
        ("TEST_ARN", store.arn().to_owned()),
        ("TEST_ENDPOINT", store.endpoint()),
        ("HTTPS_PROXY", format!("http://127.0.0.1:{port}")),
        ("HTTP_PROXY", format!("http://127.0.0.1:{port}")),
        ("NO_PROXY", HOST.to_owned()),
    ];
    child("around_the_proxy", env).await;
    assert_eq!(asked.lock().unwrap().len(), 0);
}

#[tokio::test]
#[ignore = "runs in a child process, with a proxy in its environment"]
async fn around_the_proxy() {
    let arn = std::env::var("TEST_ARN").unwrap();
    let endpoint = std::env::var("TEST_ENDPOINT").unwrap();
    sync(&options(&arn, &endpoint, None, 10.0)).await.unwrap();
    let started = std::time::Instant::now();
    let error = sync(&options(&arn, &format!("https://{HOST}"), None, 10.0)).await.unwrap_err();
    assert_eq!(error.code, Code::Unreachable, "{error}");
    assert!(error.message.contains(HOST), "{error}");
    assert!(started.elapsed() < Duration::from_secs(10));
}
