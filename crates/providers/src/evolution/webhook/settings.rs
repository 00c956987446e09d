//! Telling a server what to deliver, and where (`POST /webhook/set/{instance}`).

use secrecy::ExposeSecret;
use serde_json::{Map, Value, json};
use zapgres_core::error_class::{ErrorClass, SendError};

use super::{HEADER_SECRET, JWT_SECRET, SECRET_HEADER};
use crate::channel::Secrets;
use crate::evolution::options::Version;

/// What [`super::EvolutionWebhook`] reads, in the spelling of settings.
const EVENTS: [&str; 5] = [
    "MESSAGES_UPSERT",
    "MESSAGES_UPDATE",
    "SEND_MESSAGE",
    "CONNECTION_UPDATE",
    "QRCODE_UPDATED",
];

/// The body of the request.
///
/// # Errors
/// When the server's version cannot prove its deliveries with the channel's secrets.
pub(in crate::evolution) fn settings(
    url: &str,
    secrets: &Secrets,
    version: Version,
) -> Result<Value, SendError> {
    let headers = headers(secrets);
    match version {
        Version::One if !headers.is_empty() => Err(SendError::before_sending(
            ErrorClass::Rejected,
            format!(
                "Evolution API v1 sends no headers: take the secrets {JWT_SECRET} and {HEADER_SECRET} from the channel, \
                 the secret in the webhook's address is the proof"
            ),
        )),
        Version::One => Ok(json!({
            "enabled": true, "url": url, "webhook_by_events": false, "webhook_base64": false,
            "events": EVENTS,
        })),
        Version::Two => Ok(json!({"webhook": {
            "enabled": true, "url": url, "headers": headers, "byEvents": false, "base64": false,
            "events": EVENTS,
        }})),
    }
}

/// What the server has to send along. It signs with `jwt_key` and does not send it.
fn headers(secrets: &Secrets) -> Map<String, Value> {
    [(JWT_SECRET, "jwt_key"), (HEADER_SECRET, SECRET_HEADER)]
        .into_iter()
        .filter_map(|(name, header)| {
            let secret = secrets.first(name)?.expose_secret();
            Some((header.to_owned(), secret.into()))
        })
        .collect()
}
