//! Evolution's error envelope.

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use crate::sending::json_answer;
use crate::state::SandboxState;
use crate::stats::Outcome;

/// A request refused, in Evolution's words.
pub(super) struct Refusal {
    outcome: Outcome,
    status: StatusCode,
    error: &'static str,
    message: Value,
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

    /// The answer, after counting it.
    pub(super) fn counted(self, state: &SandboxState) -> Response {
        state.stats.count(self.outcome);
        envelope(self.status, self.error, &self.message)
    }

    /// The answer of the one endpoint that sends its error without the envelope.
    pub(super) fn counted_bare(self, state: &SandboxState) -> Response {
        state.stats.count(self.outcome);
        json_answer(
            self.status,
            &json!({"status": self.status.as_u16(), "error": self.error, "message": self.message}),
        )
    }
}

/// Evolution's error envelope.
pub(super) fn envelope(status: StatusCode, error: &str, message: &Value) -> Response {
    json_answer(
        status,
        &json!({
            "status": status.as_u16(),
            "error": error,
            "response": {"message": message},
        }),
    )
}
