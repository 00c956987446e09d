//! A provider says that a number was connected or disconnected: the channel's health is looked at now.

use deadpool_postgres::GenericClient;

use crate::run::statement;

/// What somebody holds is being looked at, or is looked at soon.
const HASTEN: &str = "-- hasten
with told as materialized (
    select h.channel_id
    from zap.channel_health as h
    where h.channel_id = any ($1)
    for no key update skip locked
)
update zap.channel_health as h
set health_due_at = pg_catalog.clock_timestamp()
from told as t
where h.channel_id = t.channel_id";

/// Has the health of these channels looked at.
pub(super) async fn hasten(
    client: &impl GenericClient,
    channel_ids: &[i64],
) -> Result<(), tokio_postgres::Error> {
    if channel_ids.is_empty() {
        return Ok(());
    }
    statement::execute(client, HASTEN, &[&channel_ids]).await?;
    Ok(())
}
