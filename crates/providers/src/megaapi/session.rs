//! The connection between MegaAPI and the phone. The shapes of both answers are those that public clients read.

use serde_json::Value;
use zapgres_core::error_class::{ErrorClass, SendError};

use super::answer;
use crate::channel::ChannelAddress;
use crate::exchange::Answer;
use crate::health::{ConnectionState, Health, Pairing};

/// Reads the answer to `GET /rest/instance/{instance}`: `{"instance": {"status": "connected", "user": {"id": …}}}`, on some
/// servers as the only entry of an array.
pub(super) fn health(answer: &Answer, channel: &ChannelAddress) -> Result<Health, SendError> {
    let body = answer::read(answer, channel).map_err(SendError::of_question)?;
    let body = body.get(0).unwrap_or(&body);
    let Some(status) = body.pointer("/instance/status").and_then(Value::as_str) else {
        let detail = "the answer does not tell the connection's state";
        return Err(answer.error(ErrorClass::Transient, detail, channel));
    };
    let state = match status {
        "connected" => ConnectionState::Connected,
        "connecting" => ConnectionState::Connecting,
        _ => ConnectionState::Disconnected,
    };
    let connected = state == ConnectionState::Connected;
    let user = body.pointer("/instance/user/id").and_then(Value::as_str);
    Ok(Health {
        state,
        number: user.filter(|_| connected).and_then(number),
        detail: (!connected).then(|| status.to_owned()),
    })
}

/// The number in an address such as `5511987654321:12@s.whatsapp.net`.
fn number(address: &str) -> Option<String> {
    let digits: String = address.chars().take_while(char::is_ascii_digit).collect();
    (!digits.is_empty()).then_some(digits)
}

/// Reads the answer to `GET /rest/instance/qrcode_base64/{instance}`: `{"qrcode": "data:image/png;base64,…"}`. A number that
/// is connected gets "User is already logged in" instead.
pub(super) fn qr(answer: &Answer, channel: &ChannelAddress) -> Result<Pairing, SendError> {
    let text = String::from_utf8_lossy(&answer.body).to_lowercase();
    if text.contains("already logged in") {
        return Ok(Pairing::Connected);
    }
    let body = answer::read(answer, channel).map_err(SendError::of_question)?;
    let code = body.get("qrcode").and_then(Value::as_str);
    let code = code.filter(|code| !code.is_empty());
    code.map(|code| {
        if code.starts_with("data:image") {
            Pairing::QrImage(code.to_owned())
        } else {
            Pairing::QrCode(code.to_owned())
        }
    })
    .ok_or_else(|| answer.error(ErrorClass::Transient, "there is no code in it", channel))
}
