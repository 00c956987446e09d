//! Notifications left `processing` by a daemon that is gone: nobody knows whether the provider got them.

use std::time::Duration;

use deadpool_postgres::GenericClient;

use super::statement;

/// Rows that have been `processing` for long and belong to nobody in this process are a lost answer to a statement.
pub(crate) const LEFT_BEHIND_AFTER: Duration = Duration::from_secs(120);

/// Uses `notification_queue_in_flight`.
pub(crate) const RECOVER: &str = "-- recover
with left_behind as (
    update zap.notification_queue as q
    set
        status = case when q.attempts >= q.max_attempts then 'failed' else 'uncertain' end,
        uncertain_at = pg_catalog.clock_timestamp(),
        failed_at = case when q.attempts >= q.max_attempts then pg_catalog.clock_timestamp() end,
        next_attempt_at = pg_catalog.clock_timestamp(),
        error_class = 'uncertain',
        last_error = 'the daemon ended before the provider answered',
        metadata = coalesce(q.metadata, '{}') || '{\"repeat_possible\": true}',
        lease_owner = null
    where q.status = 'processing'
        and q.id <> all ($1)
        and q.processing_at
        <= pg_catalog.statement_timestamp() - pg_catalog.make_interval(secs => $2)
    returning q.id, q.tenant_id, q.source_id, q.channel_id, q.attempts, q.status, q.last_error
)
insert into zap.notification_logs
    (notification_id, tenant_id, source_id, channel_id, level, event, attempt, error_class, detail)
select
    l.id, l.tenant_id, l.source_id, l.channel_id,
    case l.status when 'failed' then 'error' else 'retry' end, l.status, l.attempts, 'uncertain', l.last_error
from left_behind as l";

/// Makes rows that were left `processing` at least `grace` ago `uncertain`, except those in `in_flight`, and returns
/// how many there were. They are due at once; sending them again may be a repeat, and they are flagged so.
pub(crate) async fn recover(
    client: &impl GenericClient,
    in_flight: &[i64],
    grace: Duration,
) -> Result<u64, tokio_postgres::Error> {
    let count = statement::execute(client, RECOVER, &[&in_flight, &grace.as_secs_f64()]).await?;
    if count > 0 {
        tracing::warn!(
            count,
            "notifications were left in flight; they are sent again, flagged"
        );
    }
    Ok(count)
}
