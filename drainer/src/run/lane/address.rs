//! Under which address a provider knows a recipient: asked before the first message, and remembered for a while.
//!
//! A wrong guess about the ninth digit is worse than a question: the provider accepts the message, and it arrives nowhere.

use std::time::Duration;

use deadpool_postgres::GenericClient;
use zapgres_core::error_class::{ErrorClass, SendError};
use zapgres_core::phone::PhoneNumber;
use zapgres_core::recipient::Recipient;
use zapgres_providers::{Lookup, Provider};

use crate::run::statement;

/// Accounts hardly ever move.
const CONFIRMED_FOR: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// Whoever is not on WhatsApp may be tomorrow. An operator who tries again has it asked at once (`zap.retry`).
const ABSENT_FOR: Duration = Duration::from_secs(60 * 60);

/// Nothing is lost with it but an answer that can be had again: it does not wait for the disk. One statement, so that its
/// parts are one transaction.
pub(crate) const REMEMBER_ADDRESS: &str = "-- remember_address
with quickly as (
    select pg_catalog.set_config('synchronous_commit', 'off', true)
),
known as (
    insert into zap.recipient_address (channel_id, kind, address, confirmed_address, asked_at, expires_at)
    select
        $1, $2, $3, $4, pg_catalog.clock_timestamp(),
        pg_catalog.clock_timestamp() + pg_catalog.make_interval(secs => $5)
    from quickly
    on conflict (channel_id, kind, address) do update
    set confirmed_address = excluded.confirmed_address, asked_at = excluded.asked_at, expires_at = excluded.expires_at
)
insert into zap.recipient_alias (channel_id, alias, kind, address)
select $1, a.alias, $2, $3
from unnest($6::text []) as a (alias)
on conflict (channel_id, alias) do update
set kind = excluded.kind, address = excluded.address, seen_at = excluded.seen_at";

pub(crate) const REMEMBER_ALIAS: &str = "-- remember_alias
with quickly as (
    select pg_catalog.set_config('synchronous_commit', 'off', true)
)
insert into zap.recipient_alias (channel_id, alias, kind, address)
select $1, $2, $3, $4 from quickly
on conflict (channel_id, alias) do update
set kind = excluded.kind, address = excluded.address, seen_at = excluded.seen_at
where recipient_alias.address <> excluded.address or recipient_alias.seen_at < excluded.seen_at - '1 day'::interval";

/// Uses `message_history_by_chat`. An hour of the provider's clock and of the way here is left out of the day.
pub(crate) const HAS_WRITTEN: &str = "-- has_written
select exists (
    select from zap.message_history as h
    where h.channel_id = $1
        and h.chat_kind = $2
        and h.chat = $3
        and h.direction = 'in'
        and h.at > pg_catalog.clock_timestamp() - '23 hours'::interval
)";

/// What a provider has said of a recipient.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Known {
    /// Nothing, or too long ago.
    #[default]
    Nothing,
    /// The address to send to.
    Address(String),
    /// It is not on WhatsApp.
    Absent,
}

impl Known {
    /// By the row that keeps it, if there is one.
    pub(crate) fn of(is_known: Option<bool>, address: Option<String>) -> Self {
        match (is_known, address) {
            (Some(true), Some(address)) => Self::Address(address),
            (Some(true), None) => Self::Absent,
            _ => Self::Nothing,
        }
    }
}

/// What a provider has answered about a number.
pub(crate) struct Answered {
    pub known: Known,
    aliases: Vec<String>,
    counts_for: Duration,
}

/// Asks about one number; none: the provider does not tell.
pub(crate) async fn ask(
    provider: &dyn Provider,
    number: &PhoneNumber,
) -> Result<Option<Answered>, SendError> {
    let mut answers = provider
        .look_up(std::slice::from_ref(number))
        .await
        .map_err(SendError::of_question)?;
    Ok(match answers.pop() {
        Some(Lookup::Exists { address, aliases }) => Some(Answered {
            known: Known::Address(address),
            aliases,
            counts_for: CONFIRMED_FOR,
        }),
        Some(Lookup::Absent) => Some(Answered {
            known: Known::Absent,
            aliases: Vec::new(),
            counts_for: ABSENT_FOR,
        }),
        Some(Lookup::CannotTell) | None => None,
    })
}

/// Keeps what was answered.
pub(crate) async fn remember(
    client: &impl GenericClient,
    channel_id: i64,
    number: &PhoneNumber,
    answered: &Answered,
) -> Result<(), tokio_postgres::Error> {
    let address = match &answered.known {
        Known::Address(address) => Some(address),
        Known::Nothing | Known::Absent => None,
    };
    let mut aliases = answered.aliases.clone();
    aliases.extend(address.cloned());
    // A statement changes no row twice.
    aliases.sort();
    aliases.dedup();
    let parameters: statement::Parameters<'_> = &[
        &channel_id,
        &"phone",
        &number.as_e164(),
        &address,
        &answered.counts_for.as_secs_f64(),
        &aliases,
    ];
    statement::execute(client, REMEMBER_ADDRESS, parameters).await?;
    Ok(())
}

/// Keeps the name that a provider has used for a recipient.
pub(crate) async fn remember_alias(
    client: &impl GenericClient,
    channel_id: i64,
    alias: &str,
    kind: &str,
    address: &str,
) -> Result<(), tokio_postgres::Error> {
    let parameters: statement::Parameters<'_> = &[&channel_id, &alias, &kind, &address];
    statement::execute(client, REMEMBER_ALIAS, parameters).await?;
    Ok(())
}

/// Whether the recipient has written to the channel within a day, as far as was told.
pub(crate) async fn has_written(
    client: &impl GenericClient,
    channel_id: i64,
    recipient: &Recipient,
) -> Result<bool, tokio_postgres::Error> {
    let parameters: statement::Parameters<'_> =
        &[&channel_id, &recipient.kind(), &recipient.address()];
    let rows = statement::rows(client, HAS_WRITTEN, parameters).await?;
    rows.first().map_or(Ok(false), |row| row.try_get(0))
}

/// The provider has said that nobody has this number.
pub(crate) fn not_on_whatsapp() -> SendError {
    let text = "this number is not on WhatsApp, as the provider says".to_owned();
    SendError::before_sending(ErrorClass::RecipientInvalid, text)
}
