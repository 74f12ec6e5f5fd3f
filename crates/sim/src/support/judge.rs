//! Applies plans batch by batch and checks the promises after each.

use std::collections::{BTreeMap, BTreeSet};

use super::model::{self, Held, Pattern};
use super::reader::{self, Keys, Line, Table, is_ours};
use super::sim::Sim;
use super::{edge, indexed};
use fastrand::Rng;
use routesync_core::error::Code;
use routesync_core::options::Call;
use routesync_core::plan::{Plan, Snapshot, plan};
use routesync_core::route::{Route, Target};
use routesync_core::table::id::OwnerId;

/// A store under observation.
#[derive(Debug, Clone, Default)]
pub struct World {
    pub sim: Sim,
    pub now: u64,
    /// Metadata by route id, of every call so far, sites apart.
    pub metadata: BTreeMap<String, String>,
    /// By site, what of it stood when its entry was last looked at: its metadata and files go together.
    pub sites: BTreeMap<String, Version>,
    /// The last snapshot, when nobody else has written since.
    pub warm: Option<Snapshot>,
    /// Plans made, and batches applied.
    pub plans: u64,
    pub batches: u64,
    /// Batches and distinct keys of the plan that has the most batches per ⌈keys ÷ 50⌉, among those of
    /// more than three.
    pub worst: (usize, usize),
}

/// What a site is at one time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    metadata: String,
    files: BTreeSet<String>,
}

impl Version {
    fn of(target: &Target) -> Option<Self> {
        let files = target.files()?.names().iter().cloned().collect();
        Some(Self { metadata: target.metadata().to_owned(), files })
    }

    /// Whether its metadata stands, and all its files.
    fn stands(&self, keys: &Keys, ns: &str) -> bool {
        reader::metadata(keys, ns) == Some(self.metadata.as_str())
            && self.files.is_subset(&reader::files(keys, ns))
    }
}

/// What a plan came to.
pub struct Done {
    pub plan: Plan,
    /// Batches applied: fewer than the plan has when it was to stop.
    pub applied: usize,
}

impl World {
    pub fn new(now: u64) -> Self {
        Self { now, ..Self::default() }
    }

    pub fn table(&self, router: &str) -> Table {
        reader::table(&self.sim.keys, router).unwrap()
    }

    /// Plans `calls` on the store as it stands.
    pub fn plan(&mut self, calls: &[&Call]) -> Plan {
        for call in calls {
            let plain = |route: &&Route| route.target.refers_to().is_none() && route.target.files().is_none();
            for route in call.routes.iter().filter(plain) {
                let id = call.id(&OwnerId::of(call.owner.as_str()), route);
                self.metadata.insert(id.to_string(), route.target.metadata().to_owned());
            }
        }
        let snapshot = self.sim.snapshot(self.warm.take(), calls, self.now);
        self.plans += 1;
        let plan = plan(&snapshot, calls, self.now, &format!("c{}", self.plans));
        self.warm = Some(snapshot);
        plan
    }

    /// Plans `calls`, applies up to `most` batches and checks everything that is promised.
    pub fn run(&mut self, calls: &[&Call], most: usize) -> Done {
        let routers: BTreeSet<&str> = calls.iter().map(|call| call.router.as_str()).collect();
        let before: BTreeMap<String, Vec<Line>> =
            routers.iter().map(|router| ((*router).to_owned(), self.table(router).lines)).collect();
        let plan = self.plan(calls);
        let expected = expected(&self.sim.keys, &before, calls, &plan);
        compare(&plan, &expected);
        let wanted = declared_sites(calls, &plan);
        let ours: BTreeMap<&str, Mine<'_>> = before
            .iter()
            .map(|(router, lines)| (router.as_str(), Mine::new(lines, &expected.lines[router])))
            .collect();
        let mut kept = self.kept(calls, &before);
        let foreign = foreign_keys(&self.sim.keys, &routers);
        let applied = plan.batches.len().min(most);
        for (at, staged) in plan.batches.iter().take(applied).enumerate() {
            self.batches += 1;
            let counts = self.sim.counts();
            self.sim.apply(&staged.batch).unwrap_or_else(|why| panic!("batch {at}: {why}"));
            let after = self.sim.counts();
            let change = i64::try_from(after.bytes).unwrap() - i64::try_from(counts.bytes).unwrap();
            let unread = |key: &String| key.ends_with(":metadata") || key.contains(":index:");
            if !staged.batch.deletes.iter().any(unread) {
                // A commit that was interrupted may have left the copy of a root, of a size that nobody has read.
                let copies = staged.batch.puts.iter().any(|(key, _)| indexed::is_copy(key));
                let known =
                    if copies { (staged.bytes - change).rem_euclid(64) == 0 } else { change == staged.bytes };
                assert!(known, "batch {at} knows what it adds: {change}, not {}", staged.bytes);
                assert_eq!(change.rem_euclid(64), 1, "batch {at} leaves a fingerprint");
            }
            assert!(!staged.marks.is_empty(), "batch {at} has a witness");
            for (key, commit) in &staged.marks {
                assert!(self.sim.keys[key].contains(&format!("\"commit\":\"{commit}\"")));
            }
            for (router, mine) in &ours {
                let table = reader::table(&self.sim.keys, router).unwrap_or_else(|why| {
                    panic!("batch {at} of {} breaks {router}: {why}", plan.batches.len())
                });
                mine.check(&table);
                self.check_sites(&table, &wanted, at);
                if Self::grace(calls, router) > 0 {
                    kept.extend(table.lines.into_iter().map(|line| line.ns).filter(|ns| is_ours(ns)));
                }
            }
            for ns in &kept {
                assert!(
                    reader::metadata(&self.sim.keys, ns).is_some(),
                    "batch {at}: the record of {ns} is gone"
                );
            }
            assert_eq!(foreign_keys(&self.sim.keys, &routers), foreign);
            self.check(&routers);
            let mut rng = Rng::with_seed(self.batches ^ self.now);
            for router in &routers {
                let keys = &self.sim.keys;
                edge::wrong(keys, router, &self.table(router), &mut rng, 4)
                    .unwrap_or_else(|why| panic!("batch {at} of {}: {why}", plan.batches.len()));
            }
            if let Some(warm) = &mut self.warm {
                warm.apply(&staged.batch, self.sim.etag(), after);
            }
        }
        if applied == plan.batches.len() {
            for (router, lines) in &expected.lines {
                self.check_end(router, lines, &before[router], &plan, calls);
                for held in lines.iter().filter(|held| is_ours(&held.ns)) {
                    let Some(version) = wanted.get(&held.ns) else { continue };
                    let site = reader::site(&self.sim.keys, &held.ns).expect("a site has a record");
                    assert_eq!(site.other, None, "nothing of {} is on its way", held.ns);
                    assert_eq!(site.files, version.files);
                    assert_eq!(
                        reader::files(&self.sim.keys, &held.ns),
                        version.files,
                        "stale files are gone"
                    );
                    assert_eq!(reader::metadata(&self.sim.keys, &held.ns), Some(version.metadata.as_str()));
                }
            }
        }
        self.note_ratio(&plan);
        Done { plan, applied }
    }

    /// Whose metadata stands, all its files stand: with the old metadata the old ones, with the new the new.
    fn check_sites(&mut self, table: &Table, wanted: &BTreeMap<String, Version>, at: usize) {
        for line in table.lines.iter().filter(|line| line.kind == "site" && is_ours(&line.ns)) {
            let versions = wanted.get(&line.ns).into_iter().chain(self.sites.get(&line.ns));
            let standing = versions.clone().find(|version| version.stands(&self.sim.keys, &line.ns)).cloned();
            let Some(standing) = standing else {
                let all =
                    versions.map(|version| (&version.metadata, version.files.len())).collect::<Vec<_>>();
                panic!("batch {at}: {} is neither of {all:?}", line.raw);
            };
            self.sites.insert(line.ns.clone(), standing);
        }
    }

    /// The ids whose records the plan must keep: what stands, and what was retired within the grace.
    fn kept(&self, calls: &[&Call], before: &BTreeMap<String, Vec<Line>>) -> BTreeSet<String> {
        let mut kept = BTreeSet::new();
        for (router, lines) in before {
            let grace = Self::grace(calls, router);
            if grace > 0 {
                kept.extend(lines.iter().map(|line| line.ns.clone()).filter(|ns| is_ours(ns)));
                let listed = reader::retired(&self.sim.keys, router);
                kept.extend(listed.into_iter().filter(|(_, at)| at + grace > self.now).map(|(id, _)| id));
            }
        }
        // A site that no entry has named yet is listed, too.
        kept.retain(|ns| reader::metadata(&self.sim.keys, ns).is_some());
        kept
    }

    /// The least grace of the calls of a router.
    fn grace(calls: &[&Call], router: &str) -> u64 {
        let of_router = calls.iter().filter(|call| call.router.as_str() == router);
        of_router.map(|call| call.grace.as_secs()).min().unwrap_or_default()
    }

    /// What holds of `routers` after every batch.
    pub fn check(&self, routers: &BTreeSet<&str>) {
        let keys = &self.sim.keys;
        let mut accounted = BTreeSet::new();
        for router in routers {
            let table = self.table(router);
            for line in table.lines.iter().filter(|line| is_ours(&line.ns)) {
                accounted.insert(line.ns.clone());
                if line.kind == "site" {
                    continue;
                }
                let record = reader::metadata(keys, &line.ns);
                assert_eq!(
                    record,
                    self.metadata.get(&line.ns).map(String::as_str),
                    "{} has its record",
                    line.raw
                );
            }
            accounted.extend(reader::retired(keys, router).into_keys());
            let chunks = if table.marked { (0..table.parts).collect() } else { BTreeSet::new() };
            assert_eq!(reader::chunks(keys, router), chunks, "the marker counts all chunks");
        }
        let router_of = |key: &'_ String| {
            let (router, rest) = key.split_once(':')?;
            (rest.starts_with("routes") || rest.starts_with("owner:")).then(|| router.to_owned())
        };
        // Records of a router that is not looked at are unknown here.
        if keys.keys().filter_map(router_of).all(|router| routers.contains(router.as_str())) {
            let mut sites: BTreeMap<&str, Option<reader::Site>> = BTreeMap::new();
            for (key, rest) in keys.keys().filter_map(|key| Some((key, key.split_once(':')?))) {
                let (ns, rest) = rest;
                if !is_ours(ns) {
                    continue;
                }
                assert!(accounted.contains(ns), "nobody knows of {key}");
                if rest == "metadata" {
                    continue;
                }
                let site = sites.entry(ns).or_insert_with(|| reader::site(keys, ns));
                let site = site.as_ref().unwrap_or_else(|| panic!("no record knows of {key}"));
                let known = match rest {
                    "site" => true,
                    file if file.starts_with('/') => {
                        site.files.contains(file)
                            || site.other.as_ref().is_some_and(|other| other.contains(file))
                    }
                    _ => site.nodes.contains(key),
                };
                assert!(known, "the record does not know of {key}");
            }
        }
    }

    fn check_end(&self, router: &str, lines: &[model::Held], before: &[Line], plan: &Plan, calls: &[&Call]) {
        let table = self.table(router);
        let mut stands: Vec<model::Held> =
            table.lines.iter().filter(|line| line.owner.is_some()).map(Held::of).collect();
        stands.sort();
        assert_eq!(stands, lines, "what stands in the end is what is wanted");
        let met = calls
            .iter()
            .zip(&plan.outcomes)
            .any(|(call, outcome)| call.router.as_str() == router && outcome.is_ok());
        if !met {
            return;
        }
        let optimum = reader::optimum(&table);
        let foreign = table.lines.iter().any(|line| line.owner.is_none());
        let grown = table.bytes > before.iter().map(|line| line.span).sum::<usize>() + 1;
        if foreign && grown {
            assert!(table.parts <= 49, "SST can write {} chunks of {} bytes", table.parts, table.bytes);
        }
        assert!(
            table.parts <= optimum + optimum / 10 || (foreign && table.bytes > 48_000),
            "{} chunks, {optimum} would do",
            table.parts
        );
        if table.lines.is_empty() {
            assert_eq!(table.parts, 0, "an empty table is not stored");
        }
    }

    fn note_ratio(&mut self, plan: &Plan) {
        let batches = plan.batches.len();
        if batches > 3 {
            let keys: BTreeSet<&str> = plan
                .batches
                .iter()
                .flat_map(|staged| {
                    staged
                        .batch
                        .puts
                        .iter()
                        .map(|(key, _)| key.as_str())
                        .chain(staged.batch.deletes.iter().map(String::as_str))
                })
                .collect();
            if ratio((batches, keys.len())) > ratio(self.worst) {
                self.worst = (batches, keys.len());
            }
        }
    }
}

/// Batches per ⌈keys ÷ 50⌉.
pub fn ratio((batches, keys): (usize, usize)) -> f64 {
    let float = |number: usize| f64::from(u32::try_from(number).unwrap());
    float(batches) / float(keys.div_ceil(50).max(1))
}

/// Every key that is not one of ours and not the table's.
fn foreign_keys(keys: &Keys, routers: &BTreeSet<&str>) -> Keys {
    let mine = |key: &str| {
        key.split_once(':').is_some_and(|(ns, _)| is_ours(ns))
            || routers.iter().any(|router| {
                key.strip_prefix(router).is_some_and(|rest| {
                    [":routes", ":owner:", ":index"].iter().any(|ours| rest.starts_with(ours))
                })
            })
    };
    keys.iter().filter(|(key, _)| !mine(key)).map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// What must stand at every point: of a router, by pattern and owner, the targets allowed.
struct Mine<'a> {
    wanted: BTreeMap<(Pattern, String), BTreeSet<(String, String)>>,
    foreign: Vec<&'a str>,
}

impl<'a> Mine<'a> {
    fn new(before: &'a [Line], after: &[model::Held]) -> Self {
        let mut finally = BTreeMap::new();
        for held in after {
            finally.insert((held.pattern.clone(), held.owner.clone()), (held.kind.clone(), held.ns.clone()));
        }
        let mut wanted: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for line in before {
            let Some(owner) = &line.owner else { continue };
            let place = (line.pattern(), owner.clone());
            if let Some(target) = finally.get(&place) {
                let allowed = wanted.entry(place).or_default();
                allowed.extend([target.clone(), (line.kind.clone(), line.ns.clone())]);
            }
        }
        let foreign =
            before.iter().filter(|line| line.owner.is_none()).map(|line| line.raw.as_str()).collect();
        Self { wanted, foreign }
    }

    fn check(&self, table: &Table) {
        let foreign: Vec<&str> =
            table.lines.iter().filter(|line| line.owner.is_none()).map(|line| line.raw.as_str()).collect();
        assert_eq!(foreign, self.foreign, "entries of others keep their bytes and order");
        let mut stands = BTreeMap::new();
        for line in &table.lines {
            if let Some(owner) = &line.owner {
                stands.insert((line.pattern(), owner.clone()), (line.kind.clone(), line.ns.clone()));
            }
        }
        for (place, allowed) in &self.wanted {
            let target = stands.get(place).unwrap_or_else(|| panic!("{place:?} went dark"));
            assert!(allowed.contains(target), "{place:?} leads to {target:?}");
        }
    }
}

/// By id, the sites as the last call of the plan that declares each wants them.
fn declared_sites(calls: &[&Call], plan: &Plan) -> BTreeMap<String, Version> {
    let mut sites = BTreeMap::new();
    for (call, outcome) in calls.iter().zip(&plan.outcomes) {
        let owner = OwnerId::of(call.owner.as_str());
        for route in call.routes.iter().filter(|_| outcome.is_ok()) {
            let version = Version::of(&route.target);
            sites.extend(version.map(|version| (call.id(&owner, route).to_string(), version)));
        }
    }
    sites
}

/// What the model says, with the calls left out that a limit refused.
fn expected(
    keys: &Keys,
    before: &BTreeMap<String, Vec<Line>>,
    calls: &[&Call],
    plan: &Plan,
) -> model::Expected {
    let stored = |ns: &str| Some((reader::metadata(keys, ns)?.to_owned(), reader::site(keys, ns)?.files));
    let limited = |index: &usize| {
        plan.outcomes[*index].as_ref().is_err_and(|error| {
            let details = &error.error.details;
            error.error.code == Code::SstTableLimit
                && details.actual > Some(48_900)
                && details.limit.is_some()
        })
    };
    let met: Vec<usize> = (0..calls.len()).filter(|index| !limited(index)).collect();
    let subset: Vec<&Call> = met.iter().map(|index| calls[*index]).collect();
    let mut expected = model::expect(before, &subset, &stored);
    let mut reports = vec![None; calls.len()];
    for (index, report) in met.into_iter().zip(std::mem::take(&mut expected.reports)) {
        reports[index] = report;
    }
    expected.reports = reports;
    expected
}

fn compare(plan: &Plan, expected: &model::Expected) {
    for (index, (outcome, report)) in plan.outcomes.iter().zip(&expected.reports).enumerate() {
        let (outcome, report) = match (outcome, report) {
            (Ok(outcome), Some(report)) => (outcome, report),
            (Err(error), None) if error.error.code != Code::Internal => continue,
            (Ok(_), None) => panic!("call {index} should conflict"),
            (Err(error), _) => panic!("call {index}: {error}"),
        };
        let sorted = |list: &[String]| {
            let mut list = list.to_vec();
            list.sort();
            list
        };
        assert_eq!(outcome.added, report.added, "call {index} added");
        assert_eq!(outcome.changed, report.changed, "call {index} changed");
        assert_eq!(outcome.unchanged, report.unchanged, "call {index} left");
        assert_eq!(sorted(&outcome.removed), sorted(&report.removed), "call {index} removed");
        let ids = outcome.ids.iter().map(|(pattern, id)| (pattern.clone(), id.to_string()));
        assert!(ids.eq(report.ids.iter().cloned()), "call {index} reports its ids");
        assert_eq!(outcome.superseded_by.is_some(), report.superseded, "call {index} is overtaken");
    }
}
