//! The HTTP client that all providers share.

use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use reqwest::{Client, Method, RequestBuilder, Url};
use rustls::{ClientConfig, RootCertStore};

/// A provider that does not take a connection within this time is down. Never more than half of the
/// whole time: were that over first, the outcome would count as uncertain.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Shorter than the 5 s after which Node.js servers close idle connections: a request written into
/// a connection that is just being closed would be uncertain for no reason.
const IDLE_TIMEOUT: Duration = Duration::from_secs(4);

/// The client for [`crate::provider_named`]; clones share their connections.
#[derive(Debug, Clone)]
pub struct Http {
    client: Client,
    send_timeout: Duration,
}

/// Addresses that are allowed although they belong to no public host: those of private networks, of this machine, and so
/// on. By default none is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AllowedAddresses(Vec<IpNet>);

/// Not a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "not an address or network: write 10.0.0.5 or 10.0.0.0/8, several with commas between them"
)]
pub struct AllowedAddressesError;

impl FromStr for AllowedAddresses {
    type Err = AllowedAddressesError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty());
        let network = |part: &str| {
            part.parse::<IpNet>()
                .or_else(|_| part.parse::<IpAddr>().map(IpNet::from))
                .map_err(|_| AllowedAddressesError)
        };
        parts.map(network).collect::<Result<_, _>>().map(Self)
    }
}

impl Http {
    /// A client whose requests take `send_timeout` in all, at most.
    ///
    /// Redirects are not followed and proxies of the environment are not used: a message goes where its channel says or
    /// nowhere. TLS works without a process-wide default; on a machine without CA certificates `http://` addresses still
    /// work and `https://` ones fail with a certificate error.
    #[must_use]
    pub fn new(send_timeout: Duration, _allowed: AllowedAddresses) -> Self {
        let client = Client::builder()
            .tls_backend_preconfigured(tls_config())
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT_TIMEOUT.min(send_timeout / 2))
            .pool_idle_timeout(IDLE_TIMEOUT)
            .timeout(send_timeout)
            .user_agent(concat!("zapgres/", env!("CARGO_PKG_VERSION")))
            .build()
            .expect("a client with a ready TLS configuration");
        Self {
            client,
            send_timeout,
        }
    }

    /// How long a request may take in all.
    #[must_use]
    pub const fn send_timeout(&self) -> Duration {
        self.send_timeout
    }

    pub(crate) fn request(&self, method: Method, url: Url) -> RequestBuilder {
        self.client.request(method, url)
    }
}

fn tls_config() -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring supports the default TLS versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config
}
