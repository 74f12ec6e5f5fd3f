//! The owner record: `<router>:owner:<owner id>`.
//!
//! It fences (whose id this is), fingerprints (its padding makes two states of a store tell apart by
//! size), names the commit that last wrote it (was the unanswered write mine?) and remembers the
//! metadata that entries stopped naming, so that a later commit can sweep it.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::id::{OwnerId, is_target, target_of};
use crate::kvs::limits;

/// The form that this version writes, and the newest that it reads.
pub(crate) const VERSION: u64 = 1;

/// Most white space that the fingerprint adds.
pub(crate) const PADDING: usize = 64;

/// Bytes of a record without its padding.
const RECORD_BYTES: usize = limits::VALUE_BYTES - PADDING;

/// More lists and changes of one owner than a 5 MB store can hold.
const MOST_KEYS: u64 = 100_000;

/// Counters end before it: JavaScript's largest exact whole number and one.
const LARGEST: u64 = 1 << 53;

/// Target ids whose metadata no entry names any more, and since when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retired {
    /// When they were retired, in seconds since the epoch.
    pub(crate) at: u64,
    /// The second halves of their route ids; `=` and the whole id where it was taken over from somebody else.
    /// `/` leads those of sites, whose files go with them.
    pub(crate) ids: Vec<String>,
    /// The change that retired them, where the owner keeps a history: while that is kept, so are they.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) change: Option<u64>,
}

/// An owner's record in one router.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The form's version, [`VERSION`].
    pub(crate) v: u64,
    /// The owner's full name: its id is only a hash.
    pub(crate) owner: String,
    /// The fence: a lower generation must not write any more.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) generation: u64,
    /// Grows by one with each write: tells a later state from an earlier one. A new record starts at the time in
    /// milliseconds, so that its `seq` is higher than that of a record of the same owner that was deleted before.
    pub(crate) seq: u64,
    /// When it was written, in seconds since the epoch.
    pub(crate) at: u64,
    /// The commit that wrote it; `<id>~<n>` for the nth batch of one that is not complete yet.
    pub(crate) commit: String,
    /// Retired ids, oldest first.
    #[serde(default)]
    pub(crate) retired: Vec<Retired>,
    /// The numbers of the records that hold older retired ids: from the first up to before the second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) spills: Option<(u64, u64)>,
    /// What can be brought back; none where no history was ever kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) history: Option<History>,
}

/// The last changes of an owner's routes, each of which can be undone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct History {
    /// How many are kept; 0 when none are any more.
    pub(crate) keep: u64,
    /// The number of the oldest that is there. Numbers are not reused.
    pub(crate) from: u64,
    /// Of the one before, so many parts are yet to be deleted.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) rest: u64,
    /// Of each, oldest first, when it was made, in seconds since the epoch, and in how many keys it stands.
    pub(crate) changes: Vec<(u64, u64)>,
}

impl History {
    /// The number of the next change.
    pub(crate) fn end(&self) -> u64 {
        self.from + self.changes.len() as u64
    }

    /// The parts of the change `number`; none when it is not there.
    pub(crate) fn parts(&self, number: u64) -> std::ops::Range<u64> {
        if number + 1 == self.from {
            return 0..self.rest;
        }
        let at = number.checked_sub(self.from).and_then(|at| usize::try_from(at).ok());
        0..at.and_then(|at| self.changes.get(at)).map_or(0, |(_, parts)| *parts)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// Why a record cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordError {
    /// Written by a newer routesync.
    Newer(u64),
    /// Not a record at all.
    Garbled,
}

#[derive(Deserialize)]
struct Version {
    v: u64,
}

impl Record {
    /// A record from its stored value.
    ///
    /// # Errors
    /// A newer version, or something that is no record.
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

    /// Whether its numbers can have come about. Whoever can write the store could let a reader ask for keys without end.
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

    /// The `seq` of the next write; `first` is that of a record that does not exist yet.
    pub(crate) fn next_seq(&self, first: u64) -> u64 {
        if self.seq > 0 { self.seq + 1 } else { first.clamp(1, LARGEST / 2) }
    }

    /// The number of the oldest change that is kept; what earlier ones retired may go.
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

/// Leads an id on the list that is not of the owner's: one that was taken over with its entry.
const OTHER: char = '=';

/// Leads the id of a site on the list.
const SITE: char = '/';

/// How many plain ids of the owner's take the room of this one.
fn weight(listed: &str) -> usize {
    let plain = unmarked(listed);
    let site = usize::from(plain.len() < listed.len());
    site + if plain.starts_with(OTHER) { OTHER_WEIGHS } else { 1 }
}

/// A listed id without the mark of a site.
pub(crate) fn unmarked(listed: &str) -> &str {
    listed.strip_prefix(SITE).unwrap_or(listed)
}

/// Whether a listed id, without the mark of a site, is one that others made.
pub(crate) fn is_other(listed: &str) -> bool {
    listed.starts_with(OTHER)
}

/// Whether a listed id is that of a site.
pub(crate) fn is_site(listed: &str) -> bool {
    listed.starts_with(SITE)
}

/// A listed id with the mark of a site.
pub(crate) fn marked(listed: &str) -> String {
    format!("{SITE}{}", unmarked(listed))
}

/// The mark of a site takes the room of so many plain ids of the owner's, at most.
pub(crate) const SITE_WEIGHS: usize = 1;

/// An id that is not of the owner's takes the room of so many that are, up to [`OTHER_BYTES`].
pub(crate) const OTHER_WEIGHS: usize = 4;

/// Bytes of an id that can be adopted: SST's have 4, another owner's has 14.
pub(crate) const OTHER_BYTES: usize = 32;

/// Whether an id of somebody else can be on a list.
pub(crate) fn can_be_listed(id: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    (1..=OTHER_BYTES).contains(&id.len()) && id.bytes().all(plain)
}

/// How the list of `owner` spells the route id `id`.
pub(crate) fn listed<'a>(owner: &OwnerId, id: &'a str) -> Cow<'a, str> {
    match target_of(id) {
        Some((own, target)) if own == owner.as_str() => Cow::Borrowed(target),
        _ => Cow::Owned(format!("{OTHER}{id}")),
    }
}

/// The route id that the list of `owner` spells `listed`.
pub(crate) fn unlisted<'a>(owner: &OwnerId, listed: &'a str) -> Cow<'a, str> {
    let listed = unmarked(listed);
    listed.strip_prefix(OTHER).map_or_else(|| Cow::Owned(format!("{owner}.{listed}")), Cow::Borrowed)
}

/// Drops what is no id: whoever can write the store could name any key with it.
fn keep_ids(retired: &mut Vec<Retired>) {
    for group in &mut *retired {
        group.ids.retain(|id| {
            let id = unmarked(id);
            is_target(id) || id.strip_prefix(OTHER).is_some_and(can_be_listed)
        });
    }
    retired.retain(|group| !group.ids.is_empty());
}

/// A spill's value.
pub(crate) fn encode_spill(retired: &[Retired]) -> String {
    serde_json::to_string(retired).unwrap_or_default()
}

/// Bytes of a group of retired ids besides the ids: `{"at":1764000000,"ids":[…]},`, and some.
const GROUP: usize = 30;
/// Bytes of the number of a change in a group: `,"change":123456789`.
const CHANGE: usize = 19;
/// Bytes of a retired id: `"Ab3dE9x",`.
const ID: usize = 10;
/// Bytes that a spill takes at least from a record that has more: a full value, less what an id and
/// a group that is cut in two may waste.
const SPILL_TAKES: usize = limits::VALUE_BYTES - 2 - 2 * (GROUP + CHANGE) - ID;

/// Bytes that `record` will have without retired ids, at most, when `commit` writes it.
pub(crate) fn bytes_at_most(record: &Record, commit: &str) -> usize {
    // The commit's `~<n>`, and numbers that grow, `seq` from 0 to 13 digits; a change more.
    const GROWS: usize = 8 + 20 + 20 + 12;
    const CHANGES: usize =
        ",\"history\":{\"keep\":20,\"from\":123456789,\"rest\":1234,\"changes\":[]}[1764000000,1234],".len();
    let mut bare = Record { retired: Vec::new(), spills: Some((0, 0)), ..record.clone() };
    commit.clone_into(&mut bare.commit);
    bare.encode().len() + GROWS + CHANGES
}

/// Spills that a record of `bytes` without its `retired` ids needs, at most, for `more` of them.
pub(crate) fn spills_at_most(bytes: usize, retired: &[Retired], more: usize) -> usize {
    let ids = more + retired.iter().flat_map(|group| &group.ids).map(|id| weight(id)).sum::<usize>();
    let bytes = bytes + (GROUP + CHANGE) * (retired.len() + 1) + ID * ids;
    bytes.saturating_sub(RECORD_BYTES).div_ceil(SPILL_TAKES)
}

/// Takes from the front of `retired` what one spill can hold.
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
