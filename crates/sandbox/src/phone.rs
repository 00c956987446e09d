//! The page that looks like a phone.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::evolution::server_status;
use crate::state::SandboxState;

const PAGE: &str = include_str!("phone/phone.html");
const STYLE: &str = include_str!("phone/phone.css");
const SCRIPT: &str = include_str!("phone/phone.js");
const FORMATTING: &str = include_str!("phone/formatting.js");
const ICON: &str = include_str!("phone/icon.svg");

/// Nothing but the page's own files: a text that got through as markup could still do nothing.
const CONTENT_SECURITY_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
     require-trusted-types-for 'script'",
);

/// The page and its files.
pub(crate) fn routes() -> Router<Arc<SandboxState>> {
    Router::new()
        .route("/", get(root))
        .route(
            "/sandbox/phone.css",
            get(|| file("text/css; charset=utf-8", STYLE)),
        )
        .route(
            "/sandbox/phone.js",
            get(|| file("text/javascript; charset=utf-8", SCRIPT)),
        )
        .route(
            "/sandbox/formatting.js",
            get(|| file("text/javascript; charset=utf-8", FORMATTING)),
        )
        .route("/sandbox/icon.svg", get(|| file("image/svg+xml", ICON)))
}

/// A browser gets the phone, a program the status that Evolution gives.
async fn root(State(state): State<Arc<SandboxState>>, headers: HeaderMap) -> Response {
    let wants_page = headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"));
    let mut response = if wants_page {
        file("text/html; charset=utf-8", PAGE).await
    } else {
        server_status(&state)
    };
    response
        .headers_mut()
        .insert(header::VARY, HeaderValue::from_static("Accept"));
    response
}

async fn file(content_type: &'static str, content: &'static str) -> Response {
    let mut response = ([(header::CONTENT_TYPE, content_type)], content).into_response();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ),
        (
            header::REFERRER_POLICY,
            HeaderValue::from_static("no-referrer"),
        ),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ] {
        response.headers_mut().insert(name, value);
    }
    response
}
