//! What the client is told: where to send requests, with which credentials, and how long to try.
//!
//! `options` reads these settings from a call and holds their defaults.

use std::fmt;
use std::time::Duration;

use url::Url;

use crate::kvs::StoreArn;

/// Text that is never shown: `Debug` prints `***`, and there is no `Display`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Secret(String);

impl Secret {
    /// Hides `text`.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text, for whoever signs with it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// How to reach the service. Equal options share a client, and the commits of a store.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct ClientOptions {
    /// Where requests go instead of AWS: an `http:` or `https:` URL without a final `/`, used as it is.
    pub endpoint: Option<String>,
    /// The profile of the shared AWS files; none is the environment's.
    pub profile: Option<String>,
    /// Fixed credentials; none leaves it to AWS's default chain.
    pub credentials: Option<Credentials>,
    /// A role to take on with the credentials found.
    pub assume_role: Option<AssumeRole>,
    /// Further certificate authorities: PEM text, or the path of a file.
    pub ca_bundle: Option<String>,
}

/// Fixed credentials.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Credentials {
    /// `accessKeyId`.
    pub access_key_id: Secret,
    /// `secretAccessKey`.
    pub secret_access_key: Secret,
    /// `sessionToken`, of temporary credentials; of version 2, from a regional STS endpoint.
    pub session_token: Option<Secret>,
}

/// A role to take on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AssumeRole {
    /// The role's ARN.
    pub arn: String,
    /// `externalId`, when the role's trust policy asks for one.
    pub external_id: Option<Secret>,
    /// `sessionName`, as `CloudTrail` shows it.
    pub session_name: Option<String>,
    /// The region of the STS endpoint; none is the environment's.
    pub region: Option<String>,
}

/// How long one attempt may take and how long to wait for the next.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RetryOptions {
    /// Time for one request, connecting included.
    pub attempt_timeout: Duration,
    /// Time to connect.
    pub connect_timeout: Duration,
    /// The longest first wait; `None` is four times the measured round trip.
    pub first_wait: Option<Duration>,
    /// The longest wait.
    pub max_wait: Duration,
}

/// Where a call goes, how, and for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// The store.
    pub store: StoreArn,
    /// How to reach the service.
    pub client: ClientOptions,
    /// How long to try.
    pub retry: RetryOptions,
    /// Time for the whole call.
    pub deadline: Duration,
}

/// What an endpoint must be.
pub const ENDPOINT: &str = "an http: or https: URL";

/// The endpoint `text`, without a final `/`; or what is wrong with it, `None` where it is no such URL at all. The
/// caller must not show `text`: someone may have put credentials into it.
///
/// # Errors
/// When `text` is not [`ENDPOINT`].
pub fn endpoint_url(text: &str) -> std::result::Result<String, Option<&'static str>> {
    let url = Url::parse(text).map_err(|_| None)?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(None);
    }
    if text.contains('@') {
        return Err(Some("holds credentials; they belong into `client.credentials`"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(Some("holds a query or a fragment; remove it"));
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}
