//! A router's table as SST's reader sees it.

use std::collections::BTreeMap;

use crate::support::reader::{self, Keys, Line};

pub type Pattern = (String, String);

/// A line of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Own {
    pub ns: String,
    pub metadata: Option<String>,
}

/// One router's table as SST's reader sees it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct View {
    pub lines: Vec<Line>,
    pub own: BTreeMap<Pattern, Own>,
    pub parts: usize,
}

pub fn is_ours(ns: &str) -> bool {
    ns.len() == 14 && ns.as_bytes()[6] == b'.'
}

/// An error where a site's metadata stands without all its files.
fn lacks_files(keys: &Keys, own: &BTreeMap<Pattern, Own>) -> Result<(), String> {
    for Own { ns, metadata } in own.values() {
        let version = metadata.as_deref().and_then(|text| text.split_once(r#""dir":"/v"#));
        let Some((_, version)) = version else { continue };
        let version: usize = version[..1].parse().unwrap();
        let missing =
            site_files(version).into_iter().find(|name| !keys.contains_key(&format!("{ns}:{name}")));
        if let Some(name) = missing {
            return Err(format!("the site {ns} lacks {name} of version {version}"));
        }
    }
    Ok(())
}

/// The table of `router` in `keys`.
pub fn view(keys: &Keys, router: &str) -> Result<View, String> {
    let table = reader::table(keys, router)?;
    let own: BTreeMap<Pattern, Own> = table
        .lines
        .iter()
        .filter(|line| is_ours(&line.ns))
        .map(|line| {
            let metadata = reader::metadata(keys, &line.ns).map(str::to_owned);
            (line.pattern(), Own { ns: line.ns.clone(), metadata })
        })
        .collect();
    lacks_files(keys, &own)?;
    Ok(View { lines: table.lines, own, parts: table.parts })
}

/// The files of the `version`th site: few, or more than one write takes, and most of them in others, too.
pub fn site_files(version: usize) -> Vec<String> {
    let names = (0..[3, 20, 70, 70, 150][version]).filter(|n| !(n + version).is_multiple_of(7));
    names.map(|n| format!("/assets/{n}.js")).collect()
}
