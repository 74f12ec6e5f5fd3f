use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::json;

use super::legacy::winner;
use super::*;
use routesync_core::options::target;
use routesync_core::route::matcher::path_matches;

fn migrate(legacy: &Value) -> Migration {
    run(&json!({ "legacy": legacy })).unwrap()
}

fn only(legacy: &Value, only: &[&str]) -> Migration {
    run(&json!({ "legacy": legacy, "options": { "only": only } })).unwrap()
}

fn run(options: &Value) -> Result<Migration> {
    Legacy::read(&Cursor::root(options)).map(Legacy::migrate)
}

/// `CODE pattern`, and the example as `url: before → after`.
fn told(migration: &Migration) -> Vec<String> {
    let name = |side: &Option<String>| side.clone().unwrap_or_else(|| "nobody".to_owned());
    let told = migration.notes.iter().map(|note| {
        let code = serde_json::to_value(note.code).unwrap();
        let example = note.example.as_ref().map_or_else(String::new, |example| {
            format!(" | {}: {} → {}", example.url, name(&example.before), name(&example.after))
        });
        format!("{} {}{example}", code.as_str().unwrap(), note.pattern)
    });
    told.collect()
}

#[test]
fn prefixes_move_without_a_word() {
    let migration = migrate(&json!({
        "/*": "https://web.example",
        "/api/*": {"url": "https://api.example"},
        "/v1": "https://v1.example",
        "/v1/*": "https://v1.example",
    }));
    assert_eq!(
        serde_json::to_string(&migration.routes).unwrap(),
        r#"{"/":"https://web.example","/api/":"https://api.example","/v1":"https://v1.example"}"#
    );
    assert_eq!(told(&migration), ["MERGED /v1/*"]);
}

#[test]
fn each_pattern_that_no_prefix_says_comes_with_a_url_that_shows_it() {
    let migration = migrate(&json!({
        "/*.jpg": "https://img.example",
        "/a/*/b": "https://ab.example",
        "/p?/*": "https://p.example",
        "/robots.txt": "https://robots.example",
        "/api*": "https://api.example",
        "/docs/": "https://docs.example",
        "/*": "https://web.example",
    }));
    assert_eq!(
        told(&migration),
        [
            "WILDCARD /*.jpg | /y.jpg: /*.jpg → /",
            "WILDCARD /a/*/b | /a/y/b: /a/*/b → /",
            "WILDCARD /p?/* | /py/y: /p?/* → /",
            "EXACT_PATH /robots.txt | /robots.txt/y: /* → /robots.txt",
            "PARTIAL_SEGMENT /api* | /apiy: /api* → /",
            "EXACT_PATH /docs/ | /docs/y: /* → /docs/",
        ]
    );
    assert!(migration.notes[..3].iter().all(|note| note.severity == Severity::Error));
    assert!(migration.notes[3..].iter().all(|note| note.severity == Severity::Warning));
}

#[test]
fn what_changes_nothing_is_no_more_than_said() {
    let migration = migrate(&json!({
        "/*": "https://web.example",
        "/a/*": "https://a.example",
        "/a/*/b": "https://b.example",
        "/*.jpg": "https://web.example",
        "/robots.txt": "https://web.example",
    }));
    assert_eq!(told(&migration), ["WILDCARD /a/*/b", "WILDCARD /*.jpg"]);
    assert!(migration.notes.iter().all(|note| note.severity == Severity::Info));
}

#[test]
fn an_order_that_decided_is_told_with_what_to_do() {
    let migration = migrate(&json!({
        "/api/*": "https://api.example",
        "/api/v1/*": "https://v1.example",
        "/a*": "https://a.example",
        "/ab/*": "https://ab.example",
        "/*": "https://web.example",
    }));
    assert_eq!(
        told(&migration),
        [
            "ORDER /api/v1/* | /api/v1/x: /api/* → /api/v1/",
            "PARTIAL_SEGMENT /a* | /ax: /a* → /",
            "ORDER /ab/* | /ab/x: /a* → /ab/",
        ]
    );
    for (note, remedy) in [
        (0, r#"`routes["/api/v1/"]` the target of "/api/*""#),
        (2, r#"`routes["/ab/"]` the target of "/a*""#),
    ] {
        assert!(migration.notes[note].message.contains(remedy), "{}", migration.notes[note].message);
    }
}

#[test]
fn what_a_note_on_the_order_advises_makes_the_winners_the_same() {
    let legacy = json!({
        "/*.jpg": "https://img.example",
        "/api/*": "https://api.example",
        "/api/v1/*": "https://v1.example",
        "/api/v1/x": "https://x.example",
    });
    let Migration { mut routes, notes } = migrate(&legacy);
    let orders: Vec<&Note> = notes.iter().filter(|note| note.code == NoteCode::Order).collect();
    assert_eq!(
        orders.iter().map(|note| note.pattern.as_str()).collect::<Vec<_>>(),
        ["/api/v1/*", "/api/v1/x"]
    );
    for note in orders {
        let path = note.example.as_ref().unwrap().after.as_deref().unwrap();
        let advice = format!(r#"give `routes["{path}"]` the target of "/api/*", since this route never won"#);
        assert!(note.message.contains(&advice), "{}", note.message);
        routes.insert(path.to_owned(), json!("https://api.example"));
    }
    let legacy = legacy.as_object().unwrap();
    for url in ["/api", "/api/", "/api/v1", "/api/v1/", "/api/v1/x", "/api/v1/x/y", "/api/v1/xy", "/api/v2"] {
        assert_eq!(before(legacy, |_| true, url), after(&routes, url), "{url}");
    }
}

#[test]
fn two_patterns_of_one_prefix_are_told_apart() {
    let migration = migrate(&json!({
        "/": "https://home.example",
        "/*": "https://web.example",
        "/x/": "https://x.example",
        "/x/*": "https://y.example",
        "/z*": "https://z.example",
        "/z": "https://late.example",
    }));
    assert_eq!(
        told(&migration),
        [
            "PATTERN_TAKEN / | /: / → /",
            "PATTERN_TAKEN /x/ | /x/: /x/ → /x/",
            "PARTIAL_SEGMENT /z* | /zy: /z* → /",
            "PATTERN_TAKEN /z",
        ]
    );
    assert_eq!(migration.notes[3].severity, Severity::Info, "it has never won");
}

#[test]
fn a_route_without_a_target_shows_who_answers_instead() {
    let migration = migrate(&json!({"/*": "https://web.example", "/api/*": "src/api.handler"}));
    assert_eq!(told(&migration), ["NEEDS_URL /api/* | /api/x: /api/* → /"]);
    let migration = migrate(&json!({"/api/*": "src/api.handler"}));
    assert_eq!(told(&migration), ["NEEDS_URL /api/* | /api/x: /api/* → nobody"]);
    assert!(migration.routes.is_empty());
}

#[test]
fn a_stage_leaves_the_rest_and_says_who_still_catches() {
    let legacy = json!({
        "/*": "https://web.example",
        "/api/*": "https://api.example",
        "/files/*": {"bucket": "b.s3.us-east-1.amazonaws.com"},
    });
    let first = only(&legacy, &["/api/*"]);
    assert_eq!(serde_json::to_string(&first.routes).unwrap(), r#"{"/api/":"https://api.example"}"#);
    assert_eq!(told(&first), ["STAYS /*", "STILL_CAUGHT /api/* | /api/x: /api/* → /*", "STAYS /files/*"]);
    let all_but = only(&legacy, &["/*", "/api/*"]);
    assert_eq!(
        told(&all_but),
        [
            "STILL_CAUGHT /* | /x: /* → nobody",
            "STILL_CAUGHT /api/* | /api/x: /api/* → nobody",
            "STAYS /files/*",
            "STAGE_ORDER /files/* | /files/x: /files/* → /",
        ]
    );
}

#[test]
fn a_stage_is_compared_with_what_the_legacy_router_still_answers() {
    let legacy = json!({"/*.json": "https://json.example", "/api/*": "https://api.example"});
    assert_eq!(
        told(&only(&legacy, &["/api/*"])),
        [
            "STAYS /*.json",
            "STAGE_ORDER /*.json | /api/x.json: /*.json → /api/",
            "STILL_CAUGHT /api/* | /api/x: /api/* → nobody",
        ]
    );
}

#[test]
fn bad_options_are_refused_with_their_place() {
    for (options, path, words) in [
        (json!({}), "legacy", "missing"),
        (json!({"legacy": []}), "legacy", "an array"),
        (json!({"legacy": {"api/*": "https://h.example"}}), r#"legacy["api/*"]"#, "begins with"),
        (
            json!({"legacy": {"routes": {"/*": "https://h.example"}}}),
            "legacy.routes",
            "value of the Router's",
        ),
        (json!({"legacy": {"/%": "https://h.example"}}), r#"legacy["/%"]"#, "%25"),
        (json!({"legacy": {}, "options": {"only": ["/*"]}}), "options.only", "not a pattern of the legacy"),
        (json!({"legacy": {}, "options": {"only": "/*"}}), "options.only", "an array"),
        (json!({"legacy": {}, "options": {"onyl": []}}), "options.onyl", "did you mean `only`?"),
    ] {
        let error = run(&options).unwrap_err();
        assert_eq!(error.code, Code::InvalidOption, "{options}: {error}");
        assert_eq!(error.details.path.as_deref(), Some(path), "{options}: {error}");
        assert!(error.message.contains(words), "{options}: {error}");
    }
    let many: Map<String, Value> =
        (0..=ROUTES).map(|n| (format!("/{n}"), json!("https://h.example"))).collect();
    assert!(run(&json!({ "legacy": many })).unwrap_err().message.contains("at most 250"));
}

#[test]
fn the_most_routes_are_compared_whole_or_it_is_said() {
    let most: Map<String, Value> =
        (0..ROUTES).map(|n| (format!("/section-{n}/*"), json!(format!("https://h{n}.example")))).collect();
    let migration = migrate(&Value::Object(most));
    assert_eq!(migration.routes.len(), ROUTES);
    assert!(told(&migration).iter().all(|line| line.starts_with("CHECK_CUT")), "{:?}", told(&migration));
}

/// The target that served the URL, by the definition of the legacy router.
fn before(legacy: &Map<String, Value>, stays: impl Fn(&str) -> bool, url: &str) -> Option<Value> {
    let nothing = json!({});
    let at = Cursor::root(&nothing);
    let patterns: Vec<PathPattern> =
        legacy.keys().map(|text| PathPattern::parse(text, &at).unwrap()).collect();
    let won = winner(&patterns, url, |index| stays(patterns[index].as_str()))?;
    legacy.get(patterns[won].as_str()).cloned()
}

/// The target that serves the URL, by the definition of the edge function.
fn after(routes: &Map<String, Value>, url: &str) -> Option<Value> {
    let matching = routes.iter().filter(|(path, _)| path_matches(path, url));
    matching.max_by_key(|(path, _)| path.len()).map(|(_, target)| target.clone())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Without a note about differing answers, no answer differs. Each example shows a difference.
    #[test]
    fn no_request_is_answered_otherwise_without_a_note(
        patterns in prop::collection::vec("/([ab]{1,2}/?){0,2}[*]?|/[ab/*?]{0,4}", 1..6),
        targets in prop::collection::vec(0..3_u8, 6),
        chosen in prop::option::of(prop::collection::vec(any::<bool>(), 6)),
        urls in prop::collection::vec("/[abc/]{0,6}", 60),
    ) {
        let legacy: Map<String, Value> = patterns
            .iter()
            .zip(targets)
            .map(|(pattern, target)| (pattern.clone(), json!(format!("https://h{target}.example"))))
            .collect();
        let taken: BTreeSet<String> = match &chosen {
            None => legacy.keys().cloned().collect(),
            Some(chosen) => legacy.keys().zip(chosen).filter(|(_, yes)| **yes).map(|(key, _)| key.clone()).collect(),
        };
        let migration = match &chosen {
            None => migrate(&json!(legacy)),
            Some(_) => run(&json!({"legacy": legacy, "options": {"only": taken}})).unwrap(),
        };
        let now = |url: &str| {
            after(&migration.routes, url).or_else(|| before(&legacy, |text| !taken.contains(text), url))
        };
        for (path, value) in &migration.routes {
            let options = json!({"routes": {path: value}});
            let root = Cursor::root(&options);
            let at = root.get("routes").unwrap();
            prop_assert!(target::read(&at.get(path).unwrap(), path).is_ok());
            prop_assert!(EntryPattern::parse(path, "").is_ok());
        }
        let changes = |note: &&Note| note.severity != Severity::Info;
        for note in migration.notes.iter().filter(changes) {
            let example = note.example.as_ref().unwrap();
            prop_assert_ne!(before(&legacy, |_| true, &example.url), now(&example.url), "{:?}", note);
        }
        let silent = !migration.notes.iter().any(|note| changes(&note));
        for url in urls.iter().filter(|url| !url.contains("//")) {
            let same = before(&legacy, |_| true, url) == now(url);
            prop_assert!(same || !silent, "{} of {:?} changes: {:?}", url, legacy, migration);
        }
    }
}
