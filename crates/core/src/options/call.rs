//! What one call declares, and the checks of its routes as a set.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use hashbrown::{HashMap, HashSet};
use strum::VariantArray;

use super::action::{Action, Release, Repair, Rollback};
use super::cursor::Cursor;
use super::names::{OwnerName, RouterId};
use super::prune::Prune;
use super::safety::{Policy, Safety};
use super::{defaults, site, target};
use crate::error::{Code, Result, RouteSyncError};
use crate::kvs::ETag;
use crate::kvs::limits::STORE_BYTES;
use crate::route::lint_rule::{Level, Levels, Rule};
use crate::route::{EntryPattern, Files, Route, Warning, shown};
use crate::table::FILE_VALUE;
use crate::table::id::{OwnerId, RouteId};
use crate::table::tree::Tree;

/// Bytes of a route id that routesync makes, `<owner id>.<target id>`.
const ROUTE_ID: usize = 14;
/// Bytes of an entry without host, path and id: the shortest type, three commas, two quotes and the
/// comma after the entry.
const ENTRY_FRAME: usize = "url".len() + 3 + 2 + 1;
/// Bytes of the fifth field of an entry that refers to a namespace.
const FIFTH_FIELD: usize = ",@123456".len();
/// Bytes of the key of a metadata record.
const METADATA_KEY: usize = ROUTE_ID + ":metadata".len();

/// What one call declares.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// The router, or the namespace of raw keys.
    pub router: RouterId,
    /// The owner. Raw changes have none: theirs is a name without a record.
    pub owner: OwnerName,
    /// The construct within the owner, hashed into the ids; at most 1,024 bytes.
    pub part: Option<String>,
    /// Which of the owner's routes the call may touch.
    pub scope: Scope,
    /// The routes, in the order of their declaration. Their entries are distinct.
    pub routes: Vec<Route>,
    /// The tree of a site's file names, by the index of the site in `routes`.
    pub trees: BTreeMap<usize, Arc<Tree>>,
    pub verify: Verify,
    /// How long metadata is kept after the last entry that names it is removed, in whole seconds.
    pub grace: Duration,
    /// Lets the table grow beyond what SST's writers can handle.
    pub allow_beyond_sst: bool,
    /// Whether the table gets an index for routesync's edge function. `None` leaves it as it is.
    pub index: Option<bool>,
    pub action: Action,
    /// Rewrites a damaged table from the entries that can still be read. [`Action::Repair`] always does.
    pub repair: bool,
    /// How many changes of the owner are kept for a rollback; `None` leaves the number unchanged.
    pub history: Option<u64>,
    /// The state on which the plan that is being applied was made. On any other state the plan is stale.
    pub expects: Option<ETag>,
    pub safety: Safety,
    pub lint: Levels,
    /// What the lint rules found in the declaration itself, at any level. The plan uses a warning only if its route is added
    /// or changed.
    pub warnings: Vec<Warning>,
    /// Patterns whose target is `undefined` in JavaScript. They count as not declared.
    pub undefined: Vec<EntryPattern>,
}

/// Which of the owner's routes a call may touch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// All: `routes` is the owner's whole set in the router, and other routes of the owner are removed.
    Whole,
    /// Those that the caller's last call reported, and `routes`. The list is empty for a new caller.
    Previous(Vec<Previous>),
}

/// A route that the caller's last call reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Previous {
    /// The pattern as the report spells it.
    pub pattern: String,
    /// The pattern as stored.
    pub entry: EntryPattern,
    /// The route's id. The live entry is removed only if it still has this id.
    pub id: String,
    /// The files that the route was declared with, so that their names need not be read from the store.
    pub files: Option<Arc<Tree>>,
}

/// How the result of a call is checked before it resolves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Verify {
    /// `true`: checks the store's state and one changed key.
    #[default]
    Light,
    /// `"full"`: checks the table and the metadata of every declared route.
    Full,
    /// `false`: checks nothing.
    Off,
}

#[expect(clippy::similar_names, reason = "`router` and `routes` are the words of the options")]
impl Call {
    /// Declares an owner's whole set, with defaults for the rest.
    ///
    /// # Errors
    /// [`Code::TooLarge`] when there are more than 50,000 routes or the store could not hold them,
    /// [`Code::RouteConflict`] when two patterns mean the same.
    pub fn new(router: RouterId, owner: OwnerName, routes: Vec<Route>) -> Result<Self> {
        check_count("routes", routes.len())?;
        check_distinct("routes", routes.iter().map(|route| (route.pattern.as_str(), &route.entry)))?;
        check_size(&routes)?;
        let sites = routes.iter().enumerate();
        let trees = sites.filter_map(|(at, route)| Some((at, tree(route.target.files()?)))).collect();
        Ok(Self {
            router,
            owner,
            part: None,
            scope: Scope::Whole,
            routes,
            trees,
            verify: Verify::default(),
            grace: defaults::GRACE,
            allow_beyond_sst: false,
            index: None,
            action: Action::default(),
            repair: false,
            history: None,
            expects: None,
            safety: Safety::default(),
            lint: Levels::default(),
            warnings: Vec::new(),
            undefined: Vec::new(),
        })
    }

    /// The id of a declared route; `owner` is the id of the call's owner.
    #[must_use]
    pub fn id(&self, owner: &OwnerId, route: &Route) -> RouteId {
        let (router, name, part) = (self.router.as_str(), self.owner.as_str(), self.part.as_deref());
        let Route { entry, target, .. } = route;
        match target.refers_to() {
            Some(namespace) => RouteId::named(namespace),
            None if target.files().is_some() => {
                RouteId::site(owner, router, name, part, (entry.host(), entry.path()))
            }
            None => RouteId::under(owner, router, name, part, target.metadata()),
        }
    }

    /// The file trees in `previous`.
    pub fn previous_trees(&self) -> impl Iterator<Item = &Tree> {
        let previous = match &self.scope {
            Scope::Whole => &[][..],
            Scope::Previous(previous) => previous,
        };
        previous.iter().filter_map(|one| one.files.as_deref())
    }

    /// Reads the options of a call that declares routes.
    ///
    /// # Errors
    /// As for [`Call::new`], and the codes of the readers of the single options.
    pub fn read(options: &Cursor<'_>) -> Result<Self> {
        let router = super::read_router(options)?;
        let owner = super::read_declaring_owner(options)?;
        let Set { routes, warnings, undefined } = read_set(options)?;
        let mut call = Self::new(router, owner, routes)?;
        call.lint = read_lint(options)?;
        call.warnings = warnings;
        call.undefined = undefined;
        call.safety = Safety::read(options, &call.routes)?;
        if let Some(at) = options.get("part") {
            call.part = Some(at.line("a name", defaults::PART_BYTES)?.to_owned());
        }
        if let Some(at) = options.get("previous") {
            call.scope = Scope::Previous(read_previous(&at)?);
        }
        call.read_write(options)?;
        call.history = options.get("history").map(|at| at.whole(0..=defaults::HISTORY)).transpose()?;
        Ok(call)
    }

    /// Reads the options of a call that removes all routes of an owner. `gracePeriod` is 0 by default, since no viewer is
    /// expected to request these routes any more.
    ///
    /// # Errors
    /// [`Code::InvalidOption`].
    pub fn read_removal(options: &Cursor<'_>) -> Result<Self> {
        let mut call = Self::new(super::read_router(options)?, super::read_owner(options)?, Vec::new())?;
        call.safety = Safety::read(options, &[])?;
        call.safety.allow_empty = true;
        call.action = Action::Remove;
        call.grace = Duration::ZERO;
        // A removed owner is not expected to roll back.
        call.history = Some(0);
        call.read_write(options)?;
        Ok(call)
    }

    /// Reads the options of a call that prunes owners. It declares nothing.
    ///
    /// # Errors
    /// [`Code::InvalidOption`].
    pub fn read_prune(options: &Cursor<'_>) -> Result<Self> {
        let owner = match options.get("owner") {
            Some(_) => super::read_owner(options)?,
            None => OwnerName::parse(defaults::PRUNER)?,
        };
        let mut call = Self::new(super::read_router(options)?, owner, Vec::new())?;
        call.scope = Scope::Previous(Vec::new());
        call.action = Action::Prune(Prune::read(options)?);
        call.read_write(options)?;
        Ok(call)
    }

    /// Reads the options of a rollback.
    ///
    /// # Errors
    /// [`Code::InvalidOption`].
    pub fn read_rollback(options: &Cursor<'_>) -> Result<Self> {
        let mut call = Self::new(super::read_router(options)?, super::read_owner(options)?, Vec::new())?;
        call.scope = Scope::Previous(Vec::new());
        call.safety = Safety::read(options, &[])?;
        let to = options.get("to").map(|at| at.whole(0..=defaults::GENERATION)).transpose()?;
        call.action = Action::Rollback(to.map_or(Rollback::Last, Rollback::To));
        call.read_write(options)?;
        Ok(call)
    }

    /// Reads the options of a release.
    ///
    /// # Errors
    /// [`Code::InvalidOption`].
    pub fn read_release(options: &Cursor<'_>) -> Result<Self> {
        let mut call = Self::new(super::read_router(options)?, super::read_owner(options)?, Vec::new())?;
        call.scope = Scope::Previous(Vec::new());
        call.safety = Safety::read(options, &[])?;
        call.action = Action::Release(Release::Routes);
        call.history = Some(0);
        call.read_write(options)?;
        Ok(call)
    }

    /// Reads the options of a repair: those of a call that declares routes, and `foreign`. Without `routes` it declares
    /// nothing.
    ///
    /// # Errors
    /// As for [`Call::read`]. Without `routes`, an option about declared routes is [`Code::InvalidOption`].
    pub fn read_repair(options: &Cursor<'_>) -> Result<Self> {
        let mut call = match options.get("routes") {
            Some(_) => Self::read(options)?,
            None => Self::read_live_repair(options)?,
        };
        call.action = Action::Repair(Repair { foreign: flag(options, "foreign")? });
        Ok(call)
    }

    /// Reads the options of a repair that declares nothing.
    fn read_live_repair(options: &Cursor<'_>) -> Result<Self> {
        if let Some(at) = super::DECLARING_FIELDS.iter().find_map(|name| options.get(name)) {
            let why = "is about declared routes, and none are declared; give `routes` too, or leave this out";
            return Err(at.reject(Code::InvalidOption, why));
        }
        let mut call = Self::new(super::read_router(options)?, super::read_owner(options)?, Vec::new())?;
        call.scope = Scope::Previous(Vec::new());
        call.safety = Safety::read(options, &[])?;
        call.read_write(options)?;
        Ok(call)
    }

    /// The router whose table the call changes. `None` for raw keys, which belong to no table.
    #[must_use]
    pub fn table(&self) -> Option<&str> {
        (!matches!(self.action, Action::Keys(_))).then(|| self.router.as_str())
    }

    /// Whether the ids of the call's routes depend on the live state, as for a rollback and for a call that only adds.
    #[must_use]
    pub fn ids_depend_on_live(&self) -> bool {
        self.safety.policy == Policy::CreateOnly || matches!(self.action, Action::Rollback(_))
    }

    /// Whether the call removes all routes of the owner that it does not declare.
    #[must_use]
    pub fn replaces_set(&self) -> bool {
        self.scope == Scope::Whole && self.safety.policy == Policy::Sync
    }

    /// Whether a damaged table is rewritten.
    #[must_use]
    pub const fn rewrites_damaged(&self) -> bool {
        self.repair || self.action.repairs()
    }

    /// Reads the options `verify`, `gracePeriod`, `repair` and `allowBeyondSst`. The caller has already rejected those that
    /// its call does not have.
    pub(super) fn read_write(&mut self, options: &Cursor<'_>) -> Result<()> {
        if let Some(at) = options.get("verify") {
            self.verify = match at.is_text() {
                true => at.choice(&[("full", Verify::Full)]).map_err(|_| at.expected(VERIFY))?,
                false if at.flag().map_err(|_| at.expected(VERIFY))? => Verify::Light,
                false => Verify::Off,
            };
        }
        if let Some(at) = options.get("gracePeriod") {
            self.grace = at.duration(&defaults::GRACE_BOUNDS)?;
        }
        self.repair = flag(options, "repair")?;
        self.allow_beyond_sst = flag(options, "allowBeyondSst")?;
        self.index = options.get("index").map(|at| at.flag()).transpose()?;
        Ok(())
    }
}

/// Reads a boolean option that is `false` by default.
fn flag(options: &Cursor<'_>, name: &str) -> Result<bool> {
    options.get(name).map_or(Ok(false), |at| at.flag())
}

fn read_lint(options: &Cursor<'_>) -> Result<Levels> {
    let mut levels = Levels::default();
    let Some(at) = options.get("lint") else { return Ok(levels) };
    let names: Vec<&str> = Rule::VARIANTS.iter().map(Into::into).collect();
    at.fields(&names)?;
    let choices = [("off", Level::Off), ("warn", Level::Warn), ("error", Level::Error)];
    for &rule in Rule::VARIANTS {
        if let Some(at) = at.get(rule.into()) {
            levels.set(rule, at.choice(&choices)?);
        }
    }
    Ok(levels)
}

/// The option `routes`, read.
pub(super) struct Set {
    pub routes: Vec<Route>,
    pub warnings: Vec<Warning>,
    pub undefined: Vec<EntryPattern>,
}

pub(super) fn read_set(options: &Cursor<'_>) -> Result<Set> {
    read_routes(&options.require("routes", "a record from pattern to target")?)
}

const VERIFY: &str = "true, false or \"full\"";

/// JSON has no `undefined`: for such a target the facade sends `{ "undefined": true }`.
const UNDEFINED: &str = "undefined";

fn read_routes(at: &Cursor<'_>) -> Result<Set> {
    let entries = at.record("a record from pattern to target")?;
    check_count("routes", entries.len())?;
    let mut routes: Vec<Route> = Vec::with_capacity(entries.len());
    let (mut warnings, mut undefined) = (Vec::new(), Vec::new());
    // By a target's JSON text, the first route with that target. Many routes may have the same target, which is then read once.
    let mut known: HashMap<&str, usize> = HashMap::new();
    for (pattern, at) in entries {
        let spelling = at.as_text();
        if spelling.is_none() && at.get(UNDEFINED).is_some() {
            at.fields(&[UNDEFINED])?;
            undefined.push(EntryPattern::parse(pattern, at.place())?.0);
            continue;
        }
        let (target, about_target) = match spelling.and_then(|text| known.get(text)) {
            Some(first) => (routes[*first].target.clone(), Vec::new()),
            None => target::read(&at, pattern)?,
        };
        // A warning about a target names the route's pattern, so such a target is read again for each route.
        if let Some(text) = spelling.filter(|_| about_target.is_empty()) {
            known.entry(text).or_insert(routes.len());
        }
        let (route, about_pattern) = Route::new(pattern, target, at.place())?;
        routes.push(route);
        warnings.extend(about_pattern);
        warnings.extend(about_target);
    }
    Ok(Set { routes, warnings, undefined })
}

fn read_previous(at: &Cursor<'_>) -> Result<Vec<Previous>> {
    const WHAT: &str = "a record from pattern to route id, the `ids` of the last report";
    const ID: &str = "a route id";
    let entries = at.record(WHAT)?;
    check_count("previous", entries.len())?;
    let mut previous = Vec::with_capacity(entries.len());
    for (pattern, at) in entries {
        let (id, files) = if at.is_object() {
            at.fields(&["id", "files"])?;
            (at.require("id", ID)?.line(ID, defaults::ROUTE_ID_BYTES)?, at.get("files"))
        } else {
            (at.line(ID, defaults::ROUTE_ID_BYTES)?, None)
        };
        if id.contains(',') {
            return Err(at.expected("a route id, which has no comma"));
        }
        let files = files.map(|at| site::read_files(&at).map(|files| tree(&files))).transpose()?;
        let (entry, _) = EntryPattern::parse(pattern, at.place())?;
        previous.push(Previous { pattern: pattern.to_owned(), entry, id: id.to_owned(), files });
    }
    check_distinct("previous", previous.iter().map(|one| (one.pattern.as_str(), &one.entry)))?;
    Ok(previous)
}

fn tree(files: &Files) -> Arc<Tree> {
    Arc::new(Tree::of(files.names()))
}

fn check_count(option: &str, actual: usize) -> Result<()> {
    if actual <= defaults::ROUTES {
        return Ok(());
    }
    let limit = defaults::ROUTES;
    let message = format!(
        "has {actual} routes; one call may declare at most {limit}. Give some of them another router and store"
    );
    Err(too_large(RouteSyncError::at(Code::TooLarge, option, message), limit as u64, actual as u64))
}

pub(super) fn check_distinct<'a>(
    option: &str,
    patterns: impl ExactSizeIterator<Item = (&'a str, &'a EntryPattern)>,
) -> Result<()> {
    let mut seen = HashMap::with_capacity(patterns.len());
    for (pattern, entry) in patterns {
        if let Some(other) = seen.insert(entry, pattern) {
            return Err(RouteSyncError::at(
                Code::RouteConflict,
                format!("{option}[{}]", shown(pattern)),
                format!(
                    "{} and {} mean the same pattern, {}; declare it once",
                    shown(other),
                    shown(pattern),
                    shown(&entry.display())
                ),
            ));
        }
    }
    Ok(())
}

/// Rejects a set that is too large for an empty store. Its minimum size is the sum of its entries, its files and each
/// distinct metadata record. Other contents of the store are not known here.
fn check_size(routes: &[Route]) -> Result<()> {
    let mut records = HashSet::with_capacity(routes.len());
    let actual: usize = routes
        .iter()
        .map(|route| {
            let metadata = route.target.metadata();
            let files = route.target.files().map_or(0, |files| {
                files.names().iter().map(|name| ROUTE_ID + 1 + name.len() + FILE_VALUE.len()).sum()
            });
            let shared = metadata.is_empty() || route.target.files().is_none() && !records.insert(metadata);
            let record = if shared { 0 } else { METADATA_KEY + metadata.len() };
            let id = route.target.refers_to().map_or(ROUTE_ID, |namespace| namespace.len() + FIFTH_FIELD);
            record + files + id + ENTRY_FRAME + route.entry.stored_bytes()
        })
        .sum();
    let actual = actual as u64;
    if actual <= STORE_BYTES {
        return Ok(());
    }
    let message =
        format!("take {actual} bytes in the store; it holds {STORE_BYTES}. Give some of them another store");
    Err(too_large(RouteSyncError::at(Code::TooLarge, "routes", message), STORE_BYTES, actual))
}

pub(super) fn too_large(error: RouteSyncError, limit: u64, actual: u64) -> RouteSyncError {
    error.with(|details| {
        details.limit = Some(limit);
        details.actual = Some(actual);
    })
}
