//! The file of a server: all stores as one JSON document. It is replaced atomically, and durable before the answer to the
//! write that changed it.
//!
//! A save writes a temporary file beside the document, syncs it, renames it over the document and syncs the directory, so a
//! crash leaves the old document or the new one. Changes that wait for a save share the next one. Each file has one server,
//! by a lock on `<file>.lock`: a lock on the document would be lost with its replacement. A document that is damaged or
//! newer than this code is rejected and never changed. This module must not know requests.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use routesync_core::error::{Code, Result, RouteSyncError};
use routesync_core::kvs::StoreArn;

const FORMAT: &str = "routesync-local-store";
const VERSION: u64 = 1;

/// The document.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Image {
    format: String,
    version: u64,
    /// The stores, oldest first.
    pub stores: Vec<StoreImage>,
}

impl Image {
    /// The document of `stores`.
    pub fn of(stores: Vec<StoreImage>) -> Self {
        Self { format: FORMAT.to_owned(), version: VERSION, stores }
    }
}

/// One store in the document.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StoreImage {
    pub arn: String,
    pub name: String,
    pub deleted: bool,
    /// The number of its last write, which determines the `ETag`.
    pub version: u64,
    /// The time of its creation, in milliseconds since 1970.
    pub created_ms: u64,
    /// The time of its last change, in milliseconds since 1970.
    pub modified_ms: u64,
    /// Keys and values. They are shared with the live store, so that a save copies nothing.
    #[serde(serialize_with = "shared", deserialize_with = "unshared")]
    pub entries: Arc<BTreeMap<String, String>>,
}

fn shared<S: Serializer>(entries: &Arc<BTreeMap<String, String>>, to: S) -> Result<S::Ok, S::Error> {
    entries.as_ref().serialize(to)
}

fn unshared<'de, D: Deserializer<'de>>(from: D) -> Result<Arc<BTreeMap<String, String>>, D::Error> {
    BTreeMap::deserialize(from).map(Arc::new)
}

/// The file, locked for this server.
#[derive(Debug)]
pub struct Disk {
    path: PathBuf,
    folder: PathBuf,
    prefix: String,
    lock: Mutex<Option<File>>,
    saved: Mutex<u64>,
    turn: Arc<tokio::sync::Mutex<()>>,
}

impl Disk {
    /// Locks the file, and reads it if it exists.
    pub fn open(path: &Path) -> Result<(Self, Option<Image>)> {
        let fail = |why: String| RouteSyncError::at(Code::InvalidOption, "file", why);
        let unusable = |error: io::Error| fail(format!("{} cannot be used: {error}", path.display()));
        let Some(name) = path.file_name() else {
            return Err(fail(format!("{} names no file", path.display())));
        };
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        fs::create_dir_all(folder).map_err(unusable)?;
        // The same file must have the same lock through a link, and the rename must not replace the link.
        let path = match fs::canonicalize(path) {
            Ok(real) => real,
            Err(_) => fs::canonicalize(folder).map_err(unusable)?.join(name),
        };
        let folder = path.parent().unwrap_or(Path::new(".")).to_owned();
        let name = path.file_name().unwrap_or(name).to_string_lossy().into_owned();
        let lock = File::create(folder.join(format!("{name}.lock"))).map_err(unusable)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(fail(format!(
                    "{} is in use by another local store; close that store, or choose another file",
                    path.display()
                )));
            }
            Err(TryLockError::Error(error)) => return Err(unusable(error)),
        }
        let image = match fs::read(&path) {
            Ok(bytes) => Some(parse(&path, &bytes)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(unusable(error)),
        };
        let disk = Self {
            path,
            folder,
            prefix: format!(".{name}.new-"),
            lock: Mutex::new(Some(lock)),
            saved: Mutex::new(0),
            turn: Arc::default(),
        };
        disk.sweep();
        Ok((disk, image))
    }

    /// Saves, unless change number `change` is already saved. `image` returns the present document and the number of its last
    /// change. Blocks.
    pub fn save(&self, change: u64, image: impl FnOnce() -> (u64, Image)) -> io::Result<()> {
        let mut saved = locked(&self.saved);
        if *saved >= change {
            return Ok(());
        }
        if locked(&self.lock).is_none() {
            return Err(io::Error::other("the local store is closed"));
        }
        let (last, image) = image();
        let bytes = serde_json::to_vec(&image)?;
        let mut file = tempfile::Builder::new().prefix(&self.prefix).tempfile_in(&self.folder)?;
        file.write_all(&bytes)?;
        file.as_file().sync_all()?;
        file.persist(&self.path)?;
        // Windows cannot sync a folder, but its rename is journaled.
        #[cfg(unix)]
        File::open(&self.folder)?.sync_all()?;
        *saved = last;
        drop(saved);
        Ok(())
    }

    /// As [`Disk::save`], on a blocking thread. Only one save runs at a time. The next one saves all changes that waited for
    /// it.
    pub async fn durable<F>(self: &Arc<Self>, change: u64, image: F) -> io::Result<()>
    where
        F: FnOnce() -> (u64, Image) + Send + 'static,
    {
        let turn = Arc::clone(&self.turn).lock_owned().await;
        let disk = Arc::clone(self);
        // The work keeps the turn, so that no second save starts early if the caller is dropped.
        let work = tokio::task::spawn_blocking(move || {
            let result = disk.save(change, image);
            drop(turn);
            result
        });
        work.await.map_err(io::Error::other)?
    }

    /// Whether change number `change` is in the file.
    pub fn has(&self, change: u64) -> bool {
        self.saved.try_lock().is_ok_and(|saved| *saved >= change)
    }

    /// Releases the file for another server. This server can no longer save.
    pub fn release(&self) {
        // Wait for a running save.
        let _saved = locked(&self.saved);
        *locked(&self.lock) = None;
    }

    /// Removes temporary files that a crash during a save left behind. A failure does no harm.
    fn sweep(&self) {
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with(&self.prefix) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn parse(path: &Path, bytes: &[u8]) -> Result<Image> {
    #[derive(Deserialize)]
    struct Head {
        format: String,
        version: u64,
    }
    let damaged = |why: &dyn std::fmt::Display| {
        RouteSyncError::at(
            Code::InvalidOption,
            "file",
            format!(
                "{} is not the file of a local store, or is damaged ({why}); it was not changed: restore it, or choose another file",
                path.display()
            ),
        )
    };
    let head: Head = serde_json::from_slice(bytes).map_err(|error| damaged(&error))?;
    if head.format != FORMAT {
        return Err(damaged(&format!("format {:?}", head.format)));
    }
    if head.version > VERSION {
        return Err(RouteSyncError::at(
            Code::FormatNewer,
            "file",
            format!(
                "{} was written by a newer routesync (version {}, this one reads up to {VERSION}); update routesync or choose another file",
                path.display(),
                head.version
            ),
        ));
    }
    let image: Image = serde_json::from_slice(bytes).map_err(|error| damaged(&error))?;
    if let Some(bad) = image.stores.iter().find(|store| StoreArn::parse(&store.arn).is_err()) {
        return Err(damaged(&format!("ARN {:?}", bad.arn)));
    }
    Ok(image)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(value: &str) -> Image {
        Image::of(vec![StoreImage {
            arn: "arn:aws:cloudfront::123456789012:key-value-store/a".into(),
            name: "default".into(),
            deleted: false,
            version: 3,
            created_ms: 1,
            modified_ms: 2,
            entries: Arc::new(BTreeMap::from([("key".into(), value.into())])),
        }])
    }

    #[test]
    fn what_was_saved_is_read_again_and_only_newer_changes_are_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/er/store.json");
        let (disk, none) = Disk::open(&path).unwrap();
        assert!(none.is_none());
        disk.save(1, || (2, image("new"))).unwrap();
        disk.save(2, || unreachable!("change 2 is saved")).unwrap();
        assert!(disk.has(2) && !disk.has(3));
        drop(disk);
        let (_disk, read) = Disk::open(&path).unwrap();
        assert_eq!(read.unwrap().stores[0].entries["key"], "new");
    }

    #[test]
    fn a_file_in_use_is_refused_until_it_is_released() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.json");
        let (disk, _) = Disk::open(&path).unwrap();
        let error = Disk::open(&path).unwrap_err();
        assert!(error.message.contains("in use by another local store"), "{error}");
        disk.release();
        Disk::open(&path).unwrap();
        assert!(disk.save(1, || (1, image(""))).is_err());
    }

    #[test]
    fn damaged_and_newer_files_are_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.json");
        let good = serde_json::to_string(&image("v")).unwrap();
        for (text, code, word) in [
            (String::new(), Code::InvalidOption, "damaged"),
            (good[..good.len() / 2].to_owned(), Code::InvalidOption, "damaged"),
            (r#"{"format":"other","version":1}"#.to_owned(), Code::InvalidOption, "format"),
            (good.replace("123456789012", "1"), Code::InvalidOption, "ARN"),
            (good.replace("\"version\":1", "\"version\":2"), Code::FormatNewer, "newer routesync"),
        ] {
            fs::write(&path, &text).unwrap();
            let error = Disk::open(&path).unwrap_err();
            assert_eq!(error.code, code);
            assert!(error.message.contains(word), "{error}");
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
    }

    #[test]
    fn leftovers_of_a_crashed_save_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let left = folder.path().join(".store.json.new-abc");
        fs::write(&left, "half").unwrap();
        Disk::open(&folder.path().join("store.json")).unwrap();
        assert!(!left.exists());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_the_file_has_the_same_lock_and_survives() {
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("store.json"), folder.path().join("link.json"));
        fs::write(&path, serde_json::to_string(&image("v")).unwrap()).unwrap();
        std::os::unix::fs::symlink(&path, &link).unwrap();
        let (disk, _) = Disk::open(&link).unwrap();
        assert!(Disk::open(&path).is_err());
        disk.save(1, || (1, image("w"))).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert!(fs::read_to_string(&path).unwrap().contains("\"w\""));
    }
}
