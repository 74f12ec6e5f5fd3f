//! What a caller should know about a declaration that is served all the same.

use serde::Serialize;

/// A remark in the report of a call. It never stops the call.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Warning {
    /// What it is about, one of [`codes`]: stable, for programs.
    pub code: &'static str,
    /// What was found and what it means, for people.
    pub message: String,
    /// The pattern it is about, as the user wrote it; absent when it is about the call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
}

impl Warning {
    /// A warning about `pattern`.
    #[must_use]
    pub fn about(code: &'static str, pattern: &str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), pattern: Some(pattern.to_owned()) }
    }
}

/// The codes of warnings that a declaration alone can cause: rules of [`super::lint`].
pub mod codes {
    use crate::route::lint::Rule;

    /// See [`Rule::PatternNormalized`].
    pub const PATTERN_NORMALIZED: &str = Rule::PatternNormalized.code();
    /// See [`Rule::PatternBareHost`].
    pub const PATTERN_BARE_HOST: &str = Rule::PatternBareHost.code();
    /// See [`Rule::HttpOrigin`].
    pub const HTTP_ORIGIN: &str = Rule::HttpOrigin.code();
    /// See [`Rule::UrlPort`].
    pub const URL_PORT: &str = Rule::UrlPort.code();
    /// See [`Rule::UrlIpAddress`].
    pub const URL_IP_ADDRESS: &str = Rule::UrlIpAddress.code();
    /// See [`Rule::UrlNotPublic`].
    pub const URL_NOT_PUBLIC: &str = Rule::UrlNotPublic.code();
    /// See [`Rule::WebsiteEndpoint`].
    pub const WEBSITE_ENDPOINT: &str = Rule::WebsiteEndpoint.code();
    /// See [`Rule::ValueUnset`].
    pub const VALUE_UNSET: &str = Rule::ValueUnset.code();
    /// See [`Rule::PatternPlaceholder`].
    pub const PATTERN_PLACEHOLDER: &str = Rule::PatternPlaceholder.code();
    /// See [`Rule::RewriteBreaksPath`].
    pub const REWRITE_BREAKS_PATH: &str = Rule::RewriteBreaksPath.code();
    /// See [`Rule::RewriteNotEncoded`].
    pub const REWRITE_NOT_ENCODED: &str = Rule::RewriteNotEncoded.code();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warning_serializes_for_the_report() {
        let about = Warning::about(codes::URL_PORT, "/api", "has a port");
        assert_eq!(
            serde_json::to_string(&about).unwrap(),
            r#"{"code":"URL_PORT","message":"has a port","pattern":"/api"}"#
        );
        let call = Warning { pattern: None, ..about };
        assert_eq!(serde_json::to_string(&call).unwrap(), r#"{"code":"URL_PORT","message":"has a port"}"#);
    }
}
