//! Reads the options of a call from JSON text into checked types.
//!
//! [`parse_sync`] reads all options of a call. Each option has a type that holds only valid values. Each error has the
//! code [`Code::InvalidOption`], [`Code::InvalidArn`], [`Code::InvalidPattern`], [`Code::InvalidTarget`],
//! [`Code::RouteConflict`] or [`Code::TooLarge`], and names the place, such as `routes["/api"].readTimeout`.
//!
//! The module is pure: no clock, no randomness, no I/O. It knows what may be declared, but not what is live.

pub mod action;
pub mod call;
pub mod client;
pub mod cursor;
pub mod defaults;
pub mod edge;
pub mod names;
mod origin;
pub mod prune;
mod raw;
mod raw_call;
pub mod safety;
pub mod settings;
mod site;
pub mod target;

use std::time::Duration;

use serde_json::Value;

pub use action::{Action, Release, Repair, Rollback};
pub use call::{Call, Previous, Scope, Verify};
pub use cursor::Cursor;
pub use edge::EdgeOptions;
pub use names::{OwnerName, RouterId};
pub use prune::Prune;
pub(crate) use raw::{METADATA, may_purge};
pub use raw::{Progress, RawEntries, RawKeys};
pub use safety::{MaxRemoved, Policy, Safety, Takeover};

pub use settings::{AssumeRole, ClientOptions, Credentials, Reach, RetryOptions, Secret};

use crate::error::{Code, Result, RouteSyncError};
use crate::kvs::{ETag, StoreArn};
use crate::route::Route;

/// The version of the plan format. It is raised when a field is removed or changes its meaning.
pub const PLAN_VERSION: u64 = 1;

/// The options of every call that writes to a router's table.
pub const WRITE_FIELDS: [&str; 4] = ["verify", "repair", "router", "edge"];

/// The further options of a call that writes for one owner, in addition to [`WRITE_FIELDS`].
pub const OWNER_FIELDS: [&str; 3] = ["owner", "generation", "gracePeriod"];

/// The further options of a call that may make the table larger.
pub const GROWING_FIELDS: [&str; 2] = ["allowBeyondSst", "index"];

/// The further options of a call that declares routes.
pub const DECLARING_FIELDS: [&str; 10] = [
    "routes",
    "part",
    "previous",
    "history",
    "lint",
    "policy",
    "takeover",
    "adopt",
    "allowEmpty",
    "maxRemoved",
];

/// The options of every call on a store: where it is sent, and for how long it is tried.
pub const REACH_FIELDS: [&str; 4] = ["store", "client", "retry", "deadline"];

impl Reach {
    /// Reads the options `store`, `client`, `retry` and `deadline`.
    ///
    /// # Errors
    /// [`Code::InvalidOption`], [`Code::InvalidArn`].
    pub fn read(options: &Cursor<'_>) -> Result<Self> {
        Ok(Self {
            store: read_store(options)?,
            client: read_client(options)?,
            retry: read_retry(options)?,
            deadline: read_deadline(options)?,
        })
    }
}

/// The options of one call.
#[derive(Debug, Clone, PartialEq)]
pub struct SyncOptions {
    pub reach: Reach,
    pub call: Call,
    /// Whether and where the call waits for the edge.
    pub edge: Option<EdgeOptions>,
}

/// Reads the options of a call from the text of a JSON object.
///
/// # Errors
/// The codes in the module's description. Text that is not JSON, or that is nested too deeply, is
/// [`Code::InvalidOption`] without a path.
pub fn parse_sync(json: &str) -> Result<SyncOptions> {
    let value = parse_json(json)?;
    read_sync(&Cursor::root(&value))
}

/// Reads the options of a call that declares routes.
///
/// # Errors
/// The codes in the module's description.
pub fn read_sync(options: &Cursor<'_>) -> Result<SyncOptions> {
    if let Some(plan) = options.get("plan") {
        return read_plan(options, &plan);
    }
    options.fields(
        &[&REACH_FIELDS[..], &WRITE_FIELDS, &OWNER_FIELDS, &GROWING_FIELDS, &DECLARING_FIELDS].concat(),
    )?;
    Ok(SyncOptions {
        reach: Reach::read(options)?,
        call: Call::read(options)?,
        edge: EdgeOptions::read(options)?,
    })
}

/// Parses JSON text of at most 8 MiB.
///
/// # Errors
/// [`Code::TooLarge`], or [`Code::InvalidOption`] with line and column, but never with the text.
pub fn parse_json(json: &str) -> Result<Value> {
    let limit = defaults::INPUT_BYTES;
    if json.len() > limit {
        let actual = json.len();
        let message = format!(
            "the options are {actual} bytes of JSON; at most {limit} are read. Declare fewer routes in one call"
        );
        return Err(call::too_large(
            RouteSyncError::new(Code::TooLarge, message),
            limit as u64,
            actual as u64,
        ));
    }
    serde_json::from_str(json).map_err(|error| {
        RouteSyncError::new(
            Code::InvalidOption,
            format!("the options cannot be read as JSON: {error}; pass plain data, without lone surrogates or deep nesting"),
        )
    })
}

/// Reads the option `plan` of a call that applies a plan. The plan holds the options of the planned call except `client`.
fn read_plan(options: &Cursor<'_>, plan: &Cursor<'_>) -> Result<SyncOptions> {
    const WHAT: &str = "a plan, as planRoutes made it";
    // The plan holds all other options.
    options.fields(&["plan", "client", "retry", "deadline", "edge"])?;
    let version = plan.require("version", WHAT)?.whole(0..=u64::MAX).unwrap_or_default();
    if version != PLAN_VERSION {
        let why =
            format!("is a plan of form {version}, and this version applies form {PLAN_VERSION}; plan again");
        return Err(plan.reject(Code::InvalidOption, why));
    }
    let etag = plan.require("etag", WHAT)?.text(WHAT)?;
    let planned = plan.require("options", WHAT)?;
    let SyncOptions { mut reach, mut call, mut edge } = read_sync(&planned)?;
    if options.get("client").is_some() {
        reach.client = read_client(options)?;
    }
    if options.get("retry").is_some() {
        reach.retry = read_retry(options)?;
    }
    if options.get("deadline").is_some() {
        reach.deadline = read_deadline(options)?;
    }
    if options.get("edge").is_some() {
        edge = EdgeOptions::read(options)?;
    }
    call.expects = Some(ETag::new(etag));
    Ok(SyncOptions { reach, call, edge })
}

/// Reads the option `router`.
///
/// # Errors
/// [`Code::InvalidOption`].
pub fn read_router(options: &Cursor<'_>) -> Result<RouterId> {
    let router = options.require("router", "the router's id")?;
    RouterId::parse(router.text("the router's id, a string in quotes")?)
}

/// Reads the option `routes` alone: patterns and targets.
///
/// # Errors
/// The codes of patterns and targets, and [`Code::RouteConflict`] where two patterns mean the same.
pub fn read_routes(options: &Cursor<'_>) -> Result<Vec<Route>> {
    let routes = call::read_set(options)?.routes;
    call::check_distinct("routes", routes.iter().map(|route| (route.pattern.as_str(), &route.entry)))?;
    Ok(routes)
}

/// Reads the option `owner`.
///
/// # Errors
/// [`Code::InvalidOption`].
pub fn read_owner(options: &Cursor<'_>) -> Result<OwnerName> {
    let owner = options.require("owner", "a name such as \"app/stage\"")?;
    OwnerName::parse(owner.text("the owner's name, a string")?)
}

/// Reads the option `owner` of a call that declares routes.
///
/// # Errors
/// [`Code::InvalidOption`], also for a name that [`OwnerName::declaring`] rejects.
pub fn read_declaring_owner(options: &Cursor<'_>) -> Result<OwnerName> {
    OwnerName::declaring(read_owner(options)?.as_str())
}

/// Reads the option `store`, an ARN.
///
/// # Errors
/// [`Code::InvalidOption`] when it is not a string, [`Code::InvalidArn`].
pub fn read_store(options: &Cursor<'_>) -> Result<StoreArn> {
    const WHAT: &str = "the ARN of a KeyValueStore";
    StoreArn::parse(options.require("store", WHAT)?.text(WHAT)?)
        .map_err(|why| RouteSyncError::at(Code::InvalidArn, "store", why))
}

/// Reads the option `client`. Without it, the client is configured by the environment.
///
/// # Errors
/// [`Code::InvalidOption`].
pub fn read_client(options: &Cursor<'_>) -> Result<ClientOptions> {
    options.get("client").map_or_else(|| Ok(ClientOptions::default()), |at| ClientOptions::read(&at))
}

/// Reads the option `retry`, or its defaults.
///
/// # Errors
/// [`Code::InvalidOption`].
pub fn read_retry(options: &Cursor<'_>) -> Result<RetryOptions> {
    options.get("retry").map_or_else(|| Ok(RetryOptions::default()), |at| RetryOptions::read(&at))
}

/// Reads the option `deadline`, 1 ms to 1 hour, or its default of 120 s.
///
/// # Errors
/// [`Code::InvalidOption`].
pub fn read_deadline(options: &Cursor<'_>) -> Result<Duration> {
    options.get("deadline").map_or(Ok(defaults::DEADLINE), |at| at.duration(&defaults::DEADLINE_BOUNDS))
}

#[cfg(test)]
mod tests;
