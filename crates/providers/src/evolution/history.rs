//! Evolution API's history of messages: whether it has one whose answer was lost.
//!
//! It keeps no history when `DATABASE_SAVE_DATA_NEW_MESSAGE` is off, and answers then as if there were no message.

mod likeness;

use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use zapgres_core::error_class::{ErrorClass, SendError};

use crate::channel::ChannelAddress;
use crate::exchange::Answer;
use crate::provider::{Accepted, Enquiry, Reconciliation};

pub(super) use likeness::is_comparable;

/// Newest messages to one recipient that are looked through. Evolution calls the size of a page `offset`.
const PAGE_SIZE: u32 = 50;
/// A page of the longest texts, each with what is stored around it.
pub(super) const ANSWER_CAP_BYTES: usize = 1024 * 1024;

#[derive(Deserialize)]
struct History {
    messages: Page,
}

#[derive(Deserialize)]
struct Page {
    pages: u64,
    records: Vec<Value>,
}

#[derive(Deserialize)]
struct Record {
    key: Key,
    message: Value,
    /// A text in some versions.
    #[serde(rename = "messageTimestamp")]
    timestamp: Value,
    #[serde(rename = "MessageUpdate", default)]
    updates: Vec<Update>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Key {
    id: String,
    from_me: bool,
    remote_jid: Option<String>,
    /// The other name of a recipient who is addressed by LID.
    remote_jid_alt: Option<String>,
}

#[derive(Deserialize)]
struct Update {
    status: String,
}

/// The body of the question. Both names of the recipient are given: a filter left out matches everybody's messages.
pub(super) fn question(enquiry: &Enquiry, address: &str) -> Value {
    json!({
        "where": {
            "key": {"remoteJid": address, "remoteJidAlt": address, "fromMe": true},
            "messageTimestamp": {
                "gte": enquiry.since.to_rfc3339(),
                "lte": enquiry.until.to_rfc3339(),
            },
        },
        "page": 1,
        "offset": PAGE_SIZE,
    })
}

/// What the answer tells. Every filter is applied once more: versions differ in which they know.
pub(super) fn judge(
    answer: &Answer,
    enquiry: &Enquiry,
    address: &str,
    channel: &ChannelAddress,
) -> Result<Reconciliation, SendError> {
    match answer.status {
        status if status.is_success() => Ok(look_through(&answer.body, enquiry, address)),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            Err(answer.error(ErrorClass::ChannelAuth, "the history is refused", channel))
        }
        StatusCode::TOO_MANY_REQUESTS => {
            Err(answer.error(ErrorClass::Throttled, "too many requests", channel))
        }
        status if status.is_server_error() => {
            Err(answer.error(ErrorClass::Transient, "no history now", channel))
        }
        // Among them 404: a version that has no such question.
        _ => Ok(Reconciliation::CannotTell),
    }
}

fn look_through(body: &[u8], enquiry: &Enquiry, address: &str) -> Reconciliation {
    let Ok(History { messages }) = serde_json::from_slice(body) else {
        return Reconciliation::CannotTell;
    };
    let read = |record| serde_json::from_value::<Record>(record).ok();
    let records: Vec<Option<Record>> = messages.records.into_iter().map(read).collect();
    let is_all = messages.pages <= 1 && records.iter().all(Option::is_some);
    let found = records
        .into_iter()
        .flatten()
        .find(|record| record.answers(enquiry, address));
    match found {
        Some(record) => Reconciliation::Found(Accepted {
            provider_message_id: record.key.id,
            recipient_address: record.key.remote_jid,
        }),
        None if is_all => Reconciliation::NotFound,
        None => Reconciliation::CannotTell,
    }
}

impl Record {
    fn answers(&self, enquiry: &Enquiry, address: &str) -> bool {
        let names = [&self.key.remote_jid, &self.key.remote_jid_alt];
        self.key.from_me
            && !self.key.id.is_empty()
            && !enquiry.others.contains(&self.key.id)
            && names
                .into_iter()
                .flatten()
                .any(|name| name.as_str() == address)
            && likeness::is_like(&enquiry.message.body, &self.message)
            && self.seconds().is_some_and(|at| {
                (enquiry.since.timestamp()..=enquiry.until.timestamp()).contains(&at)
            })
            && self.updates.iter().all(|update| update.status != "ERROR")
    }

    fn seconds(&self) -> Option<i64> {
        match &self.timestamp {
            Value::String(text) => text.parse().ok(),
            number => number.as_i64(),
        }
    }
}
