//! Asking the provider about a message whose answer was lost, before it is sent again.

use std::collections::HashSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use deadpool_postgres::GenericClient;
use zapgres_core::breaker::Reading;
use zapgres_providers::{Enquiry, Provider, Reconciliation};

use super::dispatch::Answered;
use super::stored::Stored;
use super::verdict;
use crate::database::DatabaseError;
use crate::run::daemon::Daemon;
use crate::run::statement;

/// Finds its row by primary key. The message may have been sent in any of its attempts, which lie minutes apart, or a
/// while after the last one; clocks may differ.
pub(crate) const LOAD_UNANSWERED: &str = "-- load_unanswered
select
    q.attempts, q.kind, q.body, q.payload::text as payload, q.recipient_kind, q.recipient,
    (
        select a.confirmed_address
        from zap.recipient_address as a
        where a.channel_id = q.channel_id and a.kind = q.recipient_kind and a.address = q.recipient
    ) as confirmed_address,
    greatest(q.created_at, q.processing_at - '15 minutes'::interval) - '1 minute'::interval as since,
    least(pg_catalog.clock_timestamp(), q.processing_at + '15 minutes'::interval) + '1 minute'::interval as until
from zap.notification_queue as q
where q.id = $1
    and q.channel_id = $2
    and q.status in ('retrying', 'uncertain')
    and q.uncertain_at is not null";

/// Uses `notification_logs_by_time`: everything that this channel sent to this recipient in the time that is asked about.
/// What was sent is logged when its answer is there, a little later.
pub(crate) const OTHERS_SENT: &str = "-- others_sent
select q.provider_message_id
from zap.notification_logs as l
inner join zap.notification_queue as q on l.notification_id = q.id
where l.logged_at >= $1
    and l.logged_at <= $2::timestamptz + '2 minutes'::interval
    and l.channel_id = $3
    and q.recipient = $4
    and q.id <> $5
    and q.provider_message_id is not null";

/// An attempt that was left without an answer, and what to ask about it.
#[derive(Debug)]
struct Unanswered {
    attempt: i32,
    enquiry: Enquiry,
}

/// Asks about a notification, and completes its attempt when the provider has the message. `others` are ids of other
/// messages that the queue table may not know yet.
pub(super) async fn ask(
    daemon: &Daemon,
    provider: Arc<dyn Provider>,
    channel_id: i64,
    id: i64,
    others: Vec<String>,
) -> Answered {
    let mut unanswered = match load_on_own_connection(daemon, channel_id, id).await {
        Ok(Some(unanswered)) => unanswered,
        // Whether it may be repeated is decided when it is marked.
        Ok(None) => return Answered::Repeat,
        Err(error) => return Answered::Failed(None, error.to_string()),
    };
    unanswered.enquiry.others.extend(others);
    let answer = tokio::time::timeout(
        daemon.config.sending.send_timeout,
        provider.reconcile(&unanswered.enquiry),
    );
    match answer.await {
        Ok(Ok(Reconciliation::Found(accepted))) => {
            let attempt = (id, unanswered.attempt);
            tracing::info!(
                notification_id = id,
                attempt = unanswered.attempt,
                "the provider has the message whose answer was lost"
            );
            daemon.in_flight.begin(channel_id, [attempt]);
            let provider_message_id = accepted.provider_message_id.clone();
            daemon.complete(verdict::found(channel_id, attempt, accepted));
            Answered::Found(provider_message_id)
        }
        Ok(Ok(Reconciliation::NotFound | Reconciliation::CannotTell)) => Answered::Repeat,
        Ok(Err(error)) => Answered::Failed(Reading::of_error(&error), error.to_string()),
        Err(_) => Answered::Failed(None, "transient: no answer in time".to_owned()),
    }
}

async fn load_on_own_connection(
    daemon: &Daemon,
    channel_id: i64,
    id: i64,
) -> Result<Option<Unanswered>, DatabaseError> {
    let client = daemon.client().await?;
    Ok(load(&client, channel_id, id).await?)
}

/// What to ask about a notification; none when it does not wait any more, or there is nothing to ask.
async fn load(
    client: &impl GenericClient,
    channel_id: i64,
    id: i64,
) -> Result<Option<Unanswered>, tokio_postgres::Error> {
    let rows = statement::rows(client, LOAD_UNANSWERED, &[&id, &channel_id]).await?;
    let Some(row) = rows.first() else {
        return Ok(None);
    };
    let stored = Stored::from_row(row)?;
    let Ok(mut message) = stored.message() else {
        return Ok(None);
    };
    message.confirmed_address = row.try_get("confirmed_address")?;
    let since: Option<DateTime<Utc>> = row.try_get("since")?;
    let since = since.unwrap_or(DateTime::UNIX_EPOCH);
    let until: DateTime<Utc> = row.try_get("until")?;
    let parameters: statement::Parameters<'_> =
        &[&since, &until, &channel_id, &stored.recipient, &id];
    let others = statement::rows(client, OTHERS_SENT, parameters).await?;
    let others: Result<HashSet<String>, _> = others.iter().map(|row| row.try_get(0)).collect();
    Ok(Some(Unanswered {
        attempt: row.try_get("attempts")?,
        enquiry: Enquiry {
            message,
            since,
            until,
            others: others?,
        },
    }))
}
