//! What the answers of WAHA mean. Its table of errors is here and nowhere else.
//!
//! An error is `{"statusCode", "message", "error"}`, or the object that was thrown.

use reqwest::StatusCode;
use serde_json::Value;
use zapgres_core::error_class::{ErrorClass, SendError};
use zapgres_core::message::MessageKind;

use super::address::{chat_in, kept_id};
use crate::channel::ChannelAddress;
use crate::exchange::Answer;
use crate::provider::{Accepted, Lookup, OutgoingMessage};

/// Where the engines have a message's id: as a text (NOWEB, GOWS), as an object (WEBJS), in the record of Baileys, in the
/// record of WEBJS.
const IDS: [&str; 5] = [
    "/id",
    "/id/_serialized",
    "/id/id",
    "/key/id",
    "/_data/id/_serialized",
];
/// Where they have its chat, when the id is only the part that is unique.
const CHATS: [&str; 3] = ["/key/remoteJid", "/id/remote", "/to"];

/// The outcome that `answer` to a send stands for.
pub(super) fn judge(
    answer: &Answer,
    message: &OutgoingMessage,
    channel: &ChannelAddress,
) -> Result<Accepted, SendError> {
    if !answer.status.is_success() {
        let class = lacks_request(answer, message).then_some(ErrorClass::Rejected);
        let error = refused(answer, channel);
        return Err(SendError {
            class: class.unwrap_or(error.class),
            ..error
        });
    }
    let json: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    accepted(&json)
        .or_else(|| unnamed_reaction(message))
        .ok_or_else(|| {
            let detail = "accepted, but the answer does not name the message";
            answer.error(ErrorClass::Uncertain, detail, channel)
        })
}

/// Whether this version has no request for messages of that kind. Texts have one in every version: there, the address is
/// wrong.
fn lacks_request(answer: &Answer, message: &OutgoingMessage) -> bool {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let no_route = detail_of(&body).is_some_and(|detail| detail.starts_with("Cannot "));
    answer.status == StatusCode::NOT_FOUND && no_route && message.body.kind() != MessageKind::Text
}

fn accepted(json: &Value) -> Option<Accepted> {
    let id = first_text(json, &IDS)?;
    let chat = chat_in(id).or_else(|| first_text(json, &CHATS));
    Some(Accepted {
        provider_message_id: kept_id(id).to_owned(),
        recipient_address: chat.map(str::to_owned),
    })
}

/// WEBJS answers a reaction with nothing. No receipt will name it, so our own name does as well.
fn unnamed_reaction(message: &OutgoingMessage) -> Option<Accepted> {
    let reference = message.reference.clone()?;
    (message.body.kind() == MessageKind::Reaction).then_some(Accepted {
        provider_message_id: reference,
        recipient_address: None,
    })
}

fn first_text<'a>(json: &'a Value, places: &[&str]) -> Option<&'a str> {
    let mut texts = places
        .iter()
        .filter_map(|place| json.pointer(place)?.as_str());
    texts.find(|text| !text.is_empty())
}

/// What `check-exists` says.
pub(super) fn lookup(answer: &Answer, channel: &ChannelAddress) -> Result<Lookup, SendError> {
    of_question(answer, channel)?;
    let json: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let exists = json.get("numberExists").and_then(Value::as_bool);
    Ok(match (exists, first_text(&json, &["/chatId"])) {
        (Some(true), Some(chat)) => Lookup::Exists {
            address: chat.to_owned(),
            aliases: Vec::new(),
        },
        (Some(false), _) => Lookup::Absent,
        _ => Lookup::CannotTell,
    })
}

/// The error that the answer to a question is, if it is one.
pub(super) fn of_question(answer: &Answer, channel: &ChannelAddress) -> Result<(), SendError> {
    if answer.status.is_success() {
        return Ok(());
    }
    Err(refused(answer, channel).of_question())
}

fn refused(answer: &Answer, channel: &ChannelAddress) -> SendError {
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
        (404, Some(body)) => class_of_not_found(body),
        (300..=399 | 401..=405, _) => ErrorClass::ChannelAuth,
        (408, _) => ErrorClass::Transient,
        (429, _) => ErrorClass::Throttled,
        (422, Some(body)) => class_of_unprocessable(body),
        (400 | 413 | 415, _) | (406..=499, Some(_)) => ErrorClass::Rejected,
        (406..=499, None) => ErrorClass::ChannelAuth,
        (503, _) => ErrorClass::Transient,
        // 500 of WAHA itself among them: an engine may fail after it has given the message to WhatsApp.
        _ => ErrorClass::Uncertain,
    }
}

/// 404 is a session or an address that is not there, unless it is about the message that is quoted or reacted to, or its
/// chat: that is no fault of the channel.
fn class_of_not_found(body: &Value) -> ErrorClass {
    let text = detail_of(body).unwrap_or_default().to_lowercase();
    let of_message = text.contains("message") || text.contains("chat");
    if of_message && !text.contains("session") && !text.starts_with("cannot ") {
        ErrorClass::Rejected
    } else {
        ErrorClass::ChannelAuth
    }
}

/// 422 is a session that is not there or does not work (the body has its `status`), or something that this engine or
/// edition lacks.
fn class_of_unprocessable(body: &Value) -> ErrorClass {
    let text = detail_of(body).unwrap_or_default().to_lowercase();
    if body.get("status").is_some_and(Value::is_string) {
        ErrorClass::ChannelDown
    } else if text.contains("session") && text.contains("not exist") {
        ErrorClass::ChannelAuth
    } else if text.contains("session") {
        ErrorClass::ChannelDown
    } else {
        ErrorClass::Rejected
    }
}

fn detail_of(body: &Value) -> Option<String> {
    let places = ["/message", "/message/0", "/exception/message", "/error"];
    let detail = first_text(body, &places)?;
    match body.get("status").and_then(Value::as_str) {
        Some(status) => Some(format!("{detail} (status {status})")),
        None => Some(detail.to_owned()),
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
