//! The types that the embedded store's modules share: the [`Operation`] and the content ([`Call`]) of a request, and its
//! rejection ([`Refusal`]).
//!
//! All error answers of the service are defined here. This module must not know HTTP or the client.

use serde::{Deserialize, Serialize};

/// An operation of the data plane, with the service's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Operation {
    /// Reads the `ETag` and the counts.
    DescribeKeyValueStore,
    /// Reads a page of keys and values.
    ListKeys,
    /// Reads one key.
    GetKey,
    /// Writes one key.
    PutKey,
    /// Deletes one key.
    DeleteKey,
    /// Writes and deletes up to 50 keys at once.
    UpdateKeys,
}

impl Operation {
    /// Whether the operation may change the store.
    #[must_use]
    pub const fn writes(self) -> bool {
        matches!(self, Self::PutKey | Self::DeleteKey | Self::UpdateKeys)
    }
}

/// The changes of one `UpdateKeys`. A `PutKey` is a change with a single put.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// Keys and their new values.
    pub puts: Vec<(String, String)>,
    /// Keys to delete.
    pub deletes: Vec<String>,
}

/// The request to one store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// `DescribeKeyValueStore`.
    Describe,
    /// `ListKeys`: at most `max` keys after the token's key.
    List {
        /// `MaxResults`.
        max: usize,
        /// `NextToken` of the previous page.
        token: Option<String>,
    },
    /// `GetKey`.
    Get { key: String },
    /// `PutKey`.
    Put { key: String, value: String },
    /// `DeleteKey`.
    Delete { key: String },
    /// `UpdateKeys`.
    Update(Change),
}

impl Ask {
    #[must_use]
    pub const fn operation(&self) -> Operation {
        match self {
            Self::Describe => Operation::DescribeKeyValueStore,
            Self::List { .. } => Operation::ListKeys,
            Self::Get { .. } => Operation::GetKey,
            Self::Put { .. } => Operation::PutKey,
            Self::Delete { .. } => Operation::DeleteKey,
            Self::Update(_) => Operation::UpdateKeys,
        }
    }

    /// Whether the request names `key`.
    #[must_use]
    pub fn names(&self, key: &str) -> bool {
        match self {
            Self::Describe | Self::List { .. } => false,
            Self::Get { key: own } | Self::Put { key: own, .. } | Self::Delete { key: own } => own == key,
            Self::Update(change) => {
                change.puts.iter().any(|(put, _)| put == key) || change.deletes.iter().any(|own| own == key)
            }
        }
    }
}

/// A valid request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The store's ARN.
    pub arn: String,
    /// The `If-Match` of a write.
    pub if_match: Option<String>,
    pub ask: Ask,
}

/// The service's error answer to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status.
    pub status: u16,
    /// The exception's name.
    pub kind: &'static str,
    /// The exception's message.
    pub message: String,
    /// Whether the reason is an `If-Match` that is no longer current.
    pub stale: bool,
}

impl Refusal {
    fn new(status: u16, kind: &'static str, message: impl Into<String>) -> Self {
        Self { status, kind, message: message.into(), stale: false }
    }

    /// The request is malformed, or the service does not define its effect.
    pub fn validation(message: impl Into<String>) -> Self {
        Self::new(400, "ValidationException", message)
    }

    /// The body is not the expected JSON.
    pub fn serialization(message: impl Into<String>) -> Self {
        Self::new(400, "SerializationException", message)
    }

    /// The `If-Match` is not the store's `ETag`: 400 as from the service, or 409 as from emulators.
    pub fn stale(as_conflict: bool) -> Self {
        let refusal = if as_conflict {
            Self::new(409, "ConflictException", "The If-Match version does not match the current ETag")
        } else {
            Self::validation("Pre-Condition failed: the If-Match version is not the current one")
        };
        Self { stale: true, ..refusal }
    }

    /// The store was deleted, or is not ready yet.
    pub fn wrong_state() -> Self {
        Self::new(409, "ConflictException", "Key-Value-Store was not in expected state")
    }

    /// The store never existed.
    pub fn no_store(arn: &str) -> Self {
        Self::new(404, "ResourceNotFoundException", format!("The KeyValueStore {arn} does not exist"))
    }

    /// The key does not exist.
    pub fn no_key(key: &str) -> Self {
        Self::new(404, "ResourceNotFoundException", format!("Key {key} was not found"))
    }

    /// A quota is exceeded. `what` completes the service's message.
    pub fn quota(what: &str) -> Self {
        Self::new(402, "ServiceQuotaExceededException", format!("Limit exceeded: {what}"))
    }

    /// The body has more bytes than the server reads.
    pub fn too_large(limit: usize) -> Self {
        Self::new(
            413,
            "RequestEntityTooLargeException",
            format!("The request body is longer than {limit} bytes"),
        )
    }

    /// The body did not arrive in time.
    pub fn too_slow() -> Self {
        Self::new(408, "RequestTimeoutException", "The request body did not arrive in time")
    }

    /// Method and path are not an operation of the data plane.
    pub fn unknown_operation() -> Self {
        Self::new(404, "UnknownOperationException", "The request is no operation of this service")
    }

    /// The request has no signature.
    pub fn unsigned() -> Self {
        Self::new(403, "MissingAuthenticationTokenException", "Missing Authentication Token")
    }

    /// The signature has another algorithm or form.
    pub fn bad_signature(message: impl Into<String>) -> Self {
        Self::new(403, "InvalidSignatureException", message)
    }

    /// The credentials have no permission.
    pub fn denied() -> Self {
        Self::new(
            403,
            "AccessDeniedException",
            "User is not authorized to perform this operation on the resource",
        )
    }

    /// Too many requests.
    pub fn throttled() -> Self {
        Self::new(400, "ThrottlingException", "Rate exceeded")
    }

    /// A failure inside the server.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(500, "InternalServerException", message)
    }
}
