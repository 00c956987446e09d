//! What MegaAPI says and does in its own way.

use axum::http::StatusCode;
use axum::response::Response;
use reqwest::header::HeaderMap;

use super::envelope;
use crate::provider::{Dialect, Post, Retries, SendRefusal, Source};
use crate::sending::json_answer;
use crate::webhooks::{Event, Webhook};

/// MegaAPI.
pub(crate) struct MegaapiDialect;

impl Dialect for MegaapiDialect {
    fn message_id(&self, run: u64, sequence: u64) -> String {
        format!("3EB0{run:010X}{sequence:08X}")
    }

    fn refused(&self, refusal: &SendRefusal<'_>) -> Response {
        let (status, error) = match refusal {
            SendRefusal::Status(status) => (*status, status.canonical_reason().unwrap_or("Error")),
            SendRefusal::RateLimited => (StatusCode::TOO_MANY_REQUESTS, "Too many requests"),
            SendRefusal::NotOnWhatsapp { .. } => (
                StatusCode::BAD_REQUEST,
                "The number is not registered on WhatsApp",
            ),
            SendRefusal::Disconnected => (StatusCode::BAD_REQUEST, "Connection Closed"),
        };
        json_answer(status, &envelope(error))
    }

    /// What it delivers is not described anywhere.
    fn posts(&self, _source: &Source<'_>, _events: &[Event]) -> Vec<Post> {
        Vec::new()
    }

    fn signature(&self, _webhook: &Webhook, _body: &[u8], _now_seconds: i64) -> HeaderMap {
        HeaderMap::new()
    }

    fn retries(&self) -> Retries {
        Retries::NONE
    }
}
