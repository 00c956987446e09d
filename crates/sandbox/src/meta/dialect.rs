//! What Meta says and does in its own way.

use std::time::Duration;

use axum::http::StatusCode;
use axum::response::Response;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use sha2::Sha256;

use super::error::{Code, answer};
use super::webhook_body::{posts, user_id};
use crate::evolution::address_of;
use crate::inbound::Inbound;
use crate::provider::{Dialect, Post, Retries, SendRefusal, Source};
use crate::webhooks::{Event, Webhook};

const SIGNATURE: HeaderName = HeaderName::from_static("x-hub-signature-256");

/// WhatsApp Cloud API.
pub(crate) struct MetaDialect;

impl Dialect for MetaDialect {
    /// Real ids are longer, and base64 too.
    fn message_id(&self, run: u64, sequence: u64) -> String {
        let named = format!("3EB0{run:010X}{sequence:08X}");
        format!("wamid.HBgN{}", BASE64_STANDARD.encode(named))
    }

    fn refused(&self, refusal: &SendRefusal<'_>) -> Response {
        let (status, code, details) = match refusal {
            SendRefusal::Status(status) => (*status, Code::usual(*status), ""),
            SendRefusal::RateLimited => of_code(
                Code::RateLimit,
                "Message failed to send because there were too many messages sent from this phone \
                 number in a short period of time",
            ),
            SendRefusal::NotOnWhatsapp { .. } => {
                of_code(Code::Undeliverable, "Message undeliverable")
            }
            SendRefusal::Disconnected => of_code(
                Code::NotRegistered,
                "The account is not registered; register the phone number first",
            ),
        };
        answer(status, code, details)
    }

    fn posts(&self, source: &Source<'_>, events: &[Event]) -> Vec<Post> {
        posts(source, events)
    }

    /// The HMAC of the body, made with the app's secret.
    fn signature(&self, webhook: &Webhook, body: &[u8], _now_seconds: i64) -> HeaderMap {
        let signature = webhook.secret.as_ref().map(|secret| {
            let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes())
                .expect("HMAC takes a key of any length");
            mac.update(body);
            let bytes = mac.finalize().into_bytes();
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("sha256={hex}")
        });
        signature
            .and_then(|signature| HeaderValue::try_from(signature).ok())
            .map(|signature| (SIGNATURE, signature))
            .into_iter()
            .collect()
    }

    /// Every customer has an id, whether the number shows or not.
    fn introduce(&self, inbound: &mut Inbound) {
        if inbound.alias.is_none() {
            inbound.alias = Some(user_id(&address_of(&inbound.from)));
        }
    }

    /// It goes on for seven days, and takes nothing but 200 for an answer.
    fn retries(&self) -> Retries {
        Retries {
            attempts: 40,
            first_pause: Duration::from_secs(5),
            longest_pause: Duration::from_secs(6 * 60 * 60),
            final_statuses: &[],
            is_taken: |status| status == StatusCode::OK,
        }
    }
}

fn of_code(code: Code, details: &str) -> (StatusCode, Code, &str) {
    let (status, _) = code.status_and_title();
    (status, code, details)
}
