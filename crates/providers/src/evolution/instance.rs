//! A number's connection: its state, connecting it again, pairing it with a phone.

use serde_json::Value;
use zapgres_core::error_class::{ErrorClass, SendError};
use zapgres_core::error_text;

use super::answer;
use crate::channel::ChannelAddress;
use crate::exchange::Answer;
use crate::health::{ConnectionState, Health, Pairing};

/// A server's list of its numbers: we ask for one, but not every version knows the filter.
pub(super) const LIST_CAP_BYTES: usize = 1024 * 1024;

/// What `connectionState` says; the number is not in it.
pub(super) fn health(answer: &Answer, channel: &ChannelAddress) -> Result<Health, SendError> {
    let told = answer::told(answer, channel)?;
    let state = told.pointer("/instance/state").and_then(Value::as_str);
    let state = state.ok_or_else(|| {
        let detail = "the answer does not tell the connection's state";
        answer.error(ErrorClass::Transient, detail, channel)
    })?;
    let (state, detail) = match state {
        "open" => (ConnectionState::Connected, None),
        "connecting" => (ConnectionState::Connecting, None),
        "close" => (ConnectionState::Disconnected, None),
        other => {
            let detail = error_text::presentable(other);
            (ConnectionState::Disconnected, Some(detail))
        }
    };
    Ok(Health {
        state,
        number: None,
        detail,
    })
}

/// The number of the instance, from the list that `fetchInstances` gives.
pub(super) fn number(answer: &Answer, instance: &str) -> Option<String> {
    let list: Value = serde_json::from_slice(&answer.body).ok()?;
    let entry = list.as_array()?.iter().find_map(|entry| {
        // v1 has each entry in an object of its own.
        let entry = entry.get("instance").unwrap_or(entry);
        let name = entry.get("name").or_else(|| entry.get("instanceName"))?;
        (name == instance).then_some(entry)
    })?;
    let owner = entry.get("ownerJid").or_else(|| entry.get("owner"))?;
    let digits = owner.as_str()?.split(['@', ':']).next()?;
    let is_number = !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit());
    is_number.then(|| digits.to_owned())
}

/// What `connect` shows: a code to scan or to type, or that there is no need.
pub(super) fn pairing(
    answer: &Answer,
    for_typing: bool,
    channel: &ChannelAddress,
) -> Result<Pairing, SendError> {
    let told = answer::told(answer, channel)?;
    let text = |pointer| {
        let text = told.pointer(pointer)?.as_str()?;
        (!text.is_empty()).then(|| text.to_owned())
    };
    let state = text("/instance/state");
    if state.as_deref() == Some("open") {
        return Ok(Pairing::Connected);
    }
    let typed = text("/pairingCode").filter(|_| for_typing);
    typed
        .map(Pairing::Code)
        .or_else(|| text("/code").map(Pairing::QrCode))
        .or_else(|| text("/base64").map(Pairing::QrImage))
        .ok_or_else(|| {
            let detail = "no code to pair with yet: ask again in some seconds";
            answer.error(ErrorClass::Transient, detail, channel)
        })
}

/// Whether a restart did nothing because there is no connection. The reason is often lost (`"[object Object]"`), so any error
/// that comes as a success counts.
pub(super) fn has_nothing_to_restart(answer: &Answer, error: &SendError) -> bool {
    answer.status.is_success() || error.class == ErrorClass::ChannelDown
}
