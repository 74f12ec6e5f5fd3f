//! The fields of a legacy route other than its address: rewrite, edge code, caching, timeouts.

use serde_json::{Map, Value, json};

use super::literal;
use super::note::{NoteCode, Severity};
use super::read::{FIELDS, OBJECT_FIELDS, ORIGIN_FIELDS, Reader};
use routesync_core::error::Result;
use routesync_core::options::Cursor;
use routesync_core::route::shown;

impl Reader<'_> {
    /// Reads all fields other than the address.
    pub(super) fn rest(
        &mut self,
        at: &Cursor<'_>,
        of_bucket: bool,
        fields: &mut Map<String, Value>,
    ) -> Result<()> {
        if let Some(at) = at.get("rewrite") {
            fields.insert("rewrite".to_owned(), self.rewrite(&at)?);
        }
        self.edge(at)?;
        self.caching(at, of_bucket)?;
        for name in &ORIGIN_FIELDS[if of_bucket { 2 } else { 0 }..] {
            let Some(at) = at.get(name) else { continue };
            fields.insert((*name).to_owned(), at.value().clone());
            let message = format!(
                "the legacy router ignored `{name}`: SST's limit of 20 seconds for the answer of a URL and CloudFront's defaults applied. The new route has the option, and it takes effect; remove it to change nothing"
            );
            self.note(NoteCode::TimeoutKept, Severity::Warning, message);
        }
        let known = |name: &str| {
            FIELDS.contains(&name) && !(of_bucket && ORIGIN_FIELDS[..2].contains(&name))
                || OBJECT_FIELDS.contains(&name)
        };
        self.unknown(at, "", known)
    }

    /// The rewrite as the legacy edge function ran it.
    fn rewrite(&mut self, at: &Cursor<'_>) -> Result<Value> {
        at.fields(&["regex", "to"])?;
        let regex = at.require("regex", "a regular expression")?.text("a regular expression, as a string")?;
        let to = at.require("to", "a replacement")?.text("a replacement such as \"/$1\"")?;
        let rewrite = |regex: &str, to: &str| json!({ "regex": regex, "to": to });
        let message = match (literal::unescape(regex), literal::unescape(to)) {
            (Some(ran), Some(put)) if ran == regex && put == to => {
                self.note(
                    NoteCode::RewriteKept,
                    Severity::Info,
                    "the rewrite is kept: it replaces the first match of `regex` in the path, as before",
                );
                return Ok(rewrite(regex, to));
            }
            (Some(ran), Some(put)) => {
                let message = format!(
                    "the legacy router wrote the rewrite as a string into its function, which interpreted backslashes once more: {} ran as {}. The new route has the rewrite that ran; to use the written one, set `rewrite` to it",
                    shown(&format!("{regex} → {to}")),
                    shown(&format!("{ran} → {put}")),
                );
                self.note(NoteCode::RewriteUnescaped, Severity::Info, message);
                return Ok(rewrite(&ran, &put));
            }
            _ => format!(
                "the legacy router wrote the rewrite {} as a string into its function, where its escapes may have been invalid or had another meaning. The new route has the rewrite as written: test it with a URL",
                shown(&format!("{regex} → {to}"))
            ),
        };
        self.note(NoteCode::RewriteUnescaped, Severity::Warning, message);
        Ok(rewrite(regex, to))
    }

    /// Reads the edge code, which belonged to the route and now belongs to the router.
    fn edge(&mut self, at: &Cursor<'_>) -> Result<()> {
        let Some(edge) = at.get("edge") else { return Ok(()) };
        self.unknown(&edge, "edge.", |name| matches!(name, "viewerRequest" | "viewerResponse"))?;
        let pattern = shown(self.pattern);
        if let Some(at) = edge.get("viewerRequest") {
            self.code(&at, "edge.viewerRequest.")?;
            let message = format!(
                "its `edge.viewerRequest` cannot be kept, since a new Router has one for all routes. Move the code to the Router's `edge.viewerRequest.injection`, and let it check `event.request.uri` first, so that it runs only for {pattern}. It then runs before the choice of the route and before the rewrite, and not after them"
            );
            self.note(NoteCode::ViewerRequest, Severity::Error, message);
            self.store(
                &at,
                "edge.viewerRequest",
                "a function can read only one store, and the Router's function reads its routes from that store: pass this store to the Router's `edge.viewerRequest.kvStore`, and sync the routes to it",
            )?;
        }
        if let Some(at) = edge.get("viewerResponse") {
            self.code(&at, "edge.viewerResponse.")?;
            let message = format!(
                "its `edge.viewerResponse` cannot be kept, since a new Router has one for all routes. Move the code to the Router's `edge.viewerResponse.injection`, and let it check `event.request.uri` first, so that it runs only for {pattern}. The path is then the rewritten one"
            );
            self.note(NoteCode::ViewerResponse, Severity::Error, message);
            self.store(
                &at,
                "edge.viewerResponse",
                "pass it to the Router's `edge.viewerResponse.kvStore`; if routes had several stores, move their keys into one",
            )?;
        }
        Ok(())
    }

    /// Checks that `at` is code, or the ARN of a function as in the first versions of SST.
    fn code(&mut self, at: &Cursor<'_>, place: &str) -> Result<()> {
        if at.is_text() {
            return Ok(());
        }
        self.unknown(at, place, |name| matches!(name, "injection" | "kvStore" | "kvStores"))
    }

    fn store(&mut self, at: &Cursor<'_>, place: &str, remedy: &str) -> Result<()> {
        if !at.is_object() || (at.get("kvStore").is_none() && at.get("kvStores").is_none()) {
            return Ok(());
        }
        if let Some(at) = at.get("kvStores") {
            at.texts("an array of ARNs")?;
        }
        if let Some(at) = at.get("kvStore") {
            at.text("the ARN of a store")?;
        }
        let message = format!("the store of its `{place}` cannot be kept: {remedy}");
        self.note(NoteCode::KvStore, Severity::Error, message);
        Ok(())
    }

    /// Reads the cache policy, which belonged to the route and now belongs to the router.
    fn caching(&mut self, at: &Cursor<'_>, of_bucket: bool) -> Result<()> {
        const NOW: &str = "all routes of a new Router share one cache policy, which caches an answer according to its Cache-Control, and not at all without one";
        if let Some(at) = at.get("cachePolicy") {
            let policy = shown(at.text("the id of a cache policy")?);
            let message = format!(
                "its cache policy {policy} cannot be kept: {NOW}. Let the target send Cache-Control, or change the shared policy with the Router's `transform.cachePolicy`"
            );
            self.note(NoteCode::CachePolicy, Severity::Warning, message);
        } else if of_bucket {
            let message = format!(
                "files without Cache-Control were cached for a day (by the policy CachingOptimized), independent of the query. Now {NOW}, and separately for each query. Store the files with Cache-Control"
            );
            self.note(NoteCode::BucketCaching, Severity::Warning, message);
        }
        Ok(())
    }

    fn unknown(&mut self, at: &Cursor<'_>, place: &str, known: impl Fn(&str) -> bool) -> Result<()> {
        for (name, _) in at.record("an object")? {
            if !known(name) {
                let message = format!(
                    "the legacy form has no field {}: the router ignored it, and the new route does not have it",
                    shown(&format!("{place}{name}"))
                );
                self.note(NoteCode::UnknownField, Severity::Info, message);
            }
        }
        Ok(())
    }
}
