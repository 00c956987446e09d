//! The HTTP endpoint: what providers deliver, health, metrics. It speaks plain HTTP, for a proxy that speaks TLS.

mod accept;
mod addresses;
mod endpoint;
mod handshake;
mod refusal;
mod room;
mod status;
mod store;
mod webhook;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::run::Daemon;
use endpoint::Endpoint;
pub(crate) use refusal::Refusal;

/// The one provider whose app has a single address for all of its numbers.
pub const APP_PROVIDER: &str = "meta";

/// Path of the address that Meta's app has for all of its numbers.
pub const APP_PATH: &str = "/api/v1/whatsapp/webhook";

/// The address cannot be listened at.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen at {address} ({source}); choose another address with --listen")]
pub struct ListenError {
    address: SocketAddr,
    source: io::Error,
}

/// The path of a channel's address.
#[must_use]
pub fn channel_path(provider: &str, token: &str) -> String {
    format!("/webhooks/{provider}/{token}")
}

/// Takes the configured address, if there is one.
///
/// # Errors
/// When somebody else has it, or it is not this machine's.
pub(crate) async fn listen(
    address: Option<SocketAddr>,
) -> Result<Option<TcpListener>, ListenError> {
    let Some(address) = address else {
        return Ok(None);
    };
    let listener = TcpListener::bind(address).await;
    let listener = listener.map_err(|source| ListenError { address, source })?;
    Ok(Some(listener))
}

/// Serves until the daemon stops, and a little longer for what is on its way.
pub(crate) fn serve(daemon: Arc<Daemon>, listener: TcpListener) -> JoinHandle<()> {
    if let Ok(address) = listener.local_addr() {
        tracing::info!(%address, "listening");
    }
    let shutdown = daemon.shutdown.clone();
    let router = router(Endpoint::new(daemon));
    tokio::spawn(accept::serve(listener, router, shutdown))
}

fn router(endpoint: Endpoint) -> Router {
    let at_channel = get(handshake::at_channel).post(webhook::at_channel);
    Router::new()
        .route("/webhooks/{provider}/{token}", at_channel.clone())
        // Evolution API can append the event's name.
        .route("/webhooks/{provider}/{token}/{*event}", at_channel)
        .route(APP_PATH, get(handshake::at_app).post(webhook::at_app))
        .route("/health", get(status::health))
        .route("/metrics", get(status::metrics))
        .with_state(Arc::new(endpoint))
}
