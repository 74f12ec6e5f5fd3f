//! Tests of the tree: the set determines it, changes stay local, and all names can be read back.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::kvs::limits::VALUE_BYTES;

/// Names like those of a bundler: a few folders, a stem, a hash.
fn built(count: usize) -> Vec<String> {
    let name = |n: usize| {
        let folder = ["_astro", "assets/js", "assets/css", "blog", "docs/guides"][n % 5];
        format!(
            "/{folder}/{}-{n}.{}.js",
            ["index", "page", "chunk"][n % 3],
            hash(8, &["built", &n.to_string()])
        )
    };
    sorted((0..count).map(name))
}

fn sorted(names: impl IntoIterator<Item = String>) -> Vec<String> {
    names.into_iter().collect::<BTreeSet<_>>().into_iter().collect()
}

fn known<'t>(tree: &'t Tree) -> impl Fn(&str) -> Lookup<'t> {
    |digest: &str| tree.node(digest).map_or(Lookup::Absent, Lookup::Found)
}

fn names_of(tree: &Tree) -> Vec<String> {
    sorted(contents(tree.root(), known(tree)).unwrap().names)
}

/// Checks that every node fits, and that the set alone determines the tree.
fn check(names: &[String]) {
    let tree = Tree::of(names);
    assert_eq!(names_of(&tree), names);
    assert_eq!(tree.root().names, names.len() as u64);
    assert!(tree.root().text.len() <= ROOT_BYTES);
    assert!(tree.nodes.values().all(|text| text.len() <= VALUE_BYTES.min(NODE_BYTES + 2)));
    let all = contents(tree.root(), known(&tree)).unwrap();
    assert_eq!(all.nodes.len(), tree.nodes().len(), "no node hangs loose, none is there twice");
    let parts = beyond(&Contents::default(), tree.root(), usize::MAX, known(&tree)).unwrap();
    assert_eq!(parts.len(), tree.nodes().len() + names.len());
}

#[test]
fn few_names_stand_in_the_root() {
    let tree = Tree::of(&sorted(["/index.html", "/index.js", "/img/é.png"].map(str::to_owned)));
    assert_eq!(tree.root().text, r#"[0,"/img/é.png",2,"ndex.html",7,"js"]"#);
    assert_eq!(tree.nodes().len(), 0);
    assert_eq!(*Tree::of(&[]).root(), Root::default());
}

#[test]
fn trees_of_all_sizes_hold_their_names() {
    for count in [0, 1, 2, 10, 20, 50, 300, 2_000, 10_000] {
        check(&built(count));
    }
}

#[test]
fn ten_thousand_names_make_few_nodes_and_a_change_a_few_of_them() {
    let names = built(10_000);
    let tree = Tree::of(&names);
    let bytes: usize = tree.nodes.values().map(String::len).sum();
    let (mut changed, changes) = (0, 40);
    for n in 0..changes {
        let mut other = names.clone();
        other.remove(n * 247);
        let other = sorted(other.into_iter().chain([format!("/_astro/new.{n}.js")]));
        let other = Tree::of(&other);
        let new = other.nodes.keys().filter(|digest| tree.node(digest).is_none()).count();
        assert!(new <= 24, "{new} nodes for a change");
        changed += new;
    }
    println!(
        "{} nodes, {bytes} bytes, root of {} bytes; one name for another changes {changed} nodes in {changes}",
        tree.nodes().len(),
        tree.root().text.len()
    );
    assert!(tree.nodes().len() < 600);
    // Two places, at each a leaf, sometimes its neighbour, and their page.
    assert!(changed <= changes * 5, "{changed}");
}

#[test]
fn names_that_nothing_cuts_keep_to_the_limit() {
    // The longest that a key holds, all escapes, nothing shared.
    check(&sorted((0..300).map(|n| format!("/{n:03}{}", "\"\\".repeat(246)))));
    // No natural end for long: cut at the limit alone.
    let endless = (0..200_000).map(|n| format!("/{n}")).filter(|name| !ends(name, 24)).take(5_000);
    check(&sorted(endless));
    // Every name ends its leaf.
    let ends_all = (0..200_000).map(|n| format!("/{n:06}")).filter(|name| ends(name, 8)).take(1_500);
    check(&sorted(ends_all));
}

#[test]
fn what_is_no_leaf_is_refused() {
    for text in [
        "",
        "{}",
        "[1]",
        "[0]",
        r#"["/a"]"#,
        r#"[0,"/a",3,"b"]"#,
        r#"[0,"a"]"#,
        r#"[0,"/é",2,"b"]"#,
        r#"[0,"/a",0,"metadata"]"#,
        r#"[-1,"/a"]"#,
        "null",
        r#"[0,"/a",1]"#,
    ] {
        assert_eq!(decode_leaf(text), None, "{text}");
    }
    assert_eq!(decode_leaf(r#"[0,"/a",1,""]"#).unwrap(), ["/a", "/"]);
}

#[test]
fn what_was_not_read_is_asked_for_from_the_top() {
    let tree = Tree::of(&built(10_000));
    let mut read: HashSet<String> = HashSet::new();
    let mut rounds = 0;
    loop {
        let contents = contents(tree.root(), |digest| match tree.node(digest) {
            Some(text) if read.contains(digest) => Lookup::Found(text),
            _ => Lookup::Unread,
        });
        match contents {
            Ok(contents) => break assert_eq!(contents.names.len(), 10_000),
            Err(unread) => read.extend(unread),
        }
        rounds += 1;
    }
    assert_eq!(rounds, 2, "pages, then leaves");
}

#[test]
fn a_tree_that_leads_in_circles_or_repeats_itself_ends() {
    let all = "A".repeat(DIGEST);
    let root: Root =
        serde_json::from_str(&format!(r#"{{"n":9,"depth":16,"root":"{all}{all}BBBBBBBB"}}"#)).unwrap();
    let circle = format!("\"{}\"", "AAAAAAAABBBBBBBB".repeat(50));
    let found = contents(&root, |_| Lookup::Found(&circle)).unwrap();
    assert_eq!((found.nodes.len(), found.names.len()), (2, 0));
    let twice: Root = serde_json::from_str(r#"{"n":3,"root":[0,"/a",2,"",0,"/b"]}"#).unwrap();
    let parts = beyond(&Contents::default(), &twice, usize::MAX, |_| Lookup::Absent).unwrap();
    assert_eq!(parts, [Part::Name("/a".to_owned()), Part::Name("/b".to_owned())]);
}

fn any_name() -> impl Strategy<Value = String> {
    prop_oneof![
        "/[a-c]{0,4}",
        "/(assets|img)/[a-z]{1,3}\\.[0-9a-f]{8}\\.js",
        // Not control characters: no option takes them.
        "/[^\\p{Cc}]{0,40}",
        "/[é😀\"\\\\/ %]{0,120}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_set_comes_back(names in prop::collection::btree_set(any_name(), 0..400)) {
        check(&sorted(names));
    }

    #[test]
    fn what_one_tree_has_beyond_another_is_exactly_that(
        one in prop::collection::btree_set(any_name(), 0..400),
        come in prop::collection::btree_set(any_name(), 0..8),
        go in 0_usize..8,
        most in 0_usize..500,
    ) {
        let other: BTreeSet<String> = one.iter().skip(go).cloned().chain(come).collect();
        let (before, after) = (Tree::of(&sorted(one.clone())), Tree::of(&sorted(other.clone())));
        let base = contents(before.root(), known(&before)).unwrap();
        // What both have is found in either.
        let parts = beyond(&base, after.root(), usize::MAX, known(&after)).unwrap();
        let new: BTreeSet<String> = parts.iter().filter_map(|part| match part {
            Part::Name(name) => Some(name.clone()),
            Part::Node(..) => None,
        }).collect();
        prop_assert_eq!(&new, &other.difference(&one).cloned().collect());
        let nodes = parts.iter().filter(|part| matches!(part, Part::Node(..))).count();
        prop_assert_eq!(nodes, after.nodes.keys().filter(|digest| before.node(digest).is_none()).count());
        // Any prefix of it can be found again from the nodes in that prefix alone.
        let some = &parts[..most.min(parts.len())];
        let stored: HashSet<&str> = some.iter().filter_map(|part| match part {
            Part::Node(digest, _) => Some(digest.as_str()),
            Part::Name(_) => None,
        }).collect();
        let found = beyond(&base, after.root(), some.len(), |digest| match (before.node(digest), after.node(digest)) {
            (Some(text), _) => Lookup::Found(text),
            (None, Some(text)) if stored.contains(digest) => Lookup::Found(text),
            _ => Lookup::Unread,
        });
        prop_assert_eq!(found.unwrap(), some);
    }
}
