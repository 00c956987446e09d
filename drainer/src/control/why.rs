//! Why an order did or did not ring.

use serde_json::Value;
use tokio_postgres::Client;

use super::ControlError;

/// The decision trace of one order, of one table's sources or of all, in the order in which it happened. Each row has the
/// fields of `zap.why`, and `local_at`: the time as a person at the company reads it.
///
/// # Errors
/// What kept it from being looked at.
pub async fn why(
    client: &Client,
    subject: &str,
    source: Option<&str>,
    locale: &str,
    numbers_in_full: bool,
) -> Result<Vec<Value>, ControlError> {
    let sql = "-- why
        select pg_catalog.to_jsonb(w) || pg_catalog.jsonb_build_object('local_at', zap.local_time(w.at, t.timezone, $3))
        from pg_catalog.unnest(
            case when $2::text is null then array[null::bigint] else zap.sources_named($2) end
        ) with ordinality as s (id, place)
        cross join lateral zap.why($1, s.id, $3, $4) as w
        left join zap.notification_queue as q on q.id = w.notification_id
        left join zap.tenant as t on t.id = q.tenant_id
        order by s.place, w.step";
    let rows = client
        .query(sql, &[&subject, &source, &locale, &numbers_in_full])
        .await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}
