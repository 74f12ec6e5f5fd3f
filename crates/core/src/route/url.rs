//! The location of a target: the URL of an origin, or the domain of a bucket.

use std::fmt::Display;

use ::url::{Host, Url};

use super::host::{self, Stars};
use super::lint_rule::Rule;
use super::mistake;
use super::shown;
use super::warning::Warning;
use crate::error::{Code, Result, RouteSyncError};

/// An `http:` or `https:` URL that consists only of scheme, host and port.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OriginUrl {
    host: String,
    https: bool,
    numeric: bool,
    port: Option<u16>,
}

impl OriginUrl {
    /// Reads `https://host` or `http://host`, with or without a port and a final `/`. `at` is the
    /// URL's place in the options, for errors.
    ///
    /// # Errors
    /// [`Code::InvalidTarget`] for anything else: another scheme, credentials (never shown in the message), a path, a query,
    /// a fragment, an impossible host.
    pub fn parse(text: &str, at: impl Display) -> Result<Self> {
        let fail = |why: &str| {
            // The URL may hold credentials or a signed query, which no message may show.
            let found = if text.contains(['@', '?', '#']) { "the URL".to_owned() } else { shown(text) };
            let what = "write a target as \"https://host\"";
            Err(RouteSyncError::at(Code::InvalidTarget, at.to_string(), format!("{found} {why}; {what}")))
        };
        let lower = text.get(..8).unwrap_or(text).to_ascii_lowercase();
        if !lower.starts_with("https://") && !lower.starts_with("http://") {
            return fail("is not an http: or https: URL");
        }
        if text.contains('@') {
            return fail("has credentials, which would be stored where others can read them; remove them");
        }
        if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return fail("contains whitespace or control characters");
        }
        let url = match Url::parse(text) {
            Ok(url) => url,
            Err(error) => return fail(&format!("cannot be read ({error})")),
        };
        if url.query().is_some() {
            return fail("has a query, which would be lost; remove it");
        }
        if url.fragment().is_some() {
            return fail("has a fragment, which would be lost; remove it");
        }
        if url.path() != "/" {
            return fail(
                "has a path, which would be lost; remove it, and use `rewrite` to add a path to requests",
            );
        }
        let name = url.host_str().unwrap_or_default();
        let numeric = !matches!(url.host(), Some(Host::Domain(_)));
        if !numeric && let Err(why) = host::normalize(name, Stars::Refused) {
            return fail(&format!("cannot be reached: its host {why}"));
        }
        let host = url.port().map_or_else(|| name.to_owned(), |port| format!("{name}:{port}"));
        Ok(Self { host, https: url.scheme() == "https", numeric, port: url.port() })
    }

    /// The host, and the port unless it is the scheme's default, as SST writes it.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    #[must_use]
    pub const fn is_https(&self) -> bool {
        self.https
    }

    /// Warnings for the route of `pattern` about parts of the URL that SST's edge function does not support.
    #[must_use]
    pub fn warnings(&self, pattern: &str) -> Vec<Warning> {
        let mut warnings = Vec::new();
        let host = shown(&self.host);
        if !self.https {
            let message = format!(
                "{host} is an http: origin, which SST's edge function cannot reach (sst#6742); use https:"
            );
            warnings.push(Warning::about(Rule::HttpOrigin, pattern, message));
        }
        if let Some(port) = self.port {
            let message = format!(
                "{host} has the port {port}, which SST's edge function treats as part of the domain name; use the scheme's default port"
            );
            warnings.push(Warning::about(Rule::UrlPort, pattern, message));
        }
        if self.numeric {
            let message = format!(
                "{host} is an IP address, which CloudFront does not accept as an origin; use a host name"
            );
            warnings.push(Warning::about(Rule::UrlIpAddress, pattern, message));
        } else {
            let name = self.host.split(':').next().unwrap_or_default();
            warnings.extend(about_host(name, pattern));
            if let Some(bucket) = mistake::bucket_of_website(name).filter(|_| self.https) {
                let message = format!(
                    "{host} is the website endpoint of a bucket, which does not speak https; write {{ bucket: {} }}",
                    shown(&bucket)
                );
                warnings.push(Warning::about(Rule::WebsiteEndpoint, pattern, message));
            }
        }
        warnings
    }
}

/// A warning for the route of `pattern` if the name of an origin's host looks like a mistake.
#[must_use]
pub fn about_host(name: &str, pattern: &str) -> Option<Warning> {
    let host = shown(name);
    if let Some(word) = mistake::unset(name) {
        let message = format!(
            "the target's host {host} contains {}, which is the text of a variable without a value; set the variable, or remove the route",
            shown(word)
        );
        return Some(Warning::about(Rule::ValueUnset, pattern, message));
    }
    mistake::is_private(name).then(|| {
        let message = format!(
            "{host} is not in the public DNS, which CloudFront uses to find origins; write a public host name"
        );
        Warning::about(Rule::UrlNotPublic, pattern, message)
    })
}

/// The regional domain name of a bucket.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BucketDomain(String);

impl BucketDomain {
    /// Reads `<bucket>.s3.<region>.amazonaws.com`. Any host name of at least two labels is accepted. `at` is its place in
    /// the options, for errors.
    ///
    /// # Errors
    /// [`Code::InvalidTarget`] when `text` is not such a host name, but a bare bucket name, an ARN or a URL.
    pub fn parse(text: &str, at: impl Display) -> Result<Self> {
        let name = host::normalize(text, Stars::Refused)
            .and_then(|name| if name.contains('.') { Ok(name) } else { Err("is a bare name".to_owned()) });
        match name {
            Ok(name) => Ok(Self(name)),
            Err(why) => Err(RouteSyncError::at(
                Code::InvalidTarget,
                at.to_string(),
                format!(
                    "{} {why}; write the bucket's regional domain name, <bucket>.s3.<region>.amazonaws.com",
                    shown(text)
                ),
            )),
        }
    }

    /// The domain, in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Warnings for the route of `pattern` if no bucket can be reached at this domain.
    #[must_use]
    pub fn warnings(&self, pattern: &str) -> Vec<Warning> {
        let website = mistake::bucket_of_website(&self.0).map(|bucket| {
            let message = format!(
                "{} is the website endpoint of a bucket, which rejects signed requests; write the bucket's regional domain name, {}",
                shown(&self.0),
                shown(&bucket)
            );
            Warning::about(Rule::WebsiteEndpoint, pattern, message)
        });
        about_host(&self.0, pattern).into_iter().chain(website).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route::WarningCode;

    #[test]
    fn an_origin_is_read_as_sst_stores_it() {
        for (text, host, https) in [
            ("https://api.example.com", "api.example.com", true),
            ("https://API.Example.com/", "api.example.com", true),
            ("HTTP://example.com:80", "example.com", false),
            ("https://example.com:8443", "example.com:8443", true),
            ("http://127.0.0.1:3000/", "127.0.0.1:3000", false),
            ("https://münchen.de", "xn--mnchen-3ya.de", true),
        ] {
            let url = OriginUrl::parse(text, "routes").unwrap();
            assert_eq!((url.host(), url.is_https()), (host, https), "{text}");
        }
    }

    #[test]
    fn what_ssts_reader_does_not_honour_is_a_warning() {
        let codes_of = |text| -> Vec<WarningCode> {
            let url = OriginUrl::parse(text, "routes").unwrap();
            url.warnings("/api").into_iter().map(|warning| warning.code).collect()
        };
        assert!(codes_of("https://example.com:443").is_empty());
        assert_eq!(codes_of("http://example.com"), [Rule::HttpOrigin.into()]);
        assert_eq!(
            codes_of("http://127.0.0.1:3000"),
            [Rule::HttpOrigin.into(), Rule::UrlPort.into(), Rule::UrlIpAddress.into()]
        );
        assert_eq!(codes_of("https://[::1]"), [Rule::UrlIpAddress.into()]);
        assert_eq!(codes_of("https://localhost"), [Rule::UrlNotPublic.into()]);
        assert_eq!(codes_of("https://localhost:8443"), [Rule::UrlPort.into(), Rule::UrlNotPublic.into()]);
        assert_eq!(codes_of("https://undefined"), [Rule::ValueUnset.into()]);
        assert_eq!(codes_of("https://b.s3-website-us-east-1.amazonaws.com"), [Rule::WebsiteEndpoint.into()]);
        let website = BucketDomain::parse("b.s3-website.eu-west-3.amazonaws.com", "routes").unwrap();
        let [warning] = &website.warnings("/files")[..] else { panic!("{:?}", website.warnings("/files")) };
        assert_eq!(warning.code, Rule::WebsiteEndpoint.into());
        assert!(warning.message.contains("\"b.s3.eu-west-3.amazonaws.com\""), "{}", warning.message);
    }

    #[test]
    fn a_url_that_says_more_than_an_origin_is_refused_without_showing_secrets() {
        for (text, why) in [
            ("", "not an http"),
            ("example.com", "not an http"),
            ("ftp://example.com", "not an http"),
            ("ä", "not an http"),
            ("https:example.com", "not an http"),
            ("https://user:hunter2@example.com", "credentials"),
            ("https://example.com/path", "rewrite"),
            ("https://example.com?token=hunter2", "query"),
            ("https://example.com/?", "query"),
            ("https://example.com#hunter2", "fragment"),
            ("https://exa mple.com", "whitespace"),
            ("https://", "cannot be read"),
            ("https://a,b.com", "','"),
        ] {
            let error = OriginUrl::parse(text, r#"routes["/api"].url"#).unwrap_err();
            assert_eq!(error.code, Code::InvalidTarget, "{text}");
            assert_eq!(error.details.path.as_deref(), Some(r#"routes["/api"].url"#));
            assert!(error.message.contains(why), "{text}: {}", error.message);
            assert!(!error.message.contains("hunter2"), "{}", error.message);
        }
    }

    #[test]
    fn a_bucket_is_its_regional_domain() {
        let domain = BucketDomain::parse("My-bucket.s3.us-east-1.amazonaws.com", "routes").unwrap();
        assert_eq!(domain.as_str(), "my-bucket.s3.us-east-1.amazonaws.com");
        for text in [
            "",
            "my-bucket",
            "arn:aws:s3:::my-bucket",
            "s3://my-bucket",
            "https://b.s3.amazonaws.com",
            "a_b c.d",
        ] {
            let error = BucketDomain::parse(text, r#"routes["/f"].bucket"#).unwrap_err();
            assert_eq!(error.code, Code::InvalidTarget);
            assert!(error.message.contains("<bucket>.s3.<region>.amazonaws.com"), "{}", error.message);
        }
    }
}
