//! `/sandbox/inbound/{provider}/{instance}`.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use uuid::Uuid;

use super::named::{Named, refusal};
use crate::inbound::Inbound;
use crate::state::SandboxState;
use crate::webhooks::{self, Event};

/// `POST`: 202 with the message's `id`, and whether there is a webhook that is told of it.
pub(super) async fn receive(
    State(state): State<Arc<SandboxState>>,
    named: Named,
    body: Bytes,
) -> Response {
    let mut inbound = match Inbound::parse(&body) {
        Ok(inbound) => inbound,
        Err(error) => return refusal(StatusCode::BAD_REQUEST, &error),
    };
    if inbound.id.is_empty() {
        let (run, place) = Uuid::new_v4().as_u64_pair();
        let dialect = named.provider.dialect();
        inbound.id = dialect.message_id(run >> 24, place >> 32);
    }
    let id = inbound.id.clone();
    let events = vec![Event::Inbound(Arc::new(inbound))];
    let told = webhooks::announce(&state, named.provider, &named.instance, events);
    (StatusCode::ACCEPTED, Json(json!({"id": id, "told": told}))).into_response()
}
