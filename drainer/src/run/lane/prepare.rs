//! What comes before a request: the message in the form that the provider takes, its recipient's address, its file.

use zapgres_core::error_class::SendError;
use zapgres_core::message::{MessageBody, MessageKind};
use zapgres_providers::{OutgoingMessage, Provider, fit};

use super::address::{self, Known, Question};
use super::mark::Marked;
use crate::database::DatabaseError;
use crate::run::daemon::Daemon;
use crate::run::reference;

/// The channel, as far as a message's form depends on it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Channel {
    pub id: i64,
    /// Whether buttons and lists may become numbered text.
    pub degrade: bool,
    /// Whether the provider is asked about numbers.
    pub look_up: bool,
}

/// Why there is nothing to send.
pub(super) enum Unprepared {
    /// As an answer to the attempt.
    Failed(SendError),
    /// The database is away.
    Database(DatabaseError),
}

/// The message to send for `marked`.
pub(super) async fn prepare(
    daemon: &Daemon,
    provider: &dyn Provider,
    channel: Channel,
    question: &Question,
    marked: &Marked,
) -> Result<OutgoingMessage, Unprepared> {
    let mut message = compose(daemon, provider, channel, marked).await?;
    message.confirmed_address = match &marked.known {
        Known::Address(address) => Some(address.clone()),
        Known::Absent if channel.look_up => {
            return Err(Unprepared::Failed(address::not_on_whatsapp()));
        }
        Known::Absent | Known::Nothing => look_up(daemon, provider, channel, question, &message)
            .await
            .map_err(Unprepared::Failed)?,
    };
    provider
        .prepare(&message)
        .await
        .map_err(|error| Unprepared::Failed(error.of_question()))?;
    Ok(message)
}

async fn compose(
    daemon: &Daemon,
    provider: &dyn Provider,
    channel: Channel,
    marked: &Marked,
) -> Result<OutgoingMessage, Unprepared> {
    let mut message = marked.stored.message().map_err(Unprepared::Failed)?;
    // Each attempt has a name of its own: a receipt tells which one arrived.
    let database = daemon.database();
    let reference = reference::write((marked.id, marked.attempt), &database.installation);
    message.reference = Some(reference);
    let has_templates = provider.kinds().contains(&MessageKind::Template);
    if let Some(template) = marked.stored.template().filter(|_| has_templates)
        && (marked.template_used || is_window_closed(daemon, provider, channel, &message).await?)
    {
        message.body = MessageBody::Template(template.map_err(Unprepared::Failed)?);
    }
    fit(provider, message, channel.degrade).map_err(Unprepared::Failed)
}

/// Whether free text would be refused, as far as is known: the recipient has not written to this channel for a day.
async fn is_window_closed(
    daemon: &Daemon,
    provider: &dyn Provider,
    channel: Channel,
    message: &OutgoingMessage,
) -> Result<bool, Unprepared> {
    if !provider.has_window() {
        return Ok(false);
    }
    let client = daemon.client().await.map_err(Unprepared::Database)?;
    let open = address::has_written(&client, channel.id, &message.recipient).await;
    open.map(|open| !open)
        .map_err(|error| Unprepared::Database(error.into()))
}

async fn look_up(
    daemon: &Daemon,
    provider: &dyn Provider,
    channel: Channel,
    question: &Question,
    message: &OutgoingMessage,
) -> Result<Option<String>, SendError> {
    let Some(number) = message.recipient.phone() else {
        return Ok(None);
    };
    if !channel.look_up || !provider.can_look_up() {
        return Ok(None);
    }
    match question
        .answer(daemon, provider, channel.id, number)
        .await?
    {
        Known::Address(address) => Ok(Some(address)),
        Known::Absent => Err(address::not_on_whatsapp()),
        Known::Nothing => Ok(None),
    }
}
