//! Looking at the queue. Every row is a JSON object, for people and programs alike.

use serde_json::Value;
use tokio_postgres::Client;
use tokio_postgres::types::{Json, ToSql};

use super::{ControlError, Filter};

/// How the queue stands.
///
/// # Errors
/// What kept it from being looked at.
pub async fn overview(client: &Client) -> Result<Vec<Value>, ControlError> {
    let sql = "-- overview\nselect pg_catalog.to_jsonb(o) from zap.overview() as o";
    objects(client, sql, &[]).await
}

/// Every channel: who sends for it, whether it works, what waits.
///
/// # Errors
/// What kept them from being looked at.
pub async fn channels(client: &Client) -> Result<Vec<Value>, ControlError> {
    let sql = "-- channels\nselect pg_catalog.to_jsonb(c) from zap.channel_overview() as c";
    objects(client, sql, &[]).await
}

/// Daemons that have a lease, or had one that nobody has cleared away.
///
/// # Errors
/// What kept them from being looked at.
pub async fn daemons(client: &Client) -> Result<Vec<Value>, ControlError> {
    let sql = "-- daemons
        select pg_catalog.to_jsonb(l)
        from (
            select
                d.name, d.version, d.started_at, d.lease_until,
                d.lease_until > pg_catalog.clock_timestamp() as is_alive,
                (select pg_catalog.count(*) from zap.channel_state as s where s.lease_owner = d.name) as channels
            from zap.daemon as d
            order by d.name
        ) as l";
    objects(client, sql, &[]).await
}

/// What was given up, by cause, the most frequent first.
///
/// # Errors
/// What kept it from being looked at.
pub async fn dead_letters(client: &Client) -> Result<Vec<Value>, ControlError> {
    let sql = "-- dead_letters
        select pg_catalog.to_jsonb(d)
        from zap.dead_letters as d
        order by d.count desc, d.last_failed_at desc";
    objects(client, sql, &[]).await
}

/// The latest `limit` notifications that match.
///
/// # Errors
/// What the filter cannot mean.
pub async fn list(
    client: &Client,
    filter: &Filter,
    limit: i64,
) -> Result<Vec<Value>, ControlError> {
    let sql = "-- list
        select pg_catalog.to_jsonb(l)
        from (
            select
                q.id, q.status, q.reason, q.tenant_id, c.name as channel, q.event, q.subject, q.recipient, q.attempts,
                q.created_at, q.next_attempt_at, q.sent_at, q.error_class, q.last_error
            from zap.list_matching($1, $2) as q
            left join zap.channel as c on c.id = q.channel_id
            order by q.id desc
        ) as l";
    objects(client, sql, &[&Json(filter), &limit]).await
}

/// One notification, and its log in field `log`.
///
/// # Errors
/// [`ControlError::Unknown`] when there is none.
pub async fn show(client: &Client, id: i64) -> Result<Value, ControlError> {
    let sql = "-- show
        select
            pg_catalog.to_jsonb(q) || pg_catalog.jsonb_build_object(
                'channel', c.name,
                'source', s.relation,
                'log', coalesce(
                    (
                        select pg_catalog.jsonb_agg(pg_catalog.to_jsonb(e) order by e.id)
                        from (
                            select l.id, l.logged_at, l.level, l.event, l.attempt, l.duration_ms, l.error_class, l.detail
                            from zap.notification_logs as l
                            where l.notification_id = q.id
                        ) as e
                    ),
                    '[]'
                )
            )
        from zap.notification_queue as q
        left join zap.channel as c on c.id = q.channel_id
        left join zap.source as s on s.id = q.source_id
        where q.id = $1";
    let found = objects(client, sql, &[&id]).await?;
    found.into_iter().next().ok_or(ControlError::Unknown(id))
}

pub(super) async fn objects(
    client: &Client,
    sql: &str,
    parameters: &[&(dyn ToSql + Sync)],
) -> Result<Vec<Value>, ControlError> {
    let rows = client.query(sql, parameters).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}
