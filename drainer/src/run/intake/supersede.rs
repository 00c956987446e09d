//! A later event of an order takes the place of an earlier one that is not sent yet, where the source says so.

use std::collections::HashMap;

use deadpool_postgres::GenericClient;

use super::caps::Place;
use crate::run::statement;

/// The notifications about each subject's events, of these notifications ($1). Uses `notification_queue_once`: the keys that the
/// subject's other events would have.
macro_rules! related {
    () => {
        "with looked_at as materialized (
    select
        q.id, q.source_id, q.subject, s.event as source_event, s.events, a.prefix,
        pg_catalog.substr(q.dedup_key, pg_catalog.length(a.prefix || q.event || ':' || q.subject) + 1) as suffix
    from zap.notification_queue as q
    inner join zap.source as s on q.source_id = s.id
    cross join lateral (
        select coalesce(pg_catalog.substring(q.dedup_key, '^@[a-z0-9_]+:'), '') as prefix
    ) as a
    where q.id = any ($1)
),
related as materialized (
    select distinct o.id, l.source_id, l.subject, l.prefix || l.suffix as suffix
    from looked_at as l
    cross join lateral (
        select e.value || ':' || l.subject as key
        from pg_catalog.jsonb_each_text(coalesce(l.events, '{}')) as e
        union
        select l.source_event || ':' || l.subject
    ) as k
    inner join zap.notification_queue as o on l.prefix || k.key || l.suffix = o.dedup_key and l.source_id = o.source_id
)"
    };
}

/// What somebody has locked is left to whoever has it; what may have been sent stays. Whoever skips a message that was counted
/// gives its place in the company's cap back, once: in this statement, and the row says no longer that it is counted.
pub(crate) const SKIP_SUPERSEDED: &str = concat!(
    "-- skip_superseded\n",
    related!(),
    ",
latest as (
    select distinct on (r.source_id, r.subject, r.suffix) r.source_id, r.subject, r.suffix, r.id, q.event
    from related as r
    inner join zap.notification_queue as q on r.id = q.id
    where q.resolved_at is not null and q.status not in ('skipped', 'canceled', 'expired', 'failed')
    order by r.source_id asc, r.subject asc, r.suffix asc, r.id desc
),
superseded as materialized (
    select r.id, l.id as by_id, l.event as by_event, w.tenant_id, w.counted_on
    from related as r
    inner join latest as l
        on r.source_id = l.source_id and r.subject = l.subject and r.suffix = l.suffix and r.id < l.id
    cross join lateral (
        select w.tenant_id, (w.payload ->> 'counted')::date as counted_on
        from zap.notification_queue as w
        where w.id = r.id and w.status in ('pending', 'retrying') and w.uncertain_at is null
        for update skip locked
    ) as w
),
skipped as (
    update zap.notification_queue as q
    set
        status = 'skipped', reason = 'superseded', coalesced_into = s.by_id,
        skipped_at = pg_catalog.clock_timestamp(),
        payload = q.payload - 'counted',
        resolved_at = coalesce(q.resolved_at, pg_catalog.clock_timestamp()),
        public_id = coalesce(q.public_id, pg_catalog.gen_random_uuid())
    from superseded as s
    where q.id = s.id
    returning q.id, q.tenant_id, q.source_id, q.channel_id, q.attempts, s.by_event
),
places as materialized (
    select u.tenant_id, u.on_day, g.messages
    from (
        select s.tenant_id, s.counted_on, pg_catalog.count(*)::integer as messages
        from superseded as s
        where s.counted_on is not null
        group by s.tenant_id, s.counted_on
    ) as g
    inner join zap.tenant_usage as u on g.tenant_id = u.tenant_id and g.counted_on = u.on_day
    order by u.tenant_id, u.on_day
    for update of u
),
given_back as (
    update zap.tenant_usage as u
    set counted = greatest(u.counted - p.messages, 0)
    from places as p
    where u.tenant_id = p.tenant_id and u.on_day = p.on_day
)
insert into zap.notification_logs
    (notification_id, tenant_id, source_id, channel_id, level, event, code, attempt, detail)
select s.id, s.tenant_id, s.source_id, s.channel_id, 'info', 'skipped', 'superseded', s.attempts, 'by ' || s.by_event
from skipped as s
returning notification_id"
);

/// Places in a cap that notifications will give back which these make obsolete. They are locked: nobody sends them meanwhile.
pub(crate) const PLACES_OF_EARLIER: &str = concat!(
    "-- places_of_earlier\n",
    related!(),
    "
select l.id, w.tenant_id, w.counted_on
from looked_at as l
inner join related as r
    on l.source_id = r.source_id and l.subject = r.subject and l.prefix || l.suffix = r.suffix and r.id < l.id
cross join lateral (
    select w.tenant_id, (w.payload ->> 'counted')::date as counted_on
    from zap.notification_queue as w
    where w.id = r.id and w.status in ('pending', 'retrying') and w.uncertain_at is null and w.payload ? 'counted'
    for update skip locked
) as w"
);

/// Company and day of the places that each of these notifications will have given back.
pub(crate) async fn places_of_earlier(
    client: &impl GenericClient,
    ids: &[i64],
) -> Result<HashMap<i64, Vec<Place>>, tokio_postgres::Error> {
    let mut places: HashMap<i64, Vec<Place>> = HashMap::new();
    if ids.is_empty() {
        return Ok(places);
    }
    for row in statement::rows(client, PLACES_OF_EARLIER, &[&ids]).await? {
        let place = (row.try_get("tenant_id")?, row.try_get("counted_on")?);
        places.entry(row.try_get("id")?).or_default().push(place);
    }
    Ok(places)
}

/// Skips what later events make obsolete, of the subjects of these notifications, and returns what was skipped.
pub(crate) async fn skip_superseded(
    client: &impl GenericClient,
    ids: &[i64],
) -> Result<Vec<i64>, tokio_postgres::Error> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows = statement::rows(client, SKIP_SUPERSEDED, &[&ids]).await?;
    rows.iter().map(|row| row.try_get(0)).collect()
}
