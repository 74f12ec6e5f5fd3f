//! The settings of an origin that URL and site targets share.

use std::time::Duration;

use serde::Serialize;

/// `originAccessControlConfig`: how `CloudFront` signs requests to the origin.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OriginAccessControl {
    pub enabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signing_behavior: Option<SigningBehavior>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signing_protocol: Option<SigningProtocol>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin_type: Option<OriginType>,
}

/// Which requests `CloudFront` signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SigningBehavior {
    Always,
    Never,
    /// Requests without an `Authorization` header from the viewer.
    NoOverride,
}

/// How `CloudFront` signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SigningProtocol {
    /// Signature version 4.
    Sigv4,
}

/// The kind of a signed origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum OriginType {
    /// A Lambda function URL.
    Lambda,
    /// An S3 bucket.
    S3,
    /// A `MediaPackage` v2 origin.
    MediaPackageV2,
    /// A `MediaStore` container.
    MediaStore,
}

/// An origin's timeouts, in whole seconds.
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
    /// Only a read timeout, which the caller has checked.
    #[must_use]
    pub const fn read(read: Duration) -> Self {
        Self { connection: None, read: Some(read.as_secs()), keep_alive: None }
    }
}
