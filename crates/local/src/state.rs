//! The state of a server: its stores, faults and recorded requests, and the effect of a [`Call`] on them. It is pure except
//! for seeded randomness: the caller gives the time. It must not know HTTP.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::call::{Ask, Call, Change, Refusal};
use super::data::{Applied, Snapshot, StoreData};
use super::faults::{Faults, How};
use super::file::{Image, StoreImage};
use super::inject::{Behind, FaultDecision, Injector};
use super::page::page;
use super::stats::{Logged, Recorder};

/// The account of all stores, from AWS's examples.
const ACCOUNT: &str = "123456789012";

/// The answer of a store, before its conversion to HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// To `DescribeKeyValueStore`.
    Described {
        /// The `ETag`.
        etag: String,
        /// The counts.
        counts: Counts,
        /// The store's ARN.
        arn: String,
        /// Creation, in milliseconds since 1970.
        created_ms: u64,
        /// Last change, in milliseconds since 1970.
        modified_ms: u64,
        /// `READY` or `PROVISIONING`.
        status: &'static str,
    },
    /// To `ListKeys`.
    Listed {
        /// Keys and values of the page.
        items: Vec<(String, String)>,
        /// The token of the next page.
        next: Option<String>,
    },
    /// To `GetKey`.
    Got {
        /// The key.
        key: String,
        /// Its value.
        value: String,
        /// The counts.
        counts: Counts,
    },
    /// To the writes.
    Written {
        /// The `ETag` after the write.
        etag: String,
        /// The counts after the write.
        counts: Counts,
    },
}

impl Answer {
    /// The answer's `ETag`.
    pub fn etag(&self) -> Option<&str> {
        match self {
            Self::Described { etag, .. } | Self::Written { etag, .. } => Some(etag),
            Self::Listed { .. } | Self::Got { .. } => None,
        }
    }
}

/// `ItemCount` and `TotalSizeInBytes`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// The number of keys.
    pub items: u64,
    /// Bytes of keys and values.
    pub bytes: u64,
}

/// Called after each write that changed a store, with its ARN and entries.
pub type Observer = Box<dyn FnMut(&str, &BTreeMap<String, String>) + Send>;

/// The state of a server.
pub struct State {
    pub injector: Injector,
    pub recorder: Recorder,
    pub observer: Option<Observer>,
    /// The number of changes, which identifies the state in a file.
    pub changes: u64,
    stores: HashMap<String, StoreData>,
    random: fastrand::Rng,
    keep: usize,
}

impl State {
    /// An empty state. The seed determines ids and faults.
    pub fn new(seed: u64) -> Self {
        Self {
            injector: Injector::new(seed),
            recorder: Recorder::default(),
            observer: None,
            changes: 0,
            stores: HashMap::new(),
            random: fastrand::Rng::with_seed(seed.wrapping_add(1)),
            keep: 0,
        }
    }

    /// Adds the stores of a file.
    pub fn restore(&mut self, image: Image) {
        for store in image.stores {
            let now = Snapshot {
                entries: store.entries,
                bytes: 0,
                version: store.version,
                modified_ms: store.modified_ms,
            };
            let data = StoreData::restore(store.name, salt(&store.arn), store.created_ms, store.deleted, now);
            self.stores.insert(store.arn, data);
        }
    }

    /// The document for a file, and the number of the last change in it.
    pub fn image(&self) -> (u64, Image) {
        let mut stores: Vec<StoreImage> = self
            .stores
            .iter()
            .map(|(arn, data)| StoreImage {
                arn: arn.clone(),
                name: data.name.clone(),
                deleted: data.deleted,
                version: data.now().version,
                created_ms: data.created_ms,
                modified_ms: data.now().modified_ms,
                entries: Arc::clone(&data.now().entries),
            })
            .collect();
        stores.sort_by(|a, b| (a.created_ms, &a.arn).cmp(&(b.created_ms, &b.arn)));
        (self.changes, Image::of(stores))
    }

    /// The ARN of the store `name`, which is created if it does not exist.
    pub fn create(&mut self, name: Option<&str>, at_ms: u64) -> String {
        let name = name.map_or_else(|| format!("store-{}", self.stores.len()), str::to_owned);
        if let Some((arn, _)) = self.stores.iter().find(|(_, data)| data.name == name && !data.deleted) {
            return arn.clone();
        }
        let arn = loop {
            let arn = format!("arn:aws:cloudfront::{ACCOUNT}:key-value-store/{}", self.uuid());
            if !self.stores.contains_key(&arn) {
                break arn;
            }
        };
        let mut data = StoreData::new(name, salt(&arn), at_ms);
        data.keep(self.keep);
        self.stores.insert(arn.clone(), data);
        self.changes += 1;
        arn
    }

    /// Marks the store as deleted. Returns `false` if it does not exist.
    pub fn delete(&mut self, arn: &str) -> bool {
        let Some(data) = self.stores.get_mut(arn).filter(|data| !data.deleted) else { return false };
        data.deleted = true;
        self.changes += 1;
        true
    }

    /// The entries of a store that is not deleted.
    pub fn entries(&self, arn: &str) -> Option<&BTreeMap<String, String>> {
        self.store(arn).map(|data| &*data.now().entries)
    }

    /// A store that exists.
    pub fn store(&self, arn: &str) -> Option<&StoreData> {
        self.stores.get(arn).filter(|data| !data.deleted)
    }

    /// Changes entries without any checks. Returns `false` if the store does not exist.
    pub fn damage(
        &mut self,
        arn: &str,
        at_ms: u64,
        edit: impl FnOnce(&mut BTreeMap<String, String>),
    ) -> bool {
        let Some(data) = self.stores.get_mut(arn).filter(|data| !data.deleted) else { return false };
        data.damage(at_ms, edit);
        self.changes += 1;
        true
    }

    /// Replaces the faults.
    pub fn set_faults(&mut self, faults: Faults) {
        self.keep_states(faults.states_kept());
        self.injector.set(faults);
    }

    /// Keeps `states` past states of every store.
    pub fn keep_states(&mut self, states: usize) {
        self.keep = states;
        for data in self.stores.values_mut() {
            data.keep(states);
        }
    }

    /// Keeps at least one past state, for a scripted stale read.
    pub fn keep_some_state(&mut self) {
        self.keep_states(self.keep.max(1));
    }

    /// Serves a call, counts it and logs it.
    pub fn serve(
        &mut self,
        call: Call,
        decision: &FaultDecision,
        shown: Option<How>,
        at_ms: u64,
    ) -> Result<Answer, Refusal> {
        let mut entry = Logged::of(&call, at_ms);
        entry.fault = shown.or_else(|| decision.behind.map(|_| How::Lag));
        let served = self.perform(call, decision, at_ms, &mut entry);
        match &served {
            Ok(answer) => {
                entry.status = 200;
                entry.etag = answer.etag().map(str::to_owned);
            }
            Err(refusal) => entry.refuse(refusal),
        }
        if let Some(how) = shown {
            entry.status = how.status().unwrap_or(entry.status);
        }
        self.recorder.record(entry);
        served
    }

    fn perform(
        &mut self,
        call: Call,
        decision: &FaultDecision,
        at_ms: u64,
        entry: &mut Logged,
    ) -> Result<Answer, Refusal> {
        let Call { arn, if_match, ask } = call;
        let data = self.stores.get_mut(&arn).ok_or_else(|| Refusal::no_store(&arn))?;
        if data.deleted || (decision.provisioning && ask != Ask::Describe) {
            return Err(Refusal::wrong_state());
        }
        let writes = ask.operation().writes();
        let Some(if_match) = if_match.or_else(|| (!writes).then(String::new)) else {
            return Err(Refusal::validation("The header If-Match is required"));
        };
        let applied = match ask {
            Ask::Put { key, value } => {
                data.update(&if_match, Change { puts: vec![(key, value)], deletes: Vec::new() }, at_ms)
            }
            Ask::Delete { key } => data.delete(&if_match, key, at_ms),
            Ask::Update(change) => data.update(&if_match, change, at_ms),
            read => return answer_read(data, arn, read, decision, at_ms),
        };
        match applied {
            Ok(applied) => {
                let answer = Answer::Written {
                    etag: data.etag(data.now()),
                    counts: counts(data.now(), decision.miscount),
                };
                if applied.changed() {
                    entry.applied = true;
                    self.changes += 1;
                    self.note(&arn, applied);
                }
                Ok(answer)
            }
            Err(refusal) if refusal.stale => {
                self.recorder.stats.conflicts += 1;
                Err(Refusal::stale(decision.stale_as_409))
            }
            Err(refusal) => Err(refusal),
        }
    }

    fn note(&mut self, arn: &str, applied: Applied) {
        let stats = &mut self.recorder.stats;
        stats.writes_accepted += 1;
        stats.keys_put += applied.put as u64;
        stats.keys_deleted += applied.deleted as u64;
        if let (Some(observer), Some(data)) = (&mut self.observer, self.stores.get(arn)) {
            observer(arn, &data.now().entries);
        }
    }

    fn uuid(&mut self) -> String {
        let text = format!("{:032x}", self.random.u128(..));
        // The bits of version 4 and its variant, so that parsers of UUIDs accept it.
        format!("{}-{}-4{}-a{}-{}", &text[..8], &text[8..12], &text[13..16], &text[17..20], &text[20..])
    }
}

fn answer_read(
    data: &StoreData,
    arn: String,
    ask: Ask,
    decision: &FaultDecision,
    at_ms: u64,
) -> Result<Answer, Refusal> {
    let seen = match decision.behind {
        Some(Behind { versions, for_ms }) => data.lagging(versions, for_ms, at_ms),
        None => data.now(),
    };
    let counts = counts(seen, decision.miscount);
    match ask {
        Ask::Get { key } => match seen.entries.get(&key) {
            Some(value) => Ok(Answer::Got { value: value.clone(), key, counts }),
            None => Err(Refusal::no_key(&key)),
        },
        Ask::List { max, token } => {
            let (items, next) = page(&arn, &seen.entries, max, token.as_deref())?;
            Ok(Answer::Listed { items, next })
        }
        _ => Ok(Answer::Described {
            etag: data.etag(seen),
            counts,
            arn,
            created_ms: data.created_ms,
            modified_ms: seen.modified_ms,
            status: if decision.provisioning { "PROVISIONING" } else { "READY" },
        }),
    }
}

fn counts(state: &Snapshot, (items, bytes): (i64, i64)) -> Counts {
    Counts {
        items: (state.entries.len() as u64).saturating_add_signed(items),
        bytes: state.bytes.saturating_add_signed(bytes),
    }
}

/// Makes the `ETags` of different stores differ: FNV-1a of the ARN, which is the same after a restart.
fn salt(arn: &str) -> u64 {
    arn.bytes()
        .fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3))
}

#[cfg(test)]
mod tests {
    use super::*;
    use routesync_core::kvs::StoreArn;

    #[test]
    fn a_name_is_one_store_until_it_is_deleted() {
        let mut state = State::new(1);
        let arn = state.create(Some("a"), 1);
        StoreArn::parse(&arn).unwrap();
        assert_eq!(state.create(Some("a"), 2), arn);
        assert_ne!(state.create(None, 2), arn);
        assert!(state.delete(&arn) && !state.delete(&arn));
        assert_ne!(state.create(Some("a"), 3), arn);
        assert_eq!(State::new(1).create(Some("a"), 1), arn, "the same seed, the same ids");
    }

    #[test]
    fn an_image_restores_stores_with_etags_and_tombstones() {
        let mut state = State::new(1);
        let (kept, gone) = (state.create(Some("a"), 1), state.create(Some("b"), 1));
        state.damage(&kept, 5, |entries| {
            entries.insert("k".into(), "v".into());
        });
        state.delete(&gone);
        let mut other = State::new(2);
        other.restore(state.image().1);
        let describe = |state: &mut State, arn: &str| {
            let call = Call { arn: arn.into(), if_match: None, ask: Ask::Describe };
            state.serve(call, &FaultDecision::default(), None, 9)
        };
        assert_eq!(describe(&mut other, &kept), describe(&mut state, &kept));
        assert_eq!(describe(&mut other, &gone).unwrap_err(), Refusal::wrong_state());
        assert_eq!(other.create(Some("a"), 9), kept);
    }
}
