//! Explains a URL: the route that matches it, the reason, and the origin.

use serde::Serialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use super::destination::{Origin, origin};
use super::indexed;
use crate::error::Result;
use crate::kvs::Requests;
use crate::options::{Cursor, RouterId};
use crate::plan::Snapshot;
use crate::query::{Needs, Query};
use crate::route::matcher::{Line, MatchResult, Matcher, Reader, Why};
use crate::route::{EntryPattern, Route, rewrite, shown};
use crate::table::decode::{Damage, Table};
use crate::table::entry::{Entry, EntryError};
use crate::table::{SST_HOLDER, key};

/// The request to explain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The URL as the caller gave it.
    pub url: String,
    /// The request's host. It is empty if the caller gave only a path, which only routes for any host match.
    pub host: String,
    /// The request's path, as a browser sends it.
    pub uri: String,
    /// The version of the edge function. routesync's function matches like the newest.
    pub reader: Reader,
    /// The edge function is routesync's, which uses the index.
    pub indexed: bool,
}

/// The name of routesync's edge function as a reader.
const ROUTESYNC: &str = "routesync";

/// What `reader` may be, for errors.
const READERS: &str = "\"routesync\", or \"sst@<version>\" with the version of SST that deploys the distribution, such as \"sst@3.17.2\"";

impl Question {
    /// Reads the options `url` and `reader`.
    ///
    /// # Errors
    /// [`Code::InvalidOption`](crate::error::Code::InvalidOption).
    pub fn read(options: &Cursor<'_>) -> Result<Self> {
        const WHAT: &str = "a URL such as \"https://example.com/api\", or a path";
        let at = options.require("url", WHAT)?;
        let url = at.text(WHAT)?;
        let whole = if url.starts_with('/') { format!("https://any{url}") } else { url.to_owned() };
        let parsed =
            ::url::Url::parse(&whole).ok().filter(|parsed| matches!(parsed.scheme(), "http" | "https"));
        let Some(parsed) = parsed else { return Err(at.expected(WHAT)) };
        let host = if url.starts_with('/') { "" } else { parsed.host_str().unwrap_or_default() };
        let at = options.get("reader");
        let name = at.as_ref().map(|at| at.text(READERS)).transpose()?;
        let indexed = name == Some(ROUTESYNC);
        let reader = at
            .as_ref()
            .zip(name)
            .filter(|_| !indexed)
            .map(|(at, name)| Reader::parse(name).ok_or_else(|| at.expected(READERS)));
        Ok(Self {
            url: url.to_owned(),
            host: host.to_owned(),
            uri: parsed.path().to_owned(),
            reader: reader.transpose()?.unwrap_or_default(),
            indexed,
        })
    }
}

/// The result of an explanation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// The URL as the caller gave it.
    pub url: String,
    /// The host that was matched.
    pub host: String,
    /// The path that was matched.
    pub uri: String,
    /// Whether a route matches the request.
    pub matched: bool,
    /// The edge function throws on this request, or `CloudFront` rejects the function's result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub breaks: Option<Breaks>,
    /// The route that the request is routed to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub winner: Option<Judged>,
    /// Other routes that match, in the order of the table.
    pub also_matched: Vec<Judged>,
    /// The path that the target gets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rewritten_uri: Option<String>,
    /// The request's origin.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// The winner's metadata as stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Value>,
    /// The winner's metadata does not exist. The request is sent to a placeholder origin, and the answer is 502.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub missing_metadata: bool,
    /// Reads of the store for this request, with the metadata. `None` if no store was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reads: Option<usize>,
    /// Whether the reads go through the index. `None` for SST's function, and if no store was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uses_index: Option<bool>,
    /// The route to which a late or stale index leads instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index_leads_to: Option<String>,
}

/// The reason why the request gets an error.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Breaks {
    /// The entry at fault; `None` if the fault is in the table as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry: Option<String>,
    /// The status of the answer: 503 if the function throws, 502 if `CloudFront` rejects its result.
    pub status: u16,
    /// The fault and its effect.
    pub message: String,
}

impl Breaks {
    /// The edge function throws on this request.
    fn this(entry: &Entry, why: &str) -> Self {
        let message = format!("{why}; the edge function throws, and this request is answered with 503");
        Self { entry: Some(entry.text().to_owned()), status: 503, message }
    }

    /// `CloudFront` rejects the URI that the function returned.
    fn rejected(entry: &Entry, uri: &str, why: &str) -> Self {
        let message = format!(
            "the URI becomes {}, which {why}; CloudFront rejects it, and this request is answered with 502 (sst#5619)",
            shown(uri)
        );
        Self { entry: Some(entry.text().to_owned()), status: 502, message }
    }

    /// The edge function throws on every request.
    fn every(entry: Option<&str>, why: impl std::fmt::Display) -> Self {
        let message = format!("{why}; the edge function throws, and every request is answered with 503");
        Self { entry: entry.map(str::to_owned), status: 503, message }
    }
}

/// An entry, and the reason why it wins or loses.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Judged {
    /// Host and path as a declaration would spell them.
    pub pattern: String,
    /// The entry as stored.
    pub entry: String,
    /// `url`, `bucket`, `site`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The namespace of its metadata.
    pub id: String,
    /// The entry's holder, if known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    pub why: &'static str,
}

fn words(why: Why, reader: Reader) -> &'static str {
    match why {
        Why::OnlyMatch => "it is the only route that matches",
        Why::LongerHost => "its host is the longest one that matches",
        Why::LongerPath => "of the routes with equally long hosts, it has the longest path",
        Why::Order if reader.takes_last() => {
            "of the entries with equally long hosts and paths, the edge takes the last one"
        }
        Why::Order => "of the entries with equally long hosts and paths, the edge takes the first one",
        Why::ShorterHost => "the winner's host is longer",
        Why::ShorterPath => "the winner's path is longer",
        Why::EqualButOrder if reader.takes_last() => {
            "the winner's host and path are equally long, and the edge takes the last entry"
        }
        Why::EqualButOrder => {
            "the winner's host and path are equally long, and the edge takes the first entry"
        }
        Why::OtherHost => "the host does not match",
        Why::OtherPath => "the path does not match",
        Why::Invalid => "the host is not a regular expression",
    }
}

/// Explains a request to a table. `owner` returns the holder of an entry, and `value` the value of a key. `wall` is the
/// damage behind the entries, which breaks every request.
pub(super) fn explain(
    question: &Question,
    entries: &[&Entry],
    wall: Option<Breaks>,
    owner: impl Fn(&Entry) -> Option<String>,
    value: impl Fn(&str) -> Option<String>,
) -> Explanation {
    let lines: Vec<Line<'_>> =
        entries.iter().map(|entry| Line { host: entry.host(), path: entry.path() }).collect();
    let matcher = Matcher::new(lines, question.reader);
    let results = matcher.explain(&question.host, &question.uri);
    let judged = |index: usize, result: &MatchResult| {
        let entry = entries[index];
        Judged {
            pattern: EntryPattern::from_stored(entry.host(), entry.path()).display(),
            entry: entry.text().to_owned(),
            kind: entry.kind().to_owned(),
            id: entry.id().to_owned(),
            owner: owner(entry),
            why: words(result.why, question.reader),
        }
    };
    let mut answer = Explanation {
        url: question.url.clone(),
        host: question.host.clone(),
        uri: question.uri.clone(),
        matched: false,
        breaks: None,
        winner: None,
        also_matched: Vec::new(),
        rewritten_uri: None,
        origin: None,
        metadata: None,
        missing_metadata: false,
        reads: None,
        uses_index: None,
        index_leads_to: None,
    };
    match matcher.winner(&question.host, &question.uri) {
        Err(thrown) => {
            let why = format!("the host is not a regular expression ({})", thrown.why);
            answer.breaks = Some(Breaks::this(entries[thrown.index], &why));
        }
        Ok(_) if wall.is_some() => answer.breaks = wall,
        Ok(None) => {}
        Ok(Some(index)) => {
            answer.matched = true;
            answer.winner = Some(judged(index, &results[index]));
            let others = results.iter().enumerate().filter(|(at, result)| result.matches && *at != index);
            answer.also_matched = others.map(|(at, result)| judged(at, result)).collect();
            lead(&mut answer, entries[index], question, value);
        }
    }
    answer
}

/// Adds the winner's origin to the answer.
fn lead(
    answer: &mut Explanation,
    winner: &Entry,
    question: &Question,
    value: impl Fn(&str) -> Option<String>,
) {
    let stored = value(&key::metadata(winner.id()));
    let metadata = stored.and_then(|text| serde_json::from_str::<Value>(&text).ok());
    let Some(metadata) = metadata else {
        answer.missing_metadata = true;
        return;
    };
    let mut uri = question.uri.clone();
    match origin(winner.kind(), winner.id(), &metadata, &mut uri, value) {
        Ok(origin) => {
            if let Some(why) = rewrite::rejected(&uri) {
                answer.breaks = Some(Breaks::rejected(winner, &uri, why));
            } else {
                answer.origin = origin;
                answer.rewritten_uri = Some(uri);
            }
        }
        Err(why) => answer.breaks = Some(Breaks::this(winner, &why)),
    }
    answer.metadata = Some(metadata);
}

/// Explains a request to the table in the options.
///
/// # Errors
/// [`Code::InvalidOption`](crate::error::Code::InvalidOption) for an invalid table.
pub fn explain_table(options: &Cursor<'_>, question: &Question) -> Result<Explanation> {
    const WHAT: &str = "an array of entries, each a string \"type,id,host,path\"";
    let at = options.require("table", WHAT)?;
    let mut entries = Vec::new();
    let mut wall = None;
    for (index, text) in at.elements(WHAT)?.into_iter().enumerate() {
        match text.ok_or(EntryError::NotAString).and_then(Entry::from_text) {
            Ok(entry) => entries.push(entry),
            Err(error) => {
                wall = Some(Breaks::every(text, Damage::Entry { index, error }));
                break;
            }
        }
    }
    let given: Option<Map<String, Value>> = options.get("metadata").and_then(|at| at.object());
    let value = |key: &str| given.as_ref()?.get(key.strip_suffix(":metadata")?).map(Value::to_string);
    let mut answer = explain(question, &entries.iter().collect::<Vec<_>>(), wall, |_| None, value);
    // Metadata that the caller did not give does not count as missing.
    answer.missing_metadata &= given.is_some();
    Ok(answer)
}

/// Explains a request to the routes of a declaration, as if the table had no other entries.
#[must_use]
pub fn explain_routes(routes: &[Route], question: &Question) -> Explanation {
    let entries: Vec<Entry> = routes
        .iter()
        .enumerate()
        .map(|(index, Route { entry, target, .. })| {
            let id = target.refers_to().map_or_else(|| index.to_string(), str::to_owned);
            Entry::new(target.kind().as_str(), &id, entry.host(), entry.path())
        })
        .collect();
    let value = |key: &str| {
        let (id, of) = key.split_once(':')?;
        let target = &routes.get(id.parse::<usize>().ok()?)?.target;
        match of {
            "metadata" => Some(target.metadata().to_owned()),
            file => target
                .files()?
                .names()
                .binary_search_by(|name| name.as_str().cmp(file))
                .ok()
                .map(|_| "s3".to_owned()),
        }
    };
    let mut answer = explain(question, &entries.iter().collect::<Vec<_>>(), None, |_| None, value);
    // Metadata that another writer maintains does not count as missing.
    let refers = |id: &str| routes.iter().any(|route| route.target.refers_to() == Some(id));
    answer.missing_metadata &= answer.winner.as_ref().is_none_or(|winner| !refers(&winner.id));
    answer
}

/// Explains a request to the live table of a router.
#[derive(Debug)]
pub struct ExplainQuery {
    pub router: RouterId,
    pub question: Question,
}

impl Query for ExplainQuery {
    type Answer = Explanation;

    fn needs(&self, snapshot: &Snapshot) -> Needs {
        let router = self.router.as_str();
        let unread = snapshot.unread(snapshot.table_keys(router));
        if !unread.is_empty() {
            return Needs::Keys(unread);
        }
        let Ok(table) = snapshot.table(router) else { return Needs::Keys(Vec::new()) };
        let entries: Vec<&Entry> = table.entries.iter().map(|stored| &stored.entry).collect();
        // Each missing key that the explanation uses is read, and the explanation is made again.
        let asked = std::cell::RefCell::new(Vec::new());
        let value = |key: &str| {
            asked.borrow_mut().push(key.to_owned());
            snapshot.get(key).value().map(str::to_owned)
        };
        let answer = explain(&self.question, &entries, None, |_| None, value);
        let owners = answer.winner.iter().chain(&answer.also_matched);
        let owners = owners.filter_map(|judged| Entry::from_text(&judged.entry).ok()?.owner_id());
        let mut keys = asked.into_inner();
        let _ = self.through_index(&table, |key| {
            keys.push(key.to_owned());
            snapshot.get(key).value().map(str::to_owned)
        });
        keys.extend(owners.map(|owner| key::owner(router, &owner)));
        keys.sort_unstable();
        keys.dedup();
        Needs::Keys(snapshot.unread(keys))
    }

    fn answer(&self, snapshot: &Snapshot, _: u64, _: Requests) -> Result<Explanation> {
        let router = self.router.as_str();
        let (table, wall) = match snapshot.table(router) {
            Ok(table) => (table, None),
            Err(damage) => (std::sync::Arc::default(), self.wall(snapshot, &damage)),
        };
        let entries: Vec<&Entry> = table.entries.iter().map(|stored| &stored.entry).collect();
        let owner = |entry: &Entry| {
            Some(entry.owner_id().map_or_else(
                || SST_HOLDER.to_owned(),
                |id| snapshot.record(router, &id).map_or_else(|| id.to_string(), |record| record.owner),
            ))
        };
        let value = |key: &str| snapshot.get(key).value().map(str::to_owned);
        let mut answer = explain(&self.question, &entries, wall, owner, value);
        answer.reads = Some(indexed::scan_reads(&table) - usize::from(answer.winner.is_none()));
        answer.uses_index = self.question.indexed.then_some(false);
        if let Some(indexed::Answer { found, reads }) = self.through_index(&table, value) {
            (answer.reads, answer.uses_index) = (Some(reads), Some(true));
            let winner = answer.winner.as_ref().map(|winner| winner.id.as_str());
            if found.as_ref().map(|found| found.id.as_str()) != winner {
                let leads =
                    found.map_or_else(|| "no route".to_owned(), |it| format!("{}{}", it.group, it.path));
                answer.index_leads_to = Some(leads);
            }
        }
        Ok(answer)
    }
}

impl ExplainQuery {
    /// What the request finds through the index, if the function is routesync's and the table has one.
    fn through_index(
        &self,
        table: &Table,
        page: impl FnMut(&str) -> Option<String>,
    ) -> Option<indexed::Answer> {
        let Question { host, uri, indexed, .. } = &self.question;
        indexed.then(|| indexed::ask(self.router.as_str(), table, host, uri, page)).flatten()
    }

    /// The effect of a damaged table on a request. The edge function ignores a root that is not JSON.
    fn wall(&self, snapshot: &Snapshot, damage: &Damage) -> Option<Breaks> {
        let root = snapshot.get(&key::routes(self.router.as_str())).value().unwrap_or_default();
        serde_json::from_str::<IgnoredAny>(root).ok().map(|_| Breaks::every(None, damage))
    }
}
