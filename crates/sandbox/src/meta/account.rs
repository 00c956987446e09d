//! Questions about phone numbers and accounts.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use reqwest::Url;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::check::missing;
use super::error::{Code, Refusal};
use super::request::{admit, check_token, object, success};
use super::template::Template;
use super::webhook_body::display_number;
use crate::connections::ConnectionState;
use crate::provider::Provider;
use crate::sending::json_answer;
use crate::state::SandboxState;
use crate::stats::Outcome;
use crate::webhooks::{EVERY_INSTANCE, Webhook};

const META: Provider = Provider::Meta;

/// The fields wanted of an object.
#[derive(Deserialize)]
pub(super) struct Fields {
    fields: Option<String>,
}

/// `GET /{id}`: a file's description, or a phone number's fields.
pub(super) async fn show(
    State(state): State<Arc<SandboxState>>,
    Path(id): Path<String>,
    Query(wanted): Query<Fields>,
    headers: HeaderMap,
) -> Response {
    let found = match (check_token(&state, &headers), state.meta.media.get(&id)) {
        (Err(refusal), _) => Err(refusal),
        (Ok(()), Some(media)) => Ok(media.describe(&state.server_url)),
        (Ok(()), None) => admit(&state, &headers, &id)
            .and_then(|()| selected(phone_number(&state, &id), wanted.fields.as_deref())),
    };
    answered(&state, found)
}

fn phone_number(state: &SandboxState, id: &str) -> Map<String, Value> {
    let connection = state.connections.get(META, id).state;
    let status = if connection == ConnectionState::Connected {
        "CONNECTED"
    } else {
        "DISCONNECTED"
    };
    let number = json!({
        "id": id,
        "verified_name": "Zapgres",
        "display_phone_number": format!("+{}", display_number(id)),
        "quality_rating": "GREEN",
        "code_verification_status": "VERIFIED",
        "name_status": "APPROVED",
        "platform_type": "CLOUD_API",
        "account_mode": "LIVE",
        "status": status,
        "throughput": {"level": "STANDARD"},
        "whatsapp_business_manager_messaging_limit": "TIER_2K",
    });
    match number {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

/// Fields that a phone number has, and which are left out because they are empty.
const EMPTY_FIELDS: [&str; 17] = [
    "certificate",
    "conversational_automation",
    "country_code",
    "country_dial_code",
    "eligibility_for_api_business_global_search",
    "health_status",
    "is_official_business_account",
    "is_on_biz_app",
    "is_pin_enabled",
    "is_preverified_number",
    "last_onboarded_time",
    "messaging_limit_tier",
    "new_certificate",
    "new_name_status",
    "quality_score",
    "search_visibility",
    "webhook_configuration",
];

/// The fields asked for, and the id; all of them when none are.
fn selected(object: Map<String, Value>, wanted: Option<&str>) -> Result<Value, Refusal> {
    let Some(wanted) = wanted else {
        return Ok(Value::Object(object));
    };
    let mut chosen = Map::new();
    for name in wanted.split(',').map(str::trim).chain(["id"]) {
        if EMPTY_FIELDS.contains(&name) {
            continue;
        }
        let Some(value) = object.get(name) else {
            let details = format!("Tried accessing nonexisting field ({name})");
            return Err(Refusal::of_body(Code::InvalidParameter, details));
        };
        chosen.insert(name.to_owned(), value.clone());
    }
    Ok(Value::Object(chosen))
}

/// Which templates to list.
#[derive(Deserialize)]
pub(super) struct Wanted {
    name: Option<String>,
    status: Option<String>,
    language: Option<String>,
    /// Counts besides the list.
    summary: Option<String>,
}

/// Templates that an account may have.
const TEMPLATES_MAX: usize = 6000;

/// `GET /{waba_id}/message_templates`.
pub(super) async fn templates(
    State(state): State<Arc<SandboxState>>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Response {
    let found = check_token(&state, &headers).map(|()| {
        let matches = |given: &Option<String>, value: &str| {
            given.as_deref().is_none_or(|given| given == value)
        };
        let mut templates = state.meta.templates();
        templates.retain(|template| {
            matches(&wanted.name, &template.name)
                && matches(&wanted.status, &template.status)
                && matches(&wanted.language, &template.language)
        });
        let mut list = json!({
            "data": templates, "paging": {"cursors": {"before": "MAZDZD", "after": "MjQZD"}},
        });
        if wanted.summary.is_some() {
            list["summary"] = json!({
                "total_count": templates.len(),
                "message_template_count": templates.len(),
                "message_template_limit": TEMPLATES_MAX,
                "are_translations_complete": true,
            });
        }
        list
    });
    answered(&state, found)
}

/// `POST /{waba_id}/message_templates`: the template waits for approval.
pub(super) async fn create_template(
    State(state): State<Arc<SandboxState>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let created = check_token(&state, &headers)
        .and_then(|()| object(&body))
        .and_then(|mut fields| {
            fields.insert("status".to_owned(), "PENDING".into());
            serde_json::from_value::<Template>(Value::Object(fields))
                .map_err(|error| Refusal::of_body(Code::InvalidParameter, error.to_string()))
        });
    let created = created.map(|template| {
        let category = template.category.clone();
        let mut templates = state.meta.templates();
        templates.push(template);
        let id = templates.len().to_string();
        state.meta.set_templates(templates);
        json!({"id": id, "status": "PENDING", "category": category})
    });
    answered(&state, created)
}

/// `GET /{waba_id}/subscribed_apps`.
pub(super) async fn subscriptions(
    State(state): State<Arc<SandboxState>>,
    headers: HeaderMap,
) -> Response {
    let app = json!({"data": [{"whatsapp_business_api_data": {
        "id": "1000", "name": "Zapgres", "link": "https://www.facebook.com/games/?app_id=1000",
    }}]});
    answered(&state, check_token(&state, &headers).map(|()| app))
}

/// `POST /{waba_id}/subscribed_apps`: with an `override_callback_uri`, the account's numbers that have
/// no webhook of their own are told of there, once the receiver has shown that it knows the token.
pub(super) async fn subscribe(
    State(state): State<Arc<SandboxState>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match subscribed(&state, &headers, &body).await {
        Ok(()) => success(&state),
        Err(refusal) => refusal.counted(&state),
    }
}

async fn subscribed(state: &SandboxState, headers: &HeaderMap, body: &[u8]) -> Result<(), Refusal> {
    check_token(state, headers)?;
    if let Some(webhook) = callback(state, body)? {
        let verified = state.webhooks.verify(&webhook).await;
        verified.map_err(|error| Refusal::of_body(Code::CallbackVerification, error))?;
        state.webhooks.register(META, EVERY_INSTANCE, webhook);
    }
    Ok(())
}

/// The webhook that a subscription asks for, if any.
fn callback(state: &SandboxState, body: &[u8]) -> Result<Option<Webhook>, Refusal> {
    if body.is_empty() {
        return Ok(None);
    }
    let fields = object(body)?;
    let text = |name: &str| fields.get(name).and_then(Value::as_str);
    let Some(address) = text("override_callback_uri") else {
        return Ok(None);
    };
    let url = Url::parse(address).map_err(|_| {
        let details = "Param override_callback_uri is not a valid URI.";
        Refusal::of_body(Code::InvalidParameter, details)
    })?;
    let token = text("verify_token").ok_or_else(|| missing("verify_token"))?;
    Ok(Some(Webhook {
        secret: state.meta.app_secret(),
        verify_token: Some(token.to_owned()),
        ..Webhook::plain(url)
    }))
}

/// `DELETE /{waba_id}/subscribed_apps`.
pub(super) async fn unsubscribe(
    State(state): State<Arc<SandboxState>>,
    headers: HeaderMap,
) -> Response {
    match check_token(&state, &headers) {
        Ok(()) => {
            state.webhooks.remove(META, EVERY_INSTANCE);
            success(&state)
        }
        Err(refusal) => refusal.counted(&state),
    }
}

/// What is granted without anything changing: a registration.
pub(super) async fn confirm(
    State(state): State<Arc<SandboxState>>,
    headers: HeaderMap,
) -> Response {
    match check_token(&state, &headers) {
        Ok(()) => success(&state),
        Err(refusal) => refusal.counted(&state),
    }
}

fn answered(state: &SandboxState, found: Result<Value, Refusal>) -> Response {
    match found {
        Ok(answer) => {
            state.stats.count(Outcome::Answered);
            json_answer(StatusCode::OK, &answer)
        }
        Err(refusal) => refusal.counted(state),
    }
}
