//! A damaged table, written anew on demand.

use std::collections::BTreeMap;

use routesync_core::error::Code;
use routesync_core::kvs::{Counts, ETag};
use routesync_core::options::parse_sync;
use routesync_core::plan::{Plan, Snapshot, plan};
use routesync_core::table::id::OwnerId;

type Entries = BTreeMap<String, String>;
type Damage = Box<dyn Fn(&mut Entries)>;

fn snapshot(store: &Entries) -> Snapshot {
    let counts = Counts {
        items: store.len() as u64,
        bytes: store.iter().map(|(k, v)| (k.len() + v.len()) as u64).sum(),
    };
    let mut snapshot = Snapshot::new(ETag::new("E"), counts);
    let owner = OwnerId::of("app/dev");
    loop {
        let missing = snapshot.missing([("f2de", &owner)].into_iter());
        if missing.is_empty() {
            return snapshot;
        }
        for key in missing {
            snapshot.set(key.clone(), store.get(&key).cloned());
        }
    }
}

fn planned(store: &Entries, routes: usize, repair: bool) -> Plan {
    let routes: serde_json::Map<_, _> =
        (0..routes).map(|i| (format!("/own-{i}"), format!("https://h{i}.example.com").into())).collect();
    let options = serde_json::json!({
        "store": "arn:aws:cloudfront::123456789012:key-value-store/x", "router": "f2de", "owner": "app/dev",
        "routes": routes, "repair": repair,
    });
    let options = parse_sync(&options.to_string()).unwrap();
    plan(&snapshot(store), &[&options.call], 1_000, "c")
}

fn apply(store: &mut Entries, plan: &Plan) {
    for staged in &plan.batches {
        assert!(staged.batch.keys() <= 50, "{}", staged.batch.keys());
        for key in &staged.batch.deletes {
            store.remove(key);
        }
        for (key, value) in &staged.batch.puts {
            assert!(value.len() <= 1_024);
            store.insert(key.clone(), value.clone());
        }
    }
}

/// A live table of `routes` of ours and 40 foreign entries.
fn live(routes: usize) -> Entries {
    let foreign: Vec<String> = (0..40).map(|i| format!("\"url,{i:04x},,/sst-{i}\"")).collect();
    let mut store = Entries::from([("f2de:routes".to_owned(), format!("[{}]", foreign[..20].join(",")))]);
    let plan = planned(&store, routes, false);
    apply(&mut store, &plan);
    store
}

fn patterns(store: &Entries) -> Vec<String> {
    let table = routesync_core::table::decode::table;
    let root = &store["f2de:routes"];
    let chunks: Vec<String> = match routesync_core::table::decode::root("f2de:routes", Some(root)).unwrap() {
        routesync_core::table::decode::Root::Parts(parts) => {
            (0..parts).map(|index| store[&format!("f2de:routes:{index}")].clone()).collect()
        }
        _ => vec![root.clone()],
    };
    table(chunks, true).unwrap().entries.iter().map(|stored| stored.entry.path().to_owned()).collect()
}

#[test]
fn damage_is_refused_without_repair_and_names_the_key() {
    let mut store = live(100);
    store.remove("f2de:routes:1");
    let plan = planned(&store, 100, false);
    let error = &plan.outcomes[0].as_ref().unwrap_err().error;
    assert_eq!((error.code, error.details.key.as_deref()), (Code::TableCorrupt, Some("f2de:routes:1")));
    assert!(error.message.contains("repair: true") && plan.batches.is_empty(), "{error}");
}

#[test]
fn every_kind_of_damage_is_repaired_and_leaves_no_orphan() {
    for routes in [5, 100, 1_500] {
        let whole = live(routes);
        let chunks = whole.keys().filter(|key| key.starts_with("f2de:routes:")).count();
        let mut damages: Vec<Damage> = vec![
            Box::new(|store| drop(store.insert("f2de:routes".into(), "null".into()))),
            Box::new(|store| {
                let cut = store["f2de:routes"].len() / 2;
                store.get_mut("f2de:routes").unwrap().truncate(cut);
            }),
        ];
        if chunks > 0 {
            damages.push(Box::new(|store| drop(store.remove("f2de:routes:0"))));
            damages
                .push(Box::new(|store| drop(store.insert("f2de:routes:1".into(), "garbage \" here".into()))));
        }
        for (at, damage) in damages.iter().enumerate() {
            let mut store = whole.clone();
            damage(&mut store);
            let plan = planned(&store, routes, true);
            assert!(plan.repairs, "{routes} {at}");
            let outcome = plan.outcomes[0].as_ref().unwrap();
            assert!(outcome.warnings.iter().any(|warning| warning.code.name() == "TABLE_REPAIRED"));
            apply(&mut store, &plan);
            let live = patterns(&store);
            for route in 0..routes {
                assert_eq!(
                    live.iter().filter(|path| **path == format!("/own-{route}")).count(),
                    1,
                    "{routes} {at}"
                );
            }
            assert!(planned(&store, routes, true).stands(0));
            let parts = store.keys().filter(|key| key.starts_with("f2de:routes:")).count();
            // A root that says nothing leaves chunks that nobody can count.
            if store["f2de:routes"].starts_with('{') && at != 0 && at != 1 {
                assert_eq!(store["f2de:routes"], format!("{{\"parts\":{parts}}}"));
            }
        }
    }
}
