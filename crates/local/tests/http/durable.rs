//! The file: what was answered survives.

use std::path::Path;
use std::process::{Command, Stdio};

use super::client::Client;
use routesync_core::error::Code;
use routesync_local::{LocalOptions, LocalStore};

async fn open(path: &Path) -> Result<LocalStore, routesync_core::error::RouteSyncError> {
    LocalStore::start(LocalOptions { file: Some(path.to_owned()), ..LocalOptions::default() }).await
}

#[tokio::test]
async fn stores_survive_a_restart_with_their_arns_and_etags() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.json");
    let store = open(&path).await.unwrap();
    let (arn, other) = (store.arn().to_owned(), store.create_store(Some("other")).unwrap());
    let gone = store.create_store(Some("gone")).unwrap();
    store.delete_store(&gone).unwrap();
    let mut client = Client::to(&store).await;
    let etag = client.describe().await.etag();
    let etag = client.put("k", &etag, "v").await.etag();
    assert_eq!(open(&path).await.unwrap_err().details.path.as_deref(), Some("file"), "in use");
    store.close().await;

    let store = open(&path).await.unwrap();
    assert_eq!((store.arn(), store.create_store(Some("other")).unwrap()), (arn.as_str(), other));
    let mut client = Client::to(&store).await;
    assert_eq!(client.describe().await.etag(), etag);
    assert_eq!(client.get("k").await.json["Value"], "v");
    assert_eq!(client.put("k", &etag, "w").await.status, 200);
    client.arn = gone;
    assert_eq!(client.describe().await.status, 409);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writes_to_many_stores_share_saves_and_all_are_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.json");
    let store = open(&path).await.unwrap();
    let arns: Vec<String> = (0..40).map(|n| store.create_store(Some(&n.to_string())).unwrap()).collect();
    let mut writers = Vec::new();
    for arn in &arns {
        let mut client = Client::to(&store).await;
        client.arn.clone_from(arn);
        writers.push(tokio::spawn(async move {
            let mut etag = client.describe().await.etag();
            for n in 0..5 {
                etag = client.put("k", &etag, &n.to_string()).await.etag();
            }
        }));
    }
    for writer in writers {
        writer.await.unwrap();
    }
    // Dropped, not closed: as much as a process can do to itself without ending.
    let copy = std::fs::read(&path).unwrap();
    drop(store);
    std::fs::write(folder.path().join("copy.json"), copy).unwrap();
    let store = open(&folder.path().join("copy.json")).await.unwrap();
    for arn in &arns {
        assert_eq!(store.entries(arn).unwrap()["k"], "4");
    }
}

#[tokio::test]
async fn files_that_are_damaged_or_newer_are_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    // Each has a file of its own: a process that another test starts may hold the first one's lock for a moment.
    for (name, text, code) in [
        ("damaged", "{\"format\":", Code::InvalidOption),
        ("newer", r#"{"format":"routesync-local-store","version":99,"stores":{}}"#, Code::FormatNewer),
    ] {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        let error = open(&path).await.unwrap_err();
        assert_eq!((error.code, error.details.path.as_deref()), (code, Some("file")));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    }
}

const CHILD: &str = "ROUTESYNC_TEST_CHILD_FILE";

/// Not a test of its own: the process that the next one kills. It prints the number of each write
/// after that was answered.
#[tokio::test]
async fn child_that_writes_until_it_is_killed() {
    let Ok(path) = std::env::var(CHILD) else { return };
    let store = open(Path::new(&path)).await.unwrap();
    let mut client = Client::to(&store).await;
    let mut etag = client.describe().await.etag();
    for n in 0..1_000_000_u32 {
        etag = client.put("n", &etag, &n.to_string()).await.etag();
        eprintln!("answered {n}");
    }
}

#[tokio::test]
async fn an_answered_write_survives_a_killed_process() {
    use std::io::{BufRead, BufReader};
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.json");
    for round in 0..3 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["durable::child_that_writes_until_it_is_killed", "--exact", "--nocapture"])
            .env(CHILD, &path)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let (mut answered, mut killed) = (None, false);
        for line in lines {
            let Some(n) = line.unwrap().strip_prefix("answered ").and_then(|n| n.parse::<u32>().ok()) else {
                continue;
            };
            answered = Some(n);
            if n >= 20 + round && !killed {
                child.kill().unwrap();
                killed = true;
            }
        }
        child.wait().unwrap();
        let answered = answered.expect("the child answered writes");
        let store = open(&path).await.unwrap();
        let stored: u32 = store.entries(store.arn()).unwrap()["n"].parse().unwrap();
        assert!(stored == answered || stored == answered + 1, "answered {answered}, stored {stored}");
        store.close().await;
        let left = std::fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(left, 2, "the file and its lock, and nothing of a broken save");
    }
}
