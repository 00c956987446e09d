//! What the answers of any HTTP API mean. The table of errors is here and nowhere else: only statuses, because bodies
//! differ from one API to the next.

use serde_json::Value;
use zapgres_core::error_class::{ErrorClass, SendError};

use super::options::Options;
use crate::channel::ChannelAddress;
use crate::exchange::Answer;
use crate::health::{ConnectionState, Health};
use crate::provider::{Accepted, OutgoingMessage};

/// Where APIs say what was wrong. Other parts of a body are not shown: they may repeat the message.
const REASONS: [&str; 6] = [
    "/message",
    "/error/message",
    "/error",
    "/detail",
    "/title",
    "/description",
];

/// The outcome that `answer` to a send stands for.
pub(super) fn judge(
    answer: &Answer,
    message: &OutgoingMessage,
    options: &Options,
    channel: &ChannelAddress,
) -> Result<Accepted, SendError> {
    let status = answer.status.as_u16();
    if !options.is_ok(status) {
        let error = refused(answer, channel);
        let rejected = options.rejected_status.contains(&status);
        let class = rejected.then_some(ErrorClass::Rejected);
        return Err(SendError {
            class: class.unwrap_or(error.class),
            ..error
        });
    }
    let provider_message_id = match &options.message_id {
        Some(pointer) => id_at(pointer, &answer.body).ok_or_else(|| {
            let detail = "accepted, but there is no id where the option message_id says";
            answer.error(ErrorClass::Uncertain, detail, channel)
        })?,
        None => message.reference.clone().unwrap_or_default(),
    };
    Ok(Accepted {
        provider_message_id,
        recipient_address: None,
    })
}

fn id_at(pointer: &str, body: &[u8]) -> Option<String> {
    let json: Value = serde_json::from_slice(body).ok()?;
    let id = match json.pointer(pointer)? {
        Value::String(id) => id.clone(),
        Value::Number(id) => id.to_string(),
        _ => return None,
    };
    (!id.is_empty()).then_some(id)
}

/// What the answer of `health_url` says.
pub(super) fn health(answer: &Answer, channel: &ChannelAddress) -> Result<Health, SendError> {
    if !answer.status.is_success() {
        return Err(refused(answer, channel).of_question());
    }
    Ok(Health {
        state: ConnectionState::Connected,
        number: None,
        detail: None,
    })
}

fn refused(answer: &Answer, channel: &ChannelAddress) -> SendError {
    let status = answer.status.as_u16();
    let json: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let reason = REASONS
        .iter()
        .find_map(|place| json.pointer(place)?.as_str())
        .filter(|reason| !reason.is_empty());
    answer.error(class_of(status), reason.unwrap_or(advice(status)), channel)
}

/// The table.
const fn class_of(status: u16) -> ErrorClass {
    match status {
        300..=399 | 401..=405 | 407 => ErrorClass::ChannelAuth,
        429 => ErrorClass::Throttled,
        408 | 503 => ErrorClass::Transient,
        400..=499 => ErrorClass::Rejected,
        // Other failures of a server may come after the message was passed on, and so may a 2xx that the options do
        // not name.
        _ => ErrorClass::Uncertain,
    }
}

const fn advice(status: u16) -> &'static str {
    match status {
        300..=399 => "a redirect: correct the channel's address (often http instead of https)",
        401 | 403 | 407 => "refused: check the channel's credential, headers and address",
        402 => "the account has to be paid",
        404 | 405 => "no such address: check the channel's address and method",
        429 => "too many requests",
        _ => "no reason given",
    }
}
