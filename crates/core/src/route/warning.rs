//! Warnings about a valid call.

use std::fmt;

use serde::{Serialize, Serializer};
use strum::IntoStaticStr;

use super::lint_rule::Rule;
use crate::error::{Code, RouteSyncError};

/// A warning in the report of a call. It never stops the call.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Warning {
    pub code: WarningCode,
    /// A human-readable description of what was found and what it means.
    pub message: String,
    /// The pattern as the user wrote it; `None` when the warning is about the whole call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
}

/// A warning's code. `docs/warnings.md` has a chapter for each [`CallWarning`], and `docs/lint.md` one for each [`Rule`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WarningCode {
    Lint(Rule),
    Call(CallWarning),
}

/// Warnings about the state that a call found or left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, IntoStaticStr)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum CallWarning {
    /// Edge locations may serve cached answers of the old target.
    StaleCache,
    /// An entry with another target was live at the pattern of a new caller.
    ReplacedLiveRoute,
    /// The table was damaged. It was rewritten from the entries that could be read.
    TableRepaired,
    /// The table is close to the size that SST's own writers can handle.
    SstTableNearLimit,
    /// A later call or another owner has replaced some of the routes.
    Superseded,
    /// The store does not exist, so a removal had nothing to do.
    StoreGone,
    /// Metadata was not deleted because an entry still refers to it.
    StillNamed,
    /// The router wants an index, and its table has none.
    IndexMissing,
    /// The routes are stored, but the edge did not serve them before its deadline.
    EdgeNotConfirmed,
}

impl Warning {
    /// A warning about `pattern`.
    #[must_use]
    pub fn about(code: impl Into<WarningCode>, pattern: &str, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), pattern: Some(pattern.to_owned()) }
    }

    /// A warning about the whole call.
    #[must_use]
    pub fn of_call(code: impl Into<WarningCode>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), pattern: None }
    }
}

impl WarningCode {
    /// The code's name in the report.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Lint(rule) => rule.into(),
            Self::Call(warning) => warning.into(),
        }
    }
}

impl From<Rule> for WarningCode {
    fn from(rule: Rule) -> Self {
        Self::Lint(rule)
    }
}

impl From<CallWarning> for WarningCode {
    fn from(warning: CallWarning) -> Self {
        Self::Call(warning)
    }
}

impl fmt::Display for WarningCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for WarningCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// The error for a warning whose rule has the level [`Level::Error`](super::lint_rule::Level::Error).
#[must_use]
pub fn refuse(rule: Rule, warning: &Warning) -> RouteSyncError {
    let name = <&str>::from(rule);
    let message = format!(
        "{}; nothing was written; to deploy anyway, set `lint: {{ {name}: \"warn\" }}`",
        warning.message
    );
    match &warning.pattern {
        Some(pattern) => RouteSyncError::at(Code::Lint, format!("routes[{pattern:?}]"), message),
        None => RouteSyncError::new(Code::Lint, message),
    }
    .with(|details| details.rule = Some(name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warning_serializes_for_the_report() {
        let about = Warning::about(Rule::UrlPort, "/api", "has a port");
        assert_eq!(
            serde_json::to_string(&about).unwrap(),
            r#"{"code":"URL_PORT","message":"has a port","pattern":"/api"}"#
        );
        let call = Warning::of_call(CallWarning::Superseded, "was replaced");
        assert_eq!(
            serde_json::to_string(&call).unwrap(),
            r#"{"code":"SUPERSEDED","message":"was replaced"}"#
        );
    }

    #[test]
    fn a_rule_that_is_an_error_names_itself_and_the_route() {
        let error = refuse(Rule::HttpOrigin, &Warning::about(Rule::HttpOrigin, "/api", "is http"));
        assert_eq!((error.code, error.details.rule.as_deref()), (Code::Lint, Some("HTTP_ORIGIN")));
        assert_eq!(error.details.path.as_deref(), Some(r#"routes["/api"]"#));
    }
}
