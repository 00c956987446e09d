//! Channels that have something to send.

use deadpool_postgres::GenericClient;

use super::statement;

/// Loose scan of `notification_queue_ready`: two probes per priority of a channel, however long its queue is.
pub(crate) const DUE_CHANNELS: &str = "-- due_channels
with recursive level (channel_id, priority) as (
    select h.channel_id, top.priority
    from unnest($1::bigint []) as h (channel_id)
    cross join lateral (
        select q.priority
        from zap.notification_queue as q
        where q.resolved_at is not null
            and q.status in ('pending', 'retrying', 'uncertain')
            and q.channel_id = h.channel_id
        order by q.priority desc
        limit 1
    ) as top
    union all
    select l.channel_id, next.priority
    from level as l
    cross join lateral (
        select q.priority
        from zap.notification_queue as q
        where q.resolved_at is not null
            and q.status in ('pending', 'retrying', 'uncertain')
            and q.channel_id = l.channel_id
            and q.priority < l.priority
        order by q.priority desc
        limit 1
    ) as next
)
select distinct l.channel_id
from level as l
cross join lateral (
    select q.next_attempt_at
    from zap.notification_queue as q
    where q.resolved_at is not null
        and q.status in ('pending', 'retrying', 'uncertain')
        and q.channel_id = l.channel_id
        and q.priority = l.priority
    order by q.next_attempt_at
    limit 1
) as oldest
where oldest.next_attempt_at <= pg_catalog.statement_timestamp()";

/// Loose scan of `notification_queue_ready`: one probe per channel.
pub(crate) const UNUSED_CHANNELS: &str = "-- unused_channels
with recursive busy (channel_id) as (
    (
        select q.channel_id
        from zap.notification_queue as q
        where q.resolved_at is not null
            and q.status in ('pending', 'retrying', 'uncertain')
            and q.channel_id is not null
        order by q.channel_id
        limit 1
    )
    union all
    select (
        select q.channel_id
        from zap.notification_queue as q
        where q.resolved_at is not null
            and q.status in ('pending', 'retrying', 'uncertain')
            and q.channel_id > b.channel_id
        order by q.channel_id
        limit 1
    )
    from busy as b
    where b.channel_id is not null
)
select b.channel_id
from busy as b
where b.channel_id is not null
    and not exists (select from zap.channel as c where c.id = b.channel_id and c.enabled)";

/// Those of `channels` that have due notifications.
pub(crate) async fn due_channels(
    client: &impl GenericClient,
    channels: &[i64],
) -> Result<Vec<i64>, tokio_postgres::Error> {
    let rows = statement::rows(client, DUE_CHANNELS, &[&channels]).await?;
    rows.iter().map(|row| row.try_get(0)).collect()
}

/// Channels that are gone or disabled, and still have notifications that wait.
pub(crate) async fn unused_channels(
    client: &impl GenericClient,
) -> Result<Vec<i64>, tokio_postgres::Error> {
    let rows = statement::rows(client, UNUSED_CHANNELS, &[]).await?;
    rows.iter().map(|row| row.try_get(0)).collect()
}
