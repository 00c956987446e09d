//! `POST /webhook/set/{instance}` and `GET /webhook/find/{instance}`.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use reqwest::Url;
use serde_json::{Map, Value, json};

use super::answer::Refusal;
use super::request::{admit, read_body};
use super::send::stable_id;
use crate::provider::Provider;
use crate::sending::json_answer;
use crate::state::SandboxState;
use crate::stats::Outcome;
use crate::webhooks::Webhook;

/// The header that is not sent: a token made with it is, in `Authorization`.
const JWT_KEY: &str = "jwt_key";

/// Registers the webhook, or ends it when `enabled` is false. What the control set beside it
/// (receipts, pauses) stays.
pub(super) async fn set(
    State(state): State<Arc<SandboxState>>,
    Path(instance): Path<String>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let read = read_body(&headers, body)
        .and_then(|fields| admit(&state, &headers, &instance).map(|()| fields))
        .and_then(|fields| wanted(&state, &instance, &fields));
    match read {
        Ok(wanted) => {
            match wanted {
                Some(webhook) => state
                    .webhooks
                    .register(Provider::Evolution, &instance, webhook),
                None => {
                    state.webhooks.remove(Provider::Evolution, &instance);
                }
            }
            state.stats.count(Outcome::Answered);
            json_answer(StatusCode::CREATED, &row(&state, &instance))
        }
        Err(refusal) => refusal.counted(&state),
    }
}

/// The webhook as it is stored; `null` when there is none.
pub(super) async fn find(
    State(state): State<Arc<SandboxState>>,
    Path(instance): Path<String>,
    headers: HeaderMap,
) -> Response {
    if let Err(refusal) = admit(&state, &headers, &instance) {
        return refusal.counted(&state);
    }
    state.stats.count(Outcome::Answered);
    json_answer(StatusCode::OK, &row(&state, &instance))
}

/// The webhook that a body asks for, nested as in v2 or flat as in v1; none when it is disabled.
fn wanted(
    state: &SandboxState,
    instance: &str,
    fields: &Map<String, Value>,
) -> Result<Option<Webhook>, Refusal> {
    let fields = match fields.get("webhook") {
        Some(Value::Object(nested)) => nested,
        _ => fields,
    };
    let missing =
        |name: &str| Refusal::schema(vec![format!("webhook requires property \"{name}\"")]);
    let enabled = fields.get("enabled").and_then(Value::as_bool);
    if !enabled.ok_or_else(|| missing("enabled"))? {
        return Ok(None);
    }
    let url = fields.get("url").ok_or_else(|| missing("url"))?;
    registration(state, instance, url, fields).map(Some)
}

/// The webhook with this address and what else the fields say of it.
pub(super) fn registration(
    state: &SandboxState,
    instance: &str,
    url: &Value,
    fields: &Map<String, Value>,
) -> Result<Webhook, Refusal> {
    let url = Url::parse(url.as_str().unwrap_or_default()).map_err(|_| {
        let message = json!(["Invalid \"url\" property"]);
        Refusal::new(Outcome::SchemaError, StatusCode::BAD_REQUEST, message)
    })?;
    let before = state.webhooks.of(Provider::Evolution, instance);
    let mut webhook = before.map_or_else(
        || Webhook::plain(url.clone()),
        |before| Webhook::clone(&before),
    );
    webhook.url = url;
    webhook.by_events = ["byEvents", "webhook_by_events"]
        .iter()
        .any(|name| fields.get(*name) == Some(&Value::Bool(true)));
    webhook.events = texts(fields.get("events")).collect();
    webhook.headers = fields
        .get("headers")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
        .collect();
    if let Some(key) = webhook.headers.remove(JWT_KEY) {
        webhook.secret = Some(key);
    }
    Ok(webhook)
}

fn texts(list: Option<&Value>) -> impl Iterator<Item = String> {
    let list = list.and_then(Value::as_array).into_iter().flatten();
    list.filter_map(Value::as_str).map(str::to_owned)
}

fn row(state: &SandboxState, instance: &str) -> Value {
    let Some(webhook) = state.webhooks.of(Provider::Evolution, instance) else {
        return Value::Null;
    };
    json!({
        "id": format!("w{}", stable_id(instance).simple()),
        "url": webhook.url.as_str(),
        "headers": webhook.headers,
        "enabled": true,
        "events": webhook.events,
        "webhookByEvents": webhook.by_events,
        "webhookBase64": false,
        "instanceId": stable_id(instance).to_string(),
    })
}
