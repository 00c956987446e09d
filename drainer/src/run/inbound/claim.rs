//! Taking deliveries that are due.

use chrono::{DateTime, Utc};
use deadpool_postgres::GenericClient;
use tokio_postgres::Row;

use crate::run::statement;

/// Payloads of one transaction, together, unless a single one is longer.
const BYTES: i64 = 8 * 1024 * 1024;

/// Uses `inbound_event_due`. Sizes are known without reading the payloads.
const CLAIM: &str = "-- claim
with due as materialized (
    select e.id, e.next_attempt_at, pg_catalog.octet_length(e.payload) as size
    from zap.inbound_event as e
    where e.processed_at is null and e.next_attempt_at <= pg_catalog.statement_timestamp()
    order by e.next_attempt_at, e.id
    limit $1
    for update skip locked
),
placed as (
    select
        d.id, pg_catalog.row_number() over w as place,
        pg_catalog.sum(d.size) over w - d.size as before
    from due as d
    window w as (order by d.next_attempt_at, d.id)
)
select
    e.id, e.channel_id, e.provider, e.payload, e.attempts, e.received_at, c.tenant_id, c.instance,
    e.received_at > pg_catalog.clock_timestamp() - '15 minutes'::interval as is_recent,
    pg_catalog.clock_timestamp() as now
from placed as p
inner join zap.inbound_event as e on p.id = e.id
left join zap.channel as c on e.channel_id = c.id
where p.before < $2
order by p.place";

/// A stored delivery.
pub(super) struct Event {
    pub id: i64,
    pub channel_id: i64,
    pub provider: String,
    pub payload: Vec<u8>,
    /// Looks before this one.
    pub attempts: i32,
    pub received_at: DateTime<Utc>,
    /// The channel's company and number; none: the channel is gone.
    pub channel: Option<Channel>,
    /// What matches nothing yet may still do so.
    pub is_recent: bool,
    /// The server's time.
    pub now: DateTime<Utc>,
}

/// Whose delivery it is.
pub(super) struct Channel {
    pub tenant_id: String,
    pub instance: String,
}

impl Event {
    fn from_row(row: &Row) -> Result<Self, tokio_postgres::Error> {
        let tenant_id: Option<String> = row.try_get("tenant_id")?;
        let instance: Option<String> = row.try_get("instance")?;
        Ok(Self {
            id: row.try_get("id")?,
            channel_id: row.try_get("channel_id")?,
            provider: row.try_get("provider")?,
            payload: row.try_get("payload")?,
            attempts: row.try_get("attempts")?,
            received_at: row.try_get("received_at")?,
            channel: tenant_id
                .zip(instance)
                .map(|(tenant_id, instance)| Channel {
                    tenant_id,
                    instance,
                }),
            is_recent: row.try_get("is_recent")?,
            now: row.try_get("now")?,
        })
    }
}

/// Takes deliveries that are due, the oldest first; until the transaction ends, nobody else does.
pub(super) async fn claim(
    client: &impl GenericClient,
    limit: usize,
) -> Result<Vec<Event>, tokio_postgres::Error> {
    let rows = statement::rows(client, CLAIM, &[&statement::limit(limit), &BYTES]).await?;
    rows.iter().map(Event::from_row).collect()
}
