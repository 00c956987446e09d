//! The HTTP client of webhook requests.

use std::sync::Arc;
use std::time::Duration;

use reqwest::{Client, redirect};
use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};

/// Evolution waits so long for an answer; the others are less patient.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A client that follows no redirects and trusts what the system trusts.
///
/// # Panics
/// Never: ring offers the default protocol versions, and nothing else is asked of the client.
pub(crate) fn webhook_client() -> Client {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring offers TLS 1.2 and 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth();
    Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(redirect::Policy::none())
        .timeout(TIMEOUT)
        .no_proxy()
        .build()
        .expect("a client without files or names to look up can always be built")
}
