//! The sources as a sweep needs them.

use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio_postgres::{Client, Row};

/// A row shows only who wrote it last. So of a source whose rows are events, whatever was there when it was silent on purpose is
/// left alone: later changes hide which rows that was. (Up to 14 hours more where a time may be of another zone.)
pub(crate) const LOAD_SWEPT_SOURCES: &str = "-- load_swept_sources
select
    s.id, s.relation, s.event, s.key_columns::text [] as key_columns, s.order_relation,
    s.order_key::text [] as order_key, s.key_types, s.created_column::text as created_column,
    s.captures, s.status_column::text as status_column, s.events::text as events,
    greatest(
        pg_catalog.statement_timestamp() - pg_catalog.make_interval(secs => $1), s.sweep_after, silent.until
    ) as created_after
from zap.source as s
cross join lateral (
    select max(g.made_at) + case when exists (
        select from pg_catalog.pg_attribute as a
        where a.attrelid = pg_catalog.to_regclass(coalesce(s.order_relation, s.relation))
            and a.attname = s.created_column and a.atttypid = 'pg_catalog.timestamp'::pg_catalog.regtype
    ) then interval '14 hours' else interval '0' end as until
    from zap.capture_gap as g
    where g.source_id = s.id and s.captures <> 'first_item'
) as silent
where s.detached_at is null and s.mode <> 'off' and s.captures <> 'notify'
order by s.id";

/// How recent orders are told from old ones.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Rule {
    /// By the time in a column.
    Created {
        column: String,
        after: DateTime<Utc>,
    },
    /// By keys that only grow, and the highest key at earlier times.
    Key,
    /// Not at all.
    None,
}

/// What is an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Captures {
    /// An order that has items.
    FirstItem,
    /// Every row.
    Insert,
    /// A row whose column has one of these values.
    Status {
        column: String,
        /// JSON object: value to event.
        events: String,
    },
}

/// A row of `zap.source`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Source {
    pub id: i64,
    /// As SQL needs it.
    pub relation: String,
    pub event: String,
    pub key_columns: Vec<String>,
    /// As SQL needs it, and its key.
    pub order: Option<(String, Vec<String>)>,
    pub key_types: Vec<String>,
    pub rule: Rule,
    pub captures: Captures,
}

/// Whether a type counts up.
pub(crate) fn is_integer(type_name: &str) -> bool {
    matches!(
        type_name,
        "smallint" | "integer" | "bigint" | "int2" | "int4" | "int8"
    )
}

impl Source {
    /// What the search's second parameter is: the event, or the events by status.
    pub(crate) fn events(&self) -> &str {
        match &self.captures {
            Captures::Status { events, .. } => events,
            Captures::FirstItem | Captures::Insert => &self.event,
        }
    }

    fn from_row(row: &Row) -> Result<Self, tokio_postgres::Error> {
        let order_relation: Option<String> = row.try_get("order_relation")?;
        let order_key: Option<Vec<String>> = row.try_get("order_key")?;
        let key_types: Vec<String> = row.try_get("key_types")?;
        let rule = match row.try_get::<_, Option<String>>("created_column")? {
            Some(column) => Rule::Created {
                column,
                after: row.try_get("created_after")?,
            },
            None if key_types.len() == 1 && is_integer(&key_types[0]) => Rule::Key,
            None => Rule::None,
        };
        let status: Option<String> = row.try_get("status_column")?;
        let captures = match (status, row.try_get("captures")?) {
            (Some(column), _) => Captures::Status {
                column,
                events: row.try_get("events")?,
            },
            (None, "insert") => Captures::Insert,
            (None, _) => Captures::FirstItem,
        };
        Ok(Self {
            id: row.try_get("id")?,
            relation: row.try_get("relation")?,
            event: row.try_get("event")?,
            key_columns: row.try_get("key_columns")?,
            order: order_relation.zip(order_key),
            key_types,
            rule,
            captures,
        })
    }
}

/// The attached sources that are not off.
pub(crate) async fn load_sources(
    client: &Client,
    window: Duration,
) -> Result<Vec<Source>, tokio_postgres::Error> {
    let rows = client
        .query(LOAD_SWEPT_SOURCES, &[&window.as_secs_f64()])
        .await?;
    rows.iter().map(Source::from_row).collect()
}

/// Whether the session is to read users' tables as the daemon's own role.
pub(crate) async fn may_become_daemon(client: &Client) -> Result<bool, tokio_postgres::Error> {
    client
        .query_one(crate::run::MAY_BECOME_DAEMON, &[])
        .await?
        .try_get(0)
}
