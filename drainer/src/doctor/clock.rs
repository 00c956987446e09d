//! Time: this machine's clock against the server's, and the companies' time zones.

use chrono::{DateTime, TimeDelta, Utc};
use tokio_postgres::Client;

use super::finding::{Finding, found};
use crate::clock::{Clock, SystemClock};
use crate::database::DatabaseError;

/// Area of these findings.
pub const AREA: &str = "time";

/// Beyond this, times in logs and answers of providers mislead.
const SKEW_MAX: TimeDelta = TimeDelta::seconds(2);

const TIMEZONES: &str = "-- timezones
select
    'warning' as severity,
    'tenant ' || t.id || ' has the time zone ' || t.timezone || ', which this server does not know: UTC is taken' as what,
    'update zap.tenant set timezone = ''America/Sao_Paulo'' where id = ' || pg_catalog.quote_literal(t.id) || ';' as remedy
from zap.tenant as t
where zap.known_timezone(t.timezone) <> t.timezone
order by t.id
limit 20";

/// Compares the clocks, in the middle of a round trip.
pub async fn skew(client: &Client) -> Result<Vec<Finding>, DatabaseError> {
    let before = SystemClock.now();
    let row = client
        .query_one("-- skew\nselect pg_catalog.clock_timestamp()", &[])
        .await?;
    let middle = before + (SystemClock.now() - before) / 2;
    let server: DateTime<Utc> = row.get(0);
    Ok(vec![judge(server - middle)])
}

fn judge(skew: TimeDelta) -> Finding {
    let milliseconds = skew.num_milliseconds();
    if skew.abs() <= SKEW_MAX {
        return Finding::ok(AREA, "the clocks of this machine and the server agree");
    }
    Finding::warning(
        AREA,
        format!("the server's clock and this machine's are {milliseconds} ms apart"),
        "timedatectl set-ntp true # on the machine whose clock is wrong",
    )
}

/// Whether the server knows the companies' time zones.
pub async fn timezones(client: &Client) -> Result<Vec<Finding>, DatabaseError> {
    found(client, AREA, TIMEZONES, &[]).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::Severity;

    /// B4: clocks that are apart are told, in either direction.
    #[test]
    fn clocks_that_are_apart_are_told() {
        assert_eq!(judge(TimeDelta::milliseconds(80)).severity, Severity::Ok);
        for skew in [TimeDelta::seconds(60), TimeDelta::seconds(-60)] {
            let finding = judge(skew);
            assert_eq!(finding.severity, Severity::Warning);
            assert!(finding.what.contains("60000 ms"), "{}", finding.what);
        }
    }
}
