//! The queue of messages that Z-API has not sent yet (`POST /queue`): whether one whose answer was lost is in it.

use serde::Deserialize;
use serde_json::{Value, json};
use zapgres_core::error_class::{ErrorClass, SendError};
use zapgres_core::message::{MessageBody, Text};

use super::{address, answer};
use crate::channel::ChannelAddress;
use crate::exchange::Answer;
use crate::provider::{Accepted, Enquiry};

/// The most that Z-API gives at once.
const PAGE_SIZE: usize = 30;
/// A page of the longest texts.
pub(super) const ANSWER_CAP_BYTES: usize = 1024 * 1024;
/// The queue has room for 1000 messages.
pub(super) const PAGES_MAX: usize = 1000_usize.div_ceil(PAGE_SIZE);

/// A page of the queue.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Page {
    messages: Vec<Value>,
    paging_state: Option<String>,
    #[serde(default)]
    has_more: Value,
}

/// Its fields are written so.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Queued {
    message_id: Option<String>,
    zaap_id: Option<String>,
    phone: String,
    message: String,
    /// Milliseconds.
    created: i64,
}

/// The message that is looked for.
pub(super) struct Wanted<'a> {
    enquiry: &'a Enquiry,
    phone: String,
    text: &'a str,
}

/// The question for the page at `cursor`; none: for the first.
pub(super) fn question(cursor: Option<&str>) -> Value {
    match cursor {
        Some(cursor) => json!({"pageSize": PAGE_SIZE, "pagingState": cursor}),
        None => json!({ "pageSize": PAGE_SIZE }),
    }
}

/// Reads the answer; none where this server has no such question.
pub(super) fn page(answer: &Answer, channel: &ChannelAddress) -> Result<Option<Page>, SendError> {
    let refused = match answer::read(answer, channel) {
        Ok(body) => return Ok(Page::deserialize(body).ok()),
        Err(error) => error.of_question(),
    };
    match refused.class {
        ErrorClass::Transient | ErrorClass::Throttled | ErrorClass::ChannelDown => Err(refused),
        ErrorClass::ChannelAuth if matches!(answer.status.as_u16(), 401 | 403) => Err(refused),
        _ => Ok(None),
    }
}

impl Page {
    /// Where the next one begins.
    pub(super) fn next(&self) -> Option<String> {
        let more = answer::truth(&self.has_more) == Some(true);
        let cursor = self
            .paging_state
            .clone()
            .filter(|cursor| !cursor.is_empty());
        cursor.filter(|_| more)
    }
}

impl<'a> Wanted<'a> {
    /// None where the queue cannot tell such messages from each other: it shows their texts only.
    pub(super) fn of(enquiry: &'a Enquiry) -> Option<Self> {
        let MessageBody::Text(Text { text, .. }) = &enquiry.message.body else {
            return None;
        };
        let phone = address::to(&enquiry.message).ok()?;
        Some(Self {
            enquiry,
            phone,
            text,
        })
    }

    /// What Z-API knows of it, if it is on the page.
    pub(super) fn among(&self, page: &Page) -> Option<Accepted> {
        let queued = page
            .messages
            .iter()
            .filter_map(|message| Queued::deserialize(message).ok());
        queued
            .filter(|queued| self.is(queued))
            .filter_map(Queued::accepted)
            .find(|accepted| !self.enquiry.others.contains(&accepted.provider_message_id))
    }

    fn is(&self, queued: &Queued) -> bool {
        let Enquiry { since, until, .. } = self.enquiry;
        let same_recipient = queued.phone == self.phone
            || address::parse(&queued.phone).as_ref() == Some(&self.enquiry.message.recipient);
        // Of whole seconds, for clocks that have no more.
        let at = queued.created.div_euclid(1000);
        same_recipient
            && queued.message == self.text
            && (since.timestamp()..=until.timestamp()).contains(&at)
    }
}

impl Queued {
    fn accepted(self) -> Option<Accepted> {
        let id = [self.message_id, self.zaap_id]
            .into_iter()
            .flatten()
            .find(|id| !id.is_empty())?;
        Some(Accepted {
            provider_message_id: id,
            recipient_address: Some(self.phone),
        })
    }
}
