//! Meta's handshake: it asks an address to repeat a challenge, with a token that a person has told both sides.
//! Source: <https://developers.facebook.com/docs/graph-api/webhooks/getting-started>.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::response::{IntoResponse, Response};
use secrecy::ExposeSecret;
use serde::Deserialize;
use subtle::ConstantTimeEq;

use super::APP_PROVIDER;
use super::addresses::Channel;
use super::endpoint::Endpoint;
use super::refusal::Refusal;

/// Name of the secret that Meta is told as its verify token.
const VERIFY_TOKEN: &str = "verify_token";
/// Meta's are numbers of ten digits.
const CHALLENGE_MAX: usize = 128;

/// What Meta asks.
#[derive(Deserialize)]
pub(super) struct Question {
    #[serde(rename = "hub.mode")]
    mode: String,
    #[serde(rename = "hub.verify_token")]
    token: String,
    #[serde(rename = "hub.challenge")]
    challenge: String,
}

/// At a channel's own address. Where the channel has no verify token, the secret in the address serves as one.
pub(super) async fn at_channel(
    State(endpoint): State<Arc<Endpoint>>,
    Path(parts): Path<Vec<(String, String)>>,
    question: Result<Query<Question>, QueryRejection>,
) -> Response {
    let ([(_, provider), (_, secret), ..], Ok(Query(question))) = (parts.as_slice(), question)
    else {
        return refuse(&endpoint, Refusal::UnknownAddress);
    };
    let found = endpoint
        .addresses
        .find(&endpoint.daemon, provider, secret)
        .await;
    match found {
        Ok(channel) => answer(&question, &[channel], Some(secret)),
        Err(refusal) => refuse(&endpoint, refusal),
    }
}

/// At the address for all numbers of an app: the verify token of any of them.
pub(super) async fn at_app(
    State(endpoint): State<Arc<Endpoint>>,
    question: Result<Query<Question>, QueryRejection>,
) -> Response {
    let Ok(Query(question)) = question else {
        return refuse(&endpoint, Refusal::UnknownAddress);
    };
    match endpoint.addresses.all(&endpoint.daemon).await {
        Ok(snapshot) => answer(&question, snapshot.of_provider(APP_PROVIDER), None),
        Err(refusal) => refuse(&endpoint, refusal),
    }
}

fn refuse(endpoint: &Endpoint, refusal: Refusal) -> Response {
    endpoint.daemon.metrics.refused(refusal);
    refusal.into_response()
}

fn answer(question: &Question, channels: &[Arc<Channel>], fallback: Option<&str>) -> Response {
    let is_known = channels
        .iter()
        .any(|channel| knows(channel, &question.token, fallback));
    if question.mode != "subscribe" || !is_known || question.challenge.len() > CHALLENGE_MAX {
        return StatusCode::FORBIDDEN.into_response();
    }
    let plain = [
        (CONTENT_TYPE, "text/plain; charset=utf-8"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (plain, question.challenge.clone()).into_response()
}

fn knows(channel: &Channel, token: &str, fallback: Option<&str>) -> bool {
    let secrets = channel.secrets().map(|secrets| secrets.all(VERIFY_TOKEN));
    let equals = |known: &str| bool::from(known.as_bytes().ct_eq(token.as_bytes()));
    match secrets {
        Ok([]) => fallback.is_some_and(equals),
        Ok(known) => known.iter().any(|secret| equals(secret.expose_secret())),
        Err(_) => false,
    }
}
