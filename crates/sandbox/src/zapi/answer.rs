//! Z-API's errors: `{"error": …}`, one of them with status 200.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use crate::call::{Call, Refusal};
use crate::stats::Outcome;

fn refusal(outcome: Outcome, status: StatusCode, error: &str) -> Refusal {
    Refusal {
        outcome,
        status,
        body: json!({ "error": error }),
    }
}

/// What a path that is none gets: no error by its status.
pub(super) fn no_such_path() -> Refusal {
    Refusal {
        outcome: Outcome::UnknownRoute,
        status: StatusCode::OK,
        body: json!({
            "error": "NOT_FOUND",
            "message": "Unable to find matching target resource method",
        }),
    }
}

pub(super) fn wrong_method() -> Refusal {
    let status = StatusCode::METHOD_NOT_ALLOWED;
    refusal(Outcome::UnknownRoute, status, "Method Not Allowed")
}

pub(super) fn wrong_type() -> Refusal {
    let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
    refusal(Outcome::Malformed, status, "Unsupported Media Type")
}

pub(super) fn no_such_instance() -> Refusal {
    let status = StatusCode::NOT_FOUND;
    refusal(Outcome::UnknownInstance, status, "Instance not found")
}

/// A body that lacks something, or has something that makes no sense.
pub(super) fn invalid(error: &str) -> Refusal {
    refusal(Outcome::SchemaError, StatusCode::BAD_REQUEST, error)
}

/// The answer of an instance that is not in the state for that.
pub(super) fn disconnected(error: &str) -> Refusal {
    refusal(Outcome::Disconnected, StatusCode::BAD_REQUEST, error)
}

/// The token of the account: needed once the sandbox has a key.
pub(super) fn check_client_token(call: &Call) -> Result<(), Refusal> {
    let token = call.header("client-token");
    if call.state.api_key.is_none() || call.is_key(token) {
        return Ok(());
    }
    Err(if token.is_empty() {
        let error = "your client-token is not configured";
        refusal(Outcome::Unauthorized, StatusCode::BAD_REQUEST, error)
    } else {
        let error = "Client-Token not allowed";
        refusal(Outcome::Unauthorized, StatusCode::FORBIDDEN, error)
    })
}

/// The object in a body.
pub(super) fn fields(call: &Call) -> Result<Map<String, Value>, Refusal> {
    let read = call.fields();
    read.map_err(|error| refusal(Outcome::Malformed, StatusCode::BAD_REQUEST, &error))
}
