//! The providers that the sandbox stands in for, and what differs between them.

use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use axum::response::Response;
use reqwest::header::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::evolution;
use crate::generic_http;
use crate::inbound::Inbound;
use crate::megaapi;
use crate::messages::{Draft, Failure};
use crate::meta;
use crate::state::SandboxState;
use crate::waha;
use crate::webhooks::{Event, Webhook};
use crate::zapi;

/// A provider, by the name that it has in the sandbox's own routes.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Provider {
    /// Evolution API v2 and v1.
    Evolution,
    /// WhatsApp Cloud API; an instance is a phone number's id.
    Meta,
    /// Z-API.
    Zapi,
    /// WAHA; an instance is a session.
    Waha,
    /// MegaAPI.
    Megaapi,
    /// Any HTTP API.
    Http,
}

impl Provider {
    /// Its name in paths and JSON.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Evolution => "evolution",
            Self::Meta => "meta",
            Self::Zapi => "zapi",
            Self::Waha => "waha",
            Self::Megaapi => "megaapi",
            Self::Http => "http",
        }
    }

    /// How it speaks.
    pub(crate) fn dialect(self) -> &'static dyn Dialect {
        match self {
            Self::Evolution => &evolution::EvolutionDialect,
            Self::Meta => &meta::MetaDialect,
            Self::Zapi => &zapi::ZapiDialect,
            Self::Waha => &waha::WahaDialect,
            Self::Megaapi => &megaapi::MegaapiDialect,
            Self::Http => &generic_http::HttpDialect,
        }
    }
}

/// Why a send is refused after it passed the provider's checks.
pub(crate) enum SendRefusal<'a> {
    /// A `status` fault without a body.
    Status(StatusCode),
    /// Too fast; the time to wait is in a header.
    RateLimited,
    /// Nobody has this number.
    NotOnWhatsapp { address: &'a str, number: &'a str },
    /// The instance's phone is not connected.
    Disconnected,
}

/// What one provider says and does in its own way.
pub(crate) trait Dialect: Sync {
    /// The id of the message that this run of the sandbox accepted in this place. No two runs or
    /// places share one.
    fn message_id(&self, run: u64, sequence: u64) -> String;

    /// The answer to a send that is refused, in the provider's error envelope.
    fn refused(&self, refusal: &SendRefusal<'_>) -> Response;

    /// The webhook requests that tell of these events, in order.
    fn posts(&self, source: &Source<'_>, events: &[Event]) -> Vec<Post>;

    /// The headers that prove where a webhook request comes from.
    fn signature(&self, webhook: &Webhook, body: &[u8], now_seconds: i64) -> HeaderMap;

    /// Adds what the provider knows of a customer who writes.
    fn introduce(&self, _inbound: &mut Inbound) {}

    /// How often a webhook request is repeated, and when.
    fn retries(&self) -> Retries;

    /// Keeps a message while the phone is not connected, and answers so; none: it is refused.
    fn keep(
        &self,
        _state: &Arc<SandboxState>,
        _draft: Draft,
        _failure: Option<Failure>,
    ) -> Option<Response> {
        None
    }

    /// The phone is connected again.
    fn connected(&self, _state: &Arc<SandboxState>, _instance: &str) {}
}

/// Where events come from.
pub(crate) struct Source<'a> {
    pub(crate) instance: &'a str,
    pub(crate) webhook: &'a Webhook,
    /// Address of the sandbox, as a URL.
    pub(crate) server_url: &'a str,
    pub(crate) now: chrono::DateTime<chrono::Utc>,
}

/// One webhook request.
pub(crate) struct Post {
    /// The provider's name of what happened, which a webhook may be restricted to.
    pub(crate) event: &'static str,
    pub(crate) body: Value,
}

/// How a provider repeats webhook requests that nobody took.
pub(crate) struct Retries {
    /// Requests altogether.
    pub(crate) attempts: u32,
    /// Before the second request; each further pause is twice as long.
    pub(crate) first_pause: Duration,
    pub(crate) longest_pause: Duration,
    /// Answers that end it at once.
    pub(crate) final_statuses: &'static [u16],
    /// Whether an answer means that the request was taken.
    pub(crate) is_taken: fn(StatusCode) -> bool,
}

impl Retries {
    /// A request is made once.
    pub(crate) const NONE: Self = Self {
        attempts: 1,
        first_pause: Duration::ZERO,
        longest_pause: Duration::ZERO,
        final_statuses: &[],
        is_taken: |status| status.is_success(),
    };
}
