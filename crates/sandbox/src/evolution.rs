//! The provider's endpoints, as Evolution API v2.3.6 serves them.
//!
//! Outside facts: the routes, the order of its checks (body, instance, key, schema), its envelopes
//! and its texts are those of EvolutionAPI/evolution-api, tag 2.3.6.

mod address;
mod answer;
mod find_messages;
mod lookup;
mod request;
mod schema;
mod send_text;

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, OriginalUri, State};
use axum::http::{Method, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};
use serde_json::json;

pub(crate) use address::address_of;
pub(crate) use lookup::server_status;

use self::answer::Refusal;
use crate::state::SandboxState;
use crate::stats::Outcome;

/// Largest body read: far above any text, and a bound on what one request can hold.
const BODY_LIMIT_BYTES: usize = 1024 * 1024;

/// The endpoints, and the answer for everything else.
pub(crate) fn routes() -> Router<Arc<SandboxState>> {
    Router::new()
        .route("/message/sendText/{instance}", post(send_text::send_text))
        .route(
            "/instance/connectionState/{instance}",
            get(lookup::connection_state),
        )
        .route(
            "/chat/whatsappNumbers/{instance}",
            post(lookup::whatsapp_numbers),
        )
        .route(
            "/chat/findMessages/{instance}",
            post(find_messages::find_messages),
        )
        .layer(DefaultBodyLimit::max(BODY_LIMIT_BYTES))
        .fallback(unknown_route)
        .method_not_allowed_fallback(unknown_route)
}

async fn unknown_route(
    State(state): State<Arc<SandboxState>>,
    method: Method,
    OriginalUri(uri): OriginalUri,
) -> Response {
    let message = json!([format!("Cannot {method} {uri}")]);
    Refusal::new(Outcome::UnknownRoute, StatusCode::NOT_FOUND, message).counted(&state)
}
