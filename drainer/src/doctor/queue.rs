//! What waits for too long, what was given up, and what capture left to others.

use tokio_postgres::Client;

use super::finding::{Finding, found};
use crate::database::DatabaseError;

/// Area of these findings.
pub const AREA: &str = "queue";

/// What is due is looked at within moments; looks at the unresolved read `notification_queue_unresolved`.
const OVERDUE: &str = "-- overdue
select
    'warning' as severity,
    'order ' || q.subject || ' has been due for a look since ' || q.next_attempt_at::timestamptz(0) as what,
    'zapgres daemon list # is one at work? its log says what holds it up' as remedy
from (
    select q.subject, q.next_attempt_at
    from zap.notification_queue as q
    where q.resolved_at is null
    order by q.next_attempt_at, q.id
    limit 1
) as q
where q.next_attempt_at < pg_catalog.clock_timestamp() - '5 minutes'::interval
union all
select
    'warning',
    'messages of channel ' || c.name || ' have been due since ' || c.due::timestamptz(0),
    'zapgres channel test ' || pg_catalog.quote_literal(c.name)
from (
    select c.name, zap.oldest_due(c.id) as due
    from zap.channel as c
    inner join zap.tenant as t on t.id = c.tenant_id
    where c.enabled and c.paused_at is null and t.paused_at is null
) as c
where c.due < pg_catalog.clock_timestamp() - '10 minutes'::interval";

const ATTEMPTED: &str = "-- attempted
with attempted as materialized (
    select q.status, q.reason, q.error_class, q.processing_at, q.failed_at, q.last_error
    from zap.notification_queue as q
    where q.status in ('processing', 'uncertain', 'failed')
        and (q.status <> 'failed' or q.failed_at > pg_catalog.clock_timestamp() - '1 day'::interval)
        and (q.status <> 'uncertain' or q.reason = 'held')
    limit 100000
)
select
    'warning' as severity,
    pg_catalog.count(*) || ' in flight for more than 10 minutes, since ' || pg_catalog.min(a.processing_at)::timestamptz(0)
    || ': their daemon is gone' as what,
    'zapgres run' as remedy
from attempted as a
where a.status = 'processing' and a.processing_at < pg_catalog.clock_timestamp() - '10 minutes'::interval
having pg_catalog.count(*) > 0
union all
select
    'warning', pg_catalog.count(*) || ' held after an attempt without an answer, for a person to decide',
    'zapgres queue retry --status uncertain --reason held'
from attempted as a
where a.status = 'uncertain'
having pg_catalog.count(*) > 0
union all
select
    case when a.error_class in ('recipient_invalid', 'opted_out') then 'info' else 'warning' end,
    pg_catalog.count(*) || ' failed in the last day as ' || coalesce(a.error_class, 'unknown')
    || coalesce(': ' || (pg_catalog.array_agg(a.last_error order by a.failed_at desc))[1], ''),
    'zapgres queue retry --status failed' || coalesce(' --error-class ' || a.error_class, '')
from attempted as a
where a.status = 'failed'
group by a.error_class";

const MISSED: &str = "-- missed
select
    'warning' as severity,
    pg_catalog.count(*) || ' orders could not be put into the queue since ' || pg_catalog.min(m.missed_at)::timestamptz(0)
    || ': ' || (pg_catalog.array_agg(m.reason order by m.id desc))[1] as what,
    'zapgres run' as remedy
from (select m.id, m.missed_at, m.reason from zap.missed as m order by m.id limit 10000) as m
where m.missed_at < pg_catalog.clock_timestamp() - '1 minute'::interval
having pg_catalog.count(*) > 0
union all
select
    'info',
    pg_catalog.count(*) || ' transactions ran with zap.enabled = off since ' || pg_catalog.min(g.made_at)::timestamptz(0)
    || ': their orders are never announced',
    null
from (select g.made_at from zap.capture_gap as g limit 10000) as g
having pg_catalog.count(*) > 0";

/// What is due and not looked at.
pub async fn overdue(client: &Client) -> Result<Vec<Finding>, DatabaseError> {
    let mut findings = found(client, AREA, OVERDUE, &[]).await?;
    if findings.is_empty() {
        findings.push(Finding::ok(AREA, "nothing is overdue"));
    }
    Ok(findings)
}

/// What is stuck, held, or was given up lately.
pub async fn attempted(client: &Client) -> Result<Vec<Finding>, DatabaseError> {
    found(client, AREA, ATTEMPTED, &[]).await
}

/// What capture left to the daemon, and what it was told to leave alone.
pub async fn missed(client: &Client) -> Result<Vec<Finding>, DatabaseError> {
    found(client, AREA, MISSED, &[]).await
}
