//! `POST /{phone_number_id}/messages`: messages, and receipts for a customer's.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{ConnectInfo, Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use chrono::TimeDelta;
use serde_json::{Map, Value, json};

use super::body::{self, Shown};
use super::check::{Part, invalid, missing};
use super::error::{Code, Refusal};
use super::request::{admit, object, read, success};
use super::settings::Windows;
use crate::connection::HangUp;
use crate::evolution::{address_of, can_exist, digits_of};
use crate::messages::{Draft, Failure, Kind, Message};
use crate::provider::Provider;
use crate::sending::{self, Send, json_answer};
use crate::state::SandboxState;
use crate::stats::Outcome;

/// Largest body read: far above any message.
const BODY_LIMIT_BYTES: usize = 1024 * 1024;

/// How long a company may write freely after the customer wrote.
const WINDOW: TimeDelta = TimeDelta::hours(24);

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
    let failure = window(state, id, &recipient, shown.kind)?;
    let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
    let reference = text("biz_opaque_callback_data");
    let quotes = body
        .get("context")
        .and_then(|context| context["message_id"].as_str())
        .map(str::to_owned);
    let Shown {
        kind,
        text,
        choices,
    } = shown;
    let send = Send {
        exists: recipient.exists(),
        draft: Draft {
            kind,
            choices,
            content: Value::Object(body),
            quotes,
            reference,
            ..Draft::text(
                Provider::Meta,
                id.to_owned(),
                recipient.name(),
                recipient.address.clone(),
                text,
            )
        },
        typing: Duration::ZERO,
        failure,
    };
    Ok(Order::Send(Box::new(send), recipient))
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

/// Whom a message is for.
struct Recipient {
    /// As it was given.
    input: String,
    /// The account's address: of its number, or its id.
    address: String,
    has_number: bool,
}

impl Recipient {
    /// The number, or else the id. A number without a country code gets the company's own.
    fn of(body: &Map<String, Value>) -> Result<Self, Refusal> {
        let text = |name: &str| body.get(name).and_then(Value::as_str);
        if let Some(input) = text("to").filter(|to| !to.is_empty()) {
            let digits = digits_of(input);
            let digits = match digits.len() {
                10 | 11 if !input.starts_with('+') => format!("55{digits}"),
                _ => digits,
            };
            return Ok(Self {
                input: input.to_owned(),
                address: address_of(&digits),
                has_number: true,
            });
        }
        let Some(input) = text("recipient") else {
            let details = "The parameter to is required.";
            return Err(Refusal::of_body(Code::InvalidParameter, details));
        };
        Ok(Self {
            input: input.to_owned(),
            address: input.to_owned(),
            has_number: false,
        })
    }

    /// What the message is listed under.
    fn name(&self) -> String {
        if self.has_number {
            digits_of(&self.input)
        } else {
            self.input.clone()
        }
    }

    /// Whether anybody could be there. Ids begin with a country's two letters.
    fn exists(&self) -> bool {
        if self.has_number {
            return can_exist(&self.address);
        }
        let country = self.input.split_once('.').map(|(country, _)| country);
        country.is_some_and(|country| country.len() == 2)
    }
}

/// Whether the customer's window admits the message; when it does not, what becomes of it.
fn window(
    state: &SandboxState,
    id: &str,
    recipient: &Recipient,
    kind: Kind,
) -> Result<Option<Failure>, Refusal> {
    let windows = state.meta.windows();
    if windows == Windows::Open || kind == Kind::Template {
        return Ok(None);
    }
    let last = state
        .last_inbound
        .of(Provider::Meta, id, &recipient.address);
    if last.is_some_and(|last| (state.clock)() - last < WINDOW) {
        return Ok(None);
    }
    let details = "Message failed to send because more than 24 hours have passed since the \
                   customer last replied to this number.";
    if windows == Windows::Asynchronous {
        return Ok(Some(Failure {
            code: Code::WindowClosed as u32,
        }));
    }
    Err(Refusal::new(Outcome::Refused, Code::WindowClosed, details))
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
