//! Detects likely mistakes in valid patterns and hosts.

/// Texts that JavaScript produces for a missing value in a template or a concatenation.
const UNSET: [&str; 4] = ["undefined", "null", "NaN", "[object Object]"];

/// File extensions that are not top-level domains.
const FILES: [&str; 16] = [
    "avif", "css", "gif", "htm", "html", "ico", "jpeg", "jpg", "js", "json", "pdf", "png", "svg", "txt",
    "webp", "xml",
];

/// Top-level domains that are not in the public DNS (RFC 6761, RFC 6762, ICANN's reservation of `.internal`).
const PRIVATE: [&str; 5] = ["internal", "invalid", "local", "localhost", "test"];

/// The text in a host or a path, as the user wrote it, that an unset variable produced.
#[must_use]
pub fn unset(text: &str) -> Option<&'static str> {
    let (host, path) = text.split_at(text.find('/').unwrap_or(text.len()));
    // "undefined" also counts as a part of a label: `pr-undefined.example.com`. The other words occur in labels of real hosts.
    let in_label = |label: &str| label.split('-').any(|word| word == UNSET[0]);
    if host.split('.').any(in_label) {
        return Some(UNSET[0]);
    }
    let whole = |part: &str| UNSET.into_iter().find(|word| *word == part);
    whole(host).or_else(|| path.split('/').find_map(whole))
}

/// A segment of a written path that other routers read as a parameter or an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placeholder<'a> {
    pub segment: &'a str,
    /// The path before the segment, or `/` if that is empty.
    pub before: &'a str,
    /// The segment lists alternatives.
    pub alternatives: bool,
}

/// The first placeholder in a written path: `:slug`, `{proxy+}`, `[id]`, `<id>`, `(en|de)`, `\d+`.
#[must_use]
pub fn placeholder(path: &str) -> Option<Placeholder<'_>> {
    let mut start = 0;
    for segment in path.split('/') {
        let between = |open: char, close: char| segment.starts_with(open) && segment.ends_with(close);
        let named = segment
            .strip_prefix(':')
            .is_some_and(|name| name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_'));
        // A URI contains no raw braces, angle brackets, bars and backslashes.
        let odd = segment.contains(['{', '}', '|', '\\']) || segment.contains('<') && segment.contains('>');
        if named || odd || between('[', ']') || between('(', ')') {
            let before = match path[..start].trim_end_matches('/') {
                "" => "/",
                before => before,
            };
            return Some(Placeholder { segment, before, alternatives: segment.contains('|') });
        }
        start += segment.len() + 1;
    }
    None
}

/// Whether `host`, the host of a pattern, is more likely a path or a file name: it has no dot, or a file extension.
#[must_use]
pub fn is_path(host: &str, bare: bool) -> bool {
    let ending = host.rsplit_once('.').map(|(_, ending)| ending);
    !host.contains('*') && ending.is_none_or(|ending| bare && FILES.contains(&ending))
}

/// Whether a host is not in the public DNS, in which `CloudFront` resolves origins.
#[must_use]
pub fn is_private(host: &str) -> bool {
    host.rsplit_once('.').is_none_or(|(_, top)| PRIVATE.contains(&top))
}

/// The domain name of the bucket whose website endpoint `host` is.
#[must_use]
pub fn bucket_of_website(host: &str) -> Option<String> {
    let at = host.find(".s3-website").filter(|at| *at > 0)?;
    let (bucket, rest) = (&host[..at], &host[at + ".s3-website".len()..]);
    // Endpoints have a dash before the name of an older region, and a dot before that of a newer one.
    let (region, domain) = rest.strip_prefix(['-', '.'])?.split_once('.')?;
    domain.starts_with("amazonaws.com").then(|| format!("{bucket}.s3.{region}.{domain}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_unset_variable_leaves_is_found() {
        for (text, word) in [
            ("undefined", Some("undefined")),
            ("undefined/x", Some("undefined")),
            ("undefined.example.com", Some("undefined")),
            ("pr-undefined.example.com/", Some("undefined")),
            ("/undefined", Some("undefined")),
            ("/api/undefined/x", Some("undefined")),
            ("/api/null", Some("null")),
            ("/[object Object]/x", Some("[object Object]")),
            ("/NaN", Some("NaN")),
            ("/docs/undefined-behavior", None),
            ("/nan", None),
            ("null.example.com/", None),
            ("/nullable", None),
            ("", None),
        ] {
            assert_eq!(unset(text), word, "{text}");
        }
    }

    #[test]
    fn placeholders_are_found_with_the_path_before_them() {
        for (path, found) in [
            ("/blog/:slug", Some((":slug", "/blog"))),
            ("/:id/x", Some((":id", "/"))),
            ("/{proxy+}", Some(("{proxy+}", "/"))),
            ("/a/v{n}/x", Some(("v{n}", "/a"))),
            ("/[...rest]", Some(("[...rest]", "/"))),
            ("/users/<int:id>/", Some(("<int:id>", "/users"))),
            ("/(en|de)/shop", Some(("(en|de)", "/"))),
            ("/x/en|de", Some(("en|de", "/x"))),
            (r"/v\d+/x", Some((r"v\d+", "/"))),
            ("/(group)/x", Some(("(group)", "/"))),
            // Real paths.
            ("/v1/things:batchGet", None),
            ("/:", None),
            ("/$metadata", None),
            ("/Ada_(language)", None),
            ("/~!$&'()+;=:@[x]", None),
            ("/%7Bx%7D", None),
            ("/@scope/name", None),
            ("/", None),
        ] {
            let told = placeholder(path).map(|found| (found.segment, found.before));
            assert_eq!(told, found, "{path}");
        }
    }

    #[test]
    fn a_path_without_its_slash_is_told_from_a_host() {
        for (host, bare, path) in [
            ("api", true, true),
            ("api", false, true),
            ("robots.txt", true, true),
            ("index.html", true, true),
            ("v1.js", false, false),
            ("example.com", true, false),
            ("*", true, false),
            ("pr-*", false, false),
        ] {
            assert_eq!(is_path(host, bare), path, "{host} {bare}");
        }
    }

    #[test]
    fn hosts_outside_the_public_dns_are_found() {
        for host in
            ["localhost", "api", "app.localhost", "printer.local", "ip-10-0-0-1.ec2.internal", "a.test"]
        {
            assert!(is_private(host), "{host}");
        }
        for host in ["a.example", "local.dev", "localhost.example.com", "test.internal.example.com"] {
            assert!(!is_private(host), "{host}");
        }
    }

    #[test]
    fn a_website_endpoint_leads_to_its_bucket() {
        for (host, bucket) in [
            ("b.s3-website-us-east-1.amazonaws.com", Some("b.s3.us-east-1.amazonaws.com")),
            ("my.site.s3-website.eu-central-1.amazonaws.com", Some("my.site.s3.eu-central-1.amazonaws.com")),
            ("b.s3-website.cn-north-1.amazonaws.com.cn", Some("b.s3.cn-north-1.amazonaws.com.cn")),
            ("b.s3.us-east-1.amazonaws.com", None),
            ("s3-website-us-east-1.amazonaws.com", None),
            ("b.s3-website-demo.example.com", None),
        ] {
            assert_eq!(bucket_of_website(host).as_deref(), bucket, "{host}");
        }
    }
}
