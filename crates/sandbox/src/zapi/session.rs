//! The connection of an instance to its phone.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{ZAPI, answer};
use crate::call::Refusal;
use crate::connections::{self, ConnectionState};
use crate::evolution::{digits_of, owner};
use crate::qr_picture;
use crate::state::SandboxState;

const CONNECTED: &str = "You are already connected.";
const NOT_CONNECTED: &str = "You are not connected.";

/// `GET /status`: `error` says something even when all is well.
pub(super) fn status(state: &SandboxState, instance: &str) -> Value {
    let connection = state.connections.get(ZAPI, instance);
    let connected = connection.state == ConnectionState::Connected;
    let words = match connection.state {
        ConnectionState::Connected => CONNECTED,
        ConnectionState::Disconnected if !connection.needs_pairing() => {
            "You need to restore the session."
        }
        _ => NOT_CONNECTED,
    };
    json!({"connected": connected, "error": words, "smartphoneConnected": connected})
}

/// `GET /qr-code`: the text of the code.
pub(super) fn qr_code(state: &Arc<SandboxState>, instance: &str) -> Result<Value, Refusal> {
    with_code(state, instance, |code| json!({ "value": code }))
}

/// `GET /qr-code/image`: a picture of the code.
pub(super) fn qr_picture(state: &Arc<SandboxState>, instance: &str) -> Result<Value, Refusal> {
    with_code(
        state,
        instance,
        |code| json!({"value": qr_picture::data_uri(code)}),
    )
}

/// `GET /phone-code/{phone}`: a code to type on the phone.
pub(super) fn phone_code(state: &Arc<SandboxState>, instance: &str) -> Result<Value, Refusal> {
    with_code(
        state,
        instance,
        |code| json!({"code": qr_picture::typed(code)}),
    )
}

/// What an instance that is connected gets is no code; one that is not begins to connect.
fn with_code(
    state: &Arc<SandboxState>,
    instance: &str,
    answer_with: impl FnOnce(&str) -> Value,
) -> Result<Value, Refusal> {
    if state.connections.get(ZAPI, instance).state == ConnectionState::Disconnected {
        connections::begin(state, ZAPI, instance);
    }
    if state.connections.is_open(ZAPI, instance) {
        return Ok(json!({"connected": true, "error": CONNECTED}));
    }
    match state.connections.next_code(ZAPI, instance) {
        Some((code, _)) => Ok(answer_with(&code)),
        None => Err(answer::disconnected("There is no QR code yet, try again")),
    }
}

/// `GET /restart`, `GET /restore-session`: neither needs a new code, where the phone knows the instance.
pub(super) fn restart(state: &Arc<SandboxState>, instance: &str) -> Value {
    connections::begin(state, ZAPI, instance);
    json!({"value": true})
}

/// `GET /disconnect`: the phone forgets the instance.
pub(super) fn disconnect(state: &Arc<SandboxState>, instance: &str) -> Value {
    let closed = ConnectionState::Disconnected;
    connections::move_to(state, ZAPI, instance, closed, true);
    json!({"value": true})
}

/// `GET /device`: whose phone it is.
pub(super) fn device(state: &SandboxState, instance: &str) -> Result<Value, Refusal> {
    if !state.connections.is_open(ZAPI, instance) {
        return Err(answer::disconnected(NOT_CONNECTED));
    }
    Ok(json!({
        "phone": digits_of(&owner(instance)),
        "imgUrl": null,
        "name": instance,
        "device": {"sessionName": "Z-API", "device_model": "Sandbox"},
        "sessionId": 1,
        "isBusiness": false,
    }))
}
