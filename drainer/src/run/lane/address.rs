//! Under which address a provider knows a recipient: asked before the first message, and remembered for a while.
//!
//! A wrong guess about the ninth digit is worse than a question: the provider accepts the message, and it arrives nowhere.

use std::collections::HashMap;
use std::time::Duration;

use deadpool_postgres::GenericClient;
use tokio::sync::OnceCell;
use zapgres_core::error_class::{ErrorClass, SendError};
use zapgres_core::phone::PhoneNumber;
use zapgres_core::recipient::Recipient;
use zapgres_providers::{Lookup, Provider};

use crate::database::DatabaseError;
use crate::run::daemon::Daemon;
use crate::run::statement;

/// Accounts hardly ever move.
const CONFIRMED_FOR: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// Whoever is not on WhatsApp may be tomorrow. An operator who tries again has it asked at once (`zap.retry`).
const ABSENT_FOR: Duration = Duration::from_secs(60 * 60);

/// Nothing is lost with it but answers that can be had again: it does not wait for the disk. One statement, so that its
/// parts are one transaction; in one order, so that two do not wait for each other.
pub(crate) const REMEMBER_ADDRESSES: &str = "-- remember_addresses
with quickly as (
    select pg_catalog.set_config('synchronous_commit', 'off', true)
),
known as (
    insert into zap.recipient_address (channel_id, kind, address, confirmed_address, asked_at, expires_at)
    select
        $1, 'phone', a.address, a.confirmed_address, pg_catalog.clock_timestamp(),
        pg_catalog.clock_timestamp() + pg_catalog.make_interval(secs => a.seconds)
    from quickly
    cross join unnest($2::text [], $3::text [], $4::float8 []) as a (address, confirmed_address, seconds)
    order by a.address
    on conflict (channel_id, kind, address) do update
    set confirmed_address = excluded.confirmed_address, asked_at = excluded.asked_at, expires_at = excluded.expires_at
)
insert into zap.recipient_alias (channel_id, alias, kind, address)
select distinct on (a.alias) $1, a.alias, 'phone', a.address
from unnest($5::text [], $6::text []) as a (alias, address)
order by a.alias
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

/// Walks `message_history_by_chat` backwards to the latest one. Asked whether there is any that is new enough, the planner
/// expects to meet one soon, and reads the table. An hour of the provider's clock and of the way here is left out of the day.
pub(crate) const HAS_WRITTEN: &str = "-- has_written
select coalesce(
    (
        select h.at > pg_catalog.clock_timestamp() - '23 hours'::interval
        from zap.message_history as h
        where h.channel_id = $1
            and h.chat_kind = $2
            and h.chat = $3
            and h.direction = 'in'
        order by h.at desc
        limit 1
    ),
    false
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

/// Numbers that are asked about together, by whichever of their attempts comes first.
#[derive(Debug, Default)]
pub(crate) struct Question {
    numbers: Vec<PhoneNumber>,
    answers: OnceCell<Result<HashMap<PhoneNumber, Known>, SendError>>,
}

impl Question {
    /// A question about these numbers.
    pub(crate) fn about(mut numbers: Vec<PhoneNumber>) -> Self {
        numbers.sort();
        numbers.dedup();
        Self {
            numbers,
            answers: OnceCell::new(),
        }
    }

    /// What the provider says of `number`. Asks, where nobody has.
    pub(crate) async fn answer(
        &self,
        daemon: &Daemon,
        provider: &dyn Provider,
        channel_id: i64,
        number: &PhoneNumber,
    ) -> Result<Known, SendError> {
        let ask = || ask(daemon, provider, channel_id, &self.numbers);
        let answers = self.answers.get_or_init(ask).await.as_ref();
        let answers = answers.map_err(Clone::clone)?;
        Ok(answers.get(number).cloned().unwrap_or_default())
    }
}

async fn ask(
    daemon: &Daemon,
    provider: &dyn Provider,
    channel_id: i64,
    numbers: &[PhoneNumber],
) -> Result<HashMap<PhoneNumber, Known>, SendError> {
    let answers = provider
        .look_up(numbers)
        .await
        .map_err(SendError::of_question)?;
    let answered: Vec<(&PhoneNumber, Lookup)> = numbers.iter().zip(answers).collect();
    let kept = async {
        let client = daemon.client().await?;
        remember(&client, channel_id, &answered).await?;
        Ok::<_, DatabaseError>(())
    };
    // What is not kept is asked again.
    if let Err(error) = kept.await {
        tracing::debug!(%error, channel_id, "what the provider said of numbers is not kept");
    }
    let known = answered.into_iter().map(|(number, answer)| {
        let known = match answer {
            Lookup::Exists { address, .. } => Known::Address(address),
            Lookup::Absent => Known::Absent,
            Lookup::CannotTell => Known::Nothing,
        };
        (number.clone(), known)
    });
    Ok(known.collect())
}

/// Keeps what was answered; what the provider does not tell is asked the next time.
pub(crate) async fn remember(
    client: &impl GenericClient,
    channel_id: i64,
    answered: &[(&PhoneNumber, Lookup)],
) -> Result<(), tokio_postgres::Error> {
    let (mut numbers, mut addresses, mut seconds) = (Vec::new(), Vec::new(), Vec::new());
    let (mut aliases, mut of) = (Vec::new(), Vec::new());
    for (number, answer) in answered {
        let (address, counts_for) = match answer {
            Lookup::Exists { address, .. } => (Some(address.as_str()), CONFIRMED_FOR),
            Lookup::Absent => (None, ABSENT_FOR),
            Lookup::CannotTell => continue,
        };
        numbers.push(number.as_e164());
        addresses.push(address);
        seconds.push(counts_for.as_secs_f64());
        if let Lookup::Exists {
            address,
            aliases: names,
        } = answer
        {
            for name in names.iter().chain([address]) {
                aliases.push(name.as_str());
                of.push(number.as_e164());
            }
        }
    }
    if numbers.is_empty() {
        return Ok(());
    }
    let parameters: statement::Parameters<'_> =
        &[&channel_id, &numbers, &addresses, &seconds, &aliases, &of];
    statement::execute(client, REMEMBER_ADDRESSES, parameters).await?;
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
