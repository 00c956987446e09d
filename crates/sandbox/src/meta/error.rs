//! Meta's errors: the codes that the sandbox gives, and their envelope.

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use crate::sending::json_answer;
use crate::state::SandboxState;
use crate::stats::Outcome;

/// An error code of the Cloud API.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Code {
    ServiceDown = 2,
    Permission = 10,
    InvalidParameter = 100,
    Authentication = 190,
    CallbackVerification = 2200,
    RateLimit = 130_429,
    SomethingWrong = 131_000,
    MissingParameter = 131_008,
    InvalidValue = 131_009,
    Undeliverable = 131_026,
    WindowClosed = 131_047,
    MediaUpload = 131_053,
    ParameterCount = 132_000,
    NoTemplate = 132_001,
    ParameterFormat = 132_012,
    TemplatePaused = 132_015,
    TemplateDisabled = 132_016,
    NotRegistered = 133_010,
}

impl Code {
    /// The HTTP status and the title that go with it.
    pub(super) fn status_and_title(self) -> (StatusCode, &'static str) {
        use StatusCode as S;
        match self {
            Self::ServiceDown => (S::SERVICE_UNAVAILABLE, "Service temporarily unavailable"),
            Self::Permission => (
                S::FORBIDDEN,
                "Application does not have permission for this action",
            ),
            Self::InvalidParameter => (S::BAD_REQUEST, "Invalid parameter"),
            Self::Authentication => (S::UNAUTHORIZED, "Authentication Error"),
            Self::CallbackVerification => (S::BAD_REQUEST, "Callback verification failed"),
            Self::RateLimit => (S::TOO_MANY_REQUESTS, "Rate limit hit"),
            Self::SomethingWrong => (S::INTERNAL_SERVER_ERROR, "Something went wrong"),
            Self::MissingParameter => (S::BAD_REQUEST, "Required parameter is missing"),
            Self::InvalidValue => (S::BAD_REQUEST, "Parameter value is not valid"),
            Self::Undeliverable => (S::BAD_REQUEST, "Message undeliverable"),
            Self::WindowClosed => (S::BAD_REQUEST, "Re-engagement message"),
            Self::MediaUpload => (S::BAD_REQUEST, "Media upload error"),
            Self::ParameterCount => (
                S::BAD_REQUEST,
                "Number of parameters does not match the expected number of params",
            ),
            Self::NoTemplate => (
                S::NOT_FOUND,
                "Template name does not exist in the translation",
            ),
            Self::ParameterFormat => (
                S::BAD_REQUEST,
                "Parameter format does not match format in the created template",
            ),
            Self::TemplatePaused => (S::BAD_REQUEST, "Template is paused"),
            Self::TemplateDisabled => (S::BAD_REQUEST, "Template is disabled"),
            Self::NotRegistered => (S::BAD_REQUEST, "Phone number not registered"),
        }
    }

    /// The code that usually comes with a status.
    pub(super) fn usual(status: StatusCode) -> Self {
        match status.as_u16() {
            401 => Self::Authentication,
            403 => Self::Permission,
            429 => Self::RateLimit,
            503 => Self::ServiceDown,
            500.. => Self::SomethingWrong,
            _ => Self::InvalidParameter,
        }
    }
}

/// A request refused, with what was wrong in Meta's words.
#[derive(Debug)]
pub(super) struct Refusal {
    outcome: Outcome,
    pub(super) code: Code,
    pub(super) details: String,
}

impl Refusal {
    /// A refusal that is counted so.
    pub(super) fn new(outcome: Outcome, code: Code, details: impl Into<String>) -> Self {
        Self {
            outcome,
            code,
            details: details.into(),
        }
    }

    /// A body that is not what the endpoint takes.
    pub(super) fn of_body(code: Code, details: impl Into<String>) -> Self {
        Self::new(Outcome::SchemaError, code, details)
    }

    /// The answer, after counting it.
    pub(super) fn counted(self, state: &SandboxState) -> Response {
        state.stats.count(self.outcome);
        let (status, _) = self.code.status_and_title();
        answer(status, self.code, &self.details)
    }
}

/// An error in the Graph API's envelope. Parameters that are wrong are told in the message; all
/// other codes have a title there.
pub(super) fn answer(status: StatusCode, code: Code, details: &str) -> Response {
    let (number, (_, title)) = (code as u32, code.status_and_title());
    let message = match code {
        Code::InvalidParameter if !details.is_empty() => details,
        _ => title,
    };
    let mut error = json!({
        "message": format!("(#{number}) {message}"),
        "type": "OAuthException",
        "code": number,
        "error_data": {"messaging_product": "whatsapp", "details": details},
        "fbtrace_id": "Azapgressandbox",
    });
    if code == Code::ServiceDown {
        error["is_transient"] = true.into();
    }
    json_answer(status, &json!({"error": error}))
}

/// An error as webhooks carry it.
pub(super) fn webhook_error(number: u32, title: &str, details: &str) -> Value {
    json!({
        "code": number,
        "title": title,
        "message": title,
        "error_data": {"details": details},
        "href": "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
    })
}
