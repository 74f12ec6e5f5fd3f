use super::*;

fn reading(value: &Value) -> Result<Reading> {
    let options = json!({ "legacy": { "/api/*": value } });
    let root = Cursor::root(&options);
    read(&root.get("legacy").unwrap().get("/api/*").unwrap(), "/api/*")
}

/// The target, and the codes of the notes.
fn found(value: &Value) -> (Option<Value>, Vec<NoteCode>) {
    let Reading { target, notes } = reading(value).unwrap();
    assert!(notes.iter().all(|note| note.pattern == "/api/*" && note.message.len() > 30));
    (target, notes.iter().map(|note| note.code).collect())
}

#[test]
fn a_url_is_what_the_legacy_router_made_of_it() {
    for (text, target, codes) in [
        ("https://h.example", Some("https://h.example"), &[][..]),
        ("https://abc.lambda-url.us-east-1.on.aws/", Some("https://abc.lambda-url.us-east-1.on.aws"), &[]),
        ("https://H.Example:443", Some("https://h.example"), &[]),
        ("http://h.example", Some("https://h.example"), &[NoteCode::HttpsOnly]),
        ("https://h.example/v1?x=1", Some("https://h.example"), &[NoteCode::UrlReduced]),
        ("https://h.example:8443", None, &[NoteCode::Unservable]),
        ("https://192.0.2.1", None, &[NoteCode::Unservable]),
        ("src/api.handler", None, &[NoteCode::NeedsUrl]),
        ("arn:aws:lambda:us-east-1:123456789012:function:api", None, &[NoteCode::NeedsUrl]),
    ] {
        let expected = (target.map(|url| json!(url)), codes.to_vec());
        assert_eq!(found(&json!(text)), expected, "{text}");
        assert_eq!(found(&json!({ "url": text })), expected, "{text}");
    }
}

#[test]
fn no_note_shows_a_secret() {
    let notes = reading(&json!("https://user:hunter2@h.example/p?token=hunter2")).unwrap().notes;
    assert_eq!(notes[0].code, NoteCode::UrlReduced);
    assert!(!notes[0].message.contains("hunter2"), "{}", notes[0].message);
    let error = reading(&json!("ftp://user:hunter2@h.example")).unwrap_err();
    assert!(!error.message.contains("hunter2"), "{error}");
}

#[test]
fn functions_and_buckets_are_told_apart_however_they_are_given() {
    use NoteCode::{BucketCaching, GlobalDomain, NeedsDomain, NeedsUrl};
    const REGIONAL: &str = "b.s3.eu-west-1.amazonaws.com";
    let bucket = |domain: &str| Some(json!({ "bucket": domain }));
    for (value, target, codes) in [
        (json!({"handler": "src/api.handler", "url": true}), None, vec![NeedsUrl]),
        (json!({"arn": "arn:aws:lambda:us-east-1:1:function:f", "name": "f"}), None, vec![NeedsUrl]),
        (json!({"__pulumiType": "sst:aws:Function"}), None, vec![NeedsUrl]),
        (json!({"url": {"__pulumiType": "sst:aws:Function"}}), None, vec![NeedsUrl]),
        (
            json!({"arn": "arn:f", "name": "f", "url": "https://h.example"}),
            Some(json!("https://h.example")),
            vec![],
        ),
        (json!({"bucket": REGIONAL}), bucket(REGIONAL), vec![BucketCaching]),
        (json!({"bucket": {"bucketRegionalDomainName": REGIONAL}}), bucket(REGIONAL), vec![BucketCaching]),
        (
            json!({"nodes": {"bucket": {"bucketRegionalDomainName": REGIONAL}}}),
            bucket(REGIONAL),
            vec![BucketCaching],
        ),
        (
            json!({"bucket": {"name": "b", "domain": "b.s3.amazonaws.com"}}),
            bucket("b.s3.amazonaws.com"),
            vec![GlobalDomain, BucketCaching],
        ),
        (json!({"bucket": {"__pulumiType": "sst:aws:Bucket"}}), None, vec![NeedsDomain, BucketCaching]),
        (json!({"__pulumiType": "sst:aws:Bucket"}), None, vec![NeedsDomain]),
        (json!({"arn": "arn:aws:s3:::b", "name": "b"}), None, vec![NeedsDomain]),
    ] {
        assert_eq!(found(&value), (target, codes), "{value}");
    }
}

#[test]
fn a_rewrite_is_what_ran() {
    let rewrite =
        |regex: &str, to: &str| json!({"url": "https://h.example", "rewrite": {"regex": regex, "to": to}});
    for (written, ran, code) in [
        (("^/api/(.*)$", "/$1"), ("^/api/(.*)$", "/$1"), NoteCode::RewriteKept),
        ((r"^\/api\/(\\d+)$", "/$1"), (r"^/api/(\d+)$", "/$1"), NoteCode::RewriteUnescaped),
        ((r"^/v1\.0/(.*)$", "/$1"), ("^/v1.0/(.*)$", "/$1"), NoteCode::RewriteUnescaped),
        ((r"(a)\1", "/"), (r"(a)\1", "/"), NoteCode::RewriteUnescaped),
    ] {
        let (target, codes) = found(&rewrite(written.0, written.1));
        assert_eq!((target, codes), (Some(rewrite(ran.0, ran.1)), vec![code]), "{written:?}");
    }
}

#[test]
fn what_belonged_to_the_route_alone_is_told() {
    use NoteCode::{
        CachePolicy, KvStore, RewriteKept, TimeoutKept, UnknownField, ViewerRequest, ViewerResponse,
    };
    let arn = "arn:aws:cloudfront::123456789012:key-value-store/s";
    let (target, codes) = found(&json!({
        "url": "https://h.example",
        "rewrite": {"regex": "^/api", "to": ""},
        "edge": {
            "viewerRequest": {"injection": "// code", "kvStore": arn, "colour": 1},
            "viewerResponse": {"injection": "// code", "kvStores": [arn]},
            "originRequest": {},
        },
        "cachePolicy": "658327ea-f89d-4fab-a63d-7e88639e58f6",
        "readTimeout": "60 seconds",
        "connectionAttempts": 1,
        "shield": true,
    }));
    assert_eq!(
        target,
        Some(json!({
            "url": "https://h.example",
            "rewrite": {"regex": "^/api", "to": ""},
            "readTimeout": "60 seconds",
            "connectionAttempts": 1,
        }))
    );
    assert_eq!(
        codes,
        [
            RewriteKept,
            UnknownField,
            UnknownField,
            ViewerRequest,
            KvStore,
            ViewerResponse,
            KvStore,
            CachePolicy,
            TimeoutKept,
            TimeoutKept,
            UnknownField,
        ]
    );
    let by_arn =
        json!({"url": "https://h.example", "edge": {"viewerRequest": "arn:aws:cloudfront::1:function/f"}});
    assert_eq!(found(&by_arn), (Some(json!("https://h.example")), vec![ViewerRequest]));
}

#[test]
fn a_policy_of_its_own_says_that_a_bucket_was_not_cached_by_default() {
    let value = json!({"bucket": "b.s3.us-east-1.amazonaws.com", "cachePolicy": "p", "readTimeout": 5});
    let (target, codes) = found(&value);
    assert_eq!(target, Some(json!({"bucket": "b.s3.us-east-1.amazonaws.com"})));
    assert_eq!(codes, [NoteCode::CachePolicy, NoteCode::UnknownField]);
}

#[test]
fn what_could_not_have_been_deployed_is_refused_with_its_place() {
    let url = |field: &str, value: Value| json!({"url": "https://h.example", field: value});
    for (value, path, words) in [
        (json!(null), "", "expected a URL"),
        (json!(7), "", "expected a URL"),
        (json!("myapp.com"), "", "write \"https://host\""),
        (json!("ftp://h.example"), "", "is not a URL"),
        (json!({"url": true}), ".url", "expected a URL"),
        (json!({"ulr": "https://h.example"}), ".ulr", "did you mean `url`?"),
        (json!({}), "", "neither"),
        (json!({"url": "https://h.example", "bucket": "b.c"}), "", "both"),
        (json!({"bucket": "b"}), ".bucket", "regional domain"),
        (json!({"bucket": {}}), ".bucket", "regional domain"),
        (url("rewrite", json!({"regex": "a"})), ".rewrite.to", "missing"),
        (url("rewrite", json!({"regex": "(", "to": ""})), ".rewrite.regex", "JavaScript"),
        (url("edge", json!([])), ".edge", "expected an object"),
        (url("cachePolicy", json!(1)), ".cachePolicy", "id of a cache policy"),
        (url("readTimeout", json!("2 minutes")), ".readTimeout", "1 to 60"),
        (url("edge", json!({"viewerRequest": {"kvStores": "x"}})), ".edge.viewerRequest.kvStores", "array"),
    ] {
        let error = reading(&value).unwrap_err();
        assert_eq!(error.code, Code::InvalidOption, "{value}: {error}");
        assert_eq!(error.details.path, Some(format!(r#"legacy["/api/*"]{path}"#)), "{value}: {error}");
        assert!(error.message.contains(words), "{value}: {error}");
    }
}
