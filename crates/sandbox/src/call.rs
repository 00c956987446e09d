//! A request to a provider, read whole, and its answer.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::{Bytes, to_bytes};
use axum::extract::{ConnectInfo, FromRequest, FromRequestParts, Query, Request};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};

use crate::connection::HangUp;
use crate::sending::json_answer;
use crate::state::SandboxState;
use crate::stats::Outcome;

/// Largest body read: files come as base64.
const BODY_LIMIT_BYTES: usize = 64 * 1024 * 1024;

/// One request.
pub(crate) struct Call {
    pub(crate) state: Arc<SandboxState>,
    pub(crate) hang_up: HangUp,
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl FromRequest<Arc<SandboxState>> for Call {
    type Rejection = Response;

    async fn from_request(request: Request, state: &Arc<SandboxState>) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let ConnectInfo(hang_up) = ConnectInfo::from_request_parts(&mut parts, state)
            .await
            .map_err(IntoResponse::into_response)?;
        let body = to_bytes(body, BODY_LIMIT_BYTES).await.map_err(|_| {
            state.stats.count(Outcome::Malformed);
            StatusCode::PAYLOAD_TOO_LARGE.into_response()
        })?;
        Ok(Self {
            state: Arc::clone(state),
            hang_up,
            method: parts.method,
            uri: parts.uri,
            headers: parts.headers,
            body,
        })
    }
}

impl Call {
    /// A header's text; empty when there is none.
    pub(crate) fn header(&self, name: impl header::AsHeaderName) -> &str {
        let value = self.headers.get(name);
        value
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// What the body says it is.
    pub(crate) fn content_type(&self) -> &str {
        self.header(header::CONTENT_TYPE)
    }

    /// The key after `Bearer`; empty when there is none.
    pub(crate) fn bearer(&self) -> &str {
        let value = self.header(header::AUTHORIZATION);
        value.strip_prefix("Bearer ").unwrap_or_default()
    }

    /// Whether this key is the sandbox's, or any when it has none.
    pub(crate) fn is_key(&self, key: &str) -> bool {
        match &self.state.api_key {
            Some(required) => key == required,
            None => !key.is_empty(),
        }
    }

    /// The parameters of the address.
    pub(crate) fn query(&self) -> BTreeMap<String, String> {
        let query = Query::try_from_uri(&self.uri);
        query.map(|Query(query)| query).unwrap_or_default()
    }

    /// The object in the body; an empty one when there is no body.
    ///
    /// # Errors
    /// One line that says what is there instead.
    pub(crate) fn fields(&self) -> Result<Map<String, Value>, String> {
        if self.body.is_empty() {
            return Ok(Map::new());
        }
        serde_json::from_slice(&self.body).map_err(|error| error.to_string())
    }
}

/// A request refused, in a provider's words.
pub(crate) struct Refusal {
    pub(crate) outcome: Outcome,
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
}

impl Refusal {
    /// The answer, after counting it.
    pub(crate) fn counted(self, state: &SandboxState) -> Response {
        state.stats.count(self.outcome);
        json_answer(self.status, &self.body)
    }
}

/// The answer to a request that sends no message, after counting it.
pub(crate) fn answered(
    state: &SandboxState,
    status: StatusCode,
    answer: Result<Value, Refusal>,
) -> Response {
    match answer {
        Ok(body) => {
            state.stats.count(Outcome::Answered);
            json_answer(status, &body)
        }
        Err(refusal) => refusal.counted(state),
    }
}
