//! An instance's connection: its state, and how it is changed.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};

use super::answer::Refusal;
use super::request::admit;
use crate::connections::{self, ConnectionState};
use crate::provider::Provider;
use crate::sending::json_answer;
use crate::state::SandboxState;
use crate::stats::Outcome;

const EVOLUTION: Provider = Provider::Evolution;

/// `GET /instance/connectionState/{instance}`: `open`, `connecting` or `close`.
pub(super) async fn connection_state(
    State(state): State<Arc<SandboxState>>,
    Path(instance): Path<String>,
    headers: HeaderMap,
) -> Response {
    answered(&state, &headers, &instance, || {
        Ok(state_of(&state, &instance))
    })
}

/// `GET /instance/connect/{instance}`: begins to connect, and gives the QR code when one is shown.
pub(super) async fn connect(
    State(state): State<Arc<SandboxState>>,
    Path(instance): Path<String>,
    headers: HeaderMap,
) -> Response {
    answered(&state, &headers, &instance, || {
        Ok(connected(&state, &instance))
    })
}

/// `POST /instance/restart/{instance}`: an instance that is closed is refused with 200.
pub(super) async fn restart(
    State(state): State<Arc<SandboxState>>,
    Path(instance): Path<String>,
    headers: HeaderMap,
) -> Response {
    answered(&state, &headers, &instance, || {
        if current(&state, &instance) == ConnectionState::Disconnected {
            return Ok(json!({"error": true, "message": not_connected(&instance)}));
        }
        connections::begin(&state, EVOLUTION, &instance);
        Ok(connected(&state, &instance))
    })
}

/// `DELETE /instance/logout/{instance}`: the phone forgets the instance.
pub(super) async fn log_out(
    State(state): State<Arc<SandboxState>>,
    Path(instance): Path<String>,
    headers: HeaderMap,
) -> Response {
    answered(&state, &headers, &instance, || {
        if current(&state, &instance) == ConnectionState::Disconnected {
            let message = json!([not_connected(&instance)]);
            let status = StatusCode::BAD_REQUEST;
            return Err(Refusal::new(Outcome::Disconnected, status, message));
        }
        let closed = ConnectionState::Disconnected;
        connections::move_to(&state, EVOLUTION, &instance, closed, true);
        Ok(json!({
            "status": "SUCCESS",
            "error": false,
            "response": {"message": "Instance logged out"},
        }))
    })
}

fn answered(
    state: &SandboxState,
    headers: &HeaderMap,
    instance: &str,
    act: impl FnOnce() -> Result<Value, Refusal>,
) -> Response {
    match admit(state, headers, instance).and_then(|()| act()) {
        Ok(answer) => {
            state.stats.count(Outcome::Answered);
            json_answer(StatusCode::OK, &answer)
        }
        Err(refusal) => refusal.counted(state),
    }
}

fn current(state: &SandboxState, instance: &str) -> ConnectionState {
    state.connections.get(EVOLUTION, instance).state
}

fn state_of(state: &SandboxState, instance: &str) -> Value {
    let name = state_name(current(state, instance));
    json!({"instance": {"instanceName": instance, "state": name}})
}

/// What connecting answers: the state when it is open, else the QR code, if there is one.
fn connected(state: &Arc<SandboxState>, instance: &str) -> Value {
    match current(state, instance) {
        ConnectionState::Connected => return state_of(state, instance),
        ConnectionState::Disconnected => {
            connections::begin(state, EVOLUTION, instance);
        }
        ConnectionState::Connecting | ConnectionState::AwaitsPairing => {}
    }
    code_to_scan(state, instance)
}

/// The QR code to scan now, each time another; empty while there is none to scan.
pub(super) fn code_to_scan(state: &SandboxState, instance: &str) -> Value {
    let code = state.connections.next_code(EVOLUTION, instance);
    let (code, count) = code.unzip();
    json!({"pairingCode": null, "code": code, "base64": null, "count": count.unwrap_or(0)})
}

fn not_connected(instance: &str) -> String {
    format!("The \"{instance}\" instance is not connected")
}

/// Evolution's word for a state. While it shows a QR code it calls itself connecting.
pub(super) fn state_name(state: ConnectionState) -> &'static str {
    match state {
        ConnectionState::Connected => "open",
        ConnectionState::Connecting | ConnectionState::AwaitsPairing => "connecting",
        ConnectionState::Disconnected => "close",
    }
}
