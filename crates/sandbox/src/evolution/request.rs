//! What every endpoint checks before it looks at its own matter.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode, header};
use serde_json::{Map, Value, json};

use super::answer::Refusal;
use crate::state::SandboxState;
use crate::stats::Outcome;

/// The object in a body. Like Express, it reads bodies declared as JSON and takes any other for an
/// empty object.
pub(super) fn read_body(
    headers: &HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Map<String, Value>, Refusal> {
    let body = body
        .map_err(|rejection| Refusal::unreadable(rejection.status(), "request entity too large"))?;
    let declared = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    if body.is_empty() || !declared.is_some_and(|kind| kind.starts_with("application/json")) {
        return Ok(Map::new());
    }
    match serde_json::from_slice(&body) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(Value::Array(_)) => Ok(Map::new()),
        Ok(_) => Err(Refusal::unreadable(
            StatusCode::BAD_REQUEST,
            "the body is no JSON object",
        )),
        Err(error) => Err(Refusal::unreadable(
            StatusCode::BAD_REQUEST,
            &error.to_string(),
        )),
    }
}

/// Lets a request in: the instance exists, then the key is right. In this order, as Evolution.
pub(super) fn admit(
    state: &SandboxState,
    headers: &HeaderMap,
    instance: &str,
) -> Result<(), Refusal> {
    if state
        .instances
        .as_ref()
        .is_some_and(|known| !known.contains(instance))
    {
        let message = json!([format!("The \"{instance}\" instance does not exist")]);
        return Err(Refusal::new(
            Outcome::UnknownInstance,
            StatusCode::NOT_FOUND,
            message,
        ));
    }
    let key = headers.get("apikey").map_or(&b""[..], |key| key.as_bytes());
    let good = match &state.api_key {
        Some(required) => key == required.as_bytes(),
        None => !key.is_empty(),
    };
    if good {
        return Ok(());
    }
    let status = StatusCode::UNAUTHORIZED;
    Err(Refusal::new(
        Outcome::Unauthorized,
        status,
        "Unauthorized".into(),
    ))
}
