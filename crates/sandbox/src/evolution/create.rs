//! `POST /instance/create`.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::answer::Refusal;
use super::connection::{code_to_scan, state_name};
use super::instances::{INTEGRATIONS, Instance, bad_request};
use super::request::{check_key, read_body};
use super::schema::{Complaints, Field, Rule};
use super::send::stable_id;
use super::webhook_set::registration;
use crate::connections::{self, ConnectionState};
use crate::provider::Provider;
use crate::sending::json_answer;
use crate::state::SandboxState;
use crate::stats::Outcome;
use crate::webhooks::Webhook;

/// 201 with its token; with `qrcode` also a code to scan.
pub(super) async fn create(
    State(state): State<Arc<SandboxState>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let created = read_body(&headers, body).and_then(|fields| {
        check_key(&state, &headers, None)?;
        created(&state, &fields)
    });
    match created {
        Ok(answer) => {
            state.stats.count(Outcome::Answered);
            json_answer(StatusCode::CREATED, &answer)
        }
        Err(refusal) => refusal.counted(&state),
    }
}

fn created(state: &Arc<SandboxState>, fields: &Map<String, Value>) -> Result<Value, Refusal> {
    let wanted = Wanted::of(state, fields)?;
    let name = wanted.name;
    if !state.instances.add(name, wanted.instance.clone()) {
        let message = json!([format!("This name \"{name}\" is already in use.")]);
        let status = StatusCode::FORBIDDEN;
        return Err(Refusal::new(Outcome::SchemaError, status, message));
    }
    if let Some(webhook) = wanted.webhook {
        state.webhooks.register(Provider::Evolution, name, webhook);
    }
    let first = if wanted.shows_code {
        ConnectionState::AwaitsPairing
    } else {
        ConnectionState::Disconnected
    };
    connections::move_to(state, Provider::Evolution, name, first, true);
    let token = wanted.instance.token;
    let hash = if state.is_v1(name) {
        json!({"apikey": token})
    } else {
        token.into()
    };
    Ok(json!({
        "instance": {
            "instanceName": name,
            "instanceId": stable_id(name).to_string(),
            "integration": wanted.instance.integration,
            "webhookWaBusiness": null,
            "accessTokenWaBusiness": "",
            "status": state_name(first),
        },
        "hash": hash,
        "webhook": fields.get("webhook").cloned().unwrap_or_else(|| json!({})),
        "settings": {},
        "qrcode": wanted.shows_code.then(|| code_to_scan(state, name)),
    }))
}

/// What a body asks for.
struct Wanted<'a> {
    name: &'a str,
    instance: Instance,
    webhook: Option<Webhook>,
    /// Whether the answer has a code to scan.
    shows_code: bool,
}

impl<'a> Wanted<'a> {
    fn of(state: &SandboxState, fields: &'a Map<String, Value>) -> Result<Self, Refusal> {
        let text = |name: &str| fields.get(name).and_then(Value::as_str);
        let mut complaints = Complaints::default();
        complaints.fields(&[Field::new("instanceName", Rule::Text)], fields);
        complaints.required(&["instanceName"], fields);
        complaints.end().map_err(Refusal::schema)?;
        let name = text("instanceName").unwrap_or_default();
        let integration = match text("integration") {
            Some(named) if INTEGRATIONS.contains(&named) => named,
            None if state.is_v1(name) => INTEGRATIONS[0],
            _ => return Err(bad_request("Invalid integration")),
        };
        let webhook = fields.get("webhook").and_then(Value::as_object);
        let address = webhook.and_then(|webhook| webhook.get("url"));
        let webhook = webhook
            .zip(address)
            .map(|(webhook, url)| registration(state, name, url, webhook))
            .transpose()?;
        let new_token = || Uuid::new_v4().to_string().to_uppercase();
        Ok(Self {
            name,
            instance: Instance {
                token: text("token").map_or_else(new_token, str::to_owned),
                integration: integration.to_owned(),
                number: fields.get("number").cloned().unwrap_or_default(),
            },
            webhook,
            shows_code: fields.get("qrcode") == Some(&Value::Bool(true)),
        })
    }
}
