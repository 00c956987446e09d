//! The two shapes of an answer: what was asked for, and Evolution's error envelope.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use serde_json::{Value, json};

use crate::state::SandboxState;
use crate::stats::Outcome;

const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");

/// A JSON answer with the content type that Express gives it.
pub(super) fn json_answer(status: StatusCode, json: &Value) -> Response {
    let mut response = Response::new(Body::from(json.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, JSON);
    response
}

/// A request refused, in Evolution's words.
pub(super) struct Refusal {
    outcome: Outcome,
    status: StatusCode,
    error: &'static str,
    message: Value,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Refusal {
    /// A refusal with the reason that belongs to the status.
    pub(super) fn new(outcome: Outcome, status: StatusCode, message: Value) -> Self {
        let error = status.canonical_reason().unwrap_or("Internal Server Error");
        Self {
            outcome,
            status,
            error,
            message,
            headers: Vec::new(),
        }
    }

    /// A body that Express could not read: its error carries no reason, and Evolution's error
    /// handler then writes the one of a 500.
    pub(super) fn unreadable(status: StatusCode, message: &str) -> Self {
        let refusal = Self::new(Outcome::Malformed, status, message.into());
        Self {
            error: "Internal Server Error",
            ..refusal
        }
    }

    /// A body that its schema refuses: all complaints, in an array within the array.
    pub(super) fn schema(complaints: Vec<String>) -> Self {
        Self::new(
            Outcome::SchemaError,
            StatusCode::BAD_REQUEST,
            json!([complaints]),
        )
    }

    /// With one more header.
    pub(super) fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// The answer, after counting it.
    pub(super) fn counted(self, state: &SandboxState) -> Response {
        state.stats.count(self.outcome);
        let mut response = self.envelope();
        response.headers_mut().extend(self.headers);
        response
    }

    /// The answer of the one endpoint that sends its error without the envelope.
    pub(super) fn counted_bare(self, state: &SandboxState) -> Response {
        state.stats.count(self.outcome);
        json_answer(
            self.status,
            &json!({"status": self.status.as_u16(), "error": self.error, "message": self.message}),
        )
    }

    fn envelope(&self) -> Response {
        json_answer(
            self.status,
            &json!({
                "status": self.status.as_u16(),
                "error": self.error,
                "response": {"message": self.message},
            }),
        )
    }
}
