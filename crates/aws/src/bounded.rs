//! A bound on what an answer may weigh: whoever answers for the store, a proxy on the way or credentials' own services
//! could otherwise fill the process's memory.

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use http_body_util::Limited;

/// Bytes of an answer, at most. The largest one is a page of 50 keys of 512 bytes with values of 1 KB, which JSON may spell
/// in six times as many: 461 kB.
const ANSWER_BYTES: usize = 1 << 20;

/// A client that reads no further than [`ANSWER_BYTES`] into an answer: the rest is an error of its body.
#[derive(Debug)]
pub struct Bounded(pub SharedHttpClient);

impl HttpClient for Bounded {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(BoundedConnector(self.0.http_connector(settings, components)))
    }
}

#[derive(Debug)]
struct BoundedConnector(SharedHttpConnector);

impl HttpConnector for BoundedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let answer = self.0.call(request);
        HttpConnectorFuture::new(async move {
            let mut answer = answer.await?;
            let body = std::mem::replace(answer.body_mut(), SdkBody::taken());
            *answer.body_mut() = SdkBody::from_body_1_x(Limited::new(body, ANSWER_BYTES));
            Ok(answer)
        })
    }
}
