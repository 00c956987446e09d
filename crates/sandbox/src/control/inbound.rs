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

/// `POST` one message or an array of them: 202 with their `ids`, and whether there is a webhook that
/// is told of them. An array is told of together.
pub(super) async fn receive(
    State(state): State<Arc<SandboxState>>,
    named: Named,
    body: Bytes,
) -> Response {
    let mut messages = match Inbound::parse(&body) {
        Ok(messages) => messages,
        Err(error) => return refusal(StatusCode::BAD_REQUEST, &error),
    };
    let (provider, instance) = (named.provider, &named.instance);
    for message in &mut messages {
        if message.id.is_empty() {
            let (run, place) = Uuid::new_v4().as_u64_pair();
            message.id = provider.dialect().message_id(run >> 24, place >> 32);
        }
        provider.dialect().introduce(message);
        let now = (state.clock)();
        state.last_inbound.note(provider, instance, message, now);
    }
    let ids: Vec<String> = messages.iter().map(|message| message.id.clone()).collect();
    let events = messages
        .into_iter()
        .map(|one| Event::Inbound(Arc::new(one)));
    let told = webhooks::announce(&state, provider, instance, events.collect());
    (
        StatusCode::ACCEPTED,
        Json(json!({"ids": ids, "told": told})),
    )
        .into_response()
}
