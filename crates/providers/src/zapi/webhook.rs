//! What Z-API delivers. Its deliveries are not signed: the secret in the webhook's address is all the proof.

mod content;
mod received;

use chrono::{DateTime, Utc};
use serde_json::Value;
use zapgres_core::error_class::ErrorClass;
use zapgres_core::error_text;

use super::answer;
use crate::channel::Secrets;
use crate::health::ConnectionState;
use crate::json;
use crate::webhook::{
    Delivery, Event, ProofError, Receipt, ReceiptStatus, ShapeError, Told, Webhook, bounded,
};

/// Z-API's deliveries.
pub(super) struct ZapiWebhook;

impl Webhook for ZapiWebhook {
    fn secret_names(&self) -> &'static [&'static str] {
        &[]
    }

    fn verify(
        &self,
        _delivery: &Delivery<'_>,
        _secrets: &Secrets,
        _now: DateTime<Utc>,
    ) -> Result<(), ProofError> {
        Ok(())
    }

    fn read(&self, body: &[u8]) -> Result<Vec<Told>, ShapeError> {
        let body: Value = json::read(body).map_err(|_| ShapeError::NotJson)?;
        let kind = text(&body, "type").ok_or(ShapeError::WrongShape)?;
        let instance = text(&body, "instanceId").map(str::to_owned);
        let told = events(kind, &body).into_iter().map(|event| Told {
            instance: instance.clone(),
            event,
        });
        bounded(told)
    }
}

fn events(kind: &str, body: &Value) -> Vec<Event> {
    match kind {
        "MessageStatusCallback" => statuses(body),
        "DeliveryCallback" => vec![delivery(body)],
        // The documentation has the second spelling in one place.
        "ReceivedCallback" | "ReceivedCallBack" => vec![received::event(body)],
        "ConnectedCallback" => vec![Event::Connection {
            state: ConnectionState::Connected,
            detail: None,
        }],
        "DisconnectedCallback" => vec![Event::Connection {
            state: ConnectionState::Disconnected,
            detail: text(body, "error").map(error_text::presentable),
        }],
        other => vec![Event::Other(other.to_owned())],
    }
}

/// One delivery may be about several messages.
fn statuses(body: &Value) -> Vec<Event> {
    let status = text(body, "status").unwrap_or_default();
    let Some(reached) = reached(status) else {
        return vec![Event::Other(format!("MessageStatusCallback {status}"))];
    };
    let ids = body.get("ids").and_then(Value::as_array);
    let ids = ids.into_iter().flatten().filter_map(Value::as_str);
    ids.filter(|id| !id.is_empty())
        .map(|id| Event::Receipt(receipt(id, reached.clone(), body)))
        .collect()
}

/// How far a message of ours has come. `READ_BY_ME` is about the messages of others, which we read on the phone.
fn reached(status: &str) -> Option<ReceiptStatus> {
    match status {
        "SENT" => Some(ReceiptStatus::Sent),
        "RECEIVED" => Some(ReceiptStatus::Delivered),
        "READ" | "PLAYED" => Some(ReceiptStatus::Read),
        _ => None,
    }
}

/// A message has left the queue: WhatsApp has it, or the sending failed and `error` says why.
fn delivery(body: &Value) -> Event {
    let id = text(body, "messageId").or_else(|| text(body, "zaapId"));
    let Some(id) = id else {
        return Event::Other("DeliveryCallback".to_owned());
    };
    let status = match text(body, "error") {
        Some(error) => ReceiptStatus::Failed {
            class: answer::class_of_text(error).unwrap_or(ErrorClass::Rejected),
            message: error_text::presentable(error),
        },
        None => ReceiptStatus::Sent,
    };
    Event::Receipt(receipt(id, status, body))
}

fn receipt(id: &str, status: ReceiptStatus, body: &Value) -> Receipt {
    Receipt {
        provider_message_id: id.to_owned(),
        reference: None,
        status,
        at: at(body),
        recipient_address: text(body, "phone").map(str::to_owned),
    }
}

/// Spelled so, in milliseconds.
fn at(body: &Value) -> Option<DateTime<Utc>> {
    let millis = match body.get("momment")? {
        Value::String(text) => text.parse().ok()?,
        number => number.as_i64()?,
    };
    DateTime::from_timestamp_millis(millis)
}

/// A text that is there and not empty.
fn text<'a>(body: &'a Value, field: &str) -> Option<&'a str> {
    body.get(field)?.as_str().filter(|text| !text.is_empty())
}
