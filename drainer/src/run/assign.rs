//! Notifications that wait for a channel of their tenant get one as soon as there is one.

use std::collections::BTreeSet;
use std::time::Duration;

use deadpool_postgres::GenericClient;
use tokio::time::Instant;

use super::channels::{self, Channels};
use super::statement;

const BATCH: i64 = 500;
/// Taken away from a channel in one statement, at most.
const RELEASE_BATCH: i64 = 5000;
/// Everybody's orders wait while a channel's messages are taken away from it.
const RELEASE_BUDGET: Duration = Duration::from_secs(1);

/// Uses `notification_queue_ready`.
pub(crate) const WAITING_TENANTS: &str = "-- waiting_tenants
select distinct q.tenant_id
from zap.notification_queue as q
where q.channel_id is null
    and q.resolved_at is not null
    and q.status in ('pending', 'retrying', 'uncertain')
    and q.tenant_id is not null";

/// Uses `notification_queue_ready`.
pub(crate) const WAITING: &str = "-- waiting
select q.id, q.recipient, q.payload ->> 'purpose' as purpose
from zap.notification_queue as q
where q.channel_id is null
    and q.resolved_at is not null
    and q.status in ('pending', 'retrying', 'uncertain')
    and q.tenant_id = $1
    -- Others must not stand in the way of those for whom there is a channel.
    and ($3 or q.payload ->> 'purpose' = any ($4))
order by q.priority desc, q.next_attempt_at, q.id
limit $2";

/// Finds its rows by primary key. What is parked stays so, and keeps its reason; but for a paused source's: the pause may
/// have ended unnoticed, and if it has not, the lane parks it again.
pub(crate) const ASSIGN: &str = "-- assign
with wanted as materialized (
    select c.id, c.chosen, q.channel_id, q.status, q.next_attempt_at = 'infinity' as is_parked, q.reason
    from unnest($1::bigint [], $2::bigint []) as c (id, chosen)
    cross join lateral (
        select k.channel_id, k.status, k.next_attempt_at, k.reason
        from zap.notification_queue as k
        where k.id = c.id
        for update skip locked
    ) as q
)
update zap.notification_queue as q
set
    channel_id = w.chosen,
    next_attempt_at = case
        when w.is_parked and w.reason = 'source_paused' then pg_catalog.clock_timestamp() else q.next_attempt_at
    end,
    reason = case when w.is_parked and w.reason <> 'source_paused' then w.reason end
from wanted as w
where q.id = w.id and w.channel_id is null and w.status in ('pending', 'retrying', 'uncertain')
returning q.channel_id";

/// Uses `notification_queue_ready`. What a person has locked is left for the next time.
pub(crate) const RELEASE: &str = "-- release
with stranded as materialized (
    select q.id
    from zap.notification_queue as q
    where q.channel_id = $1
        and q.resolved_at is not null
        and q.status in ('pending', 'retrying', 'uncertain')
        and not exists (select from zap.channel as c where c.id = $1 and c.enabled)
    order by q.priority desc, q.next_attempt_at, q.id
    limit $2
    for update of q skip locked
)
update zap.notification_queue as q
set channel_id = null, reason = case when q.next_attempt_at = 'infinity' then q.reason else 'no_channel' end
from stranded as s
where q.id = s.id
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
    let mut assigned = BTreeSet::new();
    if waiting.is_empty() {
        return Ok(assigned);
    }
    let tenants: Vec<&str> = waiting.iter().map(String::as_str).collect();
    for (tenant, channels) in channels::load(client, &tenants).await? {
        let purposes = channels.purposes();
        let mut any = false;
        while let channels @ [_, ..] =
            &assign_some(client, &tenant, &channels, &purposes).await?[..]
        {
            any = true;
            assigned.extend(channels);
        }
        if any {
            tracing::info!(tenant, "waiting notifications have a channel now");
        }
        // Without a general one, some may still wait.
        if purposes.contains(&None) {
            waiting.remove(&tenant);
        }
    }
    Ok(assigned)
}

/// Assigns one batch and returns its channels; none when nothing is left, or others have locked it.
async fn assign_some(
    client: &impl GenericClient,
    tenant: &str,
    channels: &Channels,
    purposes: &BTreeSet<Option<&str>>,
) -> Result<Vec<i64>, tokio_postgres::Error> {
    let (mut ids, mut chosen): (Vec<i64>, Vec<i64>) = (Vec::new(), Vec::new());
    let any = purposes.contains(&None);
    let own: Vec<&str> = purposes.iter().copied().flatten().collect();
    let parameters: statement::Parameters<'_> = &[&tenant, &BATCH, &any, &own];
    for row in statement::rows(client, WAITING, parameters).await? {
        let recipient: Option<&str> = row.try_get("recipient")?;
        if let Some(choice) =
            channels.choose(recipient.unwrap_or_default(), row.try_get("purpose")?)
        {
            ids.push(row.try_get("id")?);
            chosen.push(choice.channel_id);
        }
    }
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let assigned = statement::rows(client, ASSIGN, &[&ids, &chosen]).await?;
    assigned.iter().map(|row| row.try_get(0)).collect()
}

/// Takes the notifications of a channel that is disabled or gone away from it, and returns their tenants, and whether
/// there are more than it had time for.
pub(crate) async fn release(
    client: &impl GenericClient,
    channel_id: i64,
) -> Result<(BTreeSet<String>, bool), tokio_postgres::Error> {
    let begin = Instant::now();
    let mut tenants = BTreeSet::new();
    loop {
        let rows = statement::rows(client, RELEASE, &[&channel_id, &RELEASE_BATCH]).await?;
        for row in &rows {
            tenants.extend(row.try_get::<_, Option<String>>(0)?);
        }
        let is_full = i64::try_from(rows.len()).is_ok_and(|count| count == RELEASE_BATCH);
        if !is_full || begin.elapsed() > RELEASE_BUDGET {
            return Ok((tenants, is_full));
        }
    }
}
