//! What Z-API says and does in its own way.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::Response;
use reqwest::header::HeaderMap;
use serde_json::json;

use super::{queue, webhook_body};
use crate::messages::{Draft, Failure};
use crate::provider::{Dialect, Post, Retries, SendRefusal, Source};
use crate::sending::json_answer;
use crate::state::SandboxState;
use crate::webhooks::{Event, Webhook};

/// Z-API.
pub(crate) struct ZapiDialect;

impl Dialect for ZapiDialect {
    fn message_id(&self, run: u64, sequence: u64) -> String {
        format!("D241{run:010X}{sequence:08X}")
    }

    fn refused(&self, refusal: &SendRefusal<'_>) -> Response {
        let (status, error) = match refusal {
            SendRefusal::Status(status) => (*status, status.canonical_reason().unwrap_or("Error")),
            SendRefusal::RateLimited => (StatusCode::TOO_MANY_REQUESTS, "Too many requests"),
            SendRefusal::NotOnWhatsapp { .. } => {
                (StatusCode::BAD_REQUEST, "Phone number does not exist")
            }
            // Until then it is kept.
            SendRefusal::Disconnected => (
                StatusCode::BAD_REQUEST,
                "The queue is full: connect the phone",
            ),
        };
        json_answer(status, &json!({ "error": error }))
    }

    fn posts(&self, source: &Source<'_>, events: &[Event]) -> Vec<Post> {
        webhook_body::posts(source, events)
    }

    /// Z-API signs nothing.
    fn signature(&self, _webhook: &Webhook, _body: &[u8], _now_seconds: i64) -> HeaderMap {
        HeaderMap::new()
    }

    /// Nothing is said of repetitions.
    fn retries(&self) -> Retries {
        Retries::NONE
    }

    fn keep(
        &self,
        state: &Arc<SandboxState>,
        draft: Draft,
        failure: Option<Failure>,
    ) -> Option<Response> {
        queue::keep(state, draft, failure)
    }

    fn connected(&self, state: &Arc<SandboxState>, instance: &str) {
        queue::release(state, instance);
    }
}
