//! The option `edge`: whether a call waits until an edge location serves its routes.

use std::time::Duration;

use super::cursor::Cursor;
use super::defaults;
use super::settings::endpoint_url;
use crate::error::{Code, Result};

/// Where the probe is asked, and for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EdgeOptions {
    /// The URL of the distribution, without a final `/`.
    pub url: String,
    /// Time from the commit until the call stops waiting.
    pub deadline: Duration,
    /// Whether the call is rejected if the edge does not serve its routes in time.
    pub required: bool,
}

/// What `edge.url` must be.
const URL: &str = "the URL of a distribution, such as \"https://example.com\"";

impl EdgeOptions {
    /// Reads the option `edge`: `{ url, deadline?, required? }`. `None` without it.
    ///
    /// # Errors
    /// [`Code::InvalidOption`]. Its message never shows a URL with credentials.
    pub fn read(options: &Cursor<'_>) -> Result<Option<Self>> {
        let Some(edge) = options.get("edge") else { return Ok(None) };
        edge.fields(&["url", "deadline", "required"])?;
        Self::of(&edge, defaults::EDGE_DEADLINE).map(Some)
    }

    /// Reads the option `edge` of a call that writes nothing: `{ url, deadline? }`. `None` without it.
    ///
    /// # Errors
    /// As for [`EdgeOptions::read`]. Also if the call is not about one router.
    pub fn read_check(options: &Cursor<'_>) -> Result<Option<Self>> {
        let Some(edge) = options.get("edge") else { return Ok(None) };
        edge.fields(&["url", "deadline"])?;
        if options.get("router").is_none() {
            return Err(
                edge.reject(Code::InvalidOption, "is about the routes of one router; give `router`, too")
            );
        }
        Self::of(&edge, defaults::EDGE_CHECK).map(Some)
    }

    fn of(edge: &Cursor<'_>, deadline: Duration) -> Result<Self> {
        let at = edge.require("url", URL)?;
        let text = at.text(URL)?;
        let refused = |why: &str| at.reject(Code::InvalidOption, format!("{why}; expected {URL}"));
        if text.contains('@') {
            return Err(refused("holds credentials, which the probe does not need"));
        }
        let url = endpoint_url(text).map_err(|why| match why {
            Some(why) => refused(why),
            None => at.expected(URL),
        })?;
        let parsed = ::url::Url::parse(&url).ok().filter(|url| url.port() != Some(0));
        let host = parsed.as_ref().and_then(::url::Url::host_str).unwrap_or_default();
        let named = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
        if host.is_empty() || !host.bytes().all(named) {
            return Err(at.expected(URL));
        }
        // The probe's path is that of the whole distribution.
        if url.split("://").nth(1).is_some_and(|rest| rest.contains('/')) {
            return Err(refused("has a path, and the probe is at the distribution's own path"));
        }
        let deadline =
            edge.get("deadline").map_or(Ok(deadline), |at| at.duration(&defaults::EDGE_DEADLINE_BOUNDS))?;
        let required = edge.get("required").map_or(Ok(false), |at| at.flag())?;
        Ok(Self { url, deadline, required })
    }
}
