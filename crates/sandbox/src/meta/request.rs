//! What every endpoint checks before it looks at its own matter.

use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, StatusCode, header};
use serde_json::{Map, Value};

use super::error::{Code, Refusal};
use crate::state::SandboxState;
use crate::stats::Outcome;

/// Lets a request in whose token is good: the sandbox's, or any when it has none.
pub(super) fn check_token(state: &SandboxState, headers: &HeaderMap) -> Result<(), Refusal> {
    let token = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "))
        .unwrap_or_default();
    let good = match &state.api_key {
        Some(required) => token == required,
        None => !token.is_empty(),
    };
    if good {
        return Ok(());
    }
    let details = "Invalid OAuth access token - Cannot parse access token";
    Err(Refusal::new(
        Outcome::Unauthorized,
        Code::Authentication,
        details,
    ))
}

/// Lets a request in whose token is good and whose phone number exists.
pub(super) fn admit(
    state: &SandboxState,
    headers: &HeaderMap,
    phone_number_id: &str,
) -> Result<(), Refusal> {
    check_token(state, headers)?;
    let is_id = phone_number_id.bytes().all(|byte| byte.is_ascii_digit());
    if is_id && state.instances.exist(phone_number_id) {
        return Ok(());
    }
    Err(unknown_object(phone_number_id))
}

/// An id that names nothing.
pub(super) fn unknown_object(id: &str) -> Refusal {
    let details = format!(
        "Unsupported request. Object with ID '{id}' does not exist, cannot be loaded due to \
         missing permissions, or does not support this operation"
    );
    Refusal::new(Outcome::UnknownInstance, Code::InvalidParameter, details)
}

/// The bytes of a body that is not too large.
pub(super) async fn read(body: Body, limit_bytes: usize) -> Result<Bytes, Refusal> {
    to_bytes(body, limit_bytes).await.map_err(|_| {
        let details = "The request is larger than what is taken here";
        Refusal::new(Outcome::Malformed, Code::InvalidParameter, details)
    })
}

/// The object in a body.
pub(super) fn object(body: &[u8]) -> Result<Map<String, Value>, Refusal> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(fields)) => Ok(fields),
        _ => Err(Refusal::new(
            Outcome::Malformed,
            Code::InvalidParameter,
            "The body is no JSON object",
        )),
    }
}

/// `{"success": true}`.
pub(super) fn success(state: &SandboxState) -> axum::response::Response {
    state.stats.count(Outcome::Answered);
    let answer = serde_json::json!({"success": true});
    crate::sending::json_answer(StatusCode::OK, &answer)
}
