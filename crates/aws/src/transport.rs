//! HTTP clients: TLS, proxies and private certificate authorities. Stores share connections only through a shared client,
//! so there is one client for each set of connection settings.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use aws_sdk_cloudfrontkeyvaluestore::config::RuntimeComponents;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{self, TlsContext, TrustStore, rustls_provider::CryptoMode};
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::http::{HttpConnectorSettings, SharedHttpClient};
use aws_smithy_runtime_api::shared::IntoShared;
use hyper_util::client::proxy::matcher::Matcher;
use rustls::RootCertStore;
use rustls::pki_types::{CertificateDer, pem::PemObject};
use url::{Host, Url};

use super::bounded::Bounded;
use super::failure::Destination;
use routesync_core::kvs::{Failure, FailureKind};
use routesync_core::options::settings::ClientOptions;

/// Environment variables of Node and the AWS CLI that name a file of further certificate authorities. The TLS crates read
/// `SSL_CERT_FILE`, which replaces the machine's own authorities.
const BUNDLES: [&str; 2] = ["NODE_EXTRA_CA_CERTS", "AWS_CA_BUNDLE"];

/// The connection settings of a client.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Connection {
    /// Without TLS, for an embedded store or an emulator. No certificate authorities are loaded.
    plain: bool,
    /// Through the proxy of the environment, which is never used for this machine itself.
    proxied: bool,
    ca_bundle: Option<String>,
}

static CLIENTS: LazyLock<Mutex<HashMap<Connection, SharedHttpClient>>> = LazyLock::new(Mutex::default);

/// The client for requests to the store, at `endpoint` or at AWS's own endpoint.
///
/// # Errors
/// `client.caBundle` cannot be read, or is not a list of certificates.
pub fn to_store(options: &ClientOptions, endpoint: Option<&str>) -> Result<SharedHttpClient, Failure> {
    let url = endpoint.and_then(|endpoint| Url::parse(endpoint).ok());
    let plain = url.as_ref().is_some_and(|url| url.scheme() == "http");
    let proxied = !url.as_ref().is_some_and(is_loopback);
    client(Connection { plain, proxied, ca_bundle: options.ca_bundle.clone() })
}

/// The client for requests about credentials (STS, SSO).
///
/// # Errors
/// As for [`to_store`].
pub fn to_aws(options: &ClientOptions) -> Result<SharedHttpClient, Failure> {
    client(Connection { plain: false, proxied: true, ca_bundle: options.ca_bundle.clone() })
}

/// The client for `http:` requests for credentials to this machine and link-local addresses: an emulator, or the metadata
/// of a container or an instance.
///
/// # Errors
/// As for [`to_store`].
pub fn to_here() -> Result<SharedHttpClient, Failure> {
    client(Connection { plain: true, proxied: false, ca_bundle: None })
}

fn is_loopback(url: &Url) -> bool {
    url.host().is_some_and(|host| match host {
        Host::Domain(name) => name == "localhost" || name.ends_with(".localhost"),
        Host::Ipv4(ip) => ip.is_loopback(),
        Host::Ipv6(ip) => ip.is_loopback(),
    })
}

/// Whether `url` is on this machine or a link-local address, which serves metadata. Such requests use no proxy.
#[must_use]
pub fn is_here(url: &Url) -> bool {
    let link = match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_link_local(),
        // AWS's metadata over IPv6: fd00:ec2::254 and fd00:ec2::23.
        Some(Host::Ipv6(ip)) => ip.is_unique_local(),
        _ => false,
    };
    link || is_loopback(url)
}

/// The destination of a request to `host`, a host name or a URL, with its proxy.
#[must_use]
pub fn destination(host: String) -> Destination {
    let url = if host.contains("://") { host.clone() } else { format!("https://{host}") };
    let parsed = Url::parse(&url).ok();
    let proxy = match parsed.filter(|url| !is_here(url)).and_then(|_| url.parse().ok()) {
        // The user information of the proxy's URL holds credentials, so it is left out.
        Some(uri) => Matcher::from_env().intercept(&uri).map(|proxy| {
            let proxy = proxy.uri();
            let port = proxy.port_u16().map(|port| format!(":{port}")).unwrap_or_default();
            format!("{}://{}{port}", proxy.scheme_str().unwrap_or("http"), proxy.host().unwrap_or("?"))
        }),
        None => None,
    };
    Destination { host, proxy }
}

fn client(connection: Connection) -> Result<SharedHttpClient, Failure> {
    let mut clients = CLIENTS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(client) = clients.get(&connection) {
        return Ok(client.clone());
    }
    let trust = trust_of(&connection)?;
    let of = connection.clone();
    let client = Builder::new().build_with_connector_fn(move |settings, components| {
        let sleep = components.and_then(RuntimeComponents::sleep_impl);
        connector(&of, trust.clone(), settings.cloned(), sleep)
    });
    let client: SharedHttpClient = Bounded(client).into_shared();
    clients.insert(connection, client.clone());
    Ok(client)
}

/// A connector to the probe of a distribution, for requests of at most `settings`' timeouts.
///
/// # Errors
/// As for [`to_store`].
pub fn to_edge(
    options: &ClientOptions,
    url: &str,
    settings: HttpConnectorSettings,
) -> Result<Connector, Failure> {
    let url = Url::parse(url).ok();
    let connection = Connection {
        plain: url.as_ref().is_some_and(|url| url.scheme() == "http"),
        proxied: !url.as_ref().is_some_and(is_loopback),
        ca_bundle: options.ca_bundle.clone(),
    };
    let sleep = SharedAsyncSleep::new(TokioSleep::new());
    Ok(connector(&connection, trust_of(&connection)?, Some(settings), Some(sleep)))
}

fn connector(
    connection: &Connection,
    trust: TrustStore,
    settings: Option<HttpConnectorSettings>,
    sleep: Option<SharedAsyncSleep>,
) -> Connector {
    let mut connector = Connector::builder();
    connector.set_connector_settings(settings);
    connector.set_sleep_impl(sleep);
    connector.set_proxy_config(connection.proxied.then(ProxyConfig::from_env));
    if connection.plain && !connection.proxied {
        return connector.build_http();
    }
    // ring: aws-lc's first request costs 45 ms, ring's 5 (measured).
    let context = TlsContext::builder().with_trust_store(trust).build();
    let connector = connector.tls_provider(tls::Provider::Rustls(CryptoMode::Ring));
    match context {
        Ok(context) => connector.tls_context(context).build(),
        Err(_) => connector.build(),
    }
}

fn trust_of(connection: &Connection) -> Result<TrustStore, Failure> {
    if connection.plain { Ok(TrustStore::empty()) } else { trust(connection.ca_bundle.as_deref()) }
}

/// The certificate authorities of the machine, of `bundle` and of the environment.
fn trust(bundle: Option<&str>) -> Result<TrustStore, Failure> {
    let mut trust = TrustStore::default();
    if let Some(bundle) = bundle {
        trust.add_pem_certificate(read(bundle).map_err(|why| Failure {
            kind: FailureKind::Misconfigured,
            message: format!(
                "client.caBundle: {why}; expected certificates in PEM form, or the path of a file with them"
            ),
            request_id: None,
        })?);
    }
    for variable in BUNDLES {
        let Some(path) = std::env::var(variable).ok().filter(|path| !path.is_empty()) else { continue };
        match read(&path) {
            Ok(pem) => {
                trust.add_pem_certificate(pem);
            }
            // As in Node, an unreadable file causes a warning and is ignored.
            Err(why) => tracing::warn!(variable, why, "certificate authorities are ignored"),
        }
    }
    Ok(trust)
}

/// The certificates in `bundle`, which is PEM text or a file's path. They are parsed here, since the client would panic on
/// an invalid one.
fn read(bundle: &str) -> Result<Vec<u8>, String> {
    let pem = if bundle.contains("-----BEGIN") {
        bundle.as_bytes().to_vec()
    } else {
        std::fs::read(bundle).map_err(|error| format!("{bundle:?} cannot be read ({error})"))?
    };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|error| format!("not PEM ({error})"))?;
        roots.add(certificate).map_err(|error| format!("not a certificate ({error})"))?;
    }
    if roots.is_empty() { Err("there is no certificate in it".to_owned()) } else { Ok(pem) }
}
