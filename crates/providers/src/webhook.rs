//! What providers tell us unasked: receipts, messages of customers, the state of the connection.
//!
//! A delivery is judged in two steps. [`Webhook::verify`] compares what proves the sender, [`Webhook::read`] takes the body
//! apart. Both are cheap and do no I/O, so that a delivery can be refused before it is stored.

use std::fmt;

use chrono::{DateTime, Utc};
use http::HeaderMap;
use serde_json::Value;
use zapgres_core::error_class::ErrorClass;
use zapgres_core::recipient::Recipient;

use crate::channel::Secrets;
use crate::health::ConnectionState;

/// What a provider delivers, and how it proves that it is the provider.
pub trait Webhook: Send + Sync {
    /// Names of the secrets ([`Secrets`]) that prove a delivery. With none of them set, the secret in the address is all the
    /// proof there is.
    fn secret_names(&self) -> &'static [&'static str];

    /// Compares the proof, in constant time, over the bytes as they came, with every active secret. `now` is for proofs that
    /// get old.
    ///
    /// # Errors
    /// When there is none, none of the secrets fits, or it is too old.
    fn verify(
        &self,
        delivery: &Delivery<'_>,
        secrets: &Secrets,
        now: DateTime<Utc>,
    ) -> Result<(), ProofError>;

    /// What the body tells, in its order. An event of a type that is not known is [`Event::Other`], never an error.
    ///
    /// # Errors
    /// When it is not JSON, or not the provider's envelope.
    fn read(&self, body: &[u8]) -> Result<Vec<Told>, ShapeError>;
}

/// Meta puts at most 1000 things into a delivery, others one. Something tiny, a million times, would fill the memory.
const TOLD_MAX: usize = 10_000;

/// All that is told, unless it is more than any delivery tells.
///
/// # Errors
/// [`ShapeError::WrongShape`] then; no more than that much is read.
pub(crate) fn bounded(told: impl Iterator<Item = Told>) -> Result<Vec<Told>, ShapeError> {
    let told: Vec<Told> = told.take(TOLD_MAX + 1).collect();
    if told.len() > TOLD_MAX {
        return Err(ShapeError::WrongShape);
    }
    Ok(told)
}

/// One HTTP request of a provider.
#[derive(Debug, Clone, Copy)]
pub struct Delivery<'a> {
    /// Its headers.
    pub headers: &'a HeaderMap,
    /// Its body, as it came.
    pub body: &'a [u8],
}

/// Why a delivery is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// Nothing proves the sender.
    #[error("the delivery has no signature")]
    Missing,
    /// What should prove it does not.
    #[error("the delivery's signature is wrong")]
    Wrong,
    /// It was signed too long ago, or in the future.
    #[error("the delivery's signature is too old")]
    Old,
}

/// Why a body is not a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ShapeError {
    /// Not JSON.
    #[error("the body is not JSON")]
    NotJson,
    /// JSON, and not the provider's envelope.
    #[error("the body is not a delivery of this provider")]
    WrongShape,
}

/// One thing told, and about which of the provider's numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// The provider's name of the number (a channel's `instance`), where the delivery has it.
    pub instance: Option<String>,
    /// What was told.
    pub event: Event,
}

/// What can be told.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// What became of a message.
    Receipt(Receipt),
    /// A message that somebody wrote, perhaps we ourselves on the phone.
    Message(Box<InboundMessage>),
    /// The number was connected or disconnected.
    Connection {
        /// Its state now.
        state: ConnectionState,
        /// More, in the provider's words.
        detail: Option<String>,
    },
    /// Anything else: the provider's name of it.
    Other(String),
}

/// What became of a message that we sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The provider's id of the message.
    pub provider_message_id: String,
    /// Our own name of it, where the provider repeats that.
    pub reference: Option<String>,
    /// How far it has come.
    pub status: ReceiptStatus,
    /// When that happened, by the provider's clock.
    pub at: Option<DateTime<Utc>>,
    /// Address that the provider uses for the recipient.
    pub recipient_address: Option<String>,
}

/// How far a message has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReceiptStatus {
    /// WhatsApp's server has it.
    Sent,
    /// The phone has it.
    Delivered,
    /// It was read, or played.
    Read,
    /// It was not delivered.
    Failed {
        /// Class of the failure, from the provider's table of errors.
        class: ErrorClass,
        /// One line for operators, numbers masked.
        message: String,
    },
}

/// A message in a conversation with one of our numbers. `Debug` shows no text and no name.
#[derive(Clone, PartialEq)]
pub struct InboundMessage {
    /// The provider's id; messages are told more than once.
    pub provider_message_id: String,
    /// Who wrote it, or, where [`Self::from_me`], to whom it was written. In a group: the group.
    pub chat: Recipient,
    /// Other addresses of the same person.
    pub aliases: Vec<Recipient>,
    /// Who wrote it, in a group.
    pub author: Option<Recipient>,
    /// The name that the person gave themself.
    pub name: Option<String>,
    /// Whether it was written with our own number.
    pub from_me: bool,
    /// When, by the provider's clock.
    pub at: Option<DateTime<Utc>>,
    /// The kind, as [`zapgres_core::message::MessageKind`] where there is one: `text`, `image`, `reaction`, `button_reply`,
    /// `list_reply`, `poll_vote`, `order`, …
    pub kind: String,
    /// Its text, caption, or the label of what was chosen.
    pub text: Option<String>,
    /// The provider's id of the message that it answers or is about.
    pub quotes: Option<String>,
    /// What else the kind has, in the provider's shape: ids and types of files, coordinates, ids of buttons.
    pub content: Value,
}

impl fmt::Debug for InboundMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InboundMessage")
            .field("provider_message_id", &self.provider_message_id)
            .field("chat", &self.chat)
            .field("kind", &self.kind)
            .field("from_me", &self.from_me)
            .finish_non_exhaustive()
    }
}
