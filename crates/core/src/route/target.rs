//! Targets, and the exact metadata JSON that SST's edge function reads for them.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use super::duration::{Bounds, CONNECTION, READ};
use super::origin::{OriginAccessControl, Timeouts};
use super::rewrite::Rewrite;
use super::site::{Files, SiteTarget};
use super::url::{BucketDomain, OriginUrl};
use crate::error::{Code, Result, RouteSyncError};
use crate::kvs::limits::VALUE_BYTES;

/// `CloudFront`'s limits for the number of connection attempts to an origin (`updateRequestOrigin`).
pub const ATTEMPTS: RangeInclusive<u64> = 1..=3;

/// The first field of an entry, which determines how the edge reads the metadata.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TargetKind {
    /// An HTTP origin.
    Url,
    /// An S3 bucket.
    Bucket,
    /// A site as in SST: files, an image optimizer and servers.
    Site,
}

impl TargetKind {
    /// The value of the entry's field for a site.
    pub const SITE: &str = Self::Site.as_str();

    /// The value of the entry's field.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Url => "url",
            Self::Bucket => "bucket",
            Self::Site => "site",
        }
    }
}

/// A route's target in stored form. Equal targets may share one metadata record, except sites.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Target {
    kind: TargetKind,
    content: Content,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Content {
    /// Metadata, which never changes under its id.
    Record(Arc<str>),
    /// Metadata and files, which may change under their id.
    Site(String, Files),
    /// The name of a namespace whose metadata another writer maintains.
    Namespace(String),
}

/// A URL target. [`Target::url`] checks the numbers.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UrlTarget {
    pub url: OriginUrl,
    pub rewrite: Option<Rewrite>,
    /// Connection attempts, 1 to 3; `CloudFront`'s default is 3.
    pub connection_attempts: Option<u64>,
    /// Time for one connection attempt, 1 to 10 whole seconds; `CloudFront`'s default is 10.
    pub connection_timeout: Option<Duration>,
    /// Time for the answer and between its packets, 1 to 60 whole seconds; the default of SST's function is 20.
    pub read_timeout: Option<Duration>,
    /// How long an idle connection is kept, 1 to 60 whole seconds; `CloudFront`'s default is 5.
    pub keep_alive_timeout: Option<Duration>,
    /// Signing of requests to the origin; `None` leaves them unsigned.
    pub origin_access_control: Option<OriginAccessControl>,
}

impl UrlTarget {
    /// The target for a plain URL.
    #[must_use]
    pub const fn new(url: OriginUrl) -> Self {
        Self {
            url,
            rewrite: None,
            connection_attempts: None,
            connection_timeout: None,
            read_timeout: None,
            keep_alive_timeout: None,
            origin_access_control: None,
        }
    }
}

/// A bucket target. [`Target::bucket`] checks the numbers.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BucketTarget {
    pub domain: BucketDomain,
    pub rewrite: Option<Rewrite>,
    /// Connection attempts, 1 to 3; `CloudFront`'s default is 3.
    pub connection_attempts: Option<u64>,
    /// Time for one connection attempt, 1 to 10 whole seconds; `CloudFront`'s default is 10.
    pub connection_timeout: Option<Duration>,
}

impl Target {
    /// The stored form of a URL target. `at` is its place in the options, for errors.
    ///
    /// # Errors
    /// [`Code::InvalidOption`] for a number outside its range, [`Code::InvalidTarget`] when the
    /// metadata exceeds 1,024 bytes.
    pub fn url(target: &UrlTarget, at: impl Display) -> Result<Self> {
        let timeouts = Timeouts {
            connection: seconds(target.connection_timeout, CONNECTION, &at, "connectionTimeout")?,
            read: seconds(target.read_timeout, READ, &at, "readTimeout")?,
            keep_alive: seconds(target.keep_alive_timeout, READ, &at, "keepAliveTimeout")?,
        };
        let metadata = UrlMetadata {
            host: target.url.host(),
            rewrite: target.rewrite.as_ref(),
            origin: Origin {
                protocol: (!target.url.is_https()).then_some("http"),
                connection_attempts: attempts(target.connection_attempts, &at)?,
                timeouts: (timeouts != Timeouts::default()).then_some(timeouts),
                access_control: target.origin_access_control.as_ref(),
            },
        };
        let fields = [("url", target.url.host().len())];
        Self::stored(TargetKind::Url, &metadata, &fields, target.rewrite.as_ref(), &at)
    }

    /// The stored form of a bucket target. `at` is its place in the options, for errors.
    ///
    /// # Errors
    /// As for [`Target::url`].
    pub fn bucket(target: &BucketTarget, at: impl Display) -> Result<Self> {
        let connection = seconds(target.connection_timeout, CONNECTION, &at, "connectionTimeout")?;
        let metadata = BucketMetadata {
            domain: target.domain.as_str(),
            rewrite: target.rewrite.as_ref(),
            origin: Origin {
                protocol: None,
                connection_attempts: attempts(target.connection_attempts, &at)?,
                // SST's reader uses the timeouts of a bucket without a check that they exist.
                timeouts: Some(Timeouts { connection, ..Timeouts::default() }),
                access_control: None,
            },
        };
        let fields = [("bucket", target.domain.as_str().len())];
        Self::stored(TargetKind::Bucket, &metadata, &fields, target.rewrite.as_ref(), &at)
    }

    /// The stored form of a site. `at` is its place in the options, for errors.
    ///
    /// # Errors
    /// As for [`Target::url`].
    pub fn site(target: &SiteTarget, files: Files, at: impl Display) -> Result<Self> {
        let stored = Self::stored(TargetKind::Site, target, &target.fields(), None, &at)?;
        Ok(Self { content: Content::Site(stored.metadata().to_owned(), files), ..stored })
    }

    /// A reference to a namespace that another writer maintains, read as `kind`.
    #[must_use]
    pub const fn namespace(kind: TargetKind, namespace: String) -> Self {
        Self { kind, content: Content::Namespace(namespace) }
    }

    fn stored(
        kind: TargetKind,
        metadata: &impl Serialize,
        fields: &[(&'static str, usize)],
        rewrite: Option<&Rewrite>,
        at: &impl Display,
    ) -> Result<Self> {
        let metadata = serde_json::to_string(metadata).map_err(|error| {
            RouteSyncError::at(
                Code::Internal,
                at.to_string(),
                format!("its metadata cannot be written ({error})"),
            )
        })?;
        let actual = metadata.len();
        if actual <= VALUE_BYTES {
            return Ok(Self { kind, content: Content::Record(metadata.into()) });
        }
        let rewrite = rewrite
            .map(|rewrite| [("rewrite.regex", rewrite.regex().len()), ("rewrite.to", rewrite.to().len())]);
        let (field, bytes) = fields
            .iter()
            .copied()
            .chain(rewrite.into_iter().flatten())
            .max_by_key(|(_, bytes)| *bytes)
            .unwrap_or(("target", actual));
        Err(RouteSyncError::at(
            Code::InvalidTarget,
            at.to_string(),
            format!(
                "the metadata of this route is {actual} bytes; a value of the store has at most {VALUE_BYTES}. The largest part is {field} ({bytes} bytes): shorten it"
            ),
        )
        .with(|details| {
            details.limit = Some(VALUE_BYTES as u64);
            details.actual = Some(actual as u64);
        }))
    }

    #[must_use]
    pub const fn kind(&self) -> TargetKind {
        self.kind
    }

    /// The metadata's JSON, at most 1,024 bytes. It is empty for a namespace that another writer maintains.
    #[must_use]
    pub fn metadata(&self) -> &str {
        match &self.content {
            Content::Record(metadata) => metadata,
            Content::Site(metadata, _) => metadata,
            Content::Namespace(_) => "",
        }
    }

    /// The files of a declared site.
    #[must_use]
    pub const fn files(&self) -> Option<&Files> {
        match &self.content {
            Content::Site(_, files) => Some(files),
            Content::Record(_) | Content::Namespace(_) => None,
        }
    }

    /// The namespace that another writer maintains.
    #[must_use]
    pub fn refers_to(&self) -> Option<&str> {
        match &self.content {
            Content::Namespace(namespace) => Some(namespace),
            Content::Record(_) | Content::Site(..) => None,
        }
    }
}

fn attempts(found: Option<u64>, at: &impl Display) -> Result<Option<u64>> {
    match found {
        Some(found) if !ATTEMPTS.contains(&found) => Err(RouteSyncError::at(
            Code::InvalidOption,
            format!("{at}.connectionAttempts"),
            format!("{found} is out of range; allowed are {} to {}", ATTEMPTS.start(), ATTEMPTS.end()),
        )),
        found => Ok(found),
    }
}

fn seconds(found: Option<Duration>, allowed: Bounds, at: &impl Display, field: &str) -> Result<Option<u64>> {
    match found {
        Some(found) if !allowed.allow(found) => Err(RouteSyncError::at(
            Code::InvalidOption,
            format!("{at}.{field}"),
            format!("{} seconds is out of range; allowed are {allowed}", found.as_secs_f64()),
        )),
        found => Ok(found.map(|found| found.as_secs())),
    }
}

// The stored records. The order of the fields is SST's, so that equal targets have equal bytes.

#[derive(Serialize)]
struct UrlMetadata<'a> {
    host: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rewrite: Option<&'a Rewrite>,
    origin: Origin<'a>,
}

#[derive(Serialize)]
struct BucketMetadata<'a> {
    domain: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rewrite: Option<&'a Rewrite>,
    origin: Origin<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Origin<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    protocol: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    connection_attempts: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timeouts: Option<Timeouts>,
    #[serde(rename = "originAccessControlConfig", skip_serializing_if = "Option::is_none")]
    access_control: Option<&'a OriginAccessControl>,
}

#[cfg(test)]
#[path = "target_tests.rs"]
mod tests;
