//! The keys that sign requests. They are found before a request, so that a failure to find them differs from a failure of
//! the store, and names the profile, file or host at fault.

use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_smithy_runtime_api::shared::IntoShared;
use aws_smithy_types::error::ErrorMetadata;

use super::failure::{self, Raw};
use super::shared_config::{AwsEnv, Base, BaseKind, SharedConfig};
use super::watch::{Asked, End, Watch, Watched};
use super::{client, transport};
use routesync_core::kvs::{Failure, FailureKind};
use routesync_core::options::settings::{ClientOptions, RetryOptions};

/// Time before their expiration at which keys are renewed, as in the AWS SDKs.
const RENEW_BEFORE: Duration = Duration::from_secs(10);
/// Time for which keys without expiration are kept, as in the AWS SDKs.
const KEPT: Duration = Duration::from_mins(15);
/// Time limit for a provider, including all its requests and processes. A credential process may wait until the user
/// touches a security key.
const PATIENCE: Duration = Duration::from_mins(1);

/// The keys that sign a store's requests.
#[derive(Debug, Clone)]
pub struct Keys(Arc<Held>);

#[derive(Debug)]
struct Held {
    options: ClientOptions,
    retry: RetryOptions,
    env: AwsEnv,
    latest: Mutex<Option<(Credentials, Instant)>>,
    /// Locked while keys are searched, so that concurrent requests share one search.
    source: tokio::sync::Mutex<Option<Source>>,
}

/// The source of keys.
#[derive(Debug)]
struct Source {
    /// AWS's configuration, without credentials.
    config: SdkConfig,
    /// The provider of the keys before any role.
    provider: SharedCredentialsProvider,
    watch: Watch,
    /// AWS's files, if keys are searched in them.
    files: Option<SharedConfig>,
}

impl Keys {
    /// The keys by `options` and `env`. Nothing is read yet.
    #[must_use]
    pub fn new(options: ClientOptions, retry: RetryOptions, env: AwsEnv) -> Self {
        Self(Arc::new(Held {
            options,
            retry,
            env,
            latest: Mutex::default(),
            source: tokio::sync::Mutex::default(),
        }))
    }

    /// Valid keys: the latest ones, or new ones if these expire soon.
    ///
    /// # Errors
    /// Why no keys were found.
    pub async fn ready(&self) -> Result<Credentials, Failure> {
        if let Some(credentials) = self.latest(RENEW_BEFORE) {
            return Ok(credentials);
        }
        let mut source = self.0.source.lock().await;
        // Another request may have found keys in the meantime.
        if let Some(credentials) = self.latest(RENEW_BEFORE) {
            return Ok(credentials);
        }
        // A source that fails is not kept, so that the next request notices a sign-in or a corrected file.
        let used = match source.take() {
            Some(used) => used,
            None => Box::pin(self.0.find()).await?,
        };
        match Box::pin(self.0.ask(&used)).await {
            Ok(credentials) => {
                *self.0.latest.lock().unwrap_or_else(PoisonError::into_inner) =
                    Some((credentials.clone(), Instant::now()));
                *source = Some(used);
                Ok(credentials)
            }
            Err(failure) => self.latest(Duration::ZERO).ok_or(failure),
        }
    }

    /// The source of the latest keys in AWS's files.
    pub async fn base(&self) -> Option<Base> {
        self.0.source.lock().await.as_ref()?.files.as_ref()?.base()
    }

    /// The latest keys, if they are still valid for `margin`.
    fn latest(&self, margin: Duration) -> Option<Credentials> {
        let latest = self.0.latest.lock().unwrap_or_else(PoisonError::into_inner);
        let (credentials, since) = latest.as_ref()?;
        let good = match credentials.expiry() {
            Some(end) => end.duration_since(SystemTime::now()).is_ok_and(|left| left > margin),
            None => self.0.fixed() || since.elapsed() < KEPT,
        };
        good.then(|| credentials.clone())
    }
}

/// Gives the signer the keys that [`Keys::ready`] has just found.
impl ProvideCredentials for Keys {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let latest = self.0.latest.lock().unwrap_or_else(PoisonError::into_inner);
        let found = latest.as_ref().map(|(credentials, _)| credentials.clone());
        future::ProvideCredentials::ready(found.ok_or_else(CredentialsError::not_loaded_no_source))
    }
}

impl Held {
    /// Whether the call itself gives the keys, so that nothing needs to be read.
    const fn fixed(&self) -> bool {
        self.options.credentials.is_some() && self.options.assume_role.is_none()
    }

    async fn find(&self) -> Result<Source, Failure> {
        let given = client::given(&self.options);
        // Fixed keys need no request and no certificate authorities, but an invalid bundle is still an error.
        if let Some(provider) = given.clone().filter(|_| self.fixed()) {
            if self.options.ca_bundle.is_some() {
                transport::to_aws(&self.options)?;
            }
            let config = SdkConfig::builder().build();
            return Ok(Source { config, provider, watch: Watch::default(), files: None });
        }
        let files = match &given {
            Some(_) => None,
            None => self.files().await?,
        };
        let watch = Watch::default();
        let http = Watched {
            outside: transport::to_aws(&self.options)?,
            here: transport::to_here()?,
            watch: watch.clone(),
        };
        let (config, provider) = client::base(&self.options, &self.retry, http.into_shared(), given).await;
        let provider = provider.ok_or_else(|| no_credentials(NOWHERE.to_owned()))?;
        Ok(Source { config, provider, watch, files })
    }

    /// AWS's files. They must have the profile of the options. Without one, the files may be missing.
    async fn files(&self) -> Result<Option<SharedConfig>, Failure> {
        let named = self.options.profile.as_deref();
        let files = match SharedConfig::load(&self.env, named).await {
            Ok(files) => files,
            Err(why) if named.is_some() => {
                return Err(no_credentials(format!("AWS's configuration cannot be read ({why})")));
            }
            Err(_) => return Ok(None),
        };
        if named.is_some() {
            if let Some(why) = files.missing() {
                return Err(no_credentials(format!(
                    "{why}; name one of these profiles (client.profile), or add the profile with `aws configure --profile {}`",
                    files.profile()
                )));
            }
            // AWS's crates report errors of a role's source.
            if files.base().is_none() && files.get("role_arn").is_none() {
                return Err(no_credentials(format!(
                    "the profile {:?} has no credentials; add keys, a role, SSO or a credential process to it, or name another profile (client.profile). A role can get its credentials from `credential_source = Environment`, `EcsContainer` or `Ec2InstanceMetadata` beside its `role_arn`",
                    files.profile()
                )));
            }
        }
        Ok(Some(files))
    }

    /// Gets keys from `source`, and uses them to get the keys of a role from STS.
    async fn ask(&self, source: &Source) -> Result<Credentials, Failure> {
        source.watch.take();
        let base = in_time(source.provider.provide_credentials()).await;
        let base = base.map_err(|why| self.explain(&why, source))?;
        let Some(role) = &self.options.assume_role else { return Ok(base) };
        source.watch.take();
        let provider = client::assume(role, &source.config, base).await;
        in_time(provider.provide_credentials()).await.map_err(|why| {
            explain(&format!("client.assumeRole ({})", role.arn), &why, source.watch.take().as_ref(), None)
        })
    }

    /// The failure for a `source` without keys.
    fn explain(&self, why: &Why, source: &Source) -> Failure {
        let files = source.files.as_ref();
        let base = files.and_then(SharedConfig::base);
        let named = self.options.profile.is_some();
        if !named && matches!(why, Why::Error(CredentialsError::CredentialsNotLoaded(_))) {
            // The default chain found nothing. It does not report that the profile of AWS_PROFILE does not exist.
            let missing = self.env.get("AWS_PROFILE").and(files).and_then(SharedConfig::missing);
            let missing = missing.map(|why| format!(" (AWS_PROFILE: {why})")).unwrap_or_default();
            return no_credentials(format!("{NOWHERE}{missing}"));
        }
        let who = match (files, &base) {
            (Some(files), Some(base)) if base.profile == files.profile() => {
                format!("the profile {:?} ({})", files.profile(), base.kind.words())
            }
            (Some(files), Some(base)) => format!(
                "the profile {:?} (by the profile {:?}: {})",
                files.profile(),
                base.profile,
                base.kind.words()
            ),
            (Some(files), None) if named => format!("the profile {:?}", files.profile()),
            _ => match std::env::var("AWS_WEB_IDENTITY_TOKEN_FILE") {
                Ok(file) => format!("AWS_WEB_IDENTITY_TOKEN_FILE ({file:?})"),
                Err(_) => "AWS's default chain".to_owned(),
            },
        };
        explain(&who, why, source.watch.take().as_ref(), base.as_ref())
    }
}

/// The message if no source has keys.
const NOWHERE: &str = "no AWS credentials were found; sign in, set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, name a profile (client.profile), or set client.credentials";

/// Why a provider returned no keys.
#[derive(Debug)]
enum Why {
    Error(CredentialsError),
    /// It did not end within [`PATIENCE`].
    Late,
}

impl Why {
    /// The reason as text.
    fn words(&self) -> String {
        match self {
            Self::Error(error) => said(error).trim().to_owned(),
            Self::Late => format!("there was no answer within {} s", PATIENCE.as_secs()),
        }
    }

    /// Whether the provider has no source on this machine. On a machine that is not an instance, the host of the instance's
    /// metadata does not answer, and is not at fault.
    fn is_not_set_up(&self) -> bool {
        let Self::Error(error) = self else { return false };
        failure::sources(error)
            .any(|error| matches!(error.downcast_ref(), Some(CredentialsError::CredentialsNotLoaded(_))))
    }
}

async fn in_time(keys: future::ProvideCredentials<'_>) -> Result<Credentials, Why> {
    tokio::time::timeout(PATIENCE, keys).await.map_err(|_| Why::Late)?.map_err(Why::Error)
}

/// A code of STS for an error that may be retried, although its status does not show that.
const TRANSIENT: &str = "IDPCommunicationError";

/// The failure for keys that `who` did not return. `asked` is its last request, if it sent one.
fn explain(who: &str, why: &Why, asked: Option<&Asked>, base: Option<&Base>) -> Failure {
    let words = match base {
        // The message of AWS's crate would be about its compile-time features.
        Some(Base { kind: BaseKind::Login, .. }) => "routesync does not read login sessions".to_owned(),
        _ => why.words(),
    };
    // Nothing was sent to the store, so no write is in doubt.
    let nothing_sent = |kind| match kind {
        FailureKind::Unknown => FailureKind::Unreachable,
        FailureKind::Rejected => FailureKind::NoCredentials,
        kind => kind,
    };
    let failure = |kind, why: &str| Failure {
        kind: nothing_sent(kind),
        message: format!("no AWS credentials from {who}: {why}"),
        request_id: None,
    };
    let remedy = remedy(base, asked);
    let own = || failure(FailureKind::NoCredentials, &format!("{words}{remedy}"));
    let Some(Asked { to, end, .. }) = asked.filter(|_| !why.is_not_set_up()) else { return own() };
    let host = &to.host;
    match *end {
        End::Open => failure(FailureKind::Unreachable, &format!("{host} did not answer in time")),
        End::Broken(ref broken) => failure(broken.kind, &broken.message),
        End::Answered(status, html) => {
            if failure::is_throttle(status, &words) {
                return failure(FailureKind::Throttled, &format!("{host} throttles requests ({words})"));
            }
            if status >= 500 || words.contains(TRANSIENT) {
                let said = format!("{host} answered HTTP {status} ({words})");
                return failure(FailureKind::Unreachable, &said);
            }
            if let Some(other) = (Raw { status, html, bare: false }).intercepted(to) {
                return failure(other.kind, &other.message);
            }
            if status < 300 {
                return own();
            }
            failure(FailureKind::NoCredentials, &format!("{host} answered HTTP {status}: {words}{remedy}"))
        }
    }
}

/// The command or the setting that helps, if known.
fn remedy(base: Option<&Base>, asked: Option<&Asked>) -> String {
    let Some(Base { profile, kind, .. }) = base else { return String::new() };
    // Whether the sign-in failed, and not the assumption of a role after it.
    let refused_sign_in = asked.is_none_or(|asked| asked.sso);
    match kind {
        BaseKind::Sso if asked.is_some_and(|asked| matches!(asked.end, End::Answered(403 | 404, _))) => {
            format!("; check sso_account_id and sso_role_name of the profile {profile:?}")
        }
        BaseKind::Sso if refused_sign_in => format!("; sign in with `aws sso login --profile {profile}`"),
        BaseKind::WebIdentity(file) if asked.is_none() => {
            format!("; the file is {file:?}, by web_identity_token_file")
        }
        BaseKind::Login => format!(
            "; sign in with `aws login --profile {profile}`, and name a profile with `credential_process = aws configure export-credentials --profile {profile}`"
        ),
        _ => String::new(),
    }
}

/// The messages of `error` and its sources, without those that state only that a source exists.
fn said(error: &CredentialsError) -> String {
    const EMPTY: [&str; 3] =
        ["service error", "dispatch failure", "an error occurred while loading an access token"];
    let mut words = Vec::new();
    for error in failure::sources(error) {
        let own = error.to_string();
        if let Some(answer) = error.downcast_ref::<ErrorMetadata>() {
            let said = [answer.code(), answer.message()];
            words.push(said.into_iter().flatten().collect::<Vec<_>>().join(": "));
        } else if error.source().is_none()
            || !(error.is::<CredentialsError>()
                || EMPTY.contains(&own.as_str())
                || own.starts_with("unhandled error"))
        {
            words.push(own);
            // SSO's error for a login that cannot be read.
            if error.source().is_none() {
                words.extend(only_caused(error));
            }
        }
    }
    failure::cause(words)
}

/// The cause of an `error` that does not implement `source`, such as SSO's error for a login that cannot be read.
#[expect(deprecated, reason = "AWS's crate has it in `cause` alone")]
fn only_caused(error: &dyn Error) -> Vec<String> {
    let mut words = Vec::new();
    let mut next = error.cause();
    while let Some(inner) = next {
        words.push(inner.to_string());
        next = inner.cause();
    }
    words
}

const fn no_credentials(message: String) -> Failure {
    Failure { kind: FailureKind::NoCredentials, message, request_id: None }
}
