//! When a channel works again, what failed because it did not is tried again soon.

use std::time::Duration;

use deadpool_postgres::GenericClient;
use zapgres_core::next_step::RetryPolicy;

use crate::run::statement;

const BATCH: i64 = 500;

/// Uses `notification_queue_attempted`. Spread a little: the provider has just recovered. What has failed since is no matter
/// of the outage; and the last attempt keeps its distance, in case there is no end to it yet. What waits because of its
/// channel is due anyway, and what is too much for its recipient waits as long as that one's provider wants.
pub(crate) const HASTEN: &str = "-- hasten
with late as materialized (
    select q.id
    from zap.notification_queue as q
    where q.status = 'retrying'
        and q.channel_id = $1
        and q.id > $2
        and q.error_class = 'transient'
        and q.processing_at < pg_catalog.statement_timestamp() - pg_catalog.make_interval(secs => $4)
        and q.attempts < coalesce(q.max_attempts, $5) - 1
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

/// Makes due what was tried before the channel began to work, `works_for` ago, and returns how many there were.
pub(crate) async fn hasten(
    client: &impl GenericClient,
    channel_id: i64,
    works_for: Duration,
) -> Result<i64, tokio_postgres::Error> {
    let works_for = works_for.as_secs_f64();
    let max_attempts = i32::try_from(RetryPolicy::default().max_attempts).unwrap_or(i32::MAX);
    let (mut last, mut total) = (0_i64, 0_i64);
    loop {
        let parameters: statement::Parameters<'_> =
            &[&channel_id, &last, &BATCH, &works_for, &max_attempts];
        let rows = statement::rows(client, HASTEN, parameters).await?;
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
