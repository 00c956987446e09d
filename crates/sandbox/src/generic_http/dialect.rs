//! What an HTTP API says in the form that `docs/PROVIDERS.md` describes.

use axum::http::StatusCode;
use axum::response::Response;
use chrono::SecondsFormat;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::evolution::digits_of;
use crate::inbound::Inbound;
use crate::messages::Message;
use crate::provider::{Dialect, Post, Retries, SendRefusal, Source};
use crate::sending::json_answer;
use crate::webhooks::{Event, Receipt, Webhook};

const SIGNATURE: HeaderName = HeaderName::from_static("x-signature");
/// What is said while it is not connected.
pub(super) const DOWN: &str = "not connected";

/// Any HTTP API.
pub(crate) struct HttpDialect;

impl Dialect for HttpDialect {
    fn message_id(&self, run: u64, sequence: u64) -> String {
        format!("http-{run:010x}-{sequence}")
    }

    fn refused(&self, refusal: &SendRefusal<'_>) -> Response {
        let (status, error) = match refusal {
            SendRefusal::Status(status) => (*status, status.canonical_reason().unwrap_or("error")),
            SendRefusal::RateLimited => (StatusCode::TOO_MANY_REQUESTS, "too many requests"),
            SendRefusal::NotOnWhatsapp { .. } => (StatusCode::BAD_REQUEST, "no such number"),
            SendRefusal::Disconnected => (StatusCode::SERVICE_UNAVAILABLE, DOWN),
        };
        json_answer(status, &json!({ "error": error }))
    }

    fn posts(&self, source: &Source<'_>, events: &[Event]) -> Vec<Post> {
        let posts = events.iter();
        posts.filter_map(|event| post(source, event)).collect()
    }

    /// The HMAC of the body, where there is a secret.
    fn signature(&self, webhook: &Webhook, body: &[u8], _now_seconds: i64) -> HeaderMap {
        let signature = webhook.secret.as_ref().map(|secret| {
            let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes())
                .expect("HMAC takes a key of any length");
            mac.update(body);
            let bytes = mac.finalize().into_bytes();
            let hex = bytes.iter().map(|byte| format!("{byte:02x}"));
            hex.collect::<String>()
        });
        signature
            .and_then(|signature| HeaderValue::try_from(signature).ok())
            .map(|signature| (SIGNATURE, signature))
            .into_iter()
            .collect()
    }

    fn retries(&self) -> Retries {
        Retries::NONE
    }
}

/// Receipts and what customers write; it has no word for the rest.
fn post(source: &Source<'_>, event: &Event) -> Option<Post> {
    let at = source.now.to_rfc3339_opts(SecondsFormat::Millis, true);
    let (event, mut body) = match event {
        Event::Receipt(message, receipt) => ("receipt", receipt_of(message, *receipt)),
        Event::Failed(message, _) => {
            let id = &message.id;
            let body = json!({"message_id": id, "status": "failed", "error": "undeliverable"});
            ("receipt", body)
        }
        Event::Inbound(inbound) if !inbound.from_me => ("message", message_of(inbound)),
        _ => return None,
    };
    body["at"] = at.into();
    Some(Post { event, body })
}

fn receipt_of(message: &Message, receipt: Receipt) -> Value {
    json!({"message_id": message.id, "status": receipt})
}

fn message_of(inbound: &Inbound) -> Value {
    json!({
        "type": "message",
        "message_id": inbound.id,
        "from": format!("+{}", digits_of(&inbound.from)),
        "text": inbound.text,
        "name": inbound.name,
    })
}
