//! Settings in the database, and what is switched off or only rehearsed.

use tokio_postgres::Client;

use super::finding::{Finding, found};
use crate::database::DatabaseError;

/// Area of these findings.
pub const AREA: &str = "settings";

const INVALID: &str = "-- invalid
select
    'error' as severity,
    coalesce('of tenant ' || s.tenant_id || ': ', '') || s.problem || ': it is as if it were not there. ' || s.hint as what,
    pg_catalog.format('select zap.reset_setting(%L, %L);', s.key, s.tenant_id) as remedy
from zap.invalid_settings() as s
limit 50";

const RESTRICTED: &str = "-- restricted
select
    'info' as severity,
    'mode ' || m.mode || ' (' || m.set_by || ') holds for ' || pg_catalog.count(*) || ' events: nothing of them is sent' as what,
    'zapgres mode' as remedy
from zap.modes() as m
where m.mode <> 'live' and m.set_by not like 'source %'
group by m.mode, m.set_by
order by 2
limit 50";

/// Rows that cannot be used.
pub async fn invalid(client: &Client) -> Result<Vec<Finding>, DatabaseError> {
    found(client, AREA, INVALID, &[]).await
}

/// What is off or a shadow.
pub async fn restricted(client: &Client) -> Result<Vec<Finding>, DatabaseError> {
    found(client, AREA, RESTRICTED, &[]).await
}
