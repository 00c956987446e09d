//! What the answers of Evolution API (v1.8 and v2.3) mean. Its table of errors is here and nowhere else.
//!
//! Every error has the envelope `{"status", "error", "response": {"message": …}}`. A 400 may be
//! anything: whatever is thrown while sending becomes one, so the body decides. Connecting and restarting fail with a 200:
//! `{"error": true, "message": …}`.

use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::Value;
use zapgres_core::error_class::{ErrorClass, SendError};
use zapgres_core::message::MessageKind;

use crate::channel::ChannelAddress;
use crate::exchange::Answer;
use crate::provider::Accepted;

/// Parts of the texts of exceptions, in lower case, and what they mean. What is not here may work later.
const EXCEPTIONS: [(&str, ErrorClass); 13] = [
    // Of its database, into which it writes a message after WhatsApp has it.
    ("prisma", ErrorClass::Uncertain),
    ("connection closed", ErrorClass::ChannelDown),
    ("connection terminated", ErrorClass::ChannelDown),
    ("connection lost", ErrorClass::ChannelDown),
    ("connection was lost", ErrorClass::ChannelDown),
    ("connection failure", ErrorClass::ChannelDown),
    ("not connected", ErrorClass::ChannelDown),
    ("instance does not exist", ErrorClass::ChannelAuth),
    ("rate-overlimit", ErrorClass::Throttled),
    ("group not found", ErrorClass::RecipientInvalid),
    // WhatsApp's own words for a group that is not there.
    ("item-not-found", ErrorClass::RecipientInvalid),
    ("owned media must be", ErrorClass::Rejected),
    ("file name must be informed", ErrorClass::Rejected),
];

#[derive(Deserialize)]
struct SentMessage {
    key: SentKey,
}

#[derive(Deserialize)]
struct SentKey {
    id: String,
    /// A text. Whatever it is, it makes no doubt of a yes.
    #[serde(rename = "remoteJid", default)]
    remote_jid: Value,
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

/// The server is not of the version that the channel's options say: no message would be taken.
pub(super) fn wrong_version(answer: &Answer, channel: &ChannelAddress) -> SendError {
    let detail = "the server is of another version than the channel's option version says: correct that or remove it";
    answer.error(ErrorClass::ChannelAuth, detail, channel)
}

/// The server is too old for this kind: its message is refused, and holds up no other.
pub(super) fn lacks_kind(
    answer: &Answer,
    kind: MessageKind,
    channel: &ChannelAddress,
) -> SendError {
    let detail = format!("this server has no messages of kind {}", kind.as_str());
    answer.error(ErrorClass::Rejected, &detail, channel)
}

/// The JSON of an answer to a question.
pub(super) fn told(answer: &Answer, channel: &ChannelAddress) -> Result<Value, SendError> {
    if !answer.status.is_success() {
        return Err(refused(answer, channel).of_question());
    }
    let told: Value = serde_json::from_slice(&answer.body).map_err(|_| {
        let detail = advice(answer.status);
        answer.error(ErrorClass::Transient, detail, channel)
    })?;
    if told.get("error") == Some(&Value::Bool(true)) {
        let message = told.get("message").unwrap_or(&Value::Null);
        let class = class_of_exception(first_of(message)).unwrap_or(ErrorClass::Transient);
        let error = answer.error(class, &detail_of(message), channel);
        return Err(error.of_question());
    }
    Ok(told)
}

/// Whether the server has no such request: versions differ in methods.
pub(super) fn is_unknown_route(answer: &Answer) -> bool {
    let message = message_of(answer).unwrap_or_default();
    answer.status == StatusCode::NOT_FOUND
        && first_of(&message)
            .as_str()
            .is_some_and(|text| text.starts_with("Cannot "))
}

/// The message of the envelope; none where the answer is not Evolution's own.
pub(super) fn message_of(answer: &Answer) -> Option<Value> {
    let envelope: Envelope = serde_json::from_slice(&answer.body).ok()?;
    Some(envelope.response.message)
}

fn refused(answer: &Answer, channel: &ChannelAddress) -> SendError {
    let message = message_of(answer);
    let class = class_of(answer.status, message.as_ref());
    let detail = match &message {
        Some(message) => detail_of(message),
        None => advice(answer.status).to_owned(),
    };
    answer.error(class, &detail, channel)
}

fn accepted(body: &[u8]) -> Option<Accepted> {
    let sent: SentMessage = serde_json::from_slice(body).ok()?;
    (!sent.key.id.is_empty()).then_some(Accepted {
        provider_message_id: sent.key.id,
        recipient_address: sent.key.remote_jid.as_str().map(str::to_owned),
    })
}

/// The table: status, and message of the envelope, to class. Without an envelope (`None`) the answer
/// comes from something before Evolution, a proxy or another server.
fn class_of(status: StatusCode, message: Option<&Value>) -> ErrorClass {
    match (status.as_u16(), message) {
        (400, Some(message)) => class_of_bad_request(message),
        // Of the instance or the route, unless it is about a group.
        (404, Some(message)) => match class_of_exception(first_of(message)) {
            Some(ErrorClass::RecipientInvalid) => ErrorClass::RecipientInvalid,
            _ => ErrorClass::ChannelAuth,
        },
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
    class_of_exception(first).unwrap_or(ErrorClass::Transient)
}

/// The class of what was thrown; none for what is not known.
fn class_of_exception(thrown: &Value) -> Option<ErrorClass> {
    let text = thrown.as_str()?.to_lowercase();
    EXCEPTIONS
        .into_iter()
        .find_map(|(part, class)| text.contains(part).then_some(class))
}

/// The message itself, or the first of several; null when there is none.
pub(super) fn first_of(message: &Value) -> &Value {
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
