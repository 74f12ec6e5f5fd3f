//! Where requests go when the call does not say: AWS's configuration can name another endpoint than AWS's own.
//!
//! The order is that of all AWS SDKs: the call's own option, the service's environment variable, the general one, the
//! `services` section of the profile, the profile's `endpoint_url`. Unlike the SDKs, which put the account before the
//! host, the URL is used as it is: emulators answer at one address for all accounts.

use super::shared_config::{AwsEnv, GLOBAL, IGNORE, SERVICE, SharedConfig};
use routesync_core::kvs::{Endpoint, Failure, FailureKind};
use routesync_core::options::settings::{ClientOptions, ENDPOINT, endpoint_url};

/// The same as [`IGNORE`], in a profile.
const IGNORE_KEY: &str = "ignore_configured_endpoint_urls";
/// The service in a `services` section: as AWS documents it, and as the Rust SDK spells it.
const SECTION_KEYS: [&str; 2] = ["cloudfront_keyvaluestore", "cloudfront-keyvaluestore"];

/// The endpoint that `options`, `env` and AWS's files name; `None` is AWS's own.
///
/// AWS's files are read although the call gives credentials, since these do not say where they are to be used. Measured
/// without optimization, and once for each client: 8 µs where there are no files, 1.5 ms for 40 profiles. They are not
/// read where the call names an endpoint, or the environment turns configured ones off.
///
/// # Errors
/// [`FailureKind::Misconfigured`] when a place names something that is no URL, or the files cannot be read: a shell that
/// was set up for an emulator must not write to AWS because of a slip.
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
    // What the environment says of it goes before what the profile says.
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
        // The text is not shown: someone may have put credentials into it.
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
