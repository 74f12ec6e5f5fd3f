//! The client's settings: where it sends requests, with which credentials, and how long it tries.
//!
//! `client` reads them from the options of a call.

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

    /// The text, for signing.
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

/// How to reach the service. Calls with equal options share a client, and the commits to a store.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct ClientOptions {
    /// Where requests go instead of AWS: an `http:` or `https:` URL without a final `/`, used as it is.
    pub endpoint: Option<String>,
    /// The profile of the shared AWS files. `None` uses the environment's profile.
    pub profile: Option<String>,
    /// Fixed credentials. `None` uses AWS's default chain.
    pub credentials: Option<Credentials>,
    /// A role to assume with these credentials.
    pub assume_role: Option<AssumeRole>,
    /// Further certificate authorities: PEM text, or the path of a file.
    pub ca_bundle: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Credentials {
    pub access_key_id: Secret,
    pub secret_access_key: Secret,
    /// The token of temporary credentials. It must have version 2, as regional STS endpoints issue it.
    pub session_token: Option<Secret>,
}

/// A role to assume.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AssumeRole {
    pub arn: String,
    /// The external id that the role's trust policy may require.
    pub external_id: Option<Secret>,
    /// The session's name in `CloudTrail`.
    pub session_name: Option<String>,
    /// The region of the STS endpoint. `None` uses the environment's region.
    pub region: Option<String>,
}

/// How long one attempt may take, and how long to wait before the next.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RetryOptions {
    /// Time for one request, including the connection.
    pub attempt_timeout: Duration,
    pub connect_timeout: Duration,
    /// The longest first wait after a conflict; `None` is four times the measured round trip.
    pub first_wait: Option<Duration>,
    /// The longest wait between two attempts.
    pub max_wait: Duration,
}

/// Where a call is sent, how, and for how long it is tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    pub store: StoreArn,
    pub client: ClientOptions,
    pub retry: RetryOptions,
    /// Time for the whole call.
    pub deadline: Duration,
}

/// What an endpoint must be.
pub const ENDPOINT: &str = "an http: or https: URL";

/// Checks the endpoint `text` and returns it without a final `/`.
///
/// # Errors
/// What is wrong with the URL, or `None` when `text` is not an `http:` or `https:` URL. The caller must not show `text`,
/// which may hold credentials.
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
