//! What a caller should know about a declaration that is served all the same.

use serde::Serialize;

/// A remark in the report of a call. It never stops the call.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Warning {
    /// What it is about, one of [`codes`](super::lint::codes): stable, for programs.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warning_serializes_for_the_report() {
        let about = Warning::about("URL_PORT", "/api", "has a port");
        assert_eq!(
            serde_json::to_string(&about).unwrap(),
            r#"{"code":"URL_PORT","message":"has a port","pattern":"/api"}"#
        );
        let call = Warning { pattern: None, ..about };
        assert_eq!(serde_json::to_string(&call).unwrap(), r#"{"code":"URL_PORT","message":"has a port"}"#);
    }
}
