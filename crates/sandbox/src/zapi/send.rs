//! Messages: into the queue, and out of it at once while the phone is connected.

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use super::operation::Operation;
use super::{ZAPI, answer, phone};
use crate::call::{Call, Refusal};
use crate::evolution::{can_exist, digits_of};
use crate::fields::{kept, text};
use crate::messages::{Draft, Kind, Message};
use crate::sending::{self, Send, json_answer};

/// Fields of a text that the message keeps elsewhere.
const PLAIN: [&str; 5] = [
    "phone",
    "message",
    "messageId",
    "delayMessage",
    "delayTyping",
];

/// Accepts a message, unless a fault says otherwise.
pub(super) async fn send(call: Call, instance: &str, operation: &Operation) -> Response {
    match checked(&call, instance, operation) {
        Ok(send) => sending::send(call.state, call.hang_up, send, accepted).await,
        Err(refusal) => refusal.counted(&call.state),
    }
}

fn checked(call: &Call, instance: &str, operation: &Operation) -> Result<Send, Refusal> {
    let body = Value::Object(answer::fields(call)?);
    let recipient = text(&body, "phone");
    if recipient.is_empty() {
        return Err(answer::invalid("phone is required"));
    }
    if let Some(complaint) = operation.complaint(&body) {
        return Err(answer::invalid(&complaint));
    }
    let address = phone::address(recipient);
    let (kind, number) = (operation.kind, digits_of(recipient));
    // What a reaction names is what it is on.
    let quotes = Some(text(&body, "messageId"))
        .filter(|quoted| !quoted.is_empty() && kind != Kind::Reaction)
        .map(str::to_owned);
    let exists = can_exist(&address);
    let shown = operation.text(&body);
    let draft = Draft {
        kind,
        choices: operation.choices(&body),
        quotes,
        content: match body {
            Value::Object(fields) => kept(kind, fields, &PLAIN),
            other => other,
        },
        ..Draft::text(ZAPI, instance.to_owned(), number, address, shown)
    };
    Ok(Send::at_once(draft, exists))
}

fn accepted(message: &Message) -> Response {
    json_answer(StatusCode::OK, &named(&message.id))
}

/// The answer that names a message.
pub(super) fn named(id: &str) -> Value {
    json!({"zaapId": zaap_id(id), "messageId": id, "id": id})
}

/// The queue's own name of a message.
pub(super) fn zaap_id(id: &str) -> String {
    format!("019D{id}")
}
