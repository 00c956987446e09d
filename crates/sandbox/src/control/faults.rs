//! `/sandbox/faults`.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::state::SandboxState;

/// `POST`: 201 with the faults added, or 400 `{"error": "one line"}` and none added.
pub(super) async fn add(State(state): State<Arc<SandboxState>>, body: Bytes) -> Response {
    match state.faults.add(&body) {
        Ok(added) => (StatusCode::CREATED, Json(added)).into_response(),
        Err(error) => (StatusCode::BAD_REQUEST, Json(json!({"error": error}))).into_response(),
    }
}

/// `GET`: the faults with `id`, `hits` and `remaining`.
pub(super) async fn list(State(state): State<Arc<SandboxState>>) -> Json<Vec<Value>> {
    Json(state.faults.list())
}

/// `DELETE`: ends them all.
pub(super) async fn clear(State(state): State<Arc<SandboxState>>) -> Json<Value> {
    Json(json!({"cleared": state.faults.clear()}))
}
