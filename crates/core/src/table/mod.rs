//! The stored form: which keys there are, and what their values say.
//!
//! The table is SST's (its reader and writers use it beside us), the owner records are ours. This
//! module is pure and knows neither requests nor plans: it turns values into types and back.
//!
//! * [`key`]: names of keys
//! * [`id`]: owner and route ids
//! * [`entry`]: one line of the table
//! * [`decode`]: the table from its root value and chunks
//! * [`record`]: the owner record, which fences, fingerprints and remembers retired metadata
//! * [`history`]: an owner's last changes, each as what undoes it
//! * [`site`]: the record of a site: what of its metadata and files stands
//! * [`tree`]: the names of its files, as a tree of small values

pub mod decode;
pub(crate) mod entry;
pub(crate) mod history;
pub mod id;
pub mod key;
pub mod record;
pub mod site;
pub mod tree;

/// Bytes a chunk may grow to. The service allows 1,024; SST cuts at 1,000 and AWS's documentation
/// says "1 KB" without saying which.
pub(crate) const CHUNK_BYTES: usize = 1_000;

/// Bytes a chunk is first filled to, so that an entry may grow a little in place.
pub(crate) const CHUNK_FILL_BYTES: usize = 960;

/// Chunks that SST's writers can handle: they put all of them in one `UpdateKeys` of 50 keys.
pub(crate) const SST_PARTS: usize = 49;

/// Who holds an entry that is of no owner of ours, in errors and reports: SST, most likely.
pub(crate) const SST_HOLDER: &str = "SST";

/// What the key of a site's file holds: SST's reader only asks whether it is there.
pub(crate) const FILE_VALUE: &str = "s3";
