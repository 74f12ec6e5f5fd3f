//! The plan against an independent reader, a simulated store and a naive model.
//!
//! Here are the scripted cases; `plan/random.rs` has the random ones.

#[path = "plan/random.rs"]
mod random;

use std::collections::BTreeSet;
use std::time::Instant;

use routesync_core::error::Code;
use routesync_core::options::Call;
use routesync_core::route::{Route, Target};
use routesync_core::table::id::{OwnerId, RouteId};
use routesync_sim::support::declare::{bucket, grace, part, route, url, whole};
use routesync_sim::support::effort::effort;
use routesync_sim::support::judge::World;
use routesync_sim::support::reader;
use routesync_sim::support::sim::go_string;

const ROUTER: &str = "f2de";
const START: u64 = 1_764_000_000;

fn routes(count: usize, target: impl Fn(usize) -> Target) -> Vec<Route> {
    (0..count).map(|n| route(&format!("/service/{n}"), target(n))).collect()
}

fn distinct(n: usize) -> Target {
    url(&format!("host-{n}.internal.example.com"))
}

/// Runs `call` and says what it took.
fn deploy(world: &mut World, what: &str, call: &Call) -> usize {
    let started = Instant::now();
    let plan = world.plan(&[call]);
    let planning = started.elapsed();
    let keys: BTreeSet<String> = plan
        .batches
        .iter()
        .flat_map(|staged| {
            let puts = staged.batch.puts.iter().map(|(key, _)| key.clone());
            puts.chain(staged.batch.deletes.iter().cloned())
        })
        .collect();
    for staged in &plan.batches {
        world.sim.apply(&staged.batch).unwrap();
        assert!(reader::table(&world.sim.keys, ROUTER).is_ok());
    }
    world.warm = None;
    world.check(&BTreeSet::from([ROUTER]));
    for outcome in &plan.outcomes {
        assert!(outcome.is_ok(), "{outcome:?}");
    }
    let (batches, least) = (plan.batches.len(), keys.len().div_ceil(50));
    println!(
        "{what}: planned in {planning:.0?}; {batches} batches, {} keys, at least {least} batches",
        keys.len()
    );
    assert!(batches <= 1 + least * 115 / 100, "{what}: {batches} batches for {} keys", keys.len());
    let again = world.plan(&[call]);
    assert!(again.batches.is_empty(), "{what}: the same set again writes");
    world.warm = None;
    batches
}

#[test]
fn large_sets_take_few_batches() {
    let mut world = World::new(START);
    deploy(&mut world, "20,000 routes, one target", &whole(ROUTER, "o", routes(20_000, |_| distinct(0))));
    let mut world = World::new(START);
    deploy(&mut world, "10,000 routes, own targets", &whole(ROUTER, "o", routes(10_000, distinct)));
    world.now += 1;
    let one = |n| if n == 5_000 { distinct(77_777) } else { distinct(n) };
    let batches = deploy(&mut world, "one of them changed", &whole(ROUTER, "o", routes(10_000, one)));
    assert_eq!(batches, 1);
    world.now += 1;
    let half = |n| if n % 2 == 0 { distinct(n + 100_000) } else { one(n) };
    deploy(&mut world, "5,000 of them changed", &whole(ROUTER, "o", routes(10_000, half)));
    world.now += 1;
    deploy(&mut world, "and back", &whole(ROUTER, "o", routes(10_000, one)));
    world.now += 1;
    deploy(&mut world, "all removed", &whole(ROUTER, "o", vec![]));
}

#[test]
fn one_route_of_ten_thousand_takes_five_keys() {
    let mut world = World::new(START);
    deploy(&mut world, "10,000 routes", &whole(ROUTER, "o", routes(10_000, |n| distinct(n % 7))));
    for changed in [0, 4_321, 9_999] {
        for new in [distinct(900 + changed), bucket(&format!("b{changed}"))] {
            world.now += 100;
            let set = routes(10_000, |n| if n == changed { new.clone() } else { distinct(n % 7) });
            let plan = world.plan(&[&whole(ROUTER, "o", set)]);
            let swept = plan.batches.iter().flat_map(|staged| &staged.batch.deletes).count();
            let keys: usize = plan.batches.iter().map(|staged| staged.batch.keys()).sum();
            assert!(plan.batches.len() == 1 && keys - swept <= 5, "{keys} keys, {swept} of them swept");
            world.sim.apply(&plan.batches[0].batch).unwrap();
            world.warm = None;
        }
    }
}

#[test]
fn every_chunk_grows_when_all_urls_become_buckets() {
    let mut world = World::new(START);
    deploy(&mut world, "2,000 urls", &whole(ROUTER, "o", routes(2_000, |_| url("a.example.com"))));
    world.now += 1;
    world.run(&[&whole(ROUTER, "o", routes(2_000, |_| bucket("a")))], usize::MAX);
    deploy(&mut world, "urls again", &whole(ROUTER, "o", routes(2_000, |_| url("a.example.com"))));
    deploy(&mut world, "buckets again", &whole(ROUTER, "o", routes(2_000, |_| bucket("a"))));
}

/// A table of 49 chunks that SST wrote, one entry of ours in it.
fn full_table(world: &mut World, bytes: usize) {
    world.run(&[&whole(ROUTER, "o", vec![route("/mine", url("a.example.com"))])], usize::MAX);
    let mine: String = serde_json::from_str(&world.table(ROUTER).lines[0].raw).unwrap();
    let mut texts: Vec<String> = (0..800).map(|n| format!("url,{n:04x},,/foreign/{n}&x/é")).collect();
    texts.insert(400, mine);
    let json = |texts: &[String]| {
        let lines: Vec<String> = texts.iter().map(|text| go_string(text)).collect();
        format!("[{}]", lines.join(","))
    };
    let mut length = json(&texts).len();
    while length + 60 < bytes {
        texts.push(format!("url,ffff,,/more/{:05}&/x", texts.len()));
        length += go_string(&texts[texts.len() - 1]).len() + 1;
    }
    let text = json(&texts);
    let padded = text.replace("/foreign/0\\", &format!("/foreign/0{}\\", "x".repeat(bytes - text.len())));
    world.sim.write_as_sst(ROUTER, &padded, "{\"parts\":N}");
    world.warm = None;
    assert_eq!(world.table(ROUTER).parts, 49);
}

#[test]
fn an_entry_grows_by_three_bytes_in_a_full_table_of_sst() {
    let mut world = World::new(START);
    full_table(&mut world, 48_950);
    let changed = whole(ROUTER, "o", vec![route("/mine", bucket("a"))]);
    let done = world.run(&[&changed], usize::MAX);
    assert!(done.plan.batches.len() <= 2, "{} batches", done.plan.batches.len());
    assert!(world.table(ROUTER).parts <= 49);
    let codes: Vec<_> =
        done.plan.outcomes[0].as_ref().unwrap().warnings.iter().map(|one| one.code.name()).collect();
    assert!(codes.contains(&"SST_TABLE_NEAR_LIMIT"), "{codes:?}");
}

#[test]
fn what_sst_could_not_write_any_more_is_refused() {
    let mut world = World::new(START);
    full_table(&mut world, 48_990);
    let plan = world.plan(&[&whole(
        ROUTER,
        "o",
        vec![route("/mine", url("a.example.com")), route("/another", url("a.example.com"))],
    )]);
    assert_eq!(plan.outcomes[0].as_ref().unwrap_err().error.code, Code::SstTableLimit);
    assert!(plan.batches.is_empty());
    let plan = world.plan(&[&whole(ROUTER, "o", vec![])]);
    assert!(plan.outcomes[0].is_ok() && !plan.batches.is_empty(), "a table may always shrink");
}

#[test]
fn a_target_that_returns_within_the_grace_leaves_the_retired_list() {
    let mut world = World::new(START);
    let set = |target: Target| whole(ROUTER, "o", vec![route("/a", target)]);
    let id = |target: &Target| RouteId::of(ROUTER, "o", None, target.metadata()).to_string();
    let (one, two) = (url("one.example.com"), url("two.example.com"));
    let listed = |world: &World| reader::retired(&world.sim.keys, ROUTER).into_keys().collect::<Vec<_>>();
    world.run(&[&set(one.clone())], usize::MAX);
    world.now += 10;
    world.run(&[&set(two.clone())], usize::MAX);
    assert_eq!(listed(&world), [id(&one)]);
    world.now += 10;
    world.run(&[&set(one.clone())], usize::MAX);
    assert_eq!(listed(&world), [id(&two)]);
    world.now += 59;
    assert!(world.run(&[&set(one.clone())], usize::MAX).plan.batches.is_empty(), "nothing is due");
    world.now += 1;
    world.run(&[&set(one)], usize::MAX);
    assert!(listed(&world).is_empty());
    assert_eq!(reader::namespaces(&world.sim.keys).count(), 1);
}

#[test]
fn an_emptied_router_leaves_only_the_record() {
    let mut world = World::new(START);
    for count in [1, 40, 3_000] {
        world.run(&[&grace(0, whole(ROUTER, "o", routes(count, distinct)))], usize::MAX);
        world.run(&[&grace(0, whole(ROUTER, "o", vec![]))], usize::MAX);
        assert_eq!(world.sim.keys.len(), 1, "{:?}", world.sim.keys.keys());
    }
}

#[test]
fn more_blank_chunks_than_a_batch_has_keys_are_no_obstacle() {
    let mut world = World::new(START);
    let keys = &mut world.sim.keys;
    keys.insert(format!("{ROUTER}:routes"), r#"{"parts":202}"#.to_owned());
    for index in 0..202 {
        let slice = match index {
            0 => "[\"url,678a,,/a\"",
            100 => ",",
            201 => "\"url,678a,,/b\"]",
            _ => " ",
        };
        keys.insert(format!("{ROUTER}:routes:{index}"), slice.to_owned());
    }
    let done = world.run(&[&whole(ROUTER, "o", vec![route("/mine", url("a.example.com"))])], usize::MAX);
    assert!(done.plan.outcomes[0].is_ok());
    assert_eq!(world.table(ROUTER).parts, 1);
}

#[test]
fn a_plan_that_stops_after_any_batch_goes_on_from_there() {
    let first = || whole(ROUTER, "first", routes(3_000, |n| url(&format!("h{}.example.com", n % 3))));
    let last = |target: fn(usize) -> Target| {
        let set = (0..200).map(|n| route(&format!("/last/{n}"), target(n)));
        whole(ROUTER, "last", set.collect())
    };
    let mut world = World::new(START);
    world.run(&[&first(), &last(distinct)], usize::MAX);
    let gone = whole(ROUTER, "first", vec![]);
    let few = whole(ROUTER, "first", routes(3_000, distinct).into_iter().step_by(20).collect());
    let buckets = last(|n| bucket(&format!("b{n}")));
    let others = [&gone, &few, &buckets, &first(), &last(distinct)];
    for set in [&gone, &few, &buckets] {
        let batches = world.clone().plan(&[set]).batches.len();
        assert!(batches > 1, "{batches} batches");
        let all = batches as u64 / 2;
        let stops = effort("batches after which a plan stops", 5.min(all), all);
        for stop in (1..batches).step_by(batches / usize::try_from(stops).unwrap()) {
            let mut stopped = world.clone();
            stopped.now += 5;
            stopped.run(&[set], stop);
            stopped.warm = None;
            stopped.now += 5;
            stopped.clone().run(&[others[stop % 5]], usize::MAX);
            stopped.run(&[set], usize::MAX);
            assert!(stopped.run(&[set], usize::MAX).plan.batches.is_empty());
        }
    }
}

// ---------------------------------------------------------------- refusals

#[test]
fn a_pattern_of_others_is_a_conflict_that_rejects_its_call_alone() {
    let mut world = World::new(START);
    world.sim.write_as_sst(ROUTER, r#"["url,678a,,/sst"]"#, "");
    world.run(&[&whole(ROUTER, "b", vec![route("/b", url("b.example.com"))])], usize::MAX);
    let claims =
        |path: &str| whole(ROUTER, "a", vec![route(path, url("a.example.com")), route("/x", distinct(1))]);
    let (sst, other, fine) =
        (claims("/sst"), claims("/b"), whole(ROUTER, "c", vec![route("/c", url("c.example.com"))]));
    let done = world.run(&[&sst, &other, &fine], usize::MAX);
    let error = |at: usize| &done.plan.outcomes[at].as_ref().unwrap_err().error;
    assert_eq!((error(0).code, error(0).details.holder.as_deref()), (Code::RouteConflict, Some("SST")));
    assert_eq!(error(1).code, Code::RouteConflict);
    assert!(done.plan.outcomes[2].is_ok());
    assert!(world.plan(&[&sst, &other]).batches.is_empty(), "a rejected call writes nothing");
}

#[test]
fn two_parts_that_claim_a_pattern_at_once_are_a_conflict_unless_they_agree() {
    let mut world = World::new(START);
    let of = |urn: &str, host: &str| part(ROUTER, "o", urn, [], vec![route("/a", url(host))]);
    let plan = world.plan(&[&of("x", "1.example.com"), &of("y", "2.example.com")]);
    assert!(plan.outcomes[0].is_ok());
    assert_eq!(plan.outcomes[1].as_ref().unwrap_err().error.code, Code::RouteConflict);
    let plan = world.plan(&[&of("x", "1.example.com"), &of("y", "1.example.com")]);
    assert!(plan.outcomes.iter().all(Result::is_ok));
}

#[test]
fn a_set_overtaken_in_its_commit_names_the_later_call() {
    let mut world = World::new(START);
    let set = |host: &str| whole(ROUTER, "o", vec![route("/a", url(host))]);
    let (one, two) = (set("1.example.com"), set("2.example.com"));
    let taken = whole(ROUTER, "o", vec![route("/sst", url("1.example.com"))]);
    world.sim.write_as_sst(ROUTER, r#"["url,678a,,/sst"]"#, "");
    let done = world.run(&[&one, &two, &taken], usize::MAX);
    assert_eq!(done.plan.outcomes[0].as_ref().unwrap().superseded_by, Some(1.into()));
    assert_eq!(
        done.plan.outcomes[1].as_ref().unwrap().superseded_by,
        None,
        "a rejected call overtakes nobody"
    );
}

#[test]
fn live_entries_of_an_unknown_owner_fence_the_id() {
    let mut world = World::new(START);
    let set = whole(ROUTER, "o", vec![route("/a", url("a.example.com"))]);
    world.run(&[&set], usize::MAX);
    let record = format!("{ROUTER}:owner:{}", OwnerId::of("o"));
    let mut lost = World::new(START);
    lost.sim = world.sim.clone();
    lost.sim.keys.remove(&record);
    let mut renamed = World::new(START);
    renamed.sim = world.sim.clone();
    let other = renamed.sim.keys[&record].replace("\"owner\":\"o\"", "\"owner\":\"p\"");
    renamed.sim.keys.insert(record, other);
    for world in [&mut lost, &mut renamed] {
        let plan = world.plan(&[&set]);
        assert_eq!(plan.outcomes[0].as_ref().unwrap_err().error.code, Code::OwnerIdTaken);
        assert!(plan.batches.is_empty());
    }
}

#[test]
fn a_newer_record_is_left_alone() {
    let mut world = World::new(START);
    let record = format!("{ROUTER}:owner:{}", OwnerId::of("o"));
    world.sim.keys.insert(record.clone(), r#"{"v":2,"new":true}"#.to_owned());
    let plan = world.plan(&[&whole(ROUTER, "o", vec![route("/a", url("a.example.com"))])]);
    let error = &plan.outcomes[0].as_ref().unwrap_err().error;
    assert_eq!((error.code, error.details.key.as_deref()), (Code::FormatNewer, Some(record.as_str())));
    assert!(plan.batches.is_empty());
}

#[test]
fn a_damaged_table_rejects_the_calls_of_its_router_only() {
    for (root, chunk) in [
        ("null", None),
        ("{}", None),
        (r#"["url,1,/a"]"#, None),
        ("[1]", None),
        (r#"["url,1,,/a""#, None),
        (r#"{"parts":2}"#, Some(r#"["url,1,,/a"]"#)),
    ] {
        let mut world = World::new(START);
        world.sim.keys.insert(format!("{ROUTER}:routes"), root.to_owned());
        if let Some(chunk) = chunk {
            world.sim.keys.insert(format!("{ROUTER}:routes:0"), chunk.to_owned());
        }
        assert!(reader::table(&world.sim.keys, ROUTER).is_err());
        let set = |router: &str| whole(router, "o", vec![route("/a", url("a.example.com"))]);
        let plan = world.plan(&[&set(ROUTER), &set("other")]);
        assert_eq!(plan.outcomes[0].as_ref().unwrap_err().error.code, Code::TableCorrupt, "{root}");
        assert!(plan.outcomes[1].is_ok());
        let touches = |key: &str| key.starts_with(ROUTER);
        assert!(!plan.batches.iter().any(|staged| staged.batch.puts.iter().any(|(key, _)| touches(key))));
    }
}

#[test]
fn what_the_store_has_no_room_for_is_refused_and_the_rest_goes_on() {
    let mut world = World::new(START);
    for n in 0..5_100 {
        world.sim.keys.insert(format!("{n:04}"), "x".repeat(1_020));
    }
    let large = whole(ROUTER, "large", routes(1_000, distinct));
    let small = whole(ROUTER, "small", vec![route("/a", url("a.example.com"))]);
    let plan = world.plan(&[&small, &large]);
    assert!(plan.outcomes[0].is_ok());
    assert_eq!(plan.outcomes[1].as_ref().unwrap_err().error.code, Code::StoreFull);
    assert_eq!(plan.batches.len(), 1);
}

#[test]
fn planning_is_linear() {
    let time = |count: usize| {
        let set = whole(ROUTER, "o", routes(count, distinct));
        let mut world = World::new(START);
        let started = Instant::now();
        let plan = world.plan(&[&set]);
        let fresh = started.elapsed();
        for staged in &plan.batches {
            world.sim.apply(&staged.batch).unwrap();
        }
        world.warm = None;
        let all = whole(ROUTER, "o", routes(count, |n| distinct(n + 500_000)));
        let started = Instant::now();
        world.plan(&[&all]);
        (fresh, started.elapsed())
    };
    for count in [2_500, 5_000, 10_000] {
        let (fresh, changed) = time(count);
        println!("{count} routes: {fresh:.0?} for a fresh set, {changed:.0?} when all change");
    }
}
