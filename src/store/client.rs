//! Credentials, and how many requests may be in flight. Knows AWS's configuration, not the `KeyValueStore`.

use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::ProfileFileRegionProvider;
use aws_config::sts::AssumeRoleProvider;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use tokio::sync::Semaphore;

use super::transport;
use crate::kvs::{Failure, IN_FLIGHT};
use crate::options::{AssumeRole, ClientOptions};

/// The region that STS is asked in when nothing names one. Any regional endpoint gives the version 2
/// session tokens that `SigV4A` needs; the global one does not.
const STS_REGION: &str = "us-east-1";

/// The permits for requests of this process.
pub static PERMITS: Semaphore = Semaphore::const_new(IN_FLIGHT);

/// The credentials that `options` name: given ones, a profile's, the default chain's; and through them
/// a role's.
///
/// The futures of AWS's configuration are hundreds of kilobytes: boxed, they do not lie on the stack of
/// a runtime's thread while something else is polled.
///
/// # Errors
/// When requests cannot leave as `options` say.
pub async fn credentials(options: &ClientOptions) -> Result<Option<SharedCredentialsProvider>, Failure> {
    let given = options.credentials.as_ref().map(|given| {
        SharedCredentialsProvider::new(aws_credential_types::Credentials::new(
            given.access_key_id.expose(),
            given.secret_access_key.expose(),
            given.session_token.as_ref().map(|token| token.expose().to_owned()),
            None,
            "routesync options",
        ))
    });
    // Nobody is asked then, and no authorities are loaded; but a bundle that is none is told all the same.
    if given.is_some() && options.assume_role.is_none() && options.ca_bundle.is_none() {
        return Ok(given);
    }
    let http = transport::to_aws(options)?;
    let base = match given {
        // Nothing is looked up: credentials and region are there.
        Some(given) => {
            let loader = aws_config::defaults(BehaviorVersion::latest())
                .http_client(http)
                .region(Region::from_static(STS_REGION))
                .credentials_provider(given);
            Box::pin(loader.load()).await
        }
        None => Box::pin(load(options, http)).await,
    };
    Ok(match &options.assume_role {
        Some(role) => Some(Box::pin(assume(role, &base)).await),
        None => base.credentials_provider(),
    })
}

async fn assume(role: &AssumeRole, base: &SdkConfig) -> SharedCredentialsProvider {
    let mut provider = AssumeRoleProvider::builder(&role.arn)
        .session_name(role.session_name.as_deref().unwrap_or("routesync"))
        .configure(base);
    if let Some(id) = &role.external_id {
        provider = provider.external_id(id.expose());
    }
    if let Some(region) = &role.region {
        provider = provider.region(Region::new(region.clone()));
    }
    let provider = match base.credentials_provider() {
        Some(source) => provider.build_from_provider(source).await,
        None => provider.build().await,
    };
    SharedCredentialsProvider::new(provider)
}

/// AWS's default chain. The region is only for STS and SSO: it is never asked of the instance, which
/// costs seconds where there is none.
async fn load(options: &ClientOptions, http: SharedHttpClient) -> SdkConfig {
    let mut profile_region = ProfileFileRegionProvider::builder();
    let mut loader = aws_config::defaults(BehaviorVersion::latest()).http_client(http);
    if let Some(profile) = &options.profile {
        profile_region = profile_region.profile_name(profile);
        loader = loader.profile_name(profile);
    }
    let region = RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new())
        .or_else(profile_region.build())
        .or_else(Region::from_static(STS_REGION));
    loader.region(region).load().await
}
