//! The fields in which two targets differ.

use serde::Serialize;
use serde_json::Value;

use super::preview::Side;

/// A field that differs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Field {
    /// Where in the metadata, such as `origin.timeouts.readTimeout`, or `type`.
    pub path: String,
    /// What it says; absent where it is not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// What it would say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
}

/// The fields in which `from` and `to` differ, in the order of their names.
#[must_use]
pub fn fields(from: &Side, to: &Side) -> Vec<Field> {
    if from.kind != to.kind {
        // Records of two kinds have hardly a field in common.
        let text = |kind: &str| Some(Value::String(kind.to_owned()));
        return vec![Field { path: "type".to_owned(), before: text(&from.kind), after: text(&to.kind) }];
    }
    let mut found = Vec::new();
    compare(String::new(), Some(&from.metadata), Some(&to.metadata), &mut found);
    found
}

fn compare(path: String, before: Option<&Value>, after: Option<&Value>, found: &mut Vec<Field>) {
    if before == after {
        return;
    }
    let empty = serde_json::Map::new();
    let members = |side: Option<&'_ Value>| match side {
        Some(Value::Object(members)) => Some(members.clone()),
        // A whole object that comes or goes is told field by field.
        None => Some(empty.clone()),
        Some(_) => None,
    };
    match (members(before), members(after)) {
        (Some(left), Some(right)) if before.is_some() || after.is_some() => {
            let mut names: Vec<&String> = left.keys().chain(right.keys()).collect();
            names.sort_unstable();
            names.dedup();
            let count = found.len();
            for name in &names {
                let path = if path.is_empty() { (*name).clone() } else { format!("{path}.{name}") };
                compare(path, left.get(*name), right.get(*name), found);
            }
            // An empty object against none has no field to tell.
            if found.len() == count && !path.is_empty() {
                found.push(Field { path, before: before.cloned(), after: after.cloned() });
            }
        }
        _ => found.push(Field { path, before: before.cloned(), after: after.cloned() }),
    }
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
    fn an_empty_object_and_an_array_are_told_whole() {
        assert_eq!(told(json!({}), json!({"origin": {}})), [("origin".to_owned(), "– → {}".to_owned())]);
        assert_eq!(told(json!({"a": [1]}), json!({"a": [2]})), [("a".to_owned(), "[1] → [2]".to_owned())]);
        assert_eq!(told(json!(null), json!({"host": "a"})).len(), 1);
    }

    #[test]
    fn another_kind_is_a_field() {
        let side = |kind: &str| Side { kind: kind.to_owned(), metadata: json!({}) };
        assert_eq!(fields(&side("url"), &side("bucket"))[0].path, "type");
    }
}
