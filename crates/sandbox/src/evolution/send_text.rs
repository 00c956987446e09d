//! `POST /message/sendText/{instance}`.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{ConnectInfo, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};

use super::address::{address_of, digits_of};
use super::answer::Refusal;
use super::lookup::can_exist;
use super::request::{admit, read_body};
use super::schema;
use crate::connection::HangUp;
use crate::messages::{Draft, Kind, Message};
use crate::provider::Provider;
use crate::sending::{self, Send, json_answer};
use crate::state::SandboxState;
use crate::stats::Outcome;

/// Accepts a text, unless a fault says otherwise.
pub(super) async fn send_text(
    State(state): State<Arc<SandboxState>>,
    ConnectInfo(hang_up): ConnectInfo<HangUp>,
    Path(instance): Path<String>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    match admitted(&state, instance, &headers, body) {
        Ok(admitted) => sending::send(state, hang_up, admitted, answer).await,
        Err(refusal) => refusal.counted(&state),
    }
}

fn admitted(
    state: &SandboxState,
    instance: String,
    headers: &HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Send, Refusal> {
    let fields = read_body(headers, body)?;
    admit(state, headers, &instance)?;
    let request = schema::send_text(&fields).map_err(Refusal::schema)?;
    if request.text.trim().is_empty() {
        let message = json!(["Text is required"]);
        return Err(Refusal::new(
            Outcome::SchemaError,
            StatusCode::BAD_REQUEST,
            message,
        ));
    }
    let address = address_of(&request.number);
    Ok(Send {
        exists: can_exist(&address),
        draft: Draft {
            provider: Provider::Evolution,
            instance,
            number: digits_of(&request.number),
            address,
            kind: Kind::Text,
            text: request.text,
            content: Value::Null,
            quotes: None,
        },
        typing: Duration::from_millis(request.delay_ms),
    })
}

fn answer(message: &Message) -> Response {
    json_answer(StatusCode::CREATED, &accepted(message))
}

/// The message as Evolution returns it: accepted, not delivered.
pub(super) fn accepted(message: &Message) -> Value {
    json!({
        "key": {"remoteJid": message.address, "fromMe": true, "id": message.id},
        "pushName": "Você",
        "status": "PENDING",
        "message": {"conversation": message.text},
        "contextInfo": {"mentionedJid": [], "groupMentions": []},
        "messageType": "conversation",
        "messageTimestamp": message.accepted_at.timestamp(),
        "instanceId": instance_id(&message.instance).to_string(),
        "source": "unknown",
    })
}

/// A stable id for an instance that was never created: made of its name's FNV-1a hash.
pub(super) fn instance_id(instance: &str) -> uuid::Uuid {
    let hash = instance
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
    let (high, low) = (hash.to_be_bytes(), hash.rotate_left(32).to_be_bytes());
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&high);
    bytes[8..].copy_from_slice(&low);
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}
