//! Subjects that capture could not enqueue.

use deadpool_postgres::Client;
use tokio_postgres::IsolationLevel;

use super::context::is_lock_timeout;
use crate::database::DatabaseError;
use crate::run::statement;

const BATCH: usize = 500;
/// A prepared transaction may hold the key of one of them for days.
const LOCK_TIMEOUT: &str = "set local lock_timeout = '100ms'";

/// Subjects whose first item is not established are left to the sweep.
pub(crate) const DRAIN_MISSED: &str = "-- drain_missed
with taken as (
    delete from zap.missed as m
    where m.id in (
        select w.id
        from zap.missed as w
        where w.first_item_known and w.id > $1
        order by w.id
        limit $2
        for update skip locked
    )
    returning m.id, m.source_id, m.event, m.subject, m.reason, m.missed_at
),
enqueued as (
    insert into zap.notification_queue (source_id, event, subject, dedup_key, created_at)
    select t.source_id, t.event, t.subject, t.event || ':' || t.subject, t.missed_at
    from taken as t
    order by t.id
    on conflict do nothing
    returning id, source_id, event, subject
),
logged as (
    insert into zap.notification_logs (notification_id, source_id, level, event, code, detail)
    select distinct on (e.id) e.id, e.source_id, 'info', 'missed_drained', 'missed_drained', t.reason
    from enqueued as e
    inner join taken as t on e.source_id = t.source_id and e.event = t.event and e.subject = t.subject
    order by e.id asc, t.id asc
)
select
    (select count(*) from taken) as taken,
    (select count(*) from enqueued) as enqueued";

/// Up to `$2` ids after `$1`.
pub(crate) const MISSED_IDS: &str = "-- missed_ids
select w.id from zap.missed as w where w.first_item_known and w.id > $1 order by w.id limit $2";

pub(crate) const UNDECIDED: &str = "-- undecided
select exists (select from zap.missed as m where not m.first_item_known)";

/// What a drain found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Drained {
    /// Subjects enqueued.
    pub enqueued: i64,
    /// Some wait for the sweep's decision.
    pub undecided: bool,
}

/// Subjects that capture could not enqueue, and what was last logged about them.
#[derive(Debug, Default)]
pub(crate) struct Missed {
    said: Option<String>,
}

impl Missed {
    /// Moves missed subjects into the queue: in batches, and one by one where something is in the way of a batch.
    pub(crate) async fn drain(
        &mut self,
        client: &mut Client,
    ) -> Result<Drained, tokio_postgres::Error> {
        let mut drained = Drained::default();
        loop {
            match take(client, 0, BATCH).await {
                Ok((0, _)) => break,
                Ok((_, enqueued)) => drained.enqueued += enqueued,
                Err(error) if error.as_db_error().is_some() && !client.is_closed() => {
                    self.report(error);
                    drained.enqueued += one_by_one(client).await?;
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        let undecided = statement::rows(&*client, UNDECIDED, &[]).await?;
        drained.undecided = undecided.first().map_or(Ok(false), |row| row.try_get(0))?;
        if drained.enqueued > 0 {
            tracing::info!(count = drained.enqueued, "missed orders enqueued");
        }
        Ok(drained)
    }

    fn report(&mut self, error: tokio_postgres::Error) {
        if is_lock_timeout(&error) {
            tracing::debug!("a missed order's key is locked; it is tried again");
            return;
        }
        let error = DatabaseError::from(error).to_string();
        if self.said.as_ref() != Some(&error) {
            tracing::warn!(
                error,
                "missed orders cannot be enqueued yet; they are tried again"
            );
            self.said = Some(error);
        }
    }
}

async fn one_by_one(client: &mut Client) -> Result<i64, tokio_postgres::Error> {
    let ids = statement::rows(&*client, MISSED_IDS, &[&0_i64, &statement::limit(BATCH)]).await?;
    let mut total = 0;
    for row in ids {
        let id: i64 = row.try_get(0)?;
        match take(client, id - 1, 1).await {
            Ok((_, enqueued)) => total += enqueued,
            Err(error) if error.as_db_error().is_some() && !client.is_closed() => {}
            Err(error) => return Err(error),
        }
    }
    Ok(total)
}

/// How many were taken, and how many of them were new to the queue.
async fn take(
    client: &mut Client,
    after: i64,
    batch: usize,
) -> Result<(i64, i64), tokio_postgres::Error> {
    let builder = client
        .build_transaction()
        .isolation_level(IsolationLevel::ReadCommitted);
    let transaction = builder.start().await?;
    transaction.batch_execute(LOCK_TIMEOUT).await?;
    let parameters = statement::limit(batch);
    let rows = statement::rows(&transaction, DRAIN_MISSED, &[&after, &parameters]).await?;
    let counts = match rows.first() {
        Some(row) => (row.try_get("taken")?, row.try_get("enqueued")?),
        None => (0, 0),
    };
    transaction.commit().await?;
    Ok(counts)
}
