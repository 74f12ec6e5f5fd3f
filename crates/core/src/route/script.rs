//! JavaScript's conversions of values, since the edge function tests and joins metadata values without a check of their
//! types.

use serde_json::Value;

/// The value, if it is truthy in JavaScript.
#[must_use]
pub fn truthy(value: Option<&Value>) -> Option<&Value> {
    value.filter(|value| match value {
        Value::Null | Value::Bool(false) => false,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        _ => true,
    })
}

/// JavaScript's `String(value)` for the values that occur in metadata.
#[must_use]
pub fn text(value: Option<&Value>) -> String {
    match value {
        None => "undefined".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}
