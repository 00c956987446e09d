//! Sessions: created, listed, configured, deleted. The configuration has the webhook.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use reqwest::Url;
use serde_json::{Value, json};

use super::session::{restart, status_of};
use super::{WAHA, answer, message};
use crate::call::{Call, Refusal};
use crate::connections::{self, ConnectionState};
use crate::fields::{text, texts};
use crate::state::SandboxState;
use crate::webhooks::Webhook;

/// The configurations of those sessions that have one.
#[derive(Default)]
pub(crate) struct Sessions(Mutex<BTreeMap<String, Value>>);

impl Sessions {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Value>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `POST /api/sessions` `{"name", "config", "start"}`: a new session shows a code, once it is started.
pub(super) fn create(call: &Call) -> Result<Value, Refusal> {
    let body = Value::Object(answer::fields(call)?);
    let name = match text(&body, "name") {
        "" => "default",
        name => name,
    };
    let state = &call.state;
    answer::check_session(state, name)?;
    configure(state, name, &body["config"])?;
    connections::move_to(state, WAHA, name, ConnectionState::Disconnected, true);
    if body["start"] != false {
        restart(state, name);
    }
    Ok(row(state, name))
}

/// `GET /api/sessions`: those that were configured.
pub(super) fn list(state: &SandboxState) -> Value {
    let names: Vec<String> = state.waha_sessions.lock().keys().cloned().collect();
    names.iter().map(|name| row(state, name)).collect()
}

/// `GET /api/sessions/{session}`.
pub(super) fn show(state: &SandboxState, session: &str) -> Result<Value, Refusal> {
    answer::check_session(state, session).map(|()| row(state, session))
}

/// `GET /api/sessions/{session}/me`.
pub(super) fn me(state: &SandboxState, session: &str) -> Result<Value, Refusal> {
    answer::check_session(state, session).map(|()| own_number(state, session))
}

/// `PUT /api/sessions/{session}`: the whole configuration anew, and a restart where it runs.
pub(super) fn update(call: &Call, session: &str) -> Result<Value, Refusal> {
    let body = Value::Object(answer::fields(call)?);
    let state = &call.state;
    answer::check_session(state, session)?;
    configure(state, session, &body["config"])?;
    if state.connections.get(WAHA, session).state != ConnectionState::Disconnected {
        restart(state, session);
    }
    Ok(row(state, session))
}

/// `DELETE /api/sessions/{session}`.
pub(super) fn remove(state: &Arc<SandboxState>, session: &str) -> Result<Value, Refusal> {
    answer::check_session(state, session)?;
    state.waha_sessions.lock().remove(session);
    connections::move_to(state, WAHA, session, ConnectionState::Disconnected, true);
    state.webhooks.remove(WAHA, session);
    Ok(json!({}))
}

/// A session as WAHA shows it.
pub(super) fn row(state: &SandboxState, session: &str) -> Value {
    let config = state.waha_sessions.lock().get(session).cloned();
    let status = status_of(&state.connections.get(WAHA, session));
    json!({
        "name": session,
        "status": status,
        "config": config.unwrap_or_else(|| json!({})),
        "me": own_number(state, session),
        "engine": {"engine": "NOWEB"},
    })
}

fn own_number(state: &SandboxState, session: &str) -> Value {
    let open = state.connections.is_open(WAHA, session);
    open.then(|| json!({"id": message::me(session), "pushName": session}))
        .into()
}

fn configure(state: &SandboxState, session: &str, config: &Value) -> Result<(), Refusal> {
    let webhooks = config["webhooks"].as_array();
    // The sandbox tells one: the one that was added last.
    match webhooks.and_then(|webhooks| webhooks.last()) {
        Some(wanted) => {
            let webhook = registration(state, session, wanted)?;
            state.webhooks.register(WAHA, session, webhook);
        }
        None => {
            state.webhooks.remove(WAHA, session);
        }
    }
    let mut sessions = state.waha_sessions.lock();
    sessions.insert(session.to_owned(), config.clone());
    Ok(())
}

/// The webhook of a configuration. What the control set beside it (receipts, pauses) stays.
fn registration(state: &SandboxState, session: &str, wanted: &Value) -> Result<Webhook, Refusal> {
    let url = Url::parse(text(wanted, "url")).ok();
    let url = url.filter(|url| matches!(url.scheme(), "http" | "https"));
    let url = url.ok_or_else(|| answer::invalid("config.webhooks.0.url must be a URL address"))?;
    let before = state.webhooks.of(WAHA, session);
    let mut webhook = before.map_or_else(
        || Webhook::plain(url.clone()),
        |before| Webhook::clone(&before),
    );
    webhook.url = url;
    let events = texts(&wanted["events"]);
    webhook.events = if events.iter().any(|event| event == "*") {
        Default::default()
    } else {
        events.into_iter().collect()
    };
    webhook.secret = wanted["hmac"]["key"].as_str().map(str::to_owned);
    let headers = wanted["customHeaders"].as_array().into_iter().flatten();
    webhook.headers = headers
        .map(|header| {
            (
                text(header, "name").to_owned(),
                text(header, "value").to_owned(),
            )
        })
        .collect();
    let seconds = wanted["retries"]["delaySeconds"].as_u64();
    webhook.retry_ms = webhook
        .retry_ms
        .or(seconds.map(|seconds| seconds.saturating_mul(1000)));
    Ok(webhook)
}
