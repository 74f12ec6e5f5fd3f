//! Valid options of whole calls, and each kind of invalid options.

use serde_json::{Map, json};

use super::*;
use crate::route::lint_rule::Rule;
use crate::route::{EntryPattern, TargetKind};

const ARN: &str = "arn:aws:cloudfront::123456789012:key-value-store/7e8a-11";

/// A complete call with `changes` on top; a change to `undefined` removes the option.
fn call(changes: &Value) -> String {
    let mut options = json!({"store": ARN, "router": "678a", "owner": "app/stage", "routes": {"/api": "https://h.example"}});
    for (key, value) in changes.as_object().unwrap() {
        if value == "undefined" {
            options.as_object_mut().unwrap().remove(key);
        } else {
            options[key] = value.clone();
        }
    }
    options.to_string()
}

fn refused(changes: &Value) -> RouteSyncError {
    parse_sync(&call(changes)).unwrap_err()
}

#[test]
fn the_smallest_call_has_every_default() {
    let options = parse_sync(&call(&json!({}))).unwrap();
    assert_eq!(options.reach.store.as_str(), ARN);
    assert_eq!(options.reach.client, ClientOptions::default());
    assert_eq!(options.reach.retry, RetryOptions::default());
    assert_eq!(options.reach.deadline, Duration::from_mins(2));
    let call = options.call;
    assert_eq!((call.router.as_str(), call.owner.as_str()), ("678a", "app/stage"));
    assert_eq!((call.part, call.scope, call.verify), (None, Scope::Whole, Verify::Light));
    assert_eq!((call.grace, call.warnings), (Duration::from_mins(1), vec![]));
    assert_eq!(call.routes.len(), 1);
    assert_eq!(call.routes[0].target.kind(), TargetKind::Url);
}

#[test]
fn every_option_is_read() {
    let options = parse_sync(&call(&json!({
        "part": "urn:pulumi:dev::app::X::y", "previous": {"api.a.com": "aaaaaa.bbbbbbb"}, "verify": "full",
        "gracePeriod": 0, "deadline": 0.5, "client": {"profile": "p"}, "retry": {"maxWait": "2 seconds"},
    })))
    .unwrap();
    assert_eq!(options.reach.client.profile.as_deref(), Some("p"));
    assert_eq!(options.reach.retry.max_wait, Duration::from_secs(2));
    assert_eq!(options.reach.deadline, Duration::from_millis(500));
    let declared = options.call;
    assert_eq!(declared.part.as_deref(), Some("urn:pulumi:dev::app::X::y"));
    assert_eq!((declared.verify, declared.grace), (Verify::Full, Duration::ZERO));
    let Scope::Previous(previous) = declared.scope else { panic!("previous was given") };
    assert_eq!(previous[0].entry.host(), r"api\.a\.com");
    assert_eq!(previous[0].id, "aaaaaa.bbbbbbb");
    let new = parse_sync(&call(&json!({"previous": {}, "verify": false, "routes": {}}))).unwrap().call;
    assert_eq!((new.scope, new.verify), (Scope::Previous(vec![]), Verify::Off));
}

#[test]
fn routes_keep_their_order_and_their_warnings() {
    let json = call(&json!({})).replace(
        r#"{"/api":"https://h.example"}"#,
        r#"{"/z":"https://h.example","A.com/":"https://10.0.0.1","/a":{"bucket":"b.s3.us-east-1.amazonaws.com"}}"#,
    );
    let call = parse_sync(&json).unwrap().call;
    let patterns: Vec<_> = call.routes.iter().map(|route| route.pattern.as_str()).collect();
    assert_eq!(patterns, ["/z", "A.com/", "/a"]);
    let warned: Vec<_> = call.warnings.iter().map(|w| (w.code, w.pattern.as_deref().unwrap())).collect();
    assert_eq!(warned, [(Rule::PatternNormalized.into(), "A.com/"), (Rule::UrlIpAddress.into(), "A.com/")]);
}

#[test]
fn every_route_to_one_target_is_warned_of() {
    let routes = json!({
        "/a": "http://h.example", "/b": "https://s.example", "/c": "http://h.example", "/d": "https://s.example", "/e": "https://s2.example",
    });
    let call = parse_sync(&call(&json!({"routes": routes, "lint": {"HTTP_ORIGIN": "warn"}}))).unwrap().call;
    let warned: Vec<_> =
        call.warnings.iter().map(|warning| (warning.code, warning.pattern.as_deref())).collect();
    assert_eq!(warned, [(Rule::HttpOrigin.into(), Some("/a")), (Rule::HttpOrigin.into(), Some("/c"))]);
    let target = |at: usize| call.routes[at].target.metadata();
    assert_eq!((target(0), target(1)), (target(2), target(3)));
    assert_ne!(target(1), target(4));
}

#[test]
fn a_target_that_is_undefined_is_remembered_and_not_declared() {
    let routes =
        json!({ "/a": "https://a.example", "/b/*": { "undefined": true }, "X.com": { "undefined": true } });
    let call = parse_sync(&call(&json!({ "routes": routes }))).unwrap().call;
    assert_eq!(call.routes.len(), 1);
    let undefined: Vec<String> = call.undefined.iter().map(EntryPattern::display).collect();
    assert_eq!(undefined, ["/b", "x.com/"]);
    assert_eq!(call.warnings, []);
    let error = refused(&json!({ "routes": { "/a,b": { "undefined": true } } }));
    assert_eq!(error.details.path.as_deref(), Some(r#"routes["/a,b"]"#));
}

#[test]
fn a_rule_that_is_an_error_waits_until_the_route_is_known_to_be_new() {
    let call = parse_sync(&call(&json!({ "routes": { "/a": "http://h.example" } }))).unwrap().call;
    assert_eq!(call.warnings[0].code, Rule::HttpOrigin.into());
}

#[test]
fn bad_options_are_refused_with_code_path_and_reason() {
    use Code::{InvalidArn, InvalidOption, InvalidPattern, InvalidTarget};
    for (changes, code, path, words) in [
        (json!({"store": "my-store"}), InvalidArn, "store", "not an ARN"),
        (json!({"store": ARN.replace("aws:", "aws-cn:")}), InvalidArn, "store", "partition"),
        (
            json!({"store": "arn:aws:cloudfront::123456789012:distribution/E1"}),
            InvalidArn,
            "store",
            "KeyValueStore",
        ),
        (json!({"store": "arn:aws:s3:::bucket"}), InvalidArn, "store", "CloudFront"),
        (json!({"store": "undefined"}), InvalidOption, "store", "missing"),
        (json!({"store": null}), InvalidOption, "store", "arrive as null"),
        (json!({"router": ""}), InvalidOption, "router", "1 to 64"),
        (json!({"router": "r".repeat(65)}), InvalidOption, "router", "65 bytes"),
        (json!({"router": "a:b"}), InvalidOption, "router", "letters"),
        (json!({"router": 1}), InvalidOption, "router", "found 1"),
        (json!({"owner": ""}), InvalidOption, "owner", "1 to 128"),
        (json!({"owner": "o".repeat(129)}), InvalidOption, "owner", "129 bytes"),
        (json!({"owner": "a\u{7}"}), InvalidOption, "owner", "control"),
        (json!({"owner": "undefined"}), InvalidOption, "owner", "missing"),
        (json!({"part": ""}), InvalidOption, "part", "1 to 1024"),
        (json!({"part": "p".repeat(1_025)}), InvalidOption, "part", "1 to 1024"),
        (json!({"part": null}), InvalidOption, "part", "arrive as null"),
        (json!({"ownr": "x"}), InvalidOption, "ownr", "did you mean `owner`?"),
        (json!({"routes": "undefined", "route": {}}), InvalidOption, "route", "did you mean `routes`?"),
        (json!({"colour": "x"}), InvalidOption, "colour", "unknown option"),
        (json!({"verify": "light"}), InvalidOption, "verify", "true, false or \"full\""),
        (json!({"verify": 1}), InvalidOption, "verify", "true, false or \"full\""),
        (json!({"gracePeriod": -1}), InvalidOption, "gracePeriod", "0 to 86400"),
        (json!({"gracePeriod": 86_401}), InvalidOption, "gracePeriod", "0 to 86400"),
        (json!({"gracePeriod": null}), InvalidOption, "gracePeriod", "arrive as null"),
        (json!({"deadline": 0}), InvalidOption, "deadline", "0.001 to 3600"),
        (json!({"deadline": 3_601}), InvalidOption, "deadline", "0.001 to 3600"),
        (json!({"deadline": null}), InvalidOption, "deadline", "arrive as null"),
        (json!({"client": {"profle": "x"}}), InvalidOption, "client.profle", "profile"),
        (json!({"retry": {"maxWait": -1}}), InvalidOption, "retry.maxWait", "found -1"),
        (json!({"routes": "undefined"}), InvalidOption, "routes", "missing"),
        (json!({"routes": []}), InvalidOption, "routes", "an array"),
        (json!({"routes": null}), InvalidOption, "routes", "arrive as null"),
        (json!({"routes": {"/api": null}}), InvalidOption, r#"routes["/api"]"#, "arrive as null"),
        (json!({"routes": {"": "https://h.example"}}), InvalidPattern, r#"routes[""]"#, "empty"),
        (json!({"routes": {"/a,b": "https://h.example"}}), InvalidPattern, r#"routes["/a,b"]"#, "comma"),
        (
            json!({"routes": {"https://a/": "https://h.example"}}),
            InvalidPattern,
            r#"routes["https://a/"]"#,
            "scheme",
        ),
        (json!({"routes": {"/a?b": "https://h.example"}}), InvalidPattern, r#"routes["/a?b"]"#, "query"),
        (json!({"routes": {"a b/": "https://h.example"}}), InvalidPattern, r#"routes["a b/"]"#, "whitespace"),
        (
            json!({"routes": {"/a*": "https://h.example"}}),
            InvalidPattern,
            r#"routes["/a*"]"#,
            "literal prefix",
        ),
        (json!({"routes": {"/a": "ws://h"}}), InvalidTarget, r#"routes["/a"]"#, "not an http"),
        (json!({"routes": {"/a": "https://u:p@h"}}), InvalidTarget, r#"routes["/a"]"#, "credentials"),
        (json!({"previous": []}), InvalidOption, "previous", "record"),
        (json!({"previous": {"/a": ""}}), InvalidOption, r#"previous["/a"]"#, "1 to 64 bytes"),
        (json!({"previous": {"/a": "i".repeat(65)}}), InvalidOption, r#"previous["/a"]"#, "1 to 64 bytes"),
        (json!({"previous": {"/a": "x,y"}}), InvalidOption, r#"previous["/a"]"#, "comma"),
        (json!({"previous": {"/a*": "x"}}), InvalidPattern, r#"previous["/a*"]"#, "literal prefix"),
    ] {
        let error = refused(&changes);
        assert_eq!(error.code, code, "{changes}: {error}");
        assert_eq!(error.details.path.as_deref(), Some(path), "{changes}: {error}");
        assert!(error.message.starts_with(path) && error.message.contains(words), "{changes}: {error}");
        assert!(!error.retryable);
    }
}

#[test]
fn two_patterns_that_mean_the_same_are_a_conflict_naming_both() {
    for (one, other) in
        [("/api", "/api/*"), ("a.com", "A.com/"), ("/ä", "/%C3%A4"), ("*.a.com/", "**.a.com/*")]
    {
        let error = refused(&json!({"routes": {one: "https://h.example", other: "https://h.example"}}));
        assert_eq!(error.code, Code::RouteConflict, "{error}");
        assert!(error.details.path.as_deref().unwrap().starts_with("routes["));
        assert!(error.message.contains(one) && error.message.contains(other), "{error}");
    }
    assert!(
        parse_sync(&call(&json!({"routes": {"/api": "https://h.example", "/api/": "https://h.example"}})))
            .is_ok()
    );
}

#[test]
fn text_that_is_no_json_object_is_refused_and_not_echoed() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    for json in
        ["", "nul", "{\"client\":{\"hunter2\"", "[]", "null", "7", deep.as_str(), r#"{"owner":"\ud800"}"#]
    {
        let error = parse_sync(json).unwrap_err();
        assert_eq!(error.code, Code::InvalidOption);
        assert!(!error.message.contains("hunter2"), "{error}");
    }
}

#[test]
fn input_beyond_the_limits_is_too_large_with_limit_and_actual() {
    let error = parse_sync(&" ".repeat(defaults::INPUT_BYTES + 1)).unwrap_err();
    assert_eq!((error.code, error.details.limit), (Code::TooLarge, Some(8 * 1_024 * 1_024)));
    assert_eq!(error.details.actual, Some(8 * 1_024 * 1_024 + 1));

    let routes = |count: usize, path: &str, host: &str| -> Value {
        let route = |index| (format!("/{path}{index}"), json!(format!("https://{host}{index}.com")));
        Value::Object((0..count).map(route).collect::<Map<_, _>>())
    };
    let error = refused(&json!({"routes": routes(50_001, "", "h")}));
    assert_eq!((error.code, error.details.path.as_deref()), (Code::TooLarge, Some("routes")));
    assert_eq!((error.details.limit, error.details.actual), (Some(50_000), Some(50_001)));

    let error = refused(&json!({"routes": routes(40_000, &"p".repeat(60), "h")}));
    assert_eq!((error.code, error.details.limit), (Code::TooLarge, Some(5 * 1_024 * 1_024)));
    assert!(error.details.actual.is_some_and(|actual| actual > 5 * 1_024 * 1_024));
    assert!(error.message.contains("another store"), "{error}");
}

#[test]
fn a_set_as_large_as_a_store_is_read() {
    let routes: Map<_, _> = (0..50_000)
        .map(|index| {
            let rewrite = json!({"regex": format!("^/p{}/(.*)$", index % 500), "to": "/$1"});
            (format!("a{index}.example.com/p"), json!({"url": "https://h.example.com", "rewrite": rewrite}))
        })
        .collect();
    let call = parse_sync(&call(&json!({ "routes": routes }))).unwrap().call;
    assert_eq!(call.routes.len(), 50_000);
}

#[test]
fn a_call_can_be_built_without_json() {
    use crate::route::{OriginUrl, Route, Target, UrlTarget};
    let target =
        Target::url(&UrlTarget::new(OriginUrl::parse("https://h.example", "url").unwrap()), "target")
            .unwrap();
    let (route, warnings) = Route::new("/api/*", target, "pattern").unwrap();
    assert!(warnings.is_empty());
    let router = RouterId::parse("678a").unwrap();
    let owner = OwnerName::parse("app/stage").unwrap();
    let call = Call::new(router.clone(), owner.clone(), vec![route.clone()]).unwrap();
    assert_eq!(call.routes[0].entry.path(), "/api");
    let error = Call::new(router, owner, vec![route.clone(), route]).unwrap_err();
    assert_eq!(error.code, Code::RouteConflict);
}
