//! Whatever stands in a store is decoded or refused; what is decoded can be planned on, and a plan
//! that is applied leaves what decodes.
#![no_main]

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;
use routesync_core::options::{Call, OwnerName, RouterId};
use routesync_core::plan::{Snapshot, missing, plan};
use routesync_core::route::site::S3;
use routesync_core::route::{Files, OriginUrl, Route, SiteTarget, Target, UrlTarget};
use routesync_core::kvs::{Counts, ETag};
use routesync_core::table::decode;
use routesync_core::table::id::OwnerId;
use routesync_core::table::key;
use routesync_core::table::owner_record::{Record, decode_spill};
use routesync_core::table::site::SiteRecord;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    // The first line is the root, the others are chunks; the last may be a record.
    let mut lines = text.split('\n');
    let root = lines.next().unwrap_or_default();
    let chunks: Vec<String> = lines.map(str::to_owned).collect();
    // The service takes no more than 1 KB.
    if text.split('\n').any(|value| value.len() > 1_024) {
        return;
    }
    let _ = decode::root("r:routes", Some(root));
    let _ = Record::decode(root);
    let _ = decode_spill(root);
    if let Ok(record) = SiteRecord::decode(root) {
        assert_eq!(SiteRecord::decode(&record.encode()), Ok(record), "a record comes back as it was");
    }

    let mut store: BTreeMap<String, String> = BTreeMap::new();
    store.insert("r:routes".into(), root.to_owned());
    for (index, chunk) in chunks.iter().enumerate() {
        store.insert(format!("r:routes:{index}"), chunk.clone());
    }
    let owner = OwnerId::of("app/dev");
    if let Some(last) = chunks.last().filter(|last| last.starts_with("{\"v\"")) {
        store.insert(format!("r:owner:{owner}"), last.clone());
    }
    let url = OriginUrl::parse("https://example.com", "url").unwrap();
    let target = Target::url(&UrlTarget::new(url), "t").unwrap();
    let (route, _) = Route::new("/fuzz", target, "r").unwrap();
    let s3 = S3 { domain: "b.c".to_owned(), dir: String::new(), routes: Vec::new() };
    let site = SiteTarget {
        base: None,
        custom404: None,
        error_response_code: None,
        s3,
        image: None,
        servers: Vec::new(),
        origin: None,
    };
    let files = Files::new(vec!["/index.html".to_owned(), "/a.js".to_owned()], "f").unwrap();
    let (site, _) = Route::new("/site", Target::site(&site, files, "t").unwrap(), "r").unwrap();
    let routes = vec![route, site];
    let call =
        Call::new(RouterId::parse("r").unwrap(), OwnerName::parse("app/dev").unwrap(), routes).unwrap();
    // Any line may also be the site's record, and each a node of its trees.
    let id = call.id(&owner, &call.routes[1]);
    for line in text.split('\n').filter(|line| line.starts_with('{')) {
        store.insert(key::site(&id), line.to_owned());
    }
    for (line, digest) in text.split('\n').zip(["00000000", "11111111", "AAAAAAAA", "aaaaaaaa"]) {
        store.insert(key::node(&id, digest), line.to_owned());
    }

    let read = |store: &BTreeMap<String, String>| {
        let mut snapshot = Snapshot::new(ETag::new("E"), Counts::default());
        loop {
            let missing = missing(&snapshot, [(&call, &owner)].into_iter(), 1_000_000);
            if missing.is_empty() || missing.len() > 1_000 {
                return (missing.is_empty()).then_some(snapshot);
            }
            for key in missing {
                let value = store.get(&key).cloned();
                snapshot.set(key, value);
            }
        }
    };
    let Some(snapshot) = read(&store) else { return };
    let planned = plan(&snapshot, &[&call], 1_000_000, "fuzz");
    if planned.outcomes[0].is_err() {
        return;
    }
    for staged in &planned.batches {
        assert!(staged.batch.keys() <= 50);
        assert!(staged.batch.puts.iter().all(|(_, value)| value.len() <= 1_024));
        for key in &staged.batch.deletes {
            store.remove(key);
        }
        store.extend(staged.batch.puts.iter().cloned());
        let after = read(&store).expect("a table of ours is read");
        after.table("r").expect("a table of ours decodes");
    }
    let after = read(&store).expect("a table of ours is read");
    let again = plan(&after, &[&call], 1_000_000, "fuzz");
    assert!(again.stands(0), "what was planned stands");
});
