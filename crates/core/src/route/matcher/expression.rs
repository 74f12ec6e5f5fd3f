//! Host expressions: regular expressions that SST's writer makes from hosts, and host fields of other writers.

use crate::kvs::limits::VALUE_BYTES;

/// A host field with a `*`, compiled for matching.
#[derive(Debug)]
pub struct HostExpression {
    text: String,
    form: Form,
}

#[derive(Debug)]
enum Form {
    /// Plain parts with `.*` between them, as SST's writer makes it. A host matches if it has the parts in this order.
    Parts(Vec<String>),
    /// Any other regular expression.
    Expression(Box<regress::Regex>),
    /// Why the text is not a regular expression.
    Invalid(String),
}

impl HostExpression {
    #[must_use]
    pub fn new(text: &str) -> Self {
        let form = match parts(text) {
            Some(parts) => Form::Parts(parts),
            // The compiler recurses: a long expression by another writer could exhaust its stack.
            None if text.len() > VALUE_BYTES => {
                Form::Invalid(format!("{} bytes are too many to evaluate", text.len()))
            }
            None => match regress::Regex::new(text) {
                Ok(expression) => Form::Expression(Box::new(expression)),
                Err(error) => Form::Invalid(error.text),
            },
        };
        Self { text: text.to_owned(), form }
    }

    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    #[must_use]
    pub fn matches_all(&self) -> bool {
        matches!(&self.form, Form::Parts(parts) if parts.iter().all(String::is_empty))
    }

    /// As [`Self::matches`], but `false` where that needs the regular expression engine, which an expression of another
    /// writer could keep busy for ever.
    #[must_use]
    pub fn matches_plainly(&self, anchored: &str) -> bool {
        matches!(self.form, Form::Parts(_)) && self.matches(anchored)
    }

    /// The plain parts that every matching text holds, in this order. Empty for an expression that needs the engine.
    #[must_use]
    pub fn parts(&self) -> &[String] {
        match &self.form {
            Form::Parts(parts) => parts,
            _ => &[],
        }
    }

    /// Why the text is not a regular expression.
    #[must_use]
    pub fn error(&self) -> Option<&str> {
        match &self.form {
            Form::Invalid(why) => Some(why),
            _ => None,
        }
    }

    /// Whether the expression matches anywhere in `anchored`, which is the request's host between `^` and `$`. The edge
    /// function adds these characters to the text, where they are no anchors.
    #[must_use]
    pub fn matches(&self, anchored: &str) -> bool {
        match &self.form {
            Form::Parts(parts) => {
                let mut rest = anchored;
                parts.iter().all(|part| {
                    let found = rest.find(part.as_str());
                    rest = found.map_or("", |at| &rest[at + part.len()..]);
                    found.is_some()
                })
            }
            Form::Expression(expression) => expression.find(anchored).is_some(),
            Form::Invalid(_) => false,
        }
    }
}

/// The plain parts between `.*`; `None` if the text has any other operator.
fn parts(text: &str) -> Option<Vec<String>> {
    let mut parts = vec![String::new()];
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '.' if chars.peek() == Some(&'*') => {
                chars.next();
                // `.*?` is a lazy match, and `.*+` is an error.
                if matches!(chars.peek(), Some('?' | '+' | '*' | '{')) {
                    return None;
                }
                parts.push(String::new());
            }
            '\\' => match chars.next() {
                Some(escaped) if escaped.is_ascii_punctuation() => parts.last_mut()?.push(escaped),
                _ => return None,
            },
            '.' | '*' | '+' | '?' | '^' | '$' | '{' | '}' | '(' | ')' | '|' | '[' | ']'
            // A host has no line terminators, which `.` does not match.
            | '\n' | '\r' | '\u{2028}' | '\u{2029}' => return None,
            c => match chars.peek() {
                Some('*' | '+' | '?' | '{') => return None,
                _ => parts.last_mut()?.push(c),
            },
        }
    }
    // An escaped character may also be repeated.
    (!text.contains("\\.*") && !text.contains("\\**")).then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_writers_make_needs_no_engine_and_says_the_same() {
        for text in [r".*\.example\.com", "api-.*", r"a.*b.*\.c", ".*"] {
            let expression = HostExpression::new(text);
            assert!(matches!(expression.form, Form::Parts(_)), "{text}");
            let engine = regress::Regex::new(text).unwrap();
            for host in ["", "example.com", "x.example.com", "api-1", "y.api-1.x", "a.b.c", "axb.c", "ba.c"] {
                let anchored = format!("^{host}$");
                assert_eq!(expression.matches(&anchored), engine.find(&anchored).is_some(), "{text} {host}");
            }
        }
    }

    #[test]
    fn what_means_more_goes_to_the_engine() {
        for text in [r"a.*?b", "(a|b).*", r"\..*", r"\w.*", "a*", "[ab]*", r"\.*x", "^a.*"] {
            let expression = HostExpression::new(text);
            assert!(matches!(expression.form, Form::Expression(_)) || text == r"\..*", "{text}");
        }
        for text in ["*", "a**", "(.*", "[.*"] {
            assert!(HostExpression::new(text).error().is_some(), "{text}");
        }
    }

    #[test]
    fn a_hostile_expression_does_not_reach_the_compiler() {
        for text in ["(".repeat(1_000_000) + ".*", "a*".repeat(100_000), "[".repeat(1_000_000) + "*"] {
            assert!(HostExpression::new(&text).error().is_some_and(|why| why.contains("too many")));
        }
    }

    #[test]
    fn an_expression_is_not_anchored() {
        assert!(HostExpression::new(r"api-.*\.x").matches("^y.api-1.x$"));
        assert!(!HostExpression::new(r".*\.example\.com").matches("^example.com$"));
    }
}
