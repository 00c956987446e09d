//! What WAHA says and does in its own way.

use std::time::Duration;

use axum::http::StatusCode;
use axum::response::Response;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use sha2::{Digest, Sha256, Sha512};
use uuid::Builder;

use super::answer::{envelope, unexpected_status};
use super::webhook_body;
use crate::connections::ConnectionState;
use crate::provider::{Dialect, Post, Retries, SendRefusal, Source};
use crate::sending::json_answer;
use crate::webhooks::{Event, Webhook};

/// WAHA.
pub(crate) struct WahaDialect;

impl Dialect for WahaDialect {
    /// The unique part; the chat before it is added where an id is told.
    fn message_id(&self, run: u64, sequence: u64) -> String {
        format!("3EB0{run:010X}{sequence:08X}")
    }

    fn refused(&self, refusal: &SendRefusal<'_>) -> Response {
        let (status, body) = match refusal {
            SendRefusal::Status(status) => {
                let reason = status.canonical_reason().unwrap_or("Error");
                (*status, envelope(*status, &reason.into()))
            }
            SendRefusal::RateLimited => {
                let status = StatusCode::TOO_MANY_REQUESTS;
                (status, envelope(status, &"Too Many Requests".into()))
            }
            // What the engine WEBJS throws.
            SendRefusal::NotOnWhatsapp { .. } => {
                let status = StatusCode::INTERNAL_SERVER_ERROR;
                (status, envelope(status, &"No LID for user".into()))
            }
            SendRefusal::Disconnected => {
                let needed = ConnectionState::Connected;
                let status = StatusCode::UNPROCESSABLE_ENTITY;
                (status, unexpected_status("default", "STOPPED", needed))
            }
        };
        json_answer(status, &body)
    }

    fn posts(&self, source: &Source<'_>, events: &[Event]) -> Vec<Post> {
        let posts = events.iter();
        posts
            .flat_map(|event| webhook_body::posts(source, event))
            .collect()
    }

    /// The HMAC of the body, where there is a key; and what names the request and its time.
    fn signature(&self, webhook: &Webhook, body: &[u8], now_seconds: i64) -> HeaderMap {
        let milliseconds = now_seconds.saturating_mul(1000);
        let mut headers = vec![
            ("x-webhook-request-id", request_id(body)),
            ("x-webhook-timestamp", milliseconds.to_string()),
        ];
        if let Some(key) = &webhook.secret {
            headers.push(("x-webhook-hmac", hmac(key, body)));
            headers.push(("x-webhook-hmac-algorithm", "sha512".to_owned()));
        }
        let headers = headers.into_iter().filter_map(|(name, value)| {
            let value = HeaderValue::try_from(value).ok()?;
            Some((HeaderName::from_static(name), value))
        });
        headers.collect()
    }

    /// As a session's webhook has it that says nothing else.
    fn retries(&self) -> Retries {
        Retries {
            attempts: 15,
            first_pause: Duration::from_secs(2),
            longest_pause: Duration::from_secs(2 << 14),
            ..Retries::NONE
        }
    }
}

/// The same for each repetition of a request.
fn request_id(body: &[u8]) -> String {
    let digest: [u8; 32] = Sha256::digest(body).into();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    Builder::from_random_bytes(bytes).into_uuid().to_string()
}

fn hmac(key: &str, body: &[u8]) -> String {
    let mut mac =
        Hmac::<Sha512>::new_from_slice(key.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(body);
    let bytes = mac.finalize().into_bytes();
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of WAHA's documentation.
    #[test]
    fn the_signature_is_the_documented_one() {
        let body = br#"{"event":"message","session":"default","engine":"WEBJS"}"#;
        assert_eq!(
            hmac("my-secret-key", body),
            "208f8a55dde9e05519e898b10b89bf0d0b3b0fdf11fdbf09b6b90476301b98d8\
             097c462b2b17a6ce93b6b47a136cf2e78a33a63f6752c2c1631777076153fa89"
        );
    }
}
