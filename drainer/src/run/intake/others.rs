//! Who else is told of an event: a notification of their own for each, looked at like any other.

use deadpool_postgres::GenericClient;
use futures_util::future;

use super::claim::Captured;
use super::decide::Candidate;
use crate::run::statement;

/// Somebody may announce the same in a transaction that stays open: nobody waits for it.
const LOCK_TIMEOUT: &str = "set local lock_timeout = '100ms'";

/// Finds its rows by primary key. As old as the first one, and with what was seen of the order: it has settled.
pub(crate) const TELL_OTHERS: &str = "-- tell_others
with told as (
    insert into zap.notification_queue
        (source_id, event, subject, dedup_key, parent_id, created_at, scheduled_at, context_hash, payload, priority)
    select
        q.source_id, q.event, q.subject, '@' || o.audience || ':' || q.dedup_key, q.id, q.created_at, q.scheduled_at, o.hash,
        coalesce(q.payload, '{}') - '{recipient,template,purpose,audience}'::text []
        || pg_catalog.jsonb_build_object('audience', o.audience),
        q.priority
    from unnest($1::bigint [], $2::text [], $3::text []) with ordinality as o (parent_id, audience, hash, place)
    inner join zap.notification_queue as q on o.parent_id = q.id
    order by o.place
    on conflict do nothing
    returning id, source_id, payload ->> 'audience' as audience
)
insert into zap.notification_logs (notification_id, source_id, level, event, code, detail)
select t.id, t.source_id, 'info', 'told', 'told', t.audience
from told as t";

/// Somebody who is told beside the one that a notification is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Other {
    parent_id: i64,
    audience: String,
    hash: String,
}

impl Other {
    /// Those beside the one that `row` is for.
    pub(crate) fn of(row: &Captured, candidate: &Candidate) -> impl Iterator<Item = Self> {
        candidate.others.iter().map(|audience| Self {
            parent_id: row.id,
            audience: audience.name.clone(),
            hash: candidate.hash.clone(),
        })
    }

    /// Whether it is told beside the one that `row` is for.
    pub(crate) fn is_beside(&self, row: &Captured) -> bool {
        self.parent_id == row.id
    }
}

/// Enqueues a notification for each of them, once.
pub(crate) async fn tell(
    client: &impl GenericClient,
    others: &[Other],
) -> Result<(), tokio_postgres::Error> {
    if others.is_empty() {
        return Ok(());
    }
    let parents: Vec<i64> = others.iter().map(|other| other.parent_id).collect();
    let audiences: Vec<&str> = others.iter().map(|other| &*other.audience).collect();
    let hashes: Vec<&str> = others.iter().map(|other| &*other.hash).collect();
    let parameters: statement::Parameters<'_> = &[&parents, &audiences, &hashes];
    future::try_join(
        client.batch_execute(LOCK_TIMEOUT),
        statement::execute(client, TELL_OTHERS, parameters),
    )
    .await?;
    Ok(())
}
