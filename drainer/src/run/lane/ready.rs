//! What a channel may send next.

use chrono::{DateTime, Utc};
use deadpool_postgres::GenericClient;

use crate::run::statement;

/// Uses `notification_queue_ready`; see `claim_oldest` for the floor.
pub(crate) const READY: &str = "-- ready
select q.id, q.attempts, q.recipient, q.next_attempt_at
from zap.notification_queue as q
where q.resolved_at is not null
    and q.status in ('pending', 'retrying', 'uncertain')
    and q.channel_id = $1
    and q.next_attempt_at >= $3
    and q.next_attempt_at <= pg_catalog.statement_timestamp()
order by q.next_attempt_at, q.id
limit $2";

/// Uses `notification_queue_ready`.
pub(crate) const NEXT_DUE: &str = "-- next_due
select pg_catalog.date_part('epoch', q.next_attempt_at - pg_catalog.clock_timestamp())::float8
from zap.notification_queue as q
where q.resolved_at is not null
    and q.status in ('pending', 'retrying', 'uncertain')
    and q.channel_id = $1
order by q.next_attempt_at, q.id
limit 1";

/// A notification that is due.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Ready {
    pub id: i64,
    /// Attempts made.
    pub attempts: i32,
    pub recipient: String,
    pub next_attempt_at: DateTime<Utc>,
}

/// Up to `batch` due notifications of the channel, none of them due before `floor`.
pub(crate) async fn ready(
    client: &impl GenericClient,
    channel_id: i64,
    batch: usize,
    floor: DateTime<Utc>,
) -> Result<Vec<Ready>, tokio_postgres::Error> {
    let parameters = statement::limit(batch);
    let rows = statement::rows(client, READY, &[&channel_id, &parameters, &floor]).await?;
    let ready = rows.iter().map(|row| {
        Ok(Ready {
            id: row.try_get("id")?,
            attempts: row.try_get("attempts")?,
            recipient: row
                .try_get::<_, Option<String>>("recipient")?
                .unwrap_or_default(),
            next_attempt_at: row.try_get("next_attempt_at")?,
        })
    });
    ready.collect()
}

/// Seconds until the channel's next notification is due, by the database's clock; none when it has none.
pub(crate) async fn seconds_to_next_due(
    client: &impl GenericClient,
    channel_id: i64,
) -> Result<Option<f64>, tokio_postgres::Error> {
    let rows = statement::rows(client, NEXT_DUE, &[&channel_id]).await?;
    rows.first().map_or(Ok(None), |row| row.try_get(0))
}
