//! What `zap.channel_health` is asked and told.

use std::time::Duration;

use deadpool_postgres::GenericClient;

use crate::run::statement::{self, Parameters};

/// Both tables by primary key.
pub(crate) const DUE: &str = "-- channels_due_for_health
select c.id
from unnest($1::bigint []) as l (id)
inner join zap.channel as c on l.id = c.id
left join zap.channel_health as h on c.id = h.channel_id
where c.enabled and coalesce(h.health_due_at, '-infinity') <= pg_catalog.clock_timestamp()
order by h.health_due_at nulls first, c.id";

/// A change of the connection is logged, once.
pub(crate) const STORE: &str = "-- store_channel_health
with former as (
    select h.connection from zap.channel_health as h where h.channel_id = $1
),
logged as (
    insert into zap.notification_logs (tenant_id, channel_id, level, event, code, duration_ms, detail)
    select
        c.tenant_id, c.id, case when $2::text = 'connected' then 'success' else 'error' end, 'connection', 'connection',
        $5::integer, pg_catalog.concat_ws(': ', $2, $3::text)
    from zap.channel as c
    where c.id = $1 and $2 is not null and $8 and (select f.connection from former as f) is distinct from $2
)
insert into zap.channel_health as h
    (channel_id, connection, connection_since, detail, connected_number, checked_at, latency_ms, error, health_due_at)
select
    c.id, $2, pg_catalog.clock_timestamp(), $3, $4, pg_catalog.clock_timestamp(), $5, $6,
    pg_catalog.clock_timestamp() + pg_catalog.make_interval(secs => $7)
from zap.channel as c
where c.id = $1
on conflict (channel_id) do update
set
    connection = excluded.connection,
    connection_since = case
        when h.connection is not distinct from excluded.connection then h.connection_since else excluded.connection_since
    end,
    detail = excluded.detail,
    connected_number = coalesce(excluded.connected_number, h.connected_number),
    checked_at = excluded.checked_at,
    latency_ms = excluded.latency_ms,
    error = excluded.error,
    health_due_at = excluded.health_due_at";

/// What a look at a channel found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// None: not known.
    pub connection: Option<&'static str>,
    /// Whether that is something else than what was known last, be it long ago.
    pub is_change: bool,
    pub detail: Option<String>,
    pub number: Option<String>,
    pub latency: Duration,
    pub error: Option<String>,
    /// When to look again.
    pub again_in: Duration,
}

/// Those of `channels` that are to be asked about now, the longest due first.
pub(super) async fn due(
    client: &impl GenericClient,
    channels: &[i64],
) -> Result<Vec<i64>, tokio_postgres::Error> {
    let rows = statement::rows(client, DUE, &[&channels]).await?;
    rows.iter().map(|row| row.try_get(0)).collect()
}

/// Writes down what was found.
pub(super) async fn store(
    client: &impl GenericClient,
    channel_id: i64,
    found: &Found,
) -> Result<(), tokio_postgres::Error> {
    let latency = i32::try_from(found.latency.as_millis()).unwrap_or(i32::MAX);
    let parameters: Parameters<'_> = &[
        &channel_id,
        &found.connection,
        &found.detail,
        &found.number,
        &latency,
        &found.error,
        &found.again_in.as_secs_f64(),
        &found.is_change,
    ];
    statement::execute(client, STORE, parameters).await?;
    Ok(())
}
