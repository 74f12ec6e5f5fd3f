//! The meaning of a text in the legacy edge function, which contained it between double quotes.
//!
//! The legacy router wrote a rewrite's `regex` and `to` unchanged into the source of a function, so JavaScript unescaped
//! every backslash once more: `\d` meant `d`, and `\.` meant any character.

/// The text that ran. Returns `None` for an octal escape or half a `\x`, which the function's runtime may have refused.
#[must_use]
pub fn unescape(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next()? {
            'n' => out.push('\n'),
            't' => out.push('\t'),
            'r' => out.push('\r'),
            'b' => out.push('\u{8}'),
            'f' => out.push('\u{c}'),
            'v' => out.push('\u{b}'),
            'x' => out.push(hex(&mut chars, 2)?),
            'u' => out.push(hex(&mut chars, 4)?),
            '0'..='9' => return None,
            other => out.push(other),
        }
    }
    Some(out)
}

fn hex(chars: &mut std::str::Chars<'_>, digits: usize) -> Option<char> {
    let text = chars.as_str().get(..digits)?;
    if !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    *chars = chars.as_str()[digits..].chars();
    char::from_u32(u32::from_str_radix(text, 16).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backslash_is_taken_once_more() {
        for (text, ran) in [
            ("^/api/(.*)$", Some("^/api/(.*)$")),
            (r"^\/v1\.0\/(\d+)$", Some("^/v1.0/(d+)$")),
            (r"^/(\\d+)$", Some(r"^/(\d+)$")),
            (r"\x2f\u0061\n", Some("/a\n")),
            (r"(a)\1", None),
            (r"\x2", None),
            (r"\xé", None),
            (r"\u+123", None),
            ("\\", None),
        ] {
            assert_eq!(unescape(text).as_deref(), ran, "{text}");
        }
    }
}
