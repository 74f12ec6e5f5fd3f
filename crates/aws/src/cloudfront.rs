//! [`Store`] by the AWS SDK. Only this file names `aws_sdk_*`.
//!
//! The SDK signs and sends requests, but does not retry them. After a lost answer to a write, its standard retry would
//! resend the write with the old `ETag`, and report a conflict with the write itself.

use std::sync::{Arc, OnceLock};

use aws_config::BehaviorVersion;
use aws_sdk_cloudfrontkeyvaluestore::Client;
use aws_sdk_cloudfrontkeyvaluestore::config::endpoint::{
    DefaultResolver, EndpointFuture, Params, ResolveEndpoint,
};
use aws_sdk_cloudfrontkeyvaluestore::config::{
    Config, IdentityCache, StalledStreamProtectionConfig, retry::RetryConfig, timeout::TimeoutConfig,
};
use aws_sdk_cloudfrontkeyvaluestore::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_cloudfrontkeyvaluestore::operation::RequestId;
use aws_sdk_cloudfrontkeyvaluestore::types::{DeleteKeyRequestListItem, PutKeyRequestListItem};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::DateTime;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::date_time::Format;
use tokio::sync::OnceCell;

use super::failure::{self, Cut, Destination, Raw, Service};
use super::keys::Keys;
use super::shared_config::AwsEnv;
use super::{client, endpoint, transport, watch};
use routesync_core::kvs::{
    Batch, Counts, Described, ETag, Endpoint, Failure, FailureKind, Got, Page, Store, StoreArn, Updated,
    limits,
};
use routesync_core::options::settings::{ClientOptions, RetryOptions};

/// One `KeyValueStore` of the service, or of a compatible server at another endpoint.
#[derive(Debug)]
pub struct CloudFrontStore {
    arn: StoreArn,
    options: ClientOptions,
    retry: RetryOptions,
    env: AwsEnv,
    keys: Keys,
    /// Made for the first request, since the endpoint may be in AWS's files.
    connection: OnceCell<Connection>,
}

/// The client and its endpoint.
#[derive(Debug)]
struct Connection {
    client: Client,
    endpoint: Option<Endpoint>,
}

impl CloudFrontStore {
    /// The store `arn`, with a client by `options` and AWS's configuration in `env`. Nothing is sent or read yet.
    #[must_use]
    pub fn new(arn: StoreArn, options: ClientOptions, retry: RetryOptions, env: AwsEnv) -> Self {
        let keys = Keys::new(options.clone(), retry.clone(), env.clone());
        Self { arn, options, retry, env, keys, connection: OnceCell::const_new() }
    }

    #[must_use]
    pub const fn keys(&self) -> &Keys {
        &self.keys
    }

    /// The endpoint of requests, if it is not AWS's own.
    ///
    /// # Errors
    /// AWS's configuration names an endpoint that cannot be used.
    pub async fn resolve_endpoint(&self) -> Result<Option<&Endpoint>, Failure> {
        Ok(self.connect().await?.endpoint.as_ref())
    }

    async fn connect(&self) -> Result<&Connection, Failure> {
        self.connection
            .get_or_try_init(|| async {
                let endpoint = endpoint::resolve(&self.options, &self.env).await?;
                let url = endpoint.as_ref().map(|endpoint| endpoint.url.as_str());
                let timeouts = TimeoutConfig::builder()
                    .connect_timeout(self.retry.connect_timeout)
                    .operation_attempt_timeout(self.retry.attempt_timeout)
                    .build();
                let mut config = Config::builder()
                    .behavior_version(BehaviorVersion::latest())
                    .http_client(transport::to_store(&self.options, url)?)
                    .retry_config(RetryConfig::disabled())
                    .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
                    .timeout_config(timeouts)
                    .identity_cache(IdentityCache::no_cache())
                    .credentials_provider(self.keys.clone());
                if let Some(url) = url {
                    config = config
                        .endpoint_resolver(Fixed { url: url.to_owned(), rules: DefaultResolver::new() });
                }
                Ok(Connection { client: Client::from_conf(config.build()), endpoint })
            })
            .await
    }

    /// The client, after the keys for its next request have been found.
    async fn client(&self) -> Result<&Client, Failure> {
        let connection = self.connect().await?;
        self.keys.ready().await?;
        Ok(&connection.client)
    }

    /// The destination of requests, for messages.
    fn destination(&self) -> Destination {
        let endpoint = self.connection.get().and_then(|connection| connection.endpoint.as_ref());
        transport::destination(endpoint.map_or_else(
            || format!("{}.cloudfront-kvs.global.api.aws", self.arn.account()),
            |endpoint| endpoint.url.clone(),
        ))
    }

    /// The failure for an answer that is not from the service.
    fn intercepted(&self, raw: &HttpResponse, bare: bool) -> Option<Failure> {
        raw_of(raw, bare).intercepted(&self.destination())
    }

    fn failure<E>(&self, error: &SdkError<E, HttpResponse>) -> Failure
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        let request_id = error.request_id().map(str::to_owned);
        match error {
            SdkError::ServiceError(service) => {
                let meta = service.err().meta();
                let status = service.raw().status();
                let bare = meta.code().is_none() && meta.message().is_none();
                if let Some(failure) = self.intercepted(service.raw(), bare) {
                    return failure;
                }
                let answer = Service { status: status.as_u16(), code: meta.code(), message: meta.message() };
                // A successful answer that cannot be parsed is also an error.
                let failure =
                    if status.is_success() { answer.unreadable(service.err()) } else { answer.failure() };
                let message = failure.message + raw_of(service.raw(), bare).note();
                Failure { message, request_id, ..failure }
            }
            SdkError::ResponseError(response) => {
                if let Some(failure) = self.intercepted(response.raw(), true) {
                    return failure;
                }
                let status = response.raw().status().as_u16();
                let failure = Service { status, code: None, message: None }.unreadable(error);
                Failure { request_id, ..failure }
            }
            SdkError::TimeoutError(_) => Failure {
                kind: FailureKind::Unknown,
                message: format!(
                    "{} did not answer within {} ms",
                    self.destination().host,
                    self.retry.attempt_timeout.as_millis()
                ),
                request_id,
            },
            SdkError::DispatchFailure(dispatch) => {
                let to = self.destination();
                match dispatch.as_connector_error() {
                    Some(error) => failure::dispatch(&to, error, watch::cut(error)),
                    None => failure::dispatch(&to, error, Cut::Before),
                }
            }
            _ => Failure {
                kind: FailureKind::Rejected,
                message: "the request could not be built".to_owned(),
                request_id,
            },
        }
    }
}

impl CloudFrontStore {
    /// `DescribeKeyValueStore`, and the service's time in seconds since the epoch, also if the service refuses the request.
    pub async fn describe_and_date(&self) -> (Result<Described, Failure>, Option<u64>) {
        let heard = Heard::default();
        let described = self.describe_heard(Some(heard.clone())).await;
        (described, heard.0.get().copied())
    }

    async fn describe_heard(&self, heard: Option<Heard>) -> Result<Described, Failure> {
        let client = self.client().await?;
        let _permit = client::PERMITS.acquire().await;
        let request = client.describe_key_value_store().kvs_arn(self.arn.as_str());
        let answer = match heard {
            Some(heard) => request.customize().interceptor(heard).send().await,
            None => request.send().await,
        };
        let answer = answer.map_err(|error| self.failure(&error))?;
        if let Some(status) = answer.status().filter(|status| *status != "READY") {
            return Err(Failure {
                kind: FailureKind::NotReady,
                message: format!("the store's status is {status}"),
                request_id: answer.request_id().map(str::to_owned),
            });
        }
        let counts = counts(answer.item_count(), answer.total_size_in_bytes());
        Ok(Described { etag: etag_of(answer.e_tag(), answer.request_id())?, counts })
    }
}

impl Store for CloudFrontStore {
    fn endpoint(&self) -> Option<Endpoint> {
        self.connection.get()?.endpoint.clone()
    }

    async fn describe(&self) -> Result<Described, Failure> {
        self.describe_heard(None).await
    }

    async fn get(&self, key: &str) -> Result<Option<Got>, Failure> {
        let client = self.client().await?;
        let _permit = client::PERMITS.acquire().await;
        match client.get_key().kvs_arn(self.arn.as_str()).key(key).send().await {
            Ok(answer) => Ok(Some(Got {
                value: answer.value().to_owned(),
                counts: counts(answer.item_count(), answer.total_size_in_bytes()),
            })),
            Err(error) => match self.failure(&error) {
                // Describe detects a missing store, so here only the key is missing.
                Failure { kind: FailureKind::Gone, .. } => Ok(None),
                failure => Err(failure),
            },
        }
    }

    async fn list(&self, token: Option<&str>) -> Result<Page, Failure> {
        let client = self.client().await?;
        let _permit = client::PERMITS.acquire().await;
        let answer = client
            .list_keys()
            .kvs_arn(self.arn.as_str())
            .set_next_token(token.map(str::to_owned))
            .max_results(i32::from(limits::PAGE_KEYS))
            .send()
            .await
            .map_err(|error| self.failure(&error))?;
        let items = answer.items().iter().map(|item| (item.key().to_owned(), item.value().to_owned()));
        Ok(Page { items: items.collect(), next: answer.next_token().map(str::to_owned) })
    }

    async fn update(&self, etag: &ETag, batch: &Batch) -> Result<Updated, Failure> {
        let client = self.client().await?;
        let _permit = client::PERMITS.acquire().await;
        let built = |error: &dyn std::fmt::Display| Failure {
            kind: FailureKind::Rejected,
            message: format!("the batch could not be built: {error}"),
            request_id: None,
        };
        let mut request = client.update_keys().kvs_arn(self.arn.as_str()).if_match(etag.as_str());
        for (key, value) in &batch.puts {
            let item = PutKeyRequestListItem::builder().key(key).value(value).build();
            request = request.puts(item.map_err(|error| built(&error))?);
        }
        for key in &batch.deletes {
            let item = DeleteKeyRequestListItem::builder().key(key).build();
            request = request.deletes(item.map_err(|error| built(&error))?);
        }
        let answer = request.send().await.map_err(|error| self.failure(&error))?;
        let counts = counts(answer.item_count(), answer.total_size_in_bytes());
        Ok(Updated { etag: etag_of(answer.e_tag(), answer.request_id())?, counts })
    }
}

fn raw_of(answer: &HttpResponse, bare: bool) -> Raw {
    let html = failure::is_html(answer.headers().get("content-type"), answer.body().bytes());
    Raw { status: answer.status().as_u16(), html, bare }
}

/// An answer's `ETag`. Without one, the state is unknown.
fn etag_of(text: &str, request_id: Option<&str>) -> Result<ETag, Failure> {
    if text.is_empty() {
        return Err(Failure {
            kind: FailureKind::Unknown,
            message: "an answer without an ETag".to_owned(),
            request_id: request_id.map(str::to_owned),
        });
    }
    Ok(ETag::new(text))
}

fn counts(items: i32, bytes: i64) -> Counts {
    Counts {
        items: u64::try_from(items).unwrap_or_default(),
        bytes: u64::try_from(bytes).unwrap_or_default(),
    }
}

/// The time in an answer's `Date` header.
#[derive(Debug, Clone, Default)]
struct Heard(Arc<OnceLock<u64>>);

impl Intercept for Heard {
    fn name(&self) -> &'static str {
        "routesync Date"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let date = context.response().headers().get("date");
        let date = date.and_then(|text| DateTime::from_str(text, Format::HttpDate).ok());
        if let Some(seconds) = date.and_then(|date| u64::try_from(date.secs()).ok()) {
            self.0.get_or_init(|| seconds);
        }
        Ok(())
    }
}

/// Sends all requests to one URL. The service's own endpoint rules still check the ARN and choose the signature. Without
/// them the client would silently sign with `SigV4`, and add the account to the host.
#[derive(Debug)]
struct Fixed {
    url: String,
    rules: DefaultResolver,
}

impl ResolveEndpoint for Fixed {
    fn resolve_endpoint<'a>(&'a self, params: &'a Params) -> EndpointFuture<'a> {
        let url = self.url.clone();
        EndpointFuture::new(async move {
            let endpoint = self.rules.resolve_endpoint(params).await?;
            Ok(endpoint.into_builder().url(url).build())
        })
    }
}
