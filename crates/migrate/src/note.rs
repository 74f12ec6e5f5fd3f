//! What a migration has to say about a legacy route.

use serde::Serialize;

/// What a note is about. The TypeScript type `MigrationNoteCode` lists the same names, and a test
/// holds the two equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum NoteCode {
    /// A wildcard that is not at the end, or a `?`: no prefix says that.
    Wildcard,
    /// The prefix that the pattern needs is taken by another legacy pattern.
    PatternTaken,
    /// The pattern matched one path; the prefix also matches below it.
    ExactPath,
    /// The pattern matched the beginning of a segment; the prefix matches whole segments.
    PartialSegment,
    /// The order decided; now the longer prefix does.
    Order,
    /// The pattern shares the shorter entry of another one with the same target.
    Merged,
    /// A function without its URL.
    NeedsUrl,
    /// A bucket without its domain name.
    NeedsDomain,
    /// An origin that `CloudFront` cannot be told.
    Unservable,
    /// What the URL says besides its host took no part, and is left out.
    UrlReduced,
    /// The URL says `http:`; the legacy router spoke `https:` all the same.
    HttpsOnly,
    /// The bucket's domain name is not the regional one.
    GlobalDomain,
    /// The rewrite goes along as it is.
    RewriteKept,
    /// The rewrite goes along as the legacy router ran it, which is not how it was written.
    RewriteUnescaped,
    /// Code of the viewer request.
    ViewerRequest,
    /// Code of the viewer response.
    ViewerResponse,
    /// A store of the route's own edge code.
    KvStore,
    /// A cache policy of its own.
    CachePolicy,
    /// A bucket was cached by default.
    BucketCaching,
    /// A timeout or number of attempts, which the legacy router did not read.
    TimeoutKept,
    /// A field that the legacy form does not have.
    UnknownField,
    /// The pattern is not in `only`.
    Stays,
    /// A pattern that stays loses requests to one that is taken.
    StageOrder,
    /// Who answers in the legacy router once the pattern is out of it.
    StillCaught,
    /// Not all URLs could be compared.
    CheckCut,
}

impl NoteCode {}

/// How much a note matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Requests are answered as before.
    Info,
    /// Some requests are answered otherwise.
    Warning,
    /// Something is lost until somebody acts: the route itself, or the code that ran on it.
    Error,
}

/// A URL, and who answers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Example {
    /// The path that is asked for.
    pub url: String,
    /// The legacy pattern that won; `None` when there was none.
    pub before: Option<String>,
    /// The pattern that wins now; `None` when there is none.
    pub after: Option<String>,
}

/// A remark about one legacy route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Note {
    /// What it is about: stable, for programs.
    pub code: NoteCode,
    /// How much it matters.
    pub severity: Severity,
    /// The legacy pattern.
    pub pattern: String,
    /// What does not map, and what to do.
    pub message: String,
    /// A URL that shows it, found by asking both sides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub example: Option<Example>,
}

impl Note {
    /// A note about `pattern`.
    #[must_use]
    pub fn new(code: NoteCode, severity: Severity, pattern: &str, message: impl Into<String>) -> Self {
        Self { code, severity, pattern: pattern.to_owned(), message: message.into(), example: None }
    }

    /// The same note with an example.
    #[must_use]
    pub fn showing(self, example: Example) -> Self {
        Self { example: Some(example), ..self }
    }
}
