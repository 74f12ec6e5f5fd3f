//! The model checker: the real engine, several processes of ours and others on a simulated store,
//! every fault, virtual time, and independent judges after every write and every settlement.
//!
//! `ROUTESYNC_SEED=<seed>` replays one seed and prints what happened; `ROUTESYNC_MODEL_OPS=<n>` and
//! `ROUTESYNC_MODEL_SECONDS=<n>` (`npm run model -- --seconds <n>`) say for how long; `ROUTESYNC_MODEL_FROM=<seed>`
//! where to begin.

use std::time::{Duration, SystemTime};

use routesync_sim::model::campaign::{Until, campaign};
use routesync_sim::model::run::run;
use routesync_sim::support::effort::effort;

/// Operations of the store that `npm run test:all` runs.
const OPS: u64 = 1_000_000;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn every_promise_holds() {
    if let Some(seed) = number("ROUTESYNC_SEED") {
        let ran = run(seed, true);
        for line in &ran.trace {
            println!("{line}");
        }
        println!("{:#?}", routesync_sim::model::config::Config::of(seed));
        assert!(ran.violations.is_empty(), "seed {seed}: {:#?}", ran.violations);
        return;
    }
    let seconds = number("ROUTESYNC_MODEL_SECONDS").map(Duration::from_secs);
    let until = seconds.map_or(
        Until::Ops(
            number("ROUTESYNC_MODEL_OPS")
                .unwrap_or_else(|| effort("operations of the model checker", 100_000, OPS)),
        ),
        Until::Time,
    );
    // A long run goes where no run has been.
    let random =
        || SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs() << 20);
    let first =
        number("ROUTESYNC_MODEL_FROM").unwrap_or_else(|| if seconds.is_some() { random() } else { 0 });
    let total = campaign(first, until, 20);
    println!(
        "{} seeds from {first}, {} operations ({} writes, {} calls, {} resolved) in {:.1} s, {} a second; {} h of virtual time",
        total.seeds,
        total.ops,
        total.updates,
        total.calls,
        total.resolved,
        total.took.as_secs_f64(),
        u128::from(total.ops) * 1_000 / total.took.as_millis().max(1),
        total.virtual_time.as_secs() / 3_600,
    );
    println!("{} operations of seeds with an index, {} requests through one", total.indexed_ops, total.asked);
    assert!(
        total.failed.is_empty(),
        "failed: {:?}",
        total.failed.iter().map(|(seed, _)| seed).collect::<Vec<_>>()
    );
}

#[test]
fn a_seed_is_the_same_each_time() {
    for seed in 0..20 {
        let (one, other) = (run(seed, true), run(seed, true));
        for (one, other) in one.trace.iter().zip(&other.trace) {
            assert_eq!(one, other, "seed {seed}");
        }
        assert_eq!(one.trace.len(), other.trace.len(), "seed {seed}");
    }
}

/// Seeds that have failed, each by a fault of the engine or of a judge that is fixed.
const ONCE_FAILED: [u64; 56] = [
    910,
    1_883_238_397_117_527,
    1_883_238_397_119_624,
    1_883_238_397_120_415,
    1_883_249_018_142_743,
    1_883_249_018_143_810,
    1_883_249_018_144_189,
    1_883_250_375_001_916,
    1_883_251_513_754_241,
    1_883_251_513_754_898,
    1_883_251_513_755_748,
    1_883_251_513_755_801,
    1_883_251_513_755_964,
    1_883_251_513_756_655,
    1_883_251_513_758_624,
    1_883_251_513_761_203,
    1_883_251_513_763_961,
    1_883_251_513_764_623,
    1_883_251_513_766_433,
    1_883_252_563_382_640,
    1_883_253_167_358_883,
    1_883_253_167_361_208,
    1_883_253_167_361_355,
    1_883_253_167_364_952,
    1_883_253_848_935_626,
    1_883_253_848_936_755,
    1_883_253_848_939_580,
    1_883_259_381_240_688,
    1_883_259_381_244_496,
    1_883_259_777_607_996,
    1_883_259_777_615_996,
    1_883_260_654_199_611,
    1_883_260_654_200_765,
    1_883_260_654_211_647,
    1_883_260_654_219_433,
    1_883_261_922_982_671,
    1_883_261_923_000_504,
    1_883_261_923_001_061,
    1_883_264_278_086_522,
    1_883_264_278_163_799,
    1_883_265_659_050_785,
    1_883_266_076_381_806,
    1_883_266_076_382_876,
    1_883_266_663_635_400,
    1_883_266_663_648_129,
    1_883_268_358_081_380,
    1_883_268_907_537_050,
    1_883_268_907_548_336,
    1_883_321_040_637_647,
    1_883_321_461_135_698,
    1_883_323_049_709_950,
    1_883_326_824_583_062,
    1_883_334_922_747_046,
    1_883_338_612_678_149,
    1_883_341_179_585_420,
    1_883_341_179_589_011,
];

#[test]
fn seeds_that_once_failed_keep_every_promise() {
    for seed in ONCE_FAILED {
        let violations = run(seed, false).violations;
        assert!(violations.is_empty(), "seed {seed}: {violations:#?}");
    }
}
