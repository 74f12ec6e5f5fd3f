//! Raw changes: entries and keys in SST's form, for SST's own resources. They have no owner and leave no record.

use super::cursor::Cursor;
use super::defaults;
use super::names::RouterId;
use crate::error::{Code, Result};
use crate::kvs::limits;
use crate::table::entry::Entry;

/// Adds, replaces and removes entries of a table as text. Each change is idempotent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RawEntries {
    /// Entries to add at the end of the table, unless it has an equal one.
    pub(crate) add: Vec<Entry>,
    /// Pairs of an entry and the one that replaces it where it is. If the table does not have the first, the second is added.
    pub(crate) replace: Vec<(Entry, Entry)>,
    /// Entries to remove. Every equal entry is removed.
    pub(crate) remove: Vec<Entry>,
}

/// Puts and deletes keys of one namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawKeys {
    pub(crate) namespace: RouterId,
    /// Names without the namespace, with their values: first the files, then `metadata`, which refers to them.
    pub(crate) puts: Vec<(String, String)>,
    /// Deletes the namespace's `metadata` and files that are not in `puts`. If that includes the metadata, nothing is deleted while an
    /// entry names the namespace.
    pub(crate) purge: bool,
    /// Names that are stored already and that a purge spares.
    pub(crate) keep: Vec<String>,
    /// Names that the caller has stored before. A purge deletes them even if the listing lags and does not show them.
    pub(crate) stored: Vec<String>,
}

/// The name of the key that has a route's metadata, below its namespace.
pub(crate) const METADATA: &str = "metadata";

/// How far a call has written raw keys. Calls with many keys are written in several commits, so that other calls do not wait for
/// all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// The number of puts that are stored.
    pub(crate) put: usize,
    /// Everything that the purge covers is deleted.
    pub(crate) purged: bool,
    /// The purge has deleted nothing, because an entry named the namespace. A later plan looks again.
    pub(crate) named: bool,
}

impl RawEntries {
    /// Reads `add`, `replace` and `remove`.
    ///
    /// # Errors
    /// [`Code::InvalidOption`] for a text that is no entry of SST's form.
    pub(super) fn read(options: &Cursor<'_>) -> Result<Self> {
        let list = |name: &str| -> Result<Vec<Entry>> {
            let Some(at) = options.get(name) else { return Ok(Vec::new()) };
            at.items("an array of entries")?.iter().map(read_entry).collect()
        };
        let mut replace = Vec::new();
        if let Some(at) = options.get("replace") {
            const PAIR: &str = "a pair of entries: the old one and the new one";
            for pair in at.items("an array of pairs of entries")? {
                match pair.items(PAIR)?.as_slice() {
                    [old, new] => replace.push((read_entry(old)?, read_entry(new)?)),
                    _ => return Err(pair.expected(PAIR)),
                }
            }
        }
        Ok(Self { add: list("add")?, replace, remove: list("remove")? })
    }

    /// The entries that the table must have afterwards.
    pub(crate) fn wanted(&self) -> impl Iterator<Item = &Entry> {
        self.add.iter().chain(self.replace.iter().map(|(_, new)| new))
    }

    /// The entries that the table must not have afterwards.
    pub(crate) fn removed(&self) -> impl Iterator<Item = &Entry> {
        self.remove.iter().chain(self.replace.iter().map(|(old, _)| old))
    }
}

/// Reads one entry. Entries of routesync's own form have owners and are refused.
fn read_entry(at: &Cursor<'_>) -> Result<Entry> {
    const WHAT: &str = "an entry of SST's form, \"type,namespace,host,path\"";
    let text = at.line(WHAT, defaults::ENTRY_BYTES)?;
    let entry = Entry::from_text(text).map_err(|_| at.expected(WHAT))?;
    if entry.owner().is_some() {
        let why = "belongs to an owner of routesync; only the calls of that owner may change it";
        return Err(at.reject(Code::InvalidOption, why));
    }
    if entry.kind().is_empty() || RouterId::parse(entry.id()).is_err() {
        return Err(at.expected(WHAT));
    }
    Ok(entry)
}

impl RawKeys {
    /// Reads `namespace`, `puts`, `purge`, `keep` and `stored`.
    ///
    /// # Errors
    /// [`Code::InvalidOption`], [`Code::TooLarge`].
    pub(super) fn read(options: &Cursor<'_>) -> Result<Self> {
        let at = options.require("namespace", "a namespace of SST, 4 hexadecimal digits")?;
        let namespace = RouterId::parse(at.text("a namespace, a string")?)
            .map_err(|_| at.expected("1 to 64 letters, digits, \"-\" and \"_\""))?;
        let mut puts = Vec::new();
        if let Some(at) = options.get("puts") {
            const WHAT: &str = "an object of texts, by the key's name without its namespace";
            let object = at.object().ok_or_else(|| at.expected(WHAT))?;
            for name in object.keys() {
                let Some(value) = at.get(name) else { continue };
                check_name(&value, name)?;
                let text = value.text("the text to store")?;
                check_size(&value, "key", namespace.as_str().len() + 1 + name.len(), limits::KEY_BYTES)?;
                check_size(&value, "value", text.len(), limits::VALUE_BYTES)?;
                puts.push((name.clone(), text.to_owned()));
            }
        }
        puts.sort_by_key(|(name, _)| name == METADATA);
        let (keep, stored) = (read_names(options, "keep")?, read_names(options, "stored")?);
        let purge = options.get("purge").map_or(Ok(false), |at| at.flag())?;
        Ok(Self { namespace, puts, purge, keep, stored })
    }

    /// Whether all puts are stored and nothing is left to purge.
    pub(crate) const fn is_done(&self, progress: Progress) -> bool {
        progress.put >= self.puts.len() && (progress.purged || !self.purge)
    }

    /// Whether the next plan may delete keys of the namespace.
    pub(crate) const fn purges(&self, progress: Progress) -> bool {
        self.purge && (!progress.purged || progress.named)
    }

    /// Whether the call deletes the namespace's metadata.
    pub(crate) fn drops_metadata(&self) -> bool {
        self.purge && !self.puts.iter().map(|(name, _)| name).chain(&self.keep).any(|name| name == METADATA)
    }

    /// The key with this `name` below the namespace.
    pub(crate) fn key(&self, name: &str) -> String {
        format!("{}:{name}", self.namespace)
    }

    /// The keys that it puts or keeps.
    pub(crate) fn wanted(&self) -> impl Iterator<Item = String> {
        self.puts.iter().map(|(name, _)| name).chain(&self.keep).map(|name| self.key(name))
    }
}

/// Whether a purge may delete the key with this `name` below its namespace. All other keys belong to a router's table, to owners, or
/// to sites of routesync.
pub(crate) fn may_purge(name: &str) -> bool {
    name == METADATA || name.starts_with('/')
}

fn read_names(options: &Cursor<'_>, field: &str) -> Result<Vec<String>> {
    let Some(at) = options.get(field) else { return Ok(Vec::new()) };
    let name = |at: &Cursor<'_>| {
        let name = at.text("a name")?;
        check_name(at, name)?;
        Ok(name.to_owned())
    };
    at.items("an array of names")?.iter().map(name).collect()
}

/// Refuses names of keys that are not SST's metadata and files.
fn check_name(at: &Cursor<'_>, name: &str) -> Result<()> {
    if may_purge(name) {
        return Ok(());
    }
    Err(at.reject(
        Code::InvalidOption,
        "is not a key that SST's routes have: `metadata`, or a file, which begins with \"/\"",
    ))
}

fn check_size(at: &Cursor<'_>, what: &str, actual: usize, most: usize) -> Result<()> {
    if actual <= most {
        return Ok(());
    }
    let why = format!("the {what} has {actual} bytes, and a KeyValueStore allows {most}");
    Err(at.reject(Code::TooLarge, why).with(|details| {
        (details.limit, details.actual) = (Some(most as u64), Some(actual as u64));
    }))
}
