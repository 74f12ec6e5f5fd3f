//! The credentials providers for the client's options, and the limit of concurrent requests. This module knows AWS's
//! configuration, but not the `KeyValueStore`.

use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::{ProfileFileCredentialsProvider, ProfileFileRegionProvider};
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use tokio::sync::Semaphore;

use routesync_core::kvs::IN_FLIGHT;
use routesync_core::options::settings::{AssumeRole, ClientOptions, RetryOptions};

/// The region of the STS endpoint if no region is configured. Every regional endpoint issues the version 2 session tokens
/// that `SigV4A` needs, but the global endpoint does not.
const STS_REGION: &str = "us-east-1";

/// Limits the concurrent requests of this process.
pub static PERMITS: Semaphore = Semaphore::const_new(IN_FLIGHT);

/// A provider of the fixed credentials in `options`.
#[must_use]
pub fn given(options: &ClientOptions) -> Option<SharedCredentialsProvider> {
    options.credentials.as_ref().map(|given| {
        SharedCredentialsProvider::new(Credentials::new(
            given.access_key_id.expose(),
            given.secret_access_key.expose(),
            given.session_token.as_ref().map(|token| token.expose().to_owned()),
            None,
            "routesync options",
        ))
    })
}

/// AWS's configuration without credentials, and the credentials provider: `given`, the profile of `options`, or AWS's
/// default chain. Both are before any role of `options`.
///
/// With a profile in `options`, no other source is used. AWS's default chain would use the environment first, and the
/// instance's role if the profile has no credentials.
///
/// The futures of AWS's configuration have hundreds of kilobytes. The caller boxes them to keep them off the stack of a
/// runtime thread.
pub async fn base(
    options: &ClientOptions,
    retry: &RetryOptions,
    http: SharedHttpClient,
    given: Option<SharedCredentialsProvider>,
) -> (SdkConfig, Option<SharedCredentialsProvider>) {
    // The engine retries requests that may be repeated. Without timeouts, a silent host would block a call until its deadline.
    let limits = TimeoutConfig::builder()
        .connect_timeout(retry.connect_timeout)
        .operation_attempt_timeout(retry.attempt_timeout)
        .build();
    let loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http.clone())
        .retry_config(RetryConfig::disabled())
        .timeout_config(limits.clone());
    if let Some(given) = given {
        let loader = loader.region(Region::from_static(STS_REGION)).credentials_provider(given.clone());
        return (loader.load().await, Some(given));
    }
    let Some(profile) = &options.profile else {
        let config = loader.region(region(ProfileFileRegionProvider::builder())).load().await;
        let provider = config.credentials_provider();
        return (config, provider);
    };
    let config = loader
        .region(region(ProfileFileRegionProvider::builder().profile_name(profile)))
        .profile_name(profile)
        .no_credentials()
        .load()
        .await;
    let conf = ProviderConfig::without_region()
        .with_http_client(http)
        .with_region(config.region().cloned())
        .with_use_fips(config.use_fips())
        .with_use_dual_stack(config.use_dual_stack())
        .with_retry_config(RetryConfig::disabled())
        .with_timeout_config(limits);
    let provider = ProfileFileCredentialsProvider::builder().configure(&conf).profile_name(profile).build();
    (config, Some(SharedCredentialsProvider::new(provider)))
}

/// The region for STS and SSO. The instance's metadata is not a source, since its timeout takes seconds on other machines.
fn region(profile: aws_config::profile::region::Builder) -> RegionProviderChain {
    RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new())
        .or_else(profile.build())
        .or_else(Region::from_static(STS_REGION))
}

/// A provider that assumes `role` with the credentials `source`.
pub async fn assume(role: &AssumeRole, base: &SdkConfig, source: Credentials) -> AssumeRoleProvider {
    let mut provider = AssumeRoleProvider::builder(&role.arn)
        .session_name(role.session_name.as_deref().unwrap_or("routesync"))
        .configure(base);
    if let Some(id) = &role.external_id {
        provider = provider.external_id(id.expose());
    }
    if let Some(region) = &role.region {
        provider = provider.region(Region::new(region.clone()));
    }
    provider.build_from_provider(source).await
}
