//! WAHA's history of a chat: whether it has a message whose answer was lost.
//!
//! One engine (NOWEB) keeps a history only where its store is switched on, and refuses the question otherwise.

use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::Value;
use zapgres_core::error_class::{ErrorClass, SendError};
use zapgres_core::message::MessageBody;

use super::address::{chat_in, kept_id};
use super::inbound::time;
use crate::channel::ChannelAddress;
use crate::exchange::Answer;
use crate::provider::{Accepted, Enquiry, Reconciliation};

/// Newest messages of the chat that are looked through.
const PAGE_SIZE: usize = 50;
/// A page of the longest texts, each with the engine's own record of it.
pub(super) const ANSWER_CAP_BYTES: usize = 2 * 1024 * 1024;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    id: String,
    #[serde(default)]
    timestamp: Value,
    #[serde(default)]
    from_me: bool,
    body: Option<String>,
    #[serde(default)]
    has_media: bool,
    ack: Option<i8>,
}

/// The question's parameters: our own messages of that time, without their files.
pub(super) fn question(enquiry: &Enquiry) -> [(&'static str, String); 5] {
    [
        ("limit", PAGE_SIZE.to_string()),
        ("downloadMedia", "false".to_owned()),
        ("filter.fromMe", "true".to_owned()),
        (
            "filter.timestamp.gte",
            enquiry.since.timestamp().to_string(),
        ),
        (
            "filter.timestamp.lte",
            enquiry.until.timestamp().to_string(),
        ),
    ]
}

/// The text by which the message would be known again; none: nothing tells such messages apart.
pub(super) fn text_of(enquiry: &Enquiry) -> Option<&str> {
    match &enquiry.message.body {
        MessageBody::Text(text) => Some(&text.text),
        _ => None,
    }
}

/// What the answer tells. Every filter is applied once more: old versions know none of them.
pub(super) fn judge(
    answer: &Answer,
    enquiry: &Enquiry,
    text: &str,
    channel: &ChannelAddress,
) -> Result<Reconciliation, SendError> {
    match answer.status {
        status if status.is_success() => Ok(look_through(&answer.body, enquiry, text)),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            Err(answer.error(ErrorClass::ChannelAuth, "the history is refused", channel))
        }
        StatusCode::TOO_MANY_REQUESTS => {
            Err(answer.error(ErrorClass::Throttled, "too many requests", channel))
        }
        status if status.is_server_error() => {
            Err(answer.error(ErrorClass::Transient, "no history now", channel))
        }
        // Among them 400: the engine's store is switched off.
        _ => Ok(Reconciliation::CannotTell),
    }
}

fn look_through(body: &[u8], enquiry: &Enquiry, text: &str) -> Reconciliation {
    let Ok(records) = serde_json::from_slice::<Vec<Record>>(body) else {
        return Reconciliation::CannotTell;
    };
    match records.iter().find(|record| record.is(enquiry, text)) {
        Some(record) => Reconciliation::Found(Accepted {
            provider_message_id: kept_id(&record.id).to_owned(),
            recipient_address: chat_in(&record.id).map(str::to_owned),
        }),
        None if records.len() >= PAGE_SIZE => Reconciliation::CannotTell,
        None => Reconciliation::NotFound,
    }
}

impl Record {
    fn is(&self, enquiry: &Enquiry, text: &str) -> bool {
        let in_time = time(&self.timestamp).is_some_and(|at| {
            (enquiry.since.timestamp()..=enquiry.until.timestamp()).contains(&at.timestamp())
        });
        let id = kept_id(&self.id);
        self.from_me
            && !self.has_media
            && self.body.as_deref() == Some(text)
            && in_time
            && self.ack != Some(-1)
            && !id.is_empty()
            && !enquiry.others.contains(id)
    }
}
