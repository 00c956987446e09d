//! What Meta delivers: `{"object": "whatsapp_business_account", "entry": [{"changes": [{"field", "value"}]}]}`, several of
//! everything in one delivery, in any order, and more than once.
//! Source: <https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/components>.

mod content;
mod message;
mod status;

use chrono::{DateTime, Utc};
use hmac::Hmac;
use serde_json::Value;
use sha2::Sha256;

use crate::channel::Secrets;
use crate::json;
use crate::signature;
use crate::webhook::{Delivery, Event, ProofError, ShapeError, Told, Webhook, bounded};

/// The app's secret, which signs deliveries; one for all numbers of an app.
const APP_SECRET: &str = "app_secret";

/// Meta's deliveries.
pub(super) struct MetaWebhook;

impl Webhook for MetaWebhook {
    fn secret_names(&self) -> &'static [&'static str] {
        &[APP_SECRET]
    }

    fn verify(
        &self,
        delivery: &Delivery<'_>,
        secrets: &Secrets,
        _now: DateTime<Utc>,
    ) -> Result<(), ProofError> {
        let header = delivery.headers.get("x-hub-signature-256");
        let signature = header
            .ok_or(ProofError::Missing)?
            .to_str()
            .ok()
            .and_then(|text| text.strip_prefix("sha256="))
            .ok_or(ProofError::Wrong)?;
        signature::verify::<Hmac<Sha256>>(delivery.body, signature, secrets.all(APP_SECRET))
    }

    fn read(&self, body: &[u8]) -> Result<Vec<Told>, ShapeError> {
        let body: Value = json::read(body).map_err(|_| ShapeError::NotJson)?;
        if text(&body, "/object") != Some("whatsapp_business_account") {
            return Err(ShapeError::WrongShape);
        }
        let entries = body.get("entry").and_then(Value::as_array);
        let told = entries
            .ok_or(ShapeError::WrongShape)?
            .iter()
            .flat_map(|entry| items(entry, "changes"))
            .flat_map(told_by);
        bounded(told)
    }
}

/// What one change tells.
fn told_by(change: &Value) -> impl Iterator<Item = Told> {
    let value = change.get("value").unwrap_or(&Value::Null);
    let instance = text(value, "/metadata/phone_number_id");
    let messages = items(value, "messages").map(|message| message::received(message, value));
    let echoes = items(value, "message_echoes").map(message::echoed);
    let statuses = items(value, "statuses").map(status::receipt);
    let mut events = messages.chain(echoes).chain(statuses).peekable();
    let nothing_else = events.peek().is_none().then(|| {
        let field = text(change, "/field").unwrap_or("a change without a field");
        Event::Other(field.to_owned())
    });
    events.chain(nothing_else).map(move |event| Told {
        instance: instance.map(str::to_owned),
        event,
    })
}

/// The elements of an array that may not be there.
fn items<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    let array = value.get(name).and_then(Value::as_array);
    array.into_iter().flatten()
}

/// The text at that place, where there is one that says something.
fn text<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    let text = value.pointer(pointer)?.as_str()?;
    (!text.is_empty()).then_some(text)
}

/// The time of an event: seconds since 1970, as a text.
fn time(item: &Value) -> Option<DateTime<Utc>> {
    let seconds = match item.get("timestamp")? {
        Value::String(text) => text.parse().ok()?,
        other => other.as_i64()?,
    };
    DateTime::from_timestamp(seconds, 0)
}
