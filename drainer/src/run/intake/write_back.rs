//! Writes what a look decided: one statement for a batch, its log rows included.

use chrono::{DateTime, Utc};
use deadpool_postgres::GenericClient;
use serde::Serialize;
use tokio_postgres::types::Json;

use crate::run::log_row::LogRow;
use crate::run::statement;

/// Finds its rows by primary key.
pub(crate) const WRITE_BACK: &str = "-- write_back
with decided as (
    select *
    from pg_catalog.jsonb_to_recordset($1) as d (
        id bigint, status text, reason text, tenant_id text, recipient text, channel_id bigint, body text,
        template_version text, context_hash text, max_attempts integer, next_attempt_at timestamptz,
        expires_at timestamptz, last_error text, resolved boolean
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
        context_hash = coalesce(d.context_hash, q.context_hash),
        max_attempts = coalesce(d.max_attempts, q.max_attempts),
        next_attempt_at = coalesce(d.next_attempt_at, q.next_attempt_at),
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
    (notification_id, tenant_id, source_id, channel_id, level, event, detail, error_class, logged_at)
select
    l.notification_id, l.tenant_id, l.source_id, l.channel_id, l.level, l.event, l.detail, l.error_class,
    coalesce(l.logged_at, pg_catalog.clock_timestamp())
from pg_catalog.jsonb_to_recordset($2) as l (
    notification_id bigint, tenant_id text, source_id bigint, channel_id bigint, level text, event text, detail text,
    error_class text, logged_at timestamptz
)";

/// New values of one row. Field names are those of the columns, as `jsonb_to_recordset` matches them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Written {
    pub id: i64,
    pub status: &'static str,
    pub reason: Option<&'static str>,
    pub tenant_id: Option<String>,
    pub recipient: Option<String>,
    pub channel_id: Option<i64>,
    pub body: Option<String>,
    pub template_version: Option<String>,
    pub context_hash: Option<String>,
    pub max_attempts: Option<i32>,
    /// None: unchanged.
    pub next_attempt_at: Option<DateTime<Utc>>,
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
    statement::execute(client, WRITE_BACK, &[&Json(rows), &Json(logs)]).await?;
    Ok(())
}
