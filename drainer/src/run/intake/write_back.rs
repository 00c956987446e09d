//! Writes what a look decided: one statement for a batch, its log rows included.

use chrono::{DateTime, Utc};
use deadpool_postgres::GenericClient;
use serde_json::Value;

use crate::run::log_row::LogRow;
use crate::run::statement::{self, Parameters};

/// Finds its rows by primary key.
pub(crate) const WRITE_BACK: &str = "-- write_back
with decided as materialized (
    select d.*
    from unnest(
        $1::bigint [], $2::text [], $3::text [], $4::text [], $5::text [], $6::bigint [], $7::text [], $8::text [],
        $9::text [], $10::integer [], $11::timestamptz [], $12::timestamptz [], $13::text [], $14::boolean [],
        $24::jsonb [], $26::timestamptz []
    ) as d (
        id, status, reason, tenant_id, recipient, channel_id, body, template_version, context_hash, max_attempts,
        next_attempt_at, expires_at, last_error, resolved, payload, scheduled_at
    )
),
written as (
    update zap.notification_queue as q
    set
        status = d.status,
        reason = d.reason,
        tenant_id = coalesce(d.tenant_id, q.tenant_id),
        recipient = coalesce(d.recipient, q.recipient),
        channel_id = d.channel_id,
        body = d.body,
        template_version = d.template_version,
        payload = case when d.payload is null then q.payload else coalesce(q.payload, '{}') || d.payload end,
        context_hash = coalesce(d.context_hash, q.context_hash),
        max_attempts = coalesce(d.max_attempts, q.max_attempts),
        next_attempt_at = coalesce(d.next_attempt_at, q.next_attempt_at),
        scheduled_at = coalesce(d.scheduled_at, q.scheduled_at),
        expires_at = coalesce(d.expires_at, q.expires_at),
        last_error = d.last_error,
        error_class = case when d.last_error is not null then 'source_error' end,
        public_id = case when d.resolved then coalesce(q.public_id, pg_catalog.gen_random_uuid()) end,
        resolved_at = case when d.resolved then pg_catalog.clock_timestamp() end,
        skipped_at = case when d.status = 'skipped' then pg_catalog.clock_timestamp() end,
        expired_at = case when d.status = 'expired' then pg_catalog.clock_timestamp() end
    from decided as d
    where q.id = d.id
)
insert into zap.notification_logs
    (notification_id, tenant_id, source_id, channel_id, level, event, code, duration_ms, detail, logged_at)
select
    l.notification_id, l.tenant_id, l.source_id, l.channel_id, l.level, l.event, l.code, l.duration_ms, l.detail,
    coalesce(l.logged_at, pg_catalog.clock_timestamp())
from unnest(
    $15::bigint [], $16::text [], $17::bigint [], $18::bigint [], $19::text [], $20::text [], $21::integer [],
    $22::text [], $23::timestamptz [], $25::text []
) as l (notification_id, tenant_id, source_id, channel_id, level, event, duration_ms, detail, logged_at, code)";

/// New values of one row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Written {
    pub id: i64,
    pub status: &'static str,
    pub reason: Option<&'static str>,
    pub tenant_id: Option<String>,
    pub recipient: Option<String>,
    pub channel_id: Option<i64>,
    pub body: Option<String>,
    pub template_version: Option<String>,
    /// Joins the row's payload.
    pub payload: Option<Value>,
    pub context_hash: Option<String>,
    pub max_attempts: Option<i32>,
    /// None: unchanged.
    pub next_attempt_at: Option<DateTime<Utc>>,
    /// None: unchanged.
    pub scheduled_at: Option<DateTime<Utc>>,
    pub expires_at: Option<DateTime<Utc>>,
    /// Numbers masked.
    pub last_error: Option<String>,
    /// True: intake is done with it.
    pub resolved: bool,
}

/// Writes a batch.
pub(crate) async fn write_back(
    client: &impl GenericClient,
    rows: &[Written],
    logs: &[LogRow],
) -> Result<(), tokio_postgres::Error> {
    let parameters: Parameters<'_> = &[
        &column(rows, |row| row.id),
        &column(rows, |row| row.status),
        &column(rows, |row| row.reason),
        &column(rows, |row| row.tenant_id.as_deref()),
        &column(rows, |row| row.recipient.as_deref()),
        &column(rows, |row| row.channel_id),
        &column(rows, |row| row.body.as_deref()),
        &column(rows, |row| row.template_version.as_deref()),
        &column(rows, |row| row.context_hash.as_deref()),
        &column(rows, |row| row.max_attempts),
        &column(rows, |row| row.next_attempt_at),
        &column(rows, |row| row.expires_at),
        &column(rows, |row| row.last_error.as_deref()),
        &column(rows, |row| row.resolved),
        &column(logs, |log| log.notification_id),
        &column(logs, |log| log.tenant_id.as_deref()),
        &column(logs, |log| log.source_id),
        &column(logs, |log| log.channel_id),
        &column(logs, |log| log.level.as_str()),
        &column(logs, |log| log.event),
        &column(logs, |log| log.duration_ms),
        &column(logs, |log| log.detail.as_deref()),
        &column(logs, |log| log.logged_at),
        &column(rows, |row| row.payload.as_ref()),
        &column(logs, |log| log.code),
        &column(rows, |row| row.scheduled_at),
    ];
    statement::execute(client, WRITE_BACK, parameters).await?;
    Ok(())
}

/// One value of each row, as the statement takes them.
fn column<'a, R, V>(rows: &'a [R], value: impl Fn(&'a R) -> V) -> Vec<V> {
    rows.iter().map(value).collect()
}
