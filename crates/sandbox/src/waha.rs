//! The endpoints of WAHA, below `/api`. An instance is a session.
//!
//! Outside facts: the documentation of WAHA (devlikeapro/waha-docs), July 2026. Answers have the shape
//! that its engines have in common; where they differ, that of NOWEB.

mod answer;
mod chat;
mod dialect;
mod history;
mod message;
mod numbers;
mod operation;
mod send;
mod session;
mod sessions;
mod webhook_body;

use std::sync::Arc;

use axum::Router;
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use serde_json::{Value, json};

pub(crate) use dialect::WahaDialect;
pub(crate) use sessions::Sessions;

use crate::call::{Call, Refusal, answered};
use crate::provider::Provider;
use crate::state::SandboxState;
use crate::stats::Outcome;

const WAHA: Provider = Provider::Waha;

/// All of it.
pub(crate) fn routes() -> Router<Arc<SandboxState>> {
    Router::new().route("/api/{*path}", any(serve))
}

async fn serve(Path(path): Path<String>, call: Call) -> Response {
    if let Err(refusal) = answer::check_key(&call) {
        return refusal.counted(&call.state);
    }
    let parts: Vec<&str> = path.split('/').collect();
    let method = call.method.as_str();
    let created = StatusCode::CREATED;
    match (method, parts.as_slice()) {
        ("POST" | "PUT", [name]) if let Some(operation) = operation::operation(method, name) => {
            send::send(call, operation).await
        }
        ("POST", ["sendSeen" | "startTyping" | "stopTyping"]) => {
            answered(&call.state, created, send::gesture(&call))
        }
        ("POST", ["sessions"]) => answered(&call.state, created, sessions::create(&call)),
        ("POST", ["sessions", session, order]) => {
            let answer = session::order(&call.state, session, order);
            let answer = answer.unwrap_or_else(|| Err(answer::no_such_path(&call)));
            answered(&call.state, created, answer)
        }
        ("POST", [session, "auth", "request-code"]) => {
            answered(&call.state, created, session::typed_code(&call, session))
        }
        ("GET", [session, "auth", "qr"]) => qr_code(&call, session),
        (_, parts) => answered(&call.state, StatusCode::OK, question(&call, parts)),
    }
}

fn question(call: &Call, parts: &[&str]) -> Result<Value, Refusal> {
    match (call.method.as_str(), parts) {
        ("GET", ["sessions"]) => Ok(sessions::list(&call.state)),
        ("GET", ["sessions", session]) => sessions::show(&call.state, session),
        ("GET", ["sessions", session, "me"]) => sessions::me(&call.state, session),
        ("PUT", ["sessions", session]) => sessions::update(call, session),
        ("DELETE", ["sessions", session]) => sessions::remove(&call.state, session),
        ("GET", ["contacts", "check-exists"]) => numbers::check_exists(call),
        ("GET", [session, "chats", chat, "messages"]) => history::list(call, session, chat),
        _ => Err(answer::no_such_path(call)),
    }
}

/// `GET /api/{session}/auth/qr`: a picture, as JSON for who asks for JSON; `?format=raw` is the text.
fn qr_code(call: &Call, session: &str) -> Response {
    let code = match session::code(&call.state, session) {
        Ok(code) => code,
        Err(refusal) => return refusal.counted(&call.state),
    };
    if call
        .query()
        .get("format")
        .is_some_and(|format| format == "raw")
    {
        return answered(&call.state, StatusCode::OK, Ok(json!({ "value": code })));
    }
    if call.header(header::ACCEPT).contains("application/json") {
        let picture = session::picture(&code);
        return answered(&call.state, StatusCode::OK, Ok(picture));
    }
    call.state.stats.count(Outcome::Answered);
    let png = crate::qr_picture::png(&code);
    ([(header::CONTENT_TYPE, "image/png")], png).into_response()
}
