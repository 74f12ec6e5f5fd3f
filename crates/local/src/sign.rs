//! Rejects requests without a signature for the service: `SigV4A` with its signing name.
//!
//! Only the *form* is checked: algorithm, scope, signed headers, a hexadecimal signature, the region set. The signature is
//! not verified, so any credentials are accepted. Other tests use an emulator that verifies signatures. This module must not
//! know stores.

use hyper::HeaderMap;
use hyper::header::{AUTHORIZATION, HeaderValue};

use super::call::Refusal;

const ALGORITHM: &str = "AWS4-ECDSA-P256-SHA256 ";
const SERVICE: &str = "cloudfront-keyvaluestore";

/// Checks the signature's form.
pub fn check(headers: &HeaderMap) -> Result<(), Refusal> {
    let authorization = headers.get(AUTHORIZATION).ok_or_else(Refusal::unsigned)?;
    let fail = |what: &str| Err(Refusal::bad_signature(what));
    let Some(fields) = text(authorization).strip_prefix(ALGORITHM) else {
        return fail("The request must be signed with AWS4-ECDSA-P256-SHA256 (SigV4A)");
    };
    let field = |name: &str| fields.split(',').find_map(|part| part.trim().strip_prefix(name)).unwrap_or("");
    let credential: Vec<&str> = field("Credential=").split('/').collect();
    match credential[..] {
        [id, date, SERVICE, "aws4_request"]
            if !id.is_empty() && date.len() == 8 && date.bytes().all(|byte| byte.is_ascii_digit()) => {}
        _ => return fail("Credential must be scoped to <date>/cloudfront-keyvaluestore/aws4_request"),
    }
    let signed: Vec<&str> = field("SignedHeaders=").split(';').collect();
    if !signed.contains(&"host") || !signed.contains(&"x-amz-region-set") {
        return fail("host and x-amz-region-set must be signed headers");
    }
    let signature = field("Signature=");
    if signature.is_empty() || !signature.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return fail("Signature must be hexadecimal");
    }
    if headers.get("x-amz-region-set").is_none_or(|set| text(set).is_empty()) {
        return fail("The header x-amz-region-set is missing");
    }
    Ok(())
}

fn text(value: &HeaderValue) -> &str {
    value.to_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "AWS4-ECDSA-P256-SHA256 Credential=AKID/20260101/cloudfront-keyvaluestore/aws4_request, SignedHeaders=host;x-amz-date;x-amz-region-set, Signature=3045aF";

    fn judge(authorization: Option<&str>, region_set: Option<&str>) -> Option<&'static str> {
        let mut headers = HeaderMap::new();
        for (name, value) in [("authorization", authorization), ("x-amz-region-set", region_set)] {
            if let Some(value) = value {
                headers.insert(name, HeaderValue::from_str(value).unwrap());
            }
        }
        check(&headers).err().map(|refusal| {
            assert_eq!(refusal.status, 403);
            refusal.kind
        })
    }

    #[test]
    fn only_the_shape_of_sigv4a_for_this_service_passes() {
        assert_eq!(judge(Some(GOOD), Some("*")), None);
        assert_eq!(judge(None, Some("*")), Some("MissingAuthenticationTokenException"));
        assert_eq!(judge(Some(GOOD), None), Some("InvalidSignatureException"));
        for (from, to) in [
            ("AWS4-ECDSA-P256-SHA256", "AWS4-HMAC-SHA256"),
            ("20260101/", "20260101/us-east-1/"),
            ("cloudfront-keyvaluestore", "s3"),
            ("20260101", "today"),
            ("host;", ""),
            ("3045aF", "zz"),
            ("Signature=3045aF", ""),
            ("Credential=AKID", "Credential="),
        ] {
            assert_eq!(
                judge(Some(&GOOD.replace(from, to)), Some("*")),
                Some("InvalidSignatureException"),
                "{to}"
            );
        }
    }
}
