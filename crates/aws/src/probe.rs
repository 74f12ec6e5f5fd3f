//! [`Probe`] over HTTP: asks the probe of a distribution, with the proxies and certificate authorities of the client's options.

use std::time::Duration;

use aws_smithy_http_client::Connector;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorSettings};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use http_body_util::{BodyExt, Limited};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::failure::{self, Cut, Destination};
use super::{transport, watch};
use routesync_core::confirm::{Answer, PROBE_PATH, Probe, Unusable};
use routesync_core::kvs::Failure;
use routesync_core::options::settings::{ClientOptions, RetryOptions};

/// Maximum bytes of an answer. The probe's has less than 600: an id of at most 512 bytes, and some words.
const ANSWER_BYTES: usize = 4_096;

/// The longest wait for an answer. The function answers within milliseconds, and a question that hangs holds up its round.
const LONGEST: Duration = Duration::from_secs(3);

/// The probe of a distribution.
#[derive(Debug)]
pub struct EdgeProbe {
    /// The URL of the distribution, without a final `/`.
    url: String,
    connector: Connector,
    to: Destination,
    timeout: Duration,
}

impl EdgeProbe {
    /// The probe of the distribution at `url`. Nothing is sent yet.
    ///
    /// # Errors
    /// `client.caBundle` cannot be read, or is not a list of certificates.
    pub fn new(url: &str, client: &ClientOptions, retry: &RetryOptions) -> Result<Self, Failure> {
        let timeout = retry.attempt_timeout.min(LONGEST);
        let settings = HttpConnectorSettings::builder()
            .connect_timeout(retry.connect_timeout)
            .read_timeout(timeout)
            .build();
        Ok(Self {
            url: url.to_owned(),
            connector: transport::to_edge(client, url, settings)?,
            to: transport::destination(url.to_owned()),
            timeout,
        })
    }

    async fn send(&self, host: &str, uri: &str) -> Result<Answer, Unusable> {
        let text = |text| utf8_percent_encode(text, NON_ALPHANUMERIC);
        let mut request = HttpRequest::empty();
        let set = request.set_uri(format!("{}{PROBE_PATH}?host={}&uri={}", self.url, text(host), text(uri)));
        set.map_err(|error| Unusable(error.to_string()))?;
        request.headers_mut().insert("cache-control", "no-cache");
        let answer = self.connector.call(request).await.map_err(|error| self.broken(&error))?;
        let (status, kind) = (answer.status().as_u16(), answer.headers().get("content-type"));
        let kind = kind.map(str::to_owned);
        let body = match Limited::new(answer.into_body(), ANSWER_BYTES).collect().await {
            Ok(body) => body.to_bytes(),
            // A longer or broken answer is not the probe's, whatever it holds.
            Err(_) => bytes::Bytes::new(),
        };
        Answer::read(status, kind.as_deref(), &body)
    }

    fn broken(&self, error: &ConnectorError) -> Unusable {
        let cut = watch::cut(error);
        Unusable(match cut {
            Cut::Before => format!("the request to {} could not be sent", self.to.host),
            _ => failure::dispatch(&self.to, error, cut).message,
        })
    }
}

impl Probe for EdgeProbe {
    async fn ask(&self, host: &str, uri: &str) -> Result<Answer, Unusable> {
        let answer = tokio::time::timeout(self.timeout, self.send(host, uri)).await;
        answer.unwrap_or_else(|_| {
            let message = format!("{} did not answer within {} ms", self.to.host, self.timeout.as_millis());
            Err(Unusable(message))
        })
    }
}
