//! `/sandbox/webhooks/{provider}/{instance}`.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::named::{Named, refusal};
use crate::state::SandboxState;
use crate::webhooks::Webhook;

/// `PUT`: 200 with the webhook registered, in place of the one before.
pub(super) async fn register(
    State(state): State<Arc<SandboxState>>,
    named: Named,
    body: Bytes,
) -> Response {
    let webhook = match Webhook::parse(&body) {
        Ok(webhook) => state.webhooks.verify(&webhook).await.map(|()| webhook),
        Err(error) => Err(error),
    };
    match webhook {
        Ok(webhook) => {
            let answer = Json(&webhook).into_response();
            state
                .webhooks
                .register(named.provider, &named.instance, webhook);
            answer
        }
        Err(error) => refusal(StatusCode::BAD_REQUEST, &error),
    }
}

/// `GET`: the webhook of the instance, without its secrets; 404 when there is none.
pub(super) async fn show(State(state): State<Arc<SandboxState>>, named: Named) -> Response {
    match state.webhooks.of(named.provider, &named.instance) {
        Some(webhook) => Json(&*webhook).into_response(),
        None => refusal(StatusCode::NOT_FOUND, "the instance has no webhook"),
    }
}

/// `DELETE`: ends it; whether there was one.
pub(super) async fn remove(State(state): State<Arc<SandboxState>>, named: Named) -> Response {
    let removed = state.webhooks.remove(named.provider, &named.instance);
    Json(json!({"removed": removed})).into_response()
}
