//! What the answers of MegaAPI mean. Its table of errors is here and nowhere else.
//!
//! An answer has `error`, a truth value, and `message`, a text; both are known from public clients only. So are the texts of
//! errors: they are those of Baileys, on which the server is built, and a few of its own.

use reqwest::StatusCode;
use serde_json::Value;
use zapgres_core::error_class::{ErrorClass, SendError};

use crate::channel::ChannelAddress;
use crate::exchange::Answer;
use crate::provider::Accepted;

/// Parts of errors' texts, in lower case, and what they mean whatever the status. The first that fits decides.
const COMPLAINTS: [(&str, ErrorClass); 17] = [
    // Whoever waits for WhatsApp may have sent before.
    ("timed out", ErrorClass::Uncertain),
    ("timeout", ErrorClass::Uncertain),
    ("not on whatsapp", ErrorClass::RecipientInvalid),
    ("not registered", ErrorClass::RecipientInvalid),
    ("number does not exist", ErrorClass::RecipientInvalid),
    ("too many", ErrorClass::Throttled),
    ("rate limit", ErrorClass::Throttled),
    ("connection closed", ErrorClass::ChannelDown),
    ("connection lost", ErrorClass::ChannelDown),
    ("not connected", ErrorClass::ChannelDown),
    ("disconnected", ErrorClass::ChannelDown),
    ("not logged in", ErrorClass::ChannelDown),
    ("instance not found", ErrorClass::ChannelAuth),
    ("invalid key", ErrorClass::ChannelAuth),
    ("invalid token", ErrorClass::ChannelAuth),
    ("unauthorized", ErrorClass::ChannelAuth),
    ("forbidden", ErrorClass::ChannelAuth),
];

/// Where clients of different versions find the id of an accepted message.
const IDS: [&str; 5] = [
    "/key/id",
    "/messageData/key/id",
    "/messageData/id",
    "/id",
    "/messageId",
];

/// The outcome that the answer to a message stands for.
///
/// An answer that says `"error": false` has accepted the message, and repeating it because no id is found would send it twice:
/// it counts as accepted, with an empty id.
pub(super) fn judge(answer: &Answer, channel: &ChannelAddress) -> Result<Accepted, SendError> {
    let body = read(answer, channel)?;
    let id = IDS
        .iter()
        .filter_map(|pointer| body.pointer(pointer)?.as_str())
        .find(|id| !id.is_empty());
    let is_yes = body
        .get("error")
        .is_some_and(|error| error == false || error == "false");
    if id.is_none() && !is_yes {
        let detail = "accepted, but this is not an answer of MegaAPI";
        return Err(answer.error(ErrorClass::Uncertain, detail, channel));
    }
    Ok(Accepted {
        provider_message_id: id.unwrap_or_default().to_owned(),
        recipient_address: None,
    })
}

/// The body of an answer that refuses nothing; null where it is not JSON.
pub(super) fn read(answer: &Answer, channel: &ChannelAddress) -> Result<Value, SendError> {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let complaint = complaint(&body, answer.status);
    if answer.status.is_success() && complaint.is_none() {
        return Ok(body);
    }
    let class = match &complaint {
        Some(text) => class_of_text(text).unwrap_or_else(|| class_of_status(answer.status)),
        None => class_without_complaint(answer.status),
    };
    let detail = complaint.unwrap_or_else(|| advice(answer.status).to_owned());
    Err(answer.error(class, &detail, channel))
}

fn class_of_text(text: &str) -> Option<ErrorClass> {
    let text = text.to_lowercase();
    COMPLAINTS
        .iter()
        .find(|(part, _)| text.contains(part))
        .map(|(_, class)| *class)
}

/// MegaAPI's own errors of a text that is not known.
fn class_of_status(status: StatusCode) -> ErrorClass {
    match status.as_u16() {
        300..=399 | 401..=405 => ErrorClass::ChannelAuth,
        429 => ErrorClass::Throttled,
        200..=299 | 408 | 503 => ErrorClass::Transient,
        // A server may fail after it has sent, and some proxies answer in JSON, too.
        500..=599 => ErrorClass::Uncertain,
        _ => ErrorClass::Rejected,
    }
}

/// Answers of something before MegaAPI, or of another server.
fn class_without_complaint(status: StatusCode) -> ErrorClass {
    match status.as_u16() {
        300..=399 | 401..=405 => ErrorClass::ChannelAuth,
        413 | 422 => ErrorClass::Rejected,
        429 => ErrorClass::Throttled,
        // 408: the server gave up waiting for the request, so it did nothing with it.
        400 | 408 | 503 => ErrorClass::Transient,
        406..=499 => ErrorClass::ChannelAuth,
        // 500, 502 and 504 of a proxy among them: MegaAPI may have had the request.
        _ => ErrorClass::Uncertain,
    }
}

/// What an answer complains of: `error`, or, with a status that is no yes, `message` alone.
fn complaint(body: &Value, status: StatusCode) -> Option<String> {
    let message = body.get("message").and_then(Value::as_str);
    match body.get("error") {
        Some(Value::Bool(true)) => Some(message.unwrap_or("no reason given").to_owned()),
        Some(Value::String(text)) if text == "true" => {
            Some(message.unwrap_or("no reason given").to_owned())
        }
        Some(Value::String(text)) if !text.is_empty() && text != "false" => Some(text.clone()),
        _ => message.filter(|_| !status.is_success()).map(str::to_owned),
    }
}

/// What to say when the answer is not MegaAPI's own.
fn advice(status: StatusCode) -> &'static str {
    match status.as_u16() {
        300..=399 => "a redirect: correct the channel's address (often http instead of https)",
        401..=403 => "refused: check the channel's credential and address",
        404 | 405 => "no such address: check the channel's address and instance",
        429 => "too many requests",
        _ => "not an answer of MegaAPI",
    }
}
