//! Rules about routes that can be stored but do not do what was meant: what each looks for, how bad it is, and what to
//! do. Which of them look at the whole table is the plan's affair.

use std::collections::BTreeMap;

use strum::{IntoStaticStr, VariantArray};

/// A rule. Its name is the code of its warnings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
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
pub struct Levels(BTreeMap<Rule, Level>);

impl Levels {
    /// Sets what `rule` does.
    pub fn set(&mut self, rule: Rule, level: Level) {
        self.0.insert(rule, level);
    }

    /// What `rule` does.
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
