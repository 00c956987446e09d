//! Messages: texts, and files at an address.

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use super::{MEGAAPI, admit, no_such_path, refusal};
use crate::call::{Call, Refusal};
use crate::evolution::{address_of, can_exist, digits_of};
use crate::fields::{kept, text};
use crate::messages::{Draft, Kind, Message};
use crate::sending::{self, Send, json_answer};
use crate::stats::Outcome;

/// Fields of a text that the message keeps elsewhere.
const PLAIN: [&str; 3] = ["to", "text", "linkPreview"];

/// Accepts a message, unless a fault says otherwise.
pub(super) async fn send(call: Call, instance: &str, operation: &str) -> Response {
    match checked(&call, instance, operation) {
        Ok(send) => sending::send(call.state, call.hang_up, send, accepted).await,
        Err(refusal) => refusal.counted(&call.state),
    }
}

fn checked(call: &Call, instance: &str, operation: &str) -> Result<Send, Refusal> {
    admit(call, instance)?;
    let body = call.fields();
    let malformed = |error: String| refusal(Outcome::Malformed, StatusCode::BAD_REQUEST, &error);
    let data = Value::Object(body.map_err(malformed)?)["messageData"].take();
    let to = required(&data, "to")?;
    let (kind, shown) = match operation {
        "text" => (Kind::Text, required(&data, "text")?),
        "mediaUrl" => file(&data)?,
        _ => return Err(no_such_path(call)),
    };
    let (instance, shown) = (instance.to_owned(), shown.to_owned());
    let address = address_of(to);
    let exists = can_exist(&address);
    let draft = Draft::text(MEGAAPI, instance, digits_of(to), address, shown);
    let content = match data {
        Value::Object(fields) => kept(kind, fields, &PLAIN),
        other => other,
    };
    let draft = Draft {
        kind,
        content,
        ..draft
    };
    Ok(Send::at_once(draft, exists))
}

fn invalid(error: &str) -> Refusal {
    refusal(Outcome::SchemaError, StatusCode::BAD_REQUEST, error)
}

fn required<'a>(data: &'a Value, name: &str) -> Result<&'a str, Refusal> {
    match text(data, name) {
        "" => Err(invalid(&format!("messageData.{name} is required"))),
        text => Ok(text),
    }
}

/// What a file is, and its caption.
fn file(data: &Value) -> Result<(Kind, &str), Refusal> {
    required(data, "url")?;
    let kind = match text(data, "type") {
        "image" => Kind::Image,
        "video" => Kind::Video,
        "audio" | "ptt" => Kind::Audio,
        "document" => Kind::Document,
        _ => return Err(invalid("messageData.type is invalid")),
    };
    Ok(match (text(data, "caption"), kind) {
        ("", Kind::Document) => (kind, text(data, "fileName")),
        (caption, _) => (kind, caption),
    })
}

fn accepted(message: &Message) -> Response {
    let key = json!({"remoteJid": message.address, "fromMe": true, "id": message.id});
    let answer = json!({
        "error": false,
        "message": "Message sent",
        "messageData": {"key": key, "messageTimestamp": message.accepted_at.timestamp()},
    });
    json_answer(StatusCode::OK, &answer)
}
