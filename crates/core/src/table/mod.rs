//! The stored form: the keys and the format of their values.
//!
//! The table has SST's format, and SST's reader and writers use it, too. The owner records are routesync's. This module is pure and
//! knows neither requests nor plans. It converts values to types and back.
//!
//! * [`key`]: names of keys
//! * [`id`]: owner and route ids
//! * `entry`: an entry of the table
//! * [`decode`]: decodes the table from its root value and chunks
//! * [`owner_record`]: the owner record
//! * `history`: an owner's last changes, each as the entries that undo it
//! * [`site`]: the record of a site, which describes its stored metadata and files
//! * [`tree`]: the names of a site's files, as a tree of small values

pub mod decode;
pub(crate) mod entry;
pub(crate) mod history;
pub mod id;
pub mod key;
pub mod owner_record;
pub mod site;
pub mod tree;

/// The most bytes of a chunk. The service allows 1,024. SST cuts at 1,000, and AWS's documentation says "1 KB" without saying
/// which one.
pub(crate) const CHUNK_BYTES: usize = 1_000;

/// New chunks are filled to this many bytes, so that an entry can grow a little without moving.
pub(crate) const CHUNK_FILL_BYTES: usize = 960;

/// The most chunks that SST's writers can handle: they put all of them in one `UpdateKeys` of 50 keys.
pub(crate) const SST_PARTS: usize = 49;

/// The holder in errors and reports of an entry without an owner. It is most likely SST's.
pub(crate) const SST_HOLDER: &str = "SST";

/// The value of a site's file key. SST's reader only checks whether the key exists.
pub(crate) const FILE_VALUE: &str = "s3";
