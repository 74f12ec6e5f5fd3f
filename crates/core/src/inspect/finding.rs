//! Findings about a live store, with their effects on users and their remedies.

use serde::Serialize;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    pub code: FindingCode,
    pub severity: Severity,
    /// What was found.
    pub message: String,
    /// The effect on users.
    pub effect: &'static str,
    pub remedy: &'static str,
    /// The key with the fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The route with the fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// The owner of the key or route: its name or id, or `SST`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Users do not notice it.
    Info,
    /// Some requests are routed wrongly, or a later deploy will fail.
    Warning,
    /// Requests fail.
    Error,
}

/// A finding's code. The TypeScript type `FindingCode` lists the same names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FindingCode {
    /// The table does not decode.
    TableCorrupt,
    /// A chunk that the marker counts does not exist.
    ChunkMissing,
    /// A chunk that no marker counts.
    ChunkOrphaned,
    /// An entry that the reader throws on.
    EntryBreaksReader,
    /// An entry's metadata does not exist.
    MetadataMissing,
    /// An entry's metadata is not a JSON object, or lacks fields that the reader needs.
    MetadataGarbled,
    /// A declared route's metadata differs from the declared one.
    MetadataAltered,
    /// A site lacks keys of files, or the record of its files.
    FilesMissing,
    /// Metadata of a routesync owner that no entry and no owner's list names.
    MetadataOrphaned,
    /// A part of a change that is in no owner's history.
    HistoryOrphaned,
    /// A part of a change in an owner's history does not exist, or cannot be read.
    HistoryDamaged,
    /// Metadata of other writers that no entry names.
    MetadataUnnamed,
    /// Entries of two holders have the same pattern.
    Collision,
    /// A declared route is not live.
    RouteMissing,
    /// A declared route has another target.
    RouteDiffers,
    /// A route of the owner is live and not declared.
    RouteUndeclared,
    /// Another owner, or SST, holds a declared pattern.
    RouteHeld,
    /// An owner has routes, but no record.
    RecordMissing,
    /// An owner's record cannot be read, or belongs to another owner.
    RecordGarbled,
    /// An owner's record was written by a newer version.
    RecordNewer,
    /// An owner without routes.
    OwnerEmpty,
    /// The router wants an index, and its table has none.
    IndexMissing,
    /// A change of the table was interrupted before the pages of its index.
    IndexLate,
    /// The index is that of another table.
    IndexStale,
    /// Pages of the index are missing or altered.
    IndexDamaged,
    /// Pages of an index that its ledger does not name.
    IndexOrphaned,
    /// A newer version describes the table in its marker.
    IndexNewer,
    /// The edge serves another route than the live table, or none.
    EdgeDiffers,
    /// The edge did not say which route it serves.
    EdgeUnknown,
}

impl FindingCode {
    const DARK: &str = "every request to the distribution is answered with 503";
    const SYNC: &str = "deploy the owner with `verify: \"full\"`, or call repairRoutes with its routes";
    const REPAIR: &str = "call repairRoutes";
    const REBUILD: &str = "deploy any owner with `index: true`, or run `routesync index on`; a warning says why if there is still none";

    /// The severity, the effect on users, and the remedy.
    const fn facts(self) -> (Severity, &'static str, &'static str) {
        use Severity::{Error, Info, Warning};
        match self {
            Self::TableCorrupt | Self::ChunkMissing => (Error, Self::DARK, Self::REPAIR),
            Self::EntryBreaksReader => (
                Error,
                "the edge function throws, and requests that reach this entry are answered with 503",
                "call repairRoutes, and with `foreign: true` if the entry has no owner",
            ),
            Self::MetadataMissing => (
                Error,
                "requests to this route go to a placeholder origin, and are answered with 502",
                "deploy its owner again, or call repairRoutes with its routes; if the entry is not an owner's, `foreign: true` removes it",
            ),
            Self::MetadataGarbled => (
                Error,
                "requests to this route fail in the edge function",
                "deploy its owner again, or call repairRoutes with its routes",
            ),
            Self::MetadataAltered | Self::RouteDiffers => {
                (Error, "requests to this route go elsewhere than declared", Self::SYNC)
            }
            Self::FilesMissing => (
                Error,
                "requests for these files are answered as if the site did not have them",
                "call repairRoutes with the owner's routes",
            ),
            Self::RouteMissing => (
                Error,
                "requests go to the next matching route, or to the distribution's default origin",
                Self::SYNC,
            ),
            Self::RouteUndeclared => {
                (Warning, "requests are still served by a route that is not declared", Self::SYNC)
            }
            Self::RouteHeld => (
                Warning,
                "requests go to the target of the route's holder",
                "remove the route from its holder, or name its pattern in `takeover`",
            ),
            Self::Collision => (
                Warning,
                "the last of the entries wins, and no request reaches the others",
                "remove one of them, or take the pattern over",
            ),
            Self::RecordMissing | Self::RecordGarbled => (
                Warning,
                "none yet; the owner's next deploy fails with OWNER_ID_TAKEN",
                "call repairRoutes with the owner's name",
            ),
            Self::RecordNewer => {
                (Info, "none; this version does not change the owner's routes", "upgrade routesync here")
            }
            Self::ChunkOrphaned | Self::MetadataOrphaned | Self::HistoryOrphaned => {
                (Info, "none; the key takes up space in the store", Self::REPAIR)
            }
            Self::HistoryDamaged => (
                Warning,
                "a rollback of this change fails, or restores only a part of the former routes",
                "deploy the older declaration instead of rolling back; a deploy with `history: 0` deletes the history, and a later one with `history` starts a new one",
            ),
            Self::MetadataUnnamed => (
                Info,
                "none; the key takes up space in the store, unless another distribution reads it",
                "call repairRoutes with `foreign: true` if nothing else reads it",
            ),
            Self::IndexMissing => (
                Warning,
                "routesync's edge function looks at every route for every request, as SST's does",
                Self::REBUILD,
            ),
            Self::IndexLate => {
                (Warning, "routesync's edge function serves the routes from before the change", Self::REBUILD)
            }
            Self::IndexStale | Self::IndexDamaged => (
                Error,
                "routesync's edge function routes some requests wrongly, or scans the table",
                Self::REPAIR,
            ),
            Self::EdgeDiffers => (
                Warning,
                "requests at this edge location go to another route than the stored one",
                "wait for some seconds after a deploy, and verify again; if it stays, check that the distribution's function reads this store and router",
            ),
            Self::EdgeUnknown => (
                Warning,
                "unknown; the edge did not say which routes it serves",
                "check the URL of the edge, and that the distribution has routesync's edge function, built with the probe",
            ),
            Self::IndexOrphaned => (Info, "none; the keys take up space in the store", Self::REPAIR),
            Self::IndexNewer => (
                Info,
                "none; the next change by this version drops the description",
                "upgrade routesync here",
            ),
            Self::OwnerEmpty => {
                (Info, "none; the record keeps the owner's highest generation", "call pruneOwners")
            }
        }
    }
}

impl Finding {
    #[must_use]
    pub fn new(code: FindingCode, message: impl Into<String>) -> Self {
        let (severity, effect, remedy) = code.facts();
        Self {
            code,
            severity,
            message: message.into(),
            effect,
            remedy,
            key: None,
            pattern: None,
            owner: None,
        }
    }

    /// Lowers the severity to [`Severity::Info`], for a finding that is less severe than its code.
    #[must_use]
    pub fn only_info(self) -> Self {
        Self { severity: Severity::Info, ..self }
    }

    #[must_use]
    pub fn key(self, key: impl Into<String>) -> Self {
        Self { key: Some(key.into()), ..self }
    }

    #[must_use]
    pub fn pattern(self, pattern: impl Into<String>) -> Self {
        Self { pattern: Some(pattern.into()), ..self }
    }

    #[must_use]
    pub fn owner(self, owner: impl Into<String>) -> Self {
        Self { owner: Some(owner.into()), ..self }
    }
}
