//! The connection of a session to its phone.

use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::{WAHA, answer, sessions};
use crate::call::{Call, Refusal};
use crate::connections::{self, Connection, ConnectionState};
use crate::fields::text;
use crate::qr_picture;
use crate::state::SandboxState;

/// WAHA's word for where a session is. One whose phone has forgotten it has failed.
pub(super) fn status_of(connection: &Connection) -> &'static str {
    match connection.state {
        ConnectionState::Connected => "WORKING",
        ConnectionState::Connecting => "STARTING",
        ConnectionState::AwaitsPairing => "SCAN_QR_CODE",
        ConnectionState::Disconnected if connection.needs_pairing() => "FAILED",
        ConnectionState::Disconnected => "STOPPED",
    }
}

/// `POST /api/sessions/{session}/start|stop|restart|logout`; none where there is no such order.
pub(super) fn order(
    state: &Arc<SandboxState>,
    session: &str,
    order: &str,
) -> Option<Result<Value, Refusal>> {
    let act: fn(&Arc<SandboxState>, &str) = match order {
        "start" => start,
        "stop" => stop,
        "restart" => restart,
        "logout" => log_out,
        _ => return None,
    };
    Some(answer::check_session(state, session).map(|()| {
        act(state, session);
        sessions::row(state, session)
    }))
}

/// One that has failed counts as running: starting it does nothing.
pub(super) fn start(state: &Arc<SandboxState>, session: &str) {
    let connection = state.connections.get(WAHA, session);
    if status_of(&connection) == "STOPPED" {
        connections::begin(state, WAHA, session);
    }
}

fn stop(state: &Arc<SandboxState>, session: &str) {
    let needs_pairing = state.connections.get(WAHA, session).needs_pairing();
    let stopped = ConnectionState::Disconnected;
    connections::move_to(state, WAHA, session, stopped, needs_pairing);
}

pub(super) fn restart(state: &Arc<SandboxState>, session: &str) {
    connections::begin(state, WAHA, session);
}

/// The phone forgets the session, which then shows codes.
pub(super) fn log_out(state: &Arc<SandboxState>, session: &str) {
    connections::move_to(state, WAHA, session, ConnectionState::Disconnected, true);
    connections::begin(state, WAHA, session);
}

/// The QR code to scan now, each time another.
pub(super) fn code(state: &SandboxState, session: &str) -> Result<String, Refusal> {
    let needed = ConnectionState::AwaitsPairing;
    answer::check_status(state, session, needed)?;
    let code = state.connections.next_code(WAHA, session);
    // Somebody may have scanned it just now.
    let code = code.map(|(code, _)| code);
    code.ok_or_else(|| answer::not_available("There is no QR code"))
}

/// A picture of a code, as JSON.
pub(super) fn picture(code: &str) -> Value {
    let data = BASE64_STANDARD.encode(qr_picture::png(code));
    json!({"mimetype": "image/png", "data": data})
}

/// `POST /api/{session}/auth/request-code`: a code to type on the phone.
pub(super) fn typed_code(call: &Call, session: &str) -> Result<Value, Refusal> {
    let body = Value::Object(answer::fields(call)?);
    if text(&body, "phoneNumber").is_empty() {
        return Err(answer::invalid("phoneNumber must be a string"));
    }
    let code = code(&call.state, session)?;
    Ok(json!({"code": qr_picture::typed(&code)}))
}
