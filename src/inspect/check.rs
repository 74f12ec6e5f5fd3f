//! What can be said of a declaration without a store.

use serde::Serialize;

use crate::error::Result;
use crate::kvs::{Counts, ETag};
use crate::options::Intent;
use crate::plan::{Snapshot, plan};
use crate::route::Warning;

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Check {
    /// What the lint rules found.
    pub warnings: Vec<Warning>,
}

/// Plans `intent` on an empty store. Every declared route is added there, so the lint rules judge each of them, and the table of
/// these routes alone.
///
/// # Errors
/// [`Code::Lint`](crate::error::Code::Lint), and what else rejects a plan on every store.
pub fn check(intent: &Intent) -> Result<Check> {
    let mut empty = Snapshot::new(ETag::new(""), Counts::default());
    empty.set_all([]);
    let outcome = plan(&empty, &[intent], 0, "").outcomes.remove(0)?;
    Ok(Check { warnings: outcome.warnings })
}
