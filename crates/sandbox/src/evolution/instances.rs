//! Which instances there are: created, listed, deleted.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError, RwLock};

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::Refusal;
use super::connection::state_name;
use super::request::{admit, check_key};
use super::send::stable_id;
use super::webhook_body::owner;
use crate::connections::ConnectionState;
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

/// What is known about an instance that was created.
#[derive(Clone, Default)]
pub(super) struct Instance {
    pub(super) token: String,
    pub(super) integration: String,
    pub(super) number: Value,
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
    pub(super) fn add(&self, name: &str, instance: Instance) -> bool {
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

/// The kinds of instances that Evolution knows.
pub(super) const INTEGRATIONS: [&str; 3] = ["WHATSAPP-BAILEYS", "WHATSAPP-BUSINESS", "EVOLUTION"];

/// A refusal with this text.
pub(super) fn bad_request(message: &str) -> Refusal {
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
