//! The sandbox's own routes, below `/sandbox`.

mod connections;
mod events;
mod faults;
mod inbound;
mod messages;
mod meta;
mod named;
mod stats;
mod webhooks;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use crate::state::SandboxState;

/// Faults, messages, events, stats; and per instance its connection, webhook and customers.
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
        .route(
            "/sandbox/connections/{provider}/{instance}",
            get(connections::show).put(connections::set),
        )
        .route(
            "/sandbox/connections/{provider}/{instance}/scan",
            post(connections::scan),
        )
        .route(
            "/sandbox/webhooks/{provider}/{instance}",
            get(webhooks::show)
                .put(webhooks::register)
                .delete(webhooks::remove),
        )
        .route("/sandbox/meta", get(meta::show).put(meta::set))
        .route(
            "/sandbox/inbound/{provider}/{instance}",
            post(inbound::receive),
        )
}
