//! The provider's endpoints, as Evolution API v2.3.6 serves them.
//!
//! Outside facts: the routes, the order of its checks (body, instance, key, schema), its envelopes
//! and its texts are those of EvolutionAPI/evolution-api, tag 2.3.6.

mod address;
mod answer;
mod connection;
mod content;
mod create;
mod dialect;
mod find_messages;
mod gesture;
mod instances;
mod lookup;
mod media;
mod operation;
mod request;
mod schema;
mod send;
mod webhook_body;
mod webhook_set;
mod whatsapp_message;

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, OriginalUri, State};
use axum::http::Method;
use axum::response::Response;
use axum::routing::{delete, get, post};

pub(crate) use address::{address_of, digits_of};
pub(crate) use dialect::EvolutionDialect;
pub(crate) use instances::Instances;
pub(crate) use lookup::{can_exist, server_status};
pub(crate) use media::abridged;
pub(crate) use send::stable_id;
pub(crate) use webhook_body::owner;

use crate::state::SandboxState;

/// Largest body read: far above any text, and a bound on what one request can hold.
const BODY_LIMIT_BYTES: usize = 1024 * 1024;

/// Largest body of a message that may have media in it.
const MEDIA_LIMIT_BYTES: usize = 64 * 1024 * 1024;

/// The endpoints, and the answer for everything else.
pub(crate) fn routes() -> Router<Arc<SandboxState>> {
    Router::new()
        .route("/message/{operation}/{instance}", post(send::send))
        .route(
            "/instance/connectionState/{instance}",
            get(connection::connection_state),
        )
        .route(
            "/chat/whatsappNumbers/{instance}",
            post(lookup::whatsapp_numbers),
        )
        .route(
            "/chat/findMessages/{instance}",
            post(find_messages::find_messages),
        )
        .route("/chat/sendPresence/{instance}", post(gesture::gesture))
        .route("/chat/markMessageAsRead/{instance}", post(gesture::gesture))
        .route("/instance/setPresence/{instance}", post(gesture::gesture))
        .route("/instance/create", post(create::create))
        .route("/instance/fetchInstances", get(instances::list))
        .route("/instance/delete/{instance}", delete(instances::remove))
        .route("/instance/connect/{instance}", get(connection::connect))
        .route(
            "/instance/restart/{instance}",
            post(connection::restart).put(connection::restart),
        )
        .route("/instance/logout/{instance}", delete(connection::log_out))
        .route("/webhook/set/{instance}", post(webhook_set::set))
        .route("/webhook/find/{instance}", get(webhook_set::find))
        .layer(DefaultBodyLimit::max(BODY_LIMIT_BYTES))
        .fallback(unknown_route)
        .method_not_allowed_fallback(unknown_route)
}

async fn unknown_route(
    State(state): State<Arc<SandboxState>>,
    method: Method,
    OriginalUri(uri): OriginalUri,
) -> Response {
    send::unknown(&method, &uri).counted(&state)
}
