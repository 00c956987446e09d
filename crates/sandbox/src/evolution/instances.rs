//! Which instances there are: created, listed, deleted.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError, RwLock};

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::answer::Refusal;
use super::instance::{code_to_scan, state_name};
use super::request::{admit, check_key, read_body};
use super::schema::{Complaints, Field, Rule};
use super::send::stable_id;
use super::webhook_body::owner;
use super::webhook_set::registration;
use crate::connections::{self, ConnectionState};
use crate::provider::Provider;
use crate::sending::json_answer;
use crate::state::SandboxState;
use crate::stats::Outcome;

/// The instances that exist.
pub(crate) struct Instances {
    /// Whether names that nobody created exist too.
    any: bool,
    created: RwLock<BTreeMap<String, Instance>>,
}

#[derive(Clone, Default)]
struct Instance {
    token: String,
    integration: String,
    number: Value,
}

impl Instances {
    /// Those of these names, or without them, every name.
    pub(crate) fn new(names: Option<BTreeSet<String>>) -> Self {
        let any = names.is_none();
        let instance = |name| (name, Instance::default());
        let created = names.into_iter().flatten().map(instance).collect();
        Self {
            any,
            created: RwLock::new(created),
        }
    }

    /// Whether an instance of this name exists.
    pub(crate) fn exist(&self, name: &str) -> bool {
        self.any || self.get(name).is_some()
    }

    /// Whether this key is the token of the instance.
    pub(super) fn has_token(&self, name: &str, key: &[u8]) -> bool {
        self.get(name)
            .is_some_and(|known| !known.token.is_empty() && known.token.as_bytes() == key)
    }

    fn get(&self, name: &str) -> Option<Instance> {
        let created = self.created.read().unwrap_or_else(PoisonError::into_inner);
        created.get(name).cloned()
    }

    /// Adds an instance; false when there is one of this name.
    fn add(&self, name: &str, instance: Instance) -> bool {
        let mut created = self.created.write().unwrap_or_else(PoisonError::into_inner);
        let is_new = !created.contains_key(name);
        if is_new {
            created.insert(name.to_owned(), instance);
        }
        is_new
    }

    fn remove(&self, name: &str) {
        let mut created = self.created.write().unwrap_or_else(PoisonError::into_inner);
        created.remove(name);
    }

    fn names(&self) -> Vec<String> {
        let created = self.created.read().unwrap_or_else(PoisonError::into_inner);
        created.keys().cloned().collect()
    }
}

/// `POST /instance/create`: 201 with its token; with `qrcode` also a code to scan.
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
    let webhook = match fields.get("webhook") {
        Some(Value::Object(wanted)) => match wanted.get("url") {
            Some(url) => Some(registration(state, name, url, wanted)?),
            None => None,
        },
        _ => None,
    };
    let token =
        text("token").map_or_else(|| Uuid::new_v4().to_string().to_uppercase(), str::to_owned);
    let instance = Instance {
        token: token.clone(),
        integration: integration.to_owned(),
        number: fields.get("number").cloned().unwrap_or_default(),
    };
    if !state.instances.add(name, instance) {
        let message = json!([format!("This name \"{name}\" is already in use.")]);
        let status = StatusCode::FORBIDDEN;
        return Err(Refusal::new(Outcome::SchemaError, status, message));
    }
    if let Some(webhook) = webhook {
        state.webhooks.register(Provider::Evolution, name, webhook);
    }
    let shows_code = fields.get("qrcode") == Some(&Value::Bool(true));
    let first = if shows_code {
        ConnectionState::AwaitsPairing
    } else {
        ConnectionState::Disconnected
    };
    connections::move_to(state, Provider::Evolution, name, first, true);
    let hash = if state.is_v1(name) {
        json!({"apikey": token})
    } else {
        token.into()
    };
    Ok(json!({
        "instance": {
            "instanceName": name,
            "instanceId": stable_id(name).to_string(),
            "integration": integration,
            "webhookWaBusiness": null,
            "accessTokenWaBusiness": "",
            "status": state_name(first),
        },
        "hash": hash,
        "webhook": fields.get("webhook").cloned().unwrap_or_else(|| json!({})),
        "settings": {},
        "qrcode": shows_code.then(|| code_to_scan(state, name)),
    }))
}

/// The kinds of instances that Evolution knows.
const INTEGRATIONS: [&str; 3] = ["WHATSAPP-BAILEYS", "WHATSAPP-BUSINESS", "EVOLUTION"];

fn bad_request(message: &str) -> Refusal {
    let status = StatusCode::BAD_REQUEST;
    Refusal::new(Outcome::SchemaError, status, json!([message]))
}

/// Which instances to list.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Wanted {
    instance_name: Option<String>,
    instance_id: Option<String>,
    number: Option<String>,
}

/// `GET /instance/fetchInstances`: rows of those that were created, or of the one asked for.
pub(super) async fn list(
    State(state): State<Arc<SandboxState>>,
    headers: HeaderMap,
    Query(wanted): Query<Wanted>,
) -> Response {
    let name = wanted.instance_name.as_deref();
    if let Err(refusal) = check_key(&state, &headers, name) {
        return refusal.counted(&state);
    }
    state.stats.count(Outcome::Answered);
    let names = match name {
        Some(name) if state.instances.exist(name) => vec![name.to_owned()],
        Some(_) => Vec::new(),
        None => state.instances.names(),
    };
    let is_wanted = |name: &String| {
        let id = wanted.instance_id.as_ref();
        let number = wanted.number.as_ref();
        id.is_none_or(|id| *id == stable_id(name).to_string())
            && number.is_none_or(|number| owner(name).starts_with(number.as_str()))
    };
    let rows = names.iter().filter(|name| is_wanted(name));
    let rows: Vec<Value> = rows.map(|name| row(&state, name)).collect();
    json_answer(StatusCode::OK, &Value::Array(rows))
}

fn row(state: &SandboxState, name: &str) -> Value {
    let instance = state.instances.get(name).unwrap_or_default();
    let connection = state.connections.get(Provider::Evolution, name);
    let status = state_name(connection.state);
    let owner = (status == "open").then(|| owner(name));
    if state.is_v1(name) {
        return json!({"instance": {
            "instanceName": name,
            "instanceId": stable_id(name).to_string(),
            "owner": owner,
            "profileName": name,
            "status": status,
        }});
    }
    json!({
        "id": stable_id(name).to_string(),
        "name": name,
        "connectionStatus": status,
        "ownerJid": owner,
        "profileName": owner.as_ref().map(|_| name),
        "profilePicUrl": null,
        "integration": match instance.integration.as_str() {
            "" => INTEGRATIONS[0],
            integration => integration,
        },
        "number": instance.number,
        "token": instance.token,
        "clientName": "zapgres_sandbox",
        "disconnectionReasonCode": null,
    })
}

/// `DELETE /instance/delete/{instance}`: one that is open has to be logged out first.
pub(super) async fn remove(
    State(state): State<Arc<SandboxState>>,
    Path(instance): Path<String>,
    headers: HeaderMap,
) -> Response {
    if let Err(refusal) = admit(&state, &headers, &instance) {
        return refusal.counted(&state);
    }
    let connection = state.connections.get(Provider::Evolution, &instance);
    if connection.state == ConnectionState::Connected {
        let message = format!("The \"{instance}\" instance needs to be disconnected");
        return bad_request(&message).counted(&state);
    }
    state.instances.remove(&instance);
    state.webhooks.remove(Provider::Evolution, &instance);
    state.stats.count(Outcome::Answered);
    let answer = json!({
        "status": "SUCCESS",
        "error": false,
        "response": {"message": "Instance deleted"},
    });
    json_answer(StatusCode::OK, &answer)
}
