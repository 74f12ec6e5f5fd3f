//! Host expressions: regular expressions that SST's writer makes of hosts, and whatever others wrote.

use crate::kvs::limits::VALUE_BYTES;

/// A host with a `*`, ready to be matched.
#[derive(Debug)]
pub struct HostExpression {
    text: String,
    form: Form,
}

#[derive(Debug)]
enum Form {
    /// Plain text with `.*` between its parts, as a writer makes it: they follow one another.
    Parts(Vec<String>),
    /// Anything else that is a regular expression.
    Expression(Box<regress::Regex>),
    /// Not a regular expression: why.
    Invalid(String),
}

impl HostExpression {
    /// The expression `text`.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let form = match parts(text) {
            Some(parts) => Form::Parts(parts),
            // Its compiler's stack is not for whoever can write the store to exhaust.
            None if text.len() > VALUE_BYTES => {
                Form::Invalid(format!("{} bytes are too many to be judged", text.len()))
            }
            None => match regress::Regex::new(text) {
                Ok(expression) => Form::Expression(Box::new(expression)),
                Err(error) => Form::Invalid(error.text),
            },
        };
        Self { text: text.to_owned(), form }
    }

    /// Its text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it matches every host.
    #[must_use]
    pub fn matches_all(&self) -> bool {
        matches!(&self.form, Form::Parts(parts) if parts.iter().all(String::is_empty))
    }

    /// [`Self::matches`] where that takes no engine, which a stranger's expression could keep busy for ever.
    #[must_use]
    pub fn matches_plainly(&self, anchored: &str) -> bool {
        matches!(self.form, Form::Parts(_)) && self.matches(anchored)
    }

    /// The plain parts that a text it matches holds, in this order; none where it takes the engine.
    #[must_use]
    pub fn parts(&self) -> &[String] {
        match &self.form {
            Form::Parts(parts) => parts,
            _ => &[],
        }
    }

    /// Why it is no regular expression, if it is none.
    #[must_use]
    pub fn error(&self) -> Option<&str> {
        match &self.form {
            Form::Invalid(why) => Some(why),
            _ => None,
        }
    }

    /// Whether it matches anywhere in `anchored`, the request's host between `^` and `$`: these are characters of
    /// the text to the reader, not anchors of the expression.
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

/// The plain parts between `.*`; `None` where anything else means something.
fn parts(text: &str) -> Option<Vec<String>> {
    let mut parts = vec![String::new()];
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '.' if chars.peek() == Some(&'*') => {
                chars.next();
                // `.*?` and `.*+` are something else.
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
            // `.` does not match these, and a host has none.
            | '\n' | '\r' | '\u{2028}' | '\u{2029}' => return None,
            c => match chars.peek() {
                Some('*' | '+' | '?' | '{') => return None,
                _ => parts.last_mut()?.push(c),
            },
        }
    }
    // What is escaped may be repeated, too.
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
