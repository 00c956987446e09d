//! Finds who keeps the server from clearing away dead rows: while one old snapshot is held, the queue gets longer with
//! everything that is sent, and each look at it slower.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;
use tokio_postgres::Row;

use crate::database::DatabaseError;
use crate::run::daemon::Daemon;
use crate::run::statement;

/// Said again after this long, if it is still held.
const REPEAT_AFTER: Duration = Duration::from_secs(3_600);

/// Whoever holds a snapshot of this database: sessions, prepared transactions, and replication slots and standbys, whose
/// snapshot has no time of its own. VACUUM's does not count.
pub(crate) const SNAPSHOTS: &str = "-- snapshots
select
    'session ' || a.pid as holder,
    pg_catalog.concat_ws(', ', 'role ' || a.usename, 'application ' || nullif(a.application_name, ''), 'from ' || a.client_addr, a.state)
        as description,
    a.backend_xmin::text as snapshot,
    pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - a.xact_start)::float8 as held_seconds
from pg_catalog.pg_stat_activity as a
where a.datname = pg_catalog.current_database()
    and coalesce(a.backend_xmin, a.backend_xid) is not null
    and a.backend_type not in ('autovacuum worker', 'walsender')
    and not exists (select from pg_catalog.pg_stat_progress_vacuum as v where v.pid = a.pid)
union all
select
    'prepared transaction ' || p.gid,
    'role ' || p.owner,
    p.transaction::text,
    pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - p.prepared)::float8
from pg_catalog.pg_prepared_xacts as p
where p.database = pg_catalog.current_database()
union all
select 'replication slot ' || s.slot_name, s.slot_type, s.xmin::text, null
from pg_catalog.pg_replication_slots as s
where s.xmin is not null
union all
select 'standby ' || r.pid, pg_catalog.concat_ws(', ', r.application_name, 'from ' || r.client_addr), r.backend_xmin::text, null
from pg_catalog.pg_stat_replication as r
where r.backend_xmin is not null";

/// Seconds after which a snapshot counts as old.
pub(crate) const LOAD_LIMIT: &str = "-- load_limit
select case when pg_catalog.jsonb_typeof(s.value) = 'number' then s.value::float8 end
from zap.setting as s
where s.tenant_id is null and s.key = 'alert.old_snapshot_seconds'";

const LIMIT_SECONDS: f64 = 300.0;

/// Somebody with a snapshot.
struct Holder {
    name: String,
    description: String,
    snapshot: Option<String>,
    held: Option<Duration>,
}

/// What is remembered between looks.
#[derive(Default)]
pub(super) struct Horizon {
    /// Since when each holder has been seen with the same snapshot.
    seen: HashMap<String, (Option<String>, Instant)>,
    /// When it was said of whom.
    said: HashMap<String, Instant>,
}

impl Horizon {
    /// Looks once, and warns of what has become old.
    pub(super) async fn look(&mut self, daemon: &Daemon) -> Result<(), DatabaseError> {
        let client = daemon.client().await?;
        let limit = statement::rows(&client, LOAD_LIMIT, &[]).await?;
        let limit = limit
            .first()
            .map_or(Ok(None), |row| row.try_get::<_, Option<f64>>(0))?;
        let limit =
            Duration::try_from_secs_f64(limit.unwrap_or(LIMIT_SECONDS)).unwrap_or(Duration::MAX);
        let rows = statement::rows(&client, SNAPSHOTS, &[]).await?;
        let holders = rows
            .iter()
            .map(Holder::from_row)
            .collect::<Result<_, _>>()?;
        for (holder, held) in self.old(holders, limit, Instant::now()) {
            tracing::warn!(
                holder = holder.name,
                description = holder.description,
                held_s = held.as_secs(),
                "an old snapshot keeps dead rows in the queue, which gets slower: end whoever holds it"
            );
        }
        Ok(())
    }

    /// Those of `holders` that have held their snapshot for `limit` and of whom that was not said lately.
    fn old(
        &mut self,
        holders: Vec<Holder>,
        limit: Duration,
        now: Instant,
    ) -> Vec<(Holder, Duration)> {
        self.seen
            .retain(|name, _| holders.iter().any(|holder| holder.name == *name));
        self.said.retain(|name, said| {
            now.duration_since(*said) < REPEAT_AFTER
                && holders.iter().any(|holder| holder.name == *name)
        });
        let mut old = Vec::new();
        for holder in holders {
            let seen = self
                .seen
                .entry(holder.name.clone())
                .or_insert_with(|| (holder.snapshot.clone(), now));
            if seen.0 != holder.snapshot {
                *seen = (holder.snapshot.clone(), now);
            }
            let held = holder.held.unwrap_or_else(|| now.duration_since(seen.1));
            if held < limit {
                self.said.remove(&holder.name);
            } else if !self.said.contains_key(&holder.name) {
                self.said.insert(holder.name.clone(), now);
                old.push((holder, held));
            }
        }
        old
    }
}

impl Holder {
    fn from_row(row: &Row) -> Result<Self, tokio_postgres::Error> {
        let held: Option<f64> = row.try_get("held_seconds")?;
        Ok(Self {
            name: row.try_get("holder")?,
            description: row.try_get("description")?,
            snapshot: row.try_get("snapshot")?,
            held: held.map(|seconds| Duration::try_from_secs_f64(seconds).unwrap_or_default()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(300);

    fn slot(snapshot: &str) -> Holder {
        Holder {
            name: "replication slot s".to_owned(),
            description: "physical".to_owned(),
            snapshot: Some(snapshot.to_owned()),
            held: None,
        }
    }

    fn session(held: u64) -> Holder {
        Holder {
            name: "session 1".to_owned(),
            held: Some(Duration::from_secs(held)),
            ..slot("7")
        }
    }

    #[test]
    fn an_old_snapshot_is_said_once_an_hour() {
        let (mut horizon, begin) = (Horizon::default(), Instant::now());
        let mut said = |held: u64| {
            let now = begin + Duration::from_secs(held);
            horizon.old(vec![session(held)], LIMIT, now).len()
        };
        let counts = [299, 300, 360, 3_899, 3_900, 3_960].map(&mut said);
        assert_eq!(counts, [0, 1, 0, 0, 1, 0]);
    }

    #[test]
    fn a_new_transaction_of_the_same_session_is_another_one() {
        let (mut horizon, now) = (Horizon::default(), Instant::now());
        assert_eq!(horizon.old(vec![session(300)], LIMIT, now).len(), 1);
        assert_eq!(horizon.old(vec![session(1)], LIMIT, now).len(), 0);
        assert_eq!(horizon.old(vec![session(301)], LIMIT, now).len(), 1);
    }

    /// A slot tells no time: what counts is how long its snapshot has not moved.
    #[test]
    fn a_slot_is_old_when_its_snapshot_stands_still() {
        let (mut horizon, begin) = (Horizon::default(), Instant::now());
        assert_eq!(horizon.old(vec![slot("7")], LIMIT, begin).len(), 0);
        let later = begin + LIMIT;
        assert_eq!(horizon.old(vec![slot("8")], LIMIT, later).len(), 0);
        assert_eq!(horizon.old(vec![slot("8")], LIMIT, later + LIMIT).len(), 1);
    }
}
