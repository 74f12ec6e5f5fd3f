use std::io::Write;

use super::*;

const FILE: &str = "
[profile keys]
aws_access_key_id = AKIA
aws_secret_access_key = s
[profile role]
role_arn = arn:aws:iam::123456789012:role/x
source_profile = login
[profile login]
sso_session = corp
sso_account_id = 123456789012
sso_role_name = x
[profile legacy]
sso_start_url = https://corp.awsapps.com/start
[profile both]
role_arn = arn:aws:iam::123456789012:role/x
source_profile = keys
[profile self]
role_arn = arn:aws:iam::123456789012:role/x
source_profile = self
aws_access_key_id = AKIA
aws_secret_access_key = s
[profile source]
role_arn = arn:aws:iam::123456789012:role/x
credential_source = Environment
[profile web]
role_arn = arn:aws:iam::123456789012:role/x
web_identity_token_file = /token
[profile process]
credential_process = /bin/keys
[profile console]
login_session = arn:aws:iam::123456789012:user/x
[profile region]
region = eu-central-1
[profile loop]
role_arn = arn:aws:iam::123456789012:role/x
source_profile = pool
[profile pool]
role_arn = arn:aws:iam::123456789012:role/x
source_profile = loop
";

async fn profile(name: &str) -> SharedConfig {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(FILE.as_bytes()).unwrap();
    let path = file.path().to_str().unwrap().to_owned();
    let env = AwsEnv::from_lookup(|name| name.starts_with("AWS_CONFIG").then(|| path.clone()));
    SharedConfig::load(&env, Some(name)).await.unwrap()
}

#[tokio::test]
async fn the_base_of_every_kind_of_profile_is_found() {
    for (name, at, kind, role) in [
        ("keys", "keys", BaseKind::Fixed, false),
        ("role", "login", BaseKind::Sso, true),
        ("legacy", "legacy", BaseKind::Sso, false),
        ("both", "keys", BaseKind::Fixed, true),
        ("self", "self", BaseKind::Fixed, true),
        ("source", "source", BaseKind::Source("Environment".into()), true),
        ("web", "web", BaseKind::WebIdentity("/token".into()), false),
        ("process", "process", BaseKind::Process, false),
        ("console", "console", BaseKind::Login, false),
    ] {
        let base = profile(name).await.base();
        assert_eq!(base, Some(Base { profile: at.to_owned(), kind, role }), "{name}");
    }
    for name in ["region", "nobody", "loop"] {
        assert_eq!(profile(name).await.base(), None, "{name}");
    }
}

#[tokio::test]
async fn a_profile_that_is_missing_is_told_with_those_that_are_there() {
    assert_eq!(profile("keys").await.missing(), None);
    let told = profile("nobody").await.missing().unwrap();
    assert!(
        told.contains("\"nobody\"") && told.contains("both, console") && told.contains("and others"),
        "{told}"
    );
}

#[test]
fn nothing_of_the_environment_is_shown() {
    let env =
        AwsEnv::from_lookup(|name| (name == "AWS_ENDPOINT_URL").then(|| "http://user:hidden@h".to_owned()));
    let told = format!("{env:?}");
    assert!(told.contains("AWS_ENDPOINT_URL") && !told.contains("hidden"), "{told}");
}
