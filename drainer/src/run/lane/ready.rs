//! What a channel may send next.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use deadpool_postgres::GenericClient;
use futures_util::future;
use tokio_postgres::Row;

use crate::run::statement;

/// The priorities that a channel's messages have, found by a loose scan of `notification_queue_ready`, the highest first.
macro_rules! levels {
    () => {
        "with recursive level (priority) as (
    (
        select q.priority
        from zap.notification_queue as q
        where q.resolved_at is not null
            and q.status in ('pending', 'retrying', 'uncertain')
            and q.channel_id = $1
        order by q.priority desc
        limit 1
    )
    union all
    select (
        select q.priority
        from zap.notification_queue as q
        where q.resolved_at is not null
            and q.status in ('pending', 'retrying', 'uncertain')
            and q.channel_id = $1
            and q.priority < l.priority
        order by q.priority desc
        limit 1
    )
    from level as l
    where l.priority is not null
)"
    };
}

/// One range of `notification_queue_ready` per priority, each in the index's own order: nothing is sorted, and nothing
/// read but what is returned. See `claim_oldest` for the floors.
pub(crate) const READY: &str = concat!(
    "-- ready\n",
    levels!(),
    ",
range as (
    select
        l.priority,
        coalesce(
            (
                select f.floor
                from unnest($3::smallint [], $4::timestamptz []) as f (priority, floor)
                where f.priority = l.priority
            ),
            '-infinity'
        ) as floor
    from level as l
    where l.priority is not null
    limit 50
)
select due.*
from range as r
cross join lateral (
    select
        q.id, q.priority, q.attempts, q.recipient, q.subject,
        -- Somebody may have written '-infinity'.
        greatest(q.next_attempt_at, '2000-01-01 00:00+00') as next_attempt_at,
        q.uncertain_at is not null as unanswered,
        case
            when pg_catalog.jsonb_typeof(q.payload -> 'delay_seconds') = 'number'
                -- Rounded: the smallest of numbers has no place in a float8.
                then pg_catalog.round(greatest(0, least(15, (q.payload ->> 'delay_seconds')::numeric)), 3)::float8
        end as delay_seconds
    from zap.notification_queue as q
    where q.resolved_at is not null
        and q.status in ('pending', 'retrying', 'uncertain')
        and q.channel_id = $1
        and q.priority = r.priority
        and q.next_attempt_at >= r.floor
        and q.next_attempt_at <= pg_catalog.statement_timestamp()
        and coalesce(q.recipient, '') <> all ($5)
    order by q.next_attempt_at, q.id
    limit $2
) as due"
);

/// One probe of `notification_queue_ready` per priority.
pub(crate) const NEXT_DUE: &str = concat!(
    "-- next_due\n",
    levels!(),
    "
select pg_catalog.date_part('epoch', pg_catalog.min(next.due) - pg_catalog.clock_timestamp())::float8
from level as l
cross join lateral (
    select q.next_attempt_at as due
    from zap.notification_queue as q
    where q.resolved_at is not null
        and q.status in ('pending', 'retrying', 'uncertain')
        and q.channel_id = $1
        and q.priority = l.priority
        and q.next_attempt_at > pg_catalog.statement_timestamp()
    order by q.next_attempt_at, q.id
    limit 1
) as next
where l.priority is not null and next.due < 'infinity'"
);

/// A notification that is due.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Ready {
    pub id: i64,
    pub priority: i16,
    /// An attempt was left without an answer: it may have been sent.
    pub unanswered: bool,
    /// Attempts made.
    pub attempts: i32,
    pub recipient: String,
    /// What the message is about: messages to one person about one thing keep their order.
    pub subject: String,
    pub next_attempt_at: DateTime<Utc>,
    /// Silence on the channel that it asks for before itself.
    pub delay: Duration,
}

/// What a look at the queue table found.
#[derive(Debug)]
pub(crate) struct Look {
    pub rows: Vec<Ready>,
    /// Until the next one is due, where one is known to come.
    pub next_due: Option<Duration>,
}

impl Ready {
    fn from_row(row: &Row) -> Result<Self, tokio_postgres::Error> {
        let delay: Option<f64> = row.try_get("delay_seconds")?;
        Ok(Self {
            id: row.try_get("id")?,
            priority: row.try_get("priority")?,
            unanswered: row.try_get("unanswered")?,
            attempts: row.try_get("attempts")?,
            recipient: row
                .try_get::<_, Option<String>>("recipient")?
                .unwrap_or_default(),
            subject: row.try_get("subject")?,
            next_attempt_at: row.try_get("next_attempt_at")?,
            delay: delay
                .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
                .unwrap_or_default(),
        })
    }
}

/// Up to `batch` due notifications of the channel for each priority, none of them due before the priority's floor, and
/// none to those who are `crowded`.
pub(crate) async fn look(
    client: &impl GenericClient,
    channel_id: i64,
    batch: usize,
    floors: &BTreeMap<i16, DateTime<Utc>>,
    crowded: &[&str],
) -> Result<Look, tokio_postgres::Error> {
    let (priorities, floors): (Vec<i16>, Vec<DateTime<Utc>>) = floors.iter().unzip();
    let limit = statement::limit(batch);
    // In this order: what becomes due in between is found by the second.
    let (next, rows) = future::try_join(
        statement::rows(client, NEXT_DUE, &[&channel_id]),
        statement::rows(
            client,
            READY,
            &[&channel_id, &limit, &priorities, &floors, &crowded],
        ),
    )
    .await?;
    let rows: Result<Vec<Ready>, _> = rows.iter().map(Ready::from_row).collect();
    let next: Option<f64> = next.first().map_or(Ok(None), |row| row.try_get(0))?;
    Ok(Look {
        rows: rows?,
        // Negative: has become due just now.
        next_due: next.map(|seconds| Duration::try_from_secs_f64(seconds).unwrap_or_default()),
    })
}
