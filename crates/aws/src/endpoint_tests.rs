use std::io::Write;

use super::*;

/// An environment of `vars`, with the shared configuration file `config`.
fn with(config: &str, vars: &[(&str, &str)]) -> (tempfile::NamedTempFile, AwsEnv) {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(config.as_bytes()).unwrap();
    let path = file.path().to_str().unwrap().to_owned();
    let env = AwsEnv::from_lookup(|name| match name {
        "AWS_CONFIG_FILE" => Some(path.clone()),
        "AWS_SHARED_CREDENTIALS_FILE" => Some("/nowhere/credentials".to_owned()),
        _ => vars.iter().find(|(own, _)| *own == name).map(|(_, text)| (*text).to_owned()),
    });
    (file, env)
}

async fn url(options: &ClientOptions, config: &str, vars: &[(&str, &str)]) -> Result<String, String> {
    let (_file, env) = with(config, vars);
    let found = resolve(options, &env).await.map_err(|failure| {
        assert_eq!(failure.kind, FailureKind::Misconfigured);
        failure.message
    })?;
    Ok(found.map_or_else(|| "AWS".to_owned(), |found| format!("{} by {}", found.url, found.from)))
}

const FILE: &str = "
[default]
endpoint_url = http://default.example
[profile emulated]
endpoint_url = http://profile.example
services = local
[profile plain]
region = eu-central-1
[profile real]
endpoint_url = http://profile.example
ignore_configured_endpoint_urls = true
[profile dashed]
services = dashed
[services local]
s3 =
  endpoint_url = http://s3.example
cloudfront_keyvaluestore =
  endpoint_url = http://section.example/
[services dashed]
cloudfront-keyvaluestore =
  endpoint_url = http://dashed.example
";

#[tokio::test]
async fn each_place_goes_before_the_next() {
    let mut options = ClientOptions { profile: Some("emulated".into()), ..ClientOptions::default() };
    let all = [(SERVICE, "http://service.example"), (GLOBAL, "http://global.example/base/")];
    let section = "http://section.example by the services section \"local\" of the profile \"emulated\"";
    for (vars, found) in [
        (&all[..], "http://service.example by AWS_ENDPOINT_URL_CLOUDFRONT_KEYVALUESTORE"),
        (&all[1..], "http://global.example/base by AWS_ENDPOINT_URL"),
        (&all[..0], section),
        (&[(SERVICE, ""), (GLOBAL, "")][..], section),
    ] {
        assert_eq!(url(&options, FILE, vars).await.unwrap(), found);
    }
    let without_section = FILE.replace("services = local", "");
    let found = url(&options, &without_section, &[]).await.unwrap();
    assert_eq!(found, "http://profile.example by endpoint_url of the profile \"emulated\"");
    options.endpoint = Some("http://option.example".into());
    assert_eq!(url(&options, FILE, &all).await.unwrap(), "http://option.example by client.endpoint");
}

#[tokio::test]
async fn the_profile_is_the_named_one_then_that_of_the_environment_then_the_default() {
    let none = ClientOptions::default();
    let named = |name: &str| ClientOptions { profile: Some(name.into()), ..ClientOptions::default() };
    assert!(url(&none, FILE, &[]).await.unwrap().starts_with("http://default.example"));
    assert!(
        url(&none, FILE, &[("AWS_PROFILE", "emulated")]).await.unwrap().starts_with("http://section.example")
    );
    assert_eq!(url(&named("plain"), FILE, &[("AWS_PROFILE", "emulated")]).await.unwrap(), "AWS");
    assert!(url(&named("dashed"), FILE, &[]).await.unwrap().starts_with("http://dashed.example"));
    assert_eq!(url(&none, "", &[]).await.unwrap(), "AWS");
}

#[tokio::test]
async fn configured_endpoints_can_be_ignored_and_the_environment_says_so_first() {
    let real = ClientOptions { profile: Some("real".into()), ..ClientOptions::default() };
    let global = (GLOBAL, "http://global.example");
    assert_eq!(url(&real, FILE, &[]).await.unwrap(), "AWS");
    assert_eq!(url(&real, FILE, &[global]).await.unwrap(), "AWS");
    assert_eq!(url(&ClientOptions::default(), FILE, &[global, (IGNORE, "True")]).await.unwrap(), "AWS");
    for vars in [&[global, (IGNORE, "false")][..], &[(IGNORE, "false")]] {
        assert!(url(&real, FILE, vars).await.unwrap().starts_with("http://"), "{vars:?}");
    }
    let option = ClientOptions { endpoint: Some("http://option.example".into()), ..real };
    assert!(url(&option, FILE, &[(IGNORE, "true")]).await.unwrap().starts_with("http://option.example"));
}

#[tokio::test]
async fn what_is_no_endpoint_is_refused_with_its_place_and_never_shown() {
    let none = ClientOptions::default();
    for text in
        ["not-a-url", "ftp://hidden.example", "http://user:hidden@h.example", "http://h.example?hidden"]
    {
        for vars in [[(GLOBAL, text)], [(SERVICE, text)]] {
            let error = url(&none, "", &vars).await.unwrap_err();
            assert!(error.starts_with(vars[0].0), "{error}");
            assert!(
                error.contains("expected an http: or https: URL") && !error.contains("hidden"),
                "{error}"
            );
        }
        let error = url(&none, &format!("[default]\nendpoint_url = {text}"), &[]).await.unwrap_err();
        assert!(
            error.contains("endpoint_url of the profile \"default\"") && !error.contains("hidden"),
            "{error}"
        );
    }
    let error = url(&none, "", &[(IGNORE, "yes")]).await.unwrap_err();
    assert!(error.contains(IGNORE) && error.contains("expected true or false"), "{error}");
    let error = url(&none, "[default", &[]).await.unwrap_err();
    assert!(error.contains("cannot be read"), "{error}");
}
