//! The HTTP client that all providers share.

mod addresses;
mod guard;

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use reqwest::{Client, Method, RequestBuilder, Url};
use rustls::{ClientConfig, RootCertStore};

pub use addresses::{AllowedAddresses, AllowedAddressesError};
pub(crate) use guard::forbidden_address;
use guard::{Guard, SystemResolver};

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
    allowed: Arc<AllowedAddresses>,
}

impl Http {
    /// A client whose requests take `send_timeout` in all, at most, and go to public addresses and those `allowed`.
    ///
    /// Redirects are not followed and proxies of the environment are not used: a message goes where its channel says or
    /// nowhere. TLS works without a process-wide default; on a machine without CA certificates `http://` addresses still
    /// work and `https://` ones fail with a certificate error.
    #[must_use]
    pub fn new(send_timeout: Duration, allowed: AllowedAddresses) -> Self {
        let allowed = Arc::new(allowed);
        let client = Client::builder()
            .tls_backend_preconfigured(tls_config())
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .dns_resolver(Arc::new(Guard::new(Arc::clone(&allowed), SystemResolver)))
            .connect_timeout(CONNECT_TIMEOUT.min(send_timeout / 2))
            .pool_idle_timeout(IDLE_TIMEOUT)
            .timeout(send_timeout)
            .user_agent(concat!("zapgres/", env!("CARGO_PKG_VERSION")))
            .build()
            .expect("a client with a ready TLS configuration");
        Self {
            client,
            send_timeout,
            allowed,
        }
    }

    /// How long a request may take in all.
    #[must_use]
    pub const fn send_timeout(&self) -> Duration {
        self.send_timeout
    }

    pub(crate) fn request(&self, method: Method, url: Url) -> RequestBuilder {
        self.client
            .request(method, guard::guarded(&self.allowed, url))
    }
}

/// What the system trusts. Reading it takes a tenth of a second: once for all clients of a process.
static TRUSTED: LazyLock<RootCertStore> = LazyLock::new(|| {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots
});

fn tls_config() -> ClientConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring supports the default TLS versions")
        .with_root_certificates(TRUSTED.clone())
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config
}
