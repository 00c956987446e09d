//! Notifications left `processing` by a daemon that is gone: nobody knows whether the provider got them.

use std::time::Duration;

use deadpool_postgres::GenericClient;
use zapgres_core::next_step::RetryPolicy;

use super::statement::{self, Parameters};

/// Rows that have been `processing` for long and belong to nobody in this process are a lost answer to a statement.
pub(crate) const LEFT_BEHIND_AFTER: Duration = Duration::from_secs(120);

/// Uses `notification_queue_in_flight`.
pub(crate) const RECOVER: &str = "-- recover
with left_behind as (
    select
        q.id,
        coalesce((q.metadata ->> 'unanswered')::integer, 0) + 1 as unanswered
    from zap.notification_queue as q
    where q.status = 'processing'
        and q.id <> all ($1)
        and q.processing_at
        <= pg_catalog.statement_timestamp() - pg_catalog.make_interval(secs => $2)
    for update
),
recovered as (
    update zap.notification_queue as q
    set
        status = case when l.unanswered >= $3 or q.attempts >= q.max_attempts then 'failed' else 'uncertain' end,
        uncertain_at = pg_catalog.clock_timestamp(),
        failed_at = case
            when l.unanswered >= $3 or q.attempts >= q.max_attempts then pg_catalog.clock_timestamp()
        end,
        next_attempt_at = pg_catalog.clock_timestamp(),
        error_class = 'uncertain',
        last_error = 'the daemon ended before the provider answered',
        metadata = coalesce(q.metadata, '{}')
            || pg_catalog.jsonb_build_object('repeat_possible', true, 'unanswered', l.unanswered)
    from left_behind as l
    where q.id = l.id
    returning q.id, q.tenant_id, q.source_id, q.channel_id, q.attempts, q.status, q.last_error
),
logged as (
    insert into zap.notification_logs
        (notification_id, tenant_id, source_id, channel_id, level, event, attempt, error_class, detail)
    select
        r.id, r.tenant_id, r.source_id, r.channel_id,
        case r.status when 'failed' then 'error' else 'retry' end, r.status, r.attempts, 'uncertain', r.last_error
    from recovered as r
)
select
    pg_catalog.count(*) filter (where r.status = 'uncertain') as uncertain,
    pg_catalog.count(*) filter (where r.status = 'failed') as failed
from recovered as r";

/// Makes rows that were left `processing` at least `grace` ago `uncertain`, except those in `in_flight`. They are due at
/// once; sending them again may be a repeat, and they are flagged so. Those that were left without an answer too often
/// have failed.
pub(crate) async fn recover(
    client: &impl GenericClient,
    in_flight: &[i64],
    grace: Duration,
) -> Result<(), tokio_postgres::Error> {
    let max_unanswered = i32::try_from(RetryPolicy::default().max_unanswered).unwrap_or(i32::MAX);
    let parameters: Parameters<'_> = &[&in_flight, &grace.as_secs_f64(), &max_unanswered];
    for row in statement::rows(client, RECOVER, parameters).await? {
        let (uncertain, failed): (i64, i64) = (row.try_get("uncertain")?, row.try_get("failed")?);
        if uncertain > 0 {
            tracing::warn!(
                count = uncertain,
                "notifications were left in flight; they are sent again, flagged"
            );
        }
        if failed > 0 {
            tracing::error!(
                count = failed,
                "notifications failed: they were left in flight too often, and may have arrived"
            );
        }
    }
    Ok(())
}
