//! What the database knows of leases.

use std::collections::HashMap;

use tokio_postgres::{Client, Error};

const FLEET: &str = "-- fleet
select
    (select pg_catalog.count(*) from zap.daemon) as daemons,
    (select pg_catalog.count(*) from zap.daemon as d where d.name collate \"C\" < $1) as rank,
    (select pg_catalog.count(*) from zap.channel as c where c.enabled) as channels,
    exists (
        select from zap.channel as c
        where c.enabled and not exists (select from zap.channel_state as s where s.channel_id = c.id)
    ) as without_state,
    array(
        select s.channel_id
        from zap.channel_state as s
        where s.lease_owner = $1
            and not exists (select from zap.channel as c where c.id = s.channel_id and c.enabled)
    ) as unusable";

const ADD_STATES: &str = "-- add_states
insert into zap.channel_state (channel_id)
select c.id
from zap.channel as c
where c.enabled and not exists (select from zap.channel_state as s where s.channel_id = c.id)
on conflict do nothing";

const HELD: &str = "-- held
select s.channel_id, s.lease_epoch
from zap.channel_state as s
where s.lease_owner = $1";

/// Free is what nobody has, or a daemon that is gone. A row that a lane holds while it marks is left for the next time.
const ACQUIRE: &str = "-- acquire
with free as materialized (
    select s.channel_id
    from zap.channel_state as s
    inner join zap.channel as c on s.channel_id = c.id
    where c.enabled
        and (s.lease_owner is null or not exists (select from zap.daemon as d where d.name = s.lease_owner))
    order by s.channel_id
    limit $3
    for update of s skip locked
)
update zap.channel_state as s
set lease_owner = $1, lease_epoch = s.lease_epoch + 1, leased_at = pg_catalog.clock_timestamp()
from free
where s.channel_id = free.channel_id
    and exists (
        select from zap.daemon as d
        where d.name = $1 and d.instance = $2::text::uuid and d.lease_until > pg_catalog.clock_timestamp()
    )
returning s.channel_id, s.lease_epoch";

/// What somebody has locked is left: nobody has a lane for it, so it is given away the next time.
const RELEASE: &str = "-- release_leases
with given as materialized (
    select s.channel_id
    from unnest($2::bigint [], $3::bigint []) as g (channel_id, epoch)
    inner join zap.channel_state as s on g.channel_id = s.channel_id and g.epoch = s.lease_epoch
    where s.lease_owner = $1
    for no key update of s skip locked
)
update zap.channel_state as s
set lease_owner = null
from given
where s.channel_id = given.channel_id";

/// The daemons at work, and what there is to share.
pub(crate) struct Fleet {
    pub daemons: usize,
    /// Daemons before this one by name.
    pub rank: usize,
    pub channels: usize,
    /// Some of them have never been leased.
    pub without_state: bool,
    /// Channels of this daemon that are not to be used any more.
    pub unusable: Vec<i64>,
}

/// Counts daemons and channels.
pub(crate) async fn fleet(client: &Client, name: &str) -> Result<Fleet, Error> {
    let row = client.query_one(FLEET, &[&name]).await?;
    let count = |column| -> Result<usize, Error> {
        let count: i64 = row.try_get(column)?;
        Ok(usize::try_from(count).unwrap_or_default())
    };
    Ok(Fleet {
        daemons: count("daemons")?,
        rank: count("rank")?,
        channels: count("channels")?,
        without_state: row.try_get("without_state")?,
        unusable: row.try_get("unusable")?,
    })
}

/// Makes the rows that leases are kept in.
pub(crate) async fn add_states(client: &Client) -> Result<(), Error> {
    client.execute(ADD_STATES, &[]).await?;
    Ok(())
}

/// Epochs of the channels that the daemon `name` holds.
pub(crate) async fn held(client: &Client, name: &str) -> Result<HashMap<i64, i64>, Error> {
    let rows = client.query(HELD, &[&name]).await?;
    let held = rows
        .iter()
        .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)));
    held.collect()
}

/// Takes up to `count` free channels, and returns them with their epochs.
pub(crate) async fn acquire(
    client: &Client,
    name: &str,
    instance: &str,
    count: usize,
) -> Result<Vec<(i64, i64)>, Error> {
    let count = crate::run::statement::limit(count);
    let rows = client.query(ACQUIRE, &[&name, &instance, &count]).await?;
    let taken = rows
        .iter()
        .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)));
    taken.collect()
}

/// Frees channels that are held under these epochs.
pub(crate) async fn release(
    client: &Client,
    name: &str,
    held: impl IntoIterator<Item = (i64, i64)>,
) -> Result<(), Error> {
    let (channels, epochs): (Vec<i64>, Vec<i64>) = held.into_iter().unzip();
    client
        .execute(RELEASE, &[&name, &channels, &epochs])
        .await?;
    Ok(())
}
