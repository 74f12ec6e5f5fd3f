//! The endpoint of requests: the call or AWS's configuration can name another endpoint than AWS's own.
//!
//! The order is that of all AWS SDKs: the call's own option, the service's environment variable, the general one, the
//! `services` section of the profile, the profile's `endpoint_url`. The SDKs add the account to the host. Here the URL is
//! used unchanged, since emulators have one address for all accounts.

use super::shared_config::{AwsEnv, GLOBAL, IGNORE, SERVICE, SharedConfig};
use routesync_core::kvs::{Endpoint, Failure, FailureKind};
use routesync_core::options::settings::{ClientOptions, ENDPOINT, endpoint_url};

/// The key of a profile with the meaning of [`IGNORE`].
const IGNORE_KEY: &str = "ignore_configured_endpoint_urls";
/// The service's names in a `services` section: the one that AWS documents, and the one of the Rust SDK.
const SECTION_KEYS: [&str; 2] = ["cloudfront_keyvaluestore", "cloudfront-keyvaluestore"];

/// The endpoint that `options`, `env` and AWS's files name; `None` means AWS's own.
///
/// AWS's files are read even if the call gives credentials, since these do not include an endpoint. They are read once for
/// each client. Measured without optimization, this takes 8 µs without files and 1.5 ms with 40 profiles. The files are
/// not read if the call names an endpoint, or if the environment turns configured endpoints off.
///
/// # Errors
/// [`FailureKind::Misconfigured`] when a configured endpoint is not a URL, or the files cannot be read: because of a typing
/// error, a shell that was set up for an emulator must not write to AWS.
pub async fn resolve(options: &ClientOptions, env: &AwsEnv) -> Result<Option<Endpoint>, Failure> {
    if let Some(url) = &options.endpoint {
        return Ok(Some(Endpoint { url: url.clone(), from: Endpoint::OPTION.to_owned() }));
    }
    let ignored = env.get(IGNORE).map(|text| flag(IGNORE, text)).transpose()?;
    if ignored == Some(true) {
        return Ok(None);
    }
    let in_env = [SERVICE, GLOBAL].into_iter().find_map(|name| Some((name, env.get(name)?)));
    if let (Some((name, text)), Some(false)) = (in_env, ignored) {
        return checked(name.to_owned(), text).map(Some);
    }
    let files = SharedConfig::load(env, options.profile.as_deref())
        .await
        .map_err(|why| misconfigured(format!("AWS's configuration cannot be read ({why})")))?;
    // The environment has precedence over the profile.
    if ignored.is_none()
        && let Some(text) = files.get(IGNORE_KEY)
        && flag(&format!("{IGNORE_KEY} of the profile {:?}", files.profile()), text)?
    {
        return Ok(None);
    }
    if let Some((name, text)) = in_env {
        return checked(name.to_owned(), text).map(Some);
    }
    if let Some((section, text)) = SECTION_KEYS.iter().find_map(|service| files.service_endpoint(service)) {
        let from = format!("the services section {section:?} of the profile {:?}", files.profile());
        return checked(from, text).map(Some);
    }
    let from = format!("endpoint_url of the profile {:?}", files.profile());
    files.get("endpoint_url").map(|text| checked(from, text)).transpose()
}

fn checked(from: String, text: &str) -> Result<Endpoint, Failure> {
    match endpoint_url(text) {
        Ok(url) => Ok(Endpoint { url, from }),
        // The text is not shown, since it may hold credentials.
        Err(why) => {
            let why = why.map_or_else(|| format!("is not {ENDPOINT}"), str::to_owned);
            Err(misconfigured(format!("{from} {why}; expected {ENDPOINT} such as \"http://127.0.0.1:4566\"")))
        }
    }
}

fn flag(from: &str, text: &str) -> Result<bool, Failure> {
    match text.trim() {
        yes if yes.eq_ignore_ascii_case("true") => Ok(true),
        no if no.eq_ignore_ascii_case("false") => Ok(false),
        other => {
            let shown: String = other.chars().take(20).collect();
            Err(misconfigured(format!("{from} is {shown:?}; expected true or false")))
        }
    }
}

const fn misconfigured(message: String) -> Failure {
    Failure { kind: FailureKind::Misconfigured, message, request_id: None }
}

#[cfg(test)]
#[path = "endpoint_tests.rs"]
mod tests;
