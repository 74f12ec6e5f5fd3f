//! The table as SST's edge function reads it, and the other keys that stand around it.
//!
//! An `Err` is where that function throws: the distribution would answer 503 to every request.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// A store's keys and values.
pub type Keys = BTreeMap<String, String>;

/// An entry of a table.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Line {
    pub kind: String,
    pub ns: String,
    pub host: String,
    pub path: String,
    /// Whose it is: said by the namespace, or by a fifth field that SST's reader does not look at.
    pub owner: Option<String>,
    /// The JSON string as it stands.
    pub raw: String,
    /// Bytes from the end of the entry before (or the opening bracket) to its own end.
    pub span: usize,
}

impl Line {
    /// The pattern, as stored.
    pub fn pattern(&self) -> (String, String) {
        (self.host.clone(), self.path.clone())
    }
}

/// A table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    pub lines: Vec<Line>,
    /// Stored slices: 0 when absent, 1 when inline.
    pub parts: usize,
    /// The slices are in keys of their own.
    pub marked: bool,
    /// Bytes of the joined text.
    pub bytes: usize,
}

/// Reads the table of `router`.
pub fn table(keys: &Keys, router: &str) -> Result<Table, String> {
    let Some(root) = keys.get(&format!("{router}:routes")) else { return Ok(Table::default()) };
    let value: Value = serde_json::from_str(root).map_err(|error| format!("the root is garbled: {error}"))?;
    let (text, parts) = match &value {
        Value::Array(_) => (root.clone(), 1),
        Value::Object(marker) => {
            let parts = marker.get("parts").and_then(Value::as_u64).ok_or("the marker counts nothing")?;
            let mut joined = String::new();
            for index in 0..parts {
                let key = format!("{router}:routes:{index}");
                joined += keys.get(&key).ok_or_else(|| format!("{key} is missing"))?;
            }
            (joined, usize::try_from(parts).unwrap())
        }
        _ => return Err("the root is neither array nor object".to_owned()),
    };
    let elements: Vec<Value> =
        serde_json::from_str(&text).map_err(|error| format!("the joined table is garbled: {error}"))?;
    let mut lines = Vec::with_capacity(elements.len());
    let mut from = text.find('[').unwrap();
    for element in &elements {
        let text_of = element.as_str().ok_or("an element is no string")?;
        let (raw, end) = literal(&text, from);
        lines.push(line(text_of, raw, end - from)?);
        from = end;
    }
    Ok(Table { lines, parts, marked: value.is_object(), bytes: text.len() })
}

/// The next string literal of `text` from `from` on, and where it ends.
fn literal(text: &str, from: usize) -> (&str, usize) {
    let bytes = text.as_bytes();
    let start = (from..bytes.len()).find(|at| bytes[*at] == b'"').unwrap();
    let mut at = start + 1;
    while bytes[at] != b'"' {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    (&text[start..=at], at + 1)
}

fn line(text: &str, raw: &str, span: usize) -> Result<Line, String> {
    let mut fields = text.split(',').map(str::to_owned);
    let mut field = || fields.next().ok_or_else(|| format!("{text:?} has fewer than four fields"));
    let (kind, ns, host, path) = (field()?, field()?, field()?, field()?);
    let fifth = text.splitn(5, ',').nth(4).and_then(|fifth| fifth.strip_prefix('@'));
    let letters = |text: &&str| text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let owner = if is_ours(&ns) { Some(&ns[..6]) } else { fifth.filter(letters) }.map(str::to_owned);
    let line = Line { kind, ns, host, path, owner, raw: raw.to_owned(), span };
    if line.host.contains('*') {
        let host = format!("^{}$", line.host);
        regress::Regex::new(&host).map_err(|error| format!("{host} does not compile: {error}"))?;
    }
    Ok(line)
}

/// Whether a namespace is one that we fill.
pub fn is_ours(ns: &str) -> bool {
    ns.len() == 14 && ns.as_bytes()[6] == b'.'
}

/// The names of the files under `ns`, as SST's reader finds them: by their keys.
pub fn files(keys: &Keys, ns: &str) -> BTreeSet<String> {
    let prefix = format!("{ns}:/");
    let found = keys.range(prefix.clone()..).take_while(|(key, _)| key.starts_with(&prefix));
    found
        .map(|(key, value)| (key[ns.len() + 1..].to_owned(), value))
        .map(|(name, value)| {
            assert_eq!(value, "s3", "{ns}:{name}");
            name
        })
        .collect()
}

/// What a site's record says.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Site {
    /// The files that stand.
    pub files: BTreeSet<String>,
    /// Those of the tree on its way in or out, as far as its nodes are there.
    pub other: Option<BTreeSet<String>>,
    /// The keys of the nodes that are there.
    pub nodes: BTreeSet<String>,
}

/// The record of the site `ns`.
pub fn site(keys: &Keys, ns: &str) -> Option<Site> {
    let record: Value = serde_json::from_str(keys.get(&format!("{ns}:site"))?).unwrap();
    assert_eq!(record["v"], 1);
    if let Some(bytes) = record["metadata"]["bytes"].as_u64() {
        assert_eq!(
            bytes,
            metadata(keys, ns).unwrap().len() as u64,
            "the metadata of {ns} is as its record says"
        );
    } else {
        assert_eq!(metadata(keys, ns), None, "the record of {ns} speaks of its metadata");
    }
    let mut nodes = BTreeSet::new();
    let files = names(keys, ns, &record["files"], true, &mut nodes);
    let other = record.get("other").map(|other| names(keys, ns, &other["files"], false, &mut nodes));
    Some(Site { files, other, nodes })
}

/// The names in a tree. Where it is `whole`, all its nodes must be there.
fn names(keys: &Keys, ns: &str, tree: &Value, whole: bool, nodes: &mut BTreeSet<String>) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut level = vec![tree["root"].clone()];
    for _ in 0..tree["depth"].as_u64().unwrap_or_default() {
        let digests: String = level.iter().map(|node| node.as_str().unwrap()).collect();
        level.clear();
        for at in (0..digests.len()).step_by(8) {
            let key = format!("{ns}:files:{}", &digests[at..at + 8]);
            match keys.get(&key) {
                Some(text) => level.push(serde_json::from_str(text).unwrap()),
                None => assert!(!whole, "{key} is missing"),
            }
            nodes.extend(keys.contains_key(&key).then_some(key));
        }
    }
    for leaf in level {
        let mut before = String::new();
        for pair in leaf.as_array().unwrap().chunks(2) {
            let shared = usize::try_from(pair[0].as_u64().unwrap()).unwrap();
            before = before[..shared].to_owned() + pair[1].as_str().unwrap();
            names.insert(before.clone());
        }
    }
    assert!(!whole || names.len() as u64 == tree["n"].as_u64().unwrap());
    names
}

/// The metadata record that an entry's namespace leads to.
pub fn metadata<'k>(keys: &'k Keys, ns: &str) -> Option<&'k str> {
    keys.get(&format!("{ns}:metadata")).map(String::as_str)
}

/// The namespaces that have a metadata record.
pub fn namespaces(keys: &Keys) -> impl Iterator<Item = &str> {
    keys.keys().filter_map(|key| key.strip_suffix(":metadata")).filter(|ns| !ns.contains(':'))
}

/// The numbers of the chunk keys of `router`, counted by its marker or not.
pub fn chunks(keys: &Keys, router: &str) -> BTreeSet<usize> {
    let prefix = format!("{router}:routes:");
    keys.keys().filter_map(|key| key.strip_prefix(&prefix)?.parse().ok()).collect()
}

/// The fewest chunks of 1,000 bytes that hold the table when it is cut between entries.
pub fn optimum(table: &Table) -> usize {
    let (mut parts, mut used) = (0, 1_000);
    for (index, line) in table.lines.iter().enumerate() {
        let bracket = usize::from(index + 1 == table.lines.len());
        if used + line.span + bracket > 1_000 {
            (parts, used) = (parts + 1, 0);
        }
        used += line.span;
        // One that no chunk holds is cut inside.
        while used + bracket > 1_000 {
            (parts, used) = (parts + 1, used - 1_000);
        }
    }
    parts
}

/// The route ids that the owner records of `router` list as retired, with their time.
pub fn retired(keys: &Keys, router: &str) -> BTreeMap<String, u64> {
    let prefix = format!("{router}:owner:");
    let mut listed = BTreeMap::new();
    for (key, value) in keys.range(prefix.clone()..).take_while(|(key, _)| key.starts_with(&prefix)) {
        let name = &key[prefix.len()..];
        let value: Value = serde_json::from_str(value).unwrap();
        let (owner, groups) = match name.split_once(':') {
            Some((owner, number)) => {
                let record: Value = serde_json::from_str(&keys[&format!("{prefix}{owner}")]).unwrap();
                let range = record["spills"].as_array().expect("a record names its spills");
                let number: u64 = number.parse().unwrap();
                assert!((range[0].as_u64().unwrap()..range[1].as_u64().unwrap()).contains(&number), "{key}");
                (owner, &value)
            }
            None => (name, &value["retired"]),
        };
        for group in groups.as_array().unwrap() {
            for id in group["ids"].as_array().unwrap() {
                // `/` leads a site's, `=` one that was taken over.
                let id = id.as_str().unwrap().trim_start_matches('/');
                let id = id.strip_prefix('=').map_or_else(|| format!("{owner}.{id}"), str::to_owned);
                assert!(listed.insert(id, group["at"].as_u64().unwrap()).is_none(), "listed twice");
            }
        }
    }
    listed
}
