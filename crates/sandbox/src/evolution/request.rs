//! What every endpoint checks before it looks at its own matter.

use axum::body::{Bytes, to_bytes};
use axum::extract::Request;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode, header};
use serde_json::{Map, Value, json};

use super::answer::Refusal;
use super::{BODY_LIMIT_BYTES, MEDIA_LIMIT_BYTES, media};
use crate::form::{self, FormField};
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
    object(content_type(headers), &body)
}

fn content_type(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::CONTENT_TYPE)?.to_str().ok()
}

fn object(declared: Option<&str>, body: &[u8]) -> Result<Map<String, Value>, Refusal> {
    if body.is_empty() || !declared.is_some_and(|kind| kind.starts_with("application/json")) {
        return Ok(Map::new());
    }
    match serde_json::from_slice(body) {
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

/// The object in the body of a message, which may be a form with a file when it may be large.
pub(super) async fn read(request: Request, large: bool) -> Result<Map<String, Value>, Refusal> {
    let too_large = || {
        let status = StatusCode::PAYLOAD_TOO_LARGE;
        Refusal::unreadable(status, "request entity too large")
    };
    let limit = if large {
        MEDIA_LIMIT_BYTES
    } else {
        BODY_LIMIT_BYTES
    };
    let (parts, body) = request.into_parts();
    let declared = content_type(&parts.headers);
    let bytes = to_bytes(body, limit).await.map_err(|_| too_large())?;
    match declared {
        Some(form) if large && form.starts_with("multipart/form-data") => {
            read_form(form, bytes).await
        }
        declared => object(declared, &bytes),
    }
}

/// The fields of a form; a file is kept as its size and hash.
async fn read_form(form: &str, bytes: Bytes) -> Result<Map<String, Value>, Refusal> {
    let fields = form::read(form, bytes)
        .await
        .map_err(|error| Refusal::unreadable(StatusCode::BAD_REQUEST, &error))?;
    let read = fields.into_iter().map(|field| {
        let value = match (&*field.name, field.is_file) {
            (_, true) => uploaded(&field),
            ("delay", false) => serde_json::from_slice(&field.content).unwrap_or_default(),
            _ => String::from_utf8_lossy(&field.content).into(),
        };
        let name = if field.is_file {
            media::FILE.to_owned()
        } else {
            field.name
        };
        (name, value)
    });
    Ok(read.collect())
}

fn uploaded(file: &FormField) -> Value {
    let mut kept = media::summary(&file.content);
    kept["mimetype"] = file.content_type.clone().into();
    kept
}

/// Lets a request in: the instance exists, then the key is right. In this order, as Evolution.
pub(super) fn admit(
    state: &SandboxState,
    headers: &HeaderMap,
    instance: &str,
) -> Result<(), Refusal> {
    if !state.instances.exist(instance) {
        let message = json!([format!("The \"{instance}\" instance does not exist")]);
        return Err(Refusal::new(
            Outcome::UnknownInstance,
            StatusCode::NOT_FOUND,
            message,
        ));
    }
    check_key(state, headers, Some(instance))
}

/// Checks the key: the server's, or the token of the instance that is asked about.
pub(super) fn check_key(
    state: &SandboxState,
    headers: &HeaderMap,
    instance: Option<&str>,
) -> Result<(), Refusal> {
    let key = headers.get("apikey").map_or(&b""[..], |key| key.as_bytes());
    let good = match &state.api_key {
        Some(required) => {
            key == required.as_bytes()
                || instance.is_some_and(|instance| state.instances.has_token(instance, key))
        }
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
