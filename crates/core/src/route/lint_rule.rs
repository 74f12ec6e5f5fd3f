//! Lint rules: they report routes that are valid but probably do not work as intended. The rules about the whole table are
//! applied by the plan.

use std::collections::BTreeMap;

use strum::{IntoStaticStr, VariantArray};

/// A lint rule. Its name is the code of its warnings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum Rule {
    /// The target is an `http:` origin, which SST's edge function does not reach.
    HttpOrigin,
    /// The target's URL has a port, which SST's edge function treats as part of the domain name.
    UrlPort,
    /// The target's URL is an IP address, which `CloudFront` does not accept as an origin.
    UrlIpAddress,
    /// The target's host is not in the public DNS, in which `CloudFront` resolves origins.
    UrlNotPublic,
    /// The target is the website endpoint of a bucket, which is not a bucket origin and does not support HTTPS.
    WebsiteEndpoint,
    /// The pattern or the target holds `undefined`, `null` or the like, so a variable was probably not set.
    ValueUnset,
    /// The pattern is stored in another spelling than the user's, which would match no request.
    PatternNormalized,
    /// The pattern does not begin with `/`, so it was read as a host. No request has this host, so a path was probably meant.
    PatternBareHost,
    /// The pattern's path holds a placeholder or an expression, which the edge compares literally.
    PatternPlaceholder,
    /// `rewrite.to` holds characters that a URI must encode.
    RewriteNotEncoded,
    /// `CloudFront` rejects the rewritten URI of the pattern's path, of the path with a final slash, or of a path below it.
    RewriteBreaksPath,
    /// A route is removed because its target is `undefined`.
    TargetUndefined,
    /// No request can reach the route, since another route wins every request that matches it.
    RouteShadowed,
    /// A wildcard host has a longer text and therefore wins against this exact host.
    HostLosesToWildcard,
    /// A wildcard host has an equally long text, so path and order decide between it and this exact host.
    HostTiesWithWildcard,
    /// A wildcard host matches more hosts than expected, since the edge searches for it anywhere in the host.
    WildcardUnanchored,
    /// Entries of two holders have the same pattern.
    PatternHeldTwice,
    /// Two constructs use the same namespace.
    NamespaceCollision,
    /// The edge function reads many values for each request.
    EdgeReads,
    /// The edge function's scan of the table nearly exceeds its compute budget.
    EdgeScan,
    /// The store nearly exceeds its limit of 5 MB.
    StoreNearlyFull,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Off,
    /// The rule adds a warning to the report.
    Warn,
    /// The rule rejects the call, and nothing is written.
    Error,
}

impl Rule {
    /// The level by default: a rule about routes that the edge cannot serve is an error.
    #[must_use]
    pub const fn default_level(self) -> Level {
        match self {
            Self::HttpOrigin | Self::UrlPort => Level::Error,
            _ => Level::Warn,
        }
    }
}

/// The level of each rule for a call.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Levels(BTreeMap<Rule, Level>);

impl Levels {
    pub fn set(&mut self, rule: Rule, level: Level) {
        self.0.insert(rule, level);
    }

    #[must_use]
    pub fn of(&self, rule: Rule) -> Level {
        self.0.get(&rule).copied().unwrap_or(rule.default_level())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_overrides_the_default() {
        let mut levels = Levels::default();
        assert_eq!(levels.of(Rule::HttpOrigin), Level::Error);
        levels.set(Rule::HttpOrigin, Level::Off);
        levels.set(Rule::EdgeScan, Level::Error);
        assert_eq!((levels.of(Rule::HttpOrigin), levels.of(Rule::EdgeScan)), (Level::Off, Level::Error));
    }
}
