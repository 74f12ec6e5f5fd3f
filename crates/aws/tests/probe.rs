//! The probe of a distribution behind TLS and a proxy, each a real server on loopback.

#[path = "support/proxy.rs"]
mod proxy;
#[path = "support/tls.rs"]
mod tls;

use std::time::Duration;

use proxy::{child, proxy};
use tls::tls;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

use routesync_aws::probe::EdgeProbe;
use routesync_core::confirm::{Answer, Probe, Unusable};
use routesync_core::options::settings::{ClientOptions, RetryOptions};

/// A host that does not resolve: only a proxy can lead there.
const HOST: &str = "edge.routesync.test";

/// A distribution that answers each question with the same route. Returns its URL.
async fn distribution() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut client = BufReader::new(stream);
                let mut line = String::new();
                while client.read_line(&mut line).await? > 2 {
                    line.clear();
                }
                let body = r#"{"id":"0aa1","metadata":true}"#;
                let length = body.len();
                let answer = format!(
                    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
                );
                client.write_all(answer.as_bytes()).await
            });
        }
    });
    format!("http://127.0.0.1:{port}")
}

async fn ask(url: &str, ca: Option<&str>) -> Result<Answer, Unusable> {
    let client = ClientOptions { ca_bundle: ca.map(str::to_owned), ..ClientOptions::default() };
    let retry = RetryOptions { attempt_timeout: Duration::from_secs(5), ..RetryOptions::default() };
    EdgeProbe::new(url, &client, &retry).unwrap().ask("a.example", "/api").await
}

fn found() -> Answer {
    Answer { id: Some("0aa1".to_owned()), metadata: true }
}

#[tokio::test]
async fn a_private_authority_is_trusted_if_the_client_names_it() {
    let tls = tls(&distribution().await, HOST, Duration::ZERO).await;
    let url = format!("https://localhost:{}", tls.port);
    assert_eq!(ask(&url, Some(&tls.ca)).await, Ok(found()));
    let Unusable(message) = ask(&url, None).await.unwrap_err();
    assert!(message.contains(&url) && message.contains("certificate"), "{message}");
}

#[tokio::test]
async fn a_silent_distribution_ends_after_the_timeout() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
    let retry = RetryOptions { attempt_timeout: Duration::from_millis(100), ..RetryOptions::default() };
    let probe = EdgeProbe::new(&url, &ClientOptions::default(), &retry).unwrap();
    let Unusable(message) = probe.ask("a.example", "/").await.unwrap_err();
    assert!(message.contains(&url) && message.contains("100"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn https_proxy_and_node_extra_ca_certs_are_honoured() {
    let tls = tls(&distribution().await, HOST, Duration::ZERO).await;
    let (port, asked) = proxy(tls.port).await;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &tls.ca).unwrap();
    let env = vec![
        ("HTTPS_PROXY", format!("http://127.0.0.1:{port}")),
        ("NODE_EXTRA_CA_CERTS", file.path().to_str().unwrap().to_owned()),
    ];
    child("through_the_proxy", env).await;
    assert_eq!(*asked.lock().unwrap(), [format!("CONNECT {HOST}:443 HTTP/1.1")]);
}

#[tokio::test]
#[ignore = "runs in a child process, with a proxy in its environment"]
async fn through_the_proxy() {
    assert_eq!(ask(&format!("https://{HOST}"), None).await, Ok(found()));
}
