//! Removes rows that are older than anybody wants to keep them, in small batches: a long transaction would keep dead rows,
//! and a large one would fill the log.

use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::time::Instant;
use tokio_postgres::types::{FromSqlOwned, ToSql};

use crate::database::DatabaseError;
use crate::run::daemon::Daemon;
use crate::run::statement;

/// The pause after a batch is this many times as long as the batch took: what is sent comes first.
const REST_PER_WORK: u32 = 4;
const REST_MIN: Duration = Duration::from_millis(50);
/// "zaphygie" in ASCII: whoever has this lock removes rows, the other daemons need not.
const LOCK: i64 = 0x7a61_7068_7967_6965;

/// Rows of the queue stay longer than any order is recent: a row that is gone no longer says that its order was announced.
const LOAD_LIMITS: &str = "-- load_limits
with given as (
    select s.key, case when pg_catalog.jsonb_typeof(s.value) = 'number' then s.value::numeric end as days
    from zap.setting as s
    where s.tenant_id is null
        and s.key in ('retention.queue_days', 'retention.logs_days', 'retention.inbound_days', 'retention.history_days')
),
kept as (
    select
        coalesce((select g.days from given as g where g.key = 'retention.queue_days'), 30) as queue,
        coalesce((select g.days from given as g where g.key = 'retention.logs_days'), 90) as logs,
        coalesce((select g.days from given as g where g.key = 'retention.inbound_days'), 7) as inbound,
        coalesce((select g.days from given as g where g.key = 'retention.history_days'), 365) as history
)
select
    pg_catalog.statement_timestamp() - greatest(
        pg_catalog.make_interval(secs => least(greatest(k.queue, 0), 36500)::float8 * 86400),
        (select pg_catalog.max(s.max_age) + '1 day'::interval from zap.source as s)
    ) as queue,
    pg_catalog.statement_timestamp()
    - pg_catalog.make_interval(secs => least(greatest(k.logs, 0), 36500)::float8 * 86400) as logs,
    pg_catalog.statement_timestamp()
    - pg_catalog.make_interval(secs => least(greatest(k.inbound, 0), 36500)::float8 * 86400) as inbound,
    pg_catalog.statement_timestamp()
    - pg_catalog.make_interval(secs => least(greatest(k.history, 0), 36500)::float8 * 86400) as history
from kept as k";

/// Walks the primary key; what waits is passed by. Ids follow the order of capture, so the walk ends where rows are young.
const FORGET_NOTIFICATIONS: &str = "-- forget_notifications
with turn as materialized (select pg_catalog.pg_try_advisory_xact_lock($3) as is_ours),
walked as materialized (
    select q.id, q.created_at
    from zap.notification_queue as q
    where q.id > $1 and (select t.is_ours from turn as t)
    order by q.id
    limit 1000
),
old as materialized (
    select q.id
    from zap.notification_queue as q
    where q.id = any (array(select w.id from walked as w where w.created_at < $2))
        and q.status in ('sent', 'delivered', 'read', 'failed', 'canceled', 'skipped', 'expired')
        and greatest(
            q.created_at, q.sent_at, q.delivered_at, q.read_at, q.failed_at, q.canceled_at, q.skipped_at, q.expired_at
        ) < $2
    for update skip locked
),
unnamed as (
    delete from zap.sent_message as s
    where s.notification_id = any (array(select o.id from old as o))
),
forgotten as (
    delete from zap.notification_queue as q
    where q.id = any (array(select o.id from old as o))
    returning q.id
)
select
    (select pg_catalog.count(*) from forgotten) as forgotten,
    (select pg_catalog.max(w.id) from walked as w where w.created_at < $2) as last";

/// Uses `notification_logs_by_time`. The floor spares the walk over entries that the last batch left dead.
const FORGET_LOGS: &str = "-- forget_logs
with turn as materialized (select pg_catalog.pg_try_advisory_xact_lock($3) as is_ours),
old as materialized (
    select l.id, l.logged_at
    from zap.notification_logs as l
    where l.logged_at >= $1 and l.logged_at < $2 and (select t.is_ours from turn as t)
    order by l.logged_at
    limit 1000
),
forgotten as (
    delete from zap.notification_logs as l
    where l.id = any (array(select o.id from old as o))
    returning l.id
)
select
    (select pg_catalog.count(*) from forgotten) as forgotten,
    (select pg_catalog.max(o.logged_at) from old as o) as last";

/// Walks the primary key, which follows the order of arrival; what is not read yet is passed by.
const FORGET_DELIVERIES: &str = "-- forget_deliveries
with turn as materialized (select pg_catalog.pg_try_advisory_xact_lock($3) as is_ours),
walked as materialized (
    select e.id, e.received_at
    from zap.inbound_event as e
    where e.id > $1 and (select t.is_ours from turn as t)
    order by e.id
    limit 1000
),
forgotten as (
    delete from zap.inbound_event as e
    where e.id = any (array(select w.id from walked as w where w.received_at < $2)) and e.processed_at < $2
    returning e.id
)
select
    (select pg_catalog.count(*) from forgotten) as forgotten,
    (select pg_catalog.max(w.id) from walked as w where w.received_at < $2) as last";

/// Walks the primary key, which follows the order of arrival.
const FORGET_MESSAGES: &str = "-- forget_messages
with turn as materialized (select pg_catalog.pg_try_advisory_xact_lock($3) as is_ours),
walked as materialized (
    select h.id, h.received_at
    from zap.message_history as h
    where h.id > $1 and (select t.is_ours from turn as t)
    order by h.id
    limit 1000
),
forgotten as (
    delete from zap.message_history as h
    where h.id = any (array(select w.id from walked as w where w.received_at < $2))
    returning h.id
)
select
    (select pg_catalog.count(*) from forgotten) as forgotten,
    (select pg_catalog.max(w.id) from walked as w where w.received_at < $2) as last";

/// Uses `recipient_address_expiring`. What has expired would be asked anew anyway.
const FORGET_ADDRESSES: &str = "-- forget_addresses
with turn as materialized (select pg_catalog.pg_try_advisory_xact_lock($3) as is_ours),
old as materialized (
    select r.channel_id, r.kind, r.address, r.expires_at
    from zap.recipient_address as r
    where r.expires_at >= $1 and r.expires_at < $2 and (select t.is_ours from turn as t)
    order by r.expires_at
    limit 1000
),
forgotten as (
    delete from zap.recipient_address as r
    using old as o
    where r.channel_id = o.channel_id and r.kind = o.kind and r.address = o.address and r.expires_at = o.expires_at
    returning r.channel_id
)
select
    (select pg_catalog.count(*) from forgotten) as forgotten,
    (select pg_catalog.max(o.expires_at) from old as o) as last";

/// Uses `recipient_alias_by_time`: names that a provider has not used for as long as messages are kept.
const FORGET_ALIASES: &str = "-- forget_aliases
with turn as materialized (select pg_catalog.pg_try_advisory_xact_lock($3) as is_ours),
old as materialized (
    select a.channel_id, a.alias, a.seen_at
    from zap.recipient_alias as a
    where a.seen_at >= $1 and a.seen_at < $2 and (select t.is_ours from turn as t)
    order by a.seen_at
    limit 1000
),
forgotten as (
    delete from zap.recipient_alias as a
    using old as o
    where a.channel_id = o.channel_id and a.alias = o.alias and a.seen_at = o.seen_at
    returning a.channel_id
)
select
    (select pg_catalog.count(*) from forgotten) as forgotten,
    (select pg_catalog.max(o.seen_at) from old as o) as last";

/// Uses `tenant_usage_by_day`. A month's cap needs the whole month.
const FORGET_USAGE: &str = "-- forget_usage
with turn as materialized (select pg_catalog.pg_try_advisory_xact_lock($3) as is_ours),
old as materialized (
    select u.tenant_id, u.on_day
    from zap.tenant_usage as u
    where u.on_day >= $1::date
        and u.on_day < least($2::timestamptz, pg_catalog.statement_timestamp() - '62 days'::interval)::date
        and (select t.is_ours from turn as t)
    order by u.on_day
    limit 1000
),
forgotten as (
    delete from zap.tenant_usage as u
    using old as o
    where u.tenant_id = o.tenant_id and u.on_day = o.on_day
    returning u.on_day
)
select
    (select pg_catalog.count(*) from forgotten) as forgotten,
    (select pg_catalog.max(o.on_day) from old as o) as last";

/// What is older than these times is old enough.
struct Limits {
    queue: DateTime<Utc>,
    logs: DateTime<Utc>,
    inbound: DateTime<Utc>,
    history: DateTime<Utc>,
}

/// Removes what is old enough.
pub(super) async fn retain(daemon: &Daemon) -> Result<(), DatabaseError> {
    let limits = load_limits(daemon).await?;
    let notifications = forget(daemon, FORGET_NOTIFICATIONS, i64::MIN, limits.queue).await?;
    let log_rows = forget(daemon, FORGET_LOGS, DateTime::UNIX_EPOCH, limits.logs).await?;
    let deliveries = forget(daemon, FORGET_DELIVERIES, i64::MIN, limits.inbound).await?;
    let messages = forget(daemon, FORGET_MESSAGES, i64::MIN, limits.history).await?;
    let begin = DateTime::UNIX_EPOCH;
    let usage = forget(daemon, FORGET_USAGE, begin.date_naive(), limits.logs).await?;
    let addresses = forget(daemon, FORGET_ADDRESSES, begin, limits.queue).await?
        + forget(daemon, FORGET_ALIASES, begin, limits.history).await?;
    if notifications + log_rows + deliveries + messages + addresses + usage > 0 {
        tracing::info!(
            notifications,
            log_rows,
            deliveries,
            messages,
            addresses,
            usage,
            "old rows are removed"
        );
    }
    Ok(())
}

/// Walks from `position` on, batch by batch, with pauses; returns how many rows older than `before` were removed.
async fn forget<T>(
    daemon: &Daemon,
    sql: &str,
    mut position: T,
    before: DateTime<Utc>,
) -> Result<i64, DatabaseError>
where
    T: ToSql + FromSqlOwned + Sync,
{
    let mut forgotten = 0;
    loop {
        let begin = Instant::now();
        let rows = {
            let client = daemon.client().await?;
            statement::rows(&client, sql, &[&position, &before, &LOCK]).await?
        };
        let Some(row) = rows.first() else {
            return Ok(forgotten);
        };
        forgotten += row.try_get::<_, i64>("forgotten")?;
        // None: nothing old is left, or another daemon is at it.
        let Some(last) = row.try_get("last")? else {
            return Ok(forgotten);
        };
        position = last;
        tokio::time::sleep(REST_MIN.max(begin.elapsed() * REST_PER_WORK)).await;
    }
}

async fn load_limits(daemon: &Daemon) -> Result<Limits, DatabaseError> {
    let client = daemon.client().await?;
    let rows = statement::rows(&client, LOAD_LIMITS, &[]).await?;
    let row = rows
        .first()
        .ok_or_else(|| DatabaseError::Other("no limits".to_owned()))?;
    Ok(Limits {
        queue: row.try_get("queue")?,
        logs: row.try_get("logs")?,
        inbound: row.try_get("inbound")?,
        history: row.try_get("history")?,
    })
}
