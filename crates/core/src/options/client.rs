//! Reads the options `client` and `retry`: how to reach the service, and how long to try.

use super::cursor::Cursor;
use super::defaults;
use super::settings::{AssumeRole, ClientOptions, Credentials, ENDPOINT, RetryOptions, Secret, endpoint_url};
use crate::error::{Code, Result};

/// Maximum bytes of a credential. Session tokens can have a few thousand.
const SECRET_BYTES: usize = 16_384;
/// Maximum bytes of a role's ARN (IAM, `AssumeRole`).
const ROLE_BYTES: usize = 2_048;
/// Maximum bytes of an external id (IAM, `AssumeRole`).
const EXTERNAL_ID_BYTES: usize = 1_224;
/// Maximum bytes of a session's name (IAM, `AssumeRole`).
const SESSION_NAME_BYTES: usize = 64;

impl Default for RetryOptions {
    fn default() -> Self {
        Self {
            attempt_timeout: defaults::ATTEMPT_TIMEOUT,
            connect_timeout: defaults::CONNECT_TIMEOUT,
            first_wait: defaults::FIRST_WAIT,
            max_wait: defaults::MAX_WAIT,
        }
    }
}

impl ClientOptions {
    /// Reads the option `client`: `{ endpoint?, profile?, credentials?, assumeRole?, caBundle? }`.
    ///
    /// # Errors
    /// [`Code::InvalidOption`]. Its message shows no value below `credentials`.
    pub fn read(client: &Cursor<'_>) -> Result<Self> {
        let client = client.secret();
        client.fields(&["endpoint", "profile", "credentials", "assumeRole", "caBundle"])?;
        if let (Some(profile), Some(_)) = (client.get("profile"), client.get("credentials")) {
            return Err(profile.open().reject(
                Code::InvalidOption,
                "is given beside `client.credentials`, and only one of them can sign; expected one of the two",
            ));
        }
        Ok(Self {
            endpoint: client.get("endpoint").map(|at| endpoint(&at)).transpose()?,
            profile: client
                .get("profile")
                .map(|at| at.open().line("the name of a profile", 256).map(str::to_owned))
                .transpose()?,
            credentials: client.get("credentials").map(|at| Credentials::read(&at)).transpose()?,
            assume_role: client.get("assumeRole").map(|at| AssumeRole::read(&at)).transpose()?,
            ca_bundle: client
                .get("caBundle")
                .map(|at| {
                    at.open()
                        .text("certificates in PEM form, or the path of a file of them")
                        .map(str::to_owned)
                })
                .transpose()?,
        })
    }
}

impl Credentials {
    fn read(at: &Cursor<'_>) -> Result<Self> {
        // An identity object of the AWS SDK has more fields, which signing does not need.
        at.fields(&[
            "accessKeyId",
            "secretAccessKey",
            "sessionToken",
            "expiration",
            "credentialScope",
            "accountId",
            "$source",
        ])?;
        let secret = |at: &Cursor<'_>, what| at.line(what, SECRET_BYTES).map(Secret::new);
        Ok(Self {
            access_key_id: secret(&at.require("accessKeyId", "an access key id")?, "an access key id")?,
            secret_access_key: secret(&at.require("secretAccessKey", "a secret key")?, "a secret key")?,
            session_token: at.get("sessionToken").map(|at| secret(&at, "a session token")).transpose()?,
        })
    }
}

impl AssumeRole {
    fn read(at: &Cursor<'_>) -> Result<Self> {
        const ARN: &str = "the ARN of a role, arn:aws:iam::<account>:role/<name>";
        at.fields(&["arn", "externalId", "sessionName", "region"])?;
        let place = at.require("arn", ARN)?.open();
        let arn = place.line(ARN, ROLE_BYTES)?;
        if !arn.starts_with("arn:") || !arn.contains(":iam::") || !arn.contains(":role/") {
            return Err(place.expected(ARN));
        }
        let word =
            |key: &str, what: &str, least: usize, most: usize, others: &[u8]| -> Result<Option<String>> {
                let Some(place) = at.get(key) else { return Ok(None) };
                let place = place.open();
                let text = place.line(what, most)?;
                if text.len() < least
                    || !text.bytes().all(|b| b.is_ascii_alphanumeric() || others.contains(&b))
                {
                    return Err(place.expected(what));
                }
                Ok(Some(text.to_owned()))
            };
        Ok(Self {
            arn: arn.to_owned(),
            external_id: at
                .get("externalId")
                .map(|at| at.line("an external id", EXTERNAL_ID_BYTES).map(Secret::new))
                .transpose()?,
            session_name: word(
                "sessionName",
                "a name of 2 to 64 letters, digits and _ + = , . @ -",
                2,
                SESSION_NAME_BYTES,
                b"_+=,.@-",
            )?,
            region: word("region", "a region such as \"eu-central-1\"", 1, 64, b"-")?,
        })
    }
}

impl RetryOptions {
    /// Reads the option `retry`: `{ attemptTimeout?, connectTimeout?, firstWait?, maxWait? }`, each a
    /// number of seconds (`0.05`) or text (`"2 seconds"`).
    ///
    /// # Errors
    /// [`Code::InvalidOption`], also when `firstWait` exceeds `maxWait`.
    pub fn read(retry: &Cursor<'_>) -> Result<Self> {
        retry.fields(&["attemptTimeout", "connectTimeout", "firstWait", "maxWait"])?;
        let mut options = Self::default();
        if let Some(at) = retry.get("attemptTimeout") {
            options.attempt_timeout = at.duration(&defaults::ATTEMPT_TIMEOUT_BOUNDS)?;
        }
        if let Some(at) = retry.get("connectTimeout") {
            options.connect_timeout = at.duration(&defaults::CONNECT_TIMEOUT_BOUNDS)?;
        }
        if let Some(at) = retry.get("maxWait") {
            options.max_wait = at.duration(&defaults::MAX_WAIT_BOUNDS)?;
        }
        if let Some(at) = retry.get("firstWait") {
            let first = at.duration(&defaults::FIRST_WAIT_BOUNDS)?;
            if first > options.max_wait {
                let most = options.max_wait.as_secs_f64();
                return Err(at.expected(format_args!("at most `retry.maxWait`, which is {most} seconds")));
            }
            options.first_wait = Some(first);
        }
        Ok(options)
    }
}

fn endpoint(at: &Cursor<'_>) -> Result<String> {
    endpoint_url(at.line(ENDPOINT, 2_048)?).map_err(|why| match why {
        None => at.expected(ENDPOINT),
        Some(why) => at.reject(
            Code::InvalidOption,
            format!("{why}; expected {ENDPOINT} such as \"http://127.0.0.1:4566\""),
        ),
    })
}

#[cfg(test)]
#[path = "client_tests.rs"]
mod tests;
