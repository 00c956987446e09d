//! This daemon's row among the daemons at work: its lease.

use std::time::Duration;

use tokio_postgres::{Client, Error};

/// An announcement: there is a lease to take or to give.
pub(crate) const LEASES: &str = "leases";

/// What a predecessor of the same name held is free: the session that holds the name is ours. What somebody has locked is
/// found later to be nobody's: this session must not wait for a person, or it renews no lease.
const LEAVE_BEHIND: &str = "-- leave_behind
with held as materialized (
    select s.channel_id
    from zap.channel_state as s
    where s.lease_owner = $1
    for no key update of s skip locked
)
update zap.channel_state as s
set lease_owner = null
from held
where s.channel_id = held.channel_id";

/// Whoever had the name before is replaced: a statement of its own that is still on its way finds another instance.
const JOIN: &str = "-- join
insert into zap.daemon as d (name, instance, lease_until, version)
values (
    $1, pg_catalog.gen_random_uuid(), pg_catalog.clock_timestamp() + pg_catalog.make_interval(secs => $2), $3
)
on conflict (name) do update
set
    instance = excluded.instance,
    lease_until = excluded.lease_until,
    started_at = pg_catalog.clock_timestamp(),
    version = excluded.version
returning d.instance::text";

const RENEW: &str = "-- renew
update zap.daemon as d
set lease_until = pg_catalog.clock_timestamp() + pg_catalog.make_interval(secs => $3)
where d.name = $1 and d.instance = $2::text::uuid";

/// A renewal at the same time holds the row: it is looked at again then.
const BURY: &str = "-- bury
delete from zap.daemon as d
where d.lease_until < pg_catalog.clock_timestamp() and d.name <> $1
returning d.name";

const LEAVE: &str = "-- leave
delete from zap.daemon as d
where d.name = $1 and d.instance = $2::text::uuid";

const ANNOUNCE: &str = "-- announce
select pg_catalog.pg_notify('zapgres_lanes', $1)";

/// Enters this daemon, and returns the instance that it is from now on.
pub(crate) async fn join(client: &Client, name: &str, lease: Duration) -> Result<String, Error> {
    client.execute(LEAVE_BEHIND, &[&name]).await?;
    let version = env!("CARGO_PKG_VERSION");
    let row = client
        .query_one(JOIN, &[&name, &lease.as_secs_f64(), &version])
        .await?;
    announce(client, LEASES).await?;
    row.try_get(0)
}

/// Renews its lease; false: others have it that this daemon is gone.
pub(crate) async fn renew(
    client: &Client,
    name: &str,
    instance: &str,
    lease: Duration,
) -> Result<bool, Error> {
    let renewed = client
        .execute(RENEW, &[&name, &instance, &lease.as_secs_f64()])
        .await?;
    Ok(renewed > 0)
}

/// Takes out daemons whose lease has run out, and returns their names.
pub(crate) async fn bury(client: &Client, name: &str) -> Result<Vec<String>, Error> {
    let rows = client.query(BURY, &[&name]).await?;
    rows.iter().map(|row| row.try_get(0)).collect()
}

/// Takes this daemon out and frees what it held.
pub(crate) async fn leave(client: &Client, name: &str, instance: &str) -> Result<(), Error> {
    if client.execute(LEAVE, &[&name, &instance]).await? > 0 {
        client.execute(LEAVE_BEHIND, &[&name]).await?;
    }
    announce(client, LEASES).await
}

/// Tells all daemons something: [`LEASES`], or channels whose lanes have to look.
pub(crate) async fn announce(client: &Client, what: &str) -> Result<(), Error> {
    client.query(ANNOUNCE, &[&what]).await?;
    Ok(())
}
