//! `/sandbox/stats`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use crate::state::SandboxState;

/// `GET`: requests to the provider's endpoints by outcome, the messages kept, and webhook requests.
pub(super) async fn show(State(state): State<Arc<SandboxState>>) -> Json<Value> {
    Json(json!({
        "requests": state.stats.to_json(),
        "messages": state.messages.counts(),
        "webhooks": state.webhooks.counts(),
    }))
}
