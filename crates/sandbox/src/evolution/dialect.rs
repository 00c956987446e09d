//! What Evolution says and does in its own way.

use std::time::Duration;

use axum::http::StatusCode;
use axum::response::Response;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use serde_json::{Value, json};
use sha2::Sha256;

use super::answer::envelope;
use super::webhook_body::post;
use crate::provider::{Dialect, Post, Retries, SendRefusal, Source};
use crate::webhooks::{Event, Webhook};

/// Seconds that a webhook's token is good for.
const TOKEN_LIFE_SECONDS: i64 = 600;

/// Evolution API.
pub(crate) struct EvolutionDialect;

impl Dialect for EvolutionDialect {
    /// Real ids are `3EB0` and 18 hexadecimal digits.
    fn message_id(&self, run: u64, sequence: u64) -> String {
        format!("3EB0{run:010X}{sequence:08X}")
    }

    fn refused(&self, refusal: &SendRefusal<'_>) -> Response {
        let (status, message) = match refusal {
            SendRefusal::Status(status) => (*status, usual_message(*status)),
            // What a proxy in front of Evolution says; Evolution itself has no limit.
            SendRefusal::RateLimited => {
                (StatusCode::TOO_MANY_REQUESTS, json!(["Too many requests"]))
            }
            SendRefusal::NotOnWhatsapp { address, number } => (
                StatusCode::BAD_REQUEST,
                json!([{"jid": address, "exists": false, "number": number}]),
            ),
            SendRefusal::Disconnected => (
                StatusCode::BAD_REQUEST,
                usual_message(StatusCode::BAD_REQUEST),
            ),
        };
        let error = status.canonical_reason().unwrap_or("Internal Server Error");
        envelope(status, error, &message)
    }

    fn posts(&self, source: &Source<'_>, events: &[Event]) -> Vec<Post> {
        events.iter().map(|event| post(source, event)).collect()
    }

    /// Evolution signs nothing; a webhook with a key gets a token made with it.
    fn signature(&self, webhook: &Webhook, _body: &[u8], now_seconds: i64) -> HeaderMap {
        let token = webhook
            .secret
            .as_ref()
            .map(|key| format!("Bearer {}", token(key, now_seconds)));
        token
            .and_then(|token| HeaderValue::try_from(token).ok())
            .map(|token| (AUTHORIZATION, token))
            .into_iter()
            .collect()
    }

    fn retries(&self) -> Retries {
        Retries {
            attempts: 10,
            first_pause: Duration::from_secs(5),
            longest_pause: Duration::from_secs(300),
            final_statuses: &[400, 401, 403, 404, 422],
            is_taken: |status| status.is_success(),
        }
    }
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

/// A JWT signed with HS256.
fn token(key: &str, now_seconds: i64) -> String {
    let header = json!({"alg": "HS256", "typ": "JWT"});
    let claims = json!({
        "iat": now_seconds,
        "exp": now_seconds + TOKEN_LIFE_SECONDS,
        "app": "evolution",
        "action": "webhook",
    });
    let encode = |json: &Value| BASE64_URL_SAFE_NO_PAD.encode(json.to_string());
    let signed = format!("{}.{}", encode(&header), encode(&claims));
    let mut mac =
        Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(signed.as_bytes());
    let signature = BASE64_URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
    format!("{signed}.{signature}")
}
