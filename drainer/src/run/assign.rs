//! Notifications that wait for a channel of their tenant get one as soon as there is one.

use std::collections::BTreeSet;

use deadpool_postgres::GenericClient;

use super::statement;

const BATCH: i64 = 500;

/// Uses `notification_queue_ready`.
pub(crate) const WAITING_TENANTS: &str = "-- waiting_tenants
select distinct q.tenant_id
from zap.notification_queue as q
where q.channel_id is null
    and q.resolved_at is not null
    and q.status in ('pending', 'retrying', 'uncertain')
    and q.tenant_id is not null";

/// Tenants among `$1` that have a usable channel.
pub(crate) const SERVED_TENANTS: &str = "-- served_tenants
select distinct c.tenant_id
from zap.channel as c
where c.tenant_id = any ($1) and c.enabled and c.paused_at is null";

/// Uses `notification_queue_ready`.
pub(crate) const ASSIGN: &str = "-- assign
with waiting as (
    select q.id
    from zap.notification_queue as q
    where q.channel_id is null
        and q.resolved_at is not null
        and q.status in ('pending', 'retrying', 'uncertain')
        and q.tenant_id = $1
    order by q.next_attempt_at, q.id
    limit $2
    for update skip locked
),
best as (
    select c.id
    from zap.channel as c
    where c.tenant_id = $1 and c.enabled and c.paused_at is null
    order by c.priority desc, c.id
    limit 1
)
update zap.notification_queue as q
set channel_id = best.id, reason = null
from waiting, best
where q.id = waiting.id
returning q.channel_id";

/// Uses `notification_queue_ready`.
pub(crate) const RELEASE: &str = "-- release
update zap.notification_queue as q
set channel_id = null, reason = 'no_channel'
where q.channel_id = $1
    and q.resolved_at is not null
    and q.status in ('pending', 'retrying', 'uncertain')
    and not exists (select from zap.channel as c where c.id = $1 and c.enabled)
returning q.tenant_id";

/// Tenants whose notifications wait for a channel.
pub(crate) async fn waiting_tenants(
    client: &impl GenericClient,
) -> Result<BTreeSet<String>, tokio_postgres::Error> {
    let rows = statement::rows(client, WAITING_TENANTS, &[]).await?;
    rows.iter().map(|row| row.try_get(0)).collect()
}

/// Gives the notifications of `waiting` tenants a channel where there is one now, takes those tenants out of the set,
/// and returns the channels.
pub(crate) async fn assign(
    client: &impl GenericClient,
    waiting: &mut BTreeSet<String>,
) -> Result<BTreeSet<i64>, tokio_postgres::Error> {
    let mut channels = BTreeSet::new();
    if waiting.is_empty() {
        return Ok(channels);
    }
    let tenants: Vec<&String> = waiting.iter().collect();
    let served = statement::rows(client, SERVED_TENANTS, &[&tenants]).await?;
    for row in served {
        let tenant: String = row.try_get(0)?;
        while let assigned @ [_, ..] =
            &statement::rows(client, ASSIGN, &[&tenant, &BATCH]).await?[..]
        {
            for row in assigned {
                channels.insert(row.try_get(0)?);
            }
        }
        tracing::info!(tenant, "waiting notifications have a channel now");
        waiting.remove(&tenant);
    }
    Ok(channels)
}

/// Takes the notifications of a channel that is disabled or gone away from it, and returns their tenants.
pub(crate) async fn release(
    client: &impl GenericClient,
    channel_id: i64,
) -> Result<BTreeSet<String>, tokio_postgres::Error> {
    let rows = statement::rows(client, RELEASE, &[&channel_id]).await?;
    let tenants = rows.iter().map(|row| row.try_get::<_, Option<String>>(0));
    tenants.filter_map(Result::transpose).collect()
}
