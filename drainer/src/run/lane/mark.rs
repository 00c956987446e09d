//! Marks, durably and before the request, what is sent next.

use deadpool_postgres::GenericClient;

use crate::run::statement;

/// Finds its rows by primary key, and only then checks again whatever may have changed since they were found due: as
/// conditions on the table, the same checks would tempt the planner to walk through all that is due.
pub(crate) const MARK: &str = "-- mark
with wanted as materialized (
    select
        q.id, q.channel_id, q.tenant_id, q.recipient_kind, q.recipient, q.resolved_at, q.status, q.next_attempt_at,
        q.expires_at
    from zap.notification_queue as q
    where q.id = any ($1)
    for update skip locked
),
allowed as (
    select w.id
    from wanted as w
    inner join zap.channel as c on w.channel_id = c.id
    inner join zap.tenant as t on w.tenant_id = t.id
    where w.channel_id = $2
        and w.resolved_at is not null
        and w.status in ('pending', 'retrying', 'uncertain')
        and w.next_attempt_at <= pg_catalog.statement_timestamp()
        and (w.expires_at is null or w.expires_at > pg_catalog.statement_timestamp())
        and c.enabled
        and c.paused_at is null
        and t.enabled
        and coalesce(
            (select s.value from zap.setting as s where s.key = 'sending.enabled' and s.tenant_id = w.tenant_id),
            (select s.value from zap.setting as s where s.key = 'sending.enabled' and s.tenant_id is null),
            'true'
        ) = 'true'
        and not exists (
            select from zap.recipient as r
            where r.tenant_id = w.tenant_id
                and r.kind = w.recipient_kind
                and r.address = w.recipient
                and r.opted_out_at is not null
        )
),
marked as (
    update zap.notification_queue as q
    set
        status = 'processing',
        attempts = q.attempts + 1,
        processing_at = pg_catalog.clock_timestamp()
    from allowed as a
    where q.id = a.id
    returning
        q.id, q.attempts, q.max_attempts, q.recipient, q.kind, q.body, q.tenant_id, q.source_id, q.channel_id,
        q.uncertain_at is not null as repeat,
        coalesce((q.metadata ->> 'unanswered')::integer, 0) as unanswered
),
logged as (
    insert into zap.notification_logs
        (notification_id, tenant_id, source_id, channel_id, level, event, attempt, detail)
    select
        m.id, m.tenant_id, m.source_id, m.channel_id, 'info', 'repeated', m.attempts,
        'an earlier attempt was left without an answer: this one may be a repeat'
    from marked as m
    where m.repeat
)
select m.id, m.attempts, m.max_attempts, m.recipient, m.kind, m.body, m.repeat, m.unanswered
from marked as m";

/// A notification that is marked and has to be sent now.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Marked {
    pub id: i64,
    /// Number of this attempt.
    pub attempt: i32,
    pub max_attempts: Option<i32>,
    pub recipient: String,
    pub kind: String,
    pub body: String,
    /// An earlier attempt was left without an answer.
    pub repeat: bool,
    /// How many were.
    pub unanswered: i32,
}

/// Marks those of `ids` that may still be sent on the channel.
pub(crate) async fn mark(
    client: &impl GenericClient,
    channel_id: i64,
    ids: &[i64],
) -> Result<Vec<Marked>, tokio_postgres::Error> {
    let rows = statement::rows(client, MARK, &[&ids, &channel_id]).await?;
    let marked = rows.iter().map(|row| {
        Ok(Marked {
            id: row.try_get("id")?,
            attempt: row.try_get("attempts")?,
            max_attempts: row.try_get("max_attempts")?,
            recipient: row
                .try_get::<_, Option<String>>("recipient")?
                .unwrap_or_default(),
            kind: row.try_get("kind")?,
            body: row
                .try_get::<_, Option<String>>("body")?
                .unwrap_or_default(),
            repeat: row.try_get("repeat")?,
            unanswered: row.try_get("unanswered")?,
        })
    });
    marked.collect()
}
