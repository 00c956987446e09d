//! What providers deliver: judged, stored, and only then answered.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use tokio::time::Instant;
use zapgres_providers::{Delivery, Told, Webhook, registered};

use super::APP_PROVIDER;
use super::addresses::Channel;
use super::endpoint::Endpoint;
use super::refusal::Refusal;
use super::store::Stored;
use crate::clock::Clock;
use crate::metrics::Delivered;

/// A provider that delivers.
#[derive(Clone, Copy)]
struct Known {
    name: &'static str,
    webhook: &'static dyn Webhook,
}

/// A delivery at a channel's own address.
pub(super) async fn at_channel(
    State(endpoint): State<Arc<Endpoint>>,
    Path(parts): Path<Vec<(String, String)>>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let [(_, provider), (_, token), ..] = parts.as_slice() else {
        return Refusal::UnknownAddress.into_response();
    };
    let begin = Instant::now();
    let known = known(provider);
    let result = match known {
        Ok(known) => receive_at_channel(&endpoint, known, token, &headers, body).await,
        Err(refusal) => Err(refusal),
    };
    answer(&endpoint, known.ok(), begin, result)
}

/// A delivery at the address that Meta's app has for all of its numbers.
pub(super) async fn at_app(
    State(endpoint): State<Arc<Endpoint>>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let begin = Instant::now();
    let known = known(APP_PROVIDER);
    let result = match known {
        Ok(known) => receive_at_app(&endpoint, known, &headers, body).await,
        Err(refusal) => Err(refusal),
    };
    answer(&endpoint, known.ok(), begin, result)
}

fn known(provider: &str) -> Result<Known, Refusal> {
    let registered = registered(provider).map_err(|_| Refusal::UnknownAddress)?;
    Ok(Known {
        name: registered.name,
        webhook: registered.webhook.ok_or(Refusal::UnknownAddress)?,
    })
}

fn answer(
    endpoint: &Endpoint,
    known: Option<Known>,
    begin: Instant,
    result: Result<Delivered, Refusal>,
) -> Response {
    let metrics = &endpoint.daemon.metrics;
    let outcome = match result {
        Ok(outcome) => outcome,
        Err(Refusal::Unavailable) => Delivered::Unavailable,
        Err(_) => Delivered::Refused,
    };
    // Strangers at unknown addresses are no provider's deliveries.
    if let Some(known) = known.filter(|_| result != Err(Refusal::UnknownAddress)) {
        metrics.delivered(known.name, outcome);
    }
    metrics.answered(begin.elapsed().as_secs_f64());
    match result {
        Ok(_) => StatusCode::OK.into_response(),
        Err(refusal) => {
            metrics.refused(refusal);
            let provider = known.map(|known| known.name);
            tracing::debug!(provider, reason = refusal.as_str(), "delivery not taken");
            refusal.into_response()
        }
    }
}

async fn receive_at_channel(
    endpoint: &Endpoint,
    known: Known,
    token: &str,
    headers: &HeaderMap,
    body: Body,
) -> Result<Delivered, Refusal> {
    let addresses = &endpoint.addresses;
    let channel = addresses.find(&endpoint.daemon, known.name, token).await?;
    let arrived = endpoint.room.read(headers, body).await?;
    verify(endpoint, known, &channel, headers, &arrived.bytes)?;
    let told = known.webhook.read(&arrived.bytes)?;
    // What is said of another number is not this address's to say.
    let concerns = told.iter().any(|told| is_about(told, &channel));
    let channels = concerns.then_some(channel.id).into_iter().collect();
    keep(endpoint, known, channels, arrived.bytes.clone()).await
}

/// The secret that proves a delivery is the app's, and each number's channel keeps it: only those numbers are believed to be
/// told about whose channels know the secret. It is read before it is verified, so that a long body has to be compared with
/// few secrets.
async fn receive_at_app(
    endpoint: &Endpoint,
    known: Known,
    headers: &HeaderMap,
    body: Body,
) -> Result<Delivered, Refusal> {
    let snapshot = endpoint.addresses.all(&endpoint.daemon).await?;
    let channels = snapshot.of_provider(known.name);
    if channels.is_empty() {
        return Err(Refusal::UnknownAddress);
    }
    let arrived = endpoint.room_for_strangers.read(headers, body).await?;
    let told = known.webhook.read(&arrived.bytes)?;
    let instances: BTreeSet<&str> = told
        .iter()
        .filter_map(|told| told.instance.as_deref())
        .collect();
    let judges = match instances.is_empty() {
        // About the account, not about a number: kept once for each secret.
        true => snapshot.with_each_secret(known.name),
        false => of_instances(channels, &instances),
    };
    if judges.is_empty() {
        return Err(Refusal::UnknownAddress);
    }
    let ids = trusting(endpoint, known, judges, headers, &arrived.bytes)?
        .into_iter()
        .filter(|channel| told.iter().any(|told| is_about(told, channel)))
        .map(|channel| channel.id);
    keep(endpoint, known, ids.collect(), arrived.bytes.clone()).await
}

fn of_instances<'a>(channels: &'a [Arc<Channel>], instances: &BTreeSet<&str>) -> Vec<&'a Channel> {
    let channels = channels.iter().map(AsRef::as_ref);
    channels
        .filter(|channel: &&Channel| instances.contains(channel.instance.as_str()))
        .collect()
}

/// Those whose secrets prove the delivery.
///
/// # Errors
/// When there is none. A secret that cannot be had may have been the right one.
fn trusting<'a>(
    endpoint: &Endpoint,
    known: Known,
    judges: Vec<&'a Channel>,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Vec<&'a Channel>, Refusal> {
    let mut refusal = Refusal::Proof;
    let mut trusting = Vec::new();
    for channel in judges {
        match verify(endpoint, known, channel, headers, body) {
            Ok(()) => trusting.push(channel),
            Err(Refusal::Unavailable) => refusal = Refusal::Unavailable,
            Err(_) => {}
        }
    }
    if trusting.is_empty() {
        return Err(refusal);
    }
    Ok(trusting)
}

fn verify(
    endpoint: &Endpoint,
    known: Known,
    channel: &Channel,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<(), Refusal> {
    let delivery = Delivery { headers, body };
    let now = endpoint.clock.now();
    Ok(known.webhook.verify(&delivery, channel.secrets()?, now)?)
}

fn is_about(told: &Told, channel: &Channel) -> bool {
    let instance = told.instance.as_deref();
    instance.is_none_or(|instance| instance == channel.instance)
}

async fn keep(
    endpoint: &Endpoint,
    known: Known,
    channel_ids: Vec<i64>,
    payload: Bytes,
) -> Result<Delivered, Refusal> {
    if channel_ids.is_empty() {
        return Ok(Delivered::Ignored);
    }
    let stored = Stored {
        channel_ids,
        provider: known.name,
        payload,
    };
    endpoint.store.keep(stored).await?;
    Ok(Delivered::Stored)
}
