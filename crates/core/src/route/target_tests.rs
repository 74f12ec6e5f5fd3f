//! The metadata bytes of each form that the format describes.

use super::*;
use crate::route::origin::{OriginType, SigningBehavior, SigningProtocol};

fn url(text: &str) -> UrlTarget {
    UrlTarget::new(OriginUrl::parse(text, "url").unwrap())
}

fn bucket() -> BucketTarget {
    BucketTarget {
        domain: BucketDomain::parse("b.s3.us-east-1.amazonaws.com", "bucket").unwrap(),
        rewrite: None,
        connection_attempts: None,
        connection_timeout: None,
    }
}

fn rewrite() -> Rewrite {
    Rewrite::parse("^/api/(.*)$", "/$1", "rewrite").unwrap()
}

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_full_url_target_is_ssts_record_to_the_byte() {
    let target = UrlTarget {
        rewrite: Some(rewrite()),
        connection_attempts: Some(2),
        connection_timeout: Some(3 * SECOND),
        read_timeout: Some(60 * SECOND),
        keep_alive_timeout: Some(10 * SECOND),
        origin_access_control: Some(OriginAccessControl {
            enabled: true,
            signing_behavior: Some(SigningBehavior::Always),
            signing_protocol: Some(SigningProtocol::Sigv4),
            origin_type: Some(OriginType::Lambda),
        }),
        ..url("http://h")
    };
    let target = Target::url(&target, "routes").unwrap();
    assert_eq!(target.kind().as_str(), "url");
    assert_eq!(
        target.metadata(),
        r#"{"host":"h","rewrite":{"regex":"^/api/(.*)$","to":"/$1"},"origin":{"protocol":"http","connectionAttempts":2,"timeouts":{"connectionTimeout":3,"readTimeout":60,"keepAliveTimeout":10},"originAccessControlConfig":{"enabled":true,"signingBehavior":"always","signingProtocol":"sigv4","originType":"lambda"}}}"#
    );
}

#[test]
fn absent_fields_are_left_out_but_origin_stays() {
    let target = Target::url(&url("https://h"), "routes").unwrap();
    assert_eq!(target.metadata(), r#"{"host":"h","origin":{}}"#);
    let target =
        Target::url(&UrlTarget { read_timeout: Some(SECOND), ..url("https://h:8443") }, "routes").unwrap();
    assert_eq!(target.metadata(), r#"{"host":"h:8443","origin":{"timeouts":{"readTimeout":1}}}"#);
}

#[test]
fn a_bucket_always_has_timeouts() {
    let target = Target::bucket(&bucket(), "routes").unwrap();
    assert_eq!(target.kind().as_str(), "bucket");
    assert_eq!(target.metadata(), r#"{"domain":"b.s3.us-east-1.amazonaws.com","origin":{"timeouts":{}}}"#);
    let full = BucketTarget {
        rewrite: Some(rewrite()),
        connection_attempts: Some(1),
        connection_timeout: Some(3 * SECOND),
        ..bucket()
    };
    assert_eq!(
        Target::bucket(&full, "routes").unwrap().metadata(),
        r#"{"domain":"b.s3.us-east-1.amazonaws.com","rewrite":{"regex":"^/api/(.*)$","to":"/$1"},"origin":{"connectionAttempts":1,"timeouts":{"connectionTimeout":3}}}"#
    );
}

#[test]
fn access_control_is_spelt_as_cloudfront_spells_it() {
    let control = OriginAccessControl {
        enabled: false,
        signing_behavior: Some(SigningBehavior::NoOverride),
        signing_protocol: None,
        origin_type: Some(OriginType::MediaPackageV2),
    };
    assert_eq!(
        serde_json::to_string(&control).unwrap(),
        r#"{"enabled":false,"signingBehavior":"no-override","originType":"mediapackagev2"}"#
    );
}

#[test]
fn numbers_out_of_range_are_refused_with_their_place() {
    for (target, field, allowed) in [
        (UrlTarget { connection_attempts: Some(0), ..url("https://h") }, "connectionAttempts", "1 to 3"),
        (UrlTarget { connection_attempts: Some(4), ..url("https://h") }, "connectionAttempts", "1 to 3"),
        (
            UrlTarget { connection_timeout: Some(11 * SECOND), ..url("https://h") },
            "connectionTimeout",
            "1 to 10",
        ),
        (UrlTarget { read_timeout: Some(61 * SECOND), ..url("https://h") }, "readTimeout", "1 to 60"),
        (UrlTarget { keep_alive_timeout: Some(SECOND / 2), ..url("https://h") }, "keepAliveTimeout", "whole"),
    ] {
        let error = Target::url(&target, r#"routes["/api"]"#).unwrap_err();
        assert_eq!(error.code, Code::InvalidOption);
        assert_eq!(error.details.path, Some(format!(r#"routes["/api"].{field}"#)));
        assert!(error.message.contains(allowed), "{}", error.message);
    }
}

#[test]
fn metadata_over_one_value_names_the_route_and_its_largest_field() {
    let rewrite = Some(Rewrite::parse("^/a", &format!("/{}", "x".repeat(1_000)), "rewrite").unwrap());
    let error = Target::url(&UrlTarget { rewrite, ..url("https://h") }, r#"routes["/api"]"#).unwrap_err();
    assert_eq!(error.code, Code::InvalidTarget);
    assert_eq!(error.details.path.as_deref(), Some(r#"routes["/api"]"#));
    assert_eq!(error.details.limit, Some(1_024));
    assert!(error.details.actual.is_some_and(|actual| actual > 1_024));
    assert!(error.message.contains("rewrite.to (1001 bytes)"), "{}", error.message);
}
