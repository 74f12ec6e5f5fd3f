//! Reads JSON values together with their place in the options, so that each error names the place, the value found and
//! the values allowed.

use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;

use serde_json::{Map, Number, Value};

use crate::error::{Code, Result, RouteSyncError};
use crate::route::duration::{self, Bounds};
use crate::route::shown;

/// Maximum bytes of an unknown key for which a similar known key is suggested. Longer keys are not typos, and the time
/// of the comparison is the product of both lengths.
const TYPO_BYTES: usize = 40;

/// A place in the options: `routes["/api"].readTimeout`. It becomes text only when an error needs it.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    parent: Option<&'a Place<'a>>,
    step: Step<'a>,
}

/// The step from a value to one of its members.
#[derive(Clone, Copy)]
enum Step<'a> {
    Key(&'a str),
    Index(usize),
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(parent) = self.parent else { return f.write_str("options") };
        let top = parent.parent.is_none();
        if !top {
            parent.fmt(f)?;
        }
        let key = match self.step {
            Step::Key(key) => key,
            Step::Index(index) => return write!(f, "[{index}]"),
        };
        let identifier = key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || c == '$')
            && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'$');
        match (identifier, top) {
            (true, true) => f.write_str(key),
            (true, false) => write!(f, ".{key}"),
            (false, _) => write!(f, "[{}]", shown(key)),
        }
    }
}

/// A value, where it is, and whether messages may show it.
#[derive(Clone, Copy)]
pub struct Cursor<'a> {
    value: &'a Value,
    place: Place<'a>,
    secret: bool,
}

impl<'a> Cursor<'a> {
    /// The options as a whole.
    #[must_use]
    pub const fn root(value: &'a Value) -> Self {
        Self { value, place: Place { parent: None, step: Step::Key("") }, secret: false }
    }

    /// The same value. Messages show neither it nor any value below it.
    #[must_use]
    pub const fn secret(self) -> Self {
        Self { secret: true, ..self }
    }

    /// The same value. Messages may show it although its parent is secret.
    #[must_use]
    pub const fn open(self) -> Self {
        Self { secret: false, ..self }
    }

    #[must_use]
    pub const fn place(&self) -> &Place<'a> {
        &self.place
    }

    #[must_use]
    pub const fn value(&self) -> &'a Value {
        self.value
    }

    /// An error about the value.
    #[must_use]
    pub fn reject(&self, code: Code, why: impl fmt::Display) -> RouteSyncError {
        RouteSyncError::at(code, self.place.to_string(), why)
    }

    /// An error that states what was expected here and what was found.
    #[must_use]
    pub fn expected(&self, what: impl fmt::Display) -> RouteSyncError {
        self.reject(Code::InvalidOption, format!("expected {what}, found {}", self.found()))
    }

    fn found(&self) -> String {
        match self.value {
            Value::Null => {
                "null (NaN and Infinity arrive as null, too); leave the option out if it was not meant"
                    .to_owned()
            }
            Value::Array(_) => "an array".to_owned(),
            Value::Object(_) => "an object".to_owned(),
            Value::Bool(_) if self.secret => "a boolean".to_owned(),
            Value::Number(_) if self.secret => "a number".to_owned(),
            Value::String(_) if self.secret => "a string that is not shown".to_owned(),
            Value::Bool(flag) => flag.to_string(),
            Value::Number(number) => number.to_string(),
            Value::String(text) => shown(text),
        }
    }

    fn child<'b>(&'b self, key: &'b str, value: &'b Value) -> Cursor<'b> {
        Cursor {
            value,
            place: Place { parent: Some(&self.place), step: Step::Key(key) },
            secret: self.secret,
        }
    }

    fn map(&self, what: &str) -> Result<&Map<String, Value>> {
        self.value.as_object().ok_or_else(|| self.expected(what))
    }

    /// Checks that the value is an object without keys other than `known`.
    ///
    /// # Errors
    /// The value is not an object, or it has an unknown option. The message suggests a similar known option.
    pub fn fields(&self, known: &[&str]) -> Result<()> {
        for key in self.map("an object")?.keys() {
            if !known.contains(&key.as_str()) {
                let child = self.child(key, self.value);
                // An option that is not yet given is the likelier suggestion.
                let absent = |name: &&str| self.value.get(*name).is_none();
                let absent: Vec<&str> = known.iter().copied().filter(absent).collect();
                let guess = nearest(key, &absent)
                    .or_else(|| nearest(key, known))
                    .map_or_else(|| ".".to_owned(), |name| format!("; did you mean `{name}`?"));
                return Err(child.reject(
                    Code::InvalidOption,
                    format!("unknown option {}{guess} Allowed here: {}", shown(key), known.join(", ")),
                ));
            }
        }
        Ok(())
    }

    /// The value of an optional field. `null` is a value, and no type accepts it.
    #[must_use]
    pub fn get<'b>(&'b self, key: &'b str) -> Option<Cursor<'b>> {
        self.value.get(key).map(|value| self.child(key, value))
    }

    /// The value of a required field.
    ///
    /// # Errors
    /// The field is missing. `what` describes the expected value.
    pub fn require<'b>(&'b self, key: &'b str, what: &str) -> Result<Cursor<'b>> {
        self.get(key).ok_or_else(|| {
            self.child(key, self.value).reject(Code::InvalidOption, format!("is missing; expected {what}"))
        })
    }

    /// The members of an object, in the order of their declaration.
    ///
    /// # Errors
    /// The value is not an object. `what` describes the expected value.
    pub fn record<'b>(
        &'b self,
        what: &str,
    ) -> Result<impl ExactSizeIterator<Item = (&'b str, Cursor<'b>)> + use<'b, 'a>> {
        Ok(self.map(what)?.iter().map(|(key, value)| (key.as_str(), self.child(key, value))))
    }

    /// The text of a string, for options that may also have another type.
    #[must_use]
    pub fn as_text(&self) -> Option<&'a str> {
        self.value.as_str()
    }

    #[must_use]
    pub fn is_text(&self) -> bool {
        self.as_text().is_some()
    }

    /// The members of an object.
    #[must_use]
    pub fn object(&self) -> Option<Map<String, Value>> {
        self.value.as_object().cloned()
    }

    #[must_use]
    pub fn is_object(&self) -> bool {
        self.value.is_object()
    }

    /// The text of a string.
    ///
    /// # Errors
    /// The value is not a string. `what` describes the expected value.
    pub fn text(&self, what: &str) -> Result<&'a str> {
        self.value.as_str().ok_or_else(|| self.expected(what))
    }

    /// The items of an array.
    ///
    /// # Errors
    /// The value is not an array. `what` describes the expected value.
    pub fn items<'b>(&'b self, what: &str) -> Result<Vec<Cursor<'b>>> {
        let items = self.value.as_array().ok_or_else(|| self.expected(what))?.iter().enumerate();
        let item = |(index, value)| Cursor {
            value,
            place: Place { parent: Some(&self.place), step: Step::Index(index) },
            secret: self.secret,
        };
        Ok(items.map(item).collect())
    }

    /// A number from `least` to `most`. A whole number becomes an integer, as JavaScript writes it.
    ///
    /// # Errors
    /// The value is anything else.
    pub fn number(&self, least: f64, most: f64) -> Result<Number> {
        let wanted = || self.expected(format_args!("a number from {least} to {most}"));
        let number =
            self.value.as_f64().filter(|number| (least..=most).contains(number)).ok_or_else(wanted)?;
        if number.fract() == 0.0 && number.abs() < 1e15 {
            #[expect(clippy::cast_possible_truncation, reason = "a whole number of at most 15 digits")]
            return Ok(Number::from(number as i64));
        }
        Number::from_f64(number).ok_or_else(wanted)
    }

    /// A string of 1 to `most` bytes without control characters.
    ///
    /// # Errors
    /// The value is anything else.
    pub fn line(&self, what: &str, most: usize) -> Result<&'a str> {
        let text = self.text(what)?;
        if text.is_empty() || text.len() > most || text.chars().any(char::is_control) {
            let actual = text.len();
            return Err(self
                .expected(format_args!("{what} of 1 to {most} bytes without control characters"))
                .with(|details| {
                    if actual > most {
                        details.limit = Some(most as u64);
                        details.actual = Some(actual as u64);
                    }
                }));
        }
        Ok(text)
    }

    /// An array of strings.
    ///
    /// # Errors
    /// The value is anything else. `what` describes the expected value.
    pub fn texts(&self, what: &str) -> Result<Vec<&'a str>> {
        let texts = self.value.as_array().and_then(|items| items.iter().map(Value::as_str).collect());
        texts.ok_or_else(|| self.expected(what))
    }

    /// The elements of an array: the text of each string, and `None` for other elements.
    ///
    /// # Errors
    /// The value is not an array. `what` describes the expected value.
    pub fn elements(&self, what: &str) -> Result<Vec<Option<&'a str>>> {
        let items = self.value.as_array().ok_or_else(|| self.expected(what))?;
        Ok(items.iter().map(Value::as_str).collect())
    }

    /// A boolean.
    ///
    /// # Errors
    /// The value is anything else.
    pub fn flag(&self) -> Result<bool> {
        self.value.as_bool().ok_or_else(|| self.expected("true or false"))
    }

    /// A whole number in `range`.
    ///
    /// # Errors
    /// The value is anything else.
    pub fn whole(&self, range: RangeInclusive<u64>) -> Result<u64> {
        let number = self.value.as_u64().or_else(|| {
            // JavaScript does not distinguish 2.0 from 2.
            let seconds = duration::from_seconds(self.value.as_f64()?)?;
            (seconds.subsec_nanos() == 0).then_some(seconds.as_secs())
        });
        number.filter(|number| range.contains(number)).ok_or_else(|| {
            self.expected(format_args!("a whole number from {} to {}", range.start(), range.end()))
        })
    }

    /// A duration within `allowed`: a number of seconds, or text such as `"20 seconds"`.
    ///
    /// # Errors
    /// The value is anything else.
    pub fn duration(&self, allowed: &Bounds) -> Result<Duration> {
        let duration = match self.value {
            Value::Number(number) => number.as_f64().and_then(duration::from_seconds),
            Value::String(text) => duration::from_text(text),
            _ => None,
        };
        duration.filter(|duration| allowed.allow(*duration)).ok_or_else(|| self.expected(allowed))
    }

    /// One of the named values.
    ///
    /// # Errors
    /// The value is anything else.
    pub fn choice<T: Copy>(&self, choices: &[(&str, T)]) -> Result<T> {
        let found = self.value.as_str();
        choices.iter().find(|(name, _)| Some(*name) == found).map(|(_, value)| *value).ok_or_else(|| {
            let allowed: Vec<String> = choices.iter().map(|(name, _)| format!("\"{name}\"")).collect();
            self.expected(allowed.join(" or "))
        })
    }
}

fn nearest<'a>(key: &str, known: &[&'a str]) -> Option<&'a str> {
    if key.len() > TYPO_BYTES {
        return None;
    }
    let lower = key.to_ascii_lowercase();
    known
        .iter()
        .map(|name| (strsim::damerau_levenshtein(&lower, &name.to_ascii_lowercase()), *name))
        .min_by_key(|(distance, _)| *distance)
        .filter(|(distance, name)| *distance <= (name.len() / 3).max(1))
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn places_read_as_the_code_that_reaches_them() {
        let value = json!({"routes": {"/api": {"readTimeout": 1, "a-b": {"c": 1}}}});
        let root = Cursor::root(&value);
        assert_eq!(root.place().to_string(), "options");
        let routes = root.get("routes").unwrap();
        let route = routes.get("/api").unwrap();
        assert_eq!(route.place().to_string(), r#"routes["/api"]"#);
        assert_eq!(route.get("readTimeout").unwrap().place().to_string(), r#"routes["/api"].readTimeout"#);
        let inner = route.get("a-b").unwrap();
        assert_eq!(inner.get("c").unwrap().place().to_string(), r#"routes["/api"]["a-b"].c"#);
    }

    #[test]
    fn an_unknown_option_is_named_with_the_nearest() {
        for (key, guess) in [
            ("readTimeot", Some("readTimeout")),
            ("readtimeout", Some("readTimeout")),
            ("ulr", Some("url")),
            ("colour", None),
        ] {
            let value = json!({ key: 1 });
            let error = Cursor::root(&value).fields(&["url", "readTimeout"]).unwrap_err();
            assert_eq!(error.code, Code::InvalidOption);
            assert_eq!(error.details.path.as_deref(), Some(key));
            assert!(error.message.contains("url, readTimeout"));
            match guess {
                Some(guess) => assert!(error.message.contains(&format!("did you mean `{guess}`?"))),
                None => assert!(!error.message.contains("did you mean")),
            }
        }
    }

    #[test]
    fn values_are_cut_and_secrets_are_not_shown() {
        let value = json!({"long": "x".repeat(500), "key": "hunter2", "none": null});
        let root = Cursor::root(&value);
        let error = root.get("long").unwrap().flag().unwrap_err();
        assert!(error.message.len() < 150 && error.message.contains("xxx…"), "{}", error.message);
        let error = root.secret().get("key").unwrap().flag().unwrap_err();
        assert!(!error.message.contains("hunter2"));
        let error = root.get("none").unwrap().text("a string").unwrap_err();
        assert!(error.message.contains("NaN and Infinity arrive as null"));
    }

    #[test]
    fn numbers_keep_to_their_range() {
        let value = json!({"n": [0, -1, 1, 1.0, 1.5, "1", 4, 1e300]});
        let root = Cursor::root(&value);
        let read: Vec<Option<u64>> = value["n"]
            .as_array()
            .unwrap()
            .iter()
            .map(|value| root.child("n", value).whole(1..=3).ok())
            .collect();
        assert_eq!(read, [None, None, Some(1), Some(1), None, None, None, None]);
    }
}
