//! Takes captured notifications whose next look is due.

use std::time::Duration;

use chrono::{DateTime, Utc};
use deadpool_postgres::GenericClient;
use serde::Deserialize;
use serde_json::Value;
use tokio_postgres::Row;

use super::context::Context;
use crate::run::statement;

/// From one end of what is due. The floor spares a walk over entries that are dead, but that an old snapshot elsewhere keeps
/// in the index.
macro_rules! claim {
    ($name:literal, $direction:literal) => {
        concat!(
            "-- ",
            $name,
            "
select
    q.id, q.source_id, q.event, q.subject, q.created_at, q.scheduled_at, q.next_attempt_at, q.context_hash, q.reason,
    q.priority, q.payload::text as payload,
    case
        when pg_catalog.jsonb_typeof(q.payload -> 'delay_seconds') = 'number'
            then greatest(0, least(15, (q.payload ->> 'delay_seconds')::numeric))::float8
    end as delay_seconds,
    pg_catalog.clock_timestamp() as now
from zap.notification_queue as q
where q.resolved_at is null
    and q.next_attempt_at >= $2
    and q.next_attempt_at <= pg_catalog.statement_timestamp()
order by q.next_attempt_at ",
            $direction,
            ", q.id ",
            $direction,
            "
limit $1
for update skip locked"
        )
    };
}

/// Uses `notification_queue_unresolved`.
pub(crate) const CLAIM_OLDEST: &str = claim!("claim_oldest", "asc");
/// Uses `notification_queue_unresolved`, backwards.
pub(crate) const CLAIM_NEWEST: &str = claim!("claim_newest", "desc");

/// Uses `notification_queue_unresolved`.
pub(crate) const NEXT_LOOK: &str = "-- next_look
select pg_catalog.date_part('epoch', q.next_attempt_at - pg_catalog.clock_timestamp())::float8
from zap.notification_queue as q
where q.resolved_at is null
order by q.next_attempt_at, q.id
limit 1";

/// What whoever announced an event has said beyond its subject: the part of a row's payload that intake reads.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct Told {
    /// The one audience that the row is for; none: it stands for all of them.
    pub audience: Option<String>,
    /// Instead of what the context query finds.
    pub recipient: Option<String>,
    pub tenant: Option<String>,
    pub context: Option<Value>,
    /// Why none of it can be used.
    #[serde(skip)]
    pub unreadable: Option<String>,
}

impl Told {
    /// A number may be larger than any of ours.
    fn of(payload: &str) -> Self {
        serde_json::from_str(payload).unwrap_or_else(|error| Self {
            unreadable: Some(format!("what was told with it cannot be read: {error}")),
            ..Self::default()
        })
    }
}

/// A captured notification.
#[derive(Debug, Clone)]
pub(crate) struct Captured {
    pub id: i64,
    pub source_id: Option<i64>,
    pub event: String,
    pub subject: String,
    /// When it was captured.
    pub created_at: DateTime<Utc>,
    pub scheduled_at: Option<DateTime<Utc>>,
    pub next_attempt_at: DateTime<Utc>,
    /// Hash of the context at the previous look.
    pub context_hash: Option<String>,
    /// What the previous look left it waiting for.
    pub reason: Option<String>,
    pub priority: i16,
    pub told: Told,
    /// Silence on the channel that the message asks for before itself.
    pub delay: Duration,
    /// The database's clock at the claim.
    pub now: DateTime<Utc>,
}

impl Captured {
    /// True when no earlier look left a trace.
    pub(crate) fn is_first_look(&self) -> bool {
        self.reason.is_none() && self.context_hash.is_none()
    }

    /// When its message is due, and its time begins to run out: lanes send in the order of capture, whatever the order of
    /// looks was.
    pub(crate) fn due(&self) -> DateTime<Utc> {
        self.scheduled_at
            .unwrap_or(self.created_at)
            .max(self.created_at)
    }

    /// The context that came with the announcement.
    pub(crate) fn told_context(&self) -> Option<Context> {
        Some(Context {
            tenant: None,
            recipient: None,
            values: self.told.context.clone()?,
            created_at: None,
            ready: true,
        })
    }

    fn from_row(row: &Row) -> Result<Self, tokio_postgres::Error> {
        let delay: Option<f64> = row.try_get("delay_seconds")?;
        let payload: Option<&str> = row.try_get("payload")?;
        let delay = delay.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        Ok(Self {
            id: row.try_get("id")?,
            source_id: row.try_get("source_id")?,
            event: row.try_get("event")?,
            subject: row.try_get("subject")?,
            created_at: row.try_get("created_at")?,
            scheduled_at: row.try_get("scheduled_at")?,
            next_attempt_at: row.try_get("next_attempt_at")?,
            context_hash: row.try_get("context_hash")?,
            reason: row.try_get("reason")?,
            priority: row.try_get("priority")?,
            told: payload.map(Told::of).unwrap_or_default(),
            delay: delay.unwrap_or_default(),
            now: row.try_get("now")?,
        })
    }
}

/// From which end of the due notifications a batch is taken. While batches come back full, the ends take turns: an
/// order placed during a large import is looked at in the next round, not after the import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Oldest,
    Newest,
}

/// Locks up to `batch` due notifications not due before `floor`.
pub(crate) async fn claim(
    client: &impl GenericClient,
    end: End,
    batch: usize,
    floor: DateTime<Utc>,
) -> Result<Vec<Captured>, tokio_postgres::Error> {
    let sql = match end {
        End::Oldest => CLAIM_OLDEST,
        End::Newest => CLAIM_NEWEST,
    };
    let rows = statement::rows(client, sql, &[&statement::limit(batch), &floor]).await?;
    rows.iter().map(Captured::from_row).collect()
}

/// Seconds until the next look is due, by the database's clock; negative when it is overdue, none when nothing waits.
pub(crate) async fn seconds_to_next_look(
    client: &impl GenericClient,
) -> Result<Option<f64>, tokio_postgres::Error> {
    let rows = statement::rows(client, NEXT_LOOK, &[]).await?;
    rows.first().map_or(Ok(None), |row| row.try_get(0))
}
