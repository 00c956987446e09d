//! The instance that a control route names.

use axum::Json;
use axum::extract::FromRequestParts;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::provider::Provider;

/// `{provider}/{instance}` of a path.
pub(super) struct Named {
    pub(super) provider: Provider,
    pub(super) instance: String,
}

impl<S: Send + Sync> FromRequestParts<S> for Named {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        match Path::from_request_parts(parts, state).await {
            Ok(Path((provider, instance))) => Ok(Self { provider, instance }),
            Err(rejection) => Err(refusal(StatusCode::NOT_FOUND, &rejection.body_text())),
        }
    }
}

/// `{"error": "one line"}`.
pub(super) fn refusal(status: StatusCode, error: &str) -> Response {
    (status, Json(json!({"error": error}))).into_response()
}
