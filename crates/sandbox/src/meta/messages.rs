//! `POST /{phone_number_id}/messages`: messages, and receipts for a customer's.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{ConnectInfo, Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::{Map, Value, json};

use super::body::{self, Shown};
use super::check::{Part, invalid, missing};
use super::error::{Code, Refusal};
use super::recipient::Recipient;
use super::request::{admit, object, read, success};
use super::window;
use crate::connection::HangUp;
use crate::evolution::digits_of;
use crate::messages::{Draft, Kind, Message};
use crate::provider::Provider;
use crate::sending::{self, Send, json_answer};
use crate::state::SandboxState;

/// Largest body read: far above any message.
const BODY_LIMIT_BYTES: usize = 1024 * 1024;

/// What a body asks for.
enum Order {
    Send(Box<Send>, Recipient),
    /// A customer's message is marked as read.
    MarkRead,
}

/// Accepts a message, or takes a receipt.
pub(super) async fn send(
    State(state): State<Arc<SandboxState>>,
    ConnectInfo(hang_up): ConnectInfo<HangUp>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let bytes = match read(body, BODY_LIMIT_BYTES).await {
        Ok(bytes) => bytes,
        Err(refusal) => return refusal.counted(&state),
    };
    match order(&state, &id, &parts.headers, &bytes) {
        Ok(Order::MarkRead) => success(&state),
        Ok(Order::Send(send, recipient)) => {
            let answer = move |message: &Message| accepted(message, &recipient);
            sending::send(state, hang_up, *send, answer).await
        }
        Err(refusal) => refusal.counted(&state),
    }
}

fn order(
    state: &SandboxState,
    id: &str,
    headers: &HeaderMap,
    bytes: &[u8],
) -> Result<Order, Refusal> {
    admit(state, headers, id)?;
    let body = object(bytes)?;
    if body.get("messaging_product") != Some(&json!("whatsapp")) {
        let details = "The parameter messaging_product is required.";
        return Err(Refusal::of_body(Code::InvalidParameter, details));
    }
    if body.contains_key("status") {
        return mark_read(&body);
    }
    let recipient = Recipient::of(&body)?;
    check_envelope(&body)?;
    let shown = body::read(&state.meta, &body)?;
    let failure = window::admit(state, id, &recipient, shown.kind)?;
    let send = Send {
        exists: recipient.exists(),
        draft: draft(id, &recipient, shown, body),
        typing: Duration::ZERO,
        failure,
    };
    Ok(Order::Send(Box::new(send), recipient))
}

fn draft(id: &str, recipient: &Recipient, shown: Shown, body: Map<String, Value>) -> Draft {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    let context = body.get("context");
    Draft {
        kind: shown.kind,
        choices: shown.choices,
        quotes: text(context.and_then(|context| context.get("message_id"))),
        reference: text(body.get("biz_opaque_callback_data")),
        content: Value::Object(body),
        ..Draft::text(
            Provider::Meta,
            id.to_owned(),
            recipient.name(),
            recipient.address.clone(),
            shown.text,
        )
    }
}

fn mark_read(body: &Map<String, Value>) -> Result<Order, Refusal> {
    if body.get("status") != Some(&json!("read")) {
        return Err(invalid("status must be read"));
    }
    let id = body.get("message_id").and_then(Value::as_str);
    let id = id.ok_or_else(|| missing("message_id"))?;
    if !id.starts_with("wamid.") {
        return Err(invalid("message_id is no id of a message"));
    }
    if body.contains_key("typing_indicator") {
        let typing = Part::of(body, "typing_indicator")?;
        if typing.text("type") != Some("text") {
            return Err(invalid("typing_indicator['type'] must be text"));
        }
    }
    Ok(Order::MarkRead)
}

fn check_envelope(body: &Map<String, Value>) -> Result<(), Refusal> {
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    if !matches!(text("recipient_type"), None | Some("individual" | "group")) {
        let details = "Param recipient_type must be one of {GROUP, INDIVIDUAL}.";
        return Err(Refusal::of_body(Code::InvalidParameter, details));
    }
    if text("biz_opaque_callback_data").is_some_and(|data| data.len() > 512) {
        return Err(invalid("biz_opaque_callback_data: at most 512 characters"));
    }
    if body.contains_key("context") {
        Part::of(body, "context")?.required_text("message_id", usize::MAX)?;
    }
    Ok(())
}

/// The answer to a message that was accepted. An account without a number has no `wa_id`.
fn accepted(message: &Message, recipient: &Recipient) -> Response {
    let contact = if recipient.has_number {
        json!({"input": recipient.input, "wa_id": digits_of(&recipient.address)})
    } else {
        json!({"input": recipient.input, "user_id": recipient.address})
    };
    let mut answer = json!({
        "messaging_product": "whatsapp",
        "contacts": [contact],
        "messages": [{"id": message.id}],
    });
    if message.kind == Kind::Template {
        answer["messages"][0]["message_status"] = "accepted".into();
    }
    json_answer(StatusCode::OK, &answer)
}
