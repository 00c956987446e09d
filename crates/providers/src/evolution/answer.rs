//! What the answers of Evolution API v2.3 mean. Its table of errors is here and nowhere else.
//!
//! Every error has the envelope `{"status", "error", "response": {"message": …}}`. A 400 may be
//! anything: whatever is thrown while sending becomes one, so the body decides.

use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::Value;
use zapgres_core::error_class::{ErrorClass, SendError};

use crate::channel::ChannelAddress;
use crate::exchange::Answer;
use crate::health::{ConnectionState, Health};
use crate::provider::Accepted;

/// Texts of exceptions that mean: this number's phone is not connected.
const DISCONNECTED: [&str; 5] = [
    "connection closed",
    "connection terminated",
    "connection lost",
    "connection failure",
    "not connected",
];

#[derive(Deserialize)]
struct SentMessage {
    key: SentKey,
}

#[derive(Deserialize)]
struct SentKey {
    id: String,
    #[serde(rename = "remoteJid")]
    remote_jid: Option<String>,
}

#[derive(Deserialize)]
struct ConnectionAnswer {
    instance: InstanceState,
}

#[derive(Deserialize)]
struct InstanceState {
    state: String,
}

#[derive(Deserialize)]
struct Envelope {
    response: EnvelopeResponse,
}

#[derive(Deserialize)]
struct EnvelopeResponse {
    message: Value,
}

/// The outcome that `answer` stands for. The channel's secrets are kept out of error texts.
pub(super) fn judge(answer: &Answer, channel: &ChannelAddress) -> Result<Accepted, SendError> {
    if answer.status.is_success() {
        return accepted(&answer.body).ok_or_else(|| {
            let detail = "accepted, but the answer does not name the message";
            answer.error(ErrorClass::Uncertain, detail, channel)
        });
    }
    Err(refused(answer, channel))
}

fn refused(answer: &Answer, channel: &ChannelAddress) -> SendError {
    let message = serde_json::from_slice::<Envelope>(&answer.body)
        .ok()
        .map(|envelope| envelope.response.message);
    let class = class_of(answer.status, message.as_ref());
    let detail = match &message {
        Some(message) => detail_of(message),
        None => advice(answer.status).to_owned(),
    };
    answer.error(class, &detail, channel)
}

/// What `connectionState` says.
pub(super) fn health(answer: &Answer, channel: &ChannelAddress) -> Result<Health, SendError> {
    if !answer.status.is_success() {
        return Err(refused(answer, channel));
    }
    let state = serde_json::from_slice::<ConnectionAnswer>(&answer.body).map_err(|_| {
        let detail = "the answer does not tell the connection's state";
        answer.error(ErrorClass::Transient, detail, channel)
    })?;
    Ok(Health {
        state: match state.instance.state.as_str() {
            "open" => ConnectionState::Connected,
            "connecting" => ConnectionState::Connecting,
            _ => ConnectionState::Disconnected,
        },
        number: None,
        detail: None,
    })
}

fn accepted(body: &[u8]) -> Option<Accepted> {
    let sent: SentMessage = serde_json::from_slice(body).ok()?;
    (!sent.key.id.is_empty()).then_some(Accepted {
        provider_message_id: sent.key.id,
        recipient_address: sent.key.remote_jid,
    })
}

/// The table: status, and message of the envelope, to class. Without an envelope (`None`) the answer
/// comes from something before Evolution, a proxy or another server.
fn class_of(status: StatusCode, message: Option<&Value>) -> ErrorClass {
    match (status.as_u16(), message) {
        (400, Some(message)) => class_of_bad_request(message),
        (401..=405, _) | (300..=399, _) => ErrorClass::ChannelAuth,
        (429, _) => ErrorClass::Throttled,
        // 408: the server gave up waiting for the request, so it did nothing with it.
        (400 | 408, _) => ErrorClass::Transient,
        (413 | 422, _) | (406..=499, Some(_)) => ErrorClass::Rejected,
        (406..=499, None) => ErrorClass::ChannelAuth,
        (500..=599, Some(_)) | (503, None) => ErrorClass::Transient,
        // 500, 502 and 504 of a proxy among them: Evolution may have had the request.
        _ => ErrorClass::Uncertain,
    }
}

fn class_of_bad_request(message: &Value) -> ErrorClass {
    let first = first_of(message);
    if first.get("exists") == Some(&Value::Bool(false)) {
        return ErrorClass::RecipientInvalid;
    }
    // Schema errors are the only ones in a nested array.
    if first.is_array() {
        return ErrorClass::Rejected;
    }
    let text = first.as_str().unwrap_or_default().to_lowercase();
    if DISCONNECTED.iter().any(|part| text.contains(part)) {
        ErrorClass::ChannelDown
    } else {
        ErrorClass::Transient
    }
}

/// The message itself, or the first of several; null when there is none.
fn first_of(message: &Value) -> &Value {
    match message {
        Value::Array(several) => several.first().unwrap_or(&Value::Null),
        single => single,
    }
}

fn detail_of(message: &Value) -> String {
    match first_of(message) {
        Value::String(text) => text.clone(),
        other if other.get("exists").is_some() => "this number is not on WhatsApp".to_owned(),
        Value::Null => "no reason given".to_owned(),
        other => other.to_string(),
    }
}

/// What to say when the answer is not Evolution's own.
fn advice(status: StatusCode) -> &'static str {
    match status.as_u16() {
        300..=399 => "a redirect: correct the channel's address (often http instead of https)",
        401..=403 => "refused: check the channel's credential and address",
        404 | 405 => "no such address: check the channel's address",
        429 => "too many requests",
        _ => "not an answer of Evolution API",
    }
}
