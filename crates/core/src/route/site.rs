//! Sites: the metadata that refers SST's edge function to files, an image optimizer and servers, and the names of the
//! files.

use std::collections::HashSet;
use std::fmt::Display;
use std::sync::Arc;

use serde::Serialize;
use serde_json::Number;

use super::origin::{OriginAccessControl, Timeouts};
use super::shown;
use crate::error::{Code, Result, RouteSyncError};
use crate::kvs::limits::KEY_BYTES;

/// Maximum files of one site. This many names of 100 bytes fill a store.
pub const FILES: usize = 50_000;

/// Maximum bytes of a file's name. Its key is `<id>:<name>`, and an id has 14 bytes.
pub const FILE_BYTES: usize = KEY_BYTES - "123456.1234567:".len();

/// The allowed values of `errorResponseCode`.
pub const ERROR_CODES: std::ops::RangeInclusive<u64> = 200..=599;

/// The sorted names of a site's files. The edge function looks a request's decoded path up among them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Files(Arc<[String]>);

impl Files {
    /// Checks `names`. `at` is their place in the options, for errors.
    ///
    /// # Errors
    /// [`Code::InvalidTarget`] for a name that does not fit a key, that no request's path can equal, or that occurs twice;
    /// [`Code::TooLarge`] for more than [`FILES`].
    pub fn new(names: Vec<String>, at: impl Display) -> Result<Self> {
        if names.len() > FILES {
            let actual = names.len();
            let message = format!("has {actual} files; a site has at most {FILES}");
            return Err(RouteSyncError::at(Code::TooLarge, at.to_string(), message).with(|details| {
                details.limit = Some(FILES as u64);
                details.actual = Some(actual as u64);
            }));
        }
        let mut seen = HashSet::with_capacity(names.len());
        for (index, name) in names.iter().enumerate() {
            let fail = |why: &str| {
                Err(RouteSyncError::at(
                    Code::InvalidTarget,
                    format!("{at}[{index}]"),
                    format!("{} {why}", shown(name)),
                ))
            };
            if !name.starts_with('/') {
                return fail("does not begin with `/`; write the path from the site's root");
            }
            if name.chars().any(char::is_control) {
                return fail("contains control characters");
            }
            if name.len() > FILE_BYTES {
                return fail("is too long for a key of the store").map_err(|error| {
                    error.with(|details| {
                        details.limit = Some(FILE_BYTES as u64);
                        details.actual = Some(name.len() as u64);
                    })
                });
            }
            if !seen.insert(name.as_str()) {
                return fail("is listed twice; list each file once");
            }
        }
        drop(seen);
        let mut names = names;
        names.sort_unstable();
        Ok(Self(names.into()))
    }

    /// The names, sorted and distinct.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.0
    }
}

/// A site's metadata. The order of the fields is SST's.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SiteTarget {
    /// The prefix of the path that the files' names lack.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// The page that is served if no file is found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom404: Option<String>,
    /// If set, the distribution serves its own error pages instead of `custom404`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_response_code: Option<u64>,
    pub s3: S3,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<Image>,
    /// The servers, of which the one nearest to the viewer answers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub servers: Vec<Server>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<SiteOrigin>,
}

/// The bucket of a site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct S3 {
    /// The bucket's regional domain name.
    pub domain: String,
    /// The folder of the files in the bucket: empty, or with a leading and without a final `/`.
    pub dir: String,
    /// Prefixes of paths that are served from the bucket even if no file has that name.
    pub routes: Vec<String>,
}

/// The image optimizer of a site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Image {
    pub host: String,
    /// The prefix of the paths that the optimizer serves.
    pub route: String,
    #[serde(rename = "originAccessControlConfig", skip_serializing_if = "Option::is_none")]
    pub access_control: Option<OriginAccessControl>,
}

/// A server: its host, latitude and longitude.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Server(pub String, pub Number, pub Number);

/// The settings for requests to a site's servers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SiteOrigin {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeouts: Option<Timeouts>,
    #[serde(rename = "originAccessControlConfig", skip_serializing_if = "Option::is_none")]
    pub access_control: Option<OriginAccessControl>,
}

impl SiteTarget {
    /// The bytes of the largest fields, for the error of a record that is too large.
    pub(super) fn fields(&self) -> [(&'static str, usize); 2] {
        let routes = self.s3.routes.iter().map(|route| route.len() + 3).sum();
        let servers = self.servers.iter().map(|server| server.0.len() + 20).sum();
        [("site.s3.routes", routes), ("site.servers", servers)]
    }
}

/// Checks that `text` is a path as the edge compares it: with a leading `/`, and percent-encoded.
///
/// # Errors
/// Why it is not such a path, as a continuation of the value.
pub fn check_path(text: &str) -> Result<(), &'static str> {
    if !text.starts_with('/') {
        return Err("does not begin with `/`");
    }
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("contains characters that are not allowed in a URI; percent-encode them");
    }
    if text.contains(['?', '#']) {
        return Err("contains a query or a fragment, which is not part of a path: remove it");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(names: &[&str]) -> Result<Files> {
        Files::new(names.iter().map(|name| (*name).to_owned()).collect(), "files")
    }

    #[test]
    fn files_are_a_set() {
        let one = files(&["/b", "/a", "/é x.html"]).unwrap();
        assert_eq!(one.names(), ["/a", "/b", "/é x.html"]);
        assert_eq!(one, files(&["/é x.html", "/b", "/a"]).unwrap());
    }

    #[test]
    fn names_that_no_key_holds_are_refused() {
        let long = format!("/{}", "é".repeat(249));
        for (names, path, words) in [
            (&["/a", "b"][..], "files[1]", "begin with `/`"),
            (&[""], "files[0]", "begin with `/`"),
            (&["/a", "/b", "/a"], "files[2]", "twice"),
            (&["/a\u{7}"], "files[0]", "control"),
            (&[&long], "files[0]", "too long"),
        ] {
            let error = files(names).unwrap_err();
            assert_eq!(error.code, Code::InvalidTarget);
            assert_eq!(error.details.path.as_deref(), Some(path));
            assert!(error.message.contains(words), "{error}");
        }
        assert_eq!(files(&[&long]).unwrap_err().details.limit, Some(497));
        assert!(files(&[&long[..497]]).is_ok());
        let error = Files::new(vec![String::new(); FILES + 1], "files").unwrap_err();
        assert_eq!((error.code, error.details.actual), (Code::TooLarge, Some(50_001)));
    }
}
