//! What waits on a channel that does not work goes to another one of the same company, unless it may have been sent.

use std::collections::BTreeSet;

use deadpool_postgres::GenericClient;
use zapgres_core::route::{self, Candidate};

use super::ready::Ready;
use crate::run::statement;

/// Uses `channel_by_tenant`. Only a channel that works: what waits must not wander between two that do not. What has
/// a purpose goes to a channel of the same one or to a general one, and never from that to one of another purpose.
pub(crate) const OTHER_CHANNELS: &str = "-- other_channels
select
    c.id, c.share,
    c.id <> $1 and c.enabled and c.paused_at is null and coalesce(s.breaker, 'closed') = 'closed' as usable
from zap.channel as own
inner join zap.channel as c on own.tenant_id = c.tenant_id
left join zap.channel_state as s on c.id = s.channel_id
where own.id = $1 and (c.purpose is null or c.purpose = own.purpose)
order by c.purpose is null, c.priority desc, c.id";

/// Finds its rows by primary key.
pub(crate) const FALL_BACK: &str = "-- fall_back
with wanted as materialized (
    select c.id, c.chosen, q.channel_id, q.status, q.uncertain_at
    from unnest($2::bigint [], $3::bigint []) as c (id, chosen)
    cross join lateral (
        select k.channel_id, k.status, k.uncertain_at
        from zap.notification_queue as k
        where k.id = c.id
        for update skip locked
    ) as q
),
moved as (
    update zap.notification_queue as q
    set channel_id = w.chosen, reason = null
    from wanted as w
    where q.id = w.id
        and w.channel_id = $1
        and w.status in ('pending', 'retrying')
        and w.uncertain_at is null
    returning q.id, q.tenant_id, q.source_id, q.channel_id, q.attempts
),
logged as (
    insert into zap.notification_logs
        (notification_id, tenant_id, source_id, channel_id, level, event, code, attempt, detail)
    select
        m.id, m.tenant_id, m.source_id, m.channel_id, 'info', 'fallback', 'fallback', m.attempts,
        pg_catalog.format('%s: from %s to %s', $4::text, former.name, c.name)
    from moved as m
    inner join zap.channel as c on m.channel_id = c.id
    inner join zap.channel as former on former.id = $1
)
select m.channel_id
from moved as m";

/// The company's channels, this one unusable; none when no other can be used.
pub(crate) async fn other_channels(
    client: &impl GenericClient,
    channel_id: i64,
) -> Result<Option<Vec<Candidate>>, tokio_postgres::Error> {
    let rows = statement::rows(client, OTHER_CHANNELS, &[&channel_id]).await?;
    let channels: Result<Vec<Candidate>, _> = rows
        .iter()
        .map(|row| {
            let share: i16 = row.try_get("share")?;
            Ok(Candidate {
                id: row.try_get("id")?,
                share: u8::try_from(share).unwrap_or_default(),
                usable: row.try_get("usable")?,
            })
        })
        .collect();
    let channels = channels?;
    let any = channels
        .iter()
        .any(|channel| channel.usable && channel.share > 0);
    Ok(any.then_some(channels))
}

/// Moves `rows` away from the channel because of `cause`, and returns the channels that have them now.
pub(crate) async fn fall_back(
    client: &impl GenericClient,
    channel_id: i64,
    channels: &[Candidate],
    rows: &[Ready],
    cause: &str,
) -> Result<BTreeSet<i64>, tokio_postgres::Error> {
    let (ids, chosen): (Vec<i64>, Vec<i64>) = rows
        .iter()
        .filter_map(|row| Some((row.id, route::choose(channels, &row.recipient)?)))
        .unzip();
    let parameters: statement::Parameters<'_> = &[&channel_id, &ids, &chosen, &cause];
    let moved = statement::rows(client, FALL_BACK, parameters).await?;
    moved.iter().map(|row| row.try_get(0)).collect()
}
