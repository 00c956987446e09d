//! Messages, and the gestures of somebody who writes.

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use super::operation::Operation;
use super::{WAHA, answer, chat, message};
use crate::call::{Call, Refusal};
use crate::connections::ConnectionState;
use crate::evolution::{can_exist, digits_of};
use crate::fields::{kept, text};
use crate::messages::{Draft, Kind, Message};
use crate::sending::{self, Send, json_answer};

/// Fields of a text that the message keeps elsewhere.
const PLAIN: [&str; 5] = ["session", "chatId", "text", "linkPreview", "reply_to"];

/// Accepts a message, unless a fault says otherwise.
pub(super) async fn send(call: Call, operation: &Operation) -> Response {
    match checked(&call, operation) {
        Ok(send) => sending::send(call.state, call.hang_up, send, accepted).await,
        Err(refusal) => refusal.counted(&call.state),
    }
}

fn checked(call: &Call, operation: &Operation) -> Result<Send, Refusal> {
    let body = Value::Object(answer::fields(call)?);
    if let Some(complaint) = operation.complaint(&body) {
        return Err(answer::invalid(&complaint));
    }
    let session = text(&body, "session").to_owned();
    answer::check_status(&call.state, &session, ConnectionState::Connected)?;
    let recipient = text(&body, "chatId");
    let address = chat::address(recipient);
    let (kind, number) = (operation.kind(&body), digits_of(recipient));
    let quotes = Some(text(&body, "reply_to")).filter(|quoted| !quoted.is_empty());
    let quotes = quotes.map(|quoted| chat::unique(quoted).to_owned());
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
        ..Draft::text(WAHA, session, number, address, shown)
    };
    Ok(Send::at_once(draft, exists))
}

/// A reaction is no new message there: 200 instead of 201.
fn accepted(message: &Message) -> Response {
    let status = match message.kind {
        Kind::Reaction => StatusCode::OK,
        _ => StatusCode::CREATED,
    };
    json_answer(status, &message::sent(message))
}

/// `POST /api/sendSeen` and the like: nothing is recorded of them.
pub(super) fn gesture(call: &Call) -> Result<Value, Refusal> {
    let body = Value::Object(answer::fields(call)?);
    let session = text(&body, "session");
    answer::check_status(&call.state, session, ConnectionState::Connected)?;
    Ok(json!({}))
}
