//! Highest keys at earlier times: they tell recent orders from old ones where no column does.

use std::time::Duration;

use tokio_postgres::Transaction;

use super::source::{Captures, Source};
use super::statement::quote;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// A mark counts once every transaction that was running when it was made has ended: until then a lower key may still
/// appear. Never below the first mark, made when the table was attached.
pub(crate) const LOWEST_KEY: &str = "-- lowest_key
select
    greatest(
        (select m.key from zap.sweep_mark as m where m.source_id = $1 order by m.marked_at limit 1),
        (
            select max(m.key)
            from zap.sweep_mark as m
            where m.source_id = $1
                and m.marked_at <= pg_catalog.statement_timestamp() - pg_catalog.make_interval(secs => $2)
                and m.horizon <= pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot())
        )
    )";

/// Of a source whose rows are events, the first mark that was made after it was last silent on purpose: see
/// `LOAD_SWEPT_SOURCES`. A transaction commits a moment after it noted that it was silent.
pub(crate) const LOWEST_KEY_AFTER_SILENCE: &str = "-- lowest_key_after_silence
select s.made_at is not null as was_silent, (
    select min(m.key) from zap.sweep_mark as m
    where m.source_id = $1 and m.marked_at > s.made_at + interval '10 minutes'
) as key
from (select max(g.made_at) as made_at from zap.capture_gap as g where g.source_id = $1) as s";

/// Keeps the first mark, and the newest of the old ones: after a long pause it is the last one before it.
pub(crate) const TRIM: &str = "-- trim
delete from zap.sweep_mark as m
using zap.source as s
where s.id = $1
    and m.source_id = $1
    and m.marked_at > (select min(f.marked_at) from zap.sweep_mark as f where f.source_id = $1)
    and m.marked_at < (
        select max(n.marked_at)
        from zap.sweep_mark as n
        where n.source_id = $1
            and n.marked_at
            < pg_catalog.statement_timestamp()
            - greatest(pg_catalog.make_interval(secs => $2), s.max_age + pg_catalog.make_interval(secs => $3))
    )";

/// The key that orders to be announced are above; none before the first mark.
pub(crate) async fn lowest_key(
    transaction: &Transaction<'_>,
    source: &Source,
    window: Duration,
) -> Result<Option<i64>, tokio_postgres::Error> {
    let lowest: Option<i64> = transaction
        .query_one(LOWEST_KEY, &[&source.id, &window.as_secs_f64()])
        .await?
        .try_get(0)?;
    if source.captures == Captures::FirstItem {
        return Ok(lowest);
    }
    let row = transaction
        .query_one(LOWEST_KEY_AFTER_SILENCE, &[&source.id])
        .await?;
    let after_silence: Option<i64> = row.try_get("key")?;
    Ok(match row.try_get("was_silent")? {
        true => lowest.zip(after_silence).map(|(a, b)| a.max(b)),
        false => lowest,
    })
}

/// Makes a mark, unless there is one of the last ten minutes.
pub(crate) async fn set(
    transaction: &Transaction<'_>,
    source: &Source,
) -> Result<(), tokio_postgres::Error> {
    let (relation, keys) = match &source.order {
        Some((relation, keys)) => (relation, keys),
        None => (&source.relation, &source.key_columns),
    };
    let Some(key) = keys.first() else {
        return Ok(());
    };
    let key = quote(key);
    let sql = format!(
        "-- set_mark
insert into zap.sweep_mark (source_id, key)
select $1, h.key
from (select coalesce(max(o.{key}), 0)::bigint as key from {relation} as o) as h
where not exists (
    select from zap.sweep_mark as m
    where m.source_id = $1 and m.marked_at > pg_catalog.statement_timestamp() - interval '10 minutes'
)
on conflict do nothing"
    );
    transaction.execute(&sql, &[&source.id]).await?;
    Ok(())
}

/// Deletes marks that no question needs any more.
pub(crate) async fn trim(
    transaction: &Transaction<'_>,
    source_id: i64,
    window: Duration,
) -> Result<(), tokio_postgres::Error> {
    let margin = DAY.as_secs_f64();
    transaction
        .execute(TRIM, &[&source_id, &(window + DAY).as_secs_f64(), &margin])
        .await?;
    Ok(())
}
