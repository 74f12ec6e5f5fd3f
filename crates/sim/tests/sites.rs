//! Sites and references to namespaces: the plan against an independent reader, stopped anywhere.
//!
//! The random test prints its seeds; `ROUTESYNC_SEED=<seed>` runs one case again, `ROUTESYNC_CASES=<n>`
//! runs more of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use fastrand::Rng;

use routesync_core::error::Code;
use routesync_core::options::{Call, Scope};
use routesync_core::route::{Route, Target, TargetKind};
use routesync_core::table::id::OwnerId;
use routesync_core::table::tree::Tree;
use routesync_sim::support::declare::{bucket, grace, namespace, part, route, site, url, whole};
use routesync_sim::support::effort::effort;
use routesync_sim::support::judge::World;
use routesync_sim::support::reader;

const ROUTER: &str = "f2de";
const START: u64 = 1_764_000_000;

// ---------------------------------------------------------------- random cases

const CASES: u64 = 60;

#[test]
fn sites_keep_their_promises_wherever_a_plan_stops() {
    let number = |name: &str| std::env::var(name).ok().and_then(|number| number.parse::<u64>().ok());
    let replay = number("ROUTESYNC_SEED");
    let first = replay.unwrap_or_else(|| fastrand::u64(..1 << 40));
    let cases = number("ROUTESYNC_CASES")
        .unwrap_or_else(|| if replay.is_some() { 1 } else { effort("random plans with sites", 15, CASES) });
    let (mut plans, mut batches) = (0, 0);
    for seed in first..first + cases {
        match std::panic::catch_unwind(|| Case::new(seed).run()) {
            Ok(world) => (plans, batches) = (plans + world.plans, batches + world.batches),
            Err(cause) => {
                eprintln!("ROUTESYNC_SEED={seed}");
                std::panic::resume_unwind(cause);
            }
        }
    }
    println!("seeds {first}..{}: {plans} plans, {batches} batches", first + cases);
}

const OWNERS: [&str; 3] = ["shop/prod", "blog/prod", "shop/dev"];
const PARTS: [Option<&str>; 3] = [None, Some("urn:a"), Some("urn:b")];

/// An owner and a part of it.
type Place = (usize, usize);

struct Case {
    rng: Rng,
    world: World,
    /// Names that the files of all sites are drawn from.
    pool: Vec<String>,
    sets: BTreeMap<Place, BTreeMap<usize, Target>>,
    /// By place, what was last reported.
    reported: BTreeMap<Place, Vec<(String, String, Target)>>,
}

impl Case {
    fn new(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let size = [3, 30, 30, 300, 2_500][rng.usize(..5)];
        let name = |rng: &mut Rng, n: usize| {
            let folder = ["", "/assets", "/_astro/é", "/a \"b\"\\c"][rng.usize(..4)];
            format!("{folder}/{n}{}.js", "x".repeat(rng.usize(..40)))
        };
        let pool = (0..size).map(|n| name(&mut rng, n)).collect();
        let mut world = World::new(START);
        if rng.bool() {
            world.sim.write_as_sst(ROUTER, r#"["site,ab12,,/sst","url,cd34,,/other,five"]"#, "");
            for key in ["ab12:metadata", "ab12:/index.html", "ab12:site", "ab12:files:12345678"] {
                world.sim.keys.insert(key.to_owned(), "{}".to_owned());
            }
        }
        Self { rng, world, pool, sets: BTreeMap::new(), reported: BTreeMap::new() }
    }

    fn target(&mut self) -> Target {
        let rng = &mut self.rng;
        match rng.u8(..10) {
            0 => url("a.example.com"),
            1 => bucket("b"),
            2 => namespace(
                [TargetKind::Site, TargetKind::Url][rng.usize(..2)],
                ["ab12", "ef56"][rng.usize(..2)],
            ),
            _ => {
                let share = [0, 10, 50, 90, 98, 100][rng.usize(..6)];
                let names: Vec<&str> =
                    self.pool.iter().filter(|_| rng.u8(..100) < share).map(String::as_str).collect();
                site(rng.usize(..3), &names)
            }
        }
    }

    /// The target with a few files more or less, where it is a site.
    fn touched(&mut self, target: &Target) -> Target {
        let Some(files) = target.files() else { return self.target() };
        let mut names: BTreeSet<&str> = files.names().iter().map(String::as_str).collect();
        for _ in 0..self.rng.usize(1..4) {
            let name = self.pool[self.rng.usize(..self.pool.len())].as_str();
            if !names.remove(name) {
                names.insert(name);
            }
        }
        let names: Vec<&str> = names.into_iter().collect();
        let version = usize::from(target.metadata().contains("/v1"));
        site(if self.rng.bool() { version } else { 2 }, &names)
    }

    fn run(mut self) -> World {
        for _ in 0..self.rng.usize(3..12) {
            self.step();
        }
        self.drain();
        self.world
    }

    fn step(&mut self) {
        self.world.now += self.rng.u64(..90);
        if self.rng.bool() {
            self.world.warm = None;
        }
        let keep = if self.rng.u8(..3) == 0 { 0 } else { 60 };
        let (mut calls, mut places) = (Vec::new(), Vec::new());
        for _ in 0..[1, 1, 1, 2, 3][self.rng.usize(..5)] {
            let owner = self.rng.usize(..OWNERS.len());
            let place = (owner, if owner == 0 { 0 } else { self.rng.usize(..PARTS.len()) });
            calls.push(grace(keep, self.call(place)));
            places.push(place);
        }
        let calls: Vec<&Call> = calls.iter().collect();
        let most = if self.rng.bool() { self.rng.usize(..6) } else { usize::MAX };
        let done = self.world.run(&calls, most);
        if done.applied < done.plan.batches.len() {
            // The program is killed, and started again with the same set, or the next step has another.
            self.world.warm = None;
            if self.rng.bool() {
                return;
            }
            self.world.run(&calls, usize::MAX);
        }
        for ((place, outcome), call) in places.iter().zip(&done.plan.outcomes).zip(&calls) {
            let Ok(outcome) = outcome else { continue };
            let targets = call.routes.iter().map(|route| route.target.clone());
            let ids = outcome.ids.iter().map(|(pattern, id)| (pattern.clone(), id.to_string()));
            self.reported.insert(*place, ids.zip(targets).map(|((p, id), target)| (p, id, target)).collect());
        }
        if done.plan.outcomes.iter().any(Result::is_err) {
            return;
        }
        let again = self.world.run(&calls, usize::MAX);
        for staged in &again.plan.batches {
            let batch = &staged.batch;
            assert!(
                batch.puts.iter().all(|(key, _)| key.contains(":owner:")),
                "the same set again: {batch:?}"
            );
            assert!(batch.deletes.iter().all(|key| key.contains(":owner:") || key.ends_with(":metadata")));
        }
        assert!(again.plan.batches.len() <= 1);
    }

    fn call(&mut self, place: Place) -> Call {
        let set = self.change(place);
        let owner = OWNERS[place.0];
        let Some(urn) = PARTS[place.1] else { return whole(ROUTER, owner, set) };
        let reported = self.reported.get(&place).cloned().unwrap_or_default();
        let ids = reported.iter().map(|(pattern, id, _)| (pattern.as_str(), id.as_str()));
        let mut call = part(ROUTER, owner, urn, ids, set);
        if let Scope::Previous(previous) = &mut call.scope {
            for (one, (_, _, target)) in previous.iter_mut().zip(&reported) {
                // Some remember their files, some wrongly.
                let remembered = match self.rng.u8(..4) {
                    0 => None,
                    1 => self.touched(target).files().cloned(),
                    _ => target.files().cloned(),
                };
                one.files = remembered.map(|files| Arc::new(Tree::of(files.names())));
            }
        }
        call
    }

    fn change(&mut self, place: Place) -> Vec<Route> {
        // Owners and parts mostly keep to their own patterns.
        let pattern = |rng: &mut Rng| {
            let lane = if rng.u8(..20) == 0 { rng.usize(..9) } else { place.0 * 3 + place.1 };
            rng.usize(..3) * 9 + lane
        };
        let mut set = self.sets.remove(&place).unwrap_or_default();
        match self.rng.u8(..10) {
            0 => set.clear(),
            1 => set.retain(|_, _| self.rng.bool()),
            2..6 => {
                for target in set.values_mut() {
                    *target = self.touched(target);
                }
            }
            6 => {}
            _ => {
                for _ in 0..self.rng.usize(1..4) {
                    let at = pattern(&mut self.rng);
                    let target = self.target();
                    set.insert(at, target);
                }
            }
        }
        let routes = set.iter().map(|(at, target)| route(&format!("/{at}"), target.clone())).collect();
        self.sets.insert(place, set);
        routes
    }

    /// When all is quiet, what was retired goes, with all that hangs on it.
    fn drain(&mut self) {
        self.world.now += 61;
        self.world.warm = None;
        let quiet: Vec<Call> = OWNERS.map(|owner| part(ROUTER, owner, "quiet", [], vec![])).into();
        let quiet: Vec<&Call> = quiet.iter().collect();
        for _ in 0..7 {
            if self.world.run(&quiet, usize::MAX).plan.batches.is_empty() {
                break;
            }
        }
        let keys = &self.world.sim.keys;
        assert!(reader::retired(keys, ROUTER).is_empty(), "everything due is swept");
        let named: BTreeSet<String> =
            self.world.table(ROUTER).lines.into_iter().map(|line| line.ns).collect();
        let stays = |key: &String| {
            let ns = key.split(':').next().unwrap_or_default();
            !reader::is_ours(ns) || named.contains(ns)
        };
        assert!(keys.keys().all(stays), "nothing is left of a site that is gone");
    }
}

// ---------------------------------------------------------------- scripted scenarios

fn built(count: usize) -> Vec<String> {
    let name = |n: usize| {
        format!("/_astro/{}.{:08x}.js", ["index", "page", "chunk"][n % 3], n * 2_654_435_761 % (1 << 32))
    };
    (0..count).map(name).collect()
}

fn docs(version: usize, names: &[String]) -> Call {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    whole(ROUTER, "o", vec![route("/docs", site(version, &names))])
}

fn remembering(mut call: Call, names: &[String]) -> Call {
    let owner = OwnerId::of(call.owner.as_str());
    let id = call.id(&owner, &call.routes[0]).to_string();
    let mut names = names.to_vec();
    names.sort_unstable();
    let part = part(ROUTER, "o", "x", [("/docs", id.as_str())], vec![]);
    let Scope::Previous(mut previous) = part.scope else { unreachable!() };
    previous[0].files = Some(Arc::new(Tree::of(&names)));
    call.scope = Scope::Previous(previous);
    call
}

/// Keys that a plan for `call` reads from a cold start.
fn reads(world: &World, call: &Call) -> usize {
    let owner = OwnerId::of(call.owner.as_str());
    let mut snapshot = routesync_core::plan::Snapshot::new(world.sim.etag(), world.sim.counts());
    let mut reads = 0;
    loop {
        let missing = routesync_core::plan::missing(&snapshot, [(call, &owner)].into_iter(), world.now);
        if missing.is_empty() {
            return reads;
        }
        reads += missing.len();
        for key in missing {
            let value = world.sim.keys.get(&key).cloned();
            snapshot.set(key, value);
        }
    }
}

fn batches_of(world: &mut World, call: &Call) -> (usize, usize) {
    world.warm = None;
    let started = Instant::now();
    let plan = world.plan(&[call]);
    let planning = started.elapsed();
    for staged in &plan.batches {
        world.sim.apply(&staged.batch).unwrap();
    }
    world.warm = None;
    assert!(plan.outcomes[0].is_ok());
    let keys: usize = plan.batches.iter().map(|staged| staged.batch.keys()).sum();
    println!("  {} batches of {keys} keys, planned in {planning:.0?}", plan.batches.len());
    (plan.batches.len(), keys)
}

#[test]
fn ten_thousand_files_go_out_in_full_batches_and_a_change_in_one() {
    let mut world = World::new(START);
    let names = built(10_000);
    println!("10,000 files:");
    let (batches, _) = batches_of(&mut world, &docs(1, &names));
    let nodes = world.sim.keys.keys().filter(|key| key.contains(":files:")).count();
    // Two keys of each batch are the records of the site and its owner.
    assert!(batches <= (10_000 + nodes + 2).div_ceil(48), "{batches} batches, {nodes} nodes");
    assert_eq!(world.run(&[&docs(1, &names)], usize::MAX).plan.batches.len(), 0);

    let mut changed = names.clone();
    for at in [17, 4_444, 9_876] {
        changed[at] = changed[at].replace(".js", ".new.js");
    }
    let cold = reads(&world, &docs(2, &changed));
    let warm = reads(&world, &remembering(docs(2, &changed), &names));
    println!("3 changed: {cold} keys read, {warm} where the caller remembers the files");
    let (batches, keys) = batches_of(&mut world.clone(), &docs(2, &changed));
    assert!(batches <= 2, "{batches} batches of {keys} keys");
    assert!(warm <= 3, "the table, the owner's and the site's record: {warm}");
    assert!(cold <= 3 + 12, "and a leaf and a page for each change: {cold}");
    assert_eq!(reads(&world, &docs(1, &names)), 3, "of an unchanged site no name is read");

    println!("all changed:");
    let other: Vec<String> = names.iter().map(|name| name.replace("_astro", "_next")).collect();
    let (batches, _) = batches_of(&mut world.clone(), &docs(2, &other));
    assert!(batches <= (20_000 + 2 * (nodes + 20) + 4).div_ceil(48), "{batches} batches");
    println!("removed, and swept:");
    batches_of(&mut world, &whole(ROUTER, "o", vec![]));
    world.now += 61;
    batches_of(&mut world, &whole(ROUTER, "o", vec![]));
    assert_eq!(world.sim.keys.len(), 1, "only the owner's record is left");
}

#[test]
fn a_site_stopped_after_any_batch_goes_to_any_other_set() {
    let names = built(150);
    let one = docs(1, &names[..100]);
    let sets = [
        docs(1, &names[..100]),
        docs(2, &names[60..]),
        docs(2, &names),
        docs(3, &[]),
        whole(ROUTER, "o", vec![]),
    ];
    let mut from_nothing = World::new(START);
    from_nothing.now += 1;
    let mut standing = from_nothing.clone();
    standing.run(&[&one], usize::MAX);
    for (start, first) in
        [(&from_nothing, 0), (&from_nothing, 2), (&standing, 1), (&standing, 2), (&standing, 3)]
    {
        let batches = start.clone().plan(&[&sets[first]]).batches.len();
        assert!(batches > 1, "{batches}");
        for stop in 1..batches {
            for then in &sets {
                // Stopped again on the way to it.
                for again in 0..4 {
                    let mut world = start.clone();
                    world.now += 5;
                    world.run(&[&sets[first]], stop);
                    world.warm = None;
                    world.run(&[then], again);
                    world.warm = None;
                    world.run(&[&sets[(first + again) % 5]], again);
                    world.warm = None;
                    world.run(&[then], usize::MAX);
                    assert!(world.run(&[then], usize::MAX).plan.batches.is_empty());
                }
            }
        }
    }
}

#[test]
fn a_write_that_comes_between_does_not_throw_what_is_done_away() {
    let mut world = World::new(START);
    let names = built(1_000);
    let all = world.clone().plan(&[&docs(1, &names)]).batches.len();
    let mut taken = 0;
    while world.run(&[&docs(1, &names)], 1).applied == 1 {
        world.warm = None;
        taken += 1;
    }
    assert!(taken <= all + 1, "{taken} batches one at a time, {all} in one go");
    let mut taken = 0;
    let none = grace(0, whole(ROUTER, "o", vec![]));
    let all = world.clone().plan(&[&none]).batches.len();
    while world.run(&[&none], 1).applied == 1 {
        world.warm = None;
        taken += 1;
    }
    assert!(taken <= all + 2, "{taken} batches one at a time, {all} in one go");
}

#[test]
fn without_grace_a_removed_site_goes_right_after_the_table() {
    let mut world = World::new(START);
    let names = built(200);
    world.run(&[&docs(1, &names)], usize::MAX);
    world.warm = None;
    let done = world.run(&[&grace(0, whole(ROUTER, "o", vec![]))], usize::MAX);
    assert!(done.plan.batches[0].batch.deletes.contains(&format!("{ROUTER}:routes")));
    assert_eq!(world.sim.keys.len(), 1, "{:?}", world.sim.keys.keys());
}

#[test]
fn a_removed_site_keeps_its_files_for_the_grace_and_may_return() {
    let mut world = World::new(START);
    let names = built(60);
    world.run(&[&docs(1, &names)], usize::MAX);
    let id = world.table(ROUTER).lines[0].ns.clone();
    world.run(&[&whole(ROUTER, "o", vec![])], usize::MAX);
    world.now += 59;
    world.run(&[&whole(ROUTER, "o", vec![])], usize::MAX);
    assert_eq!(reader::files(&world.sim.keys, &id).len(), 60);
    let back = world.run(&[&docs(1, &names)], usize::MAX);
    let puts: Vec<&str> =
        back.plan.batches.iter().flat_map(|it| &it.batch.puts).map(|(key, _)| key.as_str()).collect();
    assert!(!puts.iter().any(|key| key.starts_with(&id)), "what stands is not put again: {puts:?}");
    world.now += 100;
    world.run(&[&docs(1, &names)], usize::MAX);
    assert_eq!(reader::files(&world.sim.keys, &id).len(), 60);
}

#[test]
fn a_site_keeps_its_id_and_a_small_change_is_one_batch() {
    let mut world = World::new(START);
    let names = built(30);
    world.run(&[&docs(1, &names)], usize::MAX);
    let before = world.table(ROUTER).lines;
    let done = world.run(&[&docs(2, &names[3..])], usize::MAX);
    assert_eq!(world.table(ROUTER).lines, before, "the table does not change");
    assert_eq!(done.plan.batches.len(), 1);
    let outcome = done.plan.outcomes[0].as_ref().unwrap();
    assert_eq!((outcome.changed.len(), outcome.added.len()), (1, 0));
    let batch = &done.plan.batches[0].batch;
    // A leaf, metadata and two records; three files and two leaves.
    assert_eq!((batch.puts.len(), batch.deletes.len()), (4, 5), "{batch:?}");
}

#[test]
fn a_reference_says_whose_it_is_and_its_namespace_is_never_touched() {
    let mut world = World::new(START);
    for key in ["ab12:metadata", "ab12:/index.html"] {
        world.sim.keys.insert(key.to_owned(), "{}".to_owned());
    }
    let to = |ns: &str| route("/docs", namespace(TargetKind::Site, ns));
    let id = OwnerId::of("o").to_string();
    let done = world.run(&[&whole(ROUTER, "o", vec![to("ab12")])], usize::MAX);
    let reported = &done.plan.outcomes[0].as_ref().unwrap().ids;
    assert_eq!(reported[0].1.as_str(), "ab12");
    assert_eq!(world.table(ROUTER).lines[0].raw, format!("\"site,ab12,,/docs,@{id}\""));
    // Another owner's call meets it as that owner's.
    let other = world.run(&[&whole(ROUTER, "p", vec![to("ef56")])], usize::MAX);
    let error = &other.plan.outcomes[0].as_ref().unwrap_err().error;
    assert_eq!(error.code, Code::RouteConflict);
    assert_eq!(error.details.key.as_deref(), Some(format!("{ROUTER}:owner:{id}").as_str()));
    world.run(&[&whole(ROUTER, "o", vec![to("ef56")])], usize::MAX);
    world.run(&[&part(ROUTER, "o", "x", [("/docs", "ab12")], vec![])], usize::MAX);
    assert_eq!(world.table(ROUTER).lines.len(), 1, "a stale `previous` removes nothing");
    world.run(&[&part(ROUTER, "p", "x", [("/docs", "ef56")], vec![])], usize::MAX);
    assert_eq!(world.table(ROUTER).lines.len(), 1, "nor does another owner's");
    world.now += 100;
    world.run(&[&grace(0, part(ROUTER, "o", "x", [("/docs", "ef56")], vec![]))], usize::MAX);
    assert!(world.table(ROUTER).lines.is_empty());
    assert!(world.sim.keys.contains_key("ab12:metadata") && world.sim.keys.contains_key("ab12:/index.html"));
}

#[test]
fn a_newer_or_garbled_record_of_a_site_is_met() {
    let mut world = World::new(START);
    let names = built(10);
    world.run(&[&docs(1, &names)], usize::MAX);
    let key = format!("{}:site", world.table(ROUTER).lines[0].ns);
    world.warm = None;
    let mut newer = world.clone();
    newer.sim.keys.insert(key.clone(), r#"{"v":2}"#.to_owned());
    let plan = newer.plan(&[&docs(2, &names)]);
    let error = &plan.outcomes[0].as_ref().unwrap_err().error;
    assert_eq!((error.code, error.details.key.as_deref()), (Code::FormatNewer, Some(key.as_str())));
    assert!(plan.batches.is_empty());
    world.sim.keys.insert(key.clone(), "?".to_owned());
    let plan = world.plan(&[&docs(1, &names)]);
    assert!(plan.outcomes[0].is_ok());
    for staged in &plan.batches {
        world.sim.apply(&staged.batch).unwrap();
    }
    assert_eq!(reader::site(&world.sim.keys, key.strip_suffix(":site").unwrap()).unwrap().files.len(), 10);
}
