//! How JavaScript reads a JSON value: the edge function tests and joins what the metadata holds without checking its type.

use serde_json::Value;

/// The value, if JavaScript takes it for true.
#[must_use]
pub fn truthy(value: Option<&Value>) -> Option<&Value> {
    value.filter(|value| match value {
        Value::Null | Value::Bool(false) => false,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        _ => true,
    })
}

/// JavaScript's `String(value)`, of what can be expected here.
#[must_use]
pub fn text(value: Option<&Value>) -> String {
    match value {
        None => "undefined".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}
