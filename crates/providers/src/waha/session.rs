//! A WAHA session, which is what connects a number: its status, its configuration, and how it is paired with a phone.

use serde::Deserialize;
use serde_json::{Value, json};
use zapgres_core::error_class::{ErrorClass, SendError};

use super::answer;
use crate::channel::ChannelAddress;
use crate::exchange::Answer;
use crate::health::{ConnectionState, Health, Pairing};

/// What WAHA is to deliver. `message.any` has what `message` has, and what we wrote on the phone.
const EVENTS: [&str; 5] = [
    "message.any",
    "message.ack",
    "message.reaction",
    "poll.vote",
    "session.status",
];

/// What `GET /api/sessions/{session}` says.
#[derive(Deserialize)]
pub(super) struct Session {
    status: String,
    me: Option<Me>,
    config: Option<Value>,
}

#[derive(Deserialize)]
struct Me {
    id: Option<String>,
}

/// What a status means; none: not known.
pub(super) fn state(status: &str) -> Option<ConnectionState> {
    match status {
        "WORKING" => Some(ConnectionState::Connected),
        "STARTING" => Some(ConnectionState::Connecting),
        "SCAN_QR_CODE" | "PASSKEY_REQUIRED" | "PASSKEY_CONFIRMATION_REQUIRED" => {
            Some(ConnectionState::AwaitsPairing)
        }
        "STOPPED" | "FAILED" => Some(ConnectionState::Disconnected),
        _ => None,
    }
}

impl Session {
    pub(super) fn read(answer: &Answer, channel: &ChannelAddress) -> Result<Self, SendError> {
        answer::of_question(answer, channel)?;
        serde_json::from_slice(&answer.body).map_err(|_| {
            let detail = "the answer does not tell the session's status";
            answer.error(ErrorClass::Transient, detail, channel)
        })
    }

    pub(super) fn is_connected(&self) -> bool {
        state(&self.status) == Some(ConnectionState::Connected)
    }

    /// Its status as health. One that is not known does not send, for all we know.
    pub(super) fn health(self) -> Health {
        let id = self.me.and_then(|me| me.id).unwrap_or_default();
        let digits: String = id.chars().take_while(char::is_ascii_digit).collect();
        Health {
            state: state(&self.status).unwrap_or(ConnectionState::Disconnected),
            number: Some(digits).filter(|digits| !digits.is_empty()),
            detail: Some(self.status),
        }
    }

    /// The operation that may connect it again; none where it is connected, on its way, or waits for a person. One that
    /// has failed counts as running, so that starting it would do nothing.
    pub(super) fn remedy(&self) -> Option<&'static str> {
        match (self.status.as_str(), state(&self.status)) {
            ("STOPPED", _) => Some("start"),
            (_, Some(ConnectionState::Disconnected) | None) => Some("restart"),
            _ => None,
        }
    }

    /// Its configuration with one webhook more, in the place of earlier ones of ours. The whole of it, because WAHA replaces
    /// what it has.
    pub(super) fn config_with_webhook(self, url: &str, key: Option<&str>) -> Value {
        let mut config = self
            .config
            .filter(Value::is_object)
            .unwrap_or_else(|| json!({}));
        let mut webhooks: Vec<Value> = match config.get_mut("webhooks").map(Value::take) {
            Some(Value::Array(webhooks)) => webhooks,
            _ => Vec::new(),
        };
        webhooks.retain(|webhook| {
            let known = webhook.get("url").and_then(Value::as_str);
            known.map(without_secret) != Some(without_secret(url))
        });
        webhooks.push(json!({
            "url": url,
            "events": EVENTS,
            "hmac": key.map(|key| json!({"key": key})),
            "retries": {"policy": "exponential", "delaySeconds": 2, "attempts": 15},
        }));
        config["webhooks"] = webhooks.into();
        config
    }
}

/// A webhook's address without its last part, the secret, which differs each time that Zapgres makes one.
fn without_secret(url: &str) -> &str {
    url.rsplit_once('/').map_or(url, |(place, _)| place)
}

/// What `GET /api/{session}/auth/qr` or `POST …/auth/request-code` says.
pub(super) fn pairing(answer: &Answer, channel: &ChannelAddress) -> Result<Pairing, SendError> {
    answer::of_question(answer, channel)?;
    let json: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let text = |name: &str| {
        json.get(name)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
    };
    if let Some(code) = text("code") {
        return Ok(Pairing::Code(code.to_owned()));
    }
    if let Some(value) = text("value") {
        return Ok(Pairing::QrCode(value.to_owned()));
    }
    match (text("mimetype"), text("data")) {
        (Some(mime_type), Some(data)) => {
            Ok(Pairing::QrImage(format!("data:{mime_type};base64,{data}")))
        }
        _ => Err(answer.error(ErrorClass::Transient, "no code in the answer", channel)),
    }
}
