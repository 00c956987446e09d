//! Why a delivery is not taken, and what its provider is told.

use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Response};
use zapgres_providers::{ProofError, ShapeError};

/// Why a delivery is not taken. Nothing of it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    /// There is no such provider, address or number.
    #[error("there is nothing at this address")]
    UnknownAddress,
    /// The body is longer than `[http] body_limit`.
    #[error("the body is too long")]
    TooLarge,
    /// The body ended early, or took too long.
    #[error("the body did not arrive")]
    Incomplete,
    /// Nothing proves that it comes from the provider.
    #[error("the proof of the sender is missing or wrong")]
    Proof,
    /// The body is not JSON.
    #[error("the body is not JSON")]
    NotJson,
    /// The body is JSON, and no delivery of the provider.
    #[error("the body is not a delivery of this provider")]
    WrongShape,
    /// It cannot be judged or stored now, for reasons of ours: it is to be delivered again.
    #[error("try again later")]
    Unavailable,
}

impl Refusal {
    /// Every reason.
    pub(crate) const ALL: [Self; 7] = [
        Self::UnknownAddress,
        Self::TooLarge,
        Self::Incomplete,
        Self::Proof,
        Self::NotJson,
        Self::WrongShape,
        Self::Unavailable,
    ];

    /// Its name in metrics.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::UnknownAddress => "unknown_address",
            Self::TooLarge => "too_large",
            Self::Incomplete => "incomplete",
            Self::Proof => "proof",
            Self::NotJson => "not_json",
            Self::WrongShape => "wrong_shape",
            Self::Unavailable => "unavailable",
        }
    }

    /// Evolution API gives up for good at 400, 401, 403, 404 and 422, so none of these may stand for a trouble of ours.
    const fn status(self) -> StatusCode {
        match self {
            Self::UnknownAddress => StatusCode::NOT_FOUND,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Incomplete => StatusCode::REQUEST_TIMEOUT,
            Self::Proof => StatusCode::UNAUTHORIZED,
            Self::NotJson | Self::WrongShape => StatusCode::BAD_REQUEST,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

impl From<ProofError> for Refusal {
    fn from(_: ProofError) -> Self {
        Self::Proof
    }
}

impl From<ShapeError> for Refusal {
    fn from(error: ShapeError) -> Self {
        match error {
            ShapeError::NotJson => Self::NotJson,
            ShapeError::WrongShape => Self::WrongShape,
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let text = format!("{self}\n");
        match self {
            Self::Unavailable => (self.status(), [(RETRY_AFTER, "1")], text).into_response(),
            _ => (self.status(), text).into_response(),
        }
    }
}
