//! Old rows and old snapshots.

use tokio_postgres::{Client, Row};

use super::finding::{Finding, found};
use crate::database::DatabaseError;
use crate::run::{LOAD_LIMIT, SNAPSHOTS};

/// Area of these findings.
pub const AREA: &str = "hygiene";
/// As long as a daemon waits before it warns.
const LIMIT_SECONDS: f64 = 300.0;

/// What is sent and forgotten meanwhile stays: a snapshot of a slot or a standby has no time of its own, but an age in
/// transactions. Write-ahead log that is kept for somebody fills the disk, and a full disk stops every order.
const REPLICATION: &str = "-- replication
with limits (transactions, bytes) as (values (100000, 1073741824)),
position (lsn) as (
    select case
        when pg_catalog.pg_is_in_recovery() then pg_catalog.pg_last_wal_replay_lsn() else pg_catalog.pg_current_wal_lsn()
    end
),
slots as (
    select
        s.slot_name, s.active, s.wal_status, pg_catalog.age(s.xmin) as age,
        pg_catalog.pg_wal_lsn_diff(p.lsn, s.restart_lsn)::bigint as kept,
        case
            when s.active then 'active, of process ' || s.active_pid
            else 'inactive: nobody reads it'
        end as state,
        case
            when not s.active then pg_catalog.format('select pg_drop_replication_slot(%L);', s.slot_name)
            else 'alter system set hot_standby_feedback = off; select pg_reload_conf(); -- on the standby that reads it'
        end as freed,
        case
            when not s.active then pg_catalog.format('select pg_drop_replication_slot(%L);', s.slot_name)
            else pg_catalog.format('select pg_terminate_backend(%s);', s.active_pid)
                || ' -- it connects anew; if it stays behind: alter system set max_slot_wal_keep_size = ''10GB''; select pg_reload_conf();'
        end as let_go
    from pg_catalog.pg_replication_slots as s cross join position as p
)
select
    'warning' as severity,
    'replication slot ' || s.slot_name || ' (' || s.state || ') holds a snapshot ' || s.age
    || ' transactions old: dead rows stay in the queue, which gets slower' as what,
    s.freed as remedy
from slots as s, limits as l
where s.age >= l.transactions
union all
select
    'warning',
    'standby ' || coalesce(nullif(r.application_name, ''), r.pid::text) || ' holds a snapshot ' || pg_catalog.age(r.backend_xmin)
    || ' transactions old (hot_standby_feedback): dead rows stay in the queue, which gets slower',
    'alter system set hot_standby_feedback = off; select pg_reload_conf(); -- on the standby; or end its long query there'
from pg_catalog.pg_stat_replication as r, limits as l
where pg_catalog.age(r.backend_xmin) >= l.transactions
union all
select
    'warning',
    'replication slot ' || s.slot_name || ' (' || s.state || ') keeps back ' || pg_catalog.pg_size_pretty(s.kept)
    || ' of write-ahead log: a disk that is full stops every order',
    s.let_go
from slots as s, limits as l
where s.kept >= l.bytes and s.wal_status is distinct from 'lost'
union all
select
    'warning', 'replication slot ' || s.slot_name || ' has lost what it was to keep: whoever reads it has to begin anew',
    pg_catalog.format('select pg_drop_replication_slot(%L);', s.slot_name)
from slots as s
where s.wal_status = 'lost'";

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

/// What slots and standbys keep back.
pub async fn replication(client: &Client) -> Result<Vec<Finding>, DatabaseError> {
    found(client, AREA, REPLICATION, &[]).await
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

/// A slot's or a standby's snapshot has no time of its own: see [`replication`].
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
