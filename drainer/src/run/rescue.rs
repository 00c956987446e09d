//! Notifications left `processing` by whoever no longer sends for their channel: nobody knows whether the provider got
//! them.

use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::GenericClient;
use tokio::time::Instant;
use zapgres_core::lease::answer_limit;
use zapgres_core::next_step::RetryPolicy;

use super::daemon::Daemon;
use super::statement::{self, Parameters};
use crate::database::DatabaseError;

const INTERVAL: Duration = Duration::from_secs(5);
/// Under a snapshot that somebody holds, dead entries of the index make a look slow: it may use this share of the time.
const REST_PER_WORK: u32 = 20;

/// Finds by `notification_queue_attempted` what this daemon has to look after: its channels', when they were marked under
/// an earlier epoch or longer ago than any answer takes, and those that nobody leases. Only then takes them by primary
/// key, and compares again: a completion at the same time knows better. A repeat is due when the first request has surely
/// ended, wherever it may still be at work.
pub(crate) const RESCUE: &str = "-- rescue
with left_behind as materialized (
    select q.id, q.attempts, q.lease_epoch
    from zap.notification_queue as q
    left join zap.channel_state as s on q.channel_id = s.channel_id
    left join zap.daemon as d on s.lease_owner = d.name
    where q.status = 'processing'
        and q.id <> all ($1)
        and case
            when s.lease_owner = $2 then
                q.lease_epoch is distinct from s.lease_epoch
                or q.processing_at <= pg_catalog.clock_timestamp() - pg_catalog.make_interval(secs => $3)
            else
                d.name is null
                and q.processing_at <= pg_catalog.clock_timestamp() - pg_catalog.make_interval(secs => $4)
        end
),
locked as materialized (
    select
        q.id, q.status, q.attempts, q.max_attempts, q.lease_epoch, q.processing_at, q.metadata,
        q.metadata -> 'accepted' as accepted,
        coalesce((q.metadata ->> 'unanswered')::integer, 0) + 1 as unanswered
    from zap.notification_queue as q
    where q.id = any (array(select b.id from left_behind as b))
    for update skip locked
),
decided as (
    select
        l.id, l.processing_at, l.accepted, l.unanswered, l.metadata,
        case
            when l.accepted is not null then 'sent'
            when l.unanswered >= $5 or l.attempts >= l.max_attempts then 'failed'
            else 'uncertain'
        end as status
    from locked as l
    inner join left_behind as b on l.id = b.id and l.attempts = b.attempts
    where l.status = 'processing' and l.lease_epoch is not distinct from b.lease_epoch
),
rescued as (
    update zap.notification_queue as q
    set
        status = d.status,
        sent_at = case when d.status = 'sent' then pg_catalog.clock_timestamp() end,
        provider_message_id = coalesce(d.accepted ->> 'provider_message_id', q.provider_message_id),
        uncertain_at = pg_catalog.clock_timestamp(),
        failed_at = case when d.status = 'failed' then pg_catalog.clock_timestamp() end,
        next_attempt_at = greatest(
            pg_catalog.clock_timestamp(), d.processing_at + pg_catalog.make_interval(secs => $6)
        ),
        error_class = 'uncertain',
        last_error = 'the daemon ended before the provider answered',
        metadata = coalesce(d.metadata, '{}')
            || pg_catalog.jsonb_build_object('repeat_possible', true, 'unanswered', d.unanswered)
    from decided as d
    where q.id = d.id
    returning q.id, q.tenant_id, q.source_id, q.channel_id, q.attempts, q.status, q.last_error
),
logged as (
    insert into zap.notification_logs
        (notification_id, tenant_id, source_id, channel_id, level, event, code, attempt, error_class, detail)
    select
        r.id, r.tenant_id, r.source_id, r.channel_id,
        case r.status when 'failed' then 'error' when 'sent' then 'success' else 'retry' end, r.status, r.status, r.attempts,
        'uncertain', r.last_error
    from rescued as r
)
select
    pg_catalog.count(*) filter (where r.status = 'uncertain') as uncertain,
    pg_catalog.count(*) filter (where r.status = 'failed') as failed
from rescued as r";

/// Looks from time to time, until shutdown: what an answer that was lost left behind, and channels that nobody leases.
pub(crate) async fn run(daemon: Arc<Daemon>) {
    while daemon.may_send().await {
        let begin = Instant::now();
        if let Err(error) = daemon.rescue(daemon.answer_limit()).await {
            tracing::debug!(%error, "what was left in flight is not looked for now");
        }
        let pause = INTERVAL.max(begin.elapsed() * REST_PER_WORK);
        let rest = tokio::time::sleep(pause);
        daemon.shutdown.run_until_cancelled(rest).await;
    }
}

impl Daemon {
    /// Makes what was left in flight `uncertain`, except what this process still knows about. Sending it again may be a
    /// repeat, and it is flagged so; what was left without an answer too often has failed.
    ///
    /// What was marked under a present lease counts as left behind after `grace`.
    pub(crate) async fn rescue(&self, grace: Duration) -> Result<(), DatabaseError> {
        // Before the connection: what is marked from now on is too young, or another daemon's.
        let in_flight = self.in_flight.ids();
        let client = self.client().await?;
        Ok(rescue(&client, self, &in_flight, grace).await?)
    }

    /// Time after which nothing that this daemon marked can still be without an outcome.
    pub(crate) fn answer_limit(&self) -> Duration {
        answer_limit(self.config.sending.send_timeout)
    }
}

async fn rescue(
    client: &impl GenericClient,
    daemon: &Daemon,
    in_flight: &[i64],
    grace: Duration,
) -> Result<(), tokio_postgres::Error> {
    let max_unanswered = i32::try_from(RetryPolicy::default().max_unanswered).unwrap_or(i32::MAX);
    let limit = daemon.answer_limit().as_secs_f64();
    let ownerless = limit + daemon.config.daemon.lease.as_secs_f64();
    let parameters: Parameters<'_> = &[
        &in_flight,
        &daemon.config.daemon.name,
        &grace.as_secs_f64(),
        &ownerless,
        &max_unanswered,
        &limit,
    ];
    for row in statement::rows(client, RESCUE, parameters).await? {
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
