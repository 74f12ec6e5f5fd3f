//! How CloudFront reaches an origin: what URLs and sites have in common.

use std::time::Duration;

use serde::Serialize;

/// `originAccessControlConfig`: how `CloudFront` signs requests to the origin.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OriginAccessControl {
    /// Whether requests are signed.
    pub enabled: bool,
    /// Which requests are signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signing_behavior: Option<SigningBehavior>,
    /// How they are signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signing_protocol: Option<SigningProtocol>,
    /// What the origin is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin_type: Option<OriginType>,
}

/// Which requests `CloudFront` signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SigningBehavior {
    /// All.
    Always,
    /// None.
    Never,
    /// Those without an `Authorization` header of their own.
    NoOverride,
}

/// How `CloudFront` signs. There is one way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SigningProtocol {
    /// Signature version 4.
    Sigv4,
}

/// What a signed origin is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum OriginType {
    /// A Lambda function URL.
    Lambda,
    /// A bucket.
    S3,
    /// A `MediaPackage` v2 origin.
    MediaPackageV2,
    /// A `MediaStore` container.
    MediaStore,
}

/// Times to wait for an origin, in whole seconds.
#[derive(Debug, Clone, Serialize, PartialEq, Eq, Default)]
pub struct Timeouts {
    #[serde(rename = "connectionTimeout", skip_serializing_if = "Option::is_none")]
    pub(super) connection: Option<u64>,
    #[serde(rename = "readTimeout", skip_serializing_if = "Option::is_none")]
    pub(super) read: Option<u64>,
    #[serde(rename = "keepAliveTimeout", skip_serializing_if = "Option::is_none")]
    pub(super) keep_alive: Option<u64>,
}

impl Timeouts {
    /// Only one for the answer, which was checked.
    #[must_use]
    pub const fn read(read: Duration) -> Self {
        Self { connection: None, read: Some(read.as_secs()), keep_alive: None }
    }
}
