//! What the answers of WAHA mean. Its table of errors is here and nowhere else.
//!
//! An error is `{"statusCode", "message", "error"}`, or the object that was thrown.

use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::Value;
use zapgres_core::error_class::{ErrorClass, SendError};

use super::address::kept_id;
use super::session;
use crate::channel::ChannelAddress;
use crate::exchange::Answer;
use crate::health::Health;
use crate::provider::Accepted;

/// The outcome that `answer` to a send stands for.
pub(super) fn judge(answer: &Answer, channel: &ChannelAddress) -> Result<Accepted, SendError> {
    if !answer.status.is_success() {
        return Err(refused(answer, channel));
    }
    accepted(&answer.body).ok_or_else(|| {
        let detail = "accepted, but the answer does not name the message";
        answer.error(ErrorClass::Uncertain, detail, channel)
    })
}

/// The message's name. Engines differ in where they have it: `id` (NOWEB, GOWS: a text; WEBJS: an object), `key.id`
/// (Baileys' record), or in WEBJS's own record.
fn accepted(body: &[u8]) -> Option<Accepted> {
    let json: Value = serde_json::from_slice(body).ok()?;
    let places = [
        "/id",
        "/id/_serialized",
        "/id/id",
        "/key/id",
        "/_data/id/_serialized",
    ];
    let id = places
        .iter()
        .filter_map(|place| json.pointer(place)?.as_str())
        .find(|id| !id.is_empty())?;
    let chat = super::address::chat_in(id);
    let chat = chat.or_else(|| json.pointer("/key/remoteJid")?.as_str());
    Some(Accepted {
        provider_message_id: kept_id(id).to_owned(),
        recipient_address: chat.map(str::to_owned),
    })
}

/// The error that a refusal means.
pub(super) fn refused(answer: &Answer, channel: &ChannelAddress) -> SendError {
    let body = serde_json::from_slice::<Value>(&answer.body).ok();
    let body = body.filter(Value::is_object);
    let class = class_of(answer.status, body.as_ref());
    let detail = body.as_ref().and_then(detail_of);
    let detail = detail.unwrap_or_else(|| advice(answer.status).to_owned());
    answer.error(class, &detail, channel)
}

/// The table: status and body to class. Without an object of JSON the answer comes from something before WAHA.
fn class_of(status: StatusCode, body: Option<&Value>) -> ErrorClass {
    match (status.as_u16(), body) {
        // 404 with a body: the session is not there, or an old version lacks the operation.
        (300..=399 | 401..=405, _) => ErrorClass::ChannelAuth,
        (408, _) => ErrorClass::Transient,
        (429, _) => ErrorClass::Throttled,
        (422, Some(body)) => class_of_unprocessable(body),
        (400 | 413 | 415, _) | (406..=499, Some(_)) => ErrorClass::Rejected,
        (406..=499, None) => ErrorClass::ChannelAuth,
        (503, None) => ErrorClass::Transient,
        // 500 of WAHA itself among them: engines throw it also when the message was given to WhatsApp
        // and its confirmation did not come.
        _ => ErrorClass::Uncertain,
    }
}

/// 422 is a session that does not work (the body has its `status`), or something that this engine or edition lacks.
fn class_of_unprocessable(body: &Value) -> ErrorClass {
    let has_status = body.get("status").is_some_and(Value::is_string);
    let text = detail_of(body).unwrap_or_default().to_lowercase();
    if has_status || text.contains("session") {
        ErrorClass::ChannelDown
    } else {
        ErrorClass::Rejected
    }
}

fn detail_of(body: &Value) -> Option<String> {
    let text = |name: &str| match body.get(name)? {
        Value::String(text) => Some(text.clone()),
        Value::Array(several) => several.first()?.as_str().map(str::to_owned),
        _ => None,
    };
    let detail = text("message").or_else(|| text("error"))?;
    match body.get("status").and_then(Value::as_str) {
        Some(status) => Some(format!("{detail} (status {status})")),
        None => Some(detail),
    }
}

/// What to say when the answer is not WAHA's own.
fn advice(status: StatusCode) -> &'static str {
    match status.as_u16() {
        300..=399 => "a redirect: correct the channel's address (often http instead of https)",
        401..=403 => "refused: check the channel's credential and address",
        404 | 405 => "no such address: check the channel's address",
        429 => "too many requests",
        _ => "not an answer of WAHA",
    }
}

#[derive(Deserialize)]
pub(super) struct Session {
    pub(super) status: String,
    me: Option<Me>,
}

#[derive(Deserialize)]
struct Me {
    id: Option<String>,
}

/// What `GET /api/sessions/{session}` says.
pub(super) fn session(answer: &Answer, channel: &ChannelAddress) -> Result<Session, SendError> {
    if !answer.status.is_success() {
        return Err(refused(answer, channel).of_question());
    }
    serde_json::from_slice(&answer.body).map_err(|_| {
        let detail = "the answer does not tell the session's status";
        answer.error(ErrorClass::Transient, detail, channel)
    })
}

impl Session {
    /// The status as health. One that is not known does not send, for all we know.
    pub(super) fn health(self) -> Health {
        let id = self.me.and_then(|me| me.id);
        let number = id.and_then(|id| {
            let digits: String = id.chars().take_while(char::is_ascii_digit).collect();
            (!digits.is_empty()).then_some(digits)
        });
        Health {
            state: session::state(&self.status)
                .unwrap_or(crate::health::ConnectionState::Disconnected),
            number,
            detail: Some(self.status),
        }
    }
}
