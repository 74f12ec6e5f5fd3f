//! Checks a declaration without a store.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::error::Result;
use crate::kvs::{Counts, ETag};
use crate::options::Call;
use crate::plan::{Snapshot, plan};
use crate::route::{Files, Target, Warning};
use crate::table::id;

/// The result of a check.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Check {
    pub warnings: Vec<Warning>,
    /// A digest of the content to store for each route, by the pattern as declared.
    pub digests: BTreeMap<String, String>,
}

/// Plans `call` on an empty store. The plan adds every declared route, so the lint rules check each of them, and the table
/// of these routes alone.
///
/// # Errors
/// [`Code::Lint`](crate::error::Code::Lint), and other errors of a plan that do not depend on the store.
pub fn check(call: &Call) -> Result<Check> {
    let mut empty = Snapshot::new(ETag::new(""), Counts::default());
    empty.set_all([]);
    let outcome = plan(&empty, &[call], 0, "").outcomes.remove(0)?;
    let digests = call.routes.iter().map(|route| (route.pattern.clone(), digest(&route.target)));
    Ok(Check { warnings: outcome.warnings, digests: digests.collect() })
}

/// A digest that is equal for targets with equal stored content.
fn digest(target: &Target) -> String {
    let namespace = target.refers_to().unwrap_or_default();
    let mut fields = vec![target.kind().as_str(), target.metadata(), namespace];
    let files = target.files().into_iter().flat_map(Files::names);
    fields.extend(files.map(String::as_str));
    id::digest(&fields)
}
