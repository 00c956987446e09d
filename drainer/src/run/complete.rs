//! Writes the outcomes of attempts, in batches, until they are written: a known outcome is never thrown away, however
//! long the database is away.

use std::time::Duration;

use deadpool_postgres::GenericClient;
use serde::Serialize;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio_postgres::types::Json;
use tokio_util::sync::CancellationToken;

use super::daemon::Daemon;
use super::log_row::Level;
use super::statement;
use crate::database::DatabaseError;

const BATCH: usize = 256;
const RETRY_MIN: Duration = Duration::from_millis(200);
const RETRY_MAX: Duration = Duration::from_secs(5);

/// Finds its rows by primary key. Accepted from `uncertain` too: recovery may have been quicker than the answer.
pub(crate) const COMPLETE: &str = "-- complete
with outcome as (
    select *
    from pg_catalog.jsonb_to_recordset($1) as o (
        id bigint, attempt integer, status text, give_back boolean, wait_seconds double precision, reason text,
        error_class text, last_error text, provider_message_id text, duration_ms integer, level text, event text
    )
),
completed as (
    update zap.notification_queue as q
    set
        status = o.status,
        attempts = case when o.give_back then q.attempts - 1 else q.attempts end,
        next_attempt_at = case
            when o.wait_seconds is null then q.next_attempt_at
            else pg_catalog.clock_timestamp() + pg_catalog.make_interval(secs => o.wait_seconds)
        end,
        reason = o.reason,
        error_class = o.error_class,
        last_error = o.last_error,
        provider_message_id = coalesce(o.provider_message_id, q.provider_message_id),
        sent_at = case when o.status = 'sent' then pg_catalog.clock_timestamp() end,
        failed_at = case when o.status = 'failed' then pg_catalog.clock_timestamp() end,
        uncertain_at = case when o.status = 'uncertain' then pg_catalog.clock_timestamp() else q.uncertain_at end,
        metadata = case
            when o.error_class = 'uncertain'
                then coalesce(q.metadata, '{}') || pg_catalog.jsonb_build_object(
                    'repeat_possible', true,
                    'unanswered', coalesce((q.metadata ->> 'unanswered')::integer, 0) + 1
                )
            else q.metadata
        end
    from outcome as o
    where q.id = o.id and q.attempts = o.attempt and q.status in ('processing', 'uncertain')
    returning
        q.id, q.tenant_id, q.source_id, q.channel_id, o.attempt, o.level, o.event, o.duration_ms, o.error_class,
        coalesce(o.last_error, o.reason) as detail
)
insert into zap.notification_logs
    (notification_id, tenant_id, source_id, channel_id, attempt, level, event, duration_ms, error_class, detail)
select
    c.id, c.tenant_id, c.source_id, c.channel_id, c.attempt, c.level, c.event, c.duration_ms, c.error_class, c.detail
from completed as c
where c.event is not null";

/// The outcome of one attempt. Field names are those of the statement.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Outcome {
    pub id: i64,
    pub attempt: i32,
    pub status: &'static str,
    /// The attempt did not reach the provider, or does not count.
    pub give_back: bool,
    /// Wait before the next attempt; none: there is none.
    pub wait_seconds: Option<f64>,
    pub reason: Option<&'static str>,
    pub error_class: Option<&'static str>,
    /// Numbers and secrets masked.
    pub last_error: Option<String>,
    pub provider_message_id: Option<String>,
    pub duration_ms: Option<i32>,
    pub level: Level,
    /// None: not worth a log row.
    pub event: Option<&'static str>,
    /// Channel of the attempt, whose lane learns when it may go on.
    #[serde(skip)]
    pub channel_id: i64,
}

/// Writes what arrives, until `finish` and nothing is left.
pub(crate) async fn run(
    daemon: &Daemon,
    mut outcomes: UnboundedReceiver<Outcome>,
    finish: CancellationToken,
) {
    let mut unwritten = Vec::new();
    let mut pause = RETRY_MIN;
    loop {
        if unwritten.is_empty() {
            tokio::select! {
                biased;
                received = outcomes.recv_many(&mut unwritten, BATCH) => if received == 0 { return },
                () = finish.cancelled() => return,
            }
        }
        match write(daemon, &unwritten).await {
            Ok(rest) if rest.is_empty() => {
                settle(daemon, unwritten.drain(..));
                pause = RETRY_MIN;
                continue;
            }
            Ok(rest) => {
                let written = unwritten
                    .iter()
                    .filter(|outcome| !rest.contains(outcome))
                    .cloned();
                settle(daemon, written);
                unwritten = rest;
            }
            Err(error) if pause == RETRY_MIN => {
                tracing::warn!(%error, count = unwritten.len(), "outcomes cannot be written; trying until they are");
            }
            Err(_) => {}
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(RETRY_MAX);
        while unwritten.len() < BATCH
            && let Ok(outcome) = outcomes.try_recv()
        {
            unwritten.push(outcome);
        }
    }
}

fn settle(daemon: &Daemon, written: impl Iterator<Item = Outcome>) {
    for outcome in written {
        daemon.in_flight.end([outcome.id]);
        if outcome.wait_seconds.is_some() {
            daemon.lanes.wake(outcome.channel_id);
        }
    }
}

/// Writes a batch and returns what the server refuses on its own account: one bad outcome must not hold up others.
async fn write(daemon: &Daemon, outcomes: &[Outcome]) -> Result<Vec<Outcome>, DatabaseError> {
    let client = daemon.client().await?;
    match complete(&client, outcomes).await {
        Ok(()) => Ok(Vec::new()),
        Err(error) if error.as_db_error().is_some() && !client.is_closed() => {
            let mut refused = Vec::new();
            for outcome in outcomes {
                if let Err(error) = complete(&client, std::slice::from_ref(outcome)).await {
                    let error = DatabaseError::from(error).to_string();
                    tracing::error!(
                        error,
                        notification_id = outcome.id,
                        "the outcome of an attempt is refused"
                    );
                    refused.push(outcome.clone());
                }
            }
            Ok(refused)
        }
        Err(error) => Err(error.into()),
    }
}

async fn complete(
    client: &impl GenericClient,
    outcomes: &[Outcome],
) -> Result<(), tokio_postgres::Error> {
    statement::execute(client, COMPLETE, &[&Json(outcomes)]).await?;
    Ok(())
}
