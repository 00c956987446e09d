//! The endpoints of MegaAPI, below `/rest`.
//!
//! Outside facts: its documentation of 2024 has the operations. Of the answers nothing is confirmed:
//! they are as its public clients read them.

mod dialect;
mod send;

use std::sync::Arc;

use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::any;
use serde_json::{Value, json};

pub(crate) use dialect::MegaapiDialect;

use crate::call::{Call, Refusal, answered};
use crate::connections::{self, ConnectionState};
use crate::evolution::owner;
use crate::provider::Provider;
use crate::qr_picture;
use crate::state::SandboxState;
use crate::stats::Outcome;

const MEGAAPI: Provider = Provider::Megaapi;

/// All of it.
pub(crate) fn routes() -> Router<Arc<SandboxState>> {
    Router::new().route("/rest/{*path}", any(serve))
}

async fn serve(Path(path): Path<String>, call: Call) -> Response {
    let parts: Vec<&str> = path.split('/').collect();
    if let ("POST", ["sendMessage", instance, operation]) = (call.method.as_str(), &parts[..]) {
        return send::send(call, instance, operation).await;
    }
    answered(&call.state, StatusCode::OK, question(&call, &parts))
}

fn question(call: &Call, parts: &[&str]) -> Result<Value, Refusal> {
    match (call.method.as_str(), parts) {
        ("GET", ["instance", "qrcode" | "qrcode_base64", instance]) => qr_code(call, instance),
        ("GET", ["instance", instance]) => {
            admit(call, instance)?;
            Ok(description(&call.state, instance))
        }
        ("DELETE", ["instance", instance, "restart"]) => {
            admit(call, instance)?;
            connections::begin(&call.state, MEGAAPI, instance);
            Ok(json!({"error": false, "message": "Instance restarted"}))
        }
        ("DELETE", ["instance", instance, "logout"]) => {
            admit(call, instance)?;
            let closed = ConnectionState::Disconnected;
            connections::move_to(&call.state, MEGAAPI, instance, closed, true);
            Ok(json!({"error": false, "message": "Instance logged out"}))
        }
        _ => Err(no_such_path(call)),
    }
}

fn envelope(error: &str) -> Value {
    json!({"error": true, "message": error})
}

fn refusal(outcome: Outcome, status: StatusCode, error: &str) -> Refusal {
    Refusal {
        outcome,
        status,
        body: envelope(error),
    }
}

fn no_such_path(call: &Call) -> Refusal {
    let error = format!("Cannot {} {}", call.method, call.uri.path());
    refusal(Outcome::UnknownRoute, StatusCode::NOT_FOUND, &error)
}

/// Lets a request in: the token is good, and the instance exists.
fn admit(call: &Call, instance: &str) -> Result<(), Refusal> {
    if !call.is_key(call.bearer()) {
        let status = StatusCode::UNAUTHORIZED;
        return Err(refusal(Outcome::Unauthorized, status, "Invalid token"));
    }
    if !call.state.instances.exist(instance) {
        let status = StatusCode::NOT_FOUND;
        return Err(refusal(
            Outcome::UnknownInstance,
            status,
            "Instance not found",
        ));
    }
    Ok(())
}

fn description(state: &SandboxState, instance: &str) -> Value {
    let status = match state.connections.get(MEGAAPI, instance).state {
        ConnectionState::Connected => "connected",
        ConnectionState::Connecting => "connecting",
        ConnectionState::AwaitsPairing | ConnectionState::Disconnected => "disconnected",
    };
    let connected = status == "connected";
    let user = connected.then(|| json!({"id": owner(instance), "name": instance}));
    json!({
        "error": false,
        "message": "Instance data",
        "instance": {"key": instance, "status": status, "user": user},
    })
}

/// `GET /rest/instance/qrcode_base64/{instance}`: a picture of a code to scan.
fn qr_code(call: &Call, instance: &str) -> Result<Value, Refusal> {
    admit(call, instance)?;
    let state = &call.state;
    if state.connections.get(MEGAAPI, instance).state == ConnectionState::Disconnected {
        connections::begin(state, MEGAAPI, instance);
    }
    match state.connections.next_code(MEGAAPI, instance) {
        Some((code, _)) => Ok(json!({"error": false, "qrcode": qr_picture::data_uri(&code)})),
        None if state.connections.is_open(MEGAAPI, instance) => {
            Ok(envelope("User is already logged in"))
        }
        None => Ok(json!({"error": false, "qrcode": ""})),
    }
}
