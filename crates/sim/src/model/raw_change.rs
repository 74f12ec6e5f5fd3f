//! A raw call and what it may change.

use serde_json::{Value, json};

use routesync_core::options::{Call, Cursor};

/// What a raw call may change.
#[derive(Debug, Clone, Default)]
pub struct RawChange {
    pub adds: Vec<String>,
    pub removes: Vec<String>,
    /// Empty for entries.
    pub namespace: String,
    pub puts: Vec<(String, String)>,
    pub purges: bool,
    pub stored: Vec<String>,
}

impl RawChange {
    /// A call that adds and removes entries, and what it may change.
    pub fn entries(router: &str, adds: &[String], removes: &[String]) -> (Call, Self) {
        let (mut add, mut remove) = (adds.to_vec(), removes.to_vec());
        let mut options = json!({ "router": router });
        // One for another is a replacement, as SST's update of an entry is.
        if let (Some(new), Some(old)) = (adds.first(), removes.first()) {
            options["replace"] = json!([[old, new]]);
            (add, remove) = (adds[1..].to_vec(), removes[1..].to_vec());
        }
        options["add"] = json!(add);
        options["remove"] = json!(remove);
        let call = Call::read_entries(&Cursor::root(&options)).unwrap();
        let change = Self { adds: adds.to_vec(), removes: removes.to_vec(), ..Self::default() };
        (call, change)
    }

    /// A call that puts keys of a namespace and perhaps deletes the others, and what it may change.
    pub fn keys(
        namespace: &str,
        puts: Vec<(String, String)>,
        purges: bool,
        stored: &[String],
    ) -> (Call, Self) {
        let object: serde_json::Map<String, Value> =
            puts.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        let options = json!({ "namespace": namespace, "puts": object, "purge": purges, "stored": stored });
        let call = Call::read_keys(&Cursor::root(&options)).unwrap();
        let (namespace, stored) = (namespace.to_owned(), stored.to_vec());
        (call, Self { namespace, puts, purges, stored, ..Self::default() })
    }
}
