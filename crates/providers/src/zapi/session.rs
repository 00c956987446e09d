//! The connection between Z-API and the phone: its state, mending it, and making it.

use serde_json::Value;
use zapgres_core::error_class::{ErrorClass, SendError};

use super::answer;
use crate::channel::ChannelAddress;
use crate::exchange::Answer;
use crate::health::{ConnectionState, Health, Pairing};

/// What `GET /status` says.
pub(super) struct Status {
    connected: bool,
    /// Whether the phone itself is online. Messages are sent without it, for a while.
    phone_online: bool,
    /// Is filled when all is well, too: "You are already connected.".
    words: Option<String>,
}

impl Status {
    pub(super) fn health(self) -> Health {
        let (state, detail) = match (self.connected, self.phone_online) {
            (true, true) => (ConnectionState::Connected, None),
            (true, false) => (
                ConnectionState::Connected,
                Some("the phone is not online".to_owned()),
            ),
            (false, _) => (ConnectionState::Disconnected, self.words),
        };
        Health {
            state,
            number: None,
            detail,
        }
    }

    /// "You need to restore the session."
    pub(super) fn needs_restoring(&self) -> bool {
        let words = self.words.as_deref().unwrap_or_default().to_lowercase();
        !self.connected && words.contains("restore")
    }
}

/// Reads the answer to `GET /status`. There `connected` decides, and `error` is no error.
pub(super) fn status(answer: &Answer, channel: &ChannelAddress) -> Result<Status, SendError> {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let Some(connected) = body.get("connected").and_then(answer::truth) else {
        answer::read(answer, channel).map_err(SendError::of_question)?;
        let detail = "the answer does not tell the connection's state";
        return Err(answer.error(ErrorClass::Transient, detail, channel));
    };
    Ok(Status {
        connected,
        phone_online: body.get("smartphoneConnected").and_then(answer::truth) != Some(false),
        words: text(&body, "error"),
    })
}

/// The connected number, from `GET /device`.
pub(super) fn number(body: &Value) -> Option<String> {
    text(body, "phone").filter(|phone| phone.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Reads the answer to an order, such as that to restart: `{"value": true}`.
pub(super) fn done(answer: &Answer, channel: &ChannelAddress) -> Result<(), SendError> {
    let body = answer::read(answer, channel).map_err(SendError::of_question)?;
    match body.get("value").and_then(answer::truth) {
        Some(false) => Err(answer.error(ErrorClass::Transient, "Z-API has not done it", channel)),
        _ => Ok(()),
    }
}

/// Reads the answer to `GET /qr-code`, the bytes of a code, or to `GET /qr-code/image`, a picture. How they are wrapped is not
/// documented: `{"value": …}` was seen, and the text alone.
pub(super) fn qr(answer: &Answer, channel: &ChannelAddress) -> Result<Pairing, SendError> {
    pairing(answer, channel, "value", |code| {
        if code.starts_with("data:image") {
            Pairing::QrImage(code)
        } else {
            Pairing::QrCode(code)
        }
    })
}

/// Reads the answer to `GET /phone-code/{phone}`, whose shape is not documented: `{"code": "ABCD1234"}`, or that text alone.
pub(super) fn code(answer: &Answer, channel: &ChannelAddress) -> Result<Pairing, SendError> {
    pairing(answer, channel, "code", Pairing::Code)
}

fn pairing(
    answer: &Answer,
    channel: &ChannelAddress,
    field: &str,
    pairing: impl FnOnce(String) -> Pairing,
) -> Result<Pairing, SendError> {
    if is_connected(&answer.body) {
        return Ok(Pairing::Connected);
    }
    let body = answer::read(answer, channel).map_err(SendError::of_question)?;
    let bare = || match &body {
        Value::String(code) => Some(code.clone()),
        Value::Null => String::from_utf8(answer.body.clone()).ok(),
        _ => None,
    };
    text(&body, field)
        .or_else(bare)
        .map(|code| code.trim().to_owned())
        .filter(|code| !code.is_empty() && !code.starts_with(['<', '{']))
        .map(pairing)
        .ok_or_else(|| answer.error(ErrorClass::Transient, "there is no code in it", channel))
}

/// A number that is connected gets no code.
fn is_connected(body: &[u8]) -> bool {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let says_so = text(&body, "error")
        .is_some_and(|words| words.to_lowercase().contains("already connected"));
    says_so || body.get("connected").and_then(answer::truth) == Some(true)
}

fn text(body: &Value, field: &str) -> Option<String> {
    let text = body.get(field)?.as_str()?;
    (!text.is_empty()).then(|| text.to_owned())
}
