//! Recipients who want no messages.

use deadpool_postgres::GenericClient;

use super::statement;

/// Finds its rows by primary key.
pub(crate) const SKIP_OPTED_OUT: &str = "-- skip_opted_out
with skipped as (
    update zap.notification_queue as q
    set status = 'skipped', reason = 'opted_out', skipped_at = pg_catalog.clock_timestamp()
    from zap.recipient as r
    where q.id = any ($1)
        and q.status in ('pending', 'retrying', 'uncertain')
        and r.tenant_id = q.tenant_id
        and r.kind = q.recipient_kind
        and r.address = q.recipient
        and r.opted_out_at is not null
    returning q.id, q.tenant_id, q.source_id, q.channel_id, q.attempts
)
insert into zap.notification_logs
    (notification_id, tenant_id, source_id, channel_id, level, event, code, attempt, detail)
select s.id, s.tenant_id, s.source_id, s.channel_id, 'info', 'skipped', 'opted_out', s.attempts, 'opted_out'
from skipped as s
returning notification_id";

/// Skips those of `ids` whose recipient wants no messages, and returns them.
pub(crate) async fn skip_opted_out(
    client: &impl GenericClient,
    ids: &[i64],
) -> Result<Vec<i64>, tokio_postgres::Error> {
    let rows = statement::rows(client, SKIP_OPTED_OUT, &[&ids]).await?;
    rows.iter().map(|row| row.try_get(0)).collect()
}
