//! Meta's endpoints: the WhatsApp Cloud API, below the versions of the Graph API.
//!
//! Outside facts: developers.facebook.com (messages, media, error codes, webhooks), read in 2026.

mod account;
mod body;
mod check;
mod dialect;
mod error;
mod interactive;
mod media;
mod messages;
mod parameters;
mod recipient;
mod request;
mod settings;
mod template;
mod webhook_body;
mod window;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::Method;
use axum::response::Response;
use axum::routing::{get, post};

pub(crate) use dialect::MetaDialect;
pub(crate) use settings::{MetaSettings, Windows};
pub(crate) use template::Template;

use self::error::{Code, Refusal};
use crate::state::SandboxState;
use crate::stats::Outcome;

/// Versions of the Graph API that are served.
const VERSIONS: std::ops::RangeInclusive<u32> = 17..=26;

/// The endpoints, below each version.
pub(crate) fn routes() -> Router<Arc<SandboxState>> {
    let versions = VERSIONS.map(|version| format!("/v{version}.0"));
    versions
        .fold(Router::new(), |router, version| {
            router.nest(&version, endpoints())
        })
        .route(media::DOWNLOAD_PATH, get(media::download))
}

fn endpoints() -> Router<Arc<SandboxState>> {
    Router::new()
        .route("/{id}/messages", post(messages::send))
        .route("/{id}/media", post(media::upload))
        .route("/{id}/register", post(account::confirm))
        .route(
            "/{id}/message_templates",
            get(account::templates).post(account::create_template),
        )
        .route(
            "/{id}/subscribed_apps",
            get(account::subscriptions)
                .post(account::subscribe)
                .delete(account::unsubscribe),
        )
        .route("/{id}", get(account::show).delete(media::delete))
        .fallback(unknown_path)
        .method_not_allowed_fallback(unknown_path)
}

async fn unknown_path(State(state): State<Arc<SandboxState>>, method: Method) -> Response {
    let details = format!("Unsupported {} request", method.as_str().to_lowercase());
    Refusal::new(Outcome::UnknownRoute, Code::InvalidParameter, details).counted(&state)
}
