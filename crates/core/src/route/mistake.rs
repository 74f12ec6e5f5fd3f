//! What looks like a mistake in a pattern or a host that can be stored: each function says what is odd, and what to write.

/// What JavaScript makes of a value that is not there when it joins texts.
const UNSET: [&str; 4] = ["undefined", "null", "NaN", "[object Object]"];

/// Endings of files. None of them is a top-level domain.
const FILES: [&str; 16] = [
    "avif", "css", "gif", "htm", "html", "ico", "jpeg", "jpg", "js", "json", "pdf", "png", "svg", "txt",
    "webp", "xml",
];

/// Top-level domains that are not in the public DNS (RFC 6761, RFC 6762, ICANN's reservation of `.internal`).
const PRIVATE: [&str; 5] = ["internal", "invalid", "local", "localhost", "test"];

/// What a variable that is not set left in a host or a path, as it was written.
#[must_use]
pub fn unset(text: &str) -> Option<&'static str> {
    let (host, path) = text.split_at(text.find('/').unwrap_or(text.len()));
    // A label may be part of a name: `pr-undefined.example.com`. Real hosts have the other words in theirs.
    let in_label = |label: &str| label.split('-').any(|word| word == UNSET[0]);
    if host.split('.').any(in_label) {
        return Some(UNSET[0]);
    }
    let whole = |part: &str| UNSET.into_iter().find(|word| *word == part);
    whole(host).or_else(|| path.split('/').find_map(whole))
}

/// A part of a written path that would be a parameter or an expression elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placeholder<'a> {
    /// The segment.
    pub segment: &'a str,
    /// The path before it; `/` where there is nothing.
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
        // Braces, angle brackets, bars and backslashes are in no URI.
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

/// Whether no request can have `host`, a pattern's host, since it is a path or a file: it has no dot, or the ending of a file.
#[must_use]
pub fn is_path(host: &str, bare: bool) -> bool {
    let ending = host.rsplit_once('.').map(|(_, ending)| ending);
    !host.contains('*') && ending.is_none_or(|ending| bare && FILES.contains(&ending))
}

/// Whether a host is not in the public DNS, where `CloudFront` looks for origins.
#[must_use]
pub fn is_private(host: &str) -> bool {
    host.rsplit_once('.').is_none_or(|(_, top)| PRIVATE.contains(&top))
}

/// Of the website endpoint of a bucket, the domain name of the bucket itself.
#[must_use]
pub fn bucket_of_website(host: &str) -> Option<String> {
    let at = host.find(".s3-website").filter(|at| *at > 0)?;
    let (bucket, rest) = (&host[..at], &host[at + ".s3-website".len()..]);
    // Older regions have a dash before their name, newer ones a dot.
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
