//! Old rows and old snapshots.

use tokio_postgres::{Client, Row};

use super::finding::{Finding, found};
use crate::database::DatabaseError;
use crate::run::{LOAD_LIMIT, SNAPSHOTS};

/// Area of these findings.
pub const AREA: &str = "hygiene";
/// As long as a daemon waits before it warns.
const LIMIT_SECONDS: f64 = 300.0;

const RETENTION: &str = "-- retention
with kept as (
    select s.key, s.value, case when pg_catalog.jsonb_typeof(s.value) = 'number' then s.value::numeric end as days
    from zap.setting as s
    where s.tenant_id is null
        and s.key in ('retention.queue_days', 'retention.logs_days', 'retention.inbound_days', 'retention.history_days')
),
bounds as (
    select greatest(
        pg_catalog.make_interval(
            secs => least(coalesce((select k.days from kept as k where k.key = 'retention.queue_days'), 30), 36500)::float8 * 86400
        ),
        (select pg_catalog.max(s.max_age) + '1 day'::interval from zap.source as s)
    ) as kept
)
select
    'info' as severity,
    'retention.queue_days is ' || k.days || ', but rows stay for ' || b.kept || ': as long as an order of a source may be new' as what,
    null as remedy
from kept as k, bounds as b
where k.key = 'retention.queue_days' and pg_catalog.make_interval(secs => least(k.days, 36500)::float8 * 86400) < b.kept
union all
select
    'warning',
    'old rows stay in the queue, the oldest since ' || pg_catalog.min(q.created_at)::timestamptz(0) || ': no daemon removes them',
    'zapgres daemon list'
from (
    select q.created_at, q.status
    from zap.notification_queue as q
    order by q.id
    limit 1000
) as q, bounds as b
where q.status in ('sent', 'delivered', 'read', 'failed', 'canceled', 'skipped', 'expired')
    and q.created_at < pg_catalog.clock_timestamp() - b.kept - '1 day'::interval
having pg_catalog.count(*) > 0
union all
select
    'warning',
    'zap.' || t.relname || ' has ' || t.n_dead_tup || ' dead rows and ' || t.n_live_tup || ' live ones',
    'vacuum zap.' || t.relname || ';'
from pg_catalog.pg_stat_user_tables as t
where t.schemaname = 'zap' and t.n_dead_tup > 100000 and t.n_dead_tup > 4 * t.n_live_tup";

/// Whether old rows leave.
pub async fn retention(client: &Client) -> Result<Vec<Finding>, DatabaseError> {
    found(client, AREA, RETENTION, &[]).await
}

/// Who keeps dead rows from being cleared away.
pub async fn snapshots(client: &Client) -> Result<Vec<Finding>, DatabaseError> {
    let limit = client.query_opt(LOAD_LIMIT, &[]).await?;
    let limit = limit.and_then(|row| row.get(0)).unwrap_or(LIMIT_SECONDS);
    let holders = client.query(SNAPSHOTS, &[]).await?;
    let mut findings: Vec<Finding> = holders.iter().filter_map(|row| judge(row, limit)).collect();
    if findings.is_empty() {
        findings.push(Finding::ok(AREA, "nobody holds an old snapshot"));
    }
    Ok(findings)
}

/// A slot's or a standby's snapshot has no time of its own: only a daemon, which watches it, can tell its age.
fn judge(row: &Row, limit: f64) -> Option<Finding> {
    let held: Option<f64> = row.get("held_seconds");
    let held = held.filter(|held| *held >= limit)?;
    let (holder, description): (&str, &str) = (row.get("holder"), row.get("description"));
    let remedy = if let Some(pid) = holder.strip_prefix("session ") {
        format!("select pg_terminate_backend({pid});")
    } else {
        let gid = holder
            .strip_prefix("prepared transaction ")
            .unwrap_or(holder);
        format!("rollback prepared '{}';", gid.replace('\'', "''"))
    };
    Some(Finding::warning(
        AREA,
        format!(
            "{holder} ({description}) has held a snapshot for {held:.0} s: dead rows stay in the queue, which gets slower"
        ),
        remedy,
    ))
}
