//! The engines of this process. Calls with the same store and the same client settings share an engine.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use crate::cloudfront::CloudFrontStore;
use crate::shared_config::AwsEnv;
use routesync_core::kvs::StoreArn;
use routesync_core::options::{ClientOptions, Reach, RetryOptions};
use routesync_core::sync::Engine;
use routesync_core::sync::Env;

/// Maximum engines kept. Each holds a snapshot and a client. The least recently used ones are dropped. Calls that still hold
/// a dropped engine finish on it.
const KEPT: usize = 64;

/// The key of an engine: calls with equal keys share it. It holds credentials, so it has no `Debug`.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Place {
    store: StoreArn,
    client: ClientOptions,
    retry: RetryOptions,
    /// A program may change its environment between two calls. The second call must use the new endpoint.
    env: AwsEnv,
}

type Engines = HashMap<Place, (u64, Arc<Engine<CloudFrontStore>>)>;

static ENGINES: LazyLock<Mutex<(u64, Engines)>> = LazyLock::new(Mutex::default);

/// The engine for the store and the client settings of `reach`.
#[must_use]
pub fn engine(reach: &Reach) -> Arc<Engine<CloudFrontStore>> {
    let Reach { store, client, retry, deadline: _ } = reach;
    let place = Place {
        store: store.clone(),
        client: client.clone(),
        retry: retry.clone(),
        env: AwsEnv::of_process(),
    };
    let mut guard = ENGINES.lock().unwrap_or_else(PoisonError::into_inner);
    let (clock, engines) = &mut *guard;
    *clock += 1;
    if let Some((used, engine)) = engines.get_mut(&place) {
        *used = *clock;
        return Arc::clone(engine);
    }
    if engines.len() >= KEPT
        && let Some(oldest) =
            engines.iter().min_by_key(|(_, (used, _))| *used).map(|(place, _)| place.clone())
    {
        engines.remove(&oldest);
    }
    let store = CloudFrontStore::new(store.clone(), client.clone(), retry.clone(), place.env.clone());
    let engine = Arc::new(Engine::new(store, retry.clone(), Env::default()));
    engines.insert(place, (*clock, Arc::clone(&engine)));
    engine
}
