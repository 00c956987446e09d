//! The sources as intake needs them.

use std::collections::HashMap;
use std::time::Duration;

use deadpool_postgres::GenericClient;
use tokio_postgres::Row;

use super::audience::Audiences;
use crate::run::statement;

/// Few rows, read whole with each batch: a change holds for the next one.
pub(crate) const LOAD_SOURCES: &str = "-- load_sources
select
    s.id,
    s.xmin::text as version,
    s.relation,
    s.context_query is not null as has_context_query,
    s.mode,
    pg_catalog.date_part('epoch', s.settle)::float8 as settle,
    pg_catalog.date_part('epoch', s.max_settle)::float8 as max_settle,
    pg_catalog.date_part('epoch', s.max_age)::float8 as max_age,
    pg_catalog.date_part('epoch', s.expires_after)::float8 as expires_after,
    s.max_attempts,
    s.supersedes,
    case
        when s.created_column is null then (
            select m.key
            from zap.sweep_mark as m
            where m.source_id = s.id and m.marked_at <= pg_catalog.statement_timestamp() - s.max_age
            order by m.marked_at desc
            limit 1
        )
    end as old_key,
    s.captures = 'first_item' and exists (
        select from zap.source as t
        where t.captures = 'first_item' and t.id <> s.id and t.event = s.event
            and t.order_relation = s.order_relation and t.order_key = s.order_key
    ) as has_twins
from zap.source as s";

/// What happens to what a source captures, the most restrictive first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Mode {
    /// Skipped.
    Off,
    /// Everything but the sending.
    Shadow,
    /// Sent.
    Live,
}

/// A row of `zap.source`.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub id: i64,
    /// Changes with every change of the row.
    pub version: String,
    pub relation: String,
    pub has_context_query: bool,
    pub mode: Mode,
    pub settle: Duration,
    pub max_settle: Duration,
    pub max_age: Duration,
    pub expires_after: Duration,
    pub max_attempts: i32,
    /// Whether a later event takes the place of an earlier one that is not sent yet.
    pub supersedes: bool,
    pub audiences: Audiences,
    /// Highest key that is known to be older than `max_age`, where no column tells the age.
    pub old_key: Option<i64>,
    /// Whether another table's rows announce the same of the same orders.
    pub has_twins: bool,
}

impl Source {
    fn from_row(row: &Row) -> Result<Self, tokio_postgres::Error> {
        let duration = |column| -> Result<Duration, tokio_postgres::Error> {
            let seconds: f64 = row.try_get(column)?;
            Ok(Duration::try_from_secs_f64(seconds).unwrap_or_default())
        };
        Ok(Self {
            id: row.try_get("id")?,
            version: row.try_get("version")?,
            relation: row.try_get("relation")?,
            has_context_query: row.try_get("has_context_query")?,
            mode: match row.try_get("mode")? {
                "live" => Mode::Live,
                "shadow" => Mode::Shadow,
                _ => Mode::Off,
            },
            settle: duration("settle")?,
            max_settle: duration("max_settle")?,
            max_age: duration("max_age")?,
            expires_after: duration("expires_after")?,
            max_attempts: row.try_get("max_attempts")?,
            supersedes: row.try_get("supersedes")?,
            audiences: Audiences::default(),
            old_key: row.try_get("old_key")?,
            has_twins: row.try_get("has_twins")?,
        })
    }
}

/// All sources by id.
pub(crate) async fn load_sources(
    client: &impl GenericClient,
) -> Result<HashMap<i64, Source>, tokio_postgres::Error> {
    let rows = statement::rows(client, LOAD_SOURCES, &[]).await?;
    let sources = rows
        .iter()
        .map(Source::from_row)
        .map(|source| source.map(|s| (s.id, s)));
    sources.collect()
}

/// The sources with who is told about their events.
pub(crate) fn with_audiences(
    mut sources: HashMap<i64, Source>,
    audiences: HashMap<i64, Audiences>,
) -> HashMap<i64, Source> {
    for (source_id, audiences) in audiences {
        if let Some(source) = sources.get_mut(&source_id) {
            source.audiences = audiences;
        }
    }
    sources
}
