//! Orders whose items are in several tables, each attached: whichever table's row is resolved first speaks for the order.

use std::collections::HashMap;

use chrono::TimeDelta;
use deadpool_postgres::GenericClient;
use zapgres_core::decision;

use super::batch::Batch;
use super::decide::{self, Candidate, Decision};
use crate::run::statement;

/// How soon what waits for its twin is looked at again.
const LOOK_AGAIN: TimeDelta = TimeDelta::seconds(1);

/// Uses `notification_queue_once`. A twin that is not decided yet is locked, so that nobody decides it beside us; one that
/// somebody else has locked is about to be decided. Of two that nobody has, the older one goes first, unless it is stuck
/// and not among those that are decided now.
pub(crate) const FIND_TWINS: &str = "-- find_twins
with twin as materialized (
    select q.id, o.id as other_id, o.resolved_at is not null as is_resolved, o.status
    from zap.notification_queue as q
    inner join zap.source as s on q.source_id = s.id
    inner join zap.source as t
        on s.order_relation = t.order_relation and s.order_key = t.order_key and s.event = t.event
        and t.captures = 'first_item' and s.id <> t.id
    inner join zap.notification_queue as o on q.dedup_key = o.dedup_key and t.id = o.source_id
    where q.id = any ($1)
),
seen as (
    select
        t.id, t.other_id,
        coalesce(w.is_resolved, t.is_resolved) and coalesce(w.status, t.status) not in ('skipped', 'expired') as is_told,
        case
            when t.is_resolved or w.is_resolved then false
            when w.is_resolved is null then true
            else t.other_id < t.id
                and (t.other_id = any ($1) or coalesce(w.reason, 'settling') in ('settling', 'not_ready'))
        end as is_awaited
    from twin as t
    left join lateral (
        select o.resolved_at is not null as is_resolved, o.status, o.reason
        from zap.notification_queue as o
        where o.id = t.other_id and not t.is_resolved
        for update skip locked
    ) as w on true
)
select s.id, pg_catalog.min(s.other_id) filter (where s.is_told) as told_by, pg_catalog.bool_or(s.is_awaited) as is_awaited
from seen as s
group by s.id";

/// What is known of a notification's twins.
struct Twins {
    told_by: Option<i64>,
    is_awaited: bool,
}

/// Skips what another table's row has announced already, and lets wait what one is about to announce.
pub(crate) async fn apply(
    client: &impl GenericClient,
    batch: &Batch,
    considered: &mut [Result<Candidate, Decision>],
) -> Result<(), tokio_postgres::Error> {
    let mut asked = Vec::new();
    for (row, considered) in batch.captured.iter().zip(&*considered) {
        if considered.is_ok() && batch.source_of(row).is_some_and(|source| source.has_twins) {
            asked.push(row.id);
        }
    }
    if asked.is_empty() {
        return Ok(());
    }
    let twins = find(client, &asked).await?;
    for (row, considered) in batch.captured.iter().zip(considered) {
        let (Ok(candidate), Some(twins), Some(source)) =
            (&*considered, twins.get(&row.id), batch.source_of(row))
        else {
            continue;
        };
        let hash = candidate.hash.clone();
        if let Some(other) = twins.told_by {
            *considered = Err(Decision::Skip {
                reason: decision::COALESCED,
                message: Box::default(),
                detail: Some(format!("into {other}")),
            });
        } else if twins.is_awaited {
            let at = row.now + LOOK_AGAIN;
            let reason = decision::SETTLING;
            let waits = decide::unless_expired(row, source, at, reason, Some(hash), None);
            *considered = Err(waits);
        }
    }
    Ok(())
}

async fn find(
    client: &impl GenericClient,
    ids: &[i64],
) -> Result<HashMap<i64, Twins>, tokio_postgres::Error> {
    let rows = statement::rows(client, FIND_TWINS, &[&ids]).await?;
    let twins = rows.iter().map(|row| {
        let twins = Twins {
            told_by: row.try_get("told_by")?,
            is_awaited: row.try_get("is_awaited")?,
        };
        Ok((row.try_get("id")?, twins))
    });
    twins.collect()
}
