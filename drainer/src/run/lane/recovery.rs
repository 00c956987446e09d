//! When a channel works again, what failed because it did not is tried again soon.

use deadpool_postgres::GenericClient;

use crate::run::statement;

const BATCH: i64 = 500;

/// Uses `notification_queue_attempted`. Spread a little: the provider has just recovered.
pub(crate) const HASTEN: &str = "-- hasten
with late as materialized (
    select q.id
    from zap.notification_queue as q
    where q.status = 'retrying'
        and q.channel_id = $1
        and q.id > $2
        and q.error_class in ('transient', 'throttled', 'channel_down', 'channel_auth')
        and q.next_attempt_at > pg_catalog.statement_timestamp() + '2 seconds'::interval
        and q.next_attempt_at < 'infinity'
    order by q.id
    limit $3
    for update skip locked
),
hastened as (
    update zap.notification_queue as q
    set next_attempt_at = pg_catalog.clock_timestamp() + pg_catalog.random() * '2 seconds'::interval
    from late as l
    where q.id = l.id
    returning q.id
)
select pg_catalog.max(h.id) as last, pg_catalog.count(*) as count
from hastened as h";

/// Makes due what waits to be tried again, and returns how many there were.
pub(crate) async fn hasten(
    client: &impl GenericClient,
    channel_id: i64,
) -> Result<i64, tokio_postgres::Error> {
    let (mut last, mut total) = (0_i64, 0_i64);
    loop {
        let rows = statement::rows(client, HASTEN, &[&channel_id, &last, &BATCH]).await?;
        let Some(row) = rows.first() else {
            return Ok(total);
        };
        let count: i64 = row.try_get("count")?;
        total += count;
        match row.try_get::<_, Option<i64>>("last")? {
            Some(id) if count == BATCH => last = id,
            _ => return Ok(total),
        }
    }
}
