//! The deliveries that Zapgres takes from any program: receipts and messages in a form of our own, described in
//! `docs/PROVIDERS.md`. `X-Signature` is the HMAC-SHA256 of the body, where the channel has a key.

use chrono::{DateTime, Utc};
use hmac::Hmac;
use serde::Deserialize;
use serde_json::{Number, Value};
use sha2::Sha256;
use zapgres_core::error_class::ErrorClass;
use zapgres_core::error_text;
use zapgres_core::recipient::Recipient;

use crate::channel::Secrets;
use crate::json;
use crate::signature;
use crate::webhook::{
    Delivery, Event, InboundMessage, ProofError, Receipt, ReceiptStatus, ShapeError, Told, Webhook,
    bounded,
};

const HMAC_KEY: &str = "hmac_key";

/// Deliveries in our own form.
pub(super) struct GenericWebhook;

/// One or several at once.
#[derive(Deserialize)]
#[serde(untagged)]
enum Items {
    Several(Vec<Value>),
    One(Value),
}

/// APIs that number their messages tell the number, in answers as in receipts.
#[derive(Deserialize)]
#[serde(untagged)]
enum MessageId {
    Text(String),
    Number(Number),
}

#[derive(Deserialize)]
struct StatusItem {
    message_id: MessageId,
    status: String,
    error: Option<String>,
    at: Option<DateTime<Utc>>,
}

#[derive(Deserialize)]
struct MessageItem {
    message_id: MessageId,
    from: String,
    text: String,
    name: Option<String>,
    at: Option<DateTime<Utc>>,
}

impl MessageId {
    /// Its text; none where it is empty.
    fn text(self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text).filter(|text| !text.is_empty()),
            Self::Number(number) => Some(number.to_string()),
        }
    }
}

impl Webhook for GenericWebhook {
    fn secret_names(&self) -> &'static [&'static str] {
        &[HMAC_KEY]
    }

    fn verify(
        &self,
        delivery: &Delivery<'_>,
        secrets: &Secrets,
        _now: DateTime<Utc>,
    ) -> Result<(), ProofError> {
        let keys = secrets.all(HMAC_KEY);
        if keys.is_empty() {
            return Ok(());
        }
        let header = delivery.headers.get("x-signature");
        let signature = header.and_then(|header| header.to_str().ok());
        let signature = signature.ok_or(ProofError::Missing)?;
        signature::verify::<Hmac<Sha256>>(delivery.body, signature, keys)
    }

    fn read(&self, body: &[u8]) -> Result<Vec<Told>, ShapeError> {
        let items: Items = json::read(body).map_err(|_| ShapeError::NotJson)?;
        let items = match items {
            Items::Several(items) => items,
            Items::One(item) => vec![item],
        };
        let mut is_wrong = false;
        let events = items.into_iter().map_while(|item| {
            let event = event(item);
            is_wrong |= event.is_none();
            event
        });
        let told = bounded(events.map(|event| Told {
            instance: None,
            event,
        }))?;
        match is_wrong {
            true => Err(ShapeError::WrongShape),
            false => Ok(told),
        }
    }
}

/// The event; none when the item is neither a receipt nor a message nor says that it is something else.
fn event(item: Value) -> Option<Event> {
    match item.get("type").map(Value::as_str) {
        None | Some(Some("receipt")) => receipt(item),
        Some(Some("message")) => message(item),
        Some(other) => Some(Event::Other(other?.to_owned())),
    }
}

fn receipt(item: Value) -> Option<Event> {
    let item: StatusItem = serde_json::from_value(item).ok()?;
    let status = match item.status.as_str() {
        "sent" => ReceiptStatus::Sent,
        "delivered" => ReceiptStatus::Delivered,
        "read" => ReceiptStatus::Read,
        "failed" => ReceiptStatus::Failed {
            class: ErrorClass::Rejected,
            message: error_text::presentable(item.error.as_deref().unwrap_or("no reason given")),
        },
        other => return Some(Event::Other(other.to_owned())),
    };
    Some(Event::Receipt(Receipt {
        provider_message_id: item.message_id.text()?,
        reference: None,
        status,
        at: item.at,
        recipient_address: None,
    }))
}

fn message(item: Value) -> Option<Event> {
    let item: MessageItem = serde_json::from_value(item).ok()?;
    let provider_message_id = item.message_id.text()?;
    // Names and short numbers cannot be answered: no conversation.
    let Ok(chat) = Recipient::parse("phone", &item.from) else {
        return Some(Event::Other("message".to_owned()));
    };
    Some(Event::Message(Box::new(InboundMessage {
        provider_message_id,
        chat,
        aliases: Vec::new(),
        author: None,
        name: item.name,
        from_me: false,
        at: item.at,
        kind: "text".to_owned(),
        text: Some(item.text),
        quotes: None,
        content: Value::Null,
    })))
}
