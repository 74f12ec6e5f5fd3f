//! Groups of entries by the hosts that they match: any host (`""`), one host, or a pattern with `*`.

/// The host cannot be indexed: the index has no form for its regular expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unsupported;

/// The group of an entry with this stored host. `None` if no request can match it.
///
/// # Errors
/// A pattern with `*` that is not of the form that SST's writer makes.
pub fn of_host(stored: &str) -> Result<Option<String>, Unsupported> {
    if !stored.contains('*') {
        // The reader compares the request's host, with its dots escaped, as text.
        let host = stored.replace("\\.", ".");
        let matches = host.replace('.', "\\.") == stored && !host.contains('/');
        return Ok(matches.then_some(host));
    }
    let pattern = stored.replace(".*", "*").replace("\\.", ".");
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '*' | '-' | '_');
    let canonical = pattern.replace('.', "\\.").replace('*', ".*") == stored;
    if canonical && pattern.chars().all(plain) { Ok(Some(pattern)) } else { Err(Unsupported) }
}

/// Whether the group is a pattern with `*`.
#[must_use]
pub fn is_wild(group: &str) -> bool {
    group.contains('*')
}

/// Whether the group is one host.
#[must_use]
pub fn is_exact(group: &str) -> bool {
    !group.is_empty() && !is_wild(group)
}

/// The length of the stored host in UTF-16 units, by which groups are ranked.
#[must_use]
pub fn rank(group: &str) -> usize {
    let escapes = group.bytes().filter(|byte| matches!(byte, b'.' | b'*')).count();
    if group.is_ascii() { group.len() + escapes } else { group.encode_utf16().count() + escapes }
}

/// Whether a pattern matches a host: its parts appear in this order in `^host$`, where `^` and `$` are characters.
#[must_use]
pub fn matches(pattern: &str, host: &str) -> bool {
    let anchored = format!("^{host}$");
    let mut rest = anchored.as_str();
    pattern.split('*').all(|part| {
        let found = rest.find(part);
        rest = found.map_or("", |at| &rest[at + part.len()..]);
        found.is_some()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_become_groups() {
        assert_eq!(of_host(""), Ok(Some(String::new())));
        assert_eq!(of_host(r"a\.example\.com"), Ok(Some("a.example.com".to_owned())));
        assert_eq!(of_host(r".*\.example\.com"), Ok(Some("*.example.com".to_owned())));
        assert_eq!(of_host(r"app-.*\.x"), Ok(Some("app-*.x".to_owned())));
        assert_eq!(of_host("a.b"), Ok(None), "an unescaped dot never equals an escaped one");
        assert_eq!(of_host("a/b"), Ok(None));
        assert_eq!(of_host("__proto__"), Ok(Some("__proto__".to_owned())));
        for odd in ["*", "a*", r"\.*x", "(a|b).*", ".*?", r"\*.*", ".*é"] {
            assert_eq!(of_host(odd), Err(Unsupported), "{odd}");
        }
    }

    #[test]
    fn the_rank_is_the_length_of_the_stored_text() {
        for stored in [r"a\.example\.com", r".*\.example\.com", r"app-.*\.x", ".*", "localhost"] {
            let group = of_host(stored).unwrap().unwrap();
            assert_eq!(rank(&group), stored.len(), "{stored}");
        }
    }
}
