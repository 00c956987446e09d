//! Notifications that could not be sent in time.

use deadpool_postgres::GenericClient;

use super::statement;

const BATCH: i64 = 500;

/// Uses `notification_queue_expiring`.
pub(crate) const EXPIRE: &str = "-- expire
with due as (
    select q.id
    from zap.notification_queue as q
    where q.resolved_at is not null
        and q.status in ('pending', 'retrying', 'uncertain')
        and q.expires_at <= pg_catalog.statement_timestamp()
    order by q.expires_at, q.id
    limit $1
    for update skip locked
),
expired as (
    update zap.notification_queue as q
    set
        status = 'expired',
        expired_at = pg_catalog.clock_timestamp(),
        reason = coalesce(q.reason, case
            when q.channel_id is null then 'no_channel'
            when exists (select from zap.tenant as t where t.id = q.tenant_id and not t.enabled) then 'tenant_disabled'
            when exists (
                select from zap.channel as c
                left join zap.channel_state as s on c.id = s.channel_id
                where c.id = q.channel_id and c.enabled and c.paused_at is null and coalesce(s.breaker, 'closed') = 'closed'
            ) then 'expired'
            else 'channel_down'
        end)
    from due
    where q.id = due.id
    returning q.id, q.tenant_id, q.source_id, q.channel_id, q.attempts, q.reason
)
insert into zap.notification_logs
    (notification_id, tenant_id, source_id, channel_id, level, event, code, attempt, detail)
select e.id, e.tenant_id, e.source_id, e.channel_id, 'error', 'expired', e.reason, e.attempts, e.reason
from expired as e";

/// Ends what is past its `expires_at`, and returns how many there were.
pub(crate) async fn expire(client: &impl GenericClient) -> Result<u64, tokio_postgres::Error> {
    let mut total = 0;
    loop {
        let count = statement::execute(client, EXPIRE, &[&BATCH]).await?;
        total += count;
        if count < BATCH.unsigned_abs() {
            break;
        }
    }
    if total > 0 {
        tracing::warn!(
            count = total,
            "notifications expired before they could be sent"
        );
    }
    Ok(total)
}
