//! Comparing an outcome with its row, and writing it.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use deadpool_postgres::GenericClient;

use super::{Outcome, Report};
use crate::run::lane::mark::Mark;
use crate::run::statement::{self, Parameters};

/// Finds its rows by primary key, one by one, and compares only then: as a condition on the table, the status would tempt
/// the planner to walk through all that is in flight; and joined after they were found, each would be compared with each.
///
/// An attempt's own outcome is accepted from `uncertain` too: rescue may have been quicker than the answer. Proof that the
/// message was accepted holds whatever happened since; while a newer attempt is in flight, it is remembered and wins over
/// that one's failure. Writing an outcome again, because the answer to the first time was lost, changes nothing.
///
/// It waits for nobody: a row that a person holds would hold up the outcomes of every company. It returns those rows.
pub(crate) const COMPLETE: &str = "-- complete
with known as materialized (
    select
        o.*,
        k.tenant_id, k.source_id, k.accepted,
        k.status as old_status, k.attempts as old_attempt, k.lease_epoch as old_epoch,
        k.processing_at as old_processing_at, k.provider_message_id as old_message_id
    from unnest(
        $1::bigint [], $2::integer [], $3::bigint [], $4::timestamptz [], $5::text [], $6::boolean [], $7::float8 [],
        $8::text [], $9::text [], $10::text [], $11::text [], $12::integer [], $13::text [], $14::text [], $15::bigint [],
        $16::boolean []
    ) as o (
        id, attempt, epoch, processing_at, status, give_back, wait_seconds, reason, error_class, last_error,
        provider_message_id, duration_ms, level, event, channel_id, use_template
    )
    left join lateral (
        select
            q.tenant_id, q.source_id, q.status, q.attempts, q.lease_epoch, q.processing_at, q.provider_message_id,
            q.metadata -> 'accepted' as accepted
        from zap.notification_queue as q
        where q.id = o.id
        for update skip locked
    ) as k on true
),
compared as materialized (
    select
        k.*,
        case
            when k.old_status is null then 'missed'
            when k.old_attempt = k.attempt
                and k.old_epoch = k.epoch
                and k.old_processing_at = k.processing_at
                and k.old_status in ('processing', 'uncertain')
                then case
                    when k.status = 'sent' then 'own'
                    when k.accepted is not null then 'accepted_before'
                    when k.status = 'uncertain' and k.old_status = 'uncertain' then 'nothing'
                    else 'own'
                end
            when k.status <> 'sent' then 'late'
            when k.provider_message_id = k.old_message_id then 'nothing'
            when k.old_status = 'processing' then 'remembered'
            when k.old_status in ('retrying', 'uncertain', 'failed', 'canceled', 'expired', 'skipped') then 'proof'
            else 'late'
        end as meaning
    from known as k
),
new as materialized (
    select c.*
    from compared as c
    where c.meaning not in ('nothing', 'missed')
        and (
            c.meaning not in ('late', 'remembered')
            -- Not an EXISTS: while the log is short, the planner would rather read all of it.
            or (
                select l.id
                from zap.notification_logs as l
                where l.notification_id = c.id and l.attempt = c.attempt and l.event = c.event
                limit 1
            ) is null
        )
),
completed as (
    update zap.notification_queue as q
    set
        status = case n.meaning when 'own' then n.status else 'sent' end,
        attempts = case when n.meaning = 'own' and n.give_back then q.attempts - 1 else q.attempts end,
        next_attempt_at = case
            when n.meaning <> 'own' or n.wait_seconds is null then q.next_attempt_at
            else pg_catalog.clock_timestamp() + pg_catalog.make_interval(secs => n.wait_seconds)
        end,
        reason = case n.meaning when 'own' then n.reason end,
        error_class = case n.meaning when 'own' then n.error_class end,
        last_error = case n.meaning when 'own' then n.last_error end,
        provider_message_id = coalesce(
            case n.meaning when 'accepted_before' then n.accepted ->> 'provider_message_id' else n.provider_message_id end,
            q.provider_message_id
        ),
        sent_at = case when n.meaning <> 'own' or n.status = 'sent' then pg_catalog.clock_timestamp() end,
        failed_at = case when n.meaning = 'own' and n.status = 'failed' then pg_catalog.clock_timestamp() end,
        uncertain_at = case
            when n.meaning = 'own' and n.status = 'uncertain' then pg_catalog.clock_timestamp() else q.uncertain_at
        end,
        metadata = case
            when n.meaning = 'own' and n.error_class = 'uncertain'
                then coalesce(q.metadata, '{}') || pg_catalog.jsonb_build_object(
                    'repeat_possible', true,
                    'unanswered', coalesce((q.metadata ->> 'unanswered')::integer, 0) + 1
                )
            when n.meaning = 'own' and n.use_template
                then coalesce(q.metadata, '{}') || pg_catalog.jsonb_build_object('template_used', true)
            else q.metadata
        end
    from new as n
    where q.id = n.id and n.meaning in ('own', 'accepted_before', 'proof')
),
remembered as (
    update zap.notification_queue as q
    set metadata = coalesce(q.metadata, '{}') || pg_catalog.jsonb_build_object(
        'accepted', pg_catalog.jsonb_build_object('attempt', n.attempt, 'provider_message_id', n.provider_message_id)
    )
    from new as n
    where q.id = n.id and n.meaning = 'remembered'
),
-- Receipts find their notification there. In one order, so that two batches do not wait for each other.
named as (
    insert into zap.sent_message (channel_id, provider_message_id, notification_id, attempt)
    select c.channel_id, c.provider_message_id, c.id, c.attempt
    from compared as c
    where c.status = 'sent' and c.provider_message_id <> '' and c.meaning <> 'missed'
    order by c.channel_id, c.provider_message_id
    on conflict (channel_id, provider_message_id) do nothing
),
-- Locked in the order in which marks lock them.
counting as materialized (
    select s.channel_id, s.sent_on, zap.known_timezone(t.timezone) as zone
    from zap.channel_state as s
    inner join zap.channel as c on s.channel_id = c.id
    inner join zap.tenant as t on c.tenant_id = t.id
    where c.daily_cap is not null
        and s.channel_id = any (array(select n.channel_id from new as n where n.meaning = 'own' and n.give_back))
    order by s.channel_id
    for no key update of s
),
uncounted as (
    update zap.channel_state as s
    set sent_count = greatest(s.sent_count - u.unsent, 0)
    from (
        select c.channel_id, pg_catalog.count(*)::integer as unsent
        from counting as c
        inner join new as n on c.channel_id = n.channel_id
        where n.meaning = 'own' and n.give_back and (n.old_processing_at at time zone c.zone)::date = c.sent_on
        group by c.channel_id
    ) as u
    where s.channel_id = u.channel_id
),
logged as (
    insert into zap.notification_logs
        (notification_id, tenant_id, source_id, channel_id, attempt, level, event, code, duration_ms, error_class, detail)
    select
        n.id, n.tenant_id, n.source_id, n.channel_id, n.attempt, n.level, n.event, coalesce(n.reason, n.event), n.duration_ms,
        n.error_class, coalesce(n.last_error, n.reason)
    from new as n
    where n.event is not null
)
select c.id
from compared as c
where c.meaning = 'missed'
    -- One that is gone has no outcome. Not an EXISTS, as above.
    and (select q.id from zap.notification_queue as q where q.id = c.id) is not null";

/// Finds its rows by primary key. A row that is in flight under the epoch is what was marked: nobody else marks it before
/// this is settled.
const FIND_MARKED: &str = "-- find_marked
with known as materialized (
    select q.id, q.status, q.attempts, q.lease_epoch, q.processing_at
    from zap.notification_queue as q
    where q.id = any ($1)
)
select k.id, k.attempts, k.lease_epoch, k.processing_at
from known as k
inner join unnest($1::bigint [], $2::bigint []) as u (id, epoch) on k.id = u.id and k.lease_epoch = u.epoch
where k.status = 'processing'";

/// Writes what is known of attempts; at most one report per notification. Returns the notifications that somebody else
/// holds: of them nothing is written.
pub(super) async fn complete(
    client: &impl GenericClient,
    reports: &[Report],
) -> Result<HashSet<i64>, tokio_postgres::Error> {
    let marked = find_marked(client, reports).await?;
    let given_back: Vec<(Outcome, Mark)> = reports
        .iter()
        .filter_map(|report| match report {
            Report::Unsent { id, channel_id, .. } => {
                let (attempt, mark) = marked.get(id)?;
                Some((Outcome::unsent(*channel_id, (*id, *attempt)), *mark))
            }
            Report::Known(..) => None,
        })
        .collect();
    let known = reports.iter().filter_map(|report| match report {
        Report::Known(outcome, mark) => Some((outcome, *mark)),
        Report::Unsent { .. } => None,
    });
    let mut outcomes: Vec<(&Outcome, Option<Mark>)> = known
        .chain(
            given_back
                .iter()
                .map(|(outcome, mark)| (outcome, Some(*mark))),
        )
        .collect();
    // Two batches at a time lock their rows in the same order.
    outcomes.sort_by_key(|(outcome, _)| outcome.id);
    let mut columns = Columns::default();
    for (outcome, mark) in outcomes {
        columns.add(outcome, mark);
    }
    if columns.id.is_empty() {
        return Ok(HashSet::new());
    }
    columns.write(client).await
}

/// Attempts that were marked, though the answer that says so was lost.
async fn find_marked(
    client: &impl GenericClient,
    reports: &[Report],
) -> Result<HashMap<i64, (i32, Mark)>, tokio_postgres::Error> {
    let unsent = reports.iter().filter_map(|report| match report {
        Report::Unsent { id, epoch, .. } => Some((*id, *epoch)),
        Report::Known(..) => None,
    });
    let (ids, epochs): (Vec<i64>, Vec<i64>) = unsent.unzip();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = statement::rows(client, FIND_MARKED, &[&ids, &epochs]).await?;
    let marked = rows.iter().map(|row| {
        let mark = Mark {
            epoch: row.try_get("lease_epoch")?,
            processing_at: row.try_get("processing_at")?,
        };
        Ok((row.try_get("id")?, (row.try_get("attempts")?, mark)))
    });
    marked.collect()
}

/// Outcomes as the statement takes them.
#[derive(Default)]
struct Columns<'a> {
    id: Vec<i64>,
    attempt: Vec<i32>,
    epoch: Vec<Option<i64>>,
    processing_at: Vec<Option<DateTime<Utc>>>,
    status: Vec<&'static str>,
    give_back: Vec<bool>,
    wait_seconds: Vec<Option<f64>>,
    reason: Vec<Option<&'static str>>,
    error_class: Vec<Option<&'static str>>,
    last_error: Vec<Option<&'a str>>,
    provider_message_id: Vec<Option<&'a str>>,
    duration_ms: Vec<Option<i32>>,
    level: Vec<&'static str>,
    event: Vec<Option<&'static str>>,
    channel_id: Vec<i64>,
    use_template: Vec<bool>,
}

impl<'a> Columns<'a> {
    fn add(&mut self, outcome: &'a Outcome, mark: Option<Mark>) {
        self.id.push(outcome.id);
        self.attempt.push(outcome.attempt);
        self.epoch.push(mark.map(|mark| mark.epoch));
        self.processing_at.push(mark.map(|mark| mark.processing_at));
        self.status.push(outcome.status);
        self.give_back.push(outcome.give_back);
        self.wait_seconds.push(outcome.wait_seconds);
        self.reason.push(outcome.reason);
        self.error_class.push(outcome.error_class);
        self.last_error.push(outcome.last_error.as_deref());
        self.provider_message_id
            .push(outcome.provider_message_id.as_deref());
        self.duration_ms.push(outcome.duration_ms);
        self.level.push(outcome.level.as_str());
        self.event.push(outcome.event);
        self.channel_id.push(outcome.channel_id);
        self.use_template.push(outcome.use_template);
    }

    async fn write(
        &self,
        client: &impl GenericClient,
    ) -> Result<HashSet<i64>, tokio_postgres::Error> {
        let parameters: Parameters<'_> = &[
            &self.id,
            &self.attempt,
            &self.epoch,
            &self.processing_at,
            &self.status,
            &self.give_back,
            &self.wait_seconds,
            &self.reason,
            &self.error_class,
            &self.last_error,
            &self.provider_message_id,
            &self.duration_ms,
            &self.level,
            &self.event,
            &self.channel_id,
            &self.use_template,
        ];
        let locked = statement::rows(client, COMPLETE, parameters).await?;
        locked.iter().map(|row| row.try_get("id")).collect()
    }
}
