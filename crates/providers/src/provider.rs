//! What every provider can do.

use std::collections::HashSet;
use std::fmt;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use secrecy::SecretString;
use zapgres_core::error_class::SendError;
use zapgres_core::phone::PhoneNumber;

/// A WhatsApp number at some provider, ready to send.
#[async_trait]
pub trait Provider: Send + Sync {
    /// The name by which channels choose it.
    fn name(&self) -> &'static str;

    /// Sends one message. Makes one request and repeats nothing.
    ///
    /// # Errors
    /// The class says what the failure means. [`Uncertain`] is used whenever the provider may have
    /// the message although its answer did not say so.
    ///
    /// [`Uncertain`]: zapgres_core::error_class::ErrorClass::Uncertain
    async fn send(&self, message: &OutgoingMessage) -> Result<Accepted, SendError>;

    /// Looks for a message whose sending was left without an answer. Sends nothing.
    ///
    /// # Errors
    /// When the provider could not be asked.
    async fn reconcile(&self, _enquiry: &Enquiry) -> Result<Reconciliation, SendError> {
        Ok(Reconciliation::CannotTell)
    }
}

/// A question about a message that may have been sent.
#[derive(Debug, Clone)]
pub struct Enquiry {
    /// The message, as it was to be sent.
    pub message: OutgoingMessage,
    /// It was not sent before this time.
    pub since: DateTime<Utc>,
    /// Nor after this one.
    pub until: DateTime<Utc>,
    /// The provider's ids of other messages, which may have had the same text.
    pub others: HashSet<String>,
}

/// What the provider knows of a message that may have been sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reconciliation {
    /// It has it.
    Found(Accepted),
    /// It shows other messages of that time, or none. Not a proof: it may not have stored it, or not yet.
    NotFound,
    /// It cannot be asked, or its answer does not tell.
    CannotTell,
}

/// A message for one recipient. `Debug` shows neither number nor text.
#[derive(Debug, Clone)]
pub struct OutgoingMessage {
    /// To whom.
    pub recipient: PhoneNumber,
    /// What.
    pub body: MessageBody,
}

/// What a message consists of.
#[derive(Clone, PartialEq, Eq)]
pub enum MessageBody {
    /// Text with WhatsApp's own marks (`*bold*`).
    Text(String),
}

impl fmt::Debug for MessageBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "Text({} characters)", text.chars().count()),
        }
    }
}

/// The provider's yes.
#[derive(Clone, PartialEq, Eq)]
pub struct Accepted {
    /// Its id of the message; receipts carry it.
    pub provider_message_id: String,
    /// The address it found for the recipient, which may lack the ninth digit.
    pub recipient_address: Option<String>,
}

impl fmt::Debug for Accepted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Accepted")
            .field("provider_message_id", &self.provider_message_id)
            .finish_non_exhaustive()
    }
}

/// Where a channel is and how to get in.
#[derive(Debug, Clone)]
pub struct ChannelAddress {
    /// Beginning of the provider's URLs, such as `https://evolution.example.com`.
    pub base_url: String,
    /// The provider's name of this number.
    pub instance: String,
    /// Its secret.
    pub credential: SecretString,
}
