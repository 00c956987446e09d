//! `POST /message/sendText/{instance}`.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::rejection::BytesRejection;
use axum::extract::{ConnectInfo, Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::address::{address_of, digits_of};
use super::answer::{Refusal, json_answer};
use super::lookup::can_exist;
use super::request::{admit, read_body};
use super::schema;
use crate::connection::HangUp;
use crate::faults::{Action, StatusAnswer, Target};
use crate::messages::{Draft, Message};
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
    let send = match Send::admitted(&state, instance, &headers, body) {
        Ok(send) => send,
        Err(refusal) => return refusal.counted(&state),
    };
    if send.delay.is_zero() {
        return send.finish(&state, &hang_up);
    }
    // A task of its own: like Evolution, the sandbox sends also when the client has given up.
    tokio::spawn(send.finish_later(state, hang_up))
        .await
        .unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

/// A request that passed all checks, and what shall become of it.
struct Send {
    draft: Draft,
    address: String,
    delay: Duration,
    action: Action,
}

impl Send {
    fn admitted(
        state: &SandboxState,
        instance: String,
        headers: &HeaderMap,
        body: Result<Bytes, BytesRejection>,
    ) -> Result<Self, Refusal> {
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
        let target = Target {
            instance: &instance,
            address: &address,
        };
        let verdict = state.faults.strike(target, (state.clock)());
        let action = if can_exist(&address) {
            verdict.action
        } else {
            Action::NotOnWhatsapp
        };
        // Evolution looks the number up before it types.
        let typing_ms = if action == Action::NotOnWhatsapp {
            0
        } else {
            request.delay_ms
        };
        Ok(Self {
            draft: Draft {
                instance,
                number: digits_of(&request.number),
                text: request.text,
            },
            address,
            delay: verdict
                .delay
                .saturating_add(Duration::from_millis(typing_ms)),
            action,
        })
    }

    async fn finish_later(self, state: Arc<SandboxState>, hang_up: HangUp) -> Response {
        tokio::select! {
            () = tokio::time::sleep(self.delay) => self.finish(&state, &hang_up),
            () = state.shutdown.cancelled() => dropped(&state, &hang_up, Outcome::DroppedBefore),
        }
    }

    fn finish(self, state: &SandboxState, hang_up: &HangUp) -> Response {
        match self.action {
            Action::Accept => {
                let message = state.messages.accept(self.draft);
                state.stats.count(Outcome::Accepted);
                json_answer(StatusCode::CREATED, &accepted(&message, &self.address))
            }
            Action::DropAfter => {
                state.messages.accept(self.draft);
                dropped(state, hang_up, Outcome::DroppedAfter)
            }
            Action::DropBefore => dropped(state, hang_up, Outcome::DroppedBefore),
            Action::Answer(answer) => ordered(answer, state),
            Action::RateLimited { retry_after } => rate_limited(retry_after).counted(state),
            Action::NotOnWhatsapp => {
                not_on_whatsapp(&self.address, &self.draft.number).counted(state)
            }
        }
    }
}

/// The message as Evolution returns it: accepted, not delivered.
fn accepted(message: &Message, address: &str) -> Value {
    json!({
        "key": {"remoteJid": address, "fromMe": true, "id": message.id},
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

fn not_on_whatsapp(address: &str, number: &str) -> Refusal {
    let message = json!([{"jid": address, "exists": false, "number": number}]);
    Refusal::new(Outcome::NotOnWhatsapp, StatusCode::BAD_REQUEST, message)
}

/// What a proxy in front of Evolution says; Evolution itself has no limit.
fn rate_limited(retry_after: Duration) -> Refusal {
    let seconds = retry_after.as_millis().div_ceil(1000).max(1).to_string();
    let message = json!(["Too many requests"]);
    let refusal = Refusal::new(Outcome::RateLimited, StatusCode::TOO_MANY_REQUESTS, message);
    match HeaderValue::from_str(&seconds) {
        Ok(seconds) => refusal.with_header(header::RETRY_AFTER, seconds),
        Err(_) => refusal,
    }
}

/// Closes the connection; the response is never written.
fn dropped(state: &SandboxState, hang_up: &HangUp, outcome: Outcome) -> Response {
    state.stats.count(outcome);
    hang_up.now();
    Response::new(Body::empty())
}

/// The answer that a `status` fault asks for.
fn ordered(answer: StatusAnswer, state: &SandboxState) -> Response {
    let status = StatusCode::from_u16(answer.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = match answer.body {
        None => Refusal::new(Outcome::FaultStatus, status, usual_message(status)).counted(state),
        Some(body) => {
            state.stats.count(Outcome::FaultStatus);
            match body {
                Value::String(text) => (status, text).into_response(),
                json => json_answer(status, &json),
            }
        }
    };
    for (name, value) in answer.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// What Evolution says with this status. Its 400 is what any exception while sending becomes, such
/// as a lost connection of the phone.
fn usual_message(status: StatusCode) -> Value {
    match status {
        StatusCode::BAD_REQUEST => json!(["Error: Connection Closed"]),
        StatusCode::UNAUTHORIZED => "Unauthorized".into(),
        _ if status.is_server_error() => "Internal Server Error".into(),
        _ => json!([status.canonical_reason().unwrap_or("Error")]),
    }
}
