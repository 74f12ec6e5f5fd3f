//! Rules about routes that can be stored but do not do what was meant: what each looks for, how bad it is, and what to
//! do. Which of them look at the whole table is the plan's affair.

use std::collections::BTreeMap;

use serde::Serialize;

use super::warning::Warning;
use crate::error::{Code, RouteSyncError};

/// A rule. Its name is the code of its warnings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Rule {
    /// The target is an `http:` origin, which SST's edge function does not reach.
    HttpOrigin,
    /// The target's URL has a port, which SST's edge function takes for part of the domain name.
    UrlPort,
    /// The target's URL is an IP address, which `CloudFront` does not accept as an origin.
    UrlIpAddress,
    /// The target's host is not in the public DNS, where `CloudFront` looks for origins.
    UrlNotPublic,
    /// The target is the website endpoint of a bucket, which is no bucket origin and does not speak HTTPS.
    WebsiteEndpoint,
    /// The pattern or the target holds `undefined`, `null` or the like: a variable that is not set.
    ValueUnset,
    /// The pattern is stored in another spelling than the one written: the only one that matches.
    PatternNormalized,
    /// The pattern does not begin with `/`, so it was read as a host, which no request has: a path was meant.
    PatternBareHost,
    /// The pattern's path holds a placeholder or an expression, which the edge compares as it is.
    PatternPlaceholder,
    /// `rewrite.to` holds characters that a URI never carries raw.
    RewriteNotEncoded,
    /// The rewrite makes a URI that `CloudFront` rejects of the pattern, of a path below it, or of one with a final slash.
    RewriteBreaksPath,
    /// A route is removed since its target is `undefined`.
    TargetUndefined,
    /// No request can reach the route: another one wins all of them.
    RouteShadowed,
    /// A wildcard host has the longer text and wins against this exact host.
    HostLosesToWildcard,
    /// A wildcard host has an equally long text: path and order decide against this exact host.
    HostTiesWithWildcard,
    /// A wildcard host matches more hosts than it seems to: the edge looks for it anywhere in the host.
    WildcardUnanchored,
    /// Entries of two holders have one pattern.
    PatternHeldTwice,
    /// One namespace is used for two things.
    NamespaceCollision,
    /// Each request reads many values at the edge.
    EdgeReads,
    /// The edge function's scan of the table comes near its budget.
    EdgeScan,
    /// The store comes near its 5 MB.
    StoreNearlyFull,
}

/// What a rule does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Nothing.
    Off,
    /// It warns in the report.
    Warn,
    /// It rejects the call, and nothing is written.
    Error,
}

impl Rule {
    /// Every rule, in the order of the documentation.
    pub const ALL: [Self; 21] = [
        Self::HttpOrigin,
        Self::UrlPort,
        Self::UrlIpAddress,
        Self::UrlNotPublic,
        Self::WebsiteEndpoint,
        Self::ValueUnset,
        Self::PatternNormalized,
        Self::PatternBareHost,
        Self::PatternPlaceholder,
        Self::RewriteNotEncoded,
        Self::RewriteBreaksPath,
        Self::TargetUndefined,
        Self::RouteShadowed,
        Self::HostLosesToWildcard,
        Self::HostTiesWithWildcard,
        Self::WildcardUnanchored,
        Self::PatternHeldTwice,
        Self::NamespaceCollision,
        Self::EdgeReads,
        Self::EdgeScan,
        Self::StoreNearlyFull,
    ];

    /// Its name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::HttpOrigin => "HTTP_ORIGIN",
            Self::UrlPort => "URL_PORT",
            Self::UrlIpAddress => "URL_IP_ADDRESS",
            Self::UrlNotPublic => "URL_NOT_PUBLIC",
            Self::WebsiteEndpoint => "WEBSITE_ENDPOINT",
            Self::ValueUnset => "VALUE_UNSET",
            Self::PatternNormalized => "PATTERN_NORMALIZED",
            Self::PatternBareHost => "PATTERN_BARE_HOST",
            Self::PatternPlaceholder => "PATTERN_PLACEHOLDER",
            Self::RewriteNotEncoded => "REWRITE_NOT_ENCODED",
            Self::RewriteBreaksPath => "REWRITE_BREAKS_PATH",
            Self::TargetUndefined => "TARGET_UNDEFINED",
            Self::RouteShadowed => "ROUTE_SHADOWED",
            Self::HostLosesToWildcard => "HOST_LOSES_TO_WILDCARD",
            Self::HostTiesWithWildcard => "HOST_TIES_WITH_WILDCARD",
            Self::WildcardUnanchored => "WILDCARD_UNANCHORED",
            Self::PatternHeldTwice => "PATTERN_HELD_TWICE",
            Self::NamespaceCollision => "NAMESPACE_COLLISION",
            Self::EdgeReads => "EDGE_READS",
            Self::EdgeScan => "EDGE_SCAN",
            Self::StoreNearlyFull => "STORE_NEARLY_FULL",
        }
    }

    /// What it does unless told otherwise: what the edge cannot serve is an error.
    #[must_use]
    pub const fn default_level(self) -> Level {
        match self {
            Self::HttpOrigin | Self::UrlPort => Level::Error,
            _ => Level::Warn,
        }
    }
}

/// What each rule does for a call.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Levels(BTreeMap<&'static str, Level>);

impl Levels {
    /// Sets what `rule` does.
    pub fn set(&mut self, rule: Rule, level: Level) {
        self.0.insert(rule.code(), level);
    }

    /// What the rule called `code` does; what is no rule warns.
    #[must_use]
    pub fn of(&self, code: &str) -> Level {
        let default = || Rule::ALL.into_iter().find(|rule| rule.code() == code).map(Rule::default_level);
        self.0.get(code).copied().or_else(default).unwrap_or(Level::Warn)
    }
}

/// The error of a rule that rejects.
#[must_use]
pub fn refuse(warning: &Warning) -> RouteSyncError {
    let message = format!(
        "{}; nothing was written; set `lint: {{ {}: \"warn\" }}` to go on all the same",
        warning.message, warning.code
    );
    match &warning.pattern {
        Some(pattern) => RouteSyncError::at(Code::Lint, format!("routes[{pattern:?}]"), message),
        None => RouteSyncError::new(Code::Lint, message),
    }
    .with(|details| details.rule = Some(warning.code.to_owned()))
}

/// The codes of warnings that a declaration alone can cause: rules of this module.
pub mod codes {
    use super::Rule;

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
    fn a_level_decides_what_a_warning_comes_to() {
        let mut levels = Levels::default();
        assert_eq!(levels.of("HTTP_ORIGIN"), Level::Error);
        assert_eq!(levels.of("SUPERSEDED"), Level::Warn, "no rule");
        levels.set(Rule::HttpOrigin, Level::Off);
        levels.set(Rule::EdgeScan, Level::Error);
        assert_eq!((levels.of("HTTP_ORIGIN"), levels.of("EDGE_SCAN")), (Level::Off, Level::Error));
        let error = refuse(&Warning::about("HTTP_ORIGIN", "/api", "is http"));
        assert_eq!((error.code, error.details.rule.as_deref()), (Code::Lint, Some("HTTP_ORIGIN")));
        assert_eq!(error.details.path.as_deref(), Some(r#"routes["/api"]"#));
    }

    #[test]
    fn codes_are_spelt_as_serde_spells_them() {
        for rule in Rule::ALL {
            assert_eq!(serde_json::to_string(&rule).unwrap(), format!("{:?}", rule.code()));
        }
    }
}
