//! Writing what receipts have changed.

use chrono::{DateTime, Utc};
use deadpool_postgres::GenericClient;
use zapgres_core::status::Status;

use super::receipts::{Change, Changes};
use crate::run::statement;

/// The rows are locked and were looked at.
const APPLY: &str = "-- apply
update zap.notification_queue as q
set
    status = c.status,
    reason = case when q.status = c.status then q.reason end,
    sent_at = c.sent_at,
    delivered_at = c.delivered_at,
    read_at = c.read_at,
    failed_at = c.failed_at,
    error_class = c.error_class,
    last_error = c.last_error,
    provider_message_id = coalesce(c.provider_message_id, q.provider_message_id),
    metadata = case
        when c.remembered_attempt is not null
            then coalesce(q.metadata, '{}') || pg_catalog.jsonb_build_object('accepted', pg_catalog.jsonb_build_object(
                'attempt', c.remembered_attempt, 'provider_message_id', c.remembered_message_id
            ))
        else q.metadata
    end
from unnest(
    $1::bigint [], $2::text [], $3::timestamptz [], $4::timestamptz [], $5::timestamptz [], $6::timestamptz [], $7::text [],
    $8::text [], $9::text [], $10::integer [], $11::text []
) as c (
    id, status, sent_at, delivered_at, read_at, failed_at, error_class, last_error, provider_message_id, remembered_attempt,
    remembered_message_id
)
where q.id = c.id";

/// Has what has failed outside of the window sent as a template, at once. The error stays until then.
const REQUEUE: &str = "-- requeue
update zap.notification_queue as q
set
    status = 'retrying',
    next_attempt_at = pg_catalog.clock_timestamp(),
    metadata = coalesce(q.metadata, '{}') || '{\"template_used\": true}'
where q.id = any ($1)";

const LOG: &str = "-- log
insert into zap.notification_logs
    (notification_id, tenant_id, source_id, channel_id, level, event, code, attempt, error_class, detail)
select
    l.notification_id, l.tenant_id, l.source_id, l.channel_id, l.level, l.event, l.event, l.attempt, l.error_class, l.detail
from unnest(
    $1::bigint [], $2::text [], $3::bigint [], $4::bigint [], $5::text [], $6::text [], $7::integer [], $8::text [],
    $9::text []
) as l (notification_id, tenant_id, source_id, channel_id, level, event, attempt, error_class, detail)";

/// In the order in which the completer does.
const NAME: &str = "-- name
insert into zap.sent_message (channel_id, provider_message_id, notification_id, attempt)
select n.channel_id, n.provider_message_id, n.notification_id, n.attempt
from unnest($1::bigint [], $2::text [], $3::bigint [], $4::integer [])
    as n (channel_id, provider_message_id, notification_id, attempt)
order by n.channel_id, n.provider_message_id
on conflict (channel_id, provider_message_id) do nothing";

/// Writes all of it.
pub(super) async fn apply(
    client: &impl GenericClient,
    changes: &Changes,
) -> Result<(), tokio_postgres::Error> {
    if !changes.notifications.is_empty() {
        update(client, changes).await?;
    }
    if !changes.logs.is_empty() {
        log(client, changes).await?;
    }
    if !changes.names.is_empty() {
        name(client, changes).await?;
    }
    Ok(())
}

async fn update(
    client: &impl GenericClient,
    changes: &Changes,
) -> Result<(), tokio_postgres::Error> {
    let ids: Vec<i64> = changes.notifications.keys().copied().collect();
    let rows: Vec<&Change> = changes.notifications.values().collect();
    let texts = |column: fn(&Change) -> Option<&str>| -> Vec<Option<&str>> {
        rows.iter().map(|row| column(row)).collect()
    };
    let times = |column: fn(&Change) -> Option<DateTime<Utc>>| -> Vec<Option<DateTime<Utc>>> {
        rows.iter().map(|row| column(row)).collect()
    };
    let remembered: Vec<Option<i32>> = rows
        .iter()
        .map(|row| row.remembered.as_ref().map(|(attempt, _)| *attempt))
        .collect();
    statement::execute(
        client,
        APPLY,
        &[
            &ids,
            &texts(|row| Some(status(row).as_str())),
            &times(|row| row.sent_at),
            &times(|row| row.delivered_at),
            &times(|row| row.read_at),
            &times(|row| row.failed_at),
            &texts(|row| row.error_class.as_deref()),
            &texts(|row| row.last_error.as_deref()),
            &texts(|row| row.provider_message_id.as_deref()),
            &remembered,
            &texts(|row| row.remembered.as_ref().map(|(_, id)| id.as_str())),
        ],
    )
    .await?;
    let requeued: Vec<i64> = changes
        .notifications
        .iter()
        .filter(|(_, change)| is_requeued(change))
        .map(|(id, _)| *id)
        .collect();
    if !requeued.is_empty() {
        statement::execute(client, REQUEUE, &[&requeued]).await?;
    }
    Ok(())
}

/// News of a delivery may have come after that of the failure.
fn is_requeued(change: &Change) -> bool {
    change.is_requeued && change.status == Status::Retrying
}

/// The status by the receipts alone: a requeue is a change of its own.
fn status(change: &Change) -> Status {
    match is_requeued(change) {
        true => Status::Failed,
        false => change.status,
    }
}

async fn log(client: &impl GenericClient, changes: &Changes) -> Result<(), tokio_postgres::Error> {
    let logs = &changes.logs;
    let ids: Vec<i64> = logs.iter().map(|log| log.notification_id).collect();
    let tenants: Vec<Option<&str>> = logs.iter().map(|log| log.tenant_id.as_deref()).collect();
    let sources: Vec<Option<i64>> = logs.iter().map(|log| log.source_id).collect();
    let channels: Vec<i64> = logs.iter().map(|log| log.channel_id).collect();
    let levels: Vec<&str> = logs.iter().map(|log| log.level.as_str()).collect();
    let events: Vec<&str> = logs.iter().map(|log| log.event).collect();
    let attempts: Vec<i32> = logs.iter().map(|log| log.attempt).collect();
    let classes: Vec<Option<&str>> = logs
        .iter()
        .map(|log| log.error_class.map(|class| class.as_str()))
        .collect();
    let details: Vec<Option<&str>> = logs.iter().map(|log| log.detail.as_deref()).collect();
    statement::execute(
        client,
        LOG,
        &[
            &ids, &tenants, &sources, &channels, &levels, &events, &attempts, &classes, &details,
        ],
    )
    .await?;
    Ok(())
}

async fn name(client: &impl GenericClient, changes: &Changes) -> Result<(), tokio_postgres::Error> {
    let names = &changes.names;
    let channels: Vec<i64> = names.iter().map(|name| name.channel_id).collect();
    let messages: Vec<&str> = names
        .iter()
        .map(|name| name.provider_message_id.as_str())
        .collect();
    let ids: Vec<i64> = names.iter().map(|name| name.notification_id).collect();
    let attempts: Vec<i32> = names.iter().map(|name| name.attempt).collect();
    statement::execute(client, NAME, &[&channels, &messages, &ids, &attempts]).await?;
    Ok(())
}
