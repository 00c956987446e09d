//! Marks, durably and before the request, what is sent next.

use std::time::Duration;

use chrono::{DateTime, Utc};
use deadpool_postgres::GenericClient;
use tokio_postgres::Row;

use super::address::Known;
use super::stored::Stored;
use crate::run::statement::{self, Parameters};

/// Finds its rows by primary key, one by one, and only then checks again whatever may have changed since they were found
/// due: as conditions on the table, the same checks would tempt the planner to walk through all that is due; and joined
/// with what was asked for after they were found, each would be compared with each (ten times slower at 512).
///
/// The locks on the channels' states hold takeovers up until this has committed; a channel that was taken over meanwhile
/// has another epoch. A state that somebody else has locked is passed over: a person who deletes a channel and does not
/// commit must hold up that channel alone. What waits for a person is put aside: out of the way of what can be sent. The lock on its source
/// lets whoever ends a pause find all that was put aside because of it; nobody waits for that person's transaction.
pub(crate) const MARK: &str = "-- mark
with leased as materialized (
    select s.channel_id, s.lease_epoch, s.sent_on, s.sent_count
    from unnest($3::bigint [], $4::bigint []) as l (channel_id, epoch)
    inner join zap.channel_state as s on l.channel_id = s.channel_id and l.epoch = s.lease_epoch
    where s.lease_owner = $5
        and exists (
            select from zap.daemon as d
            where d.name = $5 and d.instance = $6::text::uuid and d.lease_until > pg_catalog.clock_timestamp()
        )
    order by s.channel_id
    for no key update of s skip locked
),
open_channel as materialized (
    select
        l.channel_id, l.lease_epoch, l.sent_on, l.sent_count, c.daily_cap, c.warm_up_from, c.warm_up_days, c.created_at,
        -- Only who counts days needs a zone.
        case when c.daily_cap is not null then zap.known_timezone(t.timezone) end as zone
    from leased as l
    inner join zap.channel as c on l.channel_id = c.id
    inner join zap.tenant as t on c.tenant_id = t.id
    where c.enabled
        and c.paused_at is null
        and t.enabled
        and t.paused_at is null
        and coalesce(
            (
                select s.value from zap.setting as s
                where s.key = 'sending.enabled' and s.tenant_id = t.id and s.value in ('true', 'false')
            ),
            (
                select s.value from zap.setting as s
                where s.key = 'sending.enabled' and s.tenant_id is null and s.value in ('true', 'false')
            ),
            'true'
        ) = 'true'
),
dated as materialized (
    select
        o.channel_id, o.lease_epoch, o.sent_on, o.sent_count, o.daily_cap, o.warm_up_from, o.warm_up_days, o.zone,
        (o.created_at at time zone o.zone)::date as began_on,
        (pg_catalog.clock_timestamp() at time zone o.zone)::date as today
    from open_channel as o
),
usable as materialized (
    select
        d.channel_id, d.lease_epoch, d.today,
        pg_catalog.date_part(
            'epoch', (d.today + 1)::timestamp at time zone d.zone - pg_catalog.clock_timestamp()
        )::float8 as ends_in,
        case
            when d.warm_up_days > d.today - d.began_on
                then
                    d.warm_up_from
                    + (d.daily_cap - d.warm_up_from)::bigint * greatest(d.today - d.began_on, 0) / d.warm_up_days
            else d.daily_cap
        end - case when d.sent_on = d.today then d.sent_count else 0 end as room
    from dated as d
),
wanted as materialized (
    select w.*, r.channel_id as asked_channel_id, r.place
    from unnest($1::bigint [], $2::bigint []) with ordinality as r (id, channel_id, place)
    cross join lateral (
        select
            q.id, q.channel_id, q.tenant_id, q.source_id, q.event, q.recipient_kind, q.recipient, q.resolved_at, q.status,
            q.next_attempt_at, q.expires_at, q.error_class
        from zap.notification_queue as q
        where q.id = r.id
        for update skip locked
    ) as w
),
paused_source as materialized (
    select s.id
    from zap.source as s
    where s.paused_at is not null and s.id = any (array(select w.source_id from wanted as w))
    for share skip locked
),
due as materialized (
    select
        w.id, w.channel_id, w.source_id, u.lease_epoch, u.room,
        s.paused_at is not null as is_paused,
        -- Whoever lets a held one go takes the error class away.
        w.status = 'uncertain'
        and w.error_class is not distinct from 'uncertain'
        and coalesce(s.uncertain_policy, case when w.event like 'broadcast%' then 'hold' end, 'retry') = 'hold' as is_held,
        w.place
    from wanted as w
    inner join usable as u on w.channel_id = u.channel_id
    left join zap.source as s on w.source_id = s.id
    where w.channel_id = w.asked_channel_id
        and w.resolved_at is not null
        and w.status in ('pending', 'retrying', 'uncertain')
        and w.next_attempt_at <= pg_catalog.statement_timestamp()
        and (w.expires_at is null or w.expires_at > pg_catalog.statement_timestamp())
        and not exists (
            select from zap.recipient as r
            where r.tenant_id = w.tenant_id
                and r.kind = w.recipient_kind
                and r.address = w.recipient
                and r.opted_out_at is not null
        )
),
parked as (
    update zap.notification_queue as q
    set next_attempt_at = 'infinity', reason = case when d.is_held then 'held' else 'source_paused' end
    from due as d
    where q.id = d.id and (d.is_held or d.source_id in (select p.id from paused_source as p))
    returning q.id, q.tenant_id, q.source_id, q.channel_id, q.reason, q.attempts
),
ranked as materialized (
    select
        d.id, d.channel_id, d.lease_epoch,
        d.room is null or pg_catalog.row_number() over (partition by d.channel_id order by d.place) <= d.room as fits
    from due as d
    where not d.is_held and not d.is_paused
),
marked as (
    update zap.notification_queue as q
    set
        status = 'processing',
        attempts = q.attempts + 1,
        processing_at = pg_catalog.clock_timestamp(),
        lease_epoch = r.lease_epoch
    from ranked as r
    where q.id = r.id and r.fits
    returning
        q.id, q.attempts, q.max_attempts, q.recipient_kind, q.recipient, q.kind, q.body, q.payload, q.tenant_id, q.source_id,
        q.channel_id, q.lease_epoch, q.processing_at, q.metadata -> 'template_used' is not null as template_used,
        q.uncertain_at is not null as repeat,
        coalesce((q.metadata ->> 'unanswered')::integer, 0) as unanswered
),
counted as (
    update zap.channel_state as s
    set sent_on = u.today, sent_count = m.sent + case when s.sent_on = u.today then s.sent_count else 0 end
    from usable as u
    inner join (
        select k.channel_id, pg_catalog.count(*)::integer as sent from marked as k group by k.channel_id
    ) as m on u.channel_id = m.channel_id
    where s.channel_id = u.channel_id and u.room is not null
),
logged as (
    insert into zap.notification_logs
        (notification_id, tenant_id, source_id, channel_id, level, event, code, attempt, detail)
    select
        m.id, m.tenant_id, m.source_id, m.channel_id, 'info', 'repeated', 'repeated', m.attempts,
        'an earlier attempt was left without an answer: this one may be a repeat'
    from marked as m
    where m.repeat
    union all
    select p.id, p.tenant_id, p.source_id, p.channel_id, 'info', 'waiting', p.reason, p.attempts, null
    from parked as p
)
select
    m.channel_id, null::float8 as capped_for, false as is_locked, m.id, m.attempts, m.max_attempts, m.recipient_kind,
    m.recipient, m.kind, m.body, m.payload::text as payload, m.template_used, m.repeat, m.unanswered, m.lease_epoch, m.processing_at,
    a.channel_id is not null as is_known, a.confirmed_address
from marked as m
left join zap.recipient_address as a
    on m.channel_id = a.channel_id
    and m.recipient_kind = a.kind
    and m.recipient = a.address
    and a.expires_at > pg_catalog.clock_timestamp()
union all
select u.channel_id, u.ends_in, false, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null
from usable as u
where exists (select from ranked as r where r.channel_id = u.channel_id and not r.fits)
union all
select s.channel_id, null, true, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null
from unnest($3::bigint [], $4::bigint []) as l (channel_id, epoch)
inner join zap.channel_state as s on l.channel_id = s.channel_id and l.epoch = s.lease_epoch
where s.lease_owner = $5 and s.channel_id not in (select held.channel_id from leased as held)";

/// A notification that is marked and has to be sent now.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Marked {
    pub id: i64,
    /// Number of this attempt.
    pub attempt: i32,
    pub max_attempts: Option<i32>,
    pub stored: Stored,
    /// What the provider has said of the recipient.
    pub known: Known,
    /// The approved template is sent instead of the text.
    pub template_used: bool,
    /// An earlier attempt was left without an answer.
    pub repeat: bool,
    /// How many were.
    pub unanswered: i32,
}

/// What an attempt is recognised by when its outcome is written: numbers are used again when one is given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    /// Epoch of the lease.
    pub epoch: i64,
    /// The row's `processing_at`.
    pub processing_at: DateTime<Utc>,
}

/// One line of the statement's answer.
pub(crate) enum Line {
    /// An attempt may begin.
    Marked(Marked, Mark),
    /// The channel may send no more for this long.
    Capped(Duration),
    /// Somebody else has the channel's state locked, or this daemon's lease has just ended.
    Locked,
}

/// What is asked for.
#[derive(Debug, Default)]
pub(crate) struct Request {
    /// Notifications, in the order in which they are to be sent.
    pub ids: Vec<i64>,
    /// Channel of each.
    pub channels: Vec<i64>,
    /// Channels, once each.
    pub leased: Vec<i64>,
    /// Epoch of each channel's lease.
    pub epochs: Vec<i64>,
}

/// Marks what may still be sent, as the daemon `name`; returns lines with the channel that each is about.
pub(crate) async fn mark(
    client: &impl GenericClient,
    request: &Request,
    name: &str,
    instance: &str,
) -> Result<Vec<(i64, Line)>, tokio_postgres::Error> {
    let parameters: Parameters<'_> = &[
        &request.ids,
        &request.channels,
        &request.leased,
        &request.epochs,
        &name,
        &instance,
    ];
    let rows = statement::rows(client, MARK, parameters).await?;
    rows.iter()
        .map(|row| Ok((row.try_get("channel_id")?, line(row)?)))
        .collect()
}

fn line(row: &Row) -> Result<Line, tokio_postgres::Error> {
    if let Some(seconds) = row.try_get::<_, Option<f64>>("capped_for")? {
        let wait = Duration::try_from_secs_f64(seconds).unwrap_or_default();
        return Ok(Line::Capped(wait));
    }
    if row.try_get("is_locked")? {
        return Ok(Line::Locked);
    }
    let marked = Marked {
        id: row.try_get("id")?,
        attempt: row.try_get("attempts")?,
        max_attempts: row.try_get("max_attempts")?,
        stored: Stored::from_row(row)?,
        known: Known::of(row.try_get("is_known")?, row.try_get("confirmed_address")?),
        template_used: row.try_get("template_used")?,
        repeat: row.try_get("repeat")?,
        unanswered: row.try_get("unanswered")?,
    };
    let mark = Mark {
        epoch: row.try_get("lease_epoch")?,
        processing_at: row.try_get("processing_at")?,
    };
    Ok(Line::Marked(marked, mark))
}
