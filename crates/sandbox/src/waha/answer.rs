//! WAHA's errors: `{"statusCode", "message", "error"}`, as Nest makes them, or what was thrown.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::WAHA;
use super::session::status_of;
use crate::call::{Call, Refusal};
use crate::connections::ConnectionState;
use crate::state::SandboxState;
use crate::stats::Outcome;

/// The envelope.
pub(super) fn envelope(status: StatusCode, message: &Value) -> Value {
    if status == StatusCode::INTERNAL_SERVER_ERROR {
        return json!({"statusCode": 500, "exception": {"message": message, "name": "Error"}});
    }
    json!({
        "statusCode": status.as_u16(),
        "message": message,
        "error": status.canonical_reason(),
    })
}

fn refusal(outcome: Outcome, status: StatusCode, message: &Value) -> Refusal {
    Refusal {
        outcome,
        status,
        body: envelope(status, message),
    }
}

pub(super) fn no_such_path(call: &Call) -> Refusal {
    let message = format!("Cannot {} {}", call.method, call.uri.path());
    let status = StatusCode::NOT_FOUND;
    refusal(Outcome::UnknownRoute, status, &message.into())
}

/// A body that lacks something.
pub(super) fn invalid(complaint: &str) -> Refusal {
    let status = StatusCode::BAD_REQUEST;
    refusal(Outcome::SchemaError, status, &json!([complaint]))
}

/// A question that this engine does not answer.
pub(super) fn not_available(message: &str) -> Refusal {
    let status = StatusCode::BAD_REQUEST;
    refusal(Outcome::SchemaError, status, &message.into())
}

pub(super) fn check_key(call: &Call) -> Result<(), Refusal> {
    let query = call.query();
    let in_query = query.get("x-api-key").map_or("", String::as_str);
    if call.is_key(call.header("x-api-key")) || call.is_key(in_query) {
        return Ok(());
    }
    let status = StatusCode::UNAUTHORIZED;
    Err(Refusal {
        outcome: Outcome::Unauthorized,
        status,
        body: json!({"message": "Unauthorized", "statusCode": 401}),
    })
}

/// The object in a body.
pub(super) fn fields(call: &Call) -> Result<Map<String, Value>, Refusal> {
    if !call.content_type().starts_with("application/json") {
        return Ok(Map::new());
    }
    let status = StatusCode::BAD_REQUEST;
    let read = call.fields();
    read.map_err(|error| refusal(Outcome::Malformed, status, &error.into()))
}

/// A session is asked about that does not exist.
pub(super) fn check_session(state: &SandboxState, session: &str) -> Result<(), Refusal> {
    if state.instances.exist(session) {
        return Ok(());
    }
    let status = StatusCode::NOT_FOUND;
    let message = "Session not found";
    Err(refusal(Outcome::UnknownInstance, status, &message.into()))
}

/// Something is to be done by a session: it exists, and its status is the one that this needs.
pub(super) fn check_status(
    state: &SandboxState,
    session: &str,
    needed: ConnectionState,
) -> Result<(), Refusal> {
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    if !state.instances.exist(session) {
        let message = format!("Session \"{session}\" does not exist");
        return Err(refusal(Outcome::UnknownInstance, status, &message.into()));
    }
    let connection = state.connections.get(WAHA, session);
    if connection.state == needed {
        return Ok(());
    }
    Err(Refusal {
        outcome: Outcome::Disconnected,
        status,
        body: unexpected_status(session, status_of(&connection), needed),
    })
}

/// What a session says that cannot do something in its status.
pub(super) fn unexpected_status(session: &str, status: &str, needed: ConnectionState) -> Value {
    let needed = match needed {
        ConnectionState::AwaitsPairing => "SCAN_QR_CODE",
        _ => "WORKING",
    };
    json!({
        "error": "Session status is not as expected. Try again later or restart the session",
        "session": session,
        "status": status,
        "expected": [needed],
    })
}
