//! What the answers of Z-API mean. Its table of errors is here and nowhere else.
//!
//! An error is `{"error": …}`, often with a `message`, and may come with status 200, so it is looked at before anything else.
//! The documentation has no list of errors. Besides the few that it shows, those are known here that public clients handle and
//! that servers compatible with Z-API give.

use reqwest::StatusCode;
use serde_json::Value;
use zapgres_core::error_class::{ErrorClass, SendError};

use crate::channel::ChannelAddress;
use crate::exchange::Answer;
use crate::provider::Accepted;

/// Parts of errors' texts, in lower case, and what they mean whatever the status. The first that fits decides.
const COMPLAINTS: [(&str, ErrorClass); 22] = [
    // Whoever gave up waiting may have queued the message before.
    ("timed out", ErrorClass::Uncertain),
    ("timeout", ErrorClass::Uncertain),
    ("invalid phone", ErrorClass::RecipientInvalid),
    ("number does not exist", ErrorClass::RecipientInvalid),
    ("phone does not exist", ErrorClass::RecipientInvalid),
    ("not on whatsapp", ErrorClass::RecipientInvalid),
    ("too many", ErrorClass::Throttled),
    ("rate limit", ErrorClass::Throttled),
    ("not connected", ErrorClass::ChannelDown),
    ("disconnected", ErrorClass::ChannelDown),
    ("restore the session", ErrorClass::ChannelDown),
    // It takes 1000 messages, and fills up only while the phone is disconnected.
    ("queue", ErrorClass::ChannelDown),
    // What a URL with a wrong instance or token, or another server's, comes to.
    ("not_found", ErrorClass::ChannelAuth),
    ("unable to find matching target", ErrorClass::ChannelAuth),
    ("instance not found", ErrorClass::ChannelAuth),
    ("client-token", ErrorClass::ChannelAuth),
    ("invalid token", ErrorClass::ChannelAuth),
    ("unauthorized", ErrorClass::ChannelAuth),
    ("forbidden", ErrorClass::ChannelAuth),
    // "null not allowed": no Client-Token. "[…] not allowed": this machine's address is not on the account's list.
    ("not allowed", ErrorClass::ChannelAuth),
    // The instance is not paid for.
    ("subscribe", ErrorClass::ChannelAuth),
    ("subscription", ErrorClass::ChannelAuth),
];

/// The outcome that the answer to a message stands for.
pub(super) fn judge(answer: &Answer, channel: &ChannelAddress) -> Result<Accepted, SendError> {
    let body = read(answer, channel)?;
    message_id(&body)
        .map(|id| Accepted {
            provider_message_id: id.to_owned(),
            recipient_address: None,
        })
        .ok_or_else(|| {
            let detail = "accepted, but the answer does not name the message";
            answer.error(ErrorClass::Uncertain, detail, channel)
        })
}

/// The body of an answer that refuses nothing; null where it is not JSON.
pub(super) fn read(answer: &Answer, channel: &ChannelAddress) -> Result<Value, SendError> {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let complaint = complaint(&body);
    if answer.status.is_success() && complaint.is_none() {
        return Ok(body);
    }
    let detail = complaint
        .clone()
        .unwrap_or_else(|| advice(answer.status).to_owned());
    let class = match complaint {
        Some(text) => class_of_text(&text).unwrap_or_else(|| match message_id(&body) {
            // Refused and named at once: who knows.
            Some(_) => ErrorClass::Uncertain,
            None => class_of_status(answer.status),
        }),
        None => class_without_complaint(answer.status),
    };
    Err(answer.error(class, &detail, channel))
}

/// Class of an error by its text, where that tells.
pub(super) fn class_of_text(text: &str) -> Option<ErrorClass> {
    let text = text.to_lowercase();
    COMPLAINTS
        .iter()
        .find(|(part, _)| text.contains(part))
        .map(|(_, class)| *class)
}

/// Z-API's own errors of a text that is not known.
fn class_of_status(status: StatusCode) -> ErrorClass {
    match status.as_u16() {
        300..=399 | 401..=405 => ErrorClass::ChannelAuth,
        429 => ErrorClass::Throttled,
        503 => ErrorClass::ChannelDown,
        // The message is not in the queue, and nothing says that it never will be.
        200..=299 | 408 => ErrorClass::Transient,
        // A server may fail after it has queued the message, and some proxies answer in JSON, too.
        500..=599 => ErrorClass::Uncertain,
        _ => ErrorClass::Rejected,
    }
}

/// Answers of something before Z-API, or of another server.
fn class_without_complaint(status: StatusCode) -> ErrorClass {
    match status.as_u16() {
        300..=399 | 401..=405 => ErrorClass::ChannelAuth,
        413 | 415 | 422 => ErrorClass::Rejected,
        429 => ErrorClass::Throttled,
        // 408: the server gave up waiting for the request, so it did nothing with it.
        400 | 408 | 503 => ErrorClass::Transient,
        406..=499 => ErrorClass::ChannelAuth,
        // 500, 502 and 504 of a proxy among them: Z-API may have had the request.
        _ => ErrorClass::Uncertain,
    }
}

/// The error that a body holds. `false`, null and nothing are none.
fn complaint(body: &Value) -> Option<String> {
    let message = body.get("message").and_then(Value::as_str);
    let error = match body.get("error")? {
        Value::Null | Value::Bool(false) => return None,
        Value::String(text) if text.is_empty() => return None,
        Value::Bool(true) => return Some(message.unwrap_or("no reason given").to_owned()),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    Some(match message {
        Some(message) => format!("{error}: {message}"),
        None => error,
    })
}

/// The id that receipts carry; failing that, the one of Z-API's queue.
fn message_id(body: &Value) -> Option<&str> {
    ["messageId", "id", "zaapId"]
        .iter()
        .filter_map(|name| body.get(name)?.as_str())
        .find(|id| !id.is_empty())
}

/// A truth value, which some answers have as a text.
pub(super) fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(truth) => Some(*truth),
        Value::String(text) => text.to_ascii_lowercase().parse().ok(),
        _ => None,
    }
}

/// What to say when the answer is not Z-API's own.
fn advice(status: StatusCode) -> &'static str {
    match status.as_u16() {
        300..=399 => "a redirect: correct the channel's address (often http instead of https)",
        401..=403 => "refused: check the channel's credential and its secret client_token",
        404 | 405 => "no such address: check the channel's address, instance and credential",
        429 => "too many requests",
        _ => "not an answer of Z-API",
    }
}
