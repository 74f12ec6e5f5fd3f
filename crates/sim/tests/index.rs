//! The index of a table: what it costs to write, and that nothing of it is left behind.

#[path = "index/agreement.rs"]
mod agreement;

use std::collections::BTreeSet;

use routesync_core::options::Call;
use routesync_core::route::Route;
use routesync_sim::support::declare::{route, url, whole};
use routesync_sim::support::indexed;
use routesync_sim::support::judge::World;

const ROUTER: &str = "f2de";
const START: u64 = 1_764_000_000;

fn routes(numbers: impl Iterator<Item = usize>, target: impl Fn(usize) -> usize) -> Vec<Route> {
    let pattern = |n: usize| match n % 3 {
        0 => format!("/svc-{n}"),
        1 => format!("/svc-{}/api", n - 1),
        _ => format!("/team-{}/svc-{n}", n % 50),
    };
    numbers.map(|n| route(&pattern(n), url(&format!("host-{}.internal.example.com", target(n))))).collect()
}

fn with_index(mut call: Call) -> Call {
    call.index = Some(true);
    call
}

/// Batches and keys of a deploy of `call`, which must leave nothing to do.
fn deploy(world: &mut World, call: &Call) -> (usize, usize) {
    let plan = world.plan(&[call]);
    for staged in &plan.batches {
        world.sim.apply(&staged.batch).unwrap();
    }
    world.warm = None;
    world.check(&BTreeSet::from([ROUTER]));
    assert!(plan.outcomes.iter().all(Result::is_ok));
    let again = world.plan(&[call]);
    assert!(again.batches.is_empty(), "the same set again writes {:?}", again.batches[0].batch);
    world.warm = None;
    (plan.batches.len(), plan.batches.iter().map(|staged| staged.batch.keys()).sum())
}

/// The batches of a deploy of `before` and then `after`, without an index and with one.
fn both(before: &dyn Fn() -> Vec<Route>, after: &dyn Fn() -> Vec<Route>) -> [(usize, usize); 2] {
    [false, true].map(|with| {
        let mut world = World::new(START);
        let call = |set| if with { with_index(whole(ROUTER, "o", set)) } else { whole(ROUTER, "o", set) };
        deploy(&mut world, &call(before()));
        world.now += 100;
        deploy(&mut world, &call(after()))
    })
}

#[test]
fn one_route_of_five_thousand_takes_seven_keys() {
    for changed in [0, 1, 2_501, 4_999] {
        let [without, with] = both(&|| routes(0..5_000, |n| n % 7), &|| {
            routes(0..5_000, |n| if n == changed { 99 } else { n % 7 })
        });
        println!("one route of 5,000 changed: {without:?} without an index, {with:?} with one");
        assert!(with.0 == 1 && with.1 <= 7, "{with:?}");
    }
}

#[test]
fn a_first_deploy_takes_few_more_batches() {
    let [without, with] = both(&Vec::new, &|| routes(0..20_000, |n| n));
    println!("20,000 routes with their own targets: {without:?} without an index, {with:?} with one");
    assert!(with.0 * 100 <= without.0 * 112, "{without:?} {with:?}");
    let [without, with] = both(&Vec::new, &|| routes(0..20_000, |_| 1));
    println!("20,000 routes with one target: {without:?} without an index, {with:?} with one");
    assert!(with.0 <= without.0 + 52, "{without:?} {with:?}");
}

#[test]
fn a_fifth_more_routes_takes_half_more_batches() {
    let [without, with] = both(&|| routes(0..5_000, |n| n), &|| routes(0..6_000, |n| n));
    println!("1,000 routes added to 5,000: {without:?} without an index, {with:?} with one");
    assert!(with.0 * 2 <= without.0 * 3, "{without:?} {with:?}");
}

#[test]
fn nothing_is_left_after_many_turns_with_sst() {
    let mut world = World::new(START);
    let mut most = 0;
    for turn in 0..1_000 {
        world.now += 40;
        let set = routes((0..200).filter(|n| n % 7 != turn % 7), |n| n + turn % 3);
        let call = with_index(whole(ROUTER, "o", set));
        let plan = world.plan(&[&call]);
        for staged in &plan.batches {
            world.sim.apply(&staged.batch).unwrap();
        }
        world.warm = None;
        let mut lines: Vec<String> = world.table(ROUTER).lines.into_iter().map(|line| line.raw).collect();
        lines.retain(|raw| !raw.contains("/sst"));
        lines.push(format!("\"url,00{:02},,/sst-{turn}\"", turn % 90 + 10));
        world.sim.write_as_sst(ROUTER, &format!("[{}]", lines.join(",")), "{\"parts\":N}");
        let pages = world.sim.keys.keys().filter(|key| key.contains(":index:")).count();
        most = most.max(pages);
        assert_eq!(indexed::unaccounted(&world.sim.keys, ROUTER), Vec::<String>::new(), "turn {turn}");
    }
    // Nobody writes any more: in time, only the pages of the last index are left.
    let call = with_index(whole(ROUTER, "o", routes(0..200, |n| n)));
    for _ in 0..20 {
        world.now += 400;
        deploy(&mut world, &call);
    }
    let pages = world.sim.keys.keys().filter(|key| key.contains(":index:")).count();
    let epochs = indexed::epochs(&world.sim.keys, ROUTER);
    assert_eq!(epochs.into_iter().collect::<Vec<_>>(), [indexed::epoch(&world.sim.keys, ROUTER).unwrap()]);
    println!("at most {most} keys of pages in 1,000 turns, {pages} in the end");
    assert!(pages <= 20, "{pages}");
}
