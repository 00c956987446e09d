//! The endpoints of Z-API, below `/instances/{instance}/token/{token}`.
//!
//! Outside facts: developer.z-api.io (paths, bodies, webhooks, the queue), April 2026. It has no list of
//! its errors: those are what public clients handle, and what compatible servers give.

mod answer;
mod dialect;
mod numbers;
mod operation;
mod phone;
mod queue;
mod send;
mod session;
mod webhook_body;
mod webhook_set;

use std::sync::Arc;

use axum::Router;
use axum::extract::Path;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use axum::routing::any;

pub(crate) use dialect::ZapiDialect;
pub(crate) use queue::Queues;

use self::operation::Operation;
use crate::call::{Call, Refusal, answered};
use crate::provider::Provider;
use crate::state::SandboxState;

const ZAPI: Provider = Provider::Zapi;

/// All of it.
pub(crate) fn routes() -> Router<Arc<SandboxState>> {
    let path = "/instances/{instance}/token/{token}/{*operation}";
    Router::new().route(path, any(serve))
}

/// One endpoint, and what follows it in the path.
enum Endpoint<'a> {
    Send(&'static Operation),
    Queue,
    QueueCount,
    Queued(&'a str),
    Status,
    QrCode,
    QrPicture,
    PhoneCode,
    Restart,
    Disconnect,
    Device,
    Me,
    Exists(&'a str),
    ExistBatch,
    /// Tells the address of these events.
    Webhook(&'static [&'static str]),
    EveryWebhook,
    SentByMe,
}

impl<'a> Endpoint<'a> {
    fn of(path: &'a str) -> Option<Self> {
        if let Some(operation) = operation::operation(path) {
            return Some(Self::Send(operation));
        }
        let (name, rest) = path.split_once('/').unwrap_or((path, ""));
        match (name, rest) {
            ("queue", "") => Some(Self::Queue),
            ("queue", "count") => Some(Self::QueueCount),
            ("queue", id) => Some(Self::Queued(id)),
            ("status", "") => Some(Self::Status),
            ("qr-code", "") => Some(Self::QrCode),
            ("qr-code", "image") => Some(Self::QrPicture),
            ("phone-code", phone) if !phone.is_empty() => Some(Self::PhoneCode),
            ("restart" | "restore-session", "") => Some(Self::Restart),
            ("disconnect", "") => Some(Self::Disconnect),
            ("device", "") => Some(Self::Device),
            ("me", "") => Some(Self::Me),
            ("phone-exists", phone) if !phone.is_empty() => Some(Self::Exists(phone)),
            ("phone-exists-batch", "") => Some(Self::ExistBatch),
            ("update-every-webhooks", "") => Some(Self::EveryWebhook),
            ("update-notify-sent-by-me", "") => Some(Self::SentByMe),
            (name, "") => webhook_set::events_of(name).map(Self::Webhook),
            _ => None,
        }
    }

    fn methods(&self) -> &'static [Method] {
        match self {
            Self::Send(_) | Self::ExistBatch => &[Method::POST],
            Self::Queue => &[Method::GET, Method::POST, Method::DELETE],
            Self::Queued(_) => &[Method::DELETE],
            Self::Webhook(_) | Self::EveryWebhook | Self::SentByMe => &[Method::PUT],
            _ => &[Method::GET],
        }
    }
}

async fn serve(
    Path((instance, _token, path)): Path<(String, String, String)>,
    call: Call,
) -> Response {
    let endpoint = match admit(&call, &instance, &path) {
        Ok(endpoint) => endpoint,
        Err(refusal) => return refusal.counted(&call.state),
    };
    let (state, instance) = (&call.state, instance.as_str());
    let answer = match endpoint {
        Endpoint::Send(operation) => return send::send(call, instance, operation).await,
        Endpoint::Queue => queue::all(&call, instance),
        Endpoint::QueueCount => Ok(queue::count(state, instance)),
        Endpoint::Queued(id) => queue::cancel(state, instance, id),
        Endpoint::Status => Ok(session::status(state, instance)),
        Endpoint::QrCode => session::qr_code(state, instance),
        Endpoint::QrPicture => session::qr_picture(state, instance),
        Endpoint::PhoneCode => session::phone_code(state, instance),
        Endpoint::Restart => Ok(session::restart(state, instance)),
        Endpoint::Disconnect => Ok(session::disconnect(state, instance)),
        Endpoint::Device => session::device(state, instance),
        Endpoint::Me => Ok(webhook_set::me(state, instance)),
        Endpoint::Exists(phone) => Ok(numbers::one(state, instance, phone)),
        Endpoint::ExistBatch => numbers::batch(&call, instance),
        Endpoint::Webhook(events) => webhook_set::set(&call, instance, events),
        Endpoint::EveryWebhook => webhook_set::set_every(&call, instance),
        Endpoint::SentByMe => webhook_set::set_sent_by_me(&call, instance),
    };
    answered(&call.state, StatusCode::OK, answer)
}

/// What is checked before an endpoint looks at its own matter.
fn admit<'a>(call: &Call, instance: &str, path: &'a str) -> Result<Endpoint<'a>, Refusal> {
    let endpoint = Endpoint::of(path).ok_or_else(answer::no_such_path)?;
    if !endpoint.methods().contains(&call.method) {
        return Err(answer::wrong_method());
    }
    let has_body = matches!(call.method, Method::POST | Method::PUT);
    if has_body && !call.content_type().starts_with("application/json") {
        return Err(answer::wrong_type());
    }
    if !call.state.instances.exist(instance) {
        return Err(answer::no_such_instance());
    }
    answer::check_client_token(call)?;
    Ok(endpoint)
}
