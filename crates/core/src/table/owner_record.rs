//! The owner record: `<router>:owner:<owner id>`.
//!
//! It has four purposes:
//!
//! * It holds the owner's full name, so that two owners cannot use the same id.
//! * It lists retired metadata, so that a later commit can sweep it.
//! * It names the commit that last wrote it, so that a commit can find out whether an unanswered write of its own was applied.
//! * Its padding gives successive states of a store different sizes (the fingerprint).

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::id::{OwnerId, is_target, target_of};
use crate::kvs::limits;

/// The version of the form that this routesync writes, and the newest that it reads.
pub(crate) const VERSION: u64 = 1;

/// The fingerprint adds fewer spaces than this.
pub(crate) const PADDING: usize = 64;

/// The most bytes of a record without its padding.
const RECORD_BYTES: usize = limits::VALUE_BYTES - PADDING;

/// More spills and parts of changes of one owner than a 5 MB store can hold.
const MOST_KEYS: u64 = 100_000;

/// Counters must be smaller than this: one more than JavaScript's largest exact integer.
const LARGEST: u64 = 1 << 53;

/// A group of retired ids: no entry has them any more, and their metadata will be swept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retired {
    /// When they were retired, in seconds since the epoch.
    pub(crate) at: u64,
    /// The second halves of the route ids, or `=` and the whole id if it was taken over from another holder. The id of a site has a
    /// leading `/`.
    pub(crate) ids: Vec<String>,
    /// The change that retired them, if the owner keeps a history. They are kept as long as the history keeps that change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) change: Option<u64>,
}

/// An owner's record in one router.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The form's version, [`VERSION`].
    pub(crate) v: u64,
    /// The owner's full name. Its id is only a hash.
    pub(crate) owner: String,
    /// The highest generation so far. A call with a lower one is refused.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) generation: u64,
    /// Grows by one with each write, so a later state has a higher one. A new record starts with the time in milliseconds, so its `seq`
    /// is higher than that of a deleted record of the same owner.
    pub(crate) seq: u64,
    /// When it was written, in seconds since the epoch.
    pub(crate) at: u64,
    /// The id of the commit that wrote it. `<id>~<n>` for batch n, from 1, of a commit that is not complete yet.
    pub(crate) commit: String,
    /// The router wanted an index at that time, or had pages of one. SST's writers drop the index: this tells the owner's next commit to
    /// look for its ledger.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) indexed: bool,
    /// Retired ids, oldest first.
    #[serde(default)]
    pub(crate) retired: Vec<Retired>,
    /// The indexes of the spills, which hold older retired ids: from the first, up to but without the second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) spills: Option<(u64, u64)>,
    /// `None` if no history was ever kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) history: Option<History>,
}

/// The last changes of an owner's routes, each of which can be undone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct History {
    /// The number of changes to keep. 0 if the history is no longer kept.
    pub(crate) keep: u64,
    /// The number of the oldest change. Numbers are not reused.
    pub(crate) from: u64,
    /// The number of parts of the change before `from` that must still be deleted.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) rest: u64,
    /// The changes, oldest first: when each was made, in seconds since the epoch, and the number of its parts.
    pub(crate) changes: Vec<(u64, u64)>,
}

impl History {
    /// The number of the next change.
    pub(crate) fn end(&self) -> u64 {
        self.from + self.changes.len() as u64
    }

    /// The parts of the change `number`. Empty if the history does not have it.
    pub(crate) fn parts(&self, number: u64) -> std::ops::Range<u64> {
        if number + 1 == self.from {
            return 0..self.rest;
        }
        let at = number.checked_sub(self.from).and_then(|at| usize::try_from(at).ok());
        0..at.and_then(|at| self.changes.get(at)).map_or(0, |(_, parts)| *parts)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// Why a record cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordError {
    /// A newer routesync wrote it, with this version.
    Newer(u64),
    /// It is no record.
    Garbled,
}

#[derive(Deserialize)]
struct Version {
    v: u64,
}

impl Record {
    /// Decodes a record from its stored value.
    ///
    /// # Errors
    /// Fails if a newer version wrote the value, or if it is no record.
    pub fn decode(value: &str) -> Result<Self, RecordError> {
        match serde_json::from_str::<Version>(value) {
            Ok(Version { v }) if v > VERSION => Err(RecordError::Newer(v)),
            Ok(_) => {
                let mut record: Self = serde_json::from_str(value).map_err(|_| RecordError::Garbled)?;
                keep_ids(&mut record.retired);
                if record.is_possible() { Ok(record) } else { Err(RecordError::Garbled) }
            }
            Err(_) => Err(RecordError::Garbled),
        }
    }

    /// Whether its numbers are possible. Otherwise anyone who can write to the store could make a reader read endless keys.
    fn is_possible(&self) -> bool {
        let spills =
            self.spills.is_none_or(|(from, end)| from <= end && end < LARGEST && end - from <= MOST_KEYS);
        let history = self.history.as_ref().is_none_or(|history| {
            let parts = history.changes.iter().map(|(_, parts)| *parts);
            let keys = parts.fold(history.rest, u64::saturating_add);
            history.from < LARGEST && keys <= MOST_KEYS
        });
        self.seq < LARGEST && spills && history
    }

    /// The value to store, before padding.
    pub(crate) fn encode(&self) -> String {
        // A struct of numbers and strings always serializes.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The `seq` of the next write. `first` is the `seq` of a new record.
    pub(crate) fn next_seq(&self, first: u64) -> u64 {
        if self.seq > 0 { self.seq + 1 } else { first.clamp(1, LARGEST / 2) }
    }

    /// The number of the oldest change in the history. Metadata that earlier changes retired may be deleted.
    pub(crate) fn oldest_change(&self) -> u64 {
        self.history.as_ref().map_or(0, |history| history.from)
    }

    /// Whether the record has room for its padding.
    pub(crate) fn fits(&self) -> bool {
        self.encode().len() <= RECORD_BYTES
    }
}

/// The retired ids of a spill, from its stored value.
#[must_use]
pub fn decode_spill(value: &str) -> Option<Vec<Retired>> {
    let mut retired = serde_json::from_str(value).ok()?;
    keep_ids(&mut retired);
    Some(retired)
}

/// Precedes a listed id that another holder made and whose entry was taken over.
const OTHER: char = '=';

/// Precedes the listed id of a site.
const SITE: char = '/';

/// The room of this listed id, as a number of the owner's own ids.
fn weight(listed: &str) -> usize {
    let plain = unmarked(listed);
    let site = usize::from(plain.len() < listed.len());
    site + if plain.starts_with(OTHER) { OTHER_WEIGHS } else { 1 }
}

/// A listed id without the mark of a site.
pub(crate) fn unmarked(listed: &str) -> &str {
    listed.strip_prefix(SITE).unwrap_or(listed)
}

/// Whether another holder made a listed id, which must not have the mark of a site.
pub(crate) fn is_other(listed: &str) -> bool {
    listed.starts_with(OTHER)
}

/// Whether a listed id is a site's.
pub(crate) fn is_site(listed: &str) -> bool {
    listed.starts_with(SITE)
}

/// A listed id with the mark of a site.
pub(crate) fn marked(listed: &str) -> String {
    format!("{SITE}{}", unmarked(listed))
}

/// The room of the mark of a site, at most, as a number of the owner's own ids.
pub(crate) const SITE_WEIGHS: usize = 1;

/// The room of an id of up to [`OTHER_BYTES`] that another holder made, as a number of the owner's own ids.
pub(crate) const OTHER_WEIGHS: usize = 4;

/// The most bytes of a listed id. SST's ids have 4, other owners' ids 14.
pub(crate) const OTHER_BYTES: usize = 32;

/// Whether a list can hold this id of another holder.
pub(crate) fn can_be_listed(id: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    (1..=OTHER_BYTES).contains(&id.len()) && id.bytes().all(plain)
}

/// The form of `id` on the list of `owner`.
pub(crate) fn listed<'a>(owner: &OwnerId, id: &'a str) -> Cow<'a, str> {
    match target_of(id) {
        Some((own, target)) if own == owner.as_str() => Cow::Borrowed(target),
        _ => Cow::Owned(format!("{OTHER}{id}")),
    }
}

/// The id that has the form `listed` on the list of `owner`.
pub(crate) fn unlisted<'a>(owner: &OwnerId, listed: &'a str) -> Cow<'a, str> {
    let listed = unmarked(listed);
    listed.strip_prefix(OTHER).map_or_else(|| Cow::Owned(format!("{owner}.{listed}")), Cow::Borrowed)
}

/// Drops invalid ids. Otherwise anyone who can write to the store could name any key.
fn keep_ids(retired: &mut Vec<Retired>) {
    for group in &mut *retired {
        group.ids.retain(|id| {
            let id = unmarked(id);
            is_target(id) || id.strip_prefix(OTHER).is_some_and(can_be_listed)
        });
    }
    retired.retain(|group| !group.ids.is_empty());
}

pub(crate) fn encode_spill(retired: &[Retired]) -> String {
    serde_json::to_string(retired).unwrap_or_default()
}

/// The most bytes of a group of retired ids without the ids: `{"at":1764000000,"ids":[…]},`, and a few more.
const GROUP: usize = 30;
/// Bytes of the number of a change in a group: `,"change":123456789`.
const CHANGE: usize = 19;
/// Bytes of a retired id: `"Ab3dE9x",`.
const ID: usize = 10;
/// The fewest bytes that a full spill takes out of a record: a whole value, less the waste of an id and a divided group.
const SPILL_TAKES: usize = limits::VALUE_BYTES - 2 - 2 * (GROUP + CHANGE) - ID;

/// The most bytes that `record` will take without retired ids when `commit` writes it.
pub(crate) fn bytes_at_most(record: &Record, commit: &str) -> usize {
    // The commit's `~<n>`, growing numbers (`seq` from 0 to 13 digits), the mark of an index, and one more change.
    const GROWS: usize = 8 + 20 + 20 + 12 + ",\"indexed\":true".len();
    const CHANGES: usize =
        ",\"history\":{\"keep\":20,\"from\":123456789,\"rest\":1234,\"changes\":[]}[1764000000,1234],".len();
    let mut bare = Record { retired: Vec::new(), spills: Some((0, 0)), ..record.clone() };
    commit.clone_into(&mut bare.commit);
    bare.encode().len() + GROWS + CHANGES
}

/// The most spills that a record needs if `more` ids are retired. `bytes` is its size without the `retired` ids.
pub(crate) fn spills_at_most(bytes: usize, retired: &[Retired], more: usize) -> usize {
    let ids = more + retired.iter().flat_map(|group| &group.ids).map(|id| weight(id)).sum::<usize>();
    let bytes = bytes + (GROUP + CHANGE) * (retired.len() + 1) + ID * ids;
    bytes.saturating_sub(RECORD_BYTES).div_ceil(SPILL_TAKES)
}

/// Takes as many ids from the front of `retired` as one spill can hold.
pub(crate) fn take_spill(retired: &mut Vec<Retired>) -> Vec<Retired> {
    let mut room = limits::VALUE_BYTES - 2;
    let mut taken: Vec<Retired> = Vec::new();
    while let Some(group) = retired.first_mut() {
        let frame = GROUP + group.change.map_or(0, |_| CHANGE);
        let mut left = room.saturating_sub(frame) / ID;
        let fitting = |id: &&String| left.checked_sub(weight(id)).map(|rest| left = rest).is_some();
        let ids = group.ids.iter().take_while(fitting).count();
        if ids == 0 {
            break;
        }
        room = left * ID;
        taken.push(Retired { at: group.at, ids: group.ids.drain(..ids).collect(), change: group.change });
        if !group.ids.is_empty() {
            break;
        }
        retired.remove(0);
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> Record {
        Record {
            v: VERSION,
            owner: "app/stage".into(),
            generation: 0,
            seq: 7,
            at: 1_764_000_000,
            commit: "k3".into(),
            indexed: false,
            retired: vec![],
            spills: None,
            history: None,
        }
    }

    #[test]
    fn a_record_survives_its_padding() {
        let padded = record().encode() + &" ".repeat(PADDING);
        assert_eq!(Record::decode(&padded), Ok(record()));
    }

    #[test]
    fn ids_of_others_are_listed_whole() {
        let owner = OwnerId::of("o");
        let (own, other) = (format!("{owner}.0000001"), "zzzzzz.0000002");
        assert_eq!((&*listed(&owner, &own), &*listed(&owner, other)), ("0000001", "=zzzzzz.0000002"));
        for id in [&own, other, "678a"] {
            assert_eq!(unlisted(&owner, &listed(&owner, id)), *id);
        }
        let mut record = record();
        let ids = ["0000001", "=678a", "=", "=a:b", "oops"].map(str::to_owned).to_vec();
        record.retired = vec![Retired { at: 1, ids, change: None }];
        let read = Record::decode(&record.encode()).unwrap();
        assert_eq!(read.retired[0].ids, ["0000001", "=678a"], "what is no id is dropped");
    }

    #[test]
    fn a_newer_form_is_told_from_garbage() {
        assert_eq!(Record::decode(r#"{"v":2,"whatever":1}"#), Err(RecordError::Newer(2)));
        assert_eq!(Record::decode(r#"{"v":1}"#), Err(RecordError::Garbled));
        assert_eq!(Record::decode("x"), Err(RecordError::Garbled));
    }

    #[test]
    fn numbers_that_cannot_have_come_about_are_garbage() {
        let history = |from, rest, changes: &[(u64, u64)]| {
            Some(History { keep: 1, from, rest, changes: changes.to_vec() })
        };
        let is_read = |record: &Record| Record::decode(&record.encode()).is_ok();
        let most = MOST_KEYS;
        assert!(is_read(&Record {
            spills: Some((7, 7 + most)),
            history: history(3, most - 2, &[(1, 2)]),
            ..record()
        }));
        for forged in [
            Record { spills: Some((0, u64::MAX)), ..record() },
            Record { spills: Some((0, most + 1)), ..record() },
            Record { spills: Some((5, 4)), ..record() },
            Record { spills: Some((LARGEST, LARGEST)), ..record() },
            Record { history: history(0, u64::MAX, &[]), ..record() },
            Record { history: history(0, 0, &[(1, u64::MAX), (1, u64::MAX)]), ..record() },
            Record { history: history(u64::MAX, 0, &[(1, 1)]), ..record() },
            Record { seq: u64::MAX, ..record() },
        ] {
            assert!(!is_read(&forged), "{forged:?}");
        }
    }

    #[test]
    fn spills_hold_everything_in_order_within_the_quota() {
        let id = |i: usize| if i.is_multiple_of(7) { format!("={i:032}") } else { format!("{i:07}") };
        let ids = |from: usize, n: usize| (from..from + n).map(id).collect::<Vec<_>>();
        let mut retired: Vec<Retired> =
            (0..7).map(|k| Retired { at: k as u64, ids: ids(k * 60, 60), change: Some(k as u64) }).collect();
        let mut seen = Vec::new();
        while !retired.is_empty() {
            let spill = take_spill(&mut retired);
            assert!(encode_spill(&spill).len() <= limits::VALUE_BYTES);
            seen.extend(spill.into_iter().flat_map(|group| group.ids));
        }
        assert_eq!(seen, ids(0, 420));
    }

    #[test]
    fn the_longest_owner_leaves_room() {
        let longest = Record {
            owner: "\u{7f}".repeat(128),
            spills: Some((9_999, 9_999_999)),
            commit: "x".repeat(24),
            generation: u64::MAX,
            seq: u64::MAX,
            history: Some(History {
                keep: 20,
                from: 123_456_789,
                rest: 1_234,
                changes: vec![(1_764_000_000, 1_234); 20],
            }),
            ..record()
        };
        assert!(longest.fits());
    }

    #[test]
    fn what_is_no_target_id_is_not_swept() {
        let forged = Record {
            retired: vec![
                Retired {
                    at: 1,
                    ids: vec!["abc1234".into(), "x:routes".into(), String::new()],
                    change: None,
                },
                Retired { at: 2, ids: vec!["../../a".into()], change: None },
            ],
            ..record()
        };
        let read = Record::decode(&forged.encode()).unwrap();
        assert_eq!(read.retired, [Retired { at: 1, ids: vec!["abc1234".into()], change: None }]);
        assert_eq!(decode_spill(&encode_spill(&forged.retired)).unwrap(), read.retired);
    }
}
