//! Checks whether a store can be used from this machine: credentials, clock, host, permissions and the store's state. Each
//! check has its own result and remedy. Nothing is written, so the permission to write stays unknown.

use std::time::{SystemTime, UNIX_EPOCH};

use aws_credential_types::Credentials;
use aws_credential_types::credential_feature::AwsCredentialFeature as Feature;
use serde::Serialize;

use super::cloudfront::CloudFrontStore;
use super::shared_config::{AwsEnv, Base};
use routesync_core::kvs::{Described, Endpoint, Failure, FailureKind, Store};
use routesync_core::options::settings::{self, ClientOptions, Reach, Secret};

/// Clock skew in seconds from which requests fail: AWS refuses signatures that are more than five minutes old.
const SKEW_SECONDS: u64 = 300;
/// Clock skew in seconds that is reported, although requests still work.
const NOTED_SKEW_SECONDS: u64 = 60;
/// Prefixes of session tokens from STS's global endpoint, and the prefix of those from regional endpoints, which `SigV4A`
/// needs.
const TOKEN_VERSION_1: [&str; 2] = ["FwoG", "FQoG"];
const TOKEN_VERSION_2: &str = "IQoJ";

#[derive(Debug, Serialize)]
pub struct Checkup {
    /// Whether no check failed.
    pub ok: bool,
    /// The checks, each after those on which it depends.
    pub checks: Vec<Check>,
}

#[derive(Debug, Serialize)]
pub struct Check {
    pub name: &'static str,
    pub state: State,
    /// What was found.
    pub found: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

/// The result of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Ok,
    /// The store cannot be used.
    Failed,
    /// The check could not be made, or its result cannot be known.
    Unknown,
}

impl Check {
    fn ok(name: &'static str, found: impl Into<String>) -> Self {
        Self { name, state: State::Ok, found: found.into(), remedy: None }
    }

    fn failed(name: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { name, state: State::Failed, found: found.into(), remedy: Some(remedy.into()) }
    }

    fn unknown(name: &'static str, found: impl Into<String>) -> Self {
        Self { name, state: State::Unknown, found: found.into(), remedy: None }
    }
}

/// Runs all checks for the store of `reach`.
pub async fn run(reach: &Reach) -> Checkup {
    let account = reach.store.account();
    let mut checks = vec![Check::ok("arn", format!("a store of account {account}"))];
    let env = AwsEnv::of_process();
    let store_as =
        |client| CloudFrontStore::new(reach.store.clone(), client, reach.retry.clone(), env.clone());
    let store = store_as(reach.client.clone());
    checks.push(endpoint(&store.resolve_endpoint().await));
    let signed = credentials(&store, &reach.client, account, &mut checks).await;

    // Without credentials, a request with invalid ones still shows whether the host is reachable, and its time.
    let stranger = (!signed).then(|| store_as(stranger(&reach.client)));
    let (described, heard_at) = stranger.as_ref().unwrap_or(&store).describe_and_date().await;
    checks.push(host(&described));
    checks.push(clock(heard_at, unix_now()));
    if !signed {
        for name in ["store", "DescribeKeyValueStore", "GetKey", "ListKeys", "UpdateKeys"] {
            checks.push(Check::unknown(name, "no credentials"));
        }
        return Checkup { ok: false, checks };
    }
    checks.push(status(&described));
    checks.push(permission("DescribeKeyValueStore", described.as_ref().err()));
    // The key need not exist, since a missing key also shows that the permission is there.
    checks.push(permission("GetKey", store.get("routesync:doctor").await.err().as_ref()));
    checks.push(permission("ListKeys", store.list(None).await.err().as_ref()));
    checks.push(Check::unknown(
        "UpdateKeys",
        "cannot be checked without writing; `routesync policy` prints the required policy",
    ));
    Checkup { ok: checks.iter().all(|check| check.state != State::Failed), checks }
}

fn endpoint(resolved: &Result<Option<&Endpoint>, Failure>) -> Check {
    const NAME: &str = "endpoint";
    match resolved {
        Ok(None) => Check::ok(NAME, "AWS's own"),
        Ok(Some(Endpoint { url, from })) => Check::ok(NAME, format!("{url}, by {from}")),
        Err(failure) => Check::failed(
            NAME,
            failure.message.clone(),
            "correct the endpoint, or set AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true",
        ),
    }
}

fn unix_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

fn stranger(options: &ClientOptions) -> ClientOptions {
    let credentials = settings::Credentials {
        access_key_id: Secret::new("AKIAROUTESYNCSTRANGER"),
        secret_access_key: Secret::new("none"),
        session_token: None,
    };
    ClientOptions { credentials: Some(credentials), assume_role: None, profile: None, ..options.clone() }
}

/// Adds the checks of the credentials, and returns whether they exist.
async fn credentials(
    store: &CloudFrontStore,
    options: &ClientOptions,
    account: &str,
    checks: &mut Vec<Check>,
) -> bool {
    match Box::pin(store.keys().ready()).await {
        Err(failure) => {
            checks.push(Check::failed("credentials", failure.message, unfound(failure.kind)));
            checks.push(Check::unknown("account", "no credentials"));
            checks.push(Check::unknown("session token", "no credentials"));
            false
        }
        Ok(found) => {
            let base = store.keys().base().await;
            checks.push(Check::ok("credentials", described(&found, &source(&found, options, base))));
            checks.push(of_account(&found, account));
            checks.push(token(found.session_token()));
            true
        }
    }
}

/// The remedy for credentials that were not found.
const fn unfound(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::Unreachable | FailureKind::Intercepted => "allow this host in the proxy or firewall",
        FailureKind::Throttled | FailureKind::Unknown => "try again",
        FailureKind::Misconfigured => "correct the option",
        _ => "sign in, name a profile (--profile), or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    }
}

/// The key's id, which is not secret, its source, and how long it is valid.
fn described(found: &Credentials, source: &str) -> String {
    let id: String = found.access_key_id().chars().take(20).collect();
    found.expiry().map_or_else(
        || format!("{id} from {source}"),
        |end| {
            let left = end.duration_since(SystemTime::now()).unwrap_or_default();
            let (left, unit) = span(left.as_secs());
            format!("{id} from {source}, for {left} more {unit}")
        },
    )
}

/// `seconds` in the largest unit that gives at least two.
fn span(seconds: u64) -> (u64, &'static str) {
    const UNITS: [(u64, &str); 3] = [(365 * 86_400, "years"), (86_400, "days"), (3_600, "hours")];
    let unit = UNITS.iter().find(|(size, _)| seconds >= 2 * size);
    let (size, name) = unit.copied().unwrap_or((60, "minutes"));
    (seconds / size, name)
}

fn source(found: &Credentials, options: &ClientOptions, base: Option<Base>) -> String {
    if options.assume_role.is_some() {
        return "client.assumeRole".to_owned();
    }
    if options.credentials.is_some() {
        return "client.credentials".to_owned();
    }
    let features = found.get_property::<Vec<Feature>>().map_or(&[][..], Vec::as_slice);
    // AWS's crates report only that credentials come from a profile, and not which kind they are.
    if features.contains(&Feature::CredentialsProfile)
        && let Some(Base { profile, kind, role }) = base
    {
        let role = if role { "a role, by " } else { "" };
        return format!("the profile {profile:?} ({role}{})", kind.words());
    }
    features.iter().rev().find_map(kind).unwrap_or("AWS's default chain").to_owned()
}

const fn kind(feature: &Feature) -> Option<&'static str> {
    Some(match feature {
        Feature::CredentialsEnvVars => "the environment",
        Feature::CredentialsEnvVarsStsWebIdToken
        | Feature::CredentialsStsAssumeRoleWebId
        | Feature::CredentialsProfileStsWebIdToken => "a web identity token",
        Feature::CredentialsHttp => "a container's endpoint",
        Feature::CredentialsImds => "the instance's role",
        Feature::CredentialsProfile => "a profile",
        _ => return None,
    })
}

fn of_account(found: &Credentials, account: &str) -> Check {
    match found.account_id().map(|id| id.as_str().to_owned()) {
        None => Check::unknown("account", "the credentials do not name their account"),
        Some(id) if id == account => Check::ok("account", format!("{id}, the store's own")),
        Some(id) => Check::failed(
            "account",
            format!("the credentials belong to account {id}, but the store belongs to {account}"),
            "use a profile or a role of the store's account",
        ),
    }
}

fn token(token: Option<&str>) -> Check {
    const NAME: &str = "session token";
    match token {
        None => Check::ok(NAME, "none: the keys are not temporary"),
        Some(text) if text.starts_with(TOKEN_VERSION_2) => Check::ok(NAME, "version 2"),
        Some(text) if TOKEN_VERSION_1.iter().any(|start| text.starts_with(start)) => Check::failed(
            NAME,
            "version 1, which a KeyValueStore rejects",
            "get it from a regional STS endpoint: set AWS_STS_REGIONAL_ENDPOINTS=regional, or sts_regional_endpoints = regional in the profile",
        ),
        Some(_) => Check::unknown(NAME, "its version cannot be read from the token"),
    }
}

fn host(described: &Result<Described, Failure>) -> Check {
    const NAME: &str = "host";
    match described {
        Err(failure) if matches!(failure.kind, FailureKind::Unreachable | FailureKind::Intercepted) => {
            Check::failed(
                NAME,
                failure.message.clone(),
                "allow <account>.cloudfront-kvs.global.api.aws in the proxy or firewall; check --endpoint",
            )
        }
        Err(failure) if unsent(failure.kind) => Check::unknown(NAME, "nothing was sent"),
        Err(failure) if failure.kind == FailureKind::Unknown => Check::failed(
            NAME,
            failure.message.clone(),
            "try again; if it persists, check whether a proxy answers in place of the service",
        ),
        _ => Check::ok(NAME, "it answers"),
    }
}

fn clock(heard: Option<u64>, now: u64) -> Check {
    const NAME: &str = "clock";
    let Some(heard) = heard else { return Check::unknown(NAME, "no answer had a date") };
    let off = heard.abs_diff(now);
    let way = if now > heard { "ahead of" } else { "behind" };
    if off > SKEW_SECONDS {
        let found = format!("{off} seconds {way} the service's, so it rejects signatures");
        return Check::failed(NAME, found, "set the clock, if possible with NTP");
    }
    if off > NOTED_SKEW_SECONDS {
        return Check::ok(
            NAME,
            format!("{off} seconds {way} the service's; up to {SKEW_SECONDS} are accepted"),
        );
    }
    Check::ok(NAME, format!("within {} s of the service's", off.max(1)))
}

fn status(described: &Result<Described, Failure>) -> Check {
    const NAME: &str = "store";
    match described {
        Ok(Described { counts, .. }) => {
            Check::ok(NAME, format!("ready: {} keys, {} bytes", counts.items, counts.bytes))
        }
        Err(failure) => match failure.kind {
            FailureKind::Gone => Check::failed(
                NAME,
                failure.message.clone(),
                "check the ARN: the store was deleted or never existed",
            ),
            FailureKind::NotReady | FailureKind::Creating => {
                Check::failed(NAME, failure.message.clone(), "wait until the store is ready")
            }
            _ => Check::unknown(NAME, "no answer had its status"),
        },
    }
}

fn permission(name: &'static str, failure: Option<&Failure>) -> Check {
    match failure {
        None => Check::ok(name, "allowed"),
        Some(failure) => match failure.kind {
            FailureKind::Denied => Check::failed(
                name,
                failure.message.clone(),
                format!(
                    "allow cloudfront-keyvaluestore:{name} on the store (`routesync policy` prints the policy); if all actions are denied, check the keys and the clock"
                ),
            ),
            // The service checks the permission first, so an answer about the store shows that it is granted.
            FailureKind::Gone | FailureKind::NotReady | FailureKind::Creating => Check::ok(name, "allowed"),
            _ => Check::unknown(name, "could not be checked"),
        },
    }
}

const fn unsent(kind: FailureKind) -> bool {
    matches!(kind, FailureKind::NoCredentials | FailureKind::Misconfigured | FailureKind::Rejected)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shared_config::BaseKind;

    #[test]
    fn a_token_of_the_global_endpoint_fails_and_names_the_remedy() {
        assert_eq!(token(None).state, State::Ok);
        assert_eq!(token(Some("IQoJb3JpZ2lu")).state, State::Ok);
        assert_eq!(token(Some("other")).state, State::Unknown);
        let old = token(Some("FwoGZXIvYXdz"));
        assert_eq!(old.state, State::Failed);
        assert!(old.remedy.is_some_and(|remedy| remedy.contains("AWS_STS_REGIONAL_ENDPOINTS")));
    }

    #[test]
    fn a_clock_fails_beyond_five_minutes_either_way() {
        let now = 1_800_000_000;
        assert_eq!(clock(None, now).state, State::Unknown);
        for (heard, state) in [(now, State::Ok), (now - 300, State::Ok), (now + 301, State::Failed)] {
            assert_eq!(clock(Some(heard), now).state, state);
        }
        assert!(clock(Some(now - 301), now).found.contains("ahead of"));
        assert!(clock(Some(now + 301), now).found.contains("behind"));
    }

    #[test]
    fn credentials_of_another_account_fail() {
        let of = |id: &'static str| {
            let keys = Credentials::builder().access_key_id("AKID").secret_access_key("s").provider_name("t");
            keys.account_id(id).build()
        };
        assert_eq!(of_account(&of("123456789012"), "123456789012").state, State::Ok);
        assert_eq!(of_account(&of("210987654321"), "123456789012").state, State::Failed);
    }

    #[test]
    fn time_that_is_left_has_a_unit_that_suits_it() {
        for (seconds, words) in [
            (59, (0, "minutes")),
            (3_600, (60, "minutes")),
            (7_200, (2, "hours")),
            (86_400, (24, "hours")),
            (172_800, (2, "days")),
            (37_915_263 * 60, (72, "years")),
        ] {
            assert_eq!(span(seconds), words);
        }
    }

    #[test]
    fn credentials_of_a_profile_say_which_and_how() {
        let mut keys = Credentials::new("AKIDEXAMPLE", "s", None, None, "t");
        // The features that a profile's credential process sets.
        *keys.get_property_mut_or_default() = vec![Feature::CredentialsProcess, Feature::CredentialsProfile];
        let base = Base { profile: "deploy".into(), kind: BaseKind::Process, role: false };
        let of = |base| source(&keys, &ClientOptions::default(), Some(base));
        assert_eq!(of(base.clone()), "the profile \"deploy\" (a credential process)");
        assert_eq!(
            of(Base { role: true, ..base }),
            "the profile \"deploy\" (a role, by a credential process)"
        );
    }

    #[test]
    fn a_secret_is_never_told() {
        let keys = Credentials::new("AKIDEXAMPLE", "hidden-secret", Some("hidden-token".into()), None, "t");
        let told = described(&keys, "a test");
        assert!(told.contains("AKIDEXAMPLE") && !told.contains("hidden"), "{told}");
    }
}
