//! A real proxy on loopback, and tests that run in a child process, whose environment names it.

use std::process::Command;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

/// A proxy that leads every CONNECT to `port`, and what it was asked for.
pub async fn proxy(port: u16) -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap().port();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let seen = Arc::clone(&seen);
            tokio::spawn(async move {
                let mut client = BufReader::new(stream);
                let mut line = String::new();
                client.read_line(&mut line).await?;
                seen.lock().unwrap().push(line.trim().to_owned());
                let mut header = String::new();
                while client.read_line(&mut header).await? > 2 {
                    header.clear();
                }
                client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
                copy_bidirectional(&mut client, &mut TcpStream::connect(("127.0.0.1", port)).await?).await
            });
        }
    });
    (at, asked)
}

/// Runs `test` of this executable again with `env` and without the proxies and authorities of its own.
pub async fn child(test: &str, env: Vec<(&str, String)>) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    for name in [
        "HTTPS_PROXY",
        "https_proxy",
        "HTTP_PROXY",
        "http_proxy",
        "ALL_PROXY",
        "all_proxy",
        "NO_PROXY",
        "no_proxy",
    ] {
        command.env_remove(name);
    }
    command.args(["--exact", test, "--ignored", "--nocapture"]).envs(env);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let said =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}
