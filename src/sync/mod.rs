//! The commit: joining calls, reading, writing, retrying, checking.
//!
//! * [`engine`]: the calls of one store wait here and are committed one group after the other
//! * [`commit`]: one commit, from the first read to the last settlement
//! * [`reading`]: a snapshot under one `ETag`, or none
//! * [`landing`]: what was written and is yet to be found standing
//! * [`checking`]: whether what was written stands
//! * [`query`]: reading one state of a store without writing
//! * [`patience`]: reads that are repeated
//! * [`verdict`]: what a failed request means for the calls
//! * [`settling`]: what each caller gets
//! * [`waiting`]: how long a commit waits before its next round
//! * [`backoff`], [`mod@env`], [`meter`]: waits, time and chance, counting
//! * [`registry`]: the engines of this process, one for each store and way to reach it

pub mod backoff;
pub mod checking;
pub mod commit;
pub mod engine;
pub mod env;
pub mod landing;
pub mod meter;
pub mod patience;
pub mod query;
pub mod reading;
pub mod registry;
pub mod settling;
#[cfg(feature = "mutations")]
mod torn;
pub mod verdict;
pub mod waiting;

pub use engine::{Control, Engine};
pub use env::Env;
