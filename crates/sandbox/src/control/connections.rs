//! `/sandbox/connections/{provider}/{instance}`.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::named::{Named, refusal};
use crate::connections::{self, Connection};
use crate::state::SandboxState;

/// `GET`: the state of the instance's connection.
pub(super) async fn show(State(state): State<Arc<SandboxState>>, named: Named) -> Json<Connection> {
    Json(state.connections.get(named.provider, &named.instance))
}

/// `PUT {"state", "needs_pairing"?, "connecting_ms"?}`: 200 with the connection as it is then.
pub(super) async fn set(
    State(state): State<Arc<SandboxState>>,
    named: Named,
    body: Bytes,
) -> Response {
    match serde_json::from_slice(&body) {
        Ok(wanted) => {
            let set = connections::set(&state, named.provider, &named.instance, wanted);
            Json(set).into_response()
        }
        Err(error) => {
            let error = format!("not a connection: {error}");
            refusal(StatusCode::BAD_REQUEST, &error)
        }
    }
}

/// `POST …/scan`: somebody scans the QR code. 409 when none is shown.
pub(super) async fn scan(State(state): State<Arc<SandboxState>>, named: Named) -> Response {
    if connections::scan(&state, named.provider, &named.instance) {
        return Json(state.connections.get(named.provider, &named.instance)).into_response();
    }
    let error = "no QR code is shown: the instance does not await pairing";
    refusal(StatusCode::CONFLICT, error)
}
