//! Channels that have something to send.

use deadpool_postgres::GenericClient;

use super::statement;

/// Loose scan of `notification_queue_ready`: one probe per channel, however long its queue is.
pub(crate) const DUE_CHANNELS: &str = "-- due_channels
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
cross join lateral (
    select q.next_attempt_at
    from zap.notification_queue as q
    where q.resolved_at is not null
        and q.status in ('pending', 'retrying', 'uncertain')
        and q.channel_id = b.channel_id
    order by q.next_attempt_at, q.id
    limit 1
) as oldest
where oldest.next_attempt_at <= pg_catalog.statement_timestamp()";

/// Ids of channels with due notifications.
pub(crate) async fn due_channels(
    client: &impl GenericClient,
) -> Result<Vec<i64>, tokio_postgres::Error> {
    let rows = statement::rows(client, DUE_CHANNELS, &[]).await?;
    rows.iter().map(|row| row.try_get(0)).collect()
}
