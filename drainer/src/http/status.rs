//! Health and metrics.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use super::endpoint::Endpoint;

/// As Prometheus asks for it first.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// 200 while this process is a daemon of the database.
pub(super) async fn health(State(endpoint): State<Arc<Endpoint>>) -> Response {
    if *endpoint.daemon.gate.borrow() {
        (StatusCode::OK, "working\n").into_response()
    } else {
        (
            StatusCode::SERVICE_UNAVAILABLE,
            "waiting for the database\n",
        )
            .into_response()
    }
}

/// What is counted.
pub(super) async fn metrics(State(endpoint): State<Arc<Endpoint>>) -> Response {
    match endpoint.daemon.metrics.encode() {
        Ok(text) => ([(CONTENT_TYPE, OPEN_METRICS)], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
