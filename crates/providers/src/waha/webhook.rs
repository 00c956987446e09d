//! What WAHA delivers: `{"event", "session", "payload", …}`, one event in each, signed with
//! `X-Webhook-Hmac` (HMAC-SHA512 of the body) where the session's webhook has a key.

use chrono::{DateTime, TimeDelta, Utc};
use hmac::Hmac;
use serde::Deserialize;
use serde_json::Value;
use sha2::Sha512;
use zapgres_core::error_class::ErrorClass;

use super::address::{chat_in, kept_id};
use super::inbound;
use super::session;
use crate::channel::Secrets;
use crate::json;
use crate::signature;
use crate::webhook::{
    Delivery, Event, InboundMessage, ProofError, Receipt, ReceiptStatus, ShapeError, Told, Webhook,
};

/// The secret that signs deliveries.
pub(super) const HMAC_KEY: &str = "hmac_key";
/// A delivery that WAHA repeats has the body, and so the time, of its first try: with 15 tries from 2 s on, each pause
/// twice the one before, for 18 hours. What comes twice within that time is known again by the ids of messages.
const OLDEST: TimeDelta = TimeDelta::hours(24);
/// How far WAHA's clock may be ahead of ours.
const AHEAD: TimeDelta = TimeDelta::minutes(5);

/// WAHA's deliveries.
pub(super) struct WahaWebhook;

#[derive(Deserialize)]
struct Envelope {
    event: String,
    session: Option<String>,
    /// Milliseconds. Old versions have none.
    #[serde(default)]
    timestamp: Value,
    #[serde(default)]
    payload: Value,
}

#[derive(Deserialize)]
struct Signed {
    timestamp: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ack {
    id: String,
    to: Option<String>,
    from_me: Option<bool>,
    ack: i8,
}

impl Webhook for WahaWebhook {
    fn secret_names(&self) -> &'static [&'static str] {
        &[HMAC_KEY]
    }

    fn verify(
        &self,
        delivery: &Delivery<'_>,
        secrets: &Secrets,
        now: DateTime<Utc>,
    ) -> Result<(), ProofError> {
        let keys = secrets.all(HMAC_KEY);
        if keys.is_empty() {
            return Ok(());
        }
        let signature = header(delivery, "x-webhook-hmac").ok_or(ProofError::Missing)?;
        signature::verify::<Hmac<Sha512>>(delivery.body, signature, keys)?;
        let sent = signed_at(delivery).ok_or(ProofError::Missing)?;
        if sent < now - OLDEST || sent > now + AHEAD {
            return Err(ProofError::Old);
        }
        Ok(())
    }

    fn read(&self, body: &[u8]) -> Result<Vec<Told>, ShapeError> {
        let json: Value = json::read(body).map_err(|_| ShapeError::NotJson)?;
        let envelope = Envelope::deserialize(json).map_err(|_| ShapeError::WrongShape)?;
        let event = event(&envelope).unwrap_or_else(|| Event::Other(envelope.event.clone()));
        Ok(vec![Told {
            instance: envelope.session,
            event,
        }])
    }
}

fn header<'a>(delivery: &Delivery<'a>, name: &str) -> Option<&'a str> {
    delivery.headers.get(name)?.to_str().ok()
}

/// The time in the body, because the signature does not cover the header; without one there, that of the header.
fn signed_at(delivery: &Delivery<'_>) -> Option<DateTime<Utc>> {
    let signed = json::read::<Signed>(delivery.body);
    let milliseconds = match signed.ok().and_then(|signed| signed.timestamp) {
        Some(milliseconds) => milliseconds,
        None => header(delivery, "x-webhook-timestamp")?
            .trim()
            .parse()
            .ok()?,
    };
    DateTime::from_timestamp_millis(milliseconds)
}

/// The event; none where Zapgres has no use for it, or its payload is not the documented one.
fn event(envelope: &Envelope) -> Option<Event> {
    let payload = &envelope.payload;
    match envelope.event.as_str() {
        "message" | "message.any" => inbound::message(payload).map(boxed),
        "message.reaction" => inbound::reaction(payload).map(boxed),
        "poll.vote" => inbound::poll_vote(payload).map(boxed),
        "message.ack" => receipt(envelope).map(Event::Receipt),
        "session.status" => {
            let status = payload.get("status")?.as_str()?;
            Some(Event::Connection {
                state: session::state(status)?,
                detail: Some(status.to_owned()),
            })
        }
        _ => None,
    }
}

fn boxed(message: InboundMessage) -> Event {
    Event::Message(Box::new(message))
}

fn receipt(envelope: &Envelope) -> Option<Receipt> {
    let ack = Ack::deserialize(&envelope.payload).ok()?;
    // What we ourselves have read of other people's messages.
    if ack.from_me == Some(false) || ack.id.starts_with("false_") {
        return None;
    }
    let status = match ack.ack {
        -1 => ReceiptStatus::Failed {
            class: ErrorClass::Rejected,
            message: "WhatsApp did not take the message (ack ERROR)".to_owned(),
        },
        1 => ReceiptStatus::Sent,
        2 => ReceiptStatus::Delivered,
        3 | 4 => ReceiptStatus::Read,
        // 0: it still waits in the phone.
        _ => return None,
    };
    Some(Receipt {
        provider_message_id: kept_id(&ack.id).to_owned(),
        reference: None,
        status,
        at: inbound::time(&envelope.timestamp),
        recipient_address: chat_in(&ack.id).map(str::to_owned).or(ack.to),
    })
}
