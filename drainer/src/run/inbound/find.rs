//! Finding the notifications that receipts are about.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use deadpool_postgres::GenericClient;
use tokio_postgres::Row;
use zapgres_core::receipt::Standing;
use zapgres_core::status::Status;

use super::receipts::Told;
use crate::run::statement;

/// Which notification and attempt a receipt is about: by the provider's id, where the acceptance is known, else by our own
/// name of the message, which some providers repeat. That one must be of the same company.
const MATCH: &str = "-- match
select t.place, s.notification_id, s.attempt, true as is_noted
from unnest($1::integer [], $2::bigint [], $3::text []) as t (place, channel_id, provider_message_id)
inner join zap.sent_message as s on t.channel_id = s.channel_id and t.provider_message_id = s.provider_message_id
union all
select t.place, q.id, t.attempt, false
from unnest($1::integer [], $4::text [], $5::bigint [], $6::integer []) as t (place, tenant_id, notification_id, attempt)
inner join zap.notification_queue as q on t.notification_id = q.id and t.tenant_id = q.tenant_id";

/// Finds its rows by primary key and waits for nobody: a row that is held comes back without a status.
const LOCK: &str = "-- lock
select w.id, k.*, array(select s.attempt from zap.sent_message as s where s.notification_id = w.id) as accepted
from (select u.id from unnest($1::bigint []) as u (id) order by u.id) as w
left join lateral (
    select
        q.tenant_id, q.source_id, q.channel_id, q.status, q.attempts, q.processing_at, q.sent_at, q.delivered_at, q.read_at,
        q.failed_at, q.error_class, q.last_error, q.provider_message_id,
        q.kind = 'text'
        and coalesce(q.payload -> 'template', 'null') <> 'null'
        and not coalesce(q.metadata ? 'template_used', false) as has_template
    from zap.notification_queue as q
    where q.id = w.id
    for update skip locked
) as k on true
where (select q.id from zap.notification_queue as q where q.id = w.id) is not null";

/// What a receipt is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Match {
    pub notification_id: i64,
    pub attempt: i32,
    /// Whether the acceptance of the message is known.
    pub is_noted: bool,
}

/// A notification, locked.
pub(super) struct Found {
    pub tenant_id: Option<String>,
    pub source_id: Option<i64>,
    pub channel_id: Option<i64>,
    pub standing: Standing,
    pub error_class: Option<String>,
    pub last_error: Option<String>,
    /// Of the message that was accepted last.
    pub provider_message_id: Option<String>,
}

impl Found {
    /// None: somebody else holds it.
    fn from_row(row: &Row) -> Result<Option<Self>, tokio_postgres::Error> {
        let status: Option<String> = row.try_get("status")?;
        // What is no status of ours cannot be told what follows.
        let Some(Ok(status)) = status.map(|text| text.parse::<Status>()) else {
            return Ok(None);
        };
        let accepted: Vec<i32> = row.try_get("accepted")?;
        let (sent_at, processing_at): (Option<DateTime<Utc>>, Option<DateTime<Utc>>) =
            (row.try_get("sent_at")?, row.try_get("processing_at")?);
        let standing = Standing {
            status,
            attempt: row.try_get("attempts")?,
            accepted: BTreeSet::from_iter(accepted),
            not_before: sent_at.or(processing_at),
            sent_at,
            delivered_at: row.try_get("delivered_at")?,
            read_at: row.try_get("read_at")?,
            failed_at: row.try_get("failed_at")?,
            failure: None,
            has_template: row.try_get("has_template")?,
        };
        Ok(Some(Self {
            tenant_id: row.try_get("tenant_id")?,
            source_id: row.try_get("source_id")?,
            channel_id: row.try_get("channel_id")?,
            standing,
            error_class: row.try_get("error_class")?,
            last_error: row.try_get("last_error")?,
            provider_message_id: row.try_get("provider_message_id")?,
        }))
    }
}

/// What each of the receipts is about; none: nothing that is known yet.
pub(super) async fn matches(
    client: &impl GenericClient,
    told: &[Told],
) -> Result<Vec<Option<Match>>, tokio_postgres::Error> {
    let mut places: Vec<i32> = Vec::new();
    let (mut channel_ids, mut message_ids, mut tenants) = (Vec::new(), Vec::new(), Vec::new());
    let (mut ids, mut attempts): (Vec<Option<i64>>, Vec<Option<i32>>) = (Vec::new(), Vec::new());
    for (place, receipt) in (0_i32..).zip(told) {
        places.push(place);
        channel_ids.push(receipt.channel_id);
        message_ids.push(receipt.provider_message_id.as_str());
        tenants.push(receipt.tenant_id.as_str());
        ids.push(receipt.reference.map(|(id, _)| id));
        attempts.push(receipt.reference.map(|(_, attempt)| attempt));
    }
    let rows = statement::rows(
        client,
        MATCH,
        &[
            &places,
            &channel_ids,
            &message_ids,
            &tenants,
            &ids,
            &attempts,
        ],
    )
    .await?;
    let mut matches: Vec<Option<Match>> = vec![None; told.len()];
    for row in &rows {
        let place: i32 = row.try_get("place")?;
        let found = Match {
            notification_id: row.try_get("notification_id")?,
            attempt: row.try_get("attempt")?,
            is_noted: row.try_get("is_noted")?,
        };
        if let Some(known) = usize::try_from(place)
            .ok()
            .and_then(|place| matches.get_mut(place))
            && !known.is_some_and(|known| known.is_noted)
        {
            *known = Some(found);
        }
    }
    Ok(matches)
}

/// Locks these notifications. One without an entry is gone; one with none is held by somebody.
pub(super) async fn lock(
    client: &impl GenericClient,
    ids: &BTreeSet<i64>,
) -> Result<HashMap<i64, Option<Found>>, tokio_postgres::Error> {
    let ids: Vec<i64> = ids.iter().copied().collect();
    let rows = statement::rows(client, LOCK, &[&ids]).await?;
    let found = rows
        .iter()
        .map(|row| Ok((row.try_get("id")?, Found::from_row(row)?)));
    found.collect()
}
