//! The sandbox's own routes, below `/sandbox`.

mod events;
mod faults;
mod messages;
mod stats;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;

use crate::state::SandboxState;

/// Faults, messages, events, stats.
pub(crate) fn routes() -> Router<Arc<SandboxState>> {
    Router::new()
        .route(
            "/sandbox/faults",
            get(faults::list).post(faults::add).delete(faults::clear),
        )
        .route(
            "/sandbox/messages",
            get(messages::list).delete(messages::clear),
        )
        .route("/sandbox/events", get(events::follow))
        .route("/sandbox/stats", get(stats::show))
}
