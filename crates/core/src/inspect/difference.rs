//! The fields in which two targets differ.

use serde_json::Value;

use super::planned::Side;
use crate::route::effect;

pub use crate::route::effect::Field;

/// The fields in which `from` and `to` differ, sorted by name.
#[must_use]
pub fn fields(from: &Side, to: &Side) -> Vec<Field> {
    if from.kind != to.kind {
        // Records of different kinds have almost no common fields.
        let text = |kind: &str| Some(Value::String(kind.to_owned()));
        return vec![Field { path: "type".to_owned(), before: text(&from.kind), after: text(&to.kind) }];
    }
    effect::fields(&from.metadata, &to.metadata)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(from: Value, to: Value) -> Vec<(String, String)> {
        let side = |metadata| Side { kind: "url".to_owned(), metadata };
        let show = |value: Option<Value>| value.map_or_else(|| "–".to_owned(), |value| value.to_string());
        fields(&side(from), &side(to))
            .into_iter()
            .map(|field| (field.path, format!("{} → {}", show(field.before), show(field.after))))
            .collect()
    }

    #[test]
    fn only_what_differs_is_told_with_its_path() {
        let from = json!({"host": "a", "origin": {"timeouts": {"readTimeout": 20}, "protocol": "http"}});
        let to = json!({"host": "b", "origin": {"timeouts": {"readTimeout": 30}}, "rewrite": {"regex": "x", "to": "y"}});
        let found = told(from.clone(), to);
        assert_eq!(
            found.iter().map(|(path, _)| path.as_str()).collect::<Vec<_>>(),
            ["host", "origin.protocol", "origin.timeouts.readTimeout", "rewrite.regex", "rewrite.to"]
        );
        assert_eq!(found[1].1, "\"http\" → –");
        assert_eq!(found[2].1, "20 → 30");
        assert!(told(from.clone(), from).is_empty());
    }

    #[test]
    fn another_kind_is_a_field() {
        let side = |kind: &str| Side { kind: kind.to_owned(), metadata: json!({}) };
        assert_eq!(fields(&side("url"), &side("bucket"))[0].path, "type");
    }
}
