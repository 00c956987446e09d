//! Where an instance's events are told: an address for each of them, or one for all.

use std::collections::BTreeSet;

use reqwest::Url;
use serde_json::{Value, json};

use super::webhook_body::{
    CONNECTED, DELIVERY, DISCONNECTED, PRESENCE, RECEIVED, SENT_BY_ME, STATUS,
};
use super::{ZAPI, answer};
use crate::call::{Call, Refusal};
use crate::fields::text;
use crate::state::SandboxState;
use crate::webhooks::Webhook;

/// Operations and the events whose address they set.
const SETTERS: [(&str, &[&str]); 7] = [
    ("update-webhook-received", &[RECEIVED]),
    ("update-webhook-received-delivery", &[RECEIVED, SENT_BY_ME]),
    ("update-webhook-delivery", &[DELIVERY]),
    ("update-webhook-message-status", &[STATUS]),
    ("update-webhook-connected", &[CONNECTED]),
    ("update-webhook-disconnected", &[DISCONNECTED]),
    ("update-webhook-chat-presence", &[PRESENCE]),
];
const EVERY: [&str; 6] = [
    RECEIVED,
    DELIVERY,
    STATUS,
    CONNECTED,
    DISCONNECTED,
    PRESENCE,
];

/// The events whose address this operation sets.
pub(super) fn events_of(name: &str) -> Option<&'static [&'static str]> {
    let found = SETTERS.iter().find(|(setter, _)| *setter == name);
    found.map(|(_, events)| *events)
}

/// `PUT /update-webhook-…` `{"value": url}`; an empty address ends it.
pub(super) fn set(call: &Call, instance: &str, events: &[&str]) -> Result<Value, Refusal> {
    let body = Value::Object(answer::fields(call)?);
    point(&call.state, instance, events, text(&body, "value"))?;
    Ok(json!({"value": true}))
}

/// `PUT /update-every-webhooks` `{"value", "notifySentByMe"}`.
pub(super) fn set_every(call: &Call, instance: &str) -> Result<Value, Refusal> {
    let body = Value::Object(answer::fields(call)?);
    let url = text(&body, "value");
    point(&call.state, instance, &EVERY, url)?;
    if let Some(wanted) = body["notifySentByMe"].as_bool() {
        let url = if wanted { url } else { "" };
        point(&call.state, instance, &[SENT_BY_ME], url)?;
    }
    Ok(json!({"value": true}))
}

/// `PUT /update-notify-sent-by-me`: also what was written on the company's own phone.
pub(super) fn set_sent_by_me(call: &Call, instance: &str) -> Result<Value, Refusal> {
    let body = Value::Object(answer::fields(call)?);
    let wanted = body["notifySentByMe"] == true;
    let url = url_of(&call.state, instance, RECEIVED).filter(|_| wanted);
    point(
        &call.state,
        instance,
        &[SENT_BY_ME],
        url.as_deref().unwrap_or_default(),
    )?;
    Ok(json!({"value": true}))
}

/// Points these events to an address. What the control set beside it (receipts, pauses) stays.
fn point(state: &SandboxState, instance: &str, events: &[&str], url: &str) -> Result<(), Refusal> {
    let before = state.webhooks.of(ZAPI, instance);
    let mut webhook = before.map(|before| Webhook::clone(&before));
    if url.is_empty() {
        if let Some(webhook) = &mut webhook {
            for event in events {
                webhook.urls.remove(*event);
            }
        }
    } else {
        // Z-API itself wants https; what is here is on the same machine.
        let url = Url::parse(url).ok();
        let url = url.filter(|url| matches!(url.scheme(), "http" | "https"));
        let url = url.ok_or_else(|| answer::invalid("value must be a URL"))?;
        let webhook = webhook.get_or_insert_with(|| Webhook::plain(url.clone()));
        let pointed = events
            .iter()
            .map(|event| ((*event).to_owned(), url.clone()));
        webhook.urls.extend(pointed);
    }
    let Some(mut webhook) = webhook else {
        return Ok(());
    };
    webhook.events = webhook.urls.keys().cloned().collect::<BTreeSet<_>>();
    if webhook.events.is_empty() {
        state.webhooks.remove(ZAPI, instance);
    } else {
        state.webhooks.register(ZAPI, instance, webhook);
    }
    Ok(())
}

fn url_of(state: &SandboxState, instance: &str, event: &str) -> Option<String> {
    let webhook = state.webhooks.of(ZAPI, instance)?;
    let told = webhook.wants(event);
    told.then(|| webhook.url_of(event).to_string())
}

/// `GET /me`: the instance and the addresses of its events.
pub(super) fn me(state: &SandboxState, instance: &str) -> Value {
    let url = |event| url_of(state, instance, event);
    json!({
        "id": instance,
        "name": instance,
        "connected": state.connections.is_open(ZAPI, instance),
        "receivedCallbackUrl": url(RECEIVED),
        "deliveryCallbackUrl": url(DELIVERY),
        "messageStatusCallbackUrl": url(STATUS),
        "connectedCallbackUrl": url(CONNECTED),
        "disconnectedCallbackUrl": url(DISCONNECTED),
        "presenceChatCallbackUrl": url(PRESENCE),
        "receiveCallbackSentByMe": url(SENT_BY_ME).is_some(),
    })
}
