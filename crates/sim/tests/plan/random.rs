//! Random plans on random stores, each batch of each judged.
//!
//! The test prints its seeds. `ROUTESYNC_SEED=<seed>` runs one case again, `ROUTESYNC_CASES=<n>` runs more of them.

use std::collections::BTreeMap;

use fastrand::Rng;

use crate::{ROUTER, START};
use routesync_core::options::Call;
use routesync_core::route::{Route, Target};
use routesync_sim::support::declare::{bucket, grace, part, route, url, whole};
use routesync_sim::support::effort::effort;
use routesync_sim::support::judge::{World, ratio};
use routesync_sim::support::reader;
use routesync_sim::support::sim::go_string;

const CASES: u64 = 60;

#[test]
fn every_batch_of_every_plan_keeps_the_promises() {
    let number = |name: &str| std::env::var(name).ok().and_then(|number| number.parse::<u64>().ok());
    let replay = number("ROUTESYNC_SEED");
    let first = replay.unwrap_or_else(|| fastrand::u64(..1 << 40));
    let cases = number("ROUTESYNC_CASES")
        .unwrap_or_else(|| if replay.is_some() { 1 } else { effort("random plans", 15, CASES) });
    let mut worst = ((0, 0), 0);
    let (mut plans, mut batches) = (0, 0);
    for seed in first..first + cases {
        match std::panic::catch_unwind(|| Case::new(seed).run()) {
            Ok(world) => {
                (plans, batches) = (plans + world.plans, batches + world.batches);
                if ratio(world.worst) > ratio(worst.0) {
                    worst = (world.worst, seed);
                }
            }
            Err(cause) => {
                eprintln!("ROUTESYNC_SEED={seed}");
                std::panic::resume_unwind(cause);
            }
        }
    }
    let end = first + cases;
    println!("seeds {first}..{end}: {plans} plans, {batches} batches");
    let (worst, seed) = worst;
    println!(
        "most batches per ⌈keys ÷ 50⌉: {:.2}, {} for {} keys (seed {seed})",
        ratio(worst),
        worst.0,
        worst.1
    );
}

struct Case {
    rng: Rng,
    /// Which calls want an index, and whether any may.
    index: (Rng, bool),
    world: World,
    routers: Vec<&'static str>,
    /// Routes, over all owners, that a set is drawn from.
    patterns: Vec<String>,
    /// By router, owner and part: what was last declared, as indexes into patterns and targets.
    sets: BTreeMap<(usize, usize, usize), BTreeMap<usize, usize>>,
    /// By router, owner and part: the ids last reported.
    ids: BTreeMap<(usize, usize, usize), Vec<(String, String)>>,
}

const OWNERS: [&str; 3] = ["shop/prod", "blog/prod", "shop/dev"];
const PARTS: [Option<&str>; 3] = [None, Some("urn:a"), Some("urn:b")];

impl Case {
    fn new(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let size = match rng.u8(..20) {
            0..10 => rng.usize(1..200),
            10..18 => rng.usize(200..2_000),
            _ => rng.usize(2_000..9_000),
        };
        let long = if rng.u8(..5) == 0 { 400 } else { 40 };
        let patterns = (0..size)
            .map(|n| {
                let host = ["", "", "", "a.example.com", "*.example.com"][rng.usize(..5)];
                format!("{host}/{n}{}", ["", "&x", "/"][rng.usize(..3)]) + &"p".repeat(rng.usize(..long))
            })
            .collect();
        let routers = if rng.u8(..4) == 0 { vec![ROUTER, "other-router"] } else { vec![ROUTER] };
        let world = World::new(START);
        // Drawn apart: the other seeds stay what they were.
        let mut index = Rng::with_seed(!seed);
        let index = (index.fork(), index.bool());
        let mut case =
            Self { rng, index, world, routers, patterns, sets: BTreeMap::new(), ids: BTreeMap::new() };
        for router in case.routers.clone() {
            case.found(router);
        }
        for key in
            ["678a:metadata", "678a:/index.html", "e5e5:routes", "e5e5:routes:0", "f2de:owners", "f2d:routes"]
        {
            case.world.sim.keys.insert(key.to_owned(), format!("[\"value of {key}\"]"));
        }
        for key in ["e5e5:routes", "e5e5:routes:0", "f2d:routes"] {
            case.world.sim.keys.remove(key);
        }
        case
    }

    /// What stands in the store before we come.
    fn found(&mut self, router: &str) {
        let kind = self.rng.u8(..10);
        if kind < 3 {
            return;
        }
        let lines = match kind {
            3..8 => self.rng.usize(1..30),
            8 => self.rng.usize(30..200),
            _ => self.rng.usize(200..500),
        };
        let texts: Vec<String> = (0..lines).map(|n| self.foreign(n)).collect();
        self.write_as_sst(router, &texts);
        if self.rng.u8(..3) == 0 {
            self.deform(router);
        }
    }

    fn foreign(&mut self, n: usize) -> String {
        let host = ["", r"a\.example\.com", r".*\.example\.com"][self.rng.usize(..3)];
        let kind = ["url", "bucket", "site"][self.rng.usize(..3)];
        let tail = ["", "&b", "é", "😀", "<x>", "\"q\"", ",fifth"][self.rng.usize(..7)];
        let most = if self.rng.u8(..100) == 0 { 1_500 } else { 30 };
        let long = "f".repeat(self.rng.usize(..most));
        format!("{kind},{:04x},{host},/foreign/{n}{tail}{long}", self.rng.u16(..))
    }

    fn write_as_sst(&mut self, router: &str, texts: &[String]) {
        let mut json = String::new();
        let loose = self.rng.u8(..4) == 0;
        let mut space = |json: &mut String| {
            if loose && self.rng.bool() {
                json.push_str(["", " ", "\n  ", "\t"][self.rng.usize(..4)]);
            }
        };
        space(&mut json);
        json.push('[');
        for (index, text) in texts.iter().enumerate() {
            space(&mut json);
            if index > 0 {
                json.push(',');
            }
            space(&mut json);
            json += &go_string(text);
        }
        space(&mut json);
        json.push(']');
        space(&mut json);
        let marker = if loose { " { \"parts\" : N } " } else { "{\"parts\":N}" };
        self.world.sim.write_as_sst(router, &json, marker);
        self.world.warm = None;
    }

    /// Forms that are legal and that nobody would write.
    fn deform(&mut self, router: &str) {
        let keys = &mut self.world.sim.keys;
        let root = format!("{router}:routes");
        let mut slices: Vec<String> = if keys[&root].contains("parts") {
            let indexes = reader::chunks(keys, router).into_iter();
            indexes.filter_map(|index| keys.remove(&format!("{root}:{index}"))).collect()
        } else {
            vec![keys[&root].clone()]
        };
        let blanks = if self.rng.u8(..4) == 0 { 60 } else { 3 };
        for _ in 0..self.rng.usize(..blanks) {
            let at = [0, slices.len(), self.rng.usize(..=slices.len())][self.rng.usize(..3)];
            slices.insert(at, " ".repeat(self.rng.usize(1..5)));
        }
        keys.insert(root.clone(), format!("{{\"parts\":{}}}", slices.len()));
        for (index, slice) in slices.into_iter().enumerate() {
            keys.insert(format!("{root}:{index}"), slice);
        }
        // A blank inside a string or an escape is another table, or none.
        if reader::table(keys, router).is_err() {
            keys.retain(|key, _| !key.starts_with(&root));
        }
    }

    fn run(mut self) -> World {
        for _ in 0..self.rng.usize(3..8) {
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
        if self.rng.u8(..6) == 0 {
            self.sst_writes();
        }
        let keep = if self.rng.u8(..4) == 0 { 0 } else { 60 };
        let (calls, places) = self.calls(keep);
        let calls: Vec<&Call> = calls.iter().collect();
        let most = if self.rng.u8(..3) == 0 { self.rng.usize(..4) } else { usize::MAX };
        let done = self.world.run(&calls, most);
        for (place, outcome) in places.iter().zip(&done.plan.outcomes) {
            if let Ok(outcome) = outcome
                && done.applied == done.plan.batches.len()
            {
                let ids = outcome.ids.iter().map(|(pattern, id)| (pattern.clone(), id.to_string()));
                self.ids.insert(*place, ids.collect());
            }
        }
        if done.plan.outcomes.iter().any(Result::is_err) {
            return;
        }
        if done.applied < done.plan.batches.len() && self.rng.bool() {
            // The program is killed, and started again with the same set, or the next step has another.
            self.world.warm = None;
            self.world.run(&calls, usize::MAX);
        } else if done.applied < done.plan.batches.len() {
            return;
        }
        let again = self.world.run(&calls, usize::MAX);
        for staged in &again.plan.batches {
            let sweeps = |key: &str| key.contains(":owner:") || key.contains(":index");
            assert!(
                staged.batch.puts.iter().all(|(key, _)| sweeps(key)),
                "the same set again: {:?}",
                staged.batch
            );
            assert!(staged.batch.deletes.iter().all(|key| sweeps(key) || key.ends_with(":metadata")));
        }
        // Old pages may take up to four batches more.
        assert!(again.plan.batches.len() <= if self.index.1 { 6 } else { 1 });
    }

    /// SST adds or removes an entry and writes the whole table.
    fn sst_writes(&mut self) {
        let router = self.routers[self.rng.usize(..self.routers.len())];
        let table = self.world.table(router);
        let mut texts: Vec<String> =
            table.lines.iter().map(|line| serde_json::from_str(&line.raw).unwrap()).collect();
        let foreign = self.foreign(9_000);
        texts.insert(self.rng.usize(..=texts.len()), foreign);
        if texts.iter().map(|text| text.len() + 20).sum::<usize>() < 49_000 {
            self.write_as_sst(router, &texts);
        }
    }

    /// What calls of one commit declare, and where from.
    fn calls(&mut self, keep: u64) -> (Vec<Call>, Vec<(usize, usize, usize)>) {
        let mut calls = Vec::new();
        let mut places = Vec::new();
        let count = if self.rng.bool() { 1 } else { self.rng.usize(1..5) };
        let (mut owner, mut router) = (self.rng.usize(..OWNERS.len()), self.rng.usize(..self.routers.len()));
        for _ in 0..count {
            if self.rng.u8(..3) == 0 {
                owner = self.rng.usize(..OWNERS.len());
                router = self.rng.usize(..self.routers.len());
            }
            let place = (router, owner, if owner == 0 { 0 } else { self.rng.usize(..PARTS.len()) });
            let set = self.change(place);
            let (router, name) = (self.routers[router], OWNERS[owner]);
            let call = match PARTS[place.2] {
                None => whole(router, name, set),
                Some(urn) => {
                    let previous = self.ids.get(&place).cloned().unwrap_or_default();
                    let previous = previous.iter().map(|(pattern, id)| (pattern.as_str(), id.as_str()));
                    part(router, name, urn, previous, set)
                }
            };
            let mut call = grace(keep, call);
            let (rng, indexed) = &mut self.index;
            if *indexed {
                call.index = [Some(true), Some(true), None, Some(false)][rng.usize(..4)];
                call.index = call.index.filter(|wants| *wants || rng.u8(..4) == 0);
            }
            calls.push(call);
            places.push(place);
        }
        (calls, places)
    }

    fn change(&mut self, place: (usize, usize, usize)) -> Vec<Route> {
        let rng = &mut self.rng;
        let set = self.sets.entry(place).or_default();
        let size = self.patterns.len();
        let targets = [1, 3, 1_000_000][rng.usize(..3)];
        let some = [1, 3, size.div_ceil(3), size][rng.usize(..4)];
        // Owners and parts mostly keep to their own patterns.
        let own = |rng: &mut Rng| {
            let lane = if rng.u8(..200) == 0 { rng.usize(..9) } else { place.1 * 3 + place.2 };
            let at = rng.usize(..size.div_ceil(9)) * 9 + lane;
            (at < size).then_some(at)
        };
        match rng.u8(..12) {
            0 => set.clear(),
            roll if roll < 5 || set.is_empty() => {
                (0..some).filter_map(|_| own(rng)).collect::<Vec<_>>().into_iter().for_each(|at| {
                    set.insert(at, rng.usize(..targets));
                });
            }
            5 => (0..some).filter_map(|_| own(rng)).collect::<Vec<_>>().iter().for_each(|at| {
                set.remove(at);
            }),
            6 => set.retain(|_, _| rng.u8(..8) == 0),
            7..9 => set.values_mut().for_each(|target| {
                if rng.bool() {
                    *target = rng.usize(..targets);
                }
            }),
            9 => set.values_mut().for_each(|target| *target ^= 1),
            _ => {}
        }
        set.iter().map(|(at, number)| route(&self.patterns[*at], target(*number))).collect()
    }

    /// When all is quiet, what was retired goes, in a few plans.
    fn drain(&mut self) {
        self.world.now += 61;
        let listed = |case: &Self| {
            let routers = case.routers.iter();
            routers.map(|router| reader::retired(&case.world.sim.keys, router).len()).sum::<usize>()
        };
        let quiet: Vec<Call> = self
            .routers
            .iter()
            .flat_map(|router| OWNERS.map(|owner| part(router, owner, "quiet", [], vec![])))
            .collect();
        let quiet: Vec<&Call> = quiet.iter().collect();
        let most = listed(self) / 40 + 7;
        for _ in 0..most {
            if self.world.run(&quiet, usize::MAX).plan.batches.is_empty() {
                break;
            }
        }
        assert_eq!(listed(self), 0, "everything due is swept within {most} plans");
        assert!(self.world.plan(&quiet).batches.is_empty());
    }
}

fn target(number: usize) -> Target {
    if number.is_multiple_of(2) {
        url(&format!("h{number}.example.com"))
    } else {
        bucket(&format!("b{number}"))
    }
}
