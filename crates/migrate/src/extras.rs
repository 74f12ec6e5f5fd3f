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
                "the legacy router read no `{name}`: SST's 20 seconds for a URL's answer and CloudFront's defaults held. The route has it, and it takes effect now; leave it out to change nothing"
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
                    "the rewrite goes along: the first match of `regex` in the path is replaced, as before",
                );
                return Ok(rewrite(regex, to));
            }
            (Some(ran), Some(put)) => {
                let message = format!(
                    "the legacy router put the rewrite between quotes into its function, where a backslash counts once more: {} ran as {}. The route has what ran; to have it as written, set `rewrite` to it",
                    shown(&format!("{regex} → {to}")),
                    shown(&format!("{ran} → {put}")),
                );
                self.note(NoteCode::RewriteUnescaped, Severity::Info, message);
                return Ok(rewrite(&ran, &put));
            }
            _ => format!(
                "the legacy router put the rewrite {} between quotes into its function, where its escapes may have been refused or meant something else. The route has it as written: try it with a URL",
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
                "its `edge.viewerRequest` does not go along: a new Router has one, for all routes. Move the code to the Router's `edge.viewerRequest.injection` and let it look at `event.request.uri` first, so that it runs for {pattern} only; there it runs before the route is chosen and before the rewrite, not after"
            );
            self.note(NoteCode::ViewerRequest, Severity::Error, message);
            self.store(
                &at,
                "edge.viewerRequest",
                "a function reads one store, and the Router's own function reads its routes from it: give this one to the Router's `edge.viewerRequest.kvStore`, and sync the routes to it",
            )?;
        }
        if let Some(at) = edge.get("viewerResponse") {
            self.code(&at, "edge.viewerResponse.")?;
            let message = format!(
                "its `edge.viewerResponse` does not go along: a new Router has one, for all routes. Move the code to the Router's `edge.viewerResponse.injection` and let it look at `event.request.uri` first, so that it runs for {pattern} only; the path is the rewritten one there"
            );
            self.note(NoteCode::ViewerResponse, Severity::Error, message);
            self.store(
                &at,
                "edge.viewerResponse",
                "give it to the Router's `edge.viewerResponse.kvStore`; where routes had several stores, put their keys into one",
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
        let message = format!("the store of its `{place}` does not go along: {remedy}");
        self.note(NoteCode::KvStore, Severity::Error, message);
        Ok(())
    }

    /// Reads the cache policy, which belonged to the route and now belongs to the router.
    fn caching(&mut self, at: &Cursor<'_>, of_bucket: bool) -> Result<()> {
        const NOW: &str = "all routes of a new Router share one cache policy: an answer is kept as its Cache-Control says, and not at all without one";
        if let Some(at) = at.get("cachePolicy") {
            let policy = shown(at.text("the id of a cache policy")?);
            let message = format!(
                "its cache policy {policy} does not go along; {NOW}. Let the target send Cache-Control, or change the one policy with the Router's `transform.cachePolicy`"
            );
            self.note(NoteCode::CachePolicy, Severity::Warning, message);
        } else if of_bucket {
            let message = format!(
                "files without Cache-Control were kept for a day (the policy CachingOptimized) and the query took no part; {NOW}, for each query apart. Store the files with Cache-Control"
            );
            self.note(NoteCode::BucketCaching, Severity::Warning, message);
        }
        Ok(())
    }

    fn unknown(&mut self, at: &Cursor<'_>, place: &str, known: impl Fn(&str) -> bool) -> Result<()> {
        for (name, _) in at.record("an object")? {
            if !known(name) {
                let message = format!(
                    "the legacy form has no field {}: the router did not read it, and it is left out",
                    shown(&format!("{place}{name}"))
                );
                self.note(NoteCode::UnknownField, Severity::Info, message);
            }
        }
        Ok(())
    }
}
