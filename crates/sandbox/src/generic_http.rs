//! `/http/{instance}`: any HTTP API, such as that of an SMS gateway. It takes whatever it is given.

mod dialect;

use std::sync::Arc;

use axum::Router;
use axum::extract::Path;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use axum::routing::any;
use reqwest::Url;
use serde_json::{Map, Value, json};

pub(crate) use dialect::HttpDialect;

use crate::call::{Call, Refusal, answered};
use crate::evolution::{address_of, can_exist, digits_of};
use crate::fields::{kept, text};
use crate::form;
use crate::messages::{Draft, Kind, Message};
use crate::provider::Provider;
use crate::sending::{self, Send, json_answer};
use crate::state::SandboxState;
use crate::stats::Outcome;

const HTTP: Provider = Provider::Http;

/// Where APIs have the text, and the number.
const TEXTS: [&str; 4] = ["text", "message", "body", "Body"];
const NUMBERS: [&str; 6] = ["to", "To", "phone", "number", "digits", "recipient"];

/// The one endpoint.
pub(crate) fn routes() -> Router<Arc<SandboxState>> {
    Router::new().route("/http/{instance}", any(serve))
}

/// A message by any method, its fields in the body or in the query; `GET` without any asks whether
/// the API works.
async fn serve(Path(instance): Path<String>, call: Call) -> Response {
    if let Err(refusal) = admit(&call, &instance) {
        return refusal.counted(&call.state);
    }
    if call.method == Method::GET && call.uri.query().is_none() {
        return answered(&call.state, StatusCode::OK, health(&call, &instance));
    }
    match checked(&call, instance).await {
        Ok(send) => sending::send(call.state, call.hang_up, send, accepted).await,
        Err(refusal) => refusal.counted(&call.state),
    }
}

fn refusal(outcome: Outcome, status: StatusCode, error: &str) -> Refusal {
    Refusal {
        outcome,
        status,
        body: json!({ "error": error }),
    }
}

/// Lets a request in. A sandbox with a key finds it in `Authorization`, whatever the scheme.
fn admit(call: &Call, instance: &str) -> Result<(), Refusal> {
    let given = call.header("authorization");
    let required = call.state.api_key.as_deref().unwrap_or_default();
    if !given.ends_with(required) {
        let status = StatusCode::UNAUTHORIZED;
        return Err(refusal(Outcome::Unauthorized, status, "unauthorized"));
    }
    if !call.state.instances.exist(instance) {
        let status = StatusCode::NOT_FOUND;
        return Err(refusal(Outcome::UnknownInstance, status, "no such sender"));
    }
    Ok(())
}

fn health(call: &Call, instance: &str) -> Result<Value, Refusal> {
    if call.state.connections.is_open(HTTP, instance) {
        return Ok(json!({"status": "ok"}));
    }
    let status = StatusCode::SERVICE_UNAVAILABLE;
    Err(refusal(Outcome::Disconnected, status, dialect::DOWN))
}

async fn checked(call: &Call, instance: String) -> Result<Send, Refusal> {
    let mut fields = pairs(call.uri.query().unwrap_or_default());
    fields.extend(
        of_body(call)
            .await
            .map_err(|error| refusal(Outcome::Malformed, StatusCode::BAD_REQUEST, &error))?,
    );
    let body = Value::Object(fields);
    let shown = first(&body, &TEXTS).to_owned();
    let number = digits_of(first(&body, &NUMBERS));
    // What has no number is taken, too: who knows how this API names it.
    let address = address_of(&number);
    let exists = number.is_empty() || can_exist(&address);
    let content = match body {
        Value::Object(fields) => kept(Kind::Text, fields, &["to", "text"]),
        other => other,
    };
    let draft = Draft {
        content,
        ..Draft::text(HTTP, instance, number, address, shown)
    };
    Ok(Send::at_once(draft, exists))
}

fn first<'a>(body: &'a Value, names: &[&str]) -> &'a str {
    let mut texts = names.iter().map(|name| text(body, name));
    texts.find(|text| !text.is_empty()).unwrap_or_default()
}

/// The fields of a body: JSON or a form.
async fn of_body(call: &Call) -> Result<Map<String, Value>, String> {
    let kind = call.content_type();
    if kind.starts_with("multipart/form-data") {
        let fields = form::read(kind, call.body.clone()).await?;
        let fields = fields.into_iter().filter(|field| !field.is_file);
        let fields = fields.map(|field| {
            let text = String::from_utf8_lossy(&field.content).into_owned();
            (field.name, text.into())
        });
        return Ok(fields.collect());
    }
    if kind.starts_with("application/x-www-form-urlencoded") {
        return Ok(pairs(&String::from_utf8_lossy(&call.body)));
    }
    call.fields()
        .map_err(|error| format!("the body is neither a form nor a JSON object: {error}"))
}

/// The fields of a form, or of a query, which is written like one.
fn pairs(form: &str) -> Map<String, Value> {
    let Ok(mut url) = Url::parse("http://form/") else {
        return Map::new();
    };
    url.set_query(Some(form).filter(|form| !form.is_empty()));
    let pairs = url.query_pairs();
    pairs
        .map(|(name, value)| (name.into_owned(), value.into_owned().into()))
        .collect()
}

fn accepted(message: &Message) -> Response {
    json_answer(StatusCode::OK, &json!({"id": message.id}))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_decoded() {
        let fields = pairs("To=%2B5511987654321&Body=Ol%C3%A1+Ana");
        assert_eq!(fields["To"], "+5511987654321");
        assert_eq!(fields["Body"], "Olá Ana");
        assert!(pairs("").is_empty());
    }
}
