//! A profile of AWS's shared files (`~/.aws/config` and `~/.aws/credentials`). AWS's own parser reads them.
//!
//! Only the settings of the endpoint and facts for messages are read here. AWS's crates read the credentials.

use aws_config::profile::{self, ProfileSet};
use aws_runtime::env_config::file::EnvConfigFiles;
use aws_runtime::env_config::property::PropertiesKey;
use aws_types::os_shim_internal::{Env, Fs};

use super::failure;

/// The environment variable that names this service's endpoint.
pub const SERVICE: &str = "AWS_ENDPOINT_URL_CLOUDFRONT_KEYVALUESTORE";
/// The environment variable that names the endpoint of all services.
pub const GLOBAL: &str = "AWS_ENDPOINT_URL";
/// The environment variable that turns configured endpoints off.
pub const IGNORE: &str = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS";

/// The environment variables that choose the endpoint, the profile and the files.
const NAMES: [&str; 10] = [
    SERVICE,
    GLOBAL,
    IGNORE,
    "AWS_PROFILE",
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "HOME",
    "USERPROFILE",
    "HOMEDRIVE",
    "HOMEPATH",
];

/// Maximum profiles that are followed by `source_profile`. AWS's crates report a loop.
const SOURCES: usize = 16;

/// The environment variables that choose endpoint and profile, at the time of a call. Calls with different variables share
/// no client. Empty variables count as not set.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct AwsEnv(Vec<(&'static str, String)>);

/// Shows only the names, since a value may hold credentials in the user information of a URL.
impl std::fmt::Debug for AwsEnv {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

impl AwsEnv {
    #[must_use]
    pub fn of_process() -> Self {
        Self::from_lookup(|name| std::env::var(name).ok())
    }

    /// The environment in which `lookup` returns the value of each variable.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Self {
        let set =
            NAMES.iter().filter_map(|name| Some((*name, lookup(name).filter(|text| !text.is_empty())?)));
        Self(set.collect())
    }

    /// The variable `name`, if it is set.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(own, _)| *own == name).map(|(_, text)| text.as_str())
    }

    fn to_aws(&self) -> Env {
        let all: Vec<(&str, &str)> = self.0.iter().map(|(name, text)| (*name, text.as_str())).collect();
        Env::from_slice(&all)
    }

    /// The paths of the shared files, for messages.
    fn files(&self) -> String {
        let file = |name, fallback: &str| self.get(name).unwrap_or(fallback).to_owned();
        format!(
            "{} and {}",
            file("AWS_CONFIG_FILE", "~/.aws/config"),
            file("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials")
        )
    }
}

/// The shared files with one profile selected.
#[derive(Debug)]
pub struct SharedConfig {
    sections: ProfileSet,
    files: String,
}

/// The first source of a profile's credentials, in this profile or, through `source_profile`, in another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    /// The profile with the source.
    pub profile: String,
    pub kind: BaseKind,
    /// Whether the selected profile uses the credentials to assume a role.
    pub role: bool,
}

/// The kinds of credentials that a profile can name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BaseKind {
    /// `credential_source`.
    Source(String),
    /// `web_identity_token_file`, with the file's path.
    WebIdentity(String),
    /// `sso_session`, or the older `sso_start_url`.
    Sso,
    /// `login_session`: `aws login`.
    Login,
    /// `credential_process`.
    Process,
    /// `aws_access_key_id`.
    Fixed,
}

impl BaseKind {
    /// A description of the kind for messages.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Source(name) => format!("credential_source {name}"),
            Self::WebIdentity(_) => "a web identity token".to_owned(),
            Self::Sso => "an SSO session".to_owned(),
            Self::Login => "a login session".to_owned(),
            Self::Process => "a credential process".to_owned(),
            Self::Fixed => "fixed keys".to_owned(),
        }
    }
}

impl SharedConfig {
    /// Reads the files, and selects `profile`, or else the profile of `AWS_PROFILE`, or else `default`.
    ///
    /// # Errors
    /// Why the files cannot be read.
    pub async fn load(env: &AwsEnv, profile: Option<&str>) -> Result<Self, String> {
        let selected = profile.map(|name| name.to_owned().into());
        let sections = profile::load(&Fs::real(), &env.to_aws(), &EnvConfigFiles::default(), selected).await;
        Ok(Self { sections: sections.map_err(|error| failure::chain(&error))?, files: env.files() })
    }

    #[must_use]
    pub fn profile(&self) -> &str {
        self.sections.selected_profile()
    }

    /// A message if none of the files has the selected profile.
    #[must_use]
    pub fn missing(&self) -> Option<String> {
        /// Maximum names of profiles that a message lists.
        const NAMED: usize = 10;
        if self.sections.get_profile(self.profile()).is_some() {
            return None;
        }
        let mut names: Vec<&str> = self.sections.profiles().collect();
        names.sort_unstable();
        let more = if names.len() > NAMED { " and others" } else { "" };
        names.truncate(NAMED);
        let there = if names.is_empty() {
            "there are no profiles".to_owned()
        } else {
            format!("there are {}{more}", names.join(", "))
        };
        Some(format!("the profile {:?} does not exist in {}; {there}", self.profile(), self.files))
    }

    /// The value of `key` in the selected profile.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.sections.get(key).filter(|text| !text.is_empty())
    }

    /// The name of the selected profile's `services` section, and its endpoint for `service`.
    #[must_use]
    pub fn service_endpoint(&self, service: &str) -> Option<(&str, &str)> {
        let section = self.get("services")?;
        let key = PropertiesKey::builder()
            .section_key("services")
            .section_name(section)
            .property_name(service)
            .sub_property_name("endpoint_url")
            .build()
            .ok()?;
        let url = self.sections.other_sections().get(&key).filter(|text| !text.is_empty())?;
        Some((section, url))
    }

    /// Where the selected profile's credentials begin, found in AWS's order; `None` where it has none.
    #[must_use]
    pub fn base(&self) -> Option<Base> {
        let mut name = self.profile();
        let role = self.get("role_arn").is_some() && self.get("web_identity_token_file").is_none();
        for step in 0..SOURCES {
            let profile = self.sections.get_profile(name)?;
            let found = |kind| Some(Base { profile: name.to_owned(), kind, role });
            let fixed = profile.get("aws_access_key_id").is_some();
            if step > 0 && fixed {
                return found(BaseKind::Fixed);
            }
            if let Some(file) = profile.get("web_identity_token_file") {
                return found(BaseKind::WebIdentity(file.to_owned()));
            }
            if profile.get("role_arn").is_some()
                && let Some(source) = profile.get("source_profile").filter(|source| *source != name)
            {
                name = source;
                continue;
            }
            let sso = ["sso_session", "sso_start_url", "sso_account_id", "sso_role_name", "sso_region"];
            return if let Some(source) = profile.get("credential_source") {
                found(BaseKind::Source(source.to_owned()))
            } else if sso.iter().any(|key| profile.get(key).is_some()) {
                found(BaseKind::Sso)
            } else if profile.get("login_session").is_some() {
                found(BaseKind::Login)
            } else if profile.get("credential_process").is_some() {
                found(BaseKind::Process)
            } else if fixed {
                found(BaseKind::Fixed)
            } else {
                None
            };
        }
        None
    }
}

#[cfg(test)]
#[path = "shared_config_tests.rs"]
mod tests;
