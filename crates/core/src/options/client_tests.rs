//! Valid and invalid options of the client. No message shows a secret.

use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::error::RouteSyncError;

fn client(value: &Value) -> Result<ClientOptions> {
    let options = json!({ "client": value });
    ClientOptions::read(&Cursor::root(&options).get("client").unwrap())
}

fn retry(value: &Value) -> Result<RetryOptions> {
    let options = json!({ "retry": value });
    RetryOptions::read(&Cursor::root(&options).get("retry").unwrap())
}

fn assert_refused(error: &RouteSyncError, path: &str, words: &str) {
    assert_eq!(error.code, Code::InvalidOption, "{error}");
    assert_eq!(error.details.path.as_deref(), Some(path), "{error}");
    assert!(error.message.contains(words), "{error}");
    assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
}

#[test]
fn everything_is_optional() {
    assert_eq!(client(&json!({})).unwrap(), ClientOptions::default());
    assert_eq!(retry(&json!({})).unwrap(), RetryOptions::default());
}

#[test]
fn every_option_is_read() {
    let options = client(&json!({
        "endpoint": "http://127.0.0.1:4566/",
        "credentials": {"accessKeyId": "AKIA", "secretAccessKey": "hunter2", "sessionToken": "hunter2"},
        "assumeRole": {"arn": "arn:aws:iam::123456789012:role/r", "externalId": "x", "sessionName": "ci", "region": "eu-central-1"},
    }))
    .unwrap();
    assert_eq!(options.endpoint.as_deref(), Some("http://127.0.0.1:4566"));
    let credentials = options.credentials.as_ref().unwrap();
    assert_eq!(credentials.secret_access_key.expose(), "hunter2");
    let role = options.assume_role.as_ref().unwrap();
    assert_eq!((role.session_name.as_deref(), role.region.as_deref()), (Some("ci"), Some("eu-central-1")));
    assert_eq!(client(&json!({"profile": "dev"})).unwrap().profile.as_deref(), Some("dev"));
    let debug = format!("{options:?}");
    assert!(debug.contains("***") && !debug.contains("hunter2") && !debug.contains("AKIA"), "{debug}");
}

#[test]
fn bad_client_options_are_refused_and_secrets_never_shown() {
    for (value, path, words) in [
        (json!("hunter2"), "client", "an object"),
        (
            json!({"profile": "dev", "credentials": {"accessKeyId": "AKIA", "secretAccessKey": "hunter2"}}),
            "client.profile",
            "client.credentials",
        ),
        (json!({"endpoit": "x"}), "client.endpoit", "did you mean `endpoint`?"),
        (json!({"endpoint": "hunter2"}), "client.endpoint", "http: or https:"),
        (json!({"endpoint": "ftp://a"}), "client.endpoint", "http: or https:"),
        (json!({"endpoint": "https://u:hunter2@a"}), "client.endpoint", "credentials"),
        (json!({"endpoint": "https://a/?t=hunter2"}), "client.endpoint", "query"),
        (json!({"endpoint": null}), "client.endpoint", "arrive as null"),
        (json!({"profile": ""}), "client.profile", "1 to 256 bytes"),
        (json!({"credentials": "hunter2"}), "client.credentials", "an object"),
        (json!({"credentials": {"accessKeyId": "a"}}), "client.credentials.secretAccessKey", "missing"),
        (
            json!({"credentials": {"accessKeyId": "a", "secretAccessKey": "hunter2\n"}}),
            "client.credentials.secretAccessKey",
            "control characters",
        ),
        (
            json!({"credentials": {"accessKeyId": "a", "secretAccessKey": "b", "sesionToken": "hunter2"}}),
            "client.credentials.sesionToken",
            "sessionToken",
        ),
        (json!({"assumeRole": {}}), "client.assumeRole.arn", "missing"),
        (json!({"assumeRole": {"arn": "role"}}), "client.assumeRole.arn", "\"role\""),
        (
            json!({"assumeRole": {"arn": "arn:aws:iam::1:role/r", "sessionName": "a b"}}),
            "client.assumeRole.sessionName",
            "2 to 64",
        ),
        (
            json!({"assumeRole": {"arn": "arn:aws:iam::1:role/r", "externalId": ["hunter2"]}}),
            "client.assumeRole.externalId",
            "an array",
        ),
    ] {
        assert_refused(&client(&value).unwrap_err(), path, words);
    }
}

#[test]
fn retry_options_take_fractions_and_text() {
    let options =
        retry(&json!({"attemptTimeout": 0.05, "connectTimeout": "1 second", "firstWait": 0, "maxWait": 0.2}))
            .unwrap();
    assert_eq!(options.attempt_timeout, Duration::from_millis(50));
    assert_eq!(options.connect_timeout, Duration::from_secs(1));
    assert_eq!(options.first_wait, Some(Duration::ZERO));
    assert_eq!(options.max_wait, Duration::from_millis(200));
}

#[test]
fn retry_options_out_of_range_are_refused() {
    for (value, path, words) in [
        (json!({"attemptTimeout": 0}), "retry.attemptTimeout", "0.001 to 600"),
        (json!({"attemptTimeout": -1}), "retry.attemptTimeout", "found -1"),
        (json!({"connectTimeout": "1 fortnight"}), "retry.connectTimeout", "1 fortnight"),
        (json!({"maxWait": null}), "retry.maxWait", "arrive as null"),
        (json!({"firstWait": 11}), "retry.firstWait", "retry.maxWait"),
        (json!({"waits": 1}), "retry.waits", "unknown option"),
        (json!([]), "retry", "an object"),
    ] {
        assert_refused(&retry(&value).unwrap_err(), path, words);
    }
}
