//! What every provider can do.

use std::collections::HashSet;
use std::fmt;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use zapgres_core::error_class::{ErrorClass, SendError};
use zapgres_core::message::{MessageBody, MessageKind};
use zapgres_core::phone::PhoneNumber;
use zapgres_core::recipient::Recipient;

use crate::health::{Health, Pairing};

/// A WhatsApp number at some provider, ready to send.
#[async_trait]
pub trait Provider: Send + Sync {
    /// The name by which channels choose it.
    fn name(&self) -> &'static str;

    /// The kinds of message that it has. Others are refused before anything is sent, see [`crate::fit`].
    fn kinds(&self) -> &[MessageKind];

    /// Whether a message can quote an earlier one.
    fn can_quote(&self) -> bool {
        false
    }

    /// Whether free text is refused when the recipient has not written for a day, and an approved template is not.
    fn has_window(&self) -> bool {
        false
    }

    /// Does beforehand what may take long, minutes even, and sends nothing: looks at the message's file, and uploads it to
    /// providers that want that. Callers call it before [`Self::send`], which does not look at files again; a file that
    /// was not uploaded beforehand it uploads itself, within its own time. What was found at an address holds for ten
    /// minutes, so that asking for the same again is quick.
    ///
    /// # Errors
    /// [`ErrorClass::Rejected`] for a file that cannot be sent, [`ErrorClass::SourceError`] for one that cannot be had now.
    /// Never [`ErrorClass::Uncertain`].
    async fn prepare(&self, _message: &OutgoingMessage) -> Result<(), SendError> {
        Ok(())
    }

    /// Sends one message, of a kind of [`Self::kinds`], to [`OutgoingMessage::confirmed_address`] where that is known. Makes
    /// one request for the message itself (a file may have to be uploaded before) and repeats nothing.
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

    /// Whether [`Self::look_up`] tells anything.
    fn can_look_up(&self) -> bool {
        false
    }

    /// Whether [`Self::look_up`] asks about many numbers in one request.
    fn looks_up_many(&self) -> bool {
        false
    }

    /// Which of these numbers are on WhatsApp, and under which address: one answer for each, in their order.
    ///
    /// # Errors
    /// When the provider could not be asked.
    async fn look_up(&self, numbers: &[PhoneNumber]) -> Result<Vec<Lookup>, SendError> {
        Ok(vec![Lookup::CannotTell; numbers.len()])
    }

    /// Whether the number is connected to WhatsApp, and so whether the credentials are good.
    ///
    /// # Errors
    /// When the provider could not be asked: [`ErrorClass::ChannelAuth`] for refused credentials.
    async fn health(&self) -> Result<Health, SendError>;

    /// Asks the provider to connect again what was disconnected. Does nothing where the provider does that by itself.
    ///
    /// # Errors
    /// When the provider could not be asked.
    async fn recover(&self) -> Result<(), SendError> {
        Ok(())
    }

    /// Begins to connect the number to a phone: a QR code to scan, or, for `phone`, a code to type there.
    ///
    /// # Errors
    /// When the provider could not be asked, or has no such thing.
    async fn pair(&self, _phone: Option<&PhoneNumber>) -> Result<Pairing, SendError> {
        Err(SendError::before_sending(
            ErrorClass::Rejected,
            format!(
                "{} connects numbers on its own pages; there is no code to scan here",
                self.name()
            ),
        ))
    }

    /// Tells the provider to deliver its webhooks to `url`.
    ///
    /// # Errors
    /// When the provider could not be asked, or has to be told on its own pages.
    async fn set_webhook(&self, _url: &str) -> Result<(), SendError> {
        Err(SendError::before_sending(
            ErrorClass::Rejected,
            format!("{} is told its webhook on its own pages", self.name()),
        ))
    }
}

/// What a provider knows of a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup {
    /// It is on WhatsApp.
    Exists {
        /// The address to send to, which may lack the ninth digit.
        address: String,
        /// Other addresses of the same account, such as its LID (`…@lid`).
        aliases: Vec<String>,
    },
    /// It is not.
    Absent,
    /// The provider does not say.
    CannotTell,
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
#[derive(Clone, PartialEq)]
pub struct OutgoingMessage {
    /// To whom.
    pub recipient: Recipient,
    /// The address that the provider has confirmed for the recipient, in the provider's spelling; none: not asked.
    pub confirmed_address: Option<String>,
    /// What.
    pub body: MessageBody,
    /// The provider's id of the message that this one quotes.
    pub quotes: Option<String>,
    /// Our own name of it, which some providers repeat in receipts. Other than text it is never shown to anybody.
    pub reference: Option<String>,
}

impl OutgoingMessage {
    /// A message about which nothing else is known.
    #[must_use]
    pub const fn new(recipient: Recipient, body: MessageBody) -> Self {
        Self {
            recipient,
            confirmed_address: None,
            body,
            quotes: None,
            reference: None,
        }
    }
}

impl fmt::Debug for OutgoingMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutgoingMessage")
            .field("recipient", &self.recipient)
            .field("kind", &self.body.kind())
            .field("reference", &self.reference)
            .finish_non_exhaustive()
    }
}

/// The provider's yes.
#[derive(Clone, PartialEq, Eq)]
pub struct Accepted {
    /// Its id of the message; receipts carry it. Empty where it accepts a message without naming it.
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

/// The message as `provider` can send it: buttons and lists as numbered text where it has none and `degrade` allows that.
///
/// # Errors
/// [`ErrorClass::Rejected`], naming the provider and the kind, when it cannot. Nothing was sent.
pub fn fit(
    provider: &dyn Provider,
    mut message: OutgoingMessage,
    degrade: bool,
) -> Result<OutgoingMessage, SendError> {
    let has = |kind| provider.kinds().contains(&kind);
    let lacks = |what: &str| {
        let text = format!("{} has no messages of kind {what}", provider.name());
        SendError::before_sending(ErrorClass::Rejected, text)
    };
    if message.quotes.is_some() && !provider.can_quote() {
        return Err(lacks("reply"));
    }
    let kind = message.body.kind();
    if has(kind) {
        return Ok(message);
    }
    match message.body.as_numbered_text().filter(|_| degrade) {
        Some(text) => message.body = text,
        None => return Err(lacks(kind.as_str())),
    }
    Ok(message)
}
