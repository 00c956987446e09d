//! What a sweep tidies up.

use std::time::Duration;

use tokio_postgres::{Client, Transaction};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Subjects of which capture did not know whether they were new: the search that follows decides.
const FORGET_UNDECIDED: &str = "-- forget_undecided
delete from zap.missed as m where m.source_id = $1 and not m.first_item_known";

const FORGET_OLD: &str = "-- forget_old
delete from zap.capture_gap as g
where g.made_at < pg_catalog.statement_timestamp() - pg_catalog.make_interval(secs => $1)";

const FORGET_HOMELESS: &str = "-- forget_homeless
delete from zap.missed as m
where not m.first_item_known
    and not exists (select from zap.source as s where s.id = m.source_id and s.detached_at is null and s.mode <> 'off')";

/// Forgets undecided subjects of a source.
pub(crate) async fn forget_undecided(
    transaction: &Transaction<'_>,
    source_id: i64,
) -> Result<(), tokio_postgres::Error> {
    transaction.execute(FORGET_UNDECIDED, &[&source_id]).await?;
    Ok(())
}

/// Forgets silent transactions that no search can meet any more, and undecided subjects of sources that are not swept.
pub(crate) async fn forget_old(
    client: &Client,
    window: Duration,
) -> Result<(), tokio_postgres::Error> {
    client
        .execute(FORGET_OLD, &[&(window + DAY).as_secs_f64()])
        .await?;
    client.execute(FORGET_HOMELESS, &[]).await?;
    Ok(())
}
