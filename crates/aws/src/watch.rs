//! Records the last request of a credentials provider and its result. The errors of AWS's crates do not name the host, and
//! some of them hide the reason of a failure.

use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

use super::failure::{self, Cut, Destination};
use super::transport;
use routesync_core::kvs::Failure;

/// A request for credentials.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The request's URL without path and query.
    pub to: Destination,
    /// Whether the request was to SSO.
    pub sso: bool,
    pub end: End,
}

/// The result of a request for credentials.
#[derive(Debug, Clone)]
pub enum End {
    /// The request was given up before an answer.
    Open,
    /// The request failed without an answer.
    Broken(Failure),
    /// The status of the answer, and whether it was an HTML page.
    Answered(u16, bool),
}

/// The last request of a provider.
#[derive(Debug, Clone, Default)]
pub struct Watch(Arc<Mutex<Option<Asked>>>);

impl Watch {
    /// Takes the last request.
    pub fn take(&self) -> Option<Asked> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn note(&self, asked: Asked) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(asked);
    }
}

/// A client that records its requests in `watch`. Requests to this machine or link-local addresses use no proxy.
#[derive(Debug)]
pub struct Watched {
    /// The client for all other hosts.
    pub outside: SharedHttpClient,
    /// The client for this machine and link-local addresses.
    pub here: SharedHttpClient,
    pub watch: Watch,
}

impl HttpClient for Watched {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(WatchedConnector {
            outside: self.outside.http_connector(settings, components),
            here: self.here.http_connector(settings, components),
            watch: self.watch.clone(),
        })
    }
}

#[derive(Debug)]
struct WatchedConnector {
    outside: SharedHttpConnector,
    here: SharedHttpConnector,
    watch: Watch,
}

impl HttpConnector for WatchedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let url = url::Url::parse(request.uri()).ok();
        let path = url.as_ref().map_or("", url::Url::path);
        let mut asked = Asked {
            to: transport::destination(
                url.as_ref().map_or_else(String::new, |url| url.origin().ascii_serialization()),
            ),
            sso: path.ends_with("/federation/credentials") || path.ends_with("/token"),
            end: End::Open,
        };
        let here = url.as_ref().is_some_and(|url| url.scheme() == "http" && transport::is_here(url));
        let answer = if here { self.here.call(request) } else { self.outside.call(request) };
        let watch = self.watch.clone();
        watch.note(asked.clone());
        HttpConnectorFuture::new(async move {
            let answer = answer.await;
            asked.end = match &answer {
                Ok(answer) => {
                    let kind = answer.headers().get("content-type");
                    End::Answered(answer.status().as_u16(), failure::is_html(kind, None))
                }
                Err(error) => End::Broken(failure::dispatch(&asked.to, error, cut(error))),
            };
            watch.note(asked);
            answer
        })
    }
}

/// How far a request came that got no answer.
pub fn cut(error: &ConnectorError) -> Cut {
    if error.is_timeout() {
        Cut::ConnectTimeout
    } else if error.is_io() || failure::of_connection(error) {
        Cut::Network
    } else {
        Cut::Before
    }
}
