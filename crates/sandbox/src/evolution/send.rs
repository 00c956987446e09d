//! `POST /message/{operation}/{instance}`.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{ConnectInfo, Path, Request, State};
use axum::http::{Method, StatusCode, Uri};
use axum::response::Response;
use serde_json::{Map, Value, json};

use super::address::{address_of, digits_of};
use super::answer::Refusal;
use super::content::Shown;
use super::lookup::can_exist;
use super::media;
use super::operation::{Operation, flattened, operation};
use super::request::{admit, read};
use super::whatsapp_message::whatsapp_message;
use crate::connection::HangUp;
use crate::messages::{Draft, Kind, Message};
use crate::provider::Provider;
use crate::sending::{self, Send, json_answer};
use crate::state::SandboxState;
use crate::stats::Outcome;

/// Accepts a message, unless a fault says otherwise.
pub(super) async fn send(
    State(state): State<Arc<SandboxState>>,
    ConnectInfo(hang_up): ConnectInfo<HangUp>,
    Path((name, instance)): Path<(String, String)>,
    request: Request,
) -> Response {
    let is_v1 = state.is_v1(&instance);
    let known = operation(&name).filter(|operation| !is_v1 || operation.is_in_v1());
    let Some(operation) = known else {
        return unknown(request.method(), request.uri()).counted(&state);
    };
    let headers = request.headers().clone();
    let admitted = read(request, operation.kind != Kind::Text)
        .await
        .and_then(|body| {
            admit(&state, &headers, &instance)?;
            checked(operation, is_v1, instance, body)
        });
    match admitted {
        Ok(admitted) => sending::send(state, hang_up, admitted, answer).await,
        Err(refusal) => refusal.counted(&state),
    }
}

/// The answer of Express where nothing is.
pub(super) fn unknown(method: &Method, uri: &Uri) -> Refusal {
    let message = json!([format!("Cannot {method} {uri}")]);
    Refusal::new(Outcome::UnknownRoute, StatusCode::NOT_FOUND, message)
}

fn checked(
    operation: &'static Operation,
    is_v1: bool,
    instance: String,
    body: Map<String, Value>,
) -> Result<Send, Refusal> {
    let fields = if is_v1 {
        operation.check_v1(&body).map_err(Refusal::schema)?;
        Cow::Owned(flattened(&body))
    } else {
        operation.check_v2(&body).map_err(Refusal::schema)?;
        Cow::Borrowed(&body)
    };
    let shown = Shown::of(operation.kind, &fields);
    reasonable(operation, &shown, &fields)?;
    let recipient = recipient(operation, &fields);
    let address = address_of(recipient);
    let number = digits_of(recipient);
    let delay_ms = fields.get("delay").and_then(Value::as_f64);
    let quotes = quoted(&fields);
    let content = if shown.kind == Kind::Text && fields.keys().all(|name| is_plain(name)) {
        Value::Null
    } else {
        Value::Object(body.into_iter().map(media::abridged).collect())
    };
    Ok(Send {
        exists: can_exist(&address),
        draft: Draft {
            kind: shown.kind,
            choices: shown.choices,
            content,
            quotes,
            ..Draft::text(Provider::Evolution, instance, number, address, shown.text)
        },
        typing: Duration::from_millis(delay_ms.map_or(0, |delay_ms| delay_ms as u64)),
        failure: None,
    })
}

/// Whether a field of a text says nothing that the message does not keep elsewhere.
fn is_plain(name: &str) -> bool {
    matches!(name, "number" | "text" | "delay")
}

fn recipient<'a>(operation: &Operation, fields: &'a Map<String, Value>) -> &'a str {
    let found = match operation.kind {
        Kind::Status => return "status@broadcast",
        Kind::Reaction => fields.get("key").and_then(|key| key.get("remoteJid")),
        _ => fields.get("number"),
    };
    found.and_then(Value::as_str).unwrap_or_default()
}

fn quoted(fields: &Map<String, Value>) -> Option<String> {
    let id = fields.get("quoted")?.pointer("/key/id")?;
    id.as_str().map(str::to_owned)
}

/// What Evolution checks beyond the schema.
fn reasonable(
    operation: &Operation,
    shown: &Shown,
    fields: &Map<String, Value>,
) -> Result<(), Refusal> {
    let complaint = match operation.kind {
        Kind::Text if shown.text.trim().is_empty() => Some("Text is required"),
        Kind::Reaction => media::reaction_complaint(&shown.text),
        Kind::Buttons => buttons_complaint(fields),
        _ => media::complaint(operation, shown.kind, fields),
    };
    complaint.map_or(Ok(()), |complaint| {
        Err(Refusal::new(
            Outcome::SchemaError,
            StatusCode::BAD_REQUEST,
            json!([complaint]),
        ))
    })
}

fn buttons_complaint(fields: &Map<String, Value>) -> Option<&'static str> {
    let buttons = fields.get("buttons")?.as_array()?;
    let count = |kind: &str| buttons.iter().filter(|one| one["type"] == kind).count();
    let (replies, pix) = (count("reply"), count("pix"));
    match () {
        () if pix > 1 => Some("Only one PIX button is allowed"),
        () if pix == 1 && buttons.len() > 1 => {
            Some("PIX button cannot be mixed with other button types")
        }
        () if replies > 3 => Some("Maximum of 3 reply buttons allowed"),
        () if replies > 0 && replies < buttons.len() => {
            Some("Reply buttons cannot be mixed with other button types")
        }
        () => None,
    }
}

fn answer(message: &Message) -> Response {
    json_answer(StatusCode::CREATED, &accepted(message))
}

/// The message as Evolution returns it: accepted, not delivered.
pub(super) fn accepted(message: &Message) -> Value {
    let (message_type, content) = whatsapp_message(message);
    json!({
        "key": {"remoteJid": message.address, "fromMe": true, "id": message.id},
        "pushName": "Você",
        "status": "PENDING",
        "message": {message_type: content},
        "contextInfo": context(message),
        "messageType": message_type,
        "messageTimestamp": message.accepted_at.timestamp(),
        "instanceId": stable_id(&message.instance).to_string(),
        "source": "unknown",
    })
}

fn context(message: &Message) -> Value {
    match &message.quotes {
        None => json!({"mentionedJid": [], "groupMentions": []}),
        Some(quoted) => json!({
            "mentionedJid": [],
            "groupMentions": [],
            "stanzaId": quoted,
            "participant": message.address,
            "quotedMessage": {"conversation": ""},
        }),
    }
}

/// A stable id for what was never created, such as an instance: made of its name's FNV-1a hash.
pub(crate) fn stable_id(name: &str) -> uuid::Uuid {
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let (high, low) = (hash.to_be_bytes(), hash.rotate_left(32).to_be_bytes());
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&high);
    bytes[8..].copy_from_slice(&low);
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}
