//! The notes of a migration about legacy routes.

use serde::Serialize;

/// A note's code. The TypeScript type `MigrationNoteCode` lists the same names, and a test compares the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum NoteCode {
    /// A wildcard that is not at the end, or a `?`, which no prefix can express.
    Wildcard,
    /// Another legacy pattern has the prefix that the pattern needs.
    PatternTaken,
    /// The pattern matched one path; the prefix also matches below it.
    ExactPath,
    /// The pattern matched the beginning of a segment; the prefix matches whole segments.
    PartialSegment,
    /// The earlier pattern won; now the longer prefix wins.
    Order,
    /// The pattern shares the shorter entry of another one with the same target.
    Merged,
    /// A function without its URL.
    NeedsUrl,
    /// A bucket without its domain name.
    NeedsDomain,
    /// An origin that `CloudFront` does not accept.
    Unservable,
    /// The legacy router used only the host of the URL, and the rest is left out.
    UrlReduced,
    /// The URL has `http:`, but the legacy router used `https:`.
    HttpsOnly,
    /// The bucket's domain name is not the regional one.
    GlobalDomain,
    /// The rewrite is kept.
    RewriteKept,
    /// The rewrite is kept as the legacy router ran it, which differs from how it was written.
    RewriteUnescaped,
    /// Edge code for viewer requests.
    ViewerRequest,
    /// Edge code for viewer responses.
    ViewerResponse,
    /// A `KeyValueStore` of the route's edge code.
    KvStore,
    /// The route's own cache policy.
    CachePolicy,
    /// A bucket was cached by default.
    BucketCaching,
    /// A timeout or number of attempts, which the legacy router ignored.
    TimeoutKept,
    /// A field that the legacy form does not have.
    UnknownField,
    /// The pattern is not in `only`.
    Stays,
    /// A pattern that stays loses requests to a migrated one.
    StageOrder,
    /// The legacy route that matches the requests once the pattern is removed from the legacy router.
    StillCaught,
    /// Not all URLs could be compared.
    CheckCut,
}

impl NoteCode {}

/// The severity of a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The answers are the same as before.
    Info,
    /// The answers to some requests differ, or may differ.
    Warning,
    /// The route is missing, or its edge code no longer runs, until the user acts.
    Error,
}

/// A URL, and the patterns that win for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Example {
    /// The request's path.
    pub url: String,
    /// The legacy pattern that won, if any.
    pub before: Option<String>,
    /// The pattern that wins now, if any.
    pub after: Option<String>,
}

/// A note about one legacy route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Note {
    pub code: NoteCode,
    pub severity: Severity,
    /// The legacy pattern.
    pub pattern: String,
    /// What could not be migrated, and what to do.
    pub message: String,
    /// A URL that shows the difference, found by the comparison of both sides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub example: Option<Example>,
}

impl Note {
    #[must_use]
    pub fn new(code: NoteCode, severity: Severity, pattern: &str, message: impl Into<String>) -> Self {
        Self { code, severity, pattern: pattern.to_owned(), message: message.into(), example: None }
    }

    /// Adds an example.
    #[must_use]
    pub fn showing(self, example: Example) -> Self {
        Self { example: Some(example), ..self }
    }
}
