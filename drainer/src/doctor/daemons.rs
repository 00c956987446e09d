//! The daemons: whether somebody is at work, in this program's version.

use tokio_postgres::Client;

use super::finding::{Finding, found};
use crate::database::DatabaseError;

/// Area of these findings.
pub const AREA: &str = "daemons";

const DAEMONS: &str = "-- daemons
with alive as (
    select d.name, d.version, d.started_at
    from zap.daemon as d
    where d.lease_until > pg_catalog.clock_timestamp()
),
waiting as (
    select exists (
        select from zap.notification_queue as q where q.resolved_at is null and q.next_attempt_at <= pg_catalog.clock_timestamp()
    )
    or exists (
        select from zap.notification_queue as q
        where q.resolved_at is not null and q.status in ('pending', 'retrying', 'uncertain')
            and q.next_attempt_at <= pg_catalog.clock_timestamp()
    )
    or exists (select from zap.missed) as is_any
)
select
    case when a.version = $1 then 'ok' else 'warning' end as severity,
    'daemon ' || a.name || ' is at work since ' || a.started_at::timestamptz(0)
    || case when a.version = $1 then '' else ', as version ' || a.version || '; this program is ' || $1 end as what,
    case when a.version <> $1 then 'systemctl restart zapgres # where daemon ' || a.name || ' runs' end as remedy
from alive as a
union all
select
    case when w.is_any then 'error' else 'warning' end,
    case when w.is_any then 'no daemon is at work, and messages wait' else 'no daemon is at work' end,
    'zapgres run'
from waiting as w
where not exists (select from alive)";

/// Who is at work.
pub async fn daemons(client: &Client) -> Result<Vec<Finding>, DatabaseError> {
    found(client, AREA, DAEMONS, &[&env!("CARGO_PKG_VERSION")]).await
}
