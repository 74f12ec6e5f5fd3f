//! Checks host names, and converts them to and from the regular expressions that the table stores.

use url::Host;

/// Maximum bytes of a host name (RFC 1035, 2.3.4, without the root's dot and length byte).
pub const HOST_BYTES: usize = 253;
/// Maximum bytes of one label (RFC 1035, 2.3.4).
pub const LABEL_BYTES: usize = 63;

/// Characters that SST's writer escapes with a backslash.
const ESCAPED: &[char] = &['.', '+', '?', '^', '$', '{', '}', '(', ')', '|', '[', ']', '\\'];

/// Whether a host may contain `*`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stars {
    /// `*` may be anywhere in the host, and matches any text.
    Allowed,
    /// The host must be a plain name.
    Refused,
}

/// Normalizes a host to the spelling in requests: lower case, with IDN labels as punycode. Several `*` in a row become one.
///
/// # Errors
/// Why `text` is not a host, as a continuation of "the host …".
pub fn normalize(text: &str, stars: Stars) -> Result<String, String> {
    let mut labels = Vec::new();
    for label in text.split('.') {
        labels.push(if label.is_ascii() { label.to_ascii_lowercase() } else { punycode(label)? });
    }
    let mut host = labels.join(".");
    while host.contains("**") {
        host = host.replace("**", "*");
    }
    check(&host, stars)?;
    Ok(host)
}

fn punycode(label: &str) -> Result<String, String> {
    if label.contains('*') {
        return Err(format!(
            "mixes * and non-ASCII characters in the label {label:?}: write the punycode form"
        ));
    }
    if label.chars().any(char::is_whitespace) {
        return Err("contains whitespace".to_owned());
    }
    match Host::parse(label) {
        Ok(Host::Domain(ascii)) => Ok(ascii),
        _ => Err(format!("has the label {label:?}, which has no punycode form")),
    }
}

fn check(host: &str, stars: Stars) -> Result<(), String> {
    if host.len() > HOST_BYTES {
        return Err(format!("is {} bytes long; a host name has at most {HOST_BYTES}", host.len()));
    }
    for c in host.chars() {
        match c {
            'a'..='z' | '0'..='9' | '-' | '_' | '.' => {}
            '*' if stars == Stars::Allowed => {}
            ':' => {
                return Err(
                    "contains a port or a colon; hosts are matched without their port: remove it".to_owned()
                );
            }
            c if c.is_whitespace() => return Err("contains whitespace; remove it".to_owned()),
            c => {
                return Err(format!("contains {c:?}; a host name consists of letters, digits, - _ and dots"));
            }
        }
    }
    for label in host.split('.') {
        if label.is_empty() {
            return Err("has an empty label; remove the leading, trailing or double dot".to_owned());
        }
        if label.len() > LABEL_BYTES {
            return Err(format!(
                "has a label of {} bytes; between two dots at most {LABEL_BYTES} are allowed",
                label.len()
            ));
        }
    }
    Ok(())
}

/// The stored text of a host: special characters of regular expressions are escaped, and `*` becomes `.*`.
#[must_use]
pub fn escape(host: &str) -> String {
    let mut stored = String::with_capacity(host.len() + 8);
    for c in host.chars() {
        if c == '*' {
            stored.push('.');
        } else if ESCAPED.contains(&c) {
            stored.push('\\');
        }
        stored.push(c);
    }
    stored
}

/// Reverses [`escape`]. Parts of other writers' text that [`escape`] never produces are kept unchanged.
#[must_use]
pub fn unescape(stored: &str) -> String {
    let mut host = String::with_capacity(stored.len());
    let mut chars = stored.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => host.push(chars.next().unwrap_or('\\')),
            '.' if chars.next_if_eq(&'*').is_some() => host.push('*'),
            c => host.push(c),
        }
    }
    host
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escaping_is_what_sst_writes_and_can_be_undone() {
        for (host, stored) in [
            ("", ""),
            ("api.myapp.com", r"api\.myapp\.com"),
            ("*.example.com", r".*\.example\.com"),
            ("pr-*.a", r"pr-.*\.a"),
            (r"a+?^${}()|[]\", r"a\+\?\^\$\{\}\(\)\|\[\]\\"),
        ] {
            assert_eq!(escape(host), stored);
            assert_eq!(unescape(stored), host);
        }
    }

    #[test]
    fn hosts_come_out_as_requests_carry_them() {
        for (text, host) in [
            ("API.MyApp.com", "api.myapp.com"),
            ("münchen.de", "xn--mnchen-3ya.de"),
            ("*.MÜNCHEN.de", "*.xn--mnchen-3ya.de"),
            ("**.example.com", "*.example.com"),
            ("_x.example.com", "_x.example.com"),
        ] {
            assert_eq!(normalize(text, Stars::Allowed).as_deref(), Ok(host));
        }
    }

    #[test]
    fn what_is_no_host_is_refused_with_its_reason() {
        let long = "a".repeat(64);
        let longest =
            ["a".repeat(60), "b".repeat(60), "c".repeat(60), "d".repeat(60), "e".repeat(60)].join(".");
        for (text, why) in [
            ("a b.com", "whitespace"),
            ("é b.com", "whitespace"),
            ("a.com:80", "port"),
            ("user@a.com", "'@'"),
            ("a,b.com", "','"),
            ("a..com", "empty label"),
            ("a.com.", "empty label"),
            (".a.com", "empty label"),
            ("mü*.com", "punycode"),
            ("１２", "no punycode form"),
            (long.as_str(), "label of 64 bytes"),
            (longest.as_str(), "at most 253"),
        ] {
            let error = normalize(text, Stars::Allowed).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
        assert!(normalize("*.com", Stars::Refused).unwrap_err().contains("'*'"));
    }
}
