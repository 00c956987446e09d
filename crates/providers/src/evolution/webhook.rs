//! What Evolution API delivers (v2 and v1): one event for each request, `{"event", "instance", "data"}`.

mod connection;
mod content;
mod message;
mod proof;
mod receipt;
mod settings;

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::channel::Secrets;
use crate::json;
use crate::webhook::{Delivery, Event, ProofError, ShapeError, Told, Webhook, bounded};

pub(super) use settings::settings;

/// Name of the secret that Evolution signs a JWT with (`jwt_key` among the headers of its webhook).
const JWT_SECRET: &str = "webhook_jwt";
/// Name of the secret that Evolution repeats in [`SECRET_HEADER`].
const HEADER_SECRET: &str = "webhook_header";
/// A header of our choice: Evolution sends whatever headers its webhook was set with.
const SECRET_HEADER: &str = "x-zapgres-secret";

/// The webhook of every Evolution API server.
pub(super) struct EvolutionWebhook;

impl Webhook for EvolutionWebhook {
    fn secret_names(&self) -> &'static [&'static str] {
        &[JWT_SECRET, HEADER_SECRET]
    }

    /// Either proof will do, so that one can be introduced while the server still gives the other.
    fn verify(
        &self,
        delivery: &Delivery<'_>,
        secrets: &Secrets,
        now: DateTime<Utc>,
    ) -> Result<(), ProofError> {
        let (tokens, words) = (secrets.all(JWT_SECRET), secrets.all(HEADER_SECRET));
        match (tokens.is_empty(), words.is_empty()) {
            (true, true) => Ok(()),
            (false, true) => proof::token(delivery.headers, tokens, now),
            (true, false) => proof::word(delivery.headers, words),
            (false, false) => proof::word(delivery.headers, words).or_else(|of_word| {
                // Which of the two was tried is what the error is about.
                proof::token(delivery.headers, tokens, now).map_err(|of_token| match of_token {
                    ProofError::Missing => of_word,
                    of_token => of_token,
                })
            }),
        }
    }

    fn read(&self, body: &[u8]) -> Result<Vec<Told>, ShapeError> {
        let envelope: Value = json::read(body).map_err(|_| ShapeError::NotJson)?;
        let name = envelope.get("event").and_then(Value::as_str);
        let name = name.ok_or(ShapeError::WrongShape)?;
        let instance = envelope.get("instance").and_then(Value::as_str);
        let entries = match envelope.get("data") {
            Some(Value::Array(several)) => several.iter().collect(),
            Some(single) => vec![single],
            None => vec![&Value::Null],
        };
        let told = entries.into_iter().map(|data| Told {
            instance: instance.map(str::to_owned),
            event: event(name, data).unwrap_or_else(|| Event::Other(name.to_owned())),
        });
        bounded(told)
    }
}

/// What one entry tells; none where it tells nothing that we know.
fn event(name: &str, data: &Value) -> Option<Event> {
    // `messages.upsert` is `MESSAGES_UPSERT` in settings, and in what some versions deliver.
    let name = name.to_ascii_lowercase().replace('_', ".");
    match name.as_str() {
        "messages.upsert" | "send.message" => {
            message::read(data).map(|message| Event::Message(Box::new(message)))
        }
        "messages.update" => receipt::read(data).map(Event::Receipt),
        "connection.update" => connection::update(data),
        "qrcode.updated" => Some(connection::qr_code(data)),
        "status.instance" | "logout.instance" => Some(connection::logged_out(data)),
        _ => None,
    }
}
